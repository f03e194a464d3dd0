/** Trims the log about once a day while the daemon runs. Whether a day has passed, a commit's store time tells too: timers sleep with the host. */
import { Clock, Effect, Layer, Schedule } from "effect"
import { day, hour } from "../domain/repository/Retention.ts"
import { LogTrimmer } from "../services/LogTrimmer.ts"
import { Repository } from "../services/Repository.ts"

/** After the start, for a host that never runs a whole day. */
const first = "1 minute"

export const layer: Layer.Layer<never, never, LogTrimmer | Repository> = Layer.effectDiscard(Effect.gen(function*() {
  const trimmer = yield* LogTrimmer
  const repository = yield* Repository
  let done: { readonly local: number; readonly store: number } | undefined

  const isDue = Effect.gen(function*() {
    const { basePosition, time } = yield* repository.head
    if (basePosition === 0) return false
    const local = yield* Clock.currentTimeMillis
    return done === undefined || Math.abs(local - done.local) >= day || time - done.store >= day
  })

  const round = Effect.gen(function*() {
    if (!(yield* isDue)) return
    const { bases, below, entries } = yield* trimmer.round
    done = { local: yield* Clock.currentTimeMillis, store: (yield* repository.head).time }
    if (entries + bases === 0) return
    yield* Effect.logInfo("log trimmed").pipe(Effect.annotateLogs({ commit: below, count: entries + bases }))
  })
  yield* round.pipe(
    Effect.withSpan("TrimLoop.round"),
    Effect.catch((error) =>
      Effect.logWarning("the log was not trimmed; trying again in an hour").pipe(
        Effect.annotateLogs({ error: error.message })
      )
    ),
    Effect.repeat(Schedule.spaced(hour)),
    Effect.delay(first),
    Effect.forkScoped
  )
}))
