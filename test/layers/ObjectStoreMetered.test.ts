import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Meter from "../../src/domain/store/Meter.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as ObjectStoreMetered from "../../src/layers/ObjectStoreMetered.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { StoreMeter } from "../../src/services/StoreMeter.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"

const rows = (meter: Meter.Meter) =>
  meter.totals().counts.map(({ bytes, failures, object, operation, requests }) =>
    `${operation} ${object}: ${requests}, ${bytes} B, ${failures} failed`
  )

describe("ObjectStoreMetered", () => {
  objectStoreContract(
    "memory, metered",
    ObjectStoreMetered.layer.pipe(Layer.provide(ObjectStoreMemory.layer)),
    { small: true }
  )

  it.effect("counts requests and bytes by kind", () =>
    Effect.gen(function*() {
      const meter = new Meter.Meter(0)
      const store = ObjectStoreMetered.make(ObjectStoreMemory.make(new Map()), meter)
      yield* store.put("log/1", [new Uint8Array(3), new Uint8Array(4)])
      yield* store.put("log/1", [new Uint8Array(3)])
      yield* store.put("pack/00/x", [new Uint8Array(100)])
      yield* store.put("repository", [new Uint8Array(5)])
      yield* store.get("pack/00/x", { start: 10, end: 30 })
      yield* store.get("pack/00/x", { start: 90, end: 3000 }, new Uint8Array(2910))
      yield* Effect.flip(store.get("log/2"))
      yield* store.now
      yield* Stream.runDrain(store.list("log/"))
      yield* Stream.runDrain(store.list(""))
      yield* store.remove(["segment/a", "segment/b", "lease/1"])
      yield* store.remove([])
      assert.deepStrictEqual(rows(meter), [
        "put log: 2, 10 B, 0 failed",
        "put pack: 1, 100 B, 0 failed",
        "put other: 1, 5 B, 0 failed",
        "get log: 1, 0 B, 0 failed",
        "get pack: 2, 30 B, 0 failed",
        "list log: 1, 0 B, 0 failed",
        "list other: 1, 0 B, 0 failed",
        "delete segment: 2, 0 B, 0 failed",
        "delete lease: 1, 0 B, 0 failed",
        "now other: 1, 0 B, 0 failed"
      ])
      assert.deepStrictEqual(Meter.byOperation(meter.totals()).get, { requests: 3, bytes: 30, failures: 0 })
      assert.deepStrictEqual(Meter.byOperation(new Meter.Meter(0).totals()).put, { requests: 0, bytes: 0, failures: 0 })
    }))

  it.effect("counts what failed, and what was cut", () =>
    Effect.gen(function*() {
      const meter = new Meter.Meter(0)
      const faulty = FaultyStore.make(ObjectStoreMemory.make(new Map()), { decide: () => "fail" })
      const store = ObjectStoreMetered.make(
        { ...faulty.store, now: Effect.never },
        meter
      )
      yield* Effect.flip(store.put("base/1", [new Uint8Array(3)]))
      yield* Effect.flip(store.get("base/1"))
      yield* Effect.flip(Stream.runDrain(store.list("base/")))
      yield* Effect.flip(store.remove(["base/1"]))
      yield* Effect.raceFirst(store.now, Effect.yieldNow)
      assert.deepStrictEqual(rows(meter), [
        "put base: 1, 0 B, 1 failed",
        "get base: 1, 0 B, 1 failed",
        "list base: 1, 0 B, 1 failed",
        "delete base: 1, 0 B, 1 failed",
        "now other: 1, 0 B, 1 failed"
      ])
    }))

  it.effect("reckons a listing as pages of a thousand; who stops early does not fail", () =>
    Effect.gen(function*() {
      const meter = new Meter.Meter(0)
      const objects = new Map(Array.from({ length: 2345 }, (_, at) => [`log/${at}`, new Uint8Array(1)]))
      const store = ObjectStoreMetered.make(ObjectStoreMemory.make(objects), meter)
      yield* Stream.runDrain(store.list("log/"))
      assert.deepStrictEqual(rows(meter), ["list log: 3, 0 B, 0 failed"])
      yield* Stream.runDrain(Stream.take(store.list("log/"), 1))
      assert.deepStrictEqual(rows(meter), ["list log: 4, 0 B, 0 failed"])
    }))

  it.effect("its totals are a service, since the store was opened", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(5000)
      const totals = yield* Effect.gen(function*() {
        yield* (yield* ObjectStore).put("log/1", [new Uint8Array(1)])
        return yield* (yield* StoreMeter).totals
      }).pipe(Effect.provide(ObjectStoreMetered.layer.pipe(Layer.provide(ObjectStoreMemory.layer))))
      assert.strictEqual(totals.since, 5000)
      assert.strictEqual(totals.counts.length, 1)
    }))
})
