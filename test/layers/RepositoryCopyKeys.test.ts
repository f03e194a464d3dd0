/** Copies of encrypted repositories: they open at the other place, whatever happened to the keys meanwhile. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Option, References, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepositoryCopyObjects from "../../src/layers/RepositoryCopyObjects.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { RepositoryCopy } from "../../src/services/RepositoryCopy.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import {
  addFolder,
  adding,
  encryptedBucket,
  inVirtualTime,
  open,
  passphraseLayer,
  passphraseOf,
  withKeys
} from "../harness/Hosts.ts"

const copy = (from: ObjectStore["Service"], to: ObjectStore["Service"], passphrase: string) =>
  Effect.gen(function*() {
    const { copyTo } = yield* RepositoryCopy
    return Option.getOrThrow(yield* Stream.runLast(copyTo(to, { verify: true })))
  }).pipe(
    Effect.provide(RepositoryCopyObjects.layer.pipe(
      Layer.provide(LogObjectsSealed.layer),
      Layer.provide(NodeCrypto.layer),
      Layer.provide(Layer.merge(Layer.succeed(ObjectStore, from), passphraseLayer(passphrase)))
    )),
    Effect.scoped
  )

/** Two commits, encrypted. */
const source = Effect.gen(function*() {
  const { objects, store } = yield* encryptedBucket("old")
  const { repository } = yield* open({ store, seed: 5, passphrase: "old" })
  yield* repository.commit(() => Effect.succeed([addFolder("d")]))
  yield* repository.commit(adding("d", "a", "b"))
  return { objects, store }
})

const positionOf = (objects: Map<string, Uint8Array>, passphrase: string) =>
  Effect.scoped(Effect.flatMap(
    open({ store: ObjectStoreMemory.make(objects), passphrase }),
    ({ repository }) => Effect.map(repository.head, (head) => head.position)
  ))

const keysIn = (objects: ReadonlyMap<string, unknown>) =>
  [...objects.keys()].filter((key) => key.startsWith(ObjectKey.keyPrefix))

const change = (store: ObjectStore["Service"]) =>
  withKeys({ store, seed: 1, passphrase: "old" }, (keys) => keys.change(passphraseOf("new"), undefined))

describe("a copy of an encrypted repository", () => {
  it.effect("is the same objects, opened by the same passphrase", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* source
      const to = new Map<string, Uint8Array>()
      const wrong = yield* Effect.flip(copy(store, ObjectStoreMemory.make(to), "wrong"))
      assert.strictEqual(wrong._tag, "PassphraseWrong")
      assert.strictEqual(to.size, 0)
      const done = yield* copy(store, ObjectStoreMemory.make(to), "old")
      assert.deepStrictEqual(new Set(to.keys()), new Set(objects.keys()))
      for (const [key, bytes] of objects) assert.deepStrictEqual(to.get(key), bytes, key)
      assert.strictEqual(done.position, 3)
      assert.strictEqual(yield* positionOf(to, "old"), 3)
      const again = yield* copy(store, ObjectStoreMemory.make(to), "old")
      assert.strictEqual(again.copiedObjects, 0)
    })))

  it.effect("that was cut off anywhere has its keys before its marker, and is gone on with", () =>
    Effect.gen(function*() {
      for (let cut = 0, whole = false; !whole; cut++) {
        assert.isBelow(cut, 100)
        whole = yield* inVirtualTime(Effect.gen(function*() {
          const { objects, store } = yield* source
          const to = new Map<string, Uint8Array>()
          const faulty = FaultyStore.make(ObjectStoreMemory.make(to), {
            decide: ({ index }) => index === cut ? "crash after" : undefined
          })
          const whole = Exit.isSuccess(yield* Effect.exit(copy(store, faulty.store, "old")))
          if (to.has(ObjectKey.marker)) assert.strictEqual(keysIn(to).length, 1, `cut at ${cut}`)
          yield* copy(store, ObjectStoreMemory.make(to), "old")
          const there = [...to.keys()].filter((key) => !key.startsWith("tmp/"))
          assert.strictEqual(there.length, objects.size, `cut at ${cut}`)
          assert.strictEqual(yield* positionOf(to, "old"), 3)
          return whole
        }))
      }
    }))

  it.effect("while the passphrase changes opens with one of now", () =>
    Effect.gen(function*() {
      let during = 0
      for (let at = 0; at < 40; at++) {
        yield* inVirtualTime(Effect.gen(function*() {
          const { objects, store } = yield* source
          const before = new Map(objects)
          yield* change(store)
          const after = new Map(objects)
          const become = (state: ReadonlyMap<string, Uint8Array>) => {
            objects.clear()
            for (const [key, bytes] of state) objects.set(key, bytes)
          }
          become(before)
          let requests = 0
          const changing = <A, E>(request: Effect.Effect<A, E>) =>
            Effect.suspend(() => {
              if (requests++ === at) become(after)
              return request
            })
          const from = ObjectStore.of({
            ...store,
            get: (key, range) => changing(store.get(key, range)),
            list: (prefix, startAfter) => Stream.unwrap(changing(Effect.sync(() => store.list(prefix, startAfter))))
          })
          const to = new Map<string, Uint8Array>()
          const ended = yield* Effect.exit(copy(from, ObjectStoreMemory.make(to), "old"))
          const now = requests > at ? "new" : "old"
          if (Exit.isFailure(ended)) {
            // The passphrase given was none any more before anything was copied.
            assert.isFalse(to.has(ObjectKey.marker), `${at}`)
            return
          }
          if (now === "new") during++
          // A key that was copied before it was removed stays, and is told; what is of now is always there.
          for (const key of keysIn(objects)) if (requests > at + 3) assert.isTrue(to.has(key), `${at}`)
          assert.isAbove(keysIn(to).length, 0, `${at}`)
        }))
      }
      assert.isAbove(during, 5)
    }))

  it.effect("says which removed key still opens it", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* source
      const to = new Map<string, Uint8Array>()
      yield* copy(store, ObjectStoreMemory.make(to), "old")
      const [old = ""] = keysIn(objects)
      yield* change(store)
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      yield* copy(store, ObjectStoreMemory.make(to), "new").pipe(
        Effect.provide(Logger.layer([logger])),
        Effect.provideService(References.MinimumLogLevel, "Warn")
      )
      assert.deepStrictEqual(lines, ["a key that was removed here still opens the copy; remove it there"])
      assert.isTrue(to.has(old))
      assert.strictEqual(keysIn(to).length, 2)
      assert.strictEqual(yield* positionOf(to, "new"), 3)
    })))
})
