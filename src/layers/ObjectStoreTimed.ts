/**
 * Cuts a request that hangs, after a time that grows with what it moves; its outcome is then unknown. Stands directly above
 * the store: what waits for its turn does not hang. A store has shorter time-outs of its own; this is for the case that none
 * of them came.
 */
import { Duration, Effect, Layer, Stream } from "effect"
import * as Parts from "../domain/Parts.ts"
import * as RetrySchedule from "../domain/store/RetrySchedule.ts"
import { ObjectStore, StoreUnavailable } from "../services/ObjectStore.ts"

export const layer: Layer.Layer<ObjectStore, never, ObjectStore> = Layer.effect(
  ObjectStore,
  Effect.map(ObjectStore, (below) => make(below))
)

export const make = (below: ObjectStore["Service"]): ObjectStore["Service"] => {
  const hung = (operation: string, key: string, time: number) =>
    new StoreUnavailable({ operation, key, reason: `no answer in ${Math.round(time / 1000)} s` })

  const timed = <A, E>(operation: string, key: string, bytes: number | undefined, request: Effect.Effect<A, E>) => {
    const time = RetrySchedule.deadline(bytes)
    return Effect.timeoutOrElse(request, {
      duration: Duration.millis(time),
      orElse: () => Effect.fail(hung(operation, key, time))
    })
  }

  return ObjectStore.of({
    location: below.location,
    readAhead: below.readAhead,
    put: (key, body) => timed("put", key, Parts.size(body), below.put(key, body)),
    get: (key, range, into) =>
      timed("get", key, range === undefined ? undefined : range.end - range.start, below.get(key, range, into)),
    list: (prefix, startAfter) => {
      const time = RetrySchedule.deadline(0)
      return Stream.timeoutOrElse(below.list(prefix, startAfter), {
        duration: Duration.millis(time),
        orElse: () => Stream.fail(hung("list", prefix, time))
      })
    },
    remove: (keys) => timed("remove", keys[0] ?? "", keys.length * 1024, below.remove(keys)),
    now: timed("now", "", 0, below.now)
  })
}
