/** The bases of a copy: none takes along what opened before, and none that is good is left behind. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as Base from "../../src/domain/repository/Base.ts"
import { openObject, sealObject } from "../../src/domain/repository/Envelope.ts"
import * as Marker from "../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import type { CopyProgress } from "../../src/services/RepositoryCopy.ts"
import { plain } from "../domain/repository/fixtures.ts"
import { objects as golden } from "../golden/make.ts"
import * as Copying from "../harness/Copying.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

const { copy, moving, rotten, text, torn } = Copying

describe("a base", () => {
  const positionOf = (objects: Copying.Objects) =>
    Effect.flatMap(Repository, ({ head }) => head).pipe(
      Effect.map(({ position }) => position),
      Effect.provide(SeedRepository.inMemory(objects)),
      Effect.scoped
    )

  it.live("that is damaged is left out: a copy that was whole opens as before, and goes on by its log", () =>
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

  it.live("that is damaged ends the copy if its log goes on by no other", () =>
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

  it.live("is left out if its table of packs is not whole in the copy: nothing opens at it", () =>
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

  it.live("is left out if its table of packs is nowhere", () =>
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

  it.live("is good if its table was collected after another came since the listing", () =>
    Effect.gen(function*() {
      const { base, objects, state, table, to } = tabled()
      const from = ObjectStoreMemory.make(objects)
      const older = ObjectKey.base(state.position - 1)
      objects.set(
        older,
        sealObject(
          plain,
          older,
          new Uint8Array(32),
          Result.getOrThrow(Base.encode({
            ...state,
            position: state.position - 1
          }))
        )
      )
      const bare = Result.getOrThrow(Base.encode({ ...state, packs: { ...state.packs, segments: [] } }))
      const newer = sealObject(plain, base, new Uint8Array(32), bare)
      objects.delete(base)
      objects.delete(table)
      let listed = false
      const busy = ObjectStore.of({
        ...from,
        list: (prefix, after) =>
          Stream.unwrap(Effect.sync(() => {
            const entries = [...objects].filter(([key]) => key.startsWith(prefix))
              .map(([key, bytes]) => ({ key, size: bytes.length }))
              .toSorted((a, b) => a.key < b.key ? -1 : 1)
            // It came while the listing went on behind it.
            if (prefix === "" && listed) objects.set(base, newer)
            if (prefix === "") listed = true
            return after === undefined ? Stream.fromIterable(entries) : from.list(prefix, after)
          }))
      })
      const done = yield* copy(busy, ObjectStoreMemory.make(to))
      assert.strictEqual(done.damage.size, 0)
      assert.isTrue(to.has(base))
      assert.isTrue(to.has(older))
    }).pipe(Effect.scoped))

  it.live("that is damaged takes no copy along that has a good one, though the source's cannot be read", () =>
    Effect.gen(function*() {
      const { base, objects, run, state, to } = tabled()
      yield* run()
      for (const all of [objects, to]) {
        for (let position = 1; position < state.position; position++) all.delete(ObjectKey.log(position))
      }
      const newest = ObjectKey.base(state.position + 1)
      const text = Result.getOrThrow(Base.encode({ ...state, position: state.position + 1 }))
      objects.set(newest, rotten(sealObject(plain, newest, new Uint8Array(32), text)))
      to.set(`tmp/copy-of-${plain.repository}`, new Uint8Array(1))
      const done = yield* copy(torn(ObjectStoreMemory.make(objects), base), ObjectStoreMemory.make(to))
      assert.deepStrictEqual(
        new Map([...done.damage].map(([key, { copy }]) => [key, copy])),
        new Map([[base, "whole"], [newest, "left out"]])
      )
      assert.isFalse(to.has(newest))
    }).pipe(Effect.scoped))

  it.live("is told beside a stray name that comes after it", () =>
    Effect.gen(function*() {
      const { base, damage, objects, run, table } = tabled()
      objects.delete(table)
      objects.set(`${base}.bak`, Uint8Array.of(1))
      assert.deepStrictEqual(damage(yield* run()), new Map([[base, "left out"]]))
    }).pipe(Effect.scoped))

  it.live("is not what is damaged if its table rotted at the destination alone", () =>
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

  it.live("is no damage if a bit of it, or of its table, turned on the way from the destination", () =>
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

  it.live("that is older, and names what was collected, is nobody's damage", () =>
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

  it.live("that rotted at the destination ends the copy as such", () =>
    Effect.gen(function*() {
      const { base, objects, run, to } = tabled()
      yield* run()
      to.set(base, rotten(objects.get(base)!))
      const found = yield* Effect.flip(run())
      assert.strictEqual(found._tag, "CopyDamaged")
      assert.include(found.message, base)
    }).pipe(Effect.scoped))
})
