import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"

objectStoreContract("memory", ObjectStoreMemory.layer, { histories: 300 })

it.effect("memory: two stores over one map are two clients of one bucket", () =>
  Effect.gen(function*() {
    const objects = new Map<string, Uint8Array>()
    const one = ObjectStoreMemory.make(objects)
    const other = ObjectStoreMemory.make(objects)
    assert.strictEqual(yield* one.put("a/b", [Uint8Array.of(1)]), "Created")
    assert.strictEqual(yield* other.put("a/b", [Uint8Array.of(2)]), "Exists")
    assert.deepStrictEqual(yield* Stream.runCollect(other.list("")), [{ key: "a/b", size: 1 }])
    objects.get("a/b")![0] = 7
    assert.deepStrictEqual(yield* other.get("a/b"), Uint8Array.of(7))
  }))

it.effect("memory: its time is the clock's", () =>
  Effect.gen(function*() {
    const store = ObjectStoreMemory.make(new Map())
    yield* TestClock.setTime(1_700_000_000_000)
    assert.strictEqual(yield* store.now, 1_700_000_000_000)
  }))
