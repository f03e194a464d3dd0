/**
 * The inside of a bepository as a connection sees it, in memory and under a test's control: folders with records, blocks
 * that come at once or when allowed, a FolderSync that notes what it is told, an Ingest that asks what it is told to ask.
 */
import { Effect, Exit, Latch, Layer, PubSub, Stream } from "effect"
import { hash as digest } from "node:crypto"
import * as IndexExchange from "../../src/domain/bep/IndexExchange.ts"
import type * as Messages from "../../src/domain/bep/Messages.ts"
import * as Session from "../../src/domain/bep/Session.ts"
import * as BlockSize from "../../src/domain/BlockSize.ts"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import { type BlockError, BlockMissing, BlockReader } from "../../src/services/BlockReader.ts"
import { FolderSync, PeerViolation, type SharedFolder } from "../../src/services/FolderSync.ts"
import { type BlockSource, Ingest } from "../../src/services/Ingest.ts"
import { StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { RepositoryCorrupt } from "../../src/services/Repository.ts"

export interface Attached {
  readonly source: BlockSource
  readonly responses: Array<Messages.Response>
  wakes: number
  attached: boolean
}

export interface Heard {
  readonly device: DeviceId.DeviceId
  readonly message: Messages.Index | Messages.IndexUpdate
}

interface Folder {
  indexId: bigint
  sequence: number
  readonly records: Map<string, FileRecord>
}

export const blocksOf = (content: Uint8Array, blockSize: number): Array<Uint8Array> =>
  content.length === 0
    ? [content]
    : Array.from({ length: Math.ceil(content.length / blockSize) }, (_, i) =>
      content.subarray(i * blockSize, (i + 1) * blockSize))

export const sha256 = (bytes: Uint8Array): Uint8Array => digest("sha256", bytes, "buffer")

/** The stored form of a live file with that content, by device 1. */
export const fileOf = (name: string, content: Uint8Array, fields: Partial<FileInfo.Fields> = {}): Uint8Array => {
  const blockSize = fields.blockSize ?? BlockSize.forFile(content.length)
  return FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 1n, value: 1n }],
    size: content.length,
    permissions: 0o644,
    modifiedS: 1_700_000_000,
    blockSize,
    hashes: Buffer.concat(blocksOf(content, blockSize).map(sha256)),
    ...fields
  })
}

export const makeEngine = (us: DeviceId.DeviceId) => {
  const me = DeviceId.toBytes(us)
  const folders = new Map<string, Folder>()
  const blocks = new Map<string, Uint8Array>()
  const changes = Effect.runSync(PubSub.unbounded<ReadonlySet<string>>())
  let position = 0
  const pack = "1-00000000000000000000000000000000"

  const control = {
    configs: [] as Array<Messages.ClusterConfig>,
    /** As told with each config. */
    styles: [] as Array<"1.x" | "2.x">,
    heard: [] as Array<Heard>,
    attached: [] as Array<Attached>,
    /** Closed: `FolderSync.index` does not answer. */
    digesting: Latch.makeUnsafe(true),
    /** Closed: an interrupted `FolderSync.index` takes its time. */
    releasing: Latch.makeUnsafe(true),
    /** Fails the next so many calls of `FolderSync`. */
    outages: 0,
    /** Done before our config is stated, once: what another connection did meanwhile. */
    meanwhile: undefined as (() => void) | undefined,
    /** Answers of FolderSync.index by folder. */
    violations: new Map<string, string>(),
    /** Blocks are read only while it is open; a cached block is never read. */
    store: Latch.makeUnsafe(true),
    cached: true,
    onCached: (): void => {},
    /** The store does not answer reads. */
    broken: false,
    reads: 0,
    /** Packs that hold blocks; undefined: any. */
    places: undefined as ReadonlySet<string> | undefined,
    /** Packs in which every block is damaged. */
    damaged: new Set<string>(),
    /** What the replica knows of where blocks were moved. */
    moved: [] as ReadonlyArray<string>,
    /** Calls of `recordsAfterUnsafe` and of `ours`. */
    pages: 0,
    stated: 0,
    reading: 0,
    mostReading: 0,

    folder: (id: string, indexId = 0xF0_0000_0000_0001n): Folder => {
      const folder = folders.get(id) ?? { indexId, sequence: 0, records: new Map() }
      folders.set(id, folder)
      return folder
    },
    /** By an operator: it is not taken up again. */
    removed: new Set<string>(),
    removeFolder: (id: string): void => void folders.delete(id),
    /** One commit: puts entries in order and tells of the change. */
    commit: (id: string, infos: ReadonlyArray<Uint8Array>): void => {
      const folder = control.folder(id)
      for (const info of infos) {
        const { name } = decoded(info)
        const count = FileInfo.blockCount(decoded(info))
        folder.records.set(name, {
          name,
          sequence: ++folder.sequence,
          info,
          runs: count === 0 ? [] : [{ pack, count }]
        })
      }
      control.changed(id)
    },
    changed: (...ids: ReadonlyArray<string>): void => {
      position++
      PubSub.publishUnsafe(changes, new Set(ids))
    },
    /** Stores the content's blocks, and the file if a folder is given. */
    keep: (content: Uint8Array, blockSize = BlockSize.forFile(content.length)): void => {
      for (const block of blocksOf(content, blockSize)) blocks.set(hex(sha256(block)), block)
    },
    forget: (block: Uint8Array): void => void blocks.delete(hex(sha256(block)))
  }

  const recordsOf = (id: string) =>
    [...folders.get(id)?.records.values() ?? []].toSorted((a, b) => a.sequence - b.sequence)

  const replica = Layer.mock(Replica, {
    directory: "/nowhere",
    positionUnsafe: () => position,
    changes: Stream.fromPubSub(changes),
    recordUnsafe: (folder, name) => folders.get(folder)?.records.get(name),
    recordsAfterUnsafe: (folder, after, limit) => {
      control.pages++
      const records: Array<FileRecord> = []
      let bytes = 0
      for (const record of recordsOf(folder)) {
        if (record.sequence <= after) continue
        if (records.length === limit.records || bytes >= limit.bytes) break
        bytes += record.info.length
        records.push(record)
      }
      return { records, last: records.at(-1)?.sequence ?? after }
    },
    findBlockUnsafe: (hash) => blocks.has(hex(hash)) && control.places === undefined ? pack : undefined,
    sequenceUnsafe: unused,
    siblingsUnsafe: unused,
    totalsUnsafe: unused,
    movedUnsafe: () => control.moved,
    markUnsafe: unused,
    inboxUnsafe: unused,
    inboxLowestUnsafe: unused,
    waitingUnsafe: unused,
    inboxSizeUnsafe: unused
  })

  const reader = BlockReader.of({
    // What was lent is scrubbed after the call: whoever keeps a view of it sends rubbish.
    lendUnsafe: (pack, hash, answer) => {
      const lend = (exit: Exit.Exit<Uint8Array, BlockError>) => {
        if (Exit.isFailure(exit)) return answer(exit)
        const lent = new Uint8Array(exit.value)
        answer(Exit.succeed(lent))
        lent.fill(0xEE)
      }
      const cached = reader.readCachedUnsafe(pack, hash)
      if (cached !== undefined) return lend(Exit.succeed(cached))
      Effect.runFork(Effect.map(Effect.exit(reader.read(pack, hash)), lend))
    },
    readCachedUnsafe: (_pack, hash) => {
      if (!control.cached) return undefined
      control.onCached()
      return blocks.get(hex(hash))
    },
    read: (pack, hash) =>
      Effect.gen(function*() {
        if (control.broken) return yield* new StoreUnavailable({ operation: "get", key: pack, reason: "weather" })
        const block = blocks.get(hex(hash))
        if (control.damaged.has(pack)) return yield* new RepositoryCorrupt({ key: pack, reason: "a bit was flipped" })
        if (block === undefined || control.places?.has(pack) === false) {
          return yield* new BlockMissing({ pack, hash: hex(hash) })
        }
        control.reads++
        control.reading++
        control.mostReading = Math.max(control.mostReading, control.reading)
        yield* Effect.ensuring(control.store.await, Effect.sync(() => control.reading--))
        return block
      })
  })

  const outage = Effect.suspend(() => {
    if (control.outages === 0) return Effect.void
    control.outages--
    return Effect.fail(new StoreUnavailable({ operation: "get", key: "log", reason: "weather" }))
  })
  const shared = new Map<DeviceId.DeviceId, ReadonlyMap<string, Messages.Folder>>()
  const sync = Layer.succeed(FolderSync, {
    clusterConfig: (device, style, theirs) =>
      Effect.gen(function*() {
        yield* outage
        const problem = Session.configProblem(theirs, me, DeviceId.toBytes(device))
        if (problem !== undefined) return yield* new PeerViolation({ reason: problem })
        control.configs.push(theirs)
        control.styles.push(style)
        shared.set(device, new Map(theirs.folders.map((folder) => [folder.id, folder])))
        return theirs.folders.filter(({ id }) => !control.removed.has(id)).map((folder): SharedFolder => {
          const ours = control.folder(folder.id)
          const stated = folder.devices.find((entry) => Buffer.compare(entry.id, me) === 0)!
          const start = IndexExchange.sendStart({ ourIndexId: ours.indexId, ourMax: ours.sequence, stated })
          return { folder: folder.id, paused: folder.paused, sendAfter: start.after, indexId: ours.indexId }
        })
      }),
    removed: (device) =>
      Effect.sync(() => [...shared.get(device)?.keys() ?? []].filter((folder) => control.removed.has(folder))),
    ours: (device) =>
      Effect.map(
        Effect.andThen(
          outage,
          Effect.sync(() => {
            control.stated++
            control.meanwhile?.()
            control.meanwhile = undefined
          })
        ),
        () => ({
          _tag: "ClusterConfig" as const,
          secondary: false,
          folders: [...shared.get(device)?.values() ?? []].filter((folder) => folders.has(folder.id)).map(
            (folder): Messages.Folder => {
              const { indexId, sequence } = control.folder(folder.id)
              const [theirs, mine] = folder.devices.toSorted((entry) => Buffer.compare(entry.id, me) === 0 ? 1 : -1)
              return Object.assign({}, folder, {
                paused: false,
                devices: [
                  Object.assign({}, theirs, { indexId: 0n, maxSequence: 0 }),
                  Object.assign({}, mine, { indexId, maxSequence: sequence })
                ]
              })
            }
          )
        })
      ),
    styleOf: () => "2.x",
    index: (device, message) =>
      Effect.gen(function*() {
        yield* outage
        yield* Effect.onInterrupt(control.digesting.await, () => control.releasing.await)
        const problem = control.violations.get(message.folder)
        if (problem !== undefined) return yield* new PeerViolation({ reason: problem })
        control.heard.push({ device, message })
      }),
    wanted: Stream.never
  })

  const ingest = Layer.mock(Ingest, {
    attach: (source) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => {
            const attached: Attached = { source, responses: [], wakes: 0, attached: true }
            control.attached.push(attached)
            return attached
          }),
          (attached) =>
            Effect.sync(() => {
              attached.attached = false
            })
        ),
        (attached) => ({
          responses: (batch) => {
            for (const response of batch) attached.responses.push({ ...response, data: response.data.slice() })
          },
          wake: () => {
            attached.wakes++
          }
        })
      )
  })
  return { control, layer: Layer.mergeAll(replica, Layer.succeed(BlockReader, reader), sync, ingest) }
}

export type Engine = ReturnType<typeof makeEngine>

const unused = (): never => {
  throw new Error("a connection has no business here")
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

const decoded = (info: Uint8Array): FileInfo.FileInfo => {
  const result = FileInfo.decode(info)
  if (result._tag === "Failure") throw new Error(result.failure)
  return result.success
}
