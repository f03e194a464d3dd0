/**
 * Looks now and then whether others wrote to the log: commands of the operator, other hosts. What they did reaches the
 * replica, and with it the peers, also while this host has nothing to write itself.
 */
import { Effect, Layer, Schedule } from "effect"
import { Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"

/** Six requests an hour. */
const every = "10 minutes"

export const layer: Layer.Layer<never, never, Replica | Repository> = Layer.effectDiscard(Effect.gen(function*() {
  const repository = yield* Repository
  const replica = yield* Replica
  const look = Effect.gen(function*() {
    const { position } = yield* repository.follow
    if (position > replica.positionUnsafe()) yield* replica.catchUp()
  })
  yield* look.pipe(
    Effect.withSpan("FollowLoop.look"),
    Effect.catchTag("StoreUnavailable", (error) => Effect.logDebug("the log was not looked at", error.message)),
    Effect.catch((error) =>
      Effect.logWarning("the log could not be followed; trying again in ten minutes").pipe(
        Effect.annotateLogs({ error: error.message })
      )
    ),
    Effect.repeat(Schedule.spaced(every)),
    Effect.delay(every),
    Effect.forkScoped
  )
}))
