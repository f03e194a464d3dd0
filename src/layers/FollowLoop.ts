/**
 * Looks now and then whether others wrote to the log: commands of the operator, other hosts. What they did, whoever of this
 * process learnt of it first, reaches the replica, and with it the peers, also while this host has nothing to write itself;
 * what this program does not understand, or finds damaged, ends it.
 */
import { Cause, Clock, Effect, Layer, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Monotonic from "../domain/Monotonic.ts"
import * as FollowTiming from "../domain/repository/FollowTiming.ts"
import { type DaemonError, Fault, isFinal } from "../services/Fault.ts"
import { Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"
import { Settings } from "../services/Settings.ts"

/** Who commits brings the replica there himself, and with more than the log tells: he goes first. */
const courtesy = "2 seconds"

type Needs = Fault | Replica | Repository | SecureRandom.SecureRandom | Settings

export const layer: Layer.Layer<never, never, Needs> = Layer.effectDiscard(
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const fault = yield* Fault
    const random = yield* SecureRandom.SecureRandom
    const repository = yield* Repository
    const replica = yield* Replica
    const { follow: fixed } = (yield* Settings).turns
    let files = FollowTiming.filesOf(yield* repository.head)
    let movedAt = Monotonic.millis(clock)

    const failed = (error: DaemonError) => {
      if (isFinal(error)) return fault.raise(error)
      if (error._tag === "StoreUnavailable") return Effect.logDebug("the log was not looked at", error.message)
      return Effect.logWarning("the log could not be followed; trying again later").pipe(
        Effect.annotateLogs({ error: error.message })
      )
    }
    const apply = Effect.gen(function*() {
      const head = yield* repository.head
      const now = FollowTiming.filesOf(head)
      if (now !== files) movedAt = Monotonic.millis(clock)
      files = now
      if (head.position > replica.positionUnsafe()) yield* replica.catchUp()
    })
    const look = Effect.andThen(repository.follow, apply).pipe(
      Effect.withSpan("FollowLoop.look"),
      Effect.catch(failed)
    )
    const pause = Effect.map(
      random.randomBytes(1),
      ([byte = 0]) => FollowTiming.pause({ still: Monotonic.millis(clock) - movedAt, fixed, jitter: byte / 256 })
    )
    const looking = Effect.forever(Effect.andThen(Effect.flatMap(pause, Effect.sleep), look))
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
