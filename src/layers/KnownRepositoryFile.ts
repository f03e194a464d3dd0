/**
 * A note beside the witnesses for each location, made when a repository there was first opened, and never changed after.
 * Commands that only look read it, and make none.
 */
import { Effect, Layer, Schema } from "effect"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { type Known, KnownRepository } from "../services/KnownRepository.ts"
import { ReplicaUnusable } from "../services/Replica.ts"

const KnownJson = Schema.fromJsonString(Schema.Struct({
  repository: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)),
  suite: Schema.Literals(["plain", "aes-256-gcm"])
}))

/** `place`: a name for the location that is a file's name too. */
export const layer = (directory: string, place: string, manner: "keep" | "look"): Layer.Layer<never> =>
  Layer.sync(KnownRepository, () => make(Path.join(directory, "witness"), place, manner))

const make = (directory: string, place: string, manner: "keep" | "look"): KnownRepository => {
  const note = Path.join(directory, `at-${place}.json`)

  const io = <A>(run: () => Promise<A>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => unusable(directory, (cause as NodeJS.ErrnoException).code ?? String(cause))
    })

  const known = Effect.gen(function*() {
    const text = yield* io(() => Fs.readFile(note, "utf8")).pipe(
      // Where no note can be made there is none; whoever must make one is told then.
      Effect.catchIf(({ reason }) => reason === "ENOENT" || reason === "ENOTDIR", () => Effect.undefined)
    )
    if (text === undefined) return undefined
    return yield* Effect.mapError(
      Schema.decodeEffect(KnownJson)(text),
      () =>
        new ReplicaUnusable({
          directory,
          reason: `${note} is damaged`,
          mend: "make sure that the store still holds your repository, then remove that file",
          full: false
        })
    )
  })

  const write = Effect.fnUntraced(function*(known: Known) {
    const temporary = `${note}.${process.pid}`
    yield* io(() => Fs.mkdir(directory, { recursive: true, mode: 0o700 }))
    yield* Effect.acquireUseRelease(
      io(() => Fs.open(temporary, "w", 0o600)),
      (handle) => io(() => handle.writeFile(JSON.stringify(known))).pipe(Effect.andThen(io(() => handle.sync()))),
      (handle) => Effect.orDie(io(() => handle.close()))
    )
    yield* io(() => Fs.rename(temporary, note))
  }, Effect.uninterruptible)

  return {
    note,
    known,
    remember: (seen) =>
      manner === "look"
        ? Effect.void
        : Effect.flatMap(known, (before) => before === undefined ? write(seen) : Effect.void)
  }
}

const unusable = (directory: string, code: string): ReplicaUnusable => {
  const full = code === "ENOSPC" || code === "EDQUOT"
  const mend = full ? "free some space there" : "make it a directory this user can write to"
  return new ReplicaUnusable({ directory, reason: code, mend, full })
}
