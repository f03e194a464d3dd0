/**
 * Golden repositories that have lived: archives of whole buckets of format 1, and what must be found in them. An archive is
 * all objects one after the other; its manifest says where each begins by the sizes of those before it.
 */
import { Effect, Result, Stream } from "effect"
import { hash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as Commit from "../../src/domain/repository/Commit.ts"
import { openObject, type Sealing } from "../../src/domain/repository/Envelope.ts"
import * as LeaseClaim from "../../src/domain/repository/LeaseClaim.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { newest } from "../../src/domain/repository/Order.ts"
import { type FileRecord, packOf } from "../../src/domain/repository/Record.ts"
import type { PackRef } from "../../src/domain/repository/Refs.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import type { State } from "../../src/domain/repository/State.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"

export const suites = ["plain", "aes-256-gcm"] as const
export type Suite = typeof suites[number]

/** Of an encrypted one: the first two open it, the third was taken away. */
export const passphrases = ["correct horse battery staple", "Füße im Safe", "a third one"] as const

export const directory = Path.join(import.meta.dirname, "v1-lived")
const at = (suite: Suite, what: "expected.json" | "manifest.json" | "objects") =>
  Path.join(directory, `${suite}.${what}`)

export interface Entry {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

export type Found = Effect.Success<typeof look>

/** Writes what is not there yet; what is there never changes. */
export const save = (suite: Suite, objects: ReadonlyMap<string, Uint8Array>, expected: Found): void => {
  Fs.mkdirSync(directory, { recursive: true })
  const names = [...objects.keys()].toSorted()
  const write = (file: string, bytes: string | Uint8Array) => Fs.writeFileSync(file, bytes, { flag: "wx" })
  const entries = names.map((name) => JSON.stringify(entryOf(name, objects.get(name)!)))
  write(at(suite, "objects"), Buffer.concat(names.map((name) => objects.get(name)!)))
  write(at(suite, "manifest.json"), `[\n${entries.join(",\n")}\n]\n`)
  // One line for each row.
  const lines = JSON.stringify(expected, null, 1).replaceAll(/\n {3,}/g, "")
  write(at(suite, "expected.json"), `${lines}\n`)
}

const entryOf = (name: string, bytes: Uint8Array): Entry => ({
  name,
  size: bytes.length,
  sha256: hash("sha256", bytes)
})

export const expected = (suite: Suite): Found =>
  JSON.parse(Fs.readFileSync(at(suite, "expected.json"), "utf8")) as Found

/** All objects, and what the manifest says of them. */
export const load = (suite: Suite) => {
  const manifest = JSON.parse(Fs.readFileSync(at(suite, "manifest.json"), "utf8")) as ReadonlyArray<Entry>
  const archive = Fs.readFileSync(at(suite, "objects"))
  const objects = new Map<string, Uint8Array>()
  let from = 0
  for (const { name, size } of manifest) objects.set(name, Uint8Array.from(archive.subarray(from, from += size)))
  const found = [...objects].map(([name, bytes]) => entryOf(name, bytes))
  return { objects, manifest, found, whole: from === archive.length }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

/** Field by field: what later versions add to a state is not asked of this one. */
export const factsOf = (state: State) => ({
  position: state.position,
  digest: hex(state.digest),
  epoch: state.epoch,
  time: state.time,
  identity: state.identity === undefined
    ? null
    : { certificate: hex(state.identity.certificate), privateKey: hex(state.identity.privateKey) },
  folders: sorted([...state.folders.values()].map((folder) => ({
    id: folder.id,
    label: folder.label,
    indexId: String(folder.indexId),
    sequence: folder.sequence,
    segments: folder.segments,
    inline: folder.inline,
    changedAt: folder.changedAt,
    remotes: sorted([...folder.remotes].map(([id, { indexId, sequence }]) => ({
      id,
      indexId: String(indexId),
      sequence
    }))),
    milestones: folder.milestones.map(({ sequence, time }) => ({ sequence, time }))
  }))),
  removed: sorted([...state.removed.values()].map(({ id, indexId, label, sequence, time }) => ({
    id,
    label,
    indexId: String(indexId),
    sequence,
    time
  }))),
  segments: sorted([...state.segments.values()].map((ref) => ({
    id: ref.id,
    table: ref.table,
    folder: ref.folder,
    records: ref.records,
    minSequence: ref.minSequence,
    maxSequence: ref.maxSequence,
    size: ref.size,
    footerLength: ref.footerLength,
    digest: hex(ref.digest)
  }))),
  packs: {
    flushed: sorted([...state.packs.flushed.values()].map((ref) => packFacts(ref))),
    inline: sorted([...state.packs.inline.values()].map(({ position, ref }) => packFacts(ref, position))),
    segments: state.packs.segments,
    dropped: sorted([...state.packs.dropped.values()].map((ref) => packFacts(ref)))
  },
  redirects: sorted([...state.redirects].map(([id, packs]) => ({ id, packs }))),
  condemned: sorted([...state.condemned.values()].map(({ id, kind, position, size, time }) => ({
    id,
    kind,
    size,
    position,
    time
  }))),
  deletionStopped: state.deletionStopped?.reason ?? null,
  checkpoints: state.checkpoints.map((checkpoint) => ({
    id: checkpoint.id,
    folder: checkpoint.folder,
    label: checkpoint.label,
    reason: checkpoint.reason,
    time: checkpoint.time,
    position: checkpoint.position,
    sequence: checkpoint.sequence,
    segments: checkpoint.segments,
    supersededAt: checkpoint.supersededAt ?? null,
    counts: checkpoint.counts === undefined ? null : { ...checkpoint.counts },
    pins: (checkpoint.pins ?? []).map(({ holder, reason, until }) => ({ holder, reason, until: until ?? null }))
  })),
  nextCheckpoint: state.nextCheckpoint,
  schedules: state.schedules.map(({ every, keep }) => ({ every, keep })),
  features: state.features
})

const packFacts = ({ blocks, bytes, id, size, trailerLength }: PackRef, position?: number) => ({
  id,
  size,
  trailerLength,
  blocks,
  bytes,
  ...(position === undefined ? {} : { position })
})

const sorted = <A extends { readonly id: string }>(values: ReadonlyArray<A>): ReadonlyArray<A> =>
  values.toSorted((a, b) => a.id < b.id ? -1 : 1)

/** Operations by tag, and the shapes of those that have several. */
export const shapesOf = (op: Commit.Op): ReadonlyArray<string> => {
  const shapes: Array<string> = [op._tag]
  if (op._tag === "SegmentsMerged") {
    shapes.push(`SegmentsMerged ${op.table}`)
    if (op.dropped.records > 0) shapes.push(`SegmentsMerged ${op.table}, rows dropped`)
    if (op.tombstones.records > 0) shapes.push("SegmentsMerged, tombstones dropped")
  }
  if (op._tag === "CheckpointCreated") {
    shapes.push(`CheckpointCreated ${op.reason}${op.counts === undefined ? ", without counts" : ""}`)
  }
  if (op._tag === "CheckpointPinned") {
    shapes.push(`CheckpointPinned ${op.holder === "" ? "by the operator" : "by a reader"}`)
  }
  if (op._tag === "ObjectsCondemned" || op._tag === "ObjectsDeleted") {
    for (const { kind } of op.objects) shapes.push(`${op._tag} ${kind}`)
  }
  return shapes
}

/** What a record says, and what is in it: the SHA-256 of a file's bytes, where a link leads. */
export interface Row {
  readonly name: string
  readonly sequence: number
  readonly type: string
  readonly deleted: boolean
  readonly size: number
  readonly blockSize: number
  readonly permissions: number
  readonly modified: string
  readonly version: string
  /** SHA-256 of its FileInfo. */
  readonly info: string
  readonly content: string
}

/** Every block of it is read. */
const shown = Effect.fnUntraced(function*(record: FileRecord): Effect.fn.Return<Row, unknown, BlockReader> {
  const info = Result.getOrThrow(FileInfo.decode(record.info))
  const reader = yield* BlockReader
  const bytes: Array<Uint8Array> = []
  for (let i = 0; i < info.hashes.length / 32 && info.size > 0; i++) {
    bytes.push(yield* reader.read(packOf(record, i)!, FileInfo.blockHash(info, i)))
  }
  const content = Buffer.concat(bytes)
  if (content.length !== info.size) return yield* Effect.die(new Error(`${record.name} has ${content.length} bytes`))
  return {
    name: record.name,
    sequence: record.sequence,
    type: info.type,
    deleted: info.deleted,
    size: info.size,
    blockSize: info.blockSize,
    permissions: info.permissions,
    modified: `${info.modifiedS}.${info.modifiedNs}`,
    version: info.version.map(({ id, value }) => `${id}:${value}`).join(" "),
    info: hash("sha256", record.info),
    content: info.deleted
      ? "deleted"
      : info.type === "directory"
      ? "directory"
      : info.type === "symlink"
      ? `link to ${Buffer.from(info.symlinkTarget).toString()}`
      : hash("sha256", content)
  }
})

/** Claims on the writer's term, by number. */
const claims = Effect.gen(function*() {
  const { sealing } = yield* Repository
  const store = yield* ObjectStore
  const found: Record<number, LeaseClaim.LeaseClaim> = {}
  for (const { key } of yield* Stream.runCollect(store.list(ObjectKey.leasePrefix))) {
    const parsed = ObjectKey.parse(key)
    if (parsed?._tag !== "Lease") return yield* Effect.die(new Error(key))
    found[parsed.epoch] = yield* Effect.fromResult(LeaseClaim.decode(sealing, parsed.epoch, yield* store.get(key)))
  }
  return found
})

/** All that can be read: the state, and of each folder and checkpoint the records that count, with their content. */
export const look = Effect.gen(function*() {
  const repository = yield* Repository
  const store = yield* ObjectStore
  const state = yield* repository.head
  const view = Effect.fnUntraced(function*(
    folder: string,
    segments: ReadonlyArray<string>,
    inline: ReadonlyArray<number>
  ) {
    const records: Array<FileRecord> = []
    for (const id of segments) {
      const { content } = yield* Effect.fromResult(
        Segment.readAll(repository.sealing, id, yield* store.get(ObjectKey.segment(id)))
      )
      if (content.table === "files") records.push(...content.records)
    }
    if (inline.length > 0) {
      for (const { commit } of yield* Stream.runCollect(repository.commitsAfter(inline[0]! - 1))) {
        if (!inline.includes(commit.position)) continue
        for (const op of commit.ops) {
          if (op._tag === "FilesChanged" && op.folder === folder) records.push(...op.records)
        }
      }
    }
    // What is superseded must be whole too, until a merge drops it.
    const all = yield* Effect.forEach(records, shown)
    const counting = new Set(newest(records).records.map(({ sequence }) => sequence))
    return all.filter(({ sequence }) => counting.has(sequence)).toSorted((a, b) => a.sequence - b.sequence)
  })
  const rows: Record<string, Record<number, Row>> = {}
  const folders: Record<string, ReadonlyArray<number>> = {}
  const checkpoints: Record<string, ReadonlyArray<number>> = {}
  const told = (folder: string, records: ReadonlyArray<Row>) =>
    records.map((row) => {
      const known = (rows[folder] ??= {})[row.sequence] ??= row
      if (known.info !== row.info || known.content !== row.content) throw new Error(`${row.name} is two`)
      return row.sequence
    })
  for (const { id, inline, segments } of state.folders.values()) {
    folders[id] = told(id, yield* view(id, segments, inline))
  }
  for (const { folder, id, segments } of state.checkpoints) {
    checkpoints[id] = told(folder, yield* view(folder, segments, []))
  }
  return { state: factsOf(state), rows, folders, checkpoints, claims: yield* claims }
})

/** Name and content of what is there, of those rows. */
export const treeOf = (
  rows: Readonly<Record<number, Row>> = {},
  sequences: ReadonlyArray<number>
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    sequences.flatMap((sequence) => rows[sequence] ?? []).filter(({ deleted }) => !deleted)
      .map(({ content, name }) => [name, content])
  )

/** All commits of the log, oldest first. */
export const logged = (sealing: Sealing, objects: ReadonlyMap<string, Uint8Array>): ReadonlyArray<Commit.Commit> =>
  [...objects].filter(([key]) => key.startsWith(ObjectKey.logPrefix)).toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([key, bytes]) => Result.getOrThrow(Result.flatMap(openObject(sealing, key, bytes), Commit.decode)))
