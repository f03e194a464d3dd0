/**
 * The host's random id in a small file, made once and for ever by whichever process is first. It lies outside the replica:
 * discarding one must not make another host of this one.
 */
import { Effect, Layer, Schema } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { HostIdentity } from "../services/HostIdentity.ts"
import { ReplicaUnusable } from "../services/Replica.ts"

const HostJson = Schema.fromJsonString(Schema.Struct({ id: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)) }))

/** Below the directory, which is made when first needed. `label`: what the operator calls the host; else a part of its id. */
export const layer = (
  directory: string,
  label: string | undefined
): Layer.Layer<HostIdentity, ReplicaUnusable, SecureRandom.SecureRandom> =>
  Layer.effect(
    HostIdentity,
    Effect.gen(function*() {
      const random = yield* SecureRandom.SecureRandom
      const path = Path.join(directory, "host.json")
      const io = <A>(run: () => Promise<A>) =>
        Effect.tryPromise({
          try: run,
          catch: (cause) => unusable(directory, (cause as NodeJS.ErrnoException).code ?? String(cause))
        })
      const read = io(() => Fs.readFile(path, "utf8")).pipe(
        Effect.catchIf((error) => error.reason === "ENOENT", () => Effect.undefined)
      )
      const made = Effect.gen(function*() {
        const id = Buffer.from(yield* random.randomBytes(16)).toString("hex")
        const temporary = `${path}.${process.pid}`
        yield* io(() => Fs.mkdir(directory, { recursive: true, mode: 0o700 }))
        yield* io(() => Fs.writeFile(temporary, JSON.stringify({ id }), { mode: 0o600 }))
        // Another process may be first: then its id is the host's.
        yield* io(() => Fs.link(temporary, path)).pipe(
          Effect.catchIf((error) => error.reason === "EEXIST", () => Effect.void),
          Effect.ensuring(Effect.ignore(io(() => Fs.unlink(temporary))))
        )
        return yield* io(() => Fs.readFile(path, "utf8"))
      })
      const text = (yield* read) ?? (yield* made)
      const { id } = yield* Effect.mapError(
        Schema.decodeEffect(HostJson)(text),
        () =>
          new ReplicaUnusable({
            directory,
            reason: `${path} is damaged`,
            mend: "remove that file; this host then counts as another one",
            full: false
          })
      )
      return HostIdentity.of({ id, label: label ?? id.slice(0, 8), process: process.pid, isAlive })
    })
  )

/** In a container every process may have the same number: one of another life with ours is not alive. */
const isAlive = (other: number): boolean => {
  if (other === process.pid) return false
  try {
    return process.kill(other, 0)
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}

const unusable = (directory: string, code: string): ReplicaUnusable => {
  const full = code === "ENOSPC" || code === "EDQUOT"
  const mend = full ? "free some space there" : "make it a directory this user can write to"
  return new ReplicaUnusable({ directory, reason: code, mend, full })
}
