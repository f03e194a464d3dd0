/**
 * Keeps requests to a store within rates, and within a number at a time. Rates are averages: an object is sent as fast as the
 * link allows, and the next one waits for it to be paid for. Stands below what retries, so that every attempt counts.
 * Small puts are paid for by who comes next: a commit does not wait for the packs before it.
 */
import { Clock, Effect, Layer, Semaphore, Stream } from "effect"
import * as Parts from "../domain/Parts.ts"
import * as TokenBucket from "../domain/store/TokenBucket.ts"
import { ObjectStore } from "../services/ObjectStore.ts"

export interface Limits {
  /** Bytes a second; undefined: no limit. */
  readonly upload: number | undefined
  /** Bytes a second. */
  readonly download: number | undefined
  /** A second. */
  readonly requests: number | undefined
  /** At a time; listings do not count, they may be read slowly. */
  readonly concurrency: number
}

/** Bytes of the smallest put that waits: log entries, most bases and leases are smaller. */
const waiting = 64 * 1024
/** Entries of a listing that one request brings. */
const pageSize = 1000

export const layer = (limits: Limits): Layer.Layer<ObjectStore, never, ObjectStore> =>
  Layer.effect(ObjectStore, Effect.flatMap(ObjectStore, (below) => make(below, limits)))

export const make = Effect.fnUntraced(function*(below: ObjectStore["Service"], limits: Limits) {
  const permits = yield* Semaphore.make(limits.concurrency)
  const upload = yield* makeGate(limits.upload)
  const download = yield* makeGate(limits.download)
  const requests = yield* makeGate(limits.requests)

  const request = <A, E>(attempt: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.andThen(requests.pass(1), permits.withPermit(attempt))

  return ObjectStore.of({
    location: below.location,
    readAhead: below.readAhead,
    put: (key, body) => {
      const size = Parts.size(body)
      const put = below.put(key, body)
      return size < waiting
        ? Effect.andThen(Effect.andThen(upload.charge(size), requests.charge(1)), permits.withPermit(put))
        : Effect.andThen(upload.pass(size), request(put))
    },
    get: (key, range, into) => {
      const expected = range === undefined ? 0 : range.end - range.start
      return Effect.andThen(
        download.pass(expected),
        Effect.tap(request(below.get(key, range, into)), (bytes) => download.correct(bytes.length - expected))
      )
    },
    list: (prefix, startAfter) =>
      Stream.unwrap(Effect.as(
        requests.pass(1),
        Stream.suspend(() => {
          let room = pageSize
          return Stream.mapArrayEffect(below.list(prefix, startAfter), (entries) => {
            room -= entries.length
            if (room >= 0) return Effect.succeed(entries)
            const more = Math.ceil(-room / pageSize)
            room += more * pageSize
            return Effect.as(requests.pass(more), entries)
          })
        })
      )),
    remove: (keys) => request(below.remove(keys)),
    now: request(below.now)
  })
})

interface Gate {
  /** Waits for its turn to use so much. */
  readonly pass: (amount: number) => Effect.Effect<void>
  /** Uses so much at once; who comes next waits for it. */
  readonly charge: (amount: number) => Effect.Effect<void>
  /** What passed was so much more, or less. */
  readonly correct: (amount: number) => Effect.Effect<void>
}

const open: Gate = { pass: () => Effect.void, charge: () => Effect.void, correct: () => Effect.void }

const makeGate = (perSecond: number | undefined): Effect.Effect<Gate> =>
  Effect.sync(() => {
    if (perSecond === undefined) return open
    let bucket = TokenBucket.make(perSecond)
    const correct = (amount: number) =>
      Effect.sync(() => {
        bucket = TokenBucket.correct(bucket, amount)
      })
    /** Answers the milliseconds to wait. */
    const take = (amount: number) =>
      // Not the time of day, which is set forth and back.
      Effect.map(Clock.monotonicTimeNanos, (now) => {
        const taken = TokenBucket.take(bucket, Number(now) / 1e6, amount)
        bucket = taken.bucket
        return taken.wait
      })
    return {
      pass: Effect.fnUntraced(function*(amount: number) {
        const wait = yield* take(amount)
        // Who gives up waiting used nothing.
        if (wait > 0) yield* Effect.onInterrupt(Effect.sleep(Math.ceil(wait)), () => correct(-amount))
      }),
      charge: (amount) => Effect.asVoid(take(amount)),
      correct
    }
  })
