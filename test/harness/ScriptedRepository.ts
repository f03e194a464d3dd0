/**
 * A repository whose history a test writes commit by commit, over a bucket in memory. Commits, segments and packs are
 * real objects made by the real functions, and every commit must be admissible; only the races are missing. The same
 * script with the same seed gives the same bytes, so that two processes can play hosts of one bucket.
 */
import { Context, Effect, Layer, PubSub, Stream } from "effect"
import { hash } from "node:crypto"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as Commit from "../../src/domain/repository/Commit.ts"
import * as Envelope from "../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { newest } from "../../src/domain/repository/Order.ts"
import * as Pack from "../../src/domain/repository/Pack.ts"
import type { BlockRun, FileRecord } from "../../src/domain/repository/Record.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import * as State from "../../src/domain/repository/State.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { type Applied, Repository, RepositoryCorrupt } from "../../src/services/Repository.ts"
import * as Seeded from "./Seeded.ts"

/** An entry to put: blocks are named by labels, and each label by the pack it lies in. */
export interface Entry {
  readonly name: string
  readonly type?: FileInfo.FileType
  readonly deleted?: boolean
  readonly invalid?: boolean
  readonly blocks?: ReadonlyArray<{ readonly label: string; readonly pack: string }>
}

export const blockSize = 128 * 1024

/** The hash of the block of that label. */
export const hashOf = (label: string): Uint8Array => hash("sha256", label, "buffer")

export const infoOf = (entry: Entry): Uint8Array => {
  const blocks = entry.blocks ?? []
  const type = entry.type ?? "file"
  const raw = FileInfo.encode({
    name: entry.name,
    type,
    version: [{ id: 1n, value: 1n }],
    deleted: entry.deleted ?? false,
    invalid: entry.invalid ?? false,
    size: blocks.length * blockSize,
    blockSize,
    hashes: Buffer.concat(blocks.map(({ label }) => hashOf(label)))
  })
  return raw
}

export const runsOf = (entry: Entry): ReadonlyArray<BlockRun> => {
  const runs: Array<{ pack: string; count: number }> = []
  for (const { pack } of entry.blocks ?? []) {
    const last = runs.at(-1)
    if (last !== undefined && last.pack === pack) last.count++
    else runs.push({ pack, count: 1 })
  }
  return runs
}

export class ScriptedRepository {
  readonly objects = new Map<string, Uint8Array>()
  readonly sealing: Envelope.Sealing
  readonly store: ObjectStore["Service"]
  /** Hashes by label in every pack ever made. */
  readonly packs = new Map<string, ReadonlySet<string>>()
  /** Requests for objects, by key. */
  readonly gets: Array<string> = []
  /** What `head` may know; the newest by default. */
  known = Infinity
  private applied: Array<Applied> = []
  /** Of the oldest log entry. */
  private oldest = 1
  private base = 0
  private readonly inSegments = new Map<string, ReadonlyArray<FileRecord>>()
  private readonly random: Seeded.Seeded
  private readonly news = Effect.runSync(PubSub.sliding<State.State>(1))

  constructor(seed = 1) {
    this.random = Seeded.make(seed)
    this.sealing = { suite: "plain", repository: Buffer.from(this.random.bytes(16)).toString("hex") }
    const memory = ObjectStoreMemory.make(this.objects)
    this.store = ObjectStore.of({
      ...memory,
      get: (key, range) => {
        this.gets.push(key)
        return memory.get(key, range)
      }
    })
  }

  get head(): State.State {
    const state = this.applied.findLast(({ commit }) => commit.position <= this.known)?.state
    return { ...state ?? State.initial(this.sealing.repository), basePosition: this.base }
  }

  get folders(): ReadonlyMap<string, State.FolderState> {
    return this.newest.folders
  }

  /** After the last commit, whether `known` or not. */
  get newest(): State.State {
    return this.applied.at(-1)?.state ?? State.initial(this.sealing.repository)
  }

  /** The folder as the log tells it: what every replica at the head must say. */
  view(folder: string): ReadonlyMap<string, FileRecord> {
    const view = new Map<string, FileRecord>()
    const lost = this.lost()
    for (const { commit } of this.applied) {
      for (const op of commit.ops) {
        if (!("folder" in op) || op.folder !== folder) continue
        if (op._tag === "SegmentAdded" && lost.has(op.segment.id)) continue
        if (op._tag === "FolderRemoved") view.clear()
        const records = op._tag === "FilesChanged"
          ? op.records
          : op._tag === "SegmentAdded"
          ? this.inSegments.get(op.segment.id) ?? []
          : []
        for (const record of records) {
          if ((view.get(record.name)?.sequence ?? 0) < record.sequence) view.set(record.name, record)
        }
      }
    }
    return view
  }

  /** Segments whose rows were given up. */
  private lost(): ReadonlySet<string> {
    const given = this.applied.map(({ commit }) => commit.ops).filter((ops) =>
      ops.some(({ _tag }) => _tag === "IndexRenewed")
    )
    return new Set(given.flat().flatMap((op) => op._tag === "SegmentsMerged" ? op.inputs : []))
  }

  /** The segment's rows are lost, and the folder goes on without them. */
  giveUp(folder: string, { digest, id, records }: State.SegmentRef): Applied {
    this.objects.delete(ObjectKey.segment(id))
    const { indexId, sequence } = this.folders.get(folder)!
    return this.commit(
      {
        _tag: "SegmentsMerged",
        table: "files",
        folder,
        inputs: [id],
        dropped: { records, digest },
        tombstones: { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
      },
      { _tag: "RemoteIndexesForgotten", folder },
      { _tag: "IndexRenewed", folder, indexId: indexId + 1n, sequence: sequence + 1 }
    )
  }

  /** Appends a commit of the open epoch. */
  commit(...ops: ReadonlyArray<Commit.Op>): Applied {
    const before = this.newest
    const opened = ops.find((op) => op._tag === "EpochOpened")
    const commit: Commit.Commit = {
      position: before.position + 1,
      previous: before.digest,
      term: opened?.epoch ?? before.epoch,
      nonce: this.random.bytes(16),
      host: "test",
      time: before.time + 1000,
      ops
    }
    const problem = State.admissible(before, commit, State.noFacts)
    if (problem !== undefined) throw new Error(`the script is not admissible: ${problem}`)
    const bytes = Commit.encode(commit)
    const key = ObjectKey.log(commit.position)
    this.objects.set(key, Envelope.sealObject(this.sealing, key, this.random.bytes(32), bytes))
    const applied = { commit, state: State.fold(before, commit, Commit.digest(bytes)) }
    this.applied.push(applied)
    Effect.runSync(PubSub.publish(this.news, applied.state))
    return applied
  }

  openEpoch(): Applied {
    return this.commit({ _tag: "EpochOpened", epoch: this.newest.epoch + 1 })
  }

  addFolder(folder: string): Applied {
    return this.commit({ _tag: "FolderAdded", folder, label: folder, indexId: 1n + BigInt(this.random.int(1e9)) })
  }

  removeFolder(folder: string): Applied {
    return this.commit({ _tag: "FolderRemoved", folder })
  }

  /** A pack of small blocks that have these labels' hashes: a real object. Name it by `PacksAdded`. */
  pack(labels: ReadonlyArray<string>): { readonly ref: State.PackRef; readonly contents: State.PackContents } {
    const id = ObjectKey.makeId(this.newest.epoch, this.random.bytes(16))
    const writer = new Pack.PackWriter({
      sealing: this.sealing,
      id,
      salt: this.random.bytes(32),
      buffer: packBuffer,
      target: packTarget
    })
    for (const label of labels) writer.add(hashOf(label), Uint8Array.of(1, 2, 3))
    const { body, contents, ref } = writer.finish()
    this.packs.set(id, new Set(labels))
    this.objects.set(ObjectKey.pack(id), Buffer.concat(body.map((part) => Uint8Array.from(part))))
    return { ref, contents: { hashes: Uint8Array.from(contents.hashes) } }
  }

  /** The entries as records that continue the folder's sequences. */
  records(folder: string, entries: ReadonlyArray<Entry>, after = 0): ReadonlyArray<FileRecord> {
    const from = (this.folders.get(folder)?.sequence ?? 0) + after
    return entries.map((entry, index) => ({
      name: entry.name,
      sequence: from + index + 1,
      info: infoOf(entry),
      runs: runsOf(entry)
    }))
  }

  filesChanged(folder: string, entries: ReadonlyArray<Entry>, after = 0): Commit.Op {
    return { _tag: "FilesChanged", folder, records: this.records(folder, entries, after) }
  }

  change(folder: string, entries: ReadonlyArray<Entry>): Applied {
    return this.commit(this.filesChanged(folder, entries))
  }

  /** Puts a segment of the records. */
  segment(folder: string, records: ReadonlyArray<FileRecord>): State.SegmentRef {
    const id = ObjectKey.makeId(this.newest.epoch, this.random.bytes(16))
    const built = Segment.build(this.sealing, id, this.random.bytes(32), {
      table: "files",
      folder,
      records: newest(records).records
    })
    this.objects.set(ObjectKey.segment(id), Buffer.concat(built.body))
    this.inSegments.set(id, records)
    return built.ref
  }

  /** Commits entries by a segment of their own. */
  changeBySegment(folder: string, entries: ReadonlyArray<Entry>): Applied {
    return this.commit({ _tag: "SegmentAdded", folder, segment: this.segment(folder, this.records(folder, entries)) })
  }

  /** Moves the folder's inline records to a segment, if it has any. */
  flush(folder: string): void {
    const inline = this.folders.get(folder)?.inline ?? []
    if (inline.length === 0) return
    const records = this.applied.filter(({ commit }) => inline.includes(commit.position)).flatMap(({ commit }) =>
      commit.ops.flatMap((op) => op._tag === "FilesChanged" && op.folder === folder ? op.records : [])
    )
    const through = this.newest.position
    this.commit({ _tag: "InlineFlushed", folder, through, segment: this.segment(folder, records) })
  }

  /** Flushes everything, writes a base in name and trims the log before it. */
  trim(): void {
    for (const folder of this.folders.keys()) this.flush(folder)
    this.base = this.newest.position
    for (let n = this.oldest; n <= this.base; n++) this.objects.delete(ObjectKey.log(n))
    this.oldest = this.base + 1
  }

  /** The bucket becomes what it was at that position, as from an older copy of it. */
  restore(position: number): void {
    for (const { commit } of this.applied) {
      if (commit.position > position) this.objects.delete(ObjectKey.log(commit.position))
    }
    this.applied = this.applied.filter(({ commit }) => commit.position <= position)
  }

  get service(): Repository["Service"] {
    return Repository.of({
      id: this.sealing.repository,
      sealing: this.sealing,
      head: Effect.sync(() => this.head),
      follow: Effect.sync(() => this.head),
      refresh: Effect.sync(() => {
        this.known = Infinity
        return this.head
      }),
      commit: (plan) =>
        Effect.suspend(() => Effect.map(plan(this.head), (ops) => ops.length === 0 ? undefined : this.commit(...ops))),
      flush: () =>
        Effect.sync(() => {
          for (const folder of this.folders.keys()) this.flush(folder)
        }),
      commitsAfter: (position) =>
        Stream.suspend(() => {
          if (position + 1 < this.oldest) {
            const key = ObjectKey.log(position + 1)
            return Stream.fail(new RepositoryCorrupt({ key, reason: "it is missing" }))
          }
          const end = Math.min(this.known, this.newest.position)
          return Stream.fromIterable(
            this.applied.filter(({ commit }) => commit.position > position && commit.position <= end)
          )
        }),
      changes: Stream.fromPubSub(this.news),
      putSegment: (content) =>
        Effect.sync(() => {
          if (content.table !== "files") throw new Error("only tables of files are scripted")
          return this.segment(content.folder, content.records)
        }),
      buildSegment: (table, folder, fill) =>
        Effect.gen({ self: this }, function*() {
          const id = ObjectKey.makeId(this.newest.epoch, this.random.bytes(16))
          const builder = new Segment.SegmentBuilder(this.sealing, id, this.random.bytes(32), table, folder)
          yield* fill(builder)
          if (builder.soFar() === undefined) return undefined
          const { body, ref } = builder.finish()
          this.objects.set(ObjectKey.segment(id), Buffer.concat(body))
          return ref
        }),
      pack: (id) => Effect.sync(() => State.packRef(this.head, id))
    })
  }

  get layer(): Layer.Layer<Repository | ObjectStore> {
    return Layer.succeedContext(
      Context.make(Repository, this.service).pipe(Context.add(ObjectStore, this.store))
    )
  }
}

const packTarget = 64 * 1024
const packBuffer = new Uint8Array(Pack.bufferLength(packTarget))
