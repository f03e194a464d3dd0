/**
 * A small file per repository, replaced whole and durable before it counts. It lies outside the replica: discarding the
 * replica must not make this host forget what it saw.
 */
import { Effect, Layer, Schema, Semaphore } from "effect"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { ReplicaUnusable } from "../services/Replica.ts"
import { type Seen, Witness } from "../services/Witness.ts"

const SeenJson = Schema.fromJsonString(Schema.Struct({
  position: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  digest: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))
}))

/** Witnesses below the directory, which is made when first needed. Call once, where the program is wired. */
export const layer = (directory: string): Layer.Layer<Witness> =>
  Layer.effect(Witness, Effect.map(Semaphore.make(1), (turn) => make(Path.join(directory, "witness"), turn)))

const make = (directory: string, turn: Semaphore.Semaphore): Witness["Service"] => {
  const pathOf = (repository: string) => Path.join(directory, `${repository}.json`)

  const io = <A>(run: () => Promise<A>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => unusable(directory, (cause as NodeJS.ErrnoException).code ?? String(cause))
    })

  const seen = Effect.fnUntraced(function*(repository: string) {
    const text = yield* io(() => Fs.readFile(pathOf(repository), "utf8")).pipe(
      Effect.catchIf((error) => error.reason === "ENOENT", () => Effect.undefined)
    )
    if (text === undefined) return undefined
    const decoded = yield* Effect.mapError(
      Schema.decodeEffect(SeenJson)(text),
      () =>
        new ReplicaUnusable({
          directory,
          reason: `${pathOf(repository)} is damaged`,
          mend: "make sure that the store was not rolled back, then remove that file",
          full: false
        })
    )
    return { position: decoded.position, digest: new Uint8Array(Buffer.from(decoded.digest, "hex")) }
  })

  const write = Effect.fnUntraced(function*(repository: string, seen: Seen) {
    const text = JSON.stringify({ position: seen.position, digest: Buffer.from(seen.digest).toString("hex") })
    const path = pathOf(repository)
    const temporary = `${path}.${process.pid}`
    yield* io(() => Fs.mkdir(directory, { recursive: true, mode: 0o700 }))
    yield* Effect.acquireUseRelease(
      io(() => Fs.open(temporary, "w", 0o600)),
      (handle) => io(() => handle.writeFile(text)).pipe(Effect.andThen(io(() => handle.sync()))),
      (handle) => Effect.orDie(io(() => handle.close()))
    )
    yield* io(() => Fs.rename(temporary, path))
  })

  return Witness.of({
    seen,
    record: (repository, next) =>
      seen(repository).pipe(
        Effect.flatMap((known) =>
          known === undefined || known.position <= next.position ? write(repository, next) : Effect.void
        ),
        turn.withPermits(1),
        Effect.uninterruptible
      ),
    reset: (repository, next) => write(repository, next).pipe(turn.withPermits(1), Effect.uninterruptible)
  })
}

const unusable = (directory: string, code: string): ReplicaUnusable => {
  const full = code === "ENOSPC" || code === "EDQUOT"
  const mend = full ? "free some space there" : "make it a directory this user can write to"
  return new ReplicaUnusable({ directory, reason: code, mend, full })
}
