/**
 * Counts what is asked of a store: stands directly on it, so that every attempt counts, also one that is cut or interrupted.
 * The pages of a listing are not seen from here: they are reckoned as a thousand entries each, as S3 and GCS have them.
 */
import { Cause, Clock, Context, Effect, Exit, Layer, Stream } from "effect"
import * as Parts from "../domain/Parts.ts"
import * as Meter from "../domain/store/Meter.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { StoreMeter } from "../services/StoreMeter.ts"

const pageSize = 1000

export const layer: Layer.Layer<ObjectStore | StoreMeter, never, ObjectStore> = Layer.effectContext(
  Effect.gen(function*() {
    const below = yield* ObjectStore
    const meter = new Meter.Meter(yield* Clock.currentTimeMillis)
    return Context.make(ObjectStore, make(below, meter)).pipe(
      Context.add(StoreMeter, StoreMeter.of({ totals: Effect.sync(() => meter.totals()) }))
    )
  })
)

export const make = (below: ObjectStore["Service"], meter: Meter.Meter): ObjectStore["Service"] => {
  const counted = <A, E>(
    operation: Meter.Operation,
    key: string,
    request: Effect.Effect<A, E>,
    bytesOf: (answer: A) => number
  ): Effect.Effect<A, E> =>
    Effect.onExit(
      request,
      (exit) =>
        Effect.sync(() =>
          meter.count(operation, key, 1, Exit.isSuccess(exit) ? bytesOf(exit.value) : 0, isFailure(exit))
        )
    )

  return ObjectStore.of({
    location: below.location,
    readAhead: below.readAhead,
    put: (key, body) => counted("put", key, below.put(key, body), () => Parts.size(body)),
    get: (key, range, into) => counted("get", key, below.get(key, range, into), (bytes) => bytes.length),
    list: (prefix, startAfter) =>
      Stream.suspend(() => {
        let entries = 0
        return below.list(prefix, startAfter).pipe(
          Stream.mapArray((page) => {
            entries += page.length
            return page
          }),
          Stream.onExit((exit) =>
            Effect.sync(() => {
              // A reader that stops early is no failure.
              const failed = Exit.isFailure(exit) && Cause.hasFails(exit.cause)
              meter.count("list", prefix, Math.max(1, Math.ceil(entries / pageSize)), 0, failed)
            })
          )
        )
      }),
    remove: (keys) =>
      Effect.onExit(below.remove(keys), (exit) =>
        Effect.sync(() => {
          for (const key of keys) meter.count("delete", key, 1, 0, Exit.isFailure(exit))
        })),
    now: counted("now", "", below.now, () => 0)
  })
}

/** That there is no such object is an answer. */
const isFailure = <A, E>(exit: Exit.Exit<A, E>): boolean =>
  Exit.isFailure(exit) &&
  !exit.cause.reasons.some((reason) =>
    reason._tag === "Fail" && typeof reason.error === "object" && reason.error !== null && "_tag" in reason.error &&
    reason.error._tag === "ObjectNotFound"
  )
