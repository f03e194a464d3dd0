import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import type * as Messages from "../../src/domain/bep/Messages.ts"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import * as FaultDeferred from "../../src/layers/FaultDeferred.ts"
import * as FolderSyncReplica from "../../src/layers/FolderSyncReplica.ts"
import * as IdentityRepository from "../../src/layers/IdentityRepository.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import { FolderSync } from "../../src/services/FolderSync.ts"
import { Identity } from "../../src/services/Identity.ts"
import { fenceOf } from "../../src/services/Lease.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as FakeEngine from "../harness/FakeEngine.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

const peer = DeviceId.fromBytes(new Uint8Array(32).fill(7))
const other = DeviceId.fromBytes(new Uint8Array(32).fill(8))

/** Over a repository of its own, or that of a store; `weather` changes what the syncing sees of it. */
const syncing = (
  weather: (repository: Repository["Service"]) => Partial<Repository["Service"]> = () => ({}),
  store?: Layer.Layer<ObjectStore>,
  seed = 1
) =>
  FolderSyncReplica.layer.pipe(
    Layer.provideMerge(Layer.merge(FaultDeferred.layer, ReplicaMemory.layer)),
    Layer.provideMerge(IdentityRepository.layer),
    Layer.provide(Hosts.randomLayer(seed)),
    Layer.provideMerge(
      Layer.effectContext(
        Effect.map(
          Layer.build(store === undefined ? SeedRepository.inMemory() : SeedRepository.over(store)),
          (context) => {
            const repository = Context.get(context, Repository)
            return Context.add(context, Repository, { ...repository, ...weather(repository) })
          }
        )
      )
    )
  )

interface Stated {
  /** What the peer holds of us. */
  readonly ofUs?: { readonly indexId: bigint; readonly maxSequence: number }
  readonly theirs?: bigint
  readonly paused?: boolean
  readonly label?: string
}

const configOf = Effect.fnUntraced(function*(folders: Readonly<Record<string, Stated>>, from = peer) {
  const us = DeviceId.toBytes((yield* Identity).device)
  const device = (id: Uint8Array, indexId: bigint, maxSequence: number) => ({
    id,
    name: "",
    addresses: [],
    compression: 0,
    certName: "",
    maxSequence,
    indexId,
    introducer: false,
    encryptionPasswordToken: new Uint8Array(0)
  })
  const config: Messages.ClusterConfig = {
    _tag: "ClusterConfig",
    secondary: false,
    folders: Object.entries(folders).map(([id, { label, ofUs, paused, theirs }]) => ({
      id,
      label: label ?? id,
      type: 0,
      paused: paused ?? false,
      devices: [
        device(us, ofUs?.indexId ?? 0n, ofUs?.maxSequence ?? 0),
        device(DeviceId.toBytes(from), theirs ?? 5n, 10)
      ]
    }))
  }
  return config
})

const announced = (folder: string, name: string, sequence: number): Messages.IndexUpdate => {
  const decoded = FileInfo.decode(FileInfo.announce(FakeEngine.fileOf(name, new Uint8Array(3)), sequence))
  assert(decoded._tag === "Success")
  return { _tag: "IndexUpdate", folder, files: [decoded.success], lastSequence: sequence, prevSequence: sequence - 1 }
}

/** Two folders, and where each of our indexes stands. */
const started = Effect.gen(function*() {
  const sync = yield* FolderSync
  yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: {}, b: {}, c: {} }))
  const { folders } = yield* (yield* Repository).head
  return { sync, idOf: (folder: string) => folders.get(folder)!.indexId }
})

describe("what a peer's config says", () => {
  it.effect("a peer that is ahead of us in one folder makes every folder begin anew, whatever their order", () =>
    Effect.gen(function*() {
      const { idOf, sync } = yield* started
      // In step, ahead, in step: those before the evidence must not be gone on with under their old ids.
      const shared = yield* sync.clusterConfig(
        peer,
        "1.x",
        yield* configOf({
          a: { ofUs: { indexId: idOf("a"), maxSequence: 0 } },
          b: { ofUs: { indexId: idOf("b"), maxSequence: 9 } },
          c: { ofUs: { indexId: idOf("c"), maxSequence: 0 } }
        })
      )
      const { folders } = yield* (yield* Repository).head
      for (const folder of ["a", "b", "c"]) assert.notStrictEqual(folders.get(folder)!.indexId, idOf(folder), folder)
      assert.deepStrictEqual(shared.map(({ sendAfter }) => sendAfter), [0, 0, 0])
      const { folders: told } = yield* sync.ours(peer)
      assert.deepStrictEqual(
        told.map(({ devices }) => devices[0]!.indexId),
        ["a", "b", "c"].map((folder) => folders.get(folder)!.indexId)
      )
    }).pipe(Effect.provide(syncing())))

  it.effect("a folder in step before a fork is not continued where the old numbering stood", () =>
    Effect.gen(function*() {
      const repository = yield* Repository
      const { idOf, sync } = yield* started
      yield* repository.commit(() =>
        Effect.succeed([{
          _tag: "FilesChanged" as const,
          folder: "a",
          records: [{ name: "x", sequence: 1, info: FakeEngine.fileOf("x", new Uint8Array(0)), runs: [] }]
        }])
      )
      yield* (yield* Replica).catchUp()
      const state = (ahead: number) =>
        configOf({
          a: { ofUs: { indexId: idOf("a"), maxSequence: 1 } },
          b: { ofUs: { indexId: idOf("b"), maxSequence: ahead } }
        })
      const level = yield* sync.clusterConfig(peer, "1.x", yield* state(0))
      assert.deepStrictEqual(level.map(({ sendAfter }) => sendAfter), [1, 0])
      const forked = yield* sync.clusterConfig(peer, "1.x", yield* state(3))
      assert.deepStrictEqual(forked.map(({ sendAfter }) => sendAfter), [0, 0])
    }).pipe(Effect.provide(syncing())))

  it.effect("it is told of no sequence that the replica does not show yet", () =>
    Effect.gen(function*() {
      const repository = yield* Repository
      const { idOf, sync } = yield* started
      yield* repository.commit(() =>
        Effect.succeed([{
          _tag: "FilesChanged" as const,
          folder: "a",
          records: [{ name: "x", sequence: 1, info: FakeEngine.fileOf("x", new Uint8Array(0)), runs: [] }]
        }])
      )
      const stated = Effect.map(sync.ours(peer), ({ folders }) => folders[0]!.devices[0]!.maxSequence)
      assert.strictEqual(yield* stated, 0)
      // What it heard of elsewhere is no news to it.
      const shared = yield* sync.clusterConfig(
        peer,
        "1.x",
        yield* configOf({ a: { ofUs: { indexId: idOf("a"), maxSequence: 1 } } })
      )
      assert.strictEqual(shared[0]!.sendAfter, 1)
      yield* (yield* Replica).catchUp()
      assert.strictEqual(yield* stated, 1)
    }).pipe(Effect.provide(syncing())))

  it.effect("a peer that is ahead of two hosts at once makes every folder begin anew once", () =>
    Effect.gen(function*() {
      const below = ObjectStoreMemory.make(new Map())
      let other: Effect.Effect<unknown> = Effect.void
      let meanwhile = 0
      const store = ObjectStore.of({
        ...below,
        put: (key, body) =>
          Effect.suspend(() => {
            const before = key.startsWith("log/") ? other : Effect.void
            if (before !== Effect.void) meanwhile++
            other = Effect.void
            return Effect.andThen(before, below.put(key, body))
          })
      })
      const first = yield* Layer.build(syncing(undefined, Layer.succeed(ObjectStore, store)))
      const second = yield* Layer.build(syncing(undefined, Layer.succeed(ObjectStore, below), 2))
      const ahead = yield* Effect.gen(function*() {
        const { idOf } = yield* started
        return yield* configOf({ a: {}, b: { ofUs: { indexId: idOf("b"), maxSequence: 9 } }, c: {} })
      }).pipe(Effect.provideContext(first))
      yield* Context.get(second, Repository).refresh
      other = Effect.orDie(Context.get(second, FolderSync).clusterConfig(peer, "1.x", ahead))
      const shared = yield* Context.get(first, FolderSync).clusterConfig(peer, "1.x", ahead)
      assert.strictEqual(meanwhile, 1)
      const { folders } = yield* Context.get(second, Repository).refresh
      assert.deepStrictEqual(shared.map(({ indexId }) => indexId), [...folders.values()].map(({ indexId }) => indexId))
      const commits = yield* Stream.runCollect(Context.get(second, Repository).commitsAfter(0))
      const forks = commits.filter(({ commit }) => commit.ops.some((op) => op._tag === "TimelineForked"))
      assert.strictEqual(forks.length, 1)
    }).pipe(Effect.scoped))

  it.effect("a config without us is a violation, and commits nothing", () =>
    Effect.gen(function*() {
      const repository = yield* Repository
      const { position } = yield* repository.head
      const config = yield* configOf({ a: {} })
      const [folder] = config.folders
      const error = yield* Effect.flip(
        (yield* FolderSync).clusterConfig(peer, "1.x", {
          ...config,
          folders: [{ ...folder!, devices: folder!.devices.slice(1) }]
        })
      )
      assert.strictEqual(error._tag, "PeerViolation")
      assert.strictEqual((yield* repository.head).position, position)
    }).pipe(Effect.provide(syncing())))

  it.effect("a peer that shares what is here already is answered while nothing can be committed", () => {
    let away = false
    const waits = Effect.die("it waits for the store")
    const weather = (repository: Repository["Service"]): Partial<Repository["Service"]> => ({
      commit: (plan, fence) => away ? waits : repository.commit(plan, fence),
      follow: Effect.suspend(() => away ? waits : repository.follow),
      refresh: Effect.suspend(() => away ? waits : repository.refresh),
      commitsAfter: (position) => away ? Stream.fromEffect(waits) : repository.commitsAfter(position)
    })
    return Effect.gen(function*() {
      const { sync } = yield* started
      away = true
      const shared = yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: {}, b: {} }))
      assert.deepStrictEqual(shared.map(({ folder }) => folder), ["a", "b"])
      assert.lengthOf((yield* sync.ours(peer)).folders, 2)
    }).pipe(Effect.provide(syncing(weather)))
  })
})

describe("the rule of conflicts", () => {
  it.effect("is that of 1.x in folders that a device of 1.x shares, there or not, until it is another", () =>
    Effect.gen(function*() {
      const sync = yield* FolderSync
      const says = Effect.fnUntraced(function*(
        from: DeviceId.DeviceId,
        style: "1.x" | "2.x",
        folders: Readonly<Record<string, Stated>>
      ) {
        yield* sync.clusterConfig(from, style, yield* configOf(folders, from))
        return `${sync.styleOf("a")} ${sync.styleOf("b")}`
      })
      assert.strictEqual(yield* says(peer, "2.x", { a: {}, b: {} }), "2.x 2.x")
      assert.strictEqual(yield* says(other, "1.x", { a: {}, c: {} }), "1.x 2.x")
      assert.strictEqual(yield* says(peer, "2.x", { a: {}, b: {} }), "1.x 2.x")
      assert.strictEqual(yield* says(other, "1.x", { a: { paused: true }, b: {} }), "1.x 1.x")
      assert.strictEqual(yield* says(other, "1.x", { b: {} }), "2.x 1.x")
      assert.strictEqual(yield* says(other, "2.x", { a: {}, b: {} }), "2.x 2.x")
    }).pipe(Effect.provide(syncing())))
})

describe("the label of a folder", () => {
  it.effect("follows the device that changes it, and nobody who only calls it otherwise", () =>
    Effect.gen(function*() {
      const sync = yield* FolderSync
      const repository = yield* Repository
      const says = Effect.fnUntraced(function*(from: DeviceId.DeviceId, label: string) {
        yield* sync.clusterConfig(from, "1.x", yield* configOf({ a: { label } }, from))
        const { folders, position } = yield* repository.head
        return { label: folders.get("a")?.label, position }
      })
      assert.strictEqual((yield* says(peer, "")).label, "")
      const first = yield* says(other, "Photos")
      assert.strictEqual(first.label, "Photos")
      assert.deepStrictEqual(yield* says(peer, ""), first)
      assert.deepStrictEqual(yield* says(peer, "Photos"), first)
      assert.strictEqual((yield* says(peer, "Fotos")).label, "Fotos")
      const both = yield* repository.head
      for (let i = 0; i < 3; i++) {
        assert.deepStrictEqual(yield* says(other, "Photos"), { label: "Fotos", position: both.position })
        assert.deepStrictEqual(yield* says(peer, "Fotos"), { label: "Fotos", position: both.position })
      }
      assert.strictEqual((yield* says(other, "Pictures")).label, "Pictures")
    }).pipe(Effect.provide(syncing())))

  it.effect("is not changed by a device that shares it for the first time", () =>
    Effect.gen(function*() {
      const sync = yield* FolderSync
      yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: { label: "Photos" } }))
      yield* sync.clusterConfig(other, "1.x", yield* configOf({ a: { label: "Fotos" } }, other))
      assert.strictEqual((yield* (yield* Repository).head).folders.get("a")?.label, "Photos")
    }).pipe(Effect.provide(syncing())))
})

describe("a folder that an operator removed", () => {
  const remove = (folder: string) =>
    Effect.gen(function*() {
      yield* (yield* Repository).commit(() => Effect.succeed([{ _tag: "FolderRemoved", folder }]))
      yield* (yield* Replica).catchUp()
    })

  it.effect("is not taken up again by sharing it, and nothing is stated or taken in of it", () =>
    Effect.gen(function*() {
      const repository = yield* Repository
      const replica = yield* Replica
      const { sync } = yield* started
      yield* sync.index(peer, announced("a", "x", 1))
      yield* remove("a")
      const { position } = yield* repository.head
      // What was on its way when it was removed leaves no mark.
      yield* sync.index(peer, announced("a", "y", 2))
      assert.isUndefined(replica.markUnsafe(peer, "a"))
      assert.deepStrictEqual((yield* sync.ours(peer)).folders.map(({ id }) => id), ["b", "c"])
      const shared = yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: {}, b: {} }))
      assert.deepStrictEqual(shared.map(({ folder }) => folder), ["b"])
      assert.deepStrictEqual(yield* sync.removed(peer), ["a"])
      assert.isFalse((yield* repository.head).folders.has("a"))
      assert.strictEqual((yield* repository.head).position, position)
      assert.lengthOf(replica.inboxUnsafe(peer, "a", 0, 10), 0)
      yield* sync.clusterConfig(peer, "1.x", yield* configOf({ b: {} }))
      assert.deepStrictEqual(yield* sync.removed(peer), [])
    }).pipe(Effect.provide(syncing())))

  it.effect("taken up again, it is asked for from its beginning under another index id", () =>
    Effect.gen(function*() {
      const repository = yield* Repository
      const { idOf, sync } = yield* started
      yield* sync.index(peer, announced("a", "x", 1))
      yield* remove("a")
      yield* repository.commit(() => Effect.succeed([{ _tag: "FolderAdded", folder: "a", label: "a", indexId: 99n }]))
      yield* (yield* Replica).catchUp()
      assert.notStrictEqual(idOf("a"), 99n)
      const ofUs = { indexId: idOf("a"), maxSequence: 0 }
      const shared = yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: { ofUs } }))
      assert.deepStrictEqual(shared.map(({ folder, indexId, sendAfter }) => ({ folder, indexId, sendAfter })), [
        { folder: "a", indexId: 99n, sendAfter: 0 }
      ])
      const [told] = (yield* sync.ours(peer)).folders
      assert.deepStrictEqual(told?.devices.map(({ indexId, maxSequence }) => [indexId, maxSequence]), [[99n, 0], [
        0n,
        0
      ]])
      yield* sync.index(peer, announced("a", "x", 1))
      assert.lengthOf((yield* Replica).inboxUnsafe(peer, "a", 0, 10), 1)
    }).pipe(Effect.provide(syncing())))
})

describe("what a peer announces", () => {
  const box = (folder: string) => Effect.map(Replica, (replica) => replica.inboxUnsafe(peer, folder, 0, 10))

  it.effect("waits in the inbox until it is settled; a new index forgets it", () =>
    Effect.gen(function*() {
      const { sync } = yield* started
      yield* sync.index(peer, announced("a", "x", 1))
      yield* sync.index(peer, announced("a", "y", 2))
      assert.deepStrictEqual((yield* box("a")).map(({ name }) => name), ["x", "y"])
      assert.deepStrictEqual((yield* Replica).markUnsafe(peer, "a"), { indexId: 5n, sequence: 2 })
      // The same numbering keeps it, another one begins anew.
      yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: {} }))
      assert.lengthOf(yield* box("a"), 2)
      yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: { paused: true, theirs: 0n } }))
      assert.lengthOf(yield* box("a"), 2)
      yield* sync.clusterConfig(peer, "1.x", yield* configOf({ a: { theirs: 6n } }))
      assert.lengthOf(yield* box("a"), 0)
      assert.deepStrictEqual((yield* Replica).markUnsafe(peer, "a"), { indexId: 6n, sequence: 0 })
    }).pipe(Effect.provide(syncing())))

  it.effect("is asked for again after a commit forgot it, and an update that follows what was forgotten moves nothing", () =>
    Effect.gen(function*() {
      const repository = yield* Repository
      const replica = yield* Replica
      const { sync } = yield* started
      const stated = Effect.map(sync.ours(peer), ({ folders }) => folders.find(({ id }) => id === "a")!.devices[1]!)
      yield* sync.index(peer, announced("a", "x", 1))
      assert.strictEqual((yield* stated).maxSequence, 1)
      yield* repository.commit(() => Effect.succeed([{ _tag: "RemoteIndexesForgotten" as const, folder: "a" }]))
      yield* replica.catchUp()
      assert.strictEqual((yield* stated).indexId, 0n)
      // 1.19 does not say what its updates follow.
      yield* sync.index(peer, { ...announced("a", "y", 2), prevSequence: 0 })
      assert.isUndefined(replica.markUnsafe(peer, "a"))
      const { files } = announced("a", "x", 1)
      yield* sync.index(peer, { _tag: "Index", folder: "a", files, lastSequence: 1 })
      assert.deepStrictEqual((yield* box("a")).map(({ name }) => name), ["x"])
      assert.strictEqual((yield* stated).maxSequence, 1)
    }).pipe(Effect.provide(syncing())))

  it.effect("is taken again, and ours told anew, after a commit said that records of it were lost", () =>
    Effect.gen(function*() {
      const repository = yield* Repository
      const replica = yield* Replica
      const { idOf, sync } = yield* started
      const [info] = announced("a", "x", 1).files
      const epoch = (yield* repository.head).epoch + 1
      const fence = fenceOf(epoch)
      yield* repository.commit(() => Effect.succeed([{ _tag: "EpochOpened" as const, epoch }]), fence)
      const records = [{ name: "x", sequence: 1, info: Uint8Array.from(info!.raw), runs: [] }]
      const segment = yield* repository.putSegment({ table: "files", folder: "a", records }, fence)
      yield* repository.commit(() => Effect.succeed([{ _tag: "SegmentAdded" as const, folder: "a", segment }]), fence)
      yield* replica.catchUp()
      yield* sync.index(peer, announced("a", "x", 1))
      assert.deepStrictEqual(yield* box("a"), [], "it is here")
      const none = { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
      const { digest, id, records: count } = segment
      yield* repository.commit(() =>
        Effect.succeed<ReadonlyArray<Op>>([
          {
            _tag: "SegmentsMerged",
            table: "files",
            folder: "a",
            inputs: [id],
            dropped: { records: count, digest },
            tombstones: none
          },
          { _tag: "RemoteIndexesForgotten", folder: "a" },
          { _tag: "IndexRenewed", folder: "a", indexId: 77n, sequence: 2 }
        ])
      )
      const told = (yield* sync.ours(peer)).folders.find((folder) => folder.id === "a")!.devices
      assert.deepStrictEqual(told.map((device) => [device.indexId, device.maxSequence]), [[77n, 2], [0n, 0]])
      assert.notStrictEqual(idOf("a"), 77n)
      yield* sync.index(peer, { _tag: "Index", folder: "a", files: [info!], lastSequence: 1 })
      assert.deepStrictEqual((yield* box("a")).map(({ name }) => name), ["x"])
    }).pipe(Effect.provide(syncing())))

  it.effect("does not move the mark past what was skipped, and is left where the folder is not shared", () =>
    Effect.gen(function*() {
      const { sync } = yield* started
      yield* sync.index(peer, announced("a", "x", 4))
      assert.deepStrictEqual((yield* Replica).markUnsafe(peer, "a")?.sequence, 0)
      yield* sync.index(peer, announced("nobody's", "x", 1))
      assert.lengthOf(yield* box("nobody's"), 0)
    }).pipe(Effect.provide(syncing())))
})
