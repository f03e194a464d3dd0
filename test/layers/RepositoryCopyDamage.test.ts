/** What a copy makes of what is damaged where it copies from, or turns on the way from there. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as Base from "../../src/domain/repository/Base.ts"
import { openObject, sealObject } from "../../src/domain/repository/Envelope.ts"
import * as Marker from "../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore, ObjectUnreadable } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import type { CopyProgress } from "../../src/services/RepositoryCopy.ts"
import { plain } from "../domain/repository/fixtures.ts"
import { objects as golden } from "../golden/make.ts"
import * as Copying from "../harness/Copying.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

const { copy, moving, rotten, text } = Copying

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

  /** A disk on which an object cannot be read. */
  const torn = (from: ObjectStore["Service"], victim: string) =>
    ObjectStore.of({
      ...from,
      get: (key, range) =>
        key === victim
          ? Effect.fail(new ObjectUnreadable({ key, location: "memory:", reason: "EIO" }))
          : from.get(key, range)
    })

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

  const positionOf = (objects: Copying.Objects) =>
    Effect.flatMap(Repository, ({ head }) => head).pipe(
      Effect.map(({ position }) => position),
      Effect.provide(SeedRepository.inMemory(objects)),
      Effect.scoped
    )

  it.live("is left out if it is a base: a copy that was whole opens as before, and goes on by its log", () =>
    Effect.gen(function*() {
      const { change, flush, from, objects, store, to } = yield* moving()
      yield* copy(from, store)
      yield* change("new.bin")
      yield* flush
      const base = [...objects.keys()].filter((key) => key.startsWith("base/")).toSorted().at(-1)!
      const good = objects.get(base)!
      for (const broken of [rotten(good), Uint8Array.from(good, (byte, at) => at === 5 ? 2 : byte)]) {
        objects.set(base, broken)
        const done = yield* copy(from, store)
        assert.deepStrictEqual([...done.damage].map(([key, { copy }]) => [key, copy]), [[base, "left out"]])
        assert.isFalse(to.has(base))
        assert.strictEqual(yield* positionOf(new Map(to)), ObjectKey.parse(base)?._tag === "Base" ? done.position! : 0)
      }
      objects.set(base, good)
      const done = yield* copy(from, store)
      assert.strictEqual(done.verifiedObjects, objects.size)
      assert.deepStrictEqual(text(to), text(objects))
    }).pipe(Effect.scoped))

  it.live("ends it if the log of the copy goes on by no other base", () =>
    Effect.gen(function*() {
      const { change, flush, from, objects, store, to } = yield* moving()
      yield* copy(from, store)
      // As one that died before the marker.
      const { repository } = Result.getOrThrow(Marker.decode(objects.get(ObjectKey.marker)!))
      to.delete(ObjectKey.marker)
      to.set(`tmp/copy-of-${repository}`, new Uint8Array(1))
      const before = text(to)
      yield* change("new.bin")
      yield* change("newer.bin")
      yield* flush
      const base = [...objects.keys()].filter((key) => key.startsWith("base/")).toSorted().at(-1)!
      // Trimmed: the log begins at the base.
      for (const key of objects.keys()) {
        if (key.startsWith("log/") && key < `log/${base.slice("base/".length)}`) objects.delete(key)
      }
      yield* change("newest.bin")
      const good = objects.get(base)!
      objects.set(base, rotten(good))
      const found = yield* Effect.flip(copy(from, store))
      assert.strictEqual(found._tag, "RepositoryCorrupt")
      assert.include(found.message, "no good base leads on")
      const log = (lines: ReadonlyArray<string>) => lines.filter((line) => /^(log|base)/.test(line))
      assert.deepStrictEqual(log(text(to)), log(before))
      objects.set(base, good)
      yield* copy(from, store)
      assert.isAbove(yield* positionOf(new Map(to)), 3)
    }).pipe(Effect.scoped))

  /** The golden repository: its base has a table of packs. */
  const tabled = () => {
    const objects: Copying.Objects = new Map(golden(plain).map(({ bytes, name }) => [name, bytes]))
    const base = [...objects.keys()].find((key) => key.startsWith("base/"))!
    const state = Result.getOrThrow(Base.decode(Result.getOrThrow(openObject(plain, base, objects.get(base)!))))
    const to: Copying.Objects = new Map()
    const run = (verify = true) => copy(ObjectStoreMemory.make(objects), ObjectStoreMemory.make(to), verify)
    const damage = (done: CopyProgress) => new Map([...done.damage].map(([key, { copy }]) => [key, copy]))
    return { objects, base, state, table: ObjectKey.segment(state.packs.segments[0]!), to, run, damage }
  }

  it.live("is left out if it is a base whose table of packs is not whole in the copy: nothing opens at it", () =>
    Effect.gen(function*() {
      const { base, damage, objects, run, table, to } = tabled()
      const good = objects.get(table)!
      objects.set(table, rotten(good))
      const found = new Map([[base, "left out"], [table, "as it is"]])
      assert.deepStrictEqual(damage(yield* run()), found)
      assert.isFalse(to.has(base))
      // Whatever it compares, and whatever it remembers.
      assert.deepStrictEqual(damage(yield* run(false)), new Map([[base, "left out"]]))
      assert.deepStrictEqual(damage(yield* run()), found)
      assert.isFalse(to.has(base))
      objects.set(table, good)
      assert.strictEqual((yield* Effect.flip(run()))._tag, "CopyDamaged")
      to.delete(table)
      assert.strictEqual((yield* run()).damage.size, 0)
      assert.isTrue(to.has(base))
    }).pipe(Effect.scoped))

  it.live("is left out if it is a base whose table of packs is nowhere", () =>
    Effect.gen(function*() {
      const { base, damage, objects, run, table, to } = tabled()
      objects.delete(table)
      assert.deepStrictEqual(damage(yield* run()), new Map([[base, "left out"]]))
      assert.isFalse(to.has(base))
    }).pipe(Effect.scoped))

  it.live("goes along if nothing opens without it: there is nothing to lose", () =>
    Effect.gen(function*() {
      const { base, damage, objects, run, state, table, to } = tabled()
      for (let position = 1; position <= state.position; position++) objects.delete(ObjectKey.log(position))
      objects.set(table, rotten(objects.get(table)!))
      assert.deepStrictEqual(damage(yield* run()), new Map([[base, "as it is"], [table, "as it is"]]))
      assert.deepStrictEqual(to.get(base), objects.get(base))
      objects.delete(table)
      to.delete(table)
      for (const _ of [1, 2]) assert.deepStrictEqual(damage(yield* run()), new Map([[base, "as it is"]]))
    }).pipe(Effect.scoped))

  it.live("is told beside a stray name that comes after it", () =>
    Effect.gen(function*() {
      const { base, damage, objects, run, table } = tabled()
      objects.delete(table)
      objects.set(`${base}.bak`, Uint8Array.of(1))
      assert.deepStrictEqual(damage(yield* run()), new Map([[base, "left out"]]))
    }).pipe(Effect.scoped))

  it.live("is not what is damaged, if it is a base whose table rotted at the destination alone", () =>
    Effect.gen(function*() {
      const { base, objects, run, table, to } = tabled()
      const good = objects.get(base)!
      objects.delete(base)
      yield* run()
      objects.set(base, good)
      to.set(table, rotten(objects.get(table)!))
      const found = yield* Effect.flip(run())
      assert.strictEqual(found._tag, "CopyDamaged")
      assert.include(found.message, table)
      assert.isFalse(to.has(base))
      to.delete(table)
      assert.strictEqual((yield* run()).damage.size, 0)
      assert.isTrue(to.has(base))
    }).pipe(Effect.scoped))

  it.live("is no damage if a bit of a base, or of its table, turned on the way from the destination", () =>
    Effect.gen(function*() {
      const { base, objects, table, to } = tabled()
      for (const victim of [table, base]) {
        let reads = 0
        const once = FaultyStore.make(ObjectStoreMemory.make(to), {
          decide: ({ key, operation }) => operation === "get" && key === victim && ++reads === 1 ? "flip" : undefined
        })
        assert.strictEqual((yield* copy(ObjectStoreMemory.make(objects), once.store, false)).damage.size, 0)
        assert.isTrue(to.has(base))
        assert.isAbove(reads, 1, victim)
      }
    }).pipe(Effect.scoped))

  it.live("is nobody's damage if an older base names what was collected", () =>
    Effect.gen(function*() {
      const { base, objects, run, state, table, to } = tabled()
      const older = ObjectKey.base(state.position - 1)
      const earlier = Result.getOrThrow(Base.encode({ ...state, position: state.position - 1 }))
      objects.set(older, sealObject(plain, older, new Uint8Array(32), earlier))
      objects.delete(table)
      // The newest does without.
      const bare = Result.getOrThrow(Base.encode({ ...state, packs: { ...state.packs, segments: [] } }))
      objects.set(base, sealObject(plain, base, new Uint8Array(32), bare))
      assert.strictEqual((yield* run()).damage.size, 0)
      assert.isTrue(to.has(older), "nobody opens at it")
      assert.isFalse([...to.keys()].some((key) => key.startsWith("tmp/")))
    }).pipe(Effect.scoped))

  it.live("is not what is damaged, if it is the newest base of the copy that rotted", () =>
    Effect.gen(function*() {
      const { base, objects, run, to } = tabled()
      yield* run()
      to.set(base, rotten(objects.get(base)!))
      const found = yield* Effect.flip(run())
      assert.strictEqual(found._tag, "CopyDamaged")
      assert.include(found.message, base)
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
