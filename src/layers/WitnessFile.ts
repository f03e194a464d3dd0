/** A file per repository outside of its replica: discarding the replica must not make this host forget what it saw. */
import { Effect, Layer, Schema, Semaphore } from "effect"
import { HostFiles } from "../services/HostFiles.ts"
import { type Seen, Witness } from "../services/Witness.ts"

const SeenJson = Schema.fromJsonString(Schema.Struct({
  position: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  digest: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/))
}))

/** Call once, where the program is wired. */
export const layer: Layer.Layer<Witness, never, HostFiles> = Layer.effect(
  Witness,
  Effect.gen(function*() {
    const files = yield* HostFiles
    const turn = yield* Semaphore.make(1)
    const nameOf = (repository: string) => `witness/${repository}.json`

    const seen = Effect.fnUntraced(function*(repository: string) {
      const name = nameOf(repository)
      const text = yield* files.read(name)
      if (text === undefined) return undefined
      const decoded = yield* Effect.mapError(
        Schema.decodeEffect(SeenJson)(text),
        () => files.damaged(name, "make sure that the store was not rolled back, then remove that file")
      )
      return { position: decoded.position, digest: new Uint8Array(Buffer.from(decoded.digest, "hex")) }
    })

    const write = (repository: string, { digest, position }: Seen) =>
      files.replace(nameOf(repository), JSON.stringify({ position, digest: Buffer.from(digest).toString("hex") }))

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
  })
)
