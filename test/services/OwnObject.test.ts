import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { type GetError, ObjectNotFound, ObjectStore, ObjectUnreadable } from "../../src/services/ObjectStore.ts"
import * as OwnObject from "../../src/services/OwnObject.ts"

const bytes = (size: number, seed = 0) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed) & 255)
const parts = (whole: Uint8Array, length: number) =>
  Array.from({ length: Math.ceil(whole.length / length) }, (_, at) => whole.subarray(at * length, (at + 1) * length))

const key = "pack/00/a"

/** A store with something under the name, and what was asked of it. */
const withObject = (object: Uint8Array | undefined) => {
  const objects = new Map(object === undefined ? [] : [[key, object]])
  const below = ObjectStoreMemory.make(objects)
  const asked: Array<number> = []
  /** In the place of answers to GETs, in turn. */
  const answers: Array<Effect.Effect<Uint8Array, GetError>> = []
  const store = ObjectStore.of({
    ...below,
    put: () => Effect.succeed("Exists"),
    get: (key, range) =>
      Effect.suspend(() => {
        asked.push(range === undefined ? Infinity : range.end - range.start)
        return answers.shift() ?? below.get(key, range)
      })
  })
  return { objects, asked, answers, below, store }
}

describe("OwnObject", () => {
  it.effect("asks nothing more where the object was created", () =>
    Effect.gen(function*() {
      const { below } = withObject(undefined)
      const get = () => Effect.die("nothing is to be read")
      assert.isTrue(yield* OwnObject.put({ ...below, get }, key, [bytes(10)]))
    }))

  const changed = (size: number, at: number) => bytes(size).with(at, 7 ^ bytes(size)[at]!)

  const cases: ReadonlyArray<readonly [what: string, size: number, there: Uint8Array, ours: boolean]> = [
    ["ours", 5000, bytes(5000), true],
    ["ours, and shorter than what is read", 10, bytes(10), true],
    ["ours, of one byte", 1, bytes(1), true],
    ["another end", 5000, changed(5000, 4999), false],
    ["another seal", 5000, changed(5000, 4950), false],
    ["one that goes on", 5000, bytes(5001), false],
    ["one that goes on, of a short one", 10, bytes(11), false],
    ["one that is cut", 5000, bytes(4999), false],
    ["one that ends long before", 5000, bytes(100), false],
    ["an empty one", 5000, bytes(0), false]
  ]
  for (const [what, size, there, ours] of cases) {
    it.effect(`where the name is taken: ${what}`, () =>
      Effect.gen(function*() {
        for (const length of [1, 7, 1024, 5000]) {
          const { asked, store } = withObject(there)
          assert.strictEqual(yield* OwnObject.put(store, key, parts(bytes(size), length)), ours)
          // A small read; what differs is read a second time.
          assert.strictEqual(asked.length, ours ? 1 : 2)
          assert.isAtMost(Math.max(...asked), 1025)
        }
      }))
  }

  it.effect("what was misread once is read again", () =>
    Effect.gen(function*() {
      const { answers, store } = withObject(bytes(5000))
      answers.push(Effect.succeed(bytes(1024)))
      assert.isTrue(yield* OwnObject.put(store, key, [bytes(5000)]))
    }))

  it.effect("what cannot be read is not ours; what is not there may come", () =>
    Effect.gen(function*() {
      const { answers, store } = withObject(bytes(5000))
      const unreadable = Effect.fail(new ObjectUnreadable({ key, location: "x", reason: "EIO" }))
      answers.push(unreadable, unreadable)
      assert.isFalse(yield* OwnObject.put(store, key, [bytes(5000)]))
      answers.push(Effect.fail(new ObjectNotFound({ key })))
      const error = yield* Effect.flip(OwnObject.put(store, key, [bytes(5000)]))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.isTrue(yield* OwnObject.put(store, key, [bytes(5000)]))
    }))
})
