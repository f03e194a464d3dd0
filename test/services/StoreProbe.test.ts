/** Which stores the probe takes, which it refuses and why, and that nothing of it is left. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore, StoreRefused, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import * as StoreProbe from "../../src/services/StoreProbe.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { inVirtualTime } from "../harness/Hosts.ts"
import * as S3Store from "../harness/S3Store.ts"

const refused = (error: { readonly _tag: string; readonly message: string }) => {
  assert.strictEqual(error._tag, "StoreRefused", error.message)
  return error.message
}

const memory = () => {
  const objects = new Map<string, Uint8Array>()
  return { objects, store: ObjectStoreMemory.make(objects) }
}

describe("StoreProbe", () => {
  it.live("takes S3 with conditional writes, and leaves nothing", () =>
    Effect.gen(function*() {
      const { double, store } = yield* S3Store.conditional("honoured")
      yield* StoreProbe.conditionalPut(store, "abc")
      assert.strictEqual(double.objects("bucket").size, 0)
      assert.isAtLeast(double.requests.filter(({ method }) => method === "PUT").length, 10)
    }))

  it.live("refuses S3 that answers 501, and names the stores known for it", () =>
    Effect.gen(function*() {
      const { double, store } = yield* S3Store.conditional("refused")
      const message = refused(yield* Effect.flip(StoreProbe.conditionalPut(store, "abc")))
      assert.match(message, /501 NotImplemented.*If-None-Match.*Backblaze B2.*Swift.*MinIO/)
      assert.strictEqual(double.objects("bucket").size, 0)
    }))

  it.live("refuses S3 that ignores the condition, and leaves nothing there either", () =>
    Effect.gen(function*() {
      const { double, store } = yield* S3Store.conditional("ignored")
      const message = refused(yield* Effect.flip(StoreProbe.conditionalPut(store, "abc")))
      assert.match(message, /overwrites objects.*Backblaze B2/)
      assert.strictEqual(double.objects("bucket").size, 0)
    }))

  it.effect("refuses a place with anything in it, before it puts anything there", () =>
    Effect.gen(function*() {
      const { objects, store } = memory()
      objects.set("tmp/unfinished", Uint8Array.of(1))
      yield* StoreProbe.conditionalPut(store, "abc")
      objects.set("photo.jpg", Uint8Array.of(1))
      const faulty = FaultyStore.make(store)
      assert.match(refused(yield* Effect.flip(StoreProbe.conditionalPut(faulty.store, "abc"))), /photo\.jpg/)
      assert.isFalse(faulty.requests.some(({ operation }) => operation === "put"))
      assert.deepStrictEqual([...objects.keys()], ["tmp/unfinished", "photo.jpg"])
    }))

  it.effect("refuses a store that lets several racers win", () =>
    Effect.gen(function*() {
      const { objects, store } = memory()
      const racy = ObjectStore.of({
        ...store,
        put: (key, body) =>
          key.endsWith("-1") ? store.put(key, body) : Effect.sync(() => {
            objects.set(key, new Uint8Array(body[0]!))
            return "Created" as const
          })
      })
      assert.match(refused(yield* Effect.flip(StoreProbe.conditionalPut(racy, "abc"))), /several writers/)
      assert.strictEqual(objects.size, 0)
    }))

  it.effect("refuses a store that cannot delete", () =>
    Effect.gen(function*() {
      const { store } = memory()
      const denied = new StoreRefused({ operation: "remove", location: "m", reason: "AccessDenied", mend: "allow it" })
      const kept = ObjectStore.of({ ...store, remove: () => Effect.fail(denied) })
      assert.match(refused(yield* Effect.flip(StoreProbe.conditionalPut(kept, "abc"))), /AccessDenied/)
    }))

  it.effect("refuses a store that lists what it says is gone, and one that does not show what it has", () =>
    Effect.gen(function*() {
      const one = memory()
      const keeping = ObjectStore.of({ ...one.store, remove: () => Effect.void })
      assert.match(refused(yield* Effect.flip(StoreProbe.conditionalPut(keeping, "abc"))), /says are deleted/)
      const two = memory()
      const blind = ObjectStore.of({ ...two.store, put: () => Effect.succeed("Exists" as const) })
      assert.match(refused(yield* Effect.flip(StoreProbe.conditionalPut(blind, "abc"))), /does not show/)
    }))

  it.effect("asks again when replies are lost, and gives up on a store that never decides", () =>
    Effect.gen(function*() {
      const { objects, store } = memory()
      const losing = FaultyStore.make(store, {
        decide: ({ index, operation }) =>
          index % 3 === 1 && (operation === "put" || operation === "remove") ? "lose" : undefined
      })
      yield* inVirtualTime(StoreProbe.conditionalPut(losing.store, "abc"))
      assert.strictEqual(objects.size, 0)
      const never = ObjectStore.of({
        ...store,
        put: (key, body) =>
          key.endsWith("-1")
            ? store.put(key, body)
            : Effect.fail(new StoreUnavailable({ operation: "put", key, reason: "409" }))
      })
      const error = yield* Effect.flip(inVirtualTime(StoreProbe.conditionalPut(never, "abc")))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.strictEqual(objects.size, 0)
    }))
})
