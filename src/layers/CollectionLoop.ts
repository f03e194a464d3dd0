/** Collects while the daemon runs: daily, and after checkpoints went. A round that fails is made up for by a later one. */
import { Clock, Effect, Layer, Schedule } from "effect"
import * as CollectionTiming from "../domain/repository/CollectionTiming.ts"
import { Collector } from "../services/Collector.ts"
import { Repository } from "../services/Repository.ts"

/** How often it is asked, in memory, whether a run is due. */
const every = "10 minutes"
/** Bytes rewritten by one run. */
const maxRewrite = 1024 ** 3

export const layer: Layer.Layer<never, never, Collector | Repository> = Layer.effectDiscard(Effect.gen(function*() {
  const collector = yield* Collector
  const repository = yield* Repository
  const startedAt = yield* Clock.currentTimeMillis
  let last: CollectionTiming.Situation["last"]

  const round = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    // A clock that was set back says nothing about how long ago the last run was: it counts as just made.
    if (last !== undefined && now < last.at) last = { ...last, at: now }
    const before = yield* repository.head
    if (!CollectionTiming.isDue({ now, startedAt, state: before, ...(last === undefined ? {} : { last }) })) return
    // Until it has come to its end; what fails is tried again before a day has passed.
    last = { at: now, state: before, more: true }
    const { condemned, deleted, more, orphans, rewritten, stopped } = yield* collector.run({ maxRewrite })
    last = { at: now, state: yield* repository.head, more }
    if (stopped !== undefined) {
      return yield* Effect.logWarning("nothing is collected: deletion is stopped").pipe(
        Effect.annotateLogs({ error: stopped })
      )
    }
    if (condemned.count + deleted.count + rewritten.count === 0) return
    yield* Effect.logInfo("collected").pipe(Effect.annotateLogs({
      deleted: deleted.count,
      deletedBytes: deleted.bytes,
      condemned: condemned.count,
      condemnedBytes: condemned.bytes,
      orphans,
      rewritten: rewritten.count,
      rewrittenBytes: rewritten.bytes
    }))
  })
  yield* round.pipe(
    Effect.withSpan("CollectionLoop.round"),
    Effect.catchTags({
      LeaseHeld: () => Effect.logDebug("another host writes, and collects"),
      Fenced: () => Effect.logDebug("another host has begun to write; it collects"),
      CollectionVoid: (error) =>
        Effect.suspend(() => {
          if (last !== undefined) last = { ...last, more: false }
          return Effect.logError(error.message)
        })
    }),
    Effect.catch((error) =>
      Effect.logWarning("a round of collection failed; trying again later").pipe(
        Effect.annotateLogs({ error: error.message })
      )
    ),
    Effect.repeat(Schedule.spaced(every)),
    Effect.forkScoped
  )
}))
