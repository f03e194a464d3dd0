/**
 * Looks now and then whether others wrote to the log: commands of the operator, other hosts. What they did reaches the
 * replica, and with it the peers, also while this host has nothing to write itself. A repository that this program may not read
 * any more ends the daemon: what it would serve is not what is stored.
 */
import { Cause, Clock, Effect, Layer, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Monotonic from "../domain/Monotonic.ts"
import * as FollowTiming from "../domain/repository/FollowTiming.ts"
import { Fault } from "../services/Fault.ts"
import { Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"
import { Settings } from "../services/Settings.ts"

/** Milliseconds. */
const courtesy = 1000

export const layer: Layer.Layer<never, never, Fault | Replica | Repository | SecureRandom.SecureRandom | Settings> =
  Layer.effectDiscard(Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const fault = yield* Fault
    const random = yield* SecureRandom.SecureRandom
    const replica = yield* Replica
    const repository = yield* Repository
    const fixed = (yield* Settings).turns.follow
    let position = (yield* repository.head).position
    let movedAt = Monotonic.millis(clock)

    const look = repository.follow.pipe(
      Effect.withSpan("FollowLoop.look"),
      Effect.catchTags({
        StoreUnavailable: (error) => Effect.logDebug("the log was not looked at", error.message),
        StoreFull: (error) => Effect.logDebug("the log was not looked at", error.message),
        StoreRefused: (error) =>
          Effect.logWarning("the log could not be followed; trying again").pipe(
            Effect.annotateLogs({ error: error.message })
          )
      }),
      Effect.asVoid
    )

    const pause = Effect.map(
      random.randomBytes(1),
      ([byte = 0]) => FollowTiming.pause({ still: Monotonic.millis(clock) - movedAt, fixed, jitter: byte / 256 })
    )

    const looking = Effect.gen(function*() {
      while (true) {
        yield* Effect.sleep(yield* pause)
        yield* look
      }
    })

    /** Whoever read the log on: what is new there is shown soon. This host's own commits show themselves, and for less. */
    const showing = Stream.runForEach(repository.changes, (state) =>
      Effect.gen(function*() {
        if (state.position === position) return
        movedAt = Monotonic.millis(clock)
        position = state.position
        yield* Effect.sleep(courtesy)
        const head = yield* repository.head
        if (head.position > replica.positionUnsafe()) yield* replica.catchUp()
      }))

    for (const work of [looking, showing]) {
      yield* work.pipe(
        Effect.catch(fault.raise),
        Effect.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : fault.crashed(cause)),
        Effect.forkScoped
      )
    }
  }))
