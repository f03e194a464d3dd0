/** Keeps the schedule of checkpoints while the daemon runs. A round that fails is made up for by the next one. */
import { Effect, Layer, Schedule } from "effect"
import { Checkpoints } from "../services/Checkpoints.ts"

const every = "5 minutes"

export const layer: Layer.Layer<never, never, Checkpoints> = Layer.effectDiscard(Effect.gen(function*() {
  const checkpoints = yield* Checkpoints
  const round = Effect.gen(function*() {
    const { created, expired } = yield* checkpoints.round
    for (const checkpoint of created) {
      yield* Effect.logInfo("checkpoint made").pipe(
        Effect.annotateLogs({ folder: checkpoint.folder, checkpoint: checkpoint.id, commit: checkpoint.position })
      )
    }
    if (expired.length > 0) {
      yield* Effect.logInfo("checkpoints expired").pipe(Effect.annotateLogs({ count: expired.length }))
    }
  })
  yield* round.pipe(
    Effect.withSpan("CheckpointLoop.round"),
    Effect.catchTags({
      LeaseHeld: () => Effect.logDebug("another host writes; what is due is made by it, or in the next round"),
      Fenced: () => Effect.logDebug("another host has begun to write; trying again in the next round")
    }),
    Effect.catch((error) =>
      Effect.logWarning("a round of checkpoints failed; trying again in the next one").pipe(
        Effect.annotateLogs({ error: error.message })
      )
    ),
    Effect.repeat(Schedule.spaced(every)),
    Effect.forkScoped
  )
}))
