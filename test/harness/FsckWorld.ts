/**
 * A repository in memory, in either suite, with everything that checks and mends it; and histories of several ages to check:
 * commits only, flushed, and one that was merged, repacked and collected.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { type Context, Effect, Layer, Option, Stream } from "effect"
import { createSecretKey, hash } from "node:crypto"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Op } from "../../src/domain/repository/Commit.ts"
import { livePacks } from "../../src/domain/repository/Inventory.ts"
import * as MultisetHash from "../../src/domain/repository/MultisetHash.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Order from "../../src/domain/repository/Order.ts"
import type { BlockRun, FileRecord } from "../../src/domain/repository/Record.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import * as State from "../../src/domain/repository/State.ts"

import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as BlockStorePacks from "../../src/layers/BlockStorePacks.ts"
import * as CertificateMakerX509 from "../../src/layers/CertificateMakerX509.ts"
import * as CheckpointsRepository from "../../src/layers/CheckpointsRepository.ts"
import * as FolderTotalsSegments from "../../src/layers/FolderTotalsSegments.ts"
import * as FsckRepository from "../../src/layers/FsckRepository.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LogAuditObjects from "../../src/layers/LogAuditObjects.ts"
import * as LogObjectsForgiving from "../../src/layers/LogObjectsForgiving.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectProofStore from "../../src/layers/ObjectProofStore.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as PackSalvageFrames from "../../src/layers/PackSalvageFrames.ts"
import * as RepairRepository from "../../src/layers/RepairRepository.ts"
import * as RepositoryInitLog from "../../src/layers/RepositoryInitLog.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BlockStore } from "../../src/services/BlockStore.ts"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Fsck, type FsckOptions, type FsckReport } from "../../src/services/Fsck.ts"
import { Lease } from "../../src/services/Lease.ts"
import { LogObjects } from "../../src/services/LogObjects.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { RepositoryInit } from "../../src/services/RepositoryInit.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import { Settings } from "../../src/services/Settings.ts"
import * as SeedRepository from "./SeedRepository.ts"
import * as Tree from "./Tree.ts"
import * as UpkeepClockTrusting from "./UpkeepClockTrusting.ts"

export type Suite = "plain" | "aes-256-gcm"
export const suites: ReadonlyArray<Suite> = ["plain", "aes-256-gcm"]

/** No command opens an encrypted repository yet; the format has both suites, and so has what checks it. */
const keyed = Layer.effect(
  LogObjects,
  Effect.map(LogObjects, (log) =>
    LogObjects.of({
      ...log,
      marker: Effect.map(log.marker, ({ marker }) => ({
        marker,
        sealing: {
          suite: "aes-256-gcm",
          repository: marker.repository,
          key: createSecretKey(Buffer.alloc(32, 7))
        },
        slot: undefined
      }))
    }))
)

const checkpoints = CheckpointsRepository.layer.pipe(
  Layer.provide(FolderTotalsSegments.layer),
  Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockTrusting.layer))
)

/** What a store in memory is, with a hook. */
export const storeOf = (objects: Map<string, Uint8Array>, change: Partial<ObjectStore["Service"]> = {}) =>
  Layer.succeed(ObjectStore, ObjectStore.of({ ...ObjectStoreMemory.make(objects), ...change }))

export const layer = (store: Layer.Layer<ObjectStore>, suite: Suite) => {
  const log = Layer.provide(
    LogObjectsForgiving.layer,
    suite === "plain" ? LogObjectsSealed.layer : Layer.provide(keyed, LogObjectsSealed.layer)
  )
  const made = Layer.effectDiscard(Effect.flatMap(RepositoryInit, ({ openOrInit }) => openOrInit)).pipe(
    Layer.provide(RepositoryInitLog.layer),
    Layer.provide(CertificateMakerX509.layer)
  )
  return Layer.merge(FsckRepository.layer, RepairRepository.layer).pipe(
    Layer.provide(PackSalvageFrames.layer),
    Layer.provideMerge(
      Layer.mergeAll(BlockStorePacks.layer, checkpoints, SegmentReaderRanges.layer)
    ),
    Layer.provideMerge(Layer.mergeAll(BlockReaderPacks.layer, LogAuditObjects.layer, ObjectProofStore.layer)),
    Layer.provideMerge(LeaseAlways.layer),
    Layer.provideMerge(RepositoryLog.layerAs("fsck")),
    Layer.provide(made),
    Layer.provideMerge(log),
    Layer.provideMerge(
      Layer.mergeAll(
        store,
        NodeCrypto.layer,
        WitnessMemory.layer,
        Layer.succeed(Settings, SeedRepository.settings({ packSize: 512 * 1024 }))
      )
    )
  )
}

/** What there is in it. */
export type All = Layer.Success<ReturnType<typeof layer>>

/** The report of one check. */
export const check = (options: Partial<FsckOptions> = {}) =>
  Effect.gen(function*() {
    const last = yield* Stream.runLast((yield* Fsck).check({ level: "full", ...options }))
    const report = Option.getOrUndefined(last)
    if (report?._tag !== "Report") return yield* Effect.die(new Error("a check ended without a report"))
    return report
  })

/** What is not in order, in a word each. */
export const complaints = (report: FsckReport): ReadonlyArray<string> =>
  report.findings.filter(({ severity }) => severity === "damage" || severity === "unavailable")
    .map(({ key, kind, what }) => `${kind} ${key}: ${what}`)

export const sha = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer")

export interface Content {
  /** Of 128 KiB but for the last. */
  readonly bytes: Uint8Array
}

/** `blocks` blocks nothing compresses, the last of them short. */
export const noise = (blocks: number, seed: number): Uint8Array => Tree.bytes(blocks * 131_072 - 1000, seed)

/** Bytes that compress, in blocks small enough to share frames. */
export const text = (length: number, seed: number): Uint8Array =>
  Buffer.from(`${seed} all work and no play `.repeat(Math.ceil(length / 20))).subarray(0, length)

export const cut = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const blocks: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length; at += 131_072) blocks.push(bytes.subarray(at, at + 131_072))
  return blocks
}

export const infoOf = (name: string, bytes: Uint8Array | undefined, version: number): Uint8Array =>
  FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 7n, value: BigInt(version) }],
    ...(bytes === undefined
      ? { deleted: true }
      : {
        size: bytes.length,
        blockSize: 131_072,
        hashes: Buffer.concat(bytes.length === 0 ? [sha(bytes)] : cut(bytes).map(sha))
      })
  })

/** One commit that makes these files so; undefined deletes one. Blocks go into new packs, but for those `known` has. */
export const write = (
  folder: string,
  files: Readonly<Record<string, Uint8Array | undefined>>,
  options: { readonly segment?: boolean; readonly known?: Map<string, string> } = {}
) =>
  Effect.gen(function*() {
    const repository = yield* Repository
    yield* repository.refresh
    const fence = yield* (yield* Lease).fence
    const builder = yield* (yield* BlockStore).builder
    const runsOf = new Map<string, ReadonlyArray<BlockRun>>()
    for (const [name, bytes] of Object.entries(files)) {
      const runs: Array<BlockRun> = []
      for (const block of bytes === undefined ? [] : cut(bytes)) {
        yield* builder.awaitRoom(block.length)
        const digest = sha(block)
        const pack = options.known?.get(Buffer.from(digest).toString("hex")) ?? builder.find(digest) ??
          builder.add(digest, block)
        options.known?.set(Buffer.from(digest).toString("hex"), pack)
        const last = runs.at(-1)
        if (last?.pack === pack) runs[runs.length - 1] = { pack, count: last.count + 1 }
        else runs.push({ pack, count: 1 })
      }
      runsOf.set(name, runs)
    }
    const packs = yield* builder.seal
    return yield* repository.commit((state) =>
      Effect.gen(function*() {
        const ops: Array<Op> = []
        const known = state.folders.get(folder)
        if (known === undefined) ops.push({ _tag: "FolderAdded", folder, label: folder.toUpperCase(), indexId: 7n })
        if (packs.length > 0) ops.push({ _tag: "PacksAdded", packs: packs.map(({ ref }) => ref) })
        const records = Array.from(runsOf, ([name, runs], at): FileRecord => {
          const sequence = (known?.sequence ?? 0) + 1 + at
          return { name, sequence, info: infoOf(name, files[name], sequence), runs }
        })
        if (options.segment === true) {
          const segment = yield* repository.putSegment({ table: "files", folder, records }, fence)
          ops.push({ _tag: "SegmentAdded", folder, segment })
        } else ops.push({ _tag: "FilesChanged", folder, records })
        return ops
      }), fence)
  })

export const flush = Effect.gen(function*() {
  const fence = yield* (yield* Lease).fence
  yield* (yield* Repository).flush(fence)
})

export const checkpoint = (folder: string) =>
  Effect.flatMap(Checkpoints, (checkpoints) => checkpoints.create([folder], "manual"))

export const rowsOf = Effect.fnUntraced(function*(id: string) {
  const { sealing } = yield* Repository
  const bytes = yield* (yield* ObjectStore).get(ObjectKey.segment(id))
  const read = Segment.readAll(sealing, id, bytes)
  if (read._tag === "Failure" || read.success.content.table !== "files") return yield* Effect.die(new Error(id))
  return read.success.content.records
})

/** All segments of the folder's view become one; the inputs are condemned where nothing else has them. */
export const merge = (folder: string) =>
  Effect.gen(function*() {
    const repository = yield* Repository
    const fence = yield* (yield* Lease).fence
    yield* repository.commit((state) =>
      Effect.gen(function*() {
        const inputs = state.folders.get(folder)?.segments ?? []
        const rows = (yield* Effect.forEach(inputs, (id) => rowsOf(id))).flat()
        const { dropped, records } = Order.newest(rows)
        const output = yield* repository.putSegment({ table: "files", folder, records }, fence)
        return [
          {
            _tag: "SegmentsMerged",
            table: "files",
            folder,
            inputs,
            output,
            dropped: { records: dropped.length, digest: MultisetHash.ofRecords(dropped) },
            tombstones: { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
          } satisfies Op
        ]
      }), fence)
  })

/** The pack's blocks move to another; the old one is condemned, and deleted by the commit after. */
export const repack = (old: string) =>
  Effect.gen(function*() {
    const repository = yield* Repository
    const store = yield* ObjectStore
    const fence = yield* (yield* Lease).fence
    const builder = yield* (yield* BlockStore).builder
    const bytes = yield* store.get(ObjectKey.pack(old))
    const { Pack } = yield* Effect.promise(async () => ({ Pack: await import("../../src/domain/repository/Pack.ts") }))
    const trailer = Pack.readAll(repository.sealing, old, bytes)
    if (trailer._tag === "Failure") return yield* Effect.die(new Error(old))
    const { frames, hashes, lengths } = trailer.success
    for (const [index, frame] of frames.entries()) {
      const raw = Pack.decodeFrame(trailer.success, index, bytes.subarray(frame.start, frame.start + frame.stored))
      if (raw._tag === "Failure") return yield* Effect.die(new Error(old))
      let offset = 0
      for (let at = frame.first; at < frame.first + frame.blocks; at++) {
        yield* builder.awaitRoom(lengths[at]!)
        builder.add(hashes.subarray(at * 32, at * 32 + 32), raw.success.subarray(offset, offset + lengths[at]!))
        offset += lengths[at]!
      }
    }
    const packs = yield* builder.seal
    yield* repository.commit((state) =>
      Effect.succeed<ReadonlyArray<Op>>([
        { _tag: "PacksAdded", packs: packs.map(({ ref }) => ref) },
        { _tag: "PackReplaced", old, packs: packs.map(({ ref }) => ref.id), scanned: state.position }
      ]), fence)
    yield* repository.commit(() =>
      Effect.succeed<ReadonlyArray<Op>>([
        { _tag: "ObjectsCondemned", objects: [{ kind: "pack", id: old, size: bytes.length }] }
      ]), fence)
    yield* repository.commit(
      () => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "ObjectsDeleted", objects: [{ kind: "pack", id: old }] }]),
      fence
    )
    yield* store.remove([ObjectKey.pack(old)])
  })

/** Segments that nothing names any more go: condemned, deleted. */
export const collect = (ids: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const repository = yield* Repository
    const used = State.referencedSegments(yield* repository.head)
    const objects = ids.filter((id) => !used.has(id)).map((id) => ({ kind: "segment" as const, id, size: 1 }))
    yield* repository.commit(() => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "ObjectsCondemned", objects }]))
    yield* repository.commit(() => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "ObjectsDeleted", objects }]))
    yield* (yield* ObjectStore).remove(objects.map(({ id }) => ObjectKey.segment(id)))
  })

/** So many packs of one small block each, that the pack table is flushed. */
const crowd = (count: number) =>
  write("crowd", Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, text(2000, 1000 + at)])))

/** So many packs of one block each that they lie in a pack table once they are flushed. */
export const manyPacks = Effect.gen(function*() {
  const repository = yield* Repository
  const fence = yield* (yield* Lease).fence
  const builder = yield* (yield* BlockStore).builder
  const packs: Array<State.PackRef> = []
  for (let at = 0; at < 520; at++) {
    const bytes = text(1000, 5000 + at)
    builder.add(sha(bytes), bytes)
    for (const { ref } of yield* builder.seal) packs.push(ref)
  }
  yield* repository.commit(() => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "PacksAdded", packs }]), fence)
  yield* flush
})

export const ages = ["new", "young", "flushed", "aged"] as const
export type Age = typeof ages[number]

/** The history up to that age. */
export const grow = (age: Age) =>
  Effect.gen(function*() {
    if (age === "new") return
    const known = new Map<string, string>()
    yield* write("a", { "x/one": noise(5, 1), "x/two": text(100_000, 2), empty: new Uint8Array(0) }, { known })
    yield* write("a", { "x/three": noise(3, 3), "x/copy": noise(5, 1) }, { known })
    yield* write("b", { big: noise(9, 4) })
    yield* write("a", { "x/two": undefined, "x/one": noise(2, 5) }, { known })
    if (age === "young") return
    yield* flush
    yield* checkpoint("a")
    yield* write("a", { "x/three": noise(4, 6), "y": text(300_000, 7) }, { known })
    yield* write("b", Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`s/${at}`, text(500 + at, at)])), {
      segment: true
    })
    yield* flush
    yield* write("a", { last: noise(1, 8) }, { known })
    if (age === "flushed") return
    yield* checkpoint("a")
    yield* crowd(20)
    yield* merge("a")
    const { folders } = yield* (yield* Repository).head
    const records = yield* rowsOf(folders.get("b")!.segments[0]!)
    yield* repack(records.find(({ name }) => name === "big")!.runs[0]!.pack)
    yield* flush
    for (let at = 0; at < 70; at++) yield* write("b", { [`many${at % 10}`]: text(3000, at) })
    yield* write("a", { "z/end": noise(2, 9), last: undefined })
  })

/** The objects of a repository of that age. */
export const objectsOf = (age: Age, suite: Suite) =>
  Effect.gen(function*() {
    const objects = new Map<string, Uint8Array>()
    yield* on(objects, suite, grow(age))
    return objects
  })

/** Opens the objects as they are, and runs. */
export const on = <A, E, R>(
  objects: Map<string, Uint8Array>,
  suite: Suite,
  effect: Effect.Effect<A, E, R>,
  change: Partial<ObjectStore["Service"]> = {}
) => Effect.scoped(Effect.provide(effect, Layer.fresh(layer(storeOf(objects, change), suite))))

/** Opens the objects as any other command would. */
export const strictly = (objects: Map<string, Uint8Array>, suite: Suite) => {
  const log = suite === "plain" ? LogObjectsSealed.layer : Layer.provide(keyed, LogObjectsSealed.layer)
  const opened = RepositoryLog.layerAs("strict").pipe(
    Layer.provide(log),
    Layer.provide(Layer.mergeAll(storeOf(objects), NodeCrypto.layer, WitnessMemory.layer))
  )
  return Effect.scoped(Effect.flatMap(Repository, ({ head }) => head).pipe(Effect.provide(Layer.fresh(opened))))
}

/** Present records of the folder by name. */
export const present = (folder: string) =>
  Effect.gen(function*() {
    const repository = yield* Repository
    const segments = yield* SegmentReader
    const state = yield* repository.head
    const records = new Map<string, FileRecord>()
    const put = (record: FileRecord) => {
      if ((records.get(record.name)?.sequence ?? 0) < record.sequence) records.set(record.name, record)
    }
    for (const id of state.folders.get(folder)!.segments) {
      for (const page of yield* Stream.runCollect(segments.records(state.segments.get(id)!))) page.forEach(put)
    }
    for (const { commit } of yield* Stream.runCollect(repository.commitsAfter(0))) {
      for (const op of commit.ops) if (op._tag === "FilesChanged" && op.folder === folder) op.records.forEach(put)
    }
    return records
  })

export const state = Effect.flatMap(Repository, ({ head }) => head)
export type Services = Context.Context<Fsck>

/** Names of the objects that the state needs, and of its log and bases as far as they are there. */
export const neededBy = (state: State.State, objects: ReadonlyMap<string, Uint8Array>): ReadonlySet<string> => {
  const needed = new Set<string>()
  for (const { id } of livePacks(state)) needed.add(ObjectKey.pack(id))
  for (const id of State.referencedSegments(state)) needed.add(ObjectKey.segment(id))
  for (const key of objects.keys()) if (key.startsWith("log/") || key.startsWith("base/")) needed.add(key)
  return needed
}
