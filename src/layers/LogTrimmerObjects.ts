/**
 * Trims the log in the store. Everything it looks at is listed anew, and what it removes only ever becomes older: a round
 * that was delayed for weeks, or runs twice, removes nothing that a fresh one would keep.
 */
import { Effect, Layer, Stream } from "effect"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as TrimPlan from "../domain/repository/TrimPlan.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { LogTrimmer } from "../services/LogTrimmer.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository } from "../services/Repository.ts"

/** Names in one request. */
const batch = 500

export const layer: Layer.Layer<LogTrimmer, never, LogObjects | ObjectStore | Repository> = Layer.effect(
  LogTrimmer,
  Effect.gen(function*() {
    const log = yield* LogObjects
    const store = yield* ObjectStore
    const repository = yield* Repository
    const { sealing } = repository

    /** The newest base below which everything is past the retention; 0 for none. */
    const bound = Effect.fnUntraced(function*(now: number) {
      const bounds = TrimPlan.bounds(yield* log.bases(0))
      let low = 0
      let high = bounds.length
      for (let at = TrimPlan.next(low, high); at !== undefined; at = TrimPlan.next(low, high)) {
        const base = yield* log.base(sealing, bounds[at]!)
        // Somebody else trims too: what is gone was older than what is left.
        if (base === undefined || TrimPlan.isPast(base.time, now)) low = at + 1
        else high = at
      }
      return bounds[low - 1] ?? 0
    })

    /** Lowest first, so that what is left is the end of the log at any moment. */
    const remove = (keys: Stream.Stream<string, Effect.Error<ReturnType<typeof store.remove>>>) =>
      keys.pipe(
        Stream.grouped(batch),
        Stream.runFoldEffect(() => 0, (count, some) => Effect.as(store.remove(some), count + some.length))
      )

    const below = (prefix: string, end: string) =>
      store.list(prefix).pipe(
        Stream.map(({ key }) => key),
        Stream.takeWhile((key) => key < end),
        Stream.filter((key) => ObjectKey.parse(key) !== undefined)
      )

    const round = Effect.fn("LogTrimmer.round")(function*() {
      // Whoever looks for damage may need all there is.
      if ((yield* repository.refresh).deletionStopped !== undefined) return { entries: 0, bases: 0, below: 0 }
      const position = yield* bound(yield* store.now)
      if (position === 0) return { entries: 0, bases: 0, below: 0 }
      yield* Effect.annotateCurrentSpan({ commit: position })
      const entries = yield* remove(below(ObjectKey.logPrefix, ObjectKey.log(position)))
      const bases = yield* remove(below(ObjectKey.basePrefix, ObjectKey.base(position)))
      return { entries, bases, below: position }
    })

    return LogTrimmer.of({ round: round() })
  })
)
