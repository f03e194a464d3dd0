/**
 * Readers whose tables and packs go while they read: checkpoints that a pin holds while compaction merges and collection
 * deletes, and replicas whose segments are no more.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Pull, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { hash } from "node:crypto"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { Checkpoint, State } from "../../src/domain/repository/State.ts"
import { isLive } from "../../src/domain/repository/State.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as CheckpointKeepingRepository from "../../src/layers/CheckpointKeepingRepository.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ReaderPinsRepository from "../../src/layers/ReaderPinsRepository.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as SnapshotReaderSegments from "../../src/layers/SnapshotReaderSegments.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { ReaderPins } from "../../src/services/ReaderPins.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SnapshotReader } from "../../src/services/SnapshotReader.ts"
import { noise, prose } from "../domain/repository/fixtures.ts"
import * as LivedHost from "../golden/LivedHost.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"

const folder = "photos"
const hour = 3_600_000
const collect = { maxRewrite: 1 << 30, full: true }

type Files = Readonly<Record<string, Uint8Array | undefined>>

const big = noise(12 * 131_072 + 100, "big")
const first: Files = {
  "a/one": prose(400, "one"),
  "a/two": prose(500, "two"),
  "a/gone": prose(600, "gone"),
  "b/three": prose(700, "three"),
  "b/big": big,
  "c/four": prose(800, "four")
}

/** A host, and how it makes changes, each in a segment of its own. */
const world = Effect.gen(function*() {
  const objects = new Map<string, Uint8Array>()
  const options: LivedHost.Options = {
    objects,
    seed: 1,
    name: "host",
    memory: new Map(),
    passphrase: undefined,
    packSize: 8 << 20
  }
  yield* LivedHost.init(options)
  const host = yield* LivedHost.open({ ...options, seed: 2 })
  yield* LivedHost.say(host, { _tag: "FolderAdded", folder, label: "Photos", indexId: 1n })
  yield* host.keeping.removeSchedule(24 * hour)
  yield* host.keeping.setSchedule({ every: hour, keep: hour })
  const known: LivedHost.Known = new Map()
  const tree = new Map<string, Uint8Array>()
  const write = Effect.fnUntraced(function*(files: Files) {
    const things = Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [name, bytes === undefined ? undefined : { bytes }])
    )
    yield* LivedHost.write({ host, folder, known, segment: true, things })
    for (const [name, bytes] of Object.entries(files)) {
      if (bytes === undefined) tree.delete(name)
      else tree.set(name, bytes)
    }
  })
  /** Everything is said again, so that nothing of before is left in the folder's view once it is merged. */
  const churn = Effect.fnUntraced(function*(round: number) {
    for (let at = 0; at < 4; at++) {
      yield* write(Object.fromEntries(
        [...tree.keys()].map((name) => [name, name === "b/big" ? big : prose(900, `${name} ${round} ${at}`)])
      ))
    }
    assert.isNotEmpty(yield* host.compactor.round)
  })
  return { objects, options, host, known, tree, write, churn }
})

type World = Effect.Success<typeof world>

/** The store of that ground, and the keys that are read of it. */
const counting = (ground: ReturnType<typeof LivedHost.ground>) => {
  const gets: Array<string> = []
  const counted = Layer.effect(
    ObjectStore,
    Effect.map(ObjectStore, (store) =>
      ObjectStore.of({
        ...store,
        get: (key, range, into) => {
          gets.push(key)
          return store.get(key, range, into)
        }
      }))
  ).pipe(Layer.provide(ground))
  return { counted, gets }
}

/** Another process, and what it asks of the store. */
const reader = Effect.fnUntraced(function*({ objects, options }: World, seed: number) {
  const ground = LivedHost.ground({ ...options, seed, memory: new Map() })
  const { counted, gets } = counting(ground)
  const context = yield* Layer.build(
    Layer.mergeAll(
      SnapshotReaderSegments.layer,
      ReaderPinsRepository.layer.pipe(Layer.provide(CheckpointKeepingRepository.layer))
    ).pipe(
      Layer.provideMerge(BlockReaderPacks.layer),
      Layer.provideMerge(RepositoryLog.layerAs(`reader ${seed}`)),
      Layer.provide(LogObjectsSealed.layer),
      Layer.provide(counted),
      Layer.provide(ground),
      Layer.fresh
    )
  )
  const snapshots = Context.get(context, SnapshotReader)
  return {
    gets,
    objects,
    snapshots,
    hold: Context.get(context, ReaderPins).hold,
    repository: Context.get(context, Repository)
  }
})

type Reader = Effect.Success<ReturnType<typeof reader>>

const namesIn = (directory: string) => Object.keys(first).filter((name) => name.startsWith(`${directory}/`))

/** The directory is what it was when the checkpoint was made, byte for byte. */
const reads = Effect.fnUntraced(function*({ snapshots }: Reader, checkpoint: Checkpoint, directory: string) {
  const entries = yield* snapshots.list(checkpoint, directory)
  assert.deepStrictEqual(entries.map(({ record }) => record.name), namesIn(directory).toSorted())
  for (const name of namesIn(directory)) {
    const entry = yield* snapshots.stat(checkpoint, name)
    const bytes = Buffer.concat(yield* Stream.runCollect(snapshots.content(entry, 0, Infinity)))
    assert.isTrue(bytes.equals(Buffer.from(first[name]!)), name)
  }
})

/** Two checkpoints later, and merged, the first one's time has come; whatever nothing needs is deleted. */
const hoursLater = Effect.fnUntraced(function*({ churn, host, write }: World) {
  yield* write({ "a/gone": undefined })
  yield* churn(1)
  yield* TestClock.adjust("65 minutes")
  yield* host.checkpoints.round
  yield* churn(2)
  yield* TestClock.adjust("65 minutes")
  yield* host.checkpoints.round
  for (let at = 0; at < 4; at++) {
    yield* TestClock.adjust("65 minutes")
    yield* host.checkpoints.round
    yield* host.collector.run(collect)
  }
})

const checkpointed = Effect.fnUntraced(function*(world: World) {
  // A pack of which little lives, and no record that says so any more.
  yield* world.write({ "b/big": big, "b/dying": noise(24 * 131_072, "dying") })
  yield* world.write({ "b/dying": undefined, "a/one": prose(5, "another one") })
  yield* world.write({ "c/late": prose(10, "late") })
  yield* world.write({ "c/late": undefined })
  assert.isNotEmpty(yield* world.host.compactor.round)
  // The tree is told by several tables.
  for (const [name, bytes] of Object.entries(first)) if (name !== "b/big") yield* world.write({ [name]: bytes })
  const { created: [checkpoint] } = yield* world.host.checkpoints.round
  assert.isAtLeast(checkpoint!.segments.length, 5)
  return checkpoint!
})

const has = (state: State, { id }: Checkpoint) => state.checkpoints.some((other) => other.id === id)

const segmentsLeft = ({ objects }: World, { segments }: Checkpoint) =>
  segments.filter((id) => objects.has(ObjectKey.segment(id))).length

describe("a checkpoint that is read while its tables are merged and its packs rewritten", () => {
  it.effect("is held by the reader's pin, in a listing and a download that go on, and for who begins with an old log", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      const all = yield* world
      const checkpoint = yield* checkpointed(all)
      const [warm, cold] = [yield* reader(all, 31), yield* reader(all, 32)]
      const holding = yield* Scope.make()
      yield* Effect.provideService(warm.hold(checkpoint.id), Scope.Scope, holding)
      yield* TestClock.adjust("11 minutes")
      assert.lengthOf((yield* warm.repository.head).checkpoints[0]!.pins ?? [], 1)
      const old = (yield* cold.repository.head).position

      yield* reads(warm, checkpoint, "a")
      const entry = yield* warm.snapshots.stat(checkpoint, "b/big")
      const download = yield* Scope.make()
      const pull = yield* Stream.toPull(warm.snapshots.content(entry, 0, Infinity)).pipe(
        Effect.provideService(Scope.Scope, download)
      )
      const came: Array<Uint8Array> = [...yield* pull]

      yield* hoursLater(all)
      const state = yield* all.host.repository.refresh
      assert.isTrue(has(state, checkpoint), "nobody takes it away while it is read")
      assert.strictEqual(segmentsLeft(all, checkpoint), checkpoint.segments.length)
      const view = new Set(state.folders.get(folder)!.segments)
      assert.isTrue(checkpoint.segments.every((id) => !view.has(id)), "the folder stands on others by now")
      for (const { pack } of entry.record.runs) {
        assert.isTrue(state.redirects.has(pack) && !all.objects.has(ObjectKey.pack(pack)), "its pack went")
      }

      assert.isBelow(Buffer.concat(came).length, big.length)
      yield* Effect.forever(Effect.map(pull, (some) => came.push(...some))).pipe(
        Pull.catchDone(() => Effect.void)
      )
      yield* Scope.close(download, Exit.void)
      assert.isTrue(Buffer.concat(came).equals(Buffer.from(big)), "the download went on")
      yield* reads(warm, checkpoint, "b")
      yield* reads(warm, checkpoint, "c")

      assert.strictEqual((yield* cold.repository.head).position, old)
      cold.gets.length = 0
      for (const directory of ["a", "b", "c"]) yield* reads(cold, checkpoint, directory)
      for (const id of checkpoint.segments) assert.include(cold.gets, ObjectKey.segment(id))

      // Let go, it goes: and then it is not there, which is no damage.
      yield* Scope.close(holding, Exit.void)
      for (let at = 0; at < 4; at++) {
        yield* TestClock.adjust("65 minutes")
        yield* all.host.checkpoints.round
        yield* all.host.collector.run(collect)
      }
      assert.isFalse(has(yield* all.host.repository.refresh, checkpoint))
      assert.strictEqual(segmentsLeft(all, checkpoint), 0)
      const late = yield* reader(all, 33)
      for (const path of ["a", "b"]) {
        assert.strictEqual((yield* Effect.flip(late.snapshots.list(checkpoint, path)))._tag, "PathNotFound")
      }
    })))

  it.effect("goes if nobody holds it, and is then not found", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      const all = yield* world
      const checkpoint = yield* checkpointed(all)
      const cold = yield* reader(all, 32)
      yield* hoursLater(all)
      assert.isFalse(has(yield* all.host.repository.refresh, checkpoint))
      assert.strictEqual(segmentsLeft(all, checkpoint), 0)
      assert.strictEqual((yield* Effect.flip(cold.snapshots.list(checkpoint, "a")))._tag, "PathNotFound")
      assert.strictEqual((yield* Effect.flip(cold.snapshots.stat(checkpoint, "a/one")))._tag, "PathNotFound")
    })))
})

/** A replica of another process on that disk, and what it asked of the store until it had caught up. */
const replica = Effect.fnUntraced(function*(all: World, disk: MemoryReplicaFile.Disk, seed: number) {
  return yield* Effect.scoped(Effect.gen(function*() {
    const ground = LivedHost.ground({ ...all.options, seed, memory: new Map() })
    const { counted, gets } = counting(ground)
    const repository = RepositoryLog.layerAs(`replica ${seed}`).pipe(
      Layer.provide(LogObjectsSealed.layer),
      Layer.provideMerge(counted),
      Layer.provide(ground)
    )
    const under = yield* Layer.build(BlockReaderPacks.layer.pipe(Layer.provideMerge(repository), Layer.fresh))
    const context = yield* Layer.build(
      ReplicaLmdb.layer.pipe(
        Layer.provide([SegmentReaderRanges.layer, MemoryReplicaFile.layer(disk)]),
        Layer.provide(Layer.succeedContext(under)),
        Layer.fresh
      )
    )
    const replica = Context.get(context, Replica)
    gets.length = 0
    yield* replica.catchUp()
    const asked = [...gets]
    const { records } = replica.recordsAfterUnsafe(folder, 0, { records: 1000, bytes: 1e9 })
    const state = yield* Context.get(under, Repository).head
    const blocks = Context.get(under, BlockReader)
    let found = 0
    for (const bytes of all.tree.values()) {
      for (const block of LivedHost.cut(bytes, 131_072)) {
        const digest = hash("sha256", block, "buffer")
        const pack = replica.findBlockUnsafe(digest)
        if (pack === undefined) continue
        found++
        assert.isTrue(isLive(state, pack), pack)
        assert.isTrue(Buffer.from(yield* blocks.read(pack, digest)).equals(Buffer.from(block)))
      }
    }
    assert.strictEqual(replica.positionUnsafe(), state.position)
    const there = new Map(records.map((record) => [record.name, record]))
    for (const [name, bytes] of all.tree) {
      const record = there.get(name)
      assert.isDefined(record, name)
      const stored = yield* Effect.forEach(
        LivedHost.cut(bytes, 131_072),
        (block, at) => blocks.read(packAt(record.runs, at), hash("sha256", block, "buffer"))
      )
      assert.isTrue(Buffer.concat(stored).equals(Buffer.from(bytes)), name)
    }
    assert.strictEqual(replica.totalsUnsafe(folder).files, all.tree.size)
    return { asked, found, names: records.map(({ name, sequence }) => `${sequence} ${name}`) }
  }))
})

const packAt = (runs: ReadonlyArray<{ readonly pack: string; readonly count: number }>, block: number): string => {
  let left = block
  for (const { count, pack } of runs) {
    if (left < count) return pack
    left -= count
  }
  return assert.fail("a record has too few blocks")
}

/** Deletes, merges and rewrites until nothing of before is left but the trees. */
const worn = Effect.fnUntraced(function*(all: World, round: number) {
  yield* all.churn(round)
  for (let at = 0; at < 3; at++) {
    yield* all.host.collector.run(collect)
    yield* TestClock.adjust("2 hours")
  }
  yield* LivedHost.flush(all.host)
})

describe("a replica whose segments were merged and deleted", () => {
  const segments = ({ objects }: World) => [...objects.keys()].filter((key) => key.startsWith(ObjectKey.segmentPrefix))

  it.effect("is built anew from what they became, with packs that were rewritten", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      const all = yield* world
      yield* checkpointed(all)
      yield* all.write({ "a/gone": undefined })
      yield* worn(all, 1)
      const { found, names } = yield* replica(all, MemoryReplicaFile.make(), 41)
      const state = yield* all.host.repository.head
      assert.isNotEmpty(state.redirects)
      assert.isTrue(names.some((name) => name.endsWith("b/big")))
      const blocks = [...all.tree.values()].flatMap((bytes) => LivedHost.cut(bytes, 131_072))
      assert.strictEqual(found, blocks.length, "what was moved is known, and is not stored a second time")
    })))

  it.effect("is opened warm: it follows the log if that has all, and is built anew where a segment of it is gone", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      const all = yield* world
      yield* checkpointed(all)
      const [followed, behind, cold] = [
        MemoryReplicaFile.make(),
        MemoryReplicaFile.make(),
        MemoryReplicaFile.make()
      ]
      const before = segments(all)
      for (const disk of [followed, behind]) yield* replica(all, disk, 51)
      // Nothing new but merges: what it was built from goes, and it needs none of it.
      yield* all.host.keeping.remove((yield* all.host.repository.head).checkpoints.map(({ id }) => id))
      yield* all.host.compactor.round
      for (let at = 0; at < 3; at++) {
        yield* all.host.collector.run(collect)
        yield* TestClock.adjust("2 hours")
      }
      assert.isEmpty(before.filter((key) => all.objects.has(key)))
      const warm = yield* replica(all, followed, 52)
      assert.isEmpty(warm.asked.filter((key) => key.startsWith(ObjectKey.segmentPrefix)), "no table was read")
      // Changes whose own segments are gone before it looks.
      yield* worn(all, 2)
      const built = yield* replica(all, cold, 53)
      for (const [disk, seed] of [[behind, 54], [followed, 55]] as const) {
        const again = yield* replica(all, disk, seed)
        assert.deepStrictEqual(again.names, built.names)
        const [table] = (yield* all.host.repository.head).folders.get(folder)!.segments
        assert.include(again.asked, ObjectKey.segment(table!), "built anew")
      }
      // And whose log was trimmed besides.
      yield* worn(all, 3)
      yield* TestClock.adjust("8 days")
      yield* worn(all, 4)
      assert.isAbove((yield* all.host.trimmer.round).entries, 10)
      const last = yield* replica(all, MemoryReplicaFile.make(), 56)
      assert.deepStrictEqual((yield* replica(all, followed, 57)).names, last.names)
    })))
})
