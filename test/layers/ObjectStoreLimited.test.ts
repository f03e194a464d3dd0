import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectStoreLimited from "../../src/layers/ObjectStoreLimited.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as Hosts from "../harness/Hosts.ts"

const none: ObjectStoreLimited.Limits = { upload: undefined, download: undefined, requests: undefined, concurrency: 4 }

const body = (size: number) => [new Uint8Array(size)]

/** A store with a megabyte under each of `keys`. */
const filled = (...keys: ReadonlyArray<string>) =>
  ObjectStoreMemory.make(new Map(keys.map((key) => [key, new Uint8Array(1_000_000)])))

/** Milliseconds of virtual time. */
const took = <E>(
  below: ObjectStore["Service"],
  limits: Partial<ObjectStoreLimited.Limits>,
  run: (store: ObjectStore["Service"]) => Effect.Effect<unknown, E>
) =>
  Hosts.inVirtualTime(Effect.gen(function*() {
    const store = yield* ObjectStoreLimited.make(below, { ...none, ...limits })
    const began = yield* Clock.currentTimeMillis
    yield* run(store)
    return (yield* Clock.currentTimeMillis) - began
  }))

const each = <E>(count: number, run: (at: number) => Effect.Effect<unknown, E>) =>
  Effect.forEach(Array.from({ length: count }, (_, at) => at), run, { concurrency: "unbounded", discard: true })

describe("ObjectStoreLimited", () => {
  objectStoreContract(
    "memory, limited",
    ObjectStoreLimited.layer({ upload: 1e12, download: 1e12, requests: 1e9, concurrency: 4 }).pipe(
      Layer.provide(ObjectStoreMemory.layer)
    ),
    { small: true }
  )

  it.effect("uploads keep to their rate, downloads do not pay for them", () =>
    Effect.gen(function*() {
      const puts = (store: ObjectStore["Service"]) => each(10, (at) => store.put(`${at}`, body(1_000_000)))
      // A second's worth is free, and the last one is not waited for.
      assert.strictEqual(yield* took(filled(), { upload: 500_000 }, puts), (9_000_000 - 500_000) / 500)
      assert.strictEqual(yield* took(filled(), { download: 1 }, puts), 0)
    }))

  it.effect("downloads keep to their rate, by what came and not by what was asked for", () =>
    Effect.gen(function*() {
      const whole = (store: ObjectStore["Service"]) => Effect.andThen(store.get("a"), store.get("a"))
      assert.strictEqual(yield* took(filled("a"), { download: 100_000 }, whole), 9000)
      const ranges = (store: ObjectStore["Service"]) => each(11, () => store.get("a", { start: 0, end: 10_000 }))
      assert.strictEqual(yield* took(filled("a"), { download: 10_000 }, ranges), 9000)
      const beyond = (store: ObjectStore["Service"]) =>
        Effect.andThen(store.get("a", { start: 990_000, end: 90_000_000 }), store.get("a", { start: 0, end: 1 }))
      assert.strictEqual(yield* took(filled("a"), { download: 10_000 }, beyond), 0)
      assert.strictEqual(yield* took(filled("a"), { upload: 1 }, whole), 0)
    }))

  it.effect("requests keep to their rate, each page of a listing counts", () =>
    Effect.gen(function*() {
      const gets = (store: ObjectStore["Service"]) => each(20, () => store.get("a", { start: 0, end: 1 }))
      assert.strictEqual(yield* took(filled("a"), { requests: 2 }, gets), 8500)
      const half = (store: ObjectStore["Service"]) => each(3, () => store.now)
      assert.strictEqual(yield* took(filled(), { requests: 0.5 }, half), 3000)
      const many = ObjectStoreMemory.make(
        new Map(Array.from({ length: 5000 }, (_, at) => [`k/${String(at).padStart(5, "0")}`, new Uint8Array(1)]))
      )
      const listing = (store: ObjectStore["Service"]) =>
        Effect.tap(Stream.runCount(store.list("k/")), (count) => Effect.sync(() => assert.strictEqual(count, 5000)))
      assert.strictEqual(yield* took(many, { requests: 1 }, listing), 3000)
      assert.strictEqual(yield* took(filled(), { requests: 1 }, (store) => Stream.runDrain(store.list(""))), 0)
    }))

  it.effect("so many at a time and no more; a listing that is read slowly holds nobody up", () =>
    Effect.gen(function*() {
      let now = 0
      let most = 0
      const below = filled("a", "b")
      const slow: ObjectStore["Service"] = {
        ...below,
        get: (key) =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              most = Math.max(most, ++now)
            }),
            () => Effect.andThen(Effect.sleep("1 second"), below.get(key)),
            () =>
              Effect.sync(() => {
                now--
              })
          )
      }
      const time = yield* took(slow, { concurrency: 3 }, (store) => each(9, () => store.get("a")))
      assert.deepStrictEqual([most, time], [3, 3000])
      const reading = (store: ObjectStore["Service"]) => Stream.runForEach(store.list(""), ({ key }) => store.get(key))
      assert.strictEqual(yield* took(slow, { concurrency: 1 }, reading), 2000)
    }))

  it.effect("who is interrupted while he waits used nothing", () =>
    Effect.gen(function*() {
      const store = yield* ObjectStoreLimited.make(filled(), { ...none, upload: 100_000 })
      yield* store.put("first", body(200_000))
      const waiting = yield* Effect.forkChild(store.put("given up", body(100_000_000)))
      yield* TestClock.adjust("100 millis")
      yield* Fiber.interrupt(waiting)
      const last = yield* Effect.forkChild(store.put("last", body(70_000)))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(last.pollUnsafe(), Exit.succeed("Created"))
    }))

  it.effect("a commit does not wait for the packs before it; who comes after it pays for it", () =>
    Effect.gen(function*() {
      const limits = { upload: 100_000, requests: 1 }
      const commit = (store: ObjectStore["Service"]) =>
        Effect.gen(function*() {
          yield* store.put("pack/1", body(32_000_000))
          yield* Effect.forkChild(store.put("pack/2", body(32_000_000)), { startImmediately: true })
          const began = yield* Clock.currentTimeMillis
          for (let at = 0; at < 10; at++) yield* store.put(`log/${at}`, body(50_000))
          assert.strictEqual((yield* Clock.currentTimeMillis) - began, 0)
        })
      assert.strictEqual(yield* took(filled(), limits, commit), 0)
      const pay = (store: ObjectStore["Service"]) =>
        Effect.andThen(
          Effect.forEach([1, 2, 3], (at) => store.put(`log/${at}`, body(50_000))),
          store.put("pack/1", body(100_000))
        )
      assert.strictEqual(yield* took(filled(), { upload: 10_000 }, pay), 14_000)
      assert.strictEqual(yield* took(filled(), { requests: 1 }, pay), 2000)
    }))

  it.effect("nobody waits because the clock was set back", () =>
    Effect.gen(function*() {
      const turning = (store: ObjectStore["Service"]) =>
        Effect.gen(function*() {
          yield* store.put("a", body(100_000))
          yield* Effect.sleep("10 seconds")
          const noon = yield* Clock.currentTimeMillis
          yield* TestClock.setTime(noon - 7_200_000)
          yield* store.put("b", body(100_000))
          assert.strictEqual(yield* Clock.currentTimeMillis, noon - 7_200_000)
          yield* TestClock.setTime(noon)
        })
      assert.strictEqual(yield* took(filled(), { upload: 100_000 }, turning), 10_000)
    }))

  it.effect("the time of day is not looked at: setting it forth pays for nothing", () =>
    Effect.gen(function*() {
      const blind = (store: ObjectStore["Service"]) =>
        Effect.flatMap(Clock.Clock, (clock) =>
          each(3, (at) => store.put(`${at}`, body(100_000))).pipe(
            Effect.provideService(
              Clock.Clock,
              Object.create(clock, { currentTimeMillis: { value: Effect.die("the time of day") } })
            )
          ))
      assert.strictEqual(yield* took(filled(), { upload: 100_000 }, blind), 1000)
    }))

  it.effect("a failure takes what it asked for: the link was used", () =>
    Effect.gen(function*() {
      const run = (store: ObjectStore["Service"]) =>
        Effect.andThen(Effect.flip(store.get("absent", { start: 0, end: 20_000 })), Effect.flip(store.get("absent")))
      assert.strictEqual(yield* took(filled(), { download: 10_000 }, run), 1000)
    }))
})
