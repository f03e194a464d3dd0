/** Readers' pins as commits: one per checkpoint and process, renewed while anybody reads, by the store's clock. */
import { Effect, Layer, RcMap } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Retention from "../domain/repository/Retention.ts"
import type { State } from "../domain/repository/State.ts"
import { CheckpointKeeping } from "../services/CheckpointKeeping.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { ReaderPins } from "../services/ReaderPins.ts"
import { Repository } from "../services/Repository.ts"

/** Reads that end sooner hold nothing. */
const patience = "10 minutes"
/** How long a pin lasts, and between two renewals. */
const lasts = 3_600_000
const renewEvery = "20 minutes"
/** For taking a pin away when the last reader is done; else it ends by itself. */
const farewell = "10 seconds"

type Needs = CheckpointKeeping | ObjectStore | Repository | SecureRandom.SecureRandom

export const layer: Layer.Layer<ReaderPins, never, Needs> = Layer.effect(
  ReaderPins,
  Effect.gen(function*() {
    const keeping = yield* CheckpointKeeping
    const repository = yield* Repository
    const store = yield* ObjectStore
    const random = yield* SecureRandom.SecureRandom
    const holder = `reader ${Buffer.from(yield* random.randomBytes(8)).toString("hex")}`

    const renew = Effect.fn("ReaderPins.renew")(function*(id: number) {
      const until = (yield* store.now) + lasts
      yield* keeping.pin(id, { holder, reason: Retention.read, until })
      return true
    }, (renewing, id) =>
      renewing.pipe(
        Effect.catch((error) =>
          Effect.as(
            Effect.logWarning("a checkpoint that is being read could not be pinned").pipe(
              Effect.annotateLogs({ checkpoint: id, error: error.message })
            ),
            false
          )
        )
      ))

    const release = (id: number) =>
      Effect.interruptible(keeping.unpin(id, holder)).pipe(
        Effect.timeoutOption(farewell),
        Effect.asVoid,
        Effect.catch((error) =>
          Effect.logDebug("a pin is left to end by itself").pipe(
            Effect.annotateLogs({ checkpoint: id, error: error.message })
          )
        )
      )

    const pins = yield* RcMap.make({
      lookup: (id: number) =>
        Effect.gen(function*() {
          let pinned = false
          yield* Effect.addFinalizer(() => pinned ? release(id) : Effect.void)
          if (!isDue(yield* repository.head, id)) yield* Effect.sleep(patience)
          while (true) {
            pinned = (yield* renew(id)) || pinned
            yield* Effect.sleep(renewEvery)
          }
        }).pipe(Effect.scoped, Effect.forkScoped)
    })

    return ReaderPins.of({ hold: (checkpoint) => Effect.asVoid(RcMap.get(pins, checkpoint)) })
  })
)

/** The schedules hold it no longer, so it may go in the next run. */
const isDue = (state: State, id: number): boolean => {
  const checkpoint = state.checkpoints.find((other) => other.id === id)
  if (checkpoint === undefined) return false
  const ofFolder = state.checkpoints.filter(({ folder }) => folder === checkpoint.folder)
  return (Retention.served(ofFolder, state.schedules).get(id) ?? Infinity) <= state.time
}
