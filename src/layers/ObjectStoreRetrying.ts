/**
 * The one place where a request to a store is made again: `StoreUnavailable` only, by `RetrySchedule`, and always the same
 * request. After a retry `Exists` may mean "by us": who must know compares what is there (a nonce, a random name).
 * A put of which one attempt ended unknown ends as Created, Exists or unknown, never as full or refused.
 */
import { Cause, Clock, Duration, Effect, Exit, Layer, Random, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as RetrySchedule from "../domain/store/RetrySchedule.ts"
import {
  type ObjectEntry,
  ObjectStore,
  type PutOutcome,
  type StoreError,
  StoreUnavailable
} from "../services/ObjectStore.ts"

export interface Options {
  /** From the first failure of a request, or the beginning of the outage it falls into, to the last attempt. */
  readonly budget: Duration.Duration
}

/** The store below, made patient. */
export const layer = (options: Options): Layer.Layer<ObjectStore, never, ObjectStore> =>
  Layer.effect(ObjectStore, Effect.map(ObjectStore, (below) => make(below, options)))

export const make = (below: ObjectStore["Service"], options: Options): ObjectStore["Service"] => {
  const budget = Duration.toMillis(options.budget)
  let outage: RetrySchedule.Outage | undefined

  /** The store answered, whatever it said. */
  const answered = Effect.suspend(() => {
    const over = outage
    outage = undefined
    if (over?.told !== true) return Effect.void
    return Effect.flatMap(monotonic, (now) =>
      Effect.logInfo("the store answers again").pipe(
        Effect.annotateLogs({ location: below.location, seconds: Math.round((now - over.since) / 1000) })
      ))
  })

  /** Waits for the next attempt, or gives up. One warning an outage, however many requests and attempts it meets. */
  const failed = Effect.fnUntraced(function*(error: StoreUnavailable, request: Request) {
    const now = yield* monotonic
    request.failures++
    request.since ??= now
    const next = RetrySchedule.failed(outage, now, request.failures > 1)
    outage = next.outage
    if (next.tell) {
      yield* Effect.logWarning("the store does not answer; trying again until it does").pipe(
        Effect.annotateLogs({ location: below.location, error: error.reason })
      )
    }
    const trouble = { failures: request.failures, request: now - request.since, outage: now - outage.since }
    const pause = RetrySchedule.pause(trouble, budget, yield* Random.next)
    if (pause === undefined) return yield* givenUp(error, request, now)
    yield* Effect.logDebug("a request to the store failed; it is made again").pipe(
      Effect.annotateLogs({ key: error.key, error: error.reason, count: request.failures })
    )
    yield* Effect.sleep(pause)
  })

  const patiently = <A, E>(attempt: Effect.Effect<A, E | StoreUnavailable>): Effect.Effect<A, E | StoreUnavailable> =>
    Effect.gen(function*() {
      const request: Request = { failures: 0, since: undefined }
      while (true) {
        const exit = yield* Effect.exit(attempt)
        const error = unavailable(exit)
        if (error === undefined) {
          if (outage !== undefined && isAnswer(exit)) yield* answered
          return yield* exit
        }
        yield* failed(error, request)
      }
    })

  /** A later refusal says nothing of an earlier attempt that may have been carried out. */
  const put = (key: string, body: ReadonlyArray<Uint8Array>): Effect.Effect<PutOutcome, StoreError> =>
    Effect.suspend(() => {
      let unknown = false
      const attempt = Effect.mapError(below.put(key, body), (error) => {
        if (error._tag === "StoreUnavailable") unknown = true
        return error
      })
      return Effect.mapError(patiently(attempt), (error) => {
        if (!unknown || error._tag === "StoreUnavailable") return error
        const now = error._tag === "StoreFull" ? "there is no space left" : `${error.reason}; ${error.mend}`
        return new StoreUnavailable({ operation: "put", key, reason: `it may have been carried out, and now ${now}` })
      })
    })

  /** Goes on behind the last key it yielded: a reader sees each key once, in order. */
  const list = (prefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> =>
    Stream.suspend(() => {
      let last = startAfter
      let request: Request = { failures: 0, since: undefined }
      const from: Stream.Stream<ObjectEntry, StoreError> = Stream.suspend(() =>
        below.list(prefix, last).pipe(
          Stream.mapArrayEffect((entries) => {
            last = entries[entries.length - 1]?.key ?? last
            // A listing that gets on is not the one that failed before.
            if (request.failures > 0) request = { failures: 0, since: undefined }
            return outage === undefined ? Effect.succeed(entries) : Effect.as(answered, entries)
          }),
          Stream.concat(Stream.fromEffectDrain(Effect.suspend(() => outage === undefined ? Effect.void : answered))),
          Stream.catchTag(
            "StoreUnavailable",
            (error) => Stream.concat(Stream.fromEffectDrain(Effect.suspend(() => failed(error, request))), from)
          )
        )
      )
      return from
    })

  return ObjectStore.of({
    location: below.location,
    readAhead: below.readAhead,
    put,
    // Not into the caller's memory: what a failed attempt still has on its way would land there after another one's answer.
    get: (key, range) => patiently(below.get(key, range)),
    list,
    remove: (keys) => patiently(below.remove(keys)),
    now: patiently(below.now)
  })
}

/** Outages are measured by what no setting of a clock moves. */
const monotonic = Clock.clockWith((clock) => Effect.sync(() => Monotonic.millis(clock)))

interface Request {
  failures: number
  /** When it failed first. */
  since: number | undefined
}

const givenUp = (error: StoreUnavailable, request: Request, now: number): StoreUnavailable => {
  const seconds = Math.round((now - (request.since ?? now)) / 1000)
  if (request.failures < 2) return error
  return new StoreUnavailable({
    operation: error.operation,
    key: error.key,
    reason: `${error.reason}, ${request.failures} times in ${seconds} s`
  })
}

/** The failure that is tried again, and nothing besides. */
const unavailable = <A, E>(exit: Exit.Exit<A, E | StoreUnavailable>): StoreUnavailable | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  const [reason, ...others] = exit.cause.reasons
  return others.length === 0 && reason !== undefined && Cause.isFailReason(reason) &&
      reason.error instanceof StoreUnavailable
    ? reason.error
    : undefined
}

const isAnswer = <A, E>(exit: Exit.Exit<A, E>): boolean =>
  Exit.isSuccess(exit) || exit.cause.reasons.every(Cause.isFailReason)
