import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, References, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import * as CheckpointLoop from "../../src/layers/CheckpointLoop.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { CheckpointKeeping } from "../../src/services/CheckpointKeeping.ts"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SnapshotReader } from "../../src/services/SnapshotReader.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

const minute = 60_000
const hour = 60 * minute

class World {
  readonly objects = new Map<string, Uint8Array>()
  readonly requests: Array<string> = []
  down = false

  readonly store = (() => {
    const below = ObjectStoreMemory.make(this.objects)
    const count = <A, E>(request: string, effect: Effect.Effect<A, E>) =>
      Effect.suspend((): Effect.Effect<A, E | StoreUnavailable> => {
        this.requests.push(request)
        if (this.down) return new StoreUnavailable({ operation: "any", key: "", reason: "down" })
        return effect
      })
    return ObjectStore.of({
      ...below,
      put: (key, body) => count(`put ${key}`, below.put(key, body)),
      get: (key, range) => count(`get ${key}`, below.get(key, range)),
      list: (prefix, after) => Stream.unwrap(count(`list ${prefix}`, Effect.succeed(below.list(prefix, after)))),
      now: count("now", below.now)
    })
  })()

  /** Another host's view of the same bucket. */
  readonly host = Layer.build(SeedRepository.over(Layer.succeed(ObjectStore, this.store)))
}

type Host = Context.Context<SeedRepository.Services>

const records = (names: ReadonlyArray<string>, first: number): ReadonlyArray<FileRecord> =>
  names.map((name, i) => ({
    name,
    sequence: first + i,
    info: FileInfo.encode({ name, type: "directory", version: [{ id: 1n, value: BigInt(first + i) }] }),
    runs: []
  }))

/** Commits directories of those names. */
const change = (host: Host, folder: string, ...names: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    yield* Context.get(host, Repository).refresh
    const fence = yield* Context.get(host, Lease).fence
    yield* Context.get(host, Repository).commit((state) =>
      Effect.succeed([
        ...(state.folders.has(folder)
          ? []
          : [{ _tag: "FolderAdded", folder, label: `label of ${folder}`, indexId: 1n } as const]),
        {
          _tag: "FilesChanged",
          folder,
          records: records(names, (state.folders.get(folder)?.sequence ?? 0) + 1)
        } as const
      ]), fence)
  })

const names = (host: Host, id: number) =>
  Effect.gen(function*() {
    const { checkpoints } = yield* Context.get(host, Repository).head
    const checkpoint = checkpoints.find((one) => one.id === id)!
    return (yield* Context.get(host, SnapshotReader).list(checkpoint, "")).map(({ record }) => record.name)
  })

const quiet = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))

describe("CheckpointsRepository", () => {
  it.effect("holds the folder as it is, and stays so", () =>
    quiet(Effect.gen(function*() {
      const host = yield* new World().host
      const { create, list } = Context.get(host, Checkpoints)
      yield* change(host, "f", "a", "b")
      yield* change(host, "f", "c", "a")
      const [one] = yield* create(undefined, "manual")
      yield* change(host, "f", "d")
      const [two] = yield* create(["f"], "schedule")
      assert.deepStrictEqual(yield* names(host, one!.id), ["a", "b", "c"])
      assert.deepStrictEqual(yield* names(host, two!.id), ["a", "b", "c", "d"])
      const all = yield* list
      assert.deepStrictEqual(
        all.map(({ folder, id, label, reason, sequence }) => ({ folder, id, label, reason, sequence })),
        [
          { folder: "f", id: 1, label: "label of f", reason: "manual", sequence: 4 },
          { folder: "f", id: 2, label: "label of f", reason: "schedule", sequence: 5 }
        ]
      )
    })))

  it.effect("costs a segment and a commit; nothing is put for folders that did not change", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const host = yield* world.host
      const { create } = Context.get(host, Checkpoints)
      for (let i = 0; i < 20; i++) yield* change(host, "f", `${i}`)
      yield* change(host, "g", "x")
      world.requests.length = 0
      assert.strictEqual((yield* create(["f"], "manual")).length, 1)
      const puts = world.requests.filter((request) => request.startsWith("put"))
      assert.strictEqual(puts.length, 2)
      assert.match(puts[0]!, /^put segment\//)
      assert.match(puts[1]!, /^put log\//)
      // The store's clock is one more where it has to be asked for.
      const others = world.requests.filter((request) => !request.startsWith("put") && request !== "now")
      assert.isAtMost(others.length, 1, others.join(", "))
      world.requests.length = 0
      assert.deepStrictEqual(yield* create(["f"], "manual"), [])
      assert.deepStrictEqual(world.requests, [])
    })))

  it.effect("a folder whose records lie in segments needs no term", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const host = yield* world.host
      const repository = Context.get(host, Repository)
      const fence = yield* Context.get(host, Lease).fence
      const segment = yield* repository.putSegment({ table: "files", folder: "f", records: records(["a"], 1) }, fence)
      yield* repository.commit(() =>
        Effect.succeed([
          { _tag: "FolderAdded", folder: "f", label: "", indexId: 1n },
          { _tag: "SegmentAdded", folder: "f", segment }
        ]), fence)
      const other = yield* world.host
      yield* Context.get(other, Checkpoints).create(undefined, "manual")
      const state = yield* Context.get(other, Repository).head
      assert.strictEqual(state.epoch, fence.term)
      assert.strictEqual(state.checkpoints.length, 1)
    })))

  it.effect("takes in what another host committed meanwhile", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const one = yield* world.host
      yield* change(one, "f", "a")
      const two = yield* world.host
      yield* change(one, "f", "b")
      const [made] = yield* Context.get(two, Checkpoints).create(["f"], "manual")
      assert.deepStrictEqual(yield* names(two, made!.id), ["a", "b"])
      yield* change(one, "f", "c")
      const both = yield* Effect.all([
        Context.get(one, Checkpoints).create(["f"], "manual"),
        Context.get(two, Checkpoints).create(["f"], "manual")
      ], { concurrency: 2 }).pipe(Effect.catchTag("Fenced", () => Effect.succeed([])))
      assert.isAtMost(both.flat().length, 1)
      assert.deepStrictEqual(
        (yield* Context.get(one, Repository).refresh).checkpoints.filter(({ sequence }) => sequence === 3).length,
        1
      )
    })))

  it.effect("knows folders by id and by label, and names those there are", () =>
    quiet(Effect.gen(function*() {
      const host = yield* new World().host
      const { create } = Context.get(host, Checkpoints)
      const none = yield* Effect.flip(create(["f"], "manual"))
      assert.include(none.message, "no folders yet")
      yield* change(host, "f", "a")
      assert.strictEqual((yield* create(["label of f"], "manual"))[0]?.folder, "f")
      const error = yield* Effect.flip(create(["g"], "manual"))
      assert.strictEqual(error._tag, "FolderUnknown")
      assert.include(error.message, "label of f (f)")
    })))

  it.effect(
    "keeps the schedule: hourly for a day, daily for a week, counted from when they were superseded",
    () =>
      quiet(Effect.gen(function*() {
        const host = yield* new World().host
        const { round } = Context.get(host, Checkpoints)
        let made = 0
        let gone = 0
        for (let step = 0; step < 12 * 24 * 6; step++) {
          if (step < 12 * 24 * 5) yield* change(host, "f", `${step % 7}`)
          const { created, expired } = yield* round
          made += created.length
          gone += expired.length
          yield* TestClock.adjust(10 * minute)
        }
        const { checkpoints } = yield* Context.get(host, Repository).head
        assert.strictEqual(made - gone, checkpoints.length)
        assert.isAtLeast(made, 5 * 24)
        assert.isAtMost(checkpoints.length, 40)
        // Ten days of quiet later: the last states of the busy time are still there, the newest two whatever happens.
        for (let day = 0; day < 10; day++) {
          yield* TestClock.adjust(24 * hour)
          yield* round
          yield* TestClock.adjust(2 * hour)
          yield* round
        }
        const left = (yield* Context.get(host, Repository).head).checkpoints
        assert.isAtMost(left.length, 3)
        assert.strictEqual(left.at(-1)?.id, checkpoints.at(-1)?.id)
      })),
    60_000
  )

  it.effect("after a week of sleep one checkpoint is made, and what served meanwhile goes an hour later", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const host = yield* world.host
      for (let i = 0; i < 30; i++) {
        yield* change(host, "f", `${i}`)
        if (i % 2 === 0) yield* change(host, "g", `${i}`)
        yield* Context.get(host, Checkpoints).round
        yield* TestClock.adjust(hour)
      }
      yield* change(host, "f", "late")
      const before = (yield* Context.get(host, Repository).head).checkpoints
      yield* TestClock.adjust(7 * 24 * hour)
      // Whoever wakes up knows nothing of what was found due before.
      const awake = yield* world.host
      const { round } = Context.get(awake, Checkpoints)
      const first = yield* round
      assert.deepStrictEqual(first.created.map(({ folder }) => folder), ["f"])
      assert.deepStrictEqual(first.expired, [])
      assert.lengthOf((yield* Context.get(awake, Repository).head).checkpoints, before.length + 1)
      for (let minutes = 5; minutes < 60; minutes += 5) {
        yield* TestClock.adjust(5 * minute)
        assert.deepStrictEqual(yield* round, { created: [], expired: [] })
      }
      yield* TestClock.adjust(5 * minute)
      const second = yield* round
      assert.deepStrictEqual(second.created, [])
      assert.isAbove(second.expired.length, 30)
      const left = (yield* Context.get(awake, Repository).head).checkpoints
      for (const folder of ["f", "g"]) assert.isAtLeast(left.filter((one) => one.folder === folder).length, 2)
    })))

  it.effect("keeps by the schedules of the repository, whoever set them", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const host = yield* world.host
      const { round } = Context.get(host, Checkpoints)
      const other = yield* world.host
      const keeping = Context.get(other, CheckpointKeeping)
      yield* keeping.setSchedule({ every: 10 * minute, keep: hour })
      yield* keeping.removeSchedule(hour)
      yield* keeping.removeSchedule(24 * hour)
      let made = 0
      for (let i = 0; i < 18; i++) {
        yield* change(host, "f", `${i}`)
        made += (yield* round).created.length
        yield* TestClock.adjust(10 * minute)
      }
      assert.strictEqual(made, 18)
      // Kept an hour after they were superseded, and an hour longer as found due.
      const ids = Effect.map(Context.get(host, Repository).head, (state) => state.checkpoints.map(({ id }) => id))
      assert.deepStrictEqual(yield* ids, [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
      yield* keeping.setSchedule({ every: 10 * minute, keep: 400 * hour })
      yield* Context.get(host, Repository).refresh
      yield* TestClock.adjust(100 * hour)
      yield* round
      yield* TestClock.adjust(2 * hour)
      yield* round
      assert.deepStrictEqual(yield* ids, [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
      yield* keeping.removeSchedule(10 * minute)
      yield* Context.get(host, Repository).refresh
      yield* change(host, "f", "never checkpointed")
      assert.deepStrictEqual(yield* round, { created: [], expired: [] })
      yield* TestClock.adjust(hour)
      const { created, expired } = yield* round
      assert.deepStrictEqual(created, [])
      assert.deepStrictEqual(expired.map(({ id }) => id), [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    })))

  it.effect("a round is one moment: one commit for all folders that changed", () =>
    quiet(Effect.gen(function*() {
      const host = yield* new World().host
      const { round } = Context.get(host, Checkpoints)
      for (const folder of ["f", "g", "quiet"]) yield* change(host, folder, "x")
      yield* round
      yield* TestClock.adjust(30 * minute)
      yield* change(host, "f", "y")
      assert.deepStrictEqual((yield* round).created, [])
      yield* TestClock.adjust(30 * minute)
      yield* change(host, "g", "y")
      const { created } = yield* round
      assert.deepStrictEqual(created.map(({ folder }) => folder), ["f", "g"])
      assert.strictEqual(new Set(created.map(({ position }) => position)).size, 1)
      assert.deepStrictEqual(created.map(({ counts }) => counts), [
        { files: 0, directories: 2, bytes: 0 },
        { files: 0, directories: 2, bytes: 0 }
      ])
    })))

  it.effect("asks the store for nothing while nothing is due", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const host = yield* world.host
      const { round } = Context.get(host, Checkpoints)
      for (const folder of ["a", "b", "c", "d"]) yield* change(host, folder, "x")
      yield* round
      world.requests.length = 0
      for (let i = 0; i < 12 * 24; i++) {
        yield* TestClock.adjust(5 * minute)
        yield* round
      }
      assert.isAtMost(world.requests.length, 5)
    })))

  it.effect("puts nothing for a checkpoint that another host has made", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const late = yield* world.host
      const quick = yield* world.host
      yield* change(late, "f", "x")
      yield* Context.get(quick, Repository).refresh
      assert.lengthOf((yield* Context.get(quick, Checkpoints).round).created, 1)
      world.requests.length = 0
      assert.lengthOf((yield* Context.get(late, Checkpoints).round).created, 0)
      assert.deepStrictEqual(world.requests.filter((request) => request.startsWith("put")), [])
    })))

  it.effect("no local clock expires anything", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const host = yield* world.host
      const { round } = Context.get(host, Checkpoints)
      for (let i = 0; i < 30; i++) {
        yield* change(host, "f", `${i}`)
        yield* round
        yield* TestClock.adjust(hour)
      }
      const before = (yield* Context.get(host, Repository).head).checkpoints.length
      // This host's clock runs on, the store's does not.
      const stuck = yield* world.store.now
      const wrong = yield* Layer.build(
        SeedRepository.over(Layer.succeed(ObjectStore, { ...world.store, now: Effect.succeed(stuck) }))
      )
      for (let i = 0; i < 100; i++) {
        yield* TestClock.adjust(hour)
        assert.deepStrictEqual((yield* Context.get(wrong, Checkpoints).round).expired, [])
      }
      assert.strictEqual((yield* Context.get(wrong, Repository).head).checkpoints.length, before)
    })))

  it.effect("the loop outlives an outage and makes up for it", () =>
    quiet(Effect.gen(function*() {
      const world = new World()
      const host = yield* world.host
      yield* change(host, "f", "a")
      yield* Layer.build(CheckpointLoop.layer.pipe(Layer.provide(Layer.succeedContext(host))))
      yield* TestClock.adjust(minute)
      const made = Effect.map(Context.get(host, Repository).head, (state) => state.checkpoints.length)
      assert.strictEqual(yield* made, 1)
      yield* change(host, "f", "b")
      const until = (yield* Context.get(host, Repository).head).position
      world.down = true
      yield* TestClock.adjust(3 * hour)
      assert.strictEqual((yield* Context.get(host, Repository).head).position, until)
      world.down = false
      yield* TestClock.adjust(10 * minute)
      assert.strictEqual(yield* made, 2)
    })))
})
