/**
 * A host of a golden repository that has lived: everything that writes one, on a virtual clock and seeded randomness, and
 * files given as names and bytes. Bytes of passphrases are stretched as for users, only without a thread.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { createSecretKey, hash, scryptSync } from "node:crypto"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as KeySlot from "../../src/domain/repository/KeySlot.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import type { BlockRun, FileRecord } from "../../src/domain/repository/Record.ts"
import type { State } from "../../src/domain/repository/State.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as BlockStorePacks from "../../src/layers/BlockStorePacks.ts"
import * as CheckpointKeepingRepository from "../../src/layers/CheckpointKeepingRepository.ts"
import * as CheckpointsRepository from "../../src/layers/CheckpointsRepository.ts"
import * as CollectorPacks from "../../src/layers/CollectorPacks.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as FoldersRepository from "../../src/layers/FoldersRepository.ts"
import * as FolderTotalsSegments from "../../src/layers/FolderTotalsSegments.ts"
import * as KeysObjects from "../../src/layers/KeysObjects.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LiveSetsFooters from "../../src/layers/LiveSetsFooters.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as LogTrimmerObjects from "../../src/layers/LogTrimmerObjects.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepackerPacks from "../../src/layers/RepackerPacks.ts"
import * as RepositoryInitLog from "../../src/layers/RepositoryInitLog.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as UpkeepNotesMemory from "../../src/layers/UpkeepNotesMemory.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BlockStore } from "../../src/services/BlockStore.ts"
import { CertificateMaker } from "../../src/services/CertificateMaker.ts"
import { CheckpointKeeping } from "../../src/services/CheckpointKeeping.ts"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Collector } from "../../src/services/Collector.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { Folders } from "../../src/services/Folders.ts"
import { Keys } from "../../src/services/Keys.ts"
import { Lease } from "../../src/services/Lease.ts"
import { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Passphrase } from "../../src/services/Passphrase.ts"
import { Repository } from "../../src/services/Repository.ts"
import { RepositoryInit } from "../../src/services/RepositoryInit.ts"
import { Settings } from "../../src/services/Settings.ts"
import { type Seen, Witness } from "../../src/services/Witness.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import * as UpkeepClockTrusting from "../harness/UpkeepClockTrusting.ts"
import { identities } from "./identities.ts"

export interface Options {
  readonly objects: Map<string, Uint8Array>
  readonly seed: number
  readonly name: string
  readonly memory: Map<string, Seen>
  readonly passphrase: string | undefined
  /** Target payload of a pack. */
  readonly packSize?: number
}

/** What scrypt makes of it, at once: the virtual clock would not wait for a thread. */
export const passphraseOf = (text: string): Passphrase => ({
  cost: KeySlot.usualCost,
  stretch: (salt, { logN, p, r }) =>
    Effect.sync(() =>
      createSecretKey(
        scryptSync(KeySlot.passphraseBytes(text), salt, 32, { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r })
      )
    )
})

export const ground = ({ memory, objects, packSize = 512 * 1024, passphrase, seed }: Options) =>
  Layer.mergeAll(
    passphrase === undefined ? Layer.empty : Layer.succeed(Passphrase, passphraseOf(passphrase)),
    Layer.succeed(ObjectStore, ObjectStoreMemory.make(objects)),
    Hosts.randomLayer(seed),
    Layer.succeed(Witness, WitnessMemory.make(memory)),
    UpkeepNotesMemory.layer,
    Layer.succeed(Settings, SeedRepository.settings({ packSize }))
  )

const layerOf = (options: Options) =>
  Layer.mergeAll(
    CollectorPacks.layer,
    CompactorMerging.layer,
    CheckpointsRepository.layer.pipe(Layer.provide(FolderTotalsSegments.layer)),
    CheckpointKeepingRepository.layer,
    FoldersRepository.layer,
    LogTrimmerObjects.layer
  ).pipe(
    Layer.provide(UpkeepClockTrusting.layer),
    Layer.provideMerge(RepackerPacks.layer),
    Layer.provideMerge(LiveSetsFooters.layer),
    Layer.provideMerge(Layer.mergeAll(BlockReaderPacks.layer, BlockStorePacks.layer, SegmentReaderRanges.layer)),
    Layer.provideMerge(LeaseAlways.layer),
    Layer.provideMerge(RepositoryLog.layerAs(options.name)),
    Layer.provideMerge(LogObjectsSealed.layer),
    Layer.provideMerge(ground(options))
  )

/** Makes the repository. */
export const init = (options: Options) =>
  Effect.flatMap(RepositoryInit, ({ init }) => init).pipe(
    Effect.provide(
      RepositoryInitLog.layer.pipe(
        Layer.provide(
          Layer.succeed(CertificateMaker, {
            make: Effect.succeed(identities[0])
          })
        ),
        Layer.provide(Layer.provideMerge(LogObjectsSealed.layer, ground(options)))
      )
    )
  )

/** Does something with the keys. */
export const withKeys = <A, E>(options: Options, use: (keys: Keys["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(Keys, use).pipe(
    Effect.provide(KeysObjects.layer.pipe(Layer.provideMerge(LogObjectsSealed.layer), Layer.provide(ground(options))))
  )

/** Opens the repository for the scope. */
export const open = Effect.fnUntraced(function*(options: Options) {
  const context = yield* Layer.build(layerOf(options))
  return {
    blocks: Context.get(context, BlockStore),
    checkpoints: Context.get(context, Checkpoints),
    collector: Context.get(context, Collector),
    compactor: Context.get(context, Compactor),
    folders: Context.get(context, Folders),
    keeping: Context.get(context, CheckpointKeeping),
    lease: Context.get(context, Lease),
    repository: Context.get(context, Repository),
    trimmer: Context.get(context, LogTrimmer)
  }
})

export type Host = Effect.Success<ReturnType<typeof open>>

/** A file, or what else a name can be; undefined deletes it. */
export type Thing =
  | { readonly bytes: Uint8Array; readonly blockSize?: number; readonly strange?: boolean }
  | { readonly directory: true }
  | { readonly link: string }
  | undefined

const noBytes = hash("sha256", new Uint8Array(0), "buffer")
/** Field 4242 of a FileInfo, a string: of a Syncthing to come. */
const unknownField = Buffer.from([0x92, 0x89, 0x02, 0x03, 0x61, 0x62, 0x63])

export const cut = (bytes: Uint8Array, blockSize: number): ReadonlyArray<Uint8Array> =>
  Array.from(
    { length: Math.ceil(bytes.length / blockSize) },
    (_, i) => bytes.subarray(i * blockSize, (i + 1) * blockSize)
  )

const infoOf = (name: string, thing: Thing, sequence: number, time: number): Uint8Array => {
  const common = {
    name,
    version: [{ id: 7n, value: BigInt(sequence) }, { id: 0xFEDC_BA98_7654_3210n, value: 3n }],
    modifiedS: Math.floor(time / 1000) - sequence,
    modifiedNs: 123_456_789,
    modifiedBy: 7n
  }
  if (thing === undefined) return FileInfo.encode({ ...common, type: "file", deleted: true })
  if ("directory" in thing) return FileInfo.encode({ ...common, type: "directory", permissions: 0o755 })
  if ("link" in thing) {
    return FileInfo.encode({
      ...common,
      type: "symlink",
      noPermissions: true,
      symlinkTarget: Buffer.from(thing.link)
    })
  }
  const { blockSize = 131_072, bytes, strange } = thing
  const info = FileInfo.encode({
    ...common,
    type: "file",
    permissions: 0o644,
    size: bytes.length,
    blockSize,
    hashes: bytes.length === 0
      ? noBytes
      : Buffer.concat(cut(bytes, blockSize).map((block) => hash("sha256", block, "buffer")))
  })
  return strange === true ? Buffer.concat([info, unknownField]) : info
}

/** Stores blocks of this life once, as a replica would find them. */
export type Known = Map<string, string>

export interface Written {
  readonly host: Host
  readonly folder: string
  readonly things: Readonly<Record<string, Thing>>
  readonly known: Known
  /** By a segment of its own. */
  readonly segment?: boolean
  readonly more?: ReadonlyArray<Op>
}

/** One commit that makes the folder's names so. Blocks that no live pack has go into a new one. */
export const write = Effect.fnUntraced(function*({ folder, host, known, more = [], segment, things }: Written) {
  const { repository } = host
  const fence = yield* host.lease.fence
  const builder = yield* host.blocks.builder
  const runsOf = new Map<string, ReadonlyArray<BlockRun>>()
  const before = yield* repository.head
  for (const [name, thing] of Object.entries(things)) {
    const runs: Array<BlockRun> = []
    const blocks = thing !== undefined && "bytes" in thing ? cut(thing.bytes, thing.blockSize ?? 131_072) : []
    for (const block of blocks) {
      yield* builder.awaitRoom(block.length)
      const digest = hash("sha256", block, "buffer")
      const hex = digest.toString("hex")
      const held = known.get(hex)
      const live = held !== undefined && (before.packs.inline.has(held) || before.packs.flushed.has(held))
      const pack = live ? held : builder.find(digest) ?? builder.add(digest, block)
      known.set(hex, pack)
      const last = runs.at(-1)
      if (last?.pack === pack) runs[runs.length - 1] = { pack, count: last.count + 1 }
      else runs.push({ pack, count: 1 })
    }
    runsOf.set(name, runs)
  }
  const packs = (yield* builder.seal).map(({ ref }) => ref)
  const time = yield* Clock.currentTimeMillis
  yield* repository.commit(
    Effect.fnUntraced(function*(state: State) {
      const after = state.folders.get(folder)?.sequence ?? 0
      const records = Array.from(runsOf, ([name, runs], at): FileRecord => {
        const sequence = after + 1 + at
        return { name, sequence, info: infoOf(name, things[name], sequence, time), runs }
      })
      const ops: Array<Op> = packs.length > 0 ? [{ _tag: "PacksAdded", packs }] : []
      if (segment === true) {
        ops.push({
          _tag: "SegmentAdded",
          folder,
          segment: yield* repository.putSegment({ table: "files", folder, records }, fence)
        })
      } else ops.push({ _tag: "FilesChanged", folder, records })
      return [...ops, ...more]
    }),
    fence
  )
})

/** Commits these operations. */
export const say = ({ repository }: Host, ...ops: ReadonlyArray<Op>) => repository.commit(() => Effect.succeed(ops))

/** Moves records to segments and writes a base. */
export const flush = (host: Host) => Effect.flatMap(host.lease.fence, (fence) => host.repository.flush(fence))

/** Moves the packs that lie in commits to a pack table, as a flush does where there are many. */
export const flushPacks = Effect.fnUntraced(function*(host: Host) {
  const fence = yield* host.lease.fence
  yield* host.repository.commit(
    Effect.fnUntraced(function*(state: State) {
      const packs = Array.from(state.packs.inline.values(), ({ ref }) => ref)
      const segment = yield* host.repository.putSegment({ table: "packs", packs }, fence)
      return [{ _tag: "PacksFlushed" as const, through: state.position, segment }]
    }),
    fence
  )
})
