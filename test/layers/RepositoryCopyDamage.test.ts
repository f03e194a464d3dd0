/** What a copy makes of what is damaged where it copies from, or turns on the way from there. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as Marker from "../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as Copying from "../harness/Copying.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"

const { copy, moving, rotten, text, torn } = Copying

describe("what a copy reads here", () => {
  const firsts = (objects: Copying.Objects) =>
    ["pack/", "segment/"].flatMap((prefix) => [...objects.keys()].find((key) => key.startsWith(prefix)) ?? [])

  it.live("is read again if it does not prove itself: what turned on the way is not copied", () =>
    Effect.gen(function*() {
      for (const verify of [true, false]) {
        const { objects } = yield* moving()
        const to: Copying.Objects = new Map()
        const flipped = new Set<string>()
        const once = FaultyStore.make(ObjectStoreMemory.make(objects), {
          decide: ({ key, operation }) => {
            // What the log says is read before the copy begins, by others.
            if (operation !== "get" || !/^(pack|segment|base)/.test(key) || flipped.has(key)) return undefined
            flipped.add(key)
            return "flip"
          }
        })
        const done = yield* copy(once.store, ObjectStoreMemory.make(to), verify)
        assert.isAbove(flipped.size, 2)
        assert.strictEqual(done.damage.size, 0)
        assert.deepStrictEqual(text(to), text(objects))
      }
    }).pipe(Effect.scoped))

  it.live("is copied as it is if it is damaged here, told, and not called verified", () =>
    Effect.gen(function*() {
      const { from, objects, store, to } = yield* moving()
      const damaged = firsts(objects)
      for (const key of damaged) objects.set(key, rotten(objects.get(key)!))
      const done = yield* copy(from, store)
      assert.deepStrictEqual([...done.damage.keys()].toSorted(), damaged.toSorted())
      for (const each of done.damage.values()) assert.strictEqual(each.copy, "as it is")
      assert.strictEqual(done.objects, objects.size)
      assert.strictEqual(done.verifiedObjects, objects.size - damaged.length)
      assert.deepStrictEqual(text(to), text(objects))
      const again = yield* copy(from, store)
      assert.strictEqual(again.copiedObjects, 0)
      assert.deepStrictEqual([...again.damage.keys()].toSorted(), damaged.toSorted(), "it is told as long as it is so")
      assert.strictEqual(again.verifiedObjects, objects.size - damaged.length)
    }).pipe(Effect.scoped))

  it.live("is compared again once it was mended, until the copy has the good one too", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const good = objects.get(pack)!
      objects.set(pack, rotten(good))
      yield* copy(from, store)
      objects.set(pack, good)
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "CopyDamaged")
      assert.include(found.message, pack)
      to.delete(pack)
      const done = yield* copy(from, store)
      assert.strictEqual(done.damage.size, 0)
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.deepStrictEqual([...to.keys()].filter((key) => key.startsWith("tmp/")), [])
    }).pipe(Effect.scoped))

  it.live("is damaged, and not newer, if only its header says another format", () =>
    Effect.gen(function*() {
      const { from, objects, store } = yield* moving()
      const damaged = firsts(objects)
      for (const key of damaged) {
        const bytes = Uint8Array.from(objects.get(key)!)
        bytes[5] = 2
        objects.set(key, bytes)
      }
      const done = yield* copy(from, store)
      assert.deepStrictEqual([...done.damage.keys()].toSorted(), damaged.toSorted())
      for (const { reason } of done.damage.values()) assert.strictEqual(reason, "its header is damaged")
    }).pipe(Effect.scoped))

  it.live("is left out if the disk cannot read it, and the rest is copied", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const done = yield* copy(torn(from, pack), store)
      assert.deepStrictEqual([...done.damage.keys()], [pack])
      assert.include(done.damage.get(pack)!.reason, "EIO")
      assert.strictEqual(done.damage.get(pack)!.copy, "left out")
      assert.isFalse(to.has(pack))
      assert.strictEqual(done.verifiedObjects, objects.size - 1)
      assert.strictEqual((yield* copy(torn(from, pack), store)).damage.size, 1)
      const mended = yield* copy(from, store)
      assert.strictEqual(mended.damage.size, 0)
      assert.strictEqual(mended.verifiedObjects, objects.size)
      assert.deepStrictEqual(text(to), text(objects))
      // By now it cannot be compared: that is told too.
      const { repository } = Result.getOrThrow(Marker.decode(objects.get(ObjectKey.marker)!))
      to.set(`tmp/copy-of-${repository}`, new Uint8Array(1))
      const later = yield* copy(torn(from, pack), store)
      assert.deepStrictEqual([...later.damage].map(([key, { copy }]) => [key, copy]), [[pack, "whole"]])
      assert.strictEqual(later.verifiedObjects, objects.size - 1)
    }).pipe(Effect.scoped))

  /** Each time another bit of the object turned on the way. */
  const restless = (from: ObjectStore["Service"], victim: string) => {
    let reads = 0
    return ObjectStore.of({
      ...from,
      get: (key, range) =>
        Effect.map(from.get(key, range), (bytes) => {
          if (key !== victim) return bytes
          const other = Uint8Array.from(bytes)
          other[reads++ % bytes.length]! ^= 1
          return other
        })
    })
  }

  it.live("is left out if it reads as something else each time: the source may be good", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const done = yield* copy(restless(from, pack), store)
      assert.deepStrictEqual([...done.damage].map(([key, { copy }]) => [key, copy]), [[pack, "left out"]])
      assert.isFalse(to.has(pack))
      assert.strictEqual((yield* copy(from, store)).verifiedObjects, objects.size)
    }).pipe(Effect.scoped))

  it.live("ends it if a log entry reads so, to be gone on with", () =>
    Effect.gen(function*() {
      const { from, objects, store, to } = yield* moving()
      const key = [...objects.keys()].filter((key) => key.startsWith("log/")).toSorted().at(-1)!
      const found = yield* Effect.flip(copy(restless(from, key), store))
      assert.strictEqual(found._tag, "StoreUnavailable")
      assert.include(found.message, key)
      assert.isFalse(to.has(key))
      assert.isFalse(to.has(ObjectKey.marker))
      assert.strictEqual((yield* copy(from, store)).verifiedObjects, objects.size)
    }).pipe(Effect.scoped))

  it.live("is read again if it is the marker: nothing else proves that one", () =>
    Effect.gen(function*() {
      const { from, objects, store, to } = yield* moving()
      let reads = 0
      const once = FaultyStore.make(from, {
        // The first is how the repository is opened.
        decide: ({ key, operation }) =>
          operation === "get" && key === ObjectKey.marker && ++reads === 2 ? "flip" : undefined
      })
      const done = yield* copy(once.store, store)
      assert.isAbove(reads, 2)
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))

  it.live("stays in mind through a run that compares nothing", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store } = yield* moving()
      objects.set(pack, rotten(objects.get(pack)!))
      assert.isFalse((yield* copy(from, store)).uncompared)
      assert.isTrue((yield* copy(from, store, false)).uncompared)
      const done = yield* copy(from, store)
      assert.isFalse(done.uncompared)
      assert.deepStrictEqual([...done.damage.keys()], [pack])
    }).pipe(Effect.scoped))

  it.live("ends the copy if it is a hole in the log, before anything is put behind it", () =>
    Effect.gen(function*() {
      const { change, from, objects, store, to } = yield* moving()
      yield* copy(from, store)
      const before = text(to).filter((line) => line.startsWith("log/"))
      for (const name of ["new.bin", "newer.bin", "newest.bin"]) yield* change(name)
      const entries = [...objects.keys()].filter((key) => key.startsWith("log/")).toSorted()
      const lost = entries.at(-2)!
      objects.delete(lost)
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "RepositoryCorrupt")
      assert.include(found.message, lost)
      assert.deepStrictEqual(text(to).filter((line) => line.startsWith("log/")), before)
    }).pipe(Effect.scoped))

  it.live("is not a hole in the log if a listing shows an entry before the one before it", () =>
    Effect.gen(function*() {
      for (const behind of [true, false]) {
        const { change, from, objects, store, to } = yield* moving()
        if (behind) yield* copy(from, store)
        for (const name of ["new.bin", "newer.bin", "newest.bin"]) yield* change(name)
        const late = [...objects.keys()].filter((key) => key.startsWith("log/")).toSorted().at(-2)!
        let lists = 0
        const scanning = ObjectStore.of({
          ...from,
          list: (prefix, after) =>
            Stream.unwrap(Effect.sync(() => {
              // The second is that of the first round.
              const isLate = prefix === "" && ++lists === 2
              return Stream.filter(from.list(prefix, after), ({ key }) => !isLate || key !== late)
            }))
        })
        const done = yield* copy(scanning, store)
        assert.isAbove(lists, 2)
        assert.strictEqual(done.damage.size, 0)
        assert.deepStrictEqual(text(to), text(objects))
      }
    }).pipe(Effect.scoped))

  it.live("is told too where an earlier run, that did not come to its end, copied it", () =>
    Effect.gen(function*() {
      const { die, from, objects, pack, store, to } = yield* moving()
      objects.set(pack, rotten(objects.get(pack)!))
      yield* die((bytes) => bytes, ObjectKey.marker)
      const done = yield* copy(from, store)
      assert.deepStrictEqual([...done.damage.keys()], [pack])
      assert.strictEqual(done.verifiedObjects, objects.size - 1)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))

  it.live("ends it before anything of the log goes on, if a log entry is damaged", () =>
    Effect.gen(function*() {
      const { from, objects, store, to } = yield* moving()
      const entries = [...objects.keys()].filter((key) => key.startsWith("log/")).toSorted()
      const key = entries.at(-1)!
      objects.set(key, rotten(objects.get(key)!))
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "RepositoryCorrupt")
      assert.include(found.message, key)
      assert.isFalse(to.has(key))
      assert.isFalse(to.has(ObjectKey.marker))
    }).pipe(Effect.scoped))

  it.live("is not judged if a newer program wrote it", () =>
    Effect.gen(function*() {
      const { from, objects, pack, store, to } = yield* moving()
      const newer = Uint8Array.from(objects.get(pack)!)
      newer[5] = 2
      // Nothing of a format to come opens as one of today.
      newer[newer.length - 1]! ^= 1
      objects.set(pack, newer)
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "RepositoryNewer")
      assert.include(found.message, pack)
      assert.isFalse(to.has(pack))
    }).pipe(Effect.scoped))
})
