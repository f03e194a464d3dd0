/** What is cut, and what is not: slow transfers over a narrow link, in virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Stream } from "effect"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import * as ObjectStoreTimed from "../../src/layers/ObjectStoreTimed.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as Hosts from "../harness/Hosts.ts"

const pack = 32 * 1024 * 1024
const window = 4 * 1024 * 1024

/** A store behind a link of `rate` bytes a second that its transfers share fairly, ten seconds at a time. */
const behind = (below: ObjectStore["Service"], rate: () => number) => {
  const seen = { active: 0, attempts: 0 }
  const moved = (size: number) =>
    Effect.gen(function*() {
      seen.active++
      seen.attempts++
      for (let left = size; left > 0;) {
        yield* Effect.sleep("10 seconds")
        left -= 10 * rate() / seen.active
      }
    }).pipe(Effect.ensuring(Effect.sync(() => {
      seen.active--
    })))
  const store: ObjectStore["Service"] = {
    ...below,
    put: (key, body) => Effect.andThen(moved(body.reduce((sum, part) => sum + part.length, 0)), below.put(key, [])),
    get: (_, range) =>
      Effect.as(
        moved(range === undefined ? 0 : range.end - range.start),
        new Uint8Array(range === undefined ? 0 : range.end - range.start)
      )
  }
  return { store, seen }
}

const patient = (store: ObjectStore["Service"]) =>
  ObjectStoreRetrying.make(ObjectStoreTimed.make(store), { budget: Duration.minutes(15) })

const body = [new Uint8Array(pack)]
const kbit = 1024 / 8

describe("ObjectStoreTimed", () => {
  for (const rate of [384, 256, 140]) {
    it.effect(`two packs at once over ${rate} kbit/s are stored with one attempt each`, () =>
      Hosts.inVirtualTime(Effect.gen(function*() {
        const link = behind(ObjectStoreMemory.make(new Map()), () => rate * kbit)
        const store = patient(link.store)
        const outcomes = yield* Effect.forEach(["a", "b"], (key) => store.put(key, body), { concurrency: 2 })
        assert.deepStrictEqual(outcomes, ["Created", "Created"])
        assert.strictEqual(link.seen.attempts, 2)
      })))
  }

  it.effect("four windows at once over 256 kbit/s are read with one attempt each", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      const link = behind(ObjectStoreMemory.make(new Map()), () => 256 * kbit)
      const store = patient(link.store)
      yield* Effect.forEach([0, 1, 2, 3], (at) => store.get("k", { start: at * window, end: (at + 1) * window }), {
        concurrency: 4,
        discard: true
      })
      assert.strictEqual(link.seen.attempts, 4)
    })))

  it.effect("what was cut has twice the time the next time, until it is done", () =>
    Hosts.inVirtualTime(
      Effect.gen(function*() {
        // A store without limits of its own, and 16 kbit/s for two packs: 9 hours each.
        const link = behind(ObjectStoreMemory.make(new Map()), () => 16 * kbit)
        const store = ObjectStoreTimed.make(link.store)
        const reasons: Array<string> = []
        const put = (key: string) =>
          Effect.retry(
            Effect.tapErrorTag(store.put(key, body), "StoreUnavailable", (error) =>
              Effect.sync(() => reasons.push(error.reason))),
            { times: 5 }
          )
        yield* Effect.forEach(["a", "b"], put, { concurrency: 2 })
        const first = "not done after 8792 s"
        const second = "not done after 16984 s"
        assert.deepStrictEqual(reasons, [first, first, second, second])
        assert.strictEqual(link.seen.attempts, 6)
      }),
      4000
    ))

  it.effect("fast transfers take back what slow ones taught", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      let rate = 0
      const link = behind(ObjectStoreMemory.make(new Map()), () => rate)
      const store = ObjectStoreTimed.make(link.store)
      const lasting = Effect.gen(function*() {
        const began = yield* Clock.currentTimeMillis
        yield* Effect.flip(store.put("k", body))
        return (yield* Clock.currentTimeMillis) - began
      })
      assert.strictEqual(yield* lasting, 8_792_000)
      assert.strictEqual(yield* lasting, 16_984_000)
      rate = 1024 * 1024
      yield* store.get("k", { start: 0, end: 1000 })
      yield* store.put("fast", body)
      yield* store.get("k", { start: 0, end: window })
      rate = 0
      assert.strictEqual(yield* lasting, 8_792_000)
    })))

  it.effect("a listing and a small request that hang are cut after minutes, whatever was learnt", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      const store = ObjectStoreTimed.make({
        ...ObjectStoreMemory.make(new Map()),
        list: () => Stream.never,
        now: Effect.never
      })
      for (const seconds of [856, 1112, 1624]) {
        const error = yield* Effect.flip(Stream.runDrain(store.list("")))
        assert.include(error.message, `not done after ${seconds} s`)
      }
      assert.include((yield* Effect.flip(store.now)).message, "not done after 600 s")
    })))
})
