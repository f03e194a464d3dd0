/**
 * A repository filled from directories on disk, without any peer: entries as Syncthing would announce them, blocks packed
 * and committed through the real layers. What changed between two seedings of a folder is what a peer would have sent.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Duration, Effect, Layer, Redacted } from "effect"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as BlockSize from "../../src/domain/BlockSize.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Op } from "../../src/domain/repository/Commit.ts"
import type { BlockRun, FileRecord } from "../../src/domain/repository/Record.ts"
import type { Checkpoint } from "../../src/domain/repository/State.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as BlockStorePacks from "../../src/layers/BlockStorePacks.ts"
import * as CertificateMakerX509 from "../../src/layers/CertificateMakerX509.ts"
import * as CheckpointKeepingRepository from "../../src/layers/CheckpointKeepingRepository.ts"
import * as CheckpointsRepository from "../../src/layers/CheckpointsRepository.ts"
import * as FolderTotalsSegments from "../../src/layers/FolderTotalsSegments.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepositoryInitLog from "../../src/layers/RepositoryInitLog.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as SnapshotReaderSegments from "../../src/layers/SnapshotReaderSegments.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import type { BlockReader } from "../../src/services/BlockReader.ts"
import { BlockStore } from "../../src/services/BlockStore.ts"
import type { CheckpointKeeping } from "../../src/services/CheckpointKeeping.ts"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { RepositoryInit } from "../../src/services/RepositoryInit.ts"
import { aloneTurns, Settings } from "../../src/services/Settings.ts"
import type { SnapshotReader } from "../../src/services/SnapshotReader.ts"
import * as Hosts from "./Hosts.ts"
import * as UpkeepClockTrusting from "./UpkeepClockTrusting.ts"

export type Services =
  | BlockReader
  | BlockStore
  | CheckpointKeeping
  | Checkpoints
  | Lease
  | ObjectStore
  | Repository
  | Settings
  | SnapshotReader

export const password = "correct horse battery staple"

/** What these repositories are: encrypted if there is a passphrase. */
export interface Sort extends Partial<Settings["Service"]> {
  readonly passphrase?: string
}

export const settings = (some: Partial<Settings["Service"]> = {}): Settings["Service"] => ({
  cacheDirectory: "/nowhere",
  masters: [],
  listen: "127.0.0.1:0",
  masterAddress: undefined,
  deviceName: "seed",
  turns: aloneTurns,
  davPassword: Redacted.make(password),
  packSize: 8 * 1024 * 1024,
  commitInterval: Duration.seconds(2),
  commitBytes: 64 * 1024 * 1024,
  ...some
})

/** What everything stands on, for hosts of a store. */
const ground = (store: Layer.Layer<ObjectStore>, some: Sort) =>
  LogObjectsSealed.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        store,
        NodeCrypto.layer,
        WitnessMemory.layer,
        Hosts.passphraseLayer(some.passphrase),
        Layer.succeed(Settings, settings(some))
      )
    )
  )

const readingAndWriting = Layer.mergeAll(
  SnapshotReaderSegments.layer,
  BlockStorePacks.layer,
  CheckpointKeepingRepository.layer,
  CheckpointsRepository.layer.pipe(
    Layer.provide(FolderTotalsSegments.layer),
    Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockTrusting.layer))
  )
).pipe(
  Layer.provideMerge(BlockReaderPacks.layer),
  Layer.provideMerge(LeaseAlways.layer),
  Layer.provideMerge(RepositoryLog.layerAs("seed"))
)

/** Everything that reads and writes the repository that the store holds. */
export const opened = (store: Layer.Layer<ObjectStore>, some: Sort = {}) =>
  readingAndWriting.pipe(Layer.provideMerge(ground(store, some)), Layer.orDie)

/** The same, over a store that may hold nothing yet. */
export const over = (store: Layer.Layer<ObjectStore>, some: Sort = {}) => {
  const made = Layer.effectDiscard(Effect.flatMap(RepositoryInit, ({ openOrInit }) => openOrInit)).pipe(
    Layer.provide(RepositoryInitLog.layer),
    Layer.provide(CertificateMakerX509.layer)
  )
  return readingAndWriting.pipe(Layer.provide(made), Layer.provideMerge(ground(store, some)), Layer.orDie)
}

/** An empty repository over the given objects. */
export const inMemory = (objects: Map<string, Uint8Array> = new Map(), some: Sort = {}) =>
  over(Layer.succeed(ObjectStore, ObjectStoreMemory.make(objects)), some)

export interface Seeder {
  /** Makes the folder what the directory is: new and changed entries, and tombstones for those that are gone. */
  readonly commit: (
    folder: { readonly id: string; readonly label: string },
    directory: string
  ) => Effect.Effect<void>
  /** A checkpoint of the folder; fails if nothing changed. */
  readonly checkpoint: (folder: string) => Effect.Effect<Checkpoint>
}

/** Remembers what it committed: one per repository. */
export const make: Effect.Effect<Seeder, never, Services> = Effect.gen(function*() {
  const services = yield* Effect.context<Services>()
  const committed = new Map<string, Map<string, FileRecord>>()
  return {
    commit: (folder, directory) =>
      commit(folder, directory, committed).pipe(Effect.provideContext(services), Effect.orDie),
    checkpoint: (folder) =>
      Effect.flatMap(Checkpoints, (checkpoints) => checkpoints.create([folder], "manual")).pipe(
        Effect.flatMap(([made]) => made === undefined ? Effect.die(`${folder} did not change`) : Effect.succeed(made)),
        Effect.provideContext(services),
        Effect.orDie
      )
  }
})

const commit = Effect.fnUntraced(function*(
  { id, label }: { readonly id: string; readonly label: string },
  directory: string,
  committed: Map<string, Map<string, FileRecord>>
) {
  const repository = yield* Repository
  const known = committed.get(id) ?? new Map<string, FileRecord>()
  committed.set(id, known)
  const fence = yield* Effect.flatMap(Lease, (lease) => lease.fence)
  const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
  const sequence = (yield* repository.head).folders.get(id)?.sequence ?? 0
  const records: Array<FileRecord> = []
  const next = () => sequence + records.length + 1
  const seen = new Set<string>()
  for (const name of walk(directory)) {
    seen.add(name)
    const old = known.get(name)
    const file = Path.join(directory, name)
    const fields = describe(name, file, versionAfter(old))
    if (old !== undefined && same(old.info, FileInfo.encode({ ...fields, version: versionOf(old) }))) continue
    const runs: Array<BlockRun> = []
    if (fields.type === "file" && (fields.size ?? 0) > 0) {
      for (const [hash, bytes] of blocks(file, fields)) {
        yield* builder.awaitRoom(bytes.length)
        const pack = builder.find(hash) ?? builder.add(hash, bytes)
        const last = runs.at(-1)
        if (last?.pack === pack) runs[runs.length - 1] = { pack, count: last.count + 1 }
        else runs.push({ pack, count: 1 })
      }
    }
    records.push({ name, sequence: next(), info: FileInfo.encode(fields), runs })
  }
  for (const [name, old] of known) {
    if (seen.has(name) || FileInfo.outline(old.info).deleted) continue
    const info = FileInfo.encode({ name, type: "file", deleted: true, version: versionAfter(old) })
    records.push({ name, sequence: next(), info, runs: [] })
  }
  const packs = yield* builder.seal
  yield* repository.commit((state) =>
    Effect.gen(function*() {
      const ops: Array<Op> = []
      if (!state.folders.has(id)) ops.push({ _tag: "FolderAdded", folder: id, label, indexId: 1n })
      if (packs.length > 0) ops.push({ _tag: "PacksAdded", packs: packs.map(({ ref }) => ref) })
      if (records.length > 500) {
        const segment = yield* repository.putSegment({ table: "files", folder: id, records }, fence)
        ops.push({ _tag: "SegmentAdded", folder: id, segment })
      } else if (records.length > 0) ops.push({ _tag: "FilesChanged", folder: id, records })
      return ops
    }), fence)
  for (const record of records) known.set(record.name, record)
})

/** Names below the directory, parents first. */
function* walk(directory: string, parent = ""): Generator<string> {
  for (const base of Fs.readdirSync(Path.join(directory, parent)).toSorted()) {
    const name = parent === "" ? base : `${parent}/${base}`
    yield name
    if (Fs.lstatSync(Path.join(directory, name)).isDirectory()) yield* walk(directory, name)
  }
}

const describe = (name: string, file: string, version: FileInfo.Fields["version"]): FileInfo.Fields => {
  const stat = Fs.lstatSync(file, { bigint: true })
  const common = {
    name,
    version,
    permissions: Number(stat.mode & 0o777n),
    modifiedS: Number(stat.mtimeNs / 1_000_000_000n),
    modifiedNs: Number(stat.mtimeNs % 1_000_000_000n)
  }
  if (stat.isDirectory()) return { ...common, type: "directory" }
  if (stat.isSymbolicLink()) {
    return { ...common, type: "symlink", noPermissions: true, symlinkTarget: Buffer.from(Fs.readlinkSync(file)) }
  }
  const size = Number(stat.size)
  const blockSize = BlockSize.forFile(size)
  const hashes = size === 0
    ? [createHash("sha256").digest()]
    : Array.from(blocks(file, { size, blockSize }), ([hash]) => hash)
  return { ...common, type: "file", size, blockSize, hashes: Buffer.concat(hashes) }
}

function* blocks(
  file: string,
  { blockSize = BlockSize.minimum, size = 0 }: Pick<FileInfo.Fields, "blockSize" | "size">
): Generator<readonly [Uint8Array, Uint8Array]> {
  const descriptor = Fs.openSync(file, "r")
  try {
    for (let at = 0; at < size; at += blockSize) {
      const bytes = Buffer.alloc(Math.min(blockSize, size - at))
      Fs.readSync(descriptor, bytes, 0, bytes.length, at)
      yield [createHash("sha256").update(bytes).digest(), bytes]
    }
  } finally {
    Fs.closeSync(descriptor)
  }
}

const decoded = (record: FileRecord): FileInfo.FileInfo => {
  const info = FileInfo.decode(record.info)
  if (info._tag === "Failure") throw new Error(info.failure)
  return info.success
}

const versionOf = (record: FileRecord): FileInfo.Fields["version"] => decoded(record).version

const versionAfter = (record: FileRecord | undefined): FileInfo.Fields["version"] => [{
  id: 77n,
  value: record === undefined ? 1n : (decoded(record).version[0]?.value ?? 0n) + 1n
}]

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
