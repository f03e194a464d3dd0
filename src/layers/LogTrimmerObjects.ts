/**
 * Trims the log in the store. Everything it looks at is listed anew, and what it removes only ever becomes older: a round
 * that is slow, or runs twice, removes nothing that a fresh one would keep. Only a store that was set back meanwhile could
 * still need it, so a host that slept ends its round and begins again at the log.
 */
import { Clock, Effect, Layer, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as Awake from "../domain/repository/Awake.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as TrimPlan from "../domain/repository/TrimPlan.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { LogTrimmer, type Trimmed } from "../services/LogTrimmer.ts"
import { ObjectStore, type StoreError } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"
import { UpkeepClock } from "../services/UpkeepClock.ts"

/** Names in one request. */
const batch = 500
/** How long what a round saw at its beginning may be acted on, milliseconds. */
const fresh = 3_600_000
/** Rounds that may be ended by a sleep before it is left to the next day. */
const tries = 3

export const layer: Layer.Layer<LogTrimmer, never, LogObjects | ObjectStore | Repository | UpkeepClock> = Layer.effect(
  LogTrimmer,
  Effect.gen(function*() {
    const log = yield* LogObjects
    const store = yield* ObjectStore
    const repository = yield* Repository
    const upkeep = yield* UpkeepClock
    const clock = yield* Clock.Clock
    const { sealing } = repository

    const moment = (): Awake.Moment => ({ timer: Monotonic.millis(clock), wall: clock.currentTimeMillisUnsafe() })

    /** The newest base below which everything is past the retention; 0 for none. */
    const bound = Effect.fnUntraced(function*(now: number) {
      const bounds = TrimPlan.bounds(yield* log.bases(0))
      let low = 0
      let high = bounds.length
      for (let at = TrimPlan.next(low, high); at !== undefined; at = TrimPlan.next(low, high)) {
        const base = yield* log.base(sealing, bounds[at]!)
        // Listed, and not there: somebody else trims too, or the store errs. Nothing follows from what was not read.
        if (base === undefined) return yield* Effect.fail(stale)
        if (TrimPlan.isPast(base.time, now)) low = at + 1
        else high = at
      }
      return bounds[low - 1] ?? 0
    })

    /** Lowest first, so that what is left is the end of the log at any moment. What the round rests on is asked each time. */
    const remove = (keys: Stream.Stream<string, StoreError>, valid: Effect.Effect<void, Stale>) =>
      keys.pipe(
        Stream.grouped(batch),
        Stream.runFoldEffect(
          () => 0,
          (count, some) => valid.pipe(Effect.andThen(store.remove(some)), Effect.as(count + some.length))
        )
      )

    const below = (prefix: string, end: string) =>
      store.list(prefix).pipe(
        Stream.map(({ key }) => key),
        Stream.takeWhile((key) => key < end),
        Stream.filter((key) => ObjectKey.parse(key) !== undefined)
      )

    const attempt = Effect.gen(function*() {
      const began = moment()
      // Whoever looks for damage may need all there is.
      if ((yield* repository.refresh).deletionStopped !== undefined) return nothing
      const position = yield* bound((yield* upkeep.read).sure)
      if (position === 0) return nothing
      yield* Effect.annotateCurrentSpan({ commit: position })
      const valid = Effect.flatMap(
        repository.head,
        ({ deletionStopped }) =>
          deletionStopped === undefined && Awake.isRecent(began, moment(), fresh) ? Effect.void : Effect.fail(stale)
      )
      const entries = yield* remove(below(ObjectKey.logPrefix, ObjectKey.log(position)), valid)
      const bases = yield* remove(below(ObjectKey.basePrefix, ObjectKey.base(position)), valid)
      return { entries, bases, below: position }
    })

    const round = Effect.fn("LogTrimmer.round")(function*() {
      for (let left = tries; left > 0; left--) {
        const done = yield* Effect.catchIf(attempt, isStale, () => Effect.undefined)
        if (done !== undefined) return done
      }
      return nothing
    })

    return LogTrimmer.of({ round: round() })
  })
)

const nothing: Trimmed = { entries: 0, bases: 0, below: 0 }

/** The round's beginning is too long ago, or deletion was stopped since. */
const stale = "stale" as const
type Stale = typeof stale
const isStale = (error: unknown): error is Stale => error === stale
