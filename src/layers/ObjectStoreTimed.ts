/**
 * Cuts a request that hangs, after a time that grows with what it moves; its outcome is then unknown. Stands directly above
 * the store: what waits for its turn does not hang. A store that sees whether bytes move cuts what is silent much sooner; this is
 * for what moves and gets nowhere, and for the case that no such cut came. It cannot tell a slow transfer from a dead one, so each cut makes it more
 * patient with this store: what lives gets done in the end.
 */
import { Clock, Duration, Effect, Layer, Stream } from "effect"
import * as Parts from "../domain/Parts.ts"
import * as RetrySchedule from "../domain/store/RetrySchedule.ts"
import { ObjectStore, StoreUnavailable } from "../services/ObjectStore.ts"

export const layer: Layer.Layer<ObjectStore, never, ObjectStore> = Layer.effect(
  ObjectStore,
  Effect.map(ObjectStore, (below) => make(below))
)

/** Bytes of a page of a listing, or of a thousand names to delete. */
const pageSize = 1024 * 1024

export const make = (below: ObjectStore["Service"]): ObjectStore["Service"] => {
  let learnt = 1

  const late = (operation: string, key: string, time: number, used: number) => {
    learnt = RetrySchedule.cut(learnt, used)
    return new StoreUnavailable({ operation, key, reason: `not done after ${Math.round(time / 1000)} s` })
  }

  const timed = <A, E>(
    operation: string,
    key: string,
    bytes: number | undefined,
    request: Effect.Effect<A, E>,
    moved: (answer: A) => number = () => 0
  ) =>
    Effect.suspend(() => {
      const used = learnt
      const time = RetrySchedule.deadline(bytes, used)
      const cut = Effect.timeoutOrElse(request, {
        duration: Duration.millis(time),
        orElse: () => Effect.suspend(() => Effect.fail(late(operation, key, time, used)))
      })
      return used === 1 ? cut : settling(cut, moved)
    })

  /** A transfer that was fast takes back what slow ones taught. */
  const settling = Effect.fnUntraced(function*<A, E>(request: Effect.Effect<A, E>, moved: (answer: A) => number) {
    const began = yield* Clock.monotonicTimeNanos
    const answer = yield* request
    const took = Number((yield* Clock.monotonicTimeNanos) - began) / 1e6
    learnt = RetrySchedule.done(learnt, moved(answer), took)
    return answer
  })

  return ObjectStore.of({
    location: below.location,
    readAhead: below.readAhead,
    put: (key, body) => {
      const size = Parts.size(body)
      return timed("put", key, size, below.put(key, body), () => size)
    },
    get: (key, range, into) =>
      timed(
        "get",
        key,
        range === undefined ? undefined : range.end - range.start,
        below.get(key, range, into),
        (bytes) => bytes.length
      ),
    list: (prefix, startAfter) =>
      Stream.suspend(() => {
        const used = learnt
        const time = RetrySchedule.deadline(pageSize, used)
        return Stream.timeoutOrElse(below.list(prefix, startAfter), {
          duration: Duration.millis(time),
          orElse: () => Stream.suspend(() => Stream.fail(late("list", prefix, time, used)))
        })
      }),
    remove: (keys) => timed("remove", keys[0] ?? "", keys.length * 1024, below.remove(keys)),
    now: timed("now", "", 0, below.now)
  })
}
