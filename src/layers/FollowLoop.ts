/**
 * Looks now and then whether others wrote to the log: commands of the operator, other hosts. What they did, whoever of this
 * process learnt of it first, reaches the replica, and with it the peers, also while this host has nothing to write itself;
 * what this program does not understand, or finds damaged, ends it.
 */
import { Cause, Effect, Layer, Schedule, Stream } from "effect"
import { type DaemonError, Fault, isFinal } from "../services/Fault.ts"
import { Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"

/** Six requests an hour. */
const every = "10 minutes"
/** Who commits brings the replica there himself, and with more than the log tells: he goes first. */
const courtesy = "2 seconds"

export const layer: Layer.Layer<never, never, Fault | Replica | Repository> = Layer.effectDiscard(
  Effect.gen(function*() {
    const fault = yield* Fault
    const repository = yield* Repository
    const replica = yield* Replica

    const failed = (error: DaemonError) => {
      if (isFinal(error)) return fault.raise(error)
      if (error._tag === "StoreUnavailable") return Effect.logDebug("the log was not looked at", error.message)
      return Effect.logWarning("the log could not be followed; trying again in ten minutes").pipe(
        Effect.annotateLogs({ error: error.message })
      )
    }
    const apply = Effect.gen(function*() {
      if ((yield* repository.head).position > replica.positionUnsafe()) yield* replica.catchUp()
    })
    const look = Effect.andThen(repository.follow, apply).pipe(
      Effect.withSpan("FollowLoop.look"),
      Effect.catch(failed)
    )
    const looking = Effect.delay(Effect.repeat(look, Schedule.spaced(every)), every)
    const listening = Stream.runForEach(
      repository.changes,
      () => apply.pipe(Effect.catch(failed), Effect.delay(courtesy))
    )
    for (const work of [looking, listening]) {
      yield* work.pipe(
        Effect.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : fault.crashed(cause)),
        Effect.forkScoped
      )
    }
  })
)
