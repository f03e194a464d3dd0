/**
 * The host's random id in a small file, made once and for ever by whichever process is first. It lies outside the replica:
 * discarding one must not make another host of this one.
 */
import { Effect, Layer, Schema } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { HostFiles } from "../services/HostFiles.ts"
import { HostIdentity } from "../services/HostIdentity.ts"
import type { ReplicaUnusable } from "../services/Replica.ts"

const HostJson = Schema.fromJsonString(Schema.Struct({ id: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)) }))

const name = "host.json"

/** `label`: what the operator calls the host; else a part of its id. */
export const layer = (
  label: string | undefined
): Layer.Layer<HostIdentity, ReplicaUnusable, HostFiles | SecureRandom.SecureRandom> =>
  Layer.effect(
    HostIdentity,
    Effect.gen(function*() {
      const files = yield* HostFiles
      const random = yield* SecureRandom.SecureRandom
      let text = yield* files.read(name)
      if (text === undefined) {
        const fresh = Buffer.from(yield* random.randomBytes(16)).toString("hex")
        // Another process may be first: then its id is the host's.
        yield* files.create(name, JSON.stringify({ id: fresh }))
        text = yield* files.read(name)
      }
      const { id } = yield* Effect.mapError(
        Schema.decodeEffect(HostJson)(text ?? ""),
        () => files.damaged(name, "remove that file; this host then counts as another one")
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
