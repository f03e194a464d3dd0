/**
 * A store in memory, on the `Clock`'s time. Whoever holds the map may look at the objects, copy them, or damage them;
 * bytes are copied on the way in and on the way out.
 */
import { Clock, Effect, Layer, Option, Stream } from "effect"
import * as ObjectName from "../domain/ObjectName.ts"
import * as Parts from "../domain/Parts.ts"
import { type ObjectEntry, ObjectNotFound, ObjectStore, type PutOutcome } from "../services/ObjectStore.ts"

/** Entries that one step of a listing yields. */
const pageSize = 1000

/** A store over the given objects. Several stores over one map are several clients of one bucket. */
export const make = (objects: Map<string, Uint8Array>): ObjectStore["Service"] => {
  const list = (prefix: string, startAfter: string | undefined): Stream.Stream<ObjectEntry> =>
    Stream.suspend(() => {
      const keys: Array<string> = []
      for (const key of objects.keys()) {
        if (key.startsWith(prefix) && (startAfter === undefined || ObjectName.compare(key, startAfter) > 0)) {
          keys.push(key)
        }
      }
      keys.sort(ObjectName.compare)
      return Stream.paginate(0, (from) => Effect.sync(() => pageOf(objects, keys, from)))
    })

  return ObjectStore.of({
    location: "memory:",
    readAhead: 256 * 1024,
    put: (key, body) =>
      Effect.suspend(() => {
        const problem = ObjectName.problem(key)
        if (problem !== undefined) return Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
        if (objects.has(key)) return Effect.succeed<PutOutcome>("Exists")
        objects.set(key, Parts.concatenate(body))
        return Effect.succeed<PutOutcome>("Created")
      }),
    get: (key, range, into) =>
      Effect.suspend(() => {
        const bytes = objects.get(key)
        if (bytes === undefined) return Effect.fail(new ObjectNotFound({ key }))
        const found = range === undefined ? bytes : bytes.subarray(range.start, range.end)
        if (into === undefined || into.length < found.length) return Effect.succeed(new Uint8Array(found))
        into.set(found)
        return Effect.succeed(into.subarray(0, found.length))
      }),
    list,
    remove: (keys) =>
      Effect.sync(() => {
        for (const key of keys) objects.delete(key)
      }),
    now: Clock.currentTimeMillis
  })
}

/** One fresh, empty store. */
export const layer: Layer.Layer<ObjectStore> = Layer.sync(ObjectStore, () => make(new Map()))

const pageOf = (
  objects: ReadonlyMap<string, Uint8Array>,
  keys: ReadonlyArray<string>,
  from: number
): readonly [ReadonlyArray<ObjectEntry>, Option.Option<number>] => {
  const page: Array<ObjectEntry> = []
  const to = Math.min(from + pageSize, keys.length)
  for (const key of keys.slice(from, to)) {
    const bytes = objects.get(key)
    if (bytes !== undefined) page.push({ key, size: bytes.length })
  }
  return [page, to < keys.length ? Option.some(to) : Option.none()]
}
