/**
 * Hosts of one bucket that store files, make checkpoints and collect, each through the real layers; and an audit by a host
 * that knows nothing: every block of every current folder and of every checkpoint is read and hashed.
 */
import { assert } from "@effect/vitest"
import { Clock, Context, Duration, Effect, Layer, Result, Stream } from "effect"
import type { SecureRandom } from "effect/crypto/SecureRandom"
import { createHash } from "node:crypto"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as MultisetHash from "../../src/domain/repository/MultisetHash.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import { newest } from "../../src/domain/repository/Order.ts"
import { type BlockRun, type FileRecord, packOf } from "../../src/domain/repository/Record.ts"
import type { State } from "../../src/domain/repository/State.ts"
import * as States from "../../src/domain/repository/State.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as BlockStorePacks from "../../src/layers/BlockStorePacks.ts"
import * as CollectorPacks from "../../src/layers/CollectorPacks.ts"
import * as HoldingsLog from "../../src/layers/HoldingsLog.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LiveSetsFooters from "../../src/layers/LiveSetsFooters.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as RepackerPacks from "../../src/layers/RepackerPacks.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as UpkeepClockNoted from "../../src/layers/UpkeepClockNoted.ts"
import * as UpkeepNotesMemory from "../../src/layers/UpkeepNotesMemory.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { BlockStore } from "../../src/services/BlockStore.ts"
import { Collector } from "../../src/services/Collector.ts"
import { Holdings } from "../../src/services/Holdings.ts"
import { Lease, type WriteFence } from "../../src/services/Lease.ts"
import type { LiveSets } from "../../src/services/LiveSets.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import type { Repacker } from "../../src/services/Repacker.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import { Settings } from "../../src/services/Settings.ts"
import { type Notes, UpkeepNotes } from "../../src/services/UpkeepNotes.ts"
import { type Seen, Witness } from "../../src/services/Witness.ts"
import * as BootClockVirtual from "./BootClockVirtual.ts"
import type * as FaultyStore from "./FaultyStore.ts"
import * as Hosts from "./Hosts.ts"
import { settings } from "./SeedRepository.ts"
import * as Tree from "./Tree.ts"
import * as UpkeepClockTrusting from "./UpkeepClockTrusting.ts"

export const folder = "d"
export const hour = 3_600_000

type Services =
  | BlockReader
  | BlockStore
  | Collector
  | Holdings
  | Lease
  | LiveSets
  | ObjectStore
  | Repacker
  | Repository
  | SegmentReader

export interface Host {
  readonly context: Context.Context<Services>
  readonly collector: Collector["Service"]
  readonly holdings: Holdings["Service"]
  readonly lease: Lease["Service"]
  readonly repository: Repository["Service"]
}

export interface HostOptions {
  readonly store: ObjectStore["Service"]
  readonly seed: number
  readonly memory?: Map<string, Seen>
  readonly notes?: Map<string, Notes>
  /** It does not believe every clock. */
  readonly isCareful?: boolean
  /** Target payload of a pack. */
  readonly packSize?: number
  /** Instead of a term whenever it likes. */
  readonly lease?: Layer.Layer<Lease, never, ObjectStore | Repository | SecureRandom>
}

const layerOf = (
  {
    isCareful = false,
    lease = LeaseAlways.layer,
    memory = new Map(),
    notes = new Map(),
    packSize = 256 * 1024,
    seed,
    store
  }: HostOptions
) => {
  const ground = Layer.mergeAll(
    Layer.succeed(ObjectStore, store),
    Hosts.randomLayer(seed),
    Layer.succeed(Witness, WitnessMemory.make(memory)),
    Layer.succeed(UpkeepNotes, UpkeepNotesMemory.make(notes)),
    Layer.succeed(Settings, settings({ packSize, commitInterval: Duration.seconds(1) }))
  )
  return Layer.merge(CollectorPacks.layer, HoldingsLog.layer).pipe(
    Layer.provide(
      isCareful ? UpkeepClockNoted.layer.pipe(Layer.provide(BootClockVirtual.layer)) : UpkeepClockTrusting.layer
    ),
    Layer.provideMerge(RepackerPacks.layer),
    Layer.provideMerge(LiveSetsFooters.layer),
    Layer.provideMerge(Layer.mergeAll(BlockReaderPacks.layer, BlockStorePacks.layer, SegmentReaderRanges.layer)),
    Layer.provideMerge(lease),
    Layer.provideMerge(RepositoryLog.layerAs(`host ${seed}`)),
    Layer.provide(LogObjectsSealed.layer),
    Layer.provideMerge(ground)
  )
}

export const open = (options: HostOptions) =>
  Effect.map(Layer.build(layerOf(options)), (context): Host => ({
    context,
    collector: Context.get(context, Collector),
    holdings: Context.get(context, Holdings),
    lease: Context.get(context, Lease),
    repository: Context.get(context, Repository)
  }))

const blockSize = 128 * 1024

/** The block of that label: incompressible. */
export const bytesOf = (label: string): Buffer =>
  Tree.bytes(blockSize, createHash("sha256").update(label).digest().readUInt32BE(0))

export const hashOf = (label: string): Uint8Array => createHash("sha256").update(bytesOf(label)).digest()

/** Files by name, as labels of their blocks; null: deleted. */
export type Files = Readonly<Record<string, ReadonlyArray<string> | null>>

/** Uploads what is new and commits the files. `known`: packs by label, as a replica would find them. */
export const put = Effect.fnUntraced(function*(
  host: Host,
  files: Files,
  known: Map<string, string> = new Map(),
  bySegment = false
) {
  const fence = yield* host.lease.fence
  const builder = yield* Context.get(host.context, BlockStore).builder
  const wanted = new Map<string, ReadonlyArray<readonly [string, string]>>()
  const head = yield* host.repository.head
  for (const [name, labels] of Object.entries(files)) {
    const places: Array<readonly [string, string]> = []
    for (const label of labels ?? []) {
      const hash = hashOf(label)
      const held = known.get(label)
      let pack = held !== undefined && States.isLive(head, held) ? held : builder.find(hash)
      if (pack === undefined) {
        yield* builder.awaitRoom(blockSize)
        pack = builder.add(hash, bytesOf(label))
      }
      known.set(label, pack)
      places.push([label, pack])
    }
    wanted.set(name, places)
  }
  const sealed = yield* builder.seal
  let refused = false
  yield* host.repository.commit(
    Effect.fnUntraced(function*(state) {
      const { sequence } = state.folders.get(folder) ?? { sequence: 0 }
      const records: Array<FileRecord> = []
      for (const [name, places] of wanted) {
        const fresh = new Set(sealed.map(({ ref }) => ref.id))
        refused = places.some(([, pack]) => !fresh.has(pack) && !States.isLive(state, pack))
        if (refused) return []
        records.push(recordOf(name, sequence + records.length + 1, files[name] ?? null, places))
      }
      const ops: Array<Op> = []
      if (!state.folders.has(folder)) ops.push({ _tag: "FolderAdded", folder, label: "D", indexId: 7n })
      if (sealed.length > 0) ops.push({ _tag: "PacksAdded", packs: sealed.map(({ ref }) => ref) })
      if (bySegment) {
        const segment = yield* host.repository.putSegment({ table: "files", folder, records }, fence)
        ops.push({ _tag: "SegmentAdded", folder, segment })
      } else ops.push({ _tag: "FilesChanged", folder, records })
      return ops
    }),
    fence
  )
  return !refused
})

/** Commits packs that no record names. */
export const partly = Effect.fnUntraced(function*(host: Host, labels: ReadonlyArray<string>, fence: WriteFence) {
  const builder = yield* Context.get(host.context, BlockStore).builder
  for (const label of labels) {
    yield* builder.awaitRoom(blockSize)
    builder.add(hashOf(label), bytesOf(label))
  }
  const sealed = yield* builder.seal
  yield* host.repository.commit(
    () => Effect.succeed([{ _tag: "PacksAdded" as const, packs: sealed.map(({ ref }) => ref) }]),
    fence
  )
  return sealed.map(({ ref }) => ref.id)
})

const recordOf = (
  name: string,
  sequence: number,
  labels: ReadonlyArray<string> | null,
  places: ReadonlyArray<readonly [string, string]>
): FileRecord => {
  const runs: Array<{ pack: string; count: number }> = []
  for (const [, pack] of places) {
    const last = runs.at(-1)
    if (last?.pack === pack) last.count++
    else runs.push({ pack, count: 1 })
  }
  const info = FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 1n, value: BigInt(sequence) }],
    deleted: labels === null,
    size: (labels ?? []).length * blockSize,
    blockSize,
    hashes: Buffer.concat((labels ?? []).map(hashOf))
  })
  return { name, sequence, info, runs: runs satisfies ReadonlyArray<BlockRun> }
}

/** Moves what lies in commits to a segment, and makes a checkpoint. */
export const checkpoint = Effect.fnUntraced(function*(host: Host) {
  const fence = yield* host.lease.fence
  yield* host.repository.flush(fence)
  const applied = yield* host.repository.commit((state) =>
    Effect.succeed([{
      _tag: "CheckpointCreated" as const,
      id: state.nextCheckpoint,
      folder,
      reason: "manual" as const
    }]), fence)
  return applied?.state.checkpoints.at(-1)?.id ?? 0
})

export const removeCheckpoints = (host: Host, ...ids: ReadonlyArray<number>) =>
  host.repository.commit(() => Effect.succeed([{ _tag: "CheckpointsRemoved", ids }]))

/** Makes one segment of all of the folder's, superseded records dropped. */
export const merge = Effect.fnUntraced(function*(host: Host) {
  const fence = yield* host.lease.fence
  yield* host.repository.flush(fence)
  yield* host.repository.commit((state) =>
    Effect.gen(function*() {
      const view = state.folders.get(folder)!
      if (view.segments.length < 2) return []
      const records: Array<FileRecord> = []
      for (const id of view.segments) records.push(...yield* rowsOf(host.context, state, id))
      const kept = newest(records).records
      const left = new Set(kept)
      const dropped = records.filter((record) => !left.has(record))
      const none = { records: 0, digest: new Uint8Array(32) }
      return [{
        _tag: "SegmentsMerged" as const,
        table: "files" as const,
        folder,
        inputs: view.segments,
        output: yield* host.repository.putSegment({ table: "files", folder, records: kept }, fence),
        dropped: { records: dropped.length, digest: MultisetHash.ofRecords(dropped) },
        tombstones: { ...none, maxSequence: 0 }
      }]
    }), fence)
})

const rowsOf = (context: Context.Context<SegmentReader>, state: State, id: string) =>
  Stream.runCollect(Context.get(context, SegmentReader).records(state.segments.get(id)!)).pipe(
    Effect.map((pages) => pages.flat())
  )

/** The store, and what happens before each request to it. */
export const watched = (
  store: ObjectStore["Service"],
  happens: (request: { readonly operation: FaultyStore.Request["operation"]; readonly key: string }) => Effect.Effect<
    void
  >
): ObjectStore["Service"] => {
  const first = (operation: FaultyStore.Request["operation"], key: string) =>
    Effect.suspend(() => happens({ operation, key }))
  return {
    ...store,
    put: (key, body) => Effect.andThen(first("put", key), store.put(key, body)),
    get: (key, range, into) => Effect.andThen(first("get", key), store.get(key, range, into)),
    remove: (keys) => Effect.andThen(first("remove", keys.join(" ")), store.remove(keys)),
    list: (prefix, after) => Stream.unwrap(Effect.as(first("list", prefix), store.list(prefix, after))),
    now: Effect.andThen(first("now", ""), store.now)
  }
}

/** A bucket with an empty repository. */
export const bucket = Hosts.bucket

export interface Audited {
  readonly state: State
  /** Current files that are not deleted, as the hashes of their blocks, in hex. */
  readonly files: ReadonlyMap<string, string>
  /** Blocks that were read. */
  readonly blocks: number
  /** The same of each checkpoint. */
  readonly checkpoints: ReadonlyMap<number, ReadonlyMap<string, string>>
}

/** Reads everything that is reachable, as a host that knows nothing; any block that cannot be read fails the test. */
export const audit = Effect.fnUntraced(function*(store: ObjectStore["Service"], label = "") {
  return yield* Effect.scoped(Effect.gen(function*() {
    const { context, repository } = yield* open({ store, seed: 4242 })
    const state = yield* repository.head
    const reader = Context.get(context, BlockReader)
    let blocks = 0
    const view = Effect.fnUntraced(function*(segments: ReadonlyArray<string>, inline: ReadonlySet<number>) {
      const records: Array<FileRecord> = []
      for (const id of segments) {
        assert.isTrue(state.segments.has(id), `${label}: segment ${id} is not known`)
        records.push(...yield* rowsOf(context, state, id))
      }
      if (inline.size > 0) {
        for (const { commit } of yield* Stream.runCollect(repository.commitsAfter(Math.min(...inline) - 1))) {
          if (!inline.has(commit.position)) continue
          for (const op of commit.ops) if (op._tag === "FilesChanged") records.push(...op.records)
        }
      }
      const files = new Map<string, string>()
      // Superseded records count too: until a merge drops them, what they name must be there.
      for (const record of records) {
        const info = Result.getOrThrow(FileInfo.decode(record.info))
        for (let i = 0; i * 32 < info.hashes.length; i++) {
          const hash = FileInfo.blockHash(info, i)
          const bytes = yield* Effect.orDie(reader.read(packOf(record, i)!, hash))
          assert.deepStrictEqual(createHash("sha256").update(bytes).digest(), Buffer.from(hash), label)
          blocks++
        }
      }
      for (const record of newest(records).records) {
        const info = Result.getOrThrow(FileInfo.decode(record.info))
        if (!info.deleted) files.set(record.name, Buffer.from(info.hashes).toString("hex"))
      }
      return files
    })
    const { inline, segments } = state.folders.get(folder)!
    const files = yield* view(segments, new Set(inline))
    const checkpoints = new Map<number, ReadonlyMap<string, string>>()
    for (const { id, segments } of state.checkpoints) checkpoints.set(id, yield* view(segments, new Set()))
    return { state, files, blocks, checkpoints } satisfies Audited
  }))
})

/** What the audit must show of these files. */
export const shown = (files: Files): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(files).flatMap(([name, labels]) =>
      labels === null ? [] : [[name, Buffer.concat(labels.map(hashOf)).toString("hex")] as const]
    )
  )

export const packsIn = (objects: ReadonlyMap<string, Uint8Array>): ReadonlyArray<string> =>
  [...objects.keys()].filter((key) => key.startsWith(ObjectKey.packPrefix))

export const bytesIn = (objects: ReadonlyMap<string, Uint8Array>): number =>
  packsIn(objects).reduce((sum, key) => sum + objects.get(key)!.length, 0)

export const labels = (prefix: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, i) => `${prefix} ${i}`)

export const now = Clock.currentTimeMillis
