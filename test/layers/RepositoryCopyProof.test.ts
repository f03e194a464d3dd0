/** What a copy takes the destination for: nothing that it has not seen. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Runtime from "effect/Runtime"
import * as Parts from "../../src/domain/Parts.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as Copying from "../harness/Copying.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as S3Store from "../harness/S3Store.ts"

const { copy, moving, rotten, seeded, spoiling, text } = Copying

describe("a copy to a store that does not create only if absent", () => {
  it.live("is refused before anything is there, and leaves nothing", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      const source = ObjectStoreMemory.make(objects)
      const [ignoring, refusing] = [yield* S3Store.conditional("ignored"), yield* S3Store.conditional("refused")]
      const ignored = yield* Effect.flip(copy(source, ignoring.store))
      assert.strictEqual(ignored._tag, "StoreRefused")
      assert.match(ignored.message, /^copy refused at s3:\/\/bucket\/p: it overwrites objects.*Backblaze B2/)
      assert.strictEqual(ignoring.double.objects("bucket").size, 0)
      const refused = yield* Effect.flip(copy(source, refusing.store))
      assert.strictEqual(refused._tag, "StoreRefused")
      assert.match(refused.message, /501 NotImplemented.*If-None-Match/)
      assert.strictEqual(refusing.double.objects("bucket").size, 0)
    }).pipe(Effect.scoped))

  it.live("is refused too where one was begun, and one that was whole", () =>
    Effect.gen(function*() {
      const { change, objects } = yield* seeded()
      const source = ObjectStoreMemory.make(objects)
      const { double, store } = yield* S3Store.conditional("honoured")
      const dying = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "put" && key.startsWith("log/") ? "crash before" : undefined
      })
      yield* Effect.exit(copy(source, dying.store))
      const names = () => [...double.objects("bucket").keys()].toSorted()
      const begun = names()
      assert.isTrue(begun.some((key) => key.startsWith("p/pack/")))
      double.conditional = "ignored"
      assert.strictEqual((yield* Effect.flip(copy(source, store)))._tag, "StoreRefused")
      assert.deepStrictEqual(names(), begun)
      double.conditional = "honoured"
      yield* copy(source, store)
      const whole = names()
      assert.include(whole, `p/${ObjectKey.marker}`)
      assert.isUndefined(whole.find((key) => key.includes("tmp/")), "nothing of a proof is left")
      yield* change("new.bin")
      double.conditional = "ignored"
      assert.strictEqual((yield* Effect.flip(copy(source, store)))._tag, "StoreRefused")
      assert.deepStrictEqual(names(), whole)
    }).pipe(Effect.scoped))

  it.live("goes on where the proof cannot be taken away", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      const to: Copying.Objects = new Map()
      const store = ObjectStoreMemory.make(to)
      const keeping = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "remove" && key.startsWith("tmp/probe-") ? "fail" : undefined
      })
      yield* copy(ObjectStoreMemory.make(objects), keeping.store)
      assert.deepStrictEqual(text(to), text(objects))
      assert.lengthOf([...to.keys()].filter((key) => key.startsWith("tmp/")), 2)
    }).pipe(Effect.scoped))
})

describe("what a copy calls verified", () => {
  it.live("what it wrote and reads back as something else is taken away again", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const damaged = yield* Effect.flip(copy(from, spoiling(store, pack, rotten)))
      assert.strictEqual(damaged._tag, "CopyDamaged")
      assert.match(damaged.message, new RegExp(`^${pack} reads back .* and was removed again; `))
      assert.isFalse(to.has(pack))
      const done = yield* copy(from, store)
      assert.deepStrictEqual(text(to), text(objects))
      assert.strictEqual(done.verifiedObjects, objects.size)
    }).pipe(Effect.scoped))

  it.live("what cannot be taken away is named, with what to do", () =>
    Effect.gen(function*() {
      const { from, pack, store, to } = yield* moving()
      const keeping = FaultyStore.make(spoiling(store, pack, rotten), {
        decide: ({ key, operation }) => operation === "remove" && key === pack ? "fail" : undefined
      })
      const damaged = yield* Effect.flip(copy(from, keeping.store))
      assert.strictEqual(damaged._tag, "CopyDamaged")
      assert.match(
        damaged.message,
        new RegExp(`^${pack} at .* is not what .* remove that object there and run this again`)
      )
      assert.isTrue(to.has(pack))
      assert.isFalse(to.has(ObjectKey.marker))
    }).pipe(Effect.scoped))

  it.live("what was there before is never taken away, whatever it is", () =>
    Effect.gen(function*() {
      const { from, pack, store, to } = yield* moving()
      const hidden = ObjectStore.of({
        ...store,
        // Another copy to the same place put it after the listing.
        put: (key, body) =>
          Effect.suspend(() => {
            if (key === pack) to.set(key, rotten(Parts.concatenate(body)))
            return store.put(key, body)
          })
      })
      assert.strictEqual((yield* Effect.flip(copy(from, hidden, false)))._tag, "CopyDamaged")
      assert.isTrue(to.has(pack))
    }).pipe(Effect.scoped))

  it.live("what an unfinished copy left there is read, and what is wrong ends it before the marker", () =>
    Effect.gen(function*() {
      const { die, from, objects, pack, store, to } = yield* moving()
      yield* die(rotten)
      const before = text(to)
      for (const _ of [1, 2]) {
        const found = yield* Effect.flip(copy(from, store))
        assert.strictEqual(found._tag, "CopyDamaged")
        assert.strictEqual(Runtime.getErrorExitCode(found), 14)
        assert.match(
          found.message,
          new RegExp(`^${pack} at .* is not what .*fsck --check full.* remove that object there`)
        )
        assert.deepStrictEqual(text(to), before, "neither went anything nor came anything")
      }
      to.delete(pack)
      const done = yield* copy(from, store)
      assert.deepStrictEqual(text(to), text(objects))
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.strictEqual(done.verifiedBytes, done.bytes)
    }).pipe(Effect.scoped))

  it.live("whatever is rotten, or only a part, is named, and is no stranger's", () =>
    Effect.gen(function*() {
      for (const spoil of [rotten, (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1)]) {
        for (const victim of ["pack", "log", "marker"] as const) {
          const { die, from, objects, packs, store, to } = yield* moving()
          const last = [...objects.keys()].filter((key) => key.startsWith("log/")).toSorted().at(-1)!
          const key = victim === "pack" ? packs[0]! : victim === "log" ? last : ObjectKey.marker
          yield* die(spoil, key)
          const found = yield* Effect.flip(copy(from, store))
          assert.strictEqual(found._tag, "CopyDamaged", `${victim}: ${found.message}`)
          assert.isTrue(found.message.startsWith(`${key} at `), found.message)
          to.delete(key)
          assert.strictEqual((yield* copy(from, store)).verifiedObjects, objects.size)
          assert.deepStrictEqual(text(to), text(objects))
        }
      }
    }).pipe(Effect.scoped))

  it.live("another repository's is never called damaged: nobody is to remove anything of it", () =>
    Effect.gen(function*() {
      const { die, from, store, to } = yield* moving()
      yield* die((bytes) => bytes)
      const note = [...to].find(([key]) => key.startsWith("tmp/copy-of-"))!
      const stranger = yield* seeded()
      to.clear()
      for (const [key, bytes] of [...stranger.objects, note]) to.set(key, bytes)
      assert.strictEqual((yield* Effect.flip(copy(from, store)))._tag, "LocationNotEmpty")
    }).pipe(Effect.scoped))

  it.live("what goes away while it is read back is no reason to doubt the rest", () =>
    Effect.gen(function*() {
      const { die, from, objects, store, to } = yield* moving()
      objects.set(ObjectKey.pack(`3-${"ab".repeat(16)}`), Uint8Array.of(1, 2, 3))
      const stray = ObjectKey.pack(`3-${"ab".repeat(16)}`)
      yield* die((bytes) => bytes, ObjectKey.marker)
      to.delete(ObjectKey.marker)
      assert.isTrue(to.has(stray))
      const busy = ObjectStore.of({
        ...from,
        get: (key, range) =>
          Effect.suspend(() => {
            if (key === stray) objects.delete(stray)
            return from.get(key, range)
          })
      })
      const done = yield* copy(busy, store)
      assert.strictEqual(done.verifiedObjects, done.objects)
      assert.strictEqual(done.objects, objects.size)
    }).pipe(Effect.scoped))

  it.live("an unfinished copy is read from its beginning, and told as it goes; not if nothing is verified", () =>
    Effect.gen(function*() {
      const { die, from, objects, pack, read, to, watched } = yield* moving()
      yield* die((bytes) => bytes)
      const left = [...to.keys()].filter((key) => !key.startsWith("tmp/"))
      const trusting = new Map(to)
      const steps = yield* Copying.steps(from, watched)
      for (const key of objects.keys()) assert.isTrue(read.has(key), key)
      const [first] = steps
      const last = steps.at(-1)!
      assert.strictEqual(first!.unprovedObjects, left.length)
      assert.strictEqual(first!.objects, left.length)
      assert.strictEqual(last.unprovedObjects, 0)
      assert.strictEqual(last.unprovedBytes, 0)
      assert.strictEqual(last.verifiedObjects, objects.size)
      assert.strictEqual(last.copiedObjects, objects.size - left.length)

      trusting.set(pack, rotten(trusting.get(pack)!))
      const done = yield* copy(from, ObjectStoreMemory.make(trusting), false)
      assert.strictEqual(done.verifiedObjects, 0)
      assert.strictEqual(done.objects, objects.size)
    }).pipe(Effect.scoped))

  it.live("of a whole copy only what is new is read, unless the last run did not come to its end", () =>
    Effect.gen(function*() {
      const { change, from, objects, packs, read, store, to, watched } = yield* moving()
      yield* copy(from, store)
      yield* change("new.bin")
      const fresh = yield* copy(from, watched)
      assert.isFalse(packs.some((key) => read.has(key)))
      assert.isAbove(fresh.copiedObjects, 0)
      assert.strictEqual(fresh.verifiedObjects, fresh.copiedObjects)
      assert.isBelow(fresh.verifiedObjects, fresh.objects)

      yield* change("newer.bin")
      const known = new Set(to.keys())
      const newest = [...objects.keys()].find((key) => key.startsWith("pack/") && !known.has(key))!
      const cut = FaultyStore.make(spoiling(store, newest, rotten), {
        decide: ({ key, operation }) => operation === "put" && key === newest ? "crash after" : undefined
      })
      yield* Effect.exit(copy(from, cut.store))
      const found = yield* Effect.flip(copy(from, watched))
      assert.strictEqual(found._tag, "CopyDamaged")
      assert.include(found.message, newest)
      to.delete(newest)
      const done = yield* copy(from, watched)
      assert.strictEqual(done.verifiedObjects, done.objects)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))

  it.live("one bit that turns on the way is no damage", () =>
    Effect.gen(function*() {
      const { die, from, objects, store, to } = yield* moving()
      yield* die((bytes) => bytes)
      const flipped = new Set<string>()
      const once = FaultyStore.make(store, {
        decide: ({ key, operation }) => {
          if (
            operation !== "get" || key.startsWith("tmp/") || key.startsWith("log/") || flipped.has(key)
          ) return undefined
          if (key === ObjectKey.marker) return undefined
          flipped.add(key)
          return "flip"
        }
      })
      const done = yield* copy(from, once.store)
      assert.isAbove(flipped.size, 2)
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))
})
