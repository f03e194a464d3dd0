/**
 * Opens a copy of the bucket as a host that knows nothing, and says what is wrong with it: the state must be the one the
 * guard folded, every block that head or a checkpoint needs must resolve and have its hash, checkpoints must be what they
 * were, nothing that a peer was promised may be gone, and fsck, where it is asked, finds nothing either.
 */
import { Context, Effect, Layer, Option, Result, Stream } from "effect"
import * as Crypto from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Record from "../../src/domain/repository/Record.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as FsckRepository from "../../src/layers/FsckRepository.ts"
import * as LogAuditObjects from "../../src/layers/LogAuditObjects.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectProofStore from "../../src/layers/ObjectProofStore.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { Fsck } from "../../src/services/Fsck.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { Witness } from "../../src/services/Witness.ts"
import * as Hosts from "../harness/Hosts.ts"
import type { Guard } from "./Guard.ts"
import * as Promises from "./Promises.ts"
import * as SimPeer from "./SimPeer.ts"

/** What audits remember from one to the next. */
export interface Memory {
  /** By checkpoint id. */
  readonly checkpoints: Map<number, string>
  /** Rows of segments, which never change. */
  readonly segments: Map<string, ReadonlyArray<FileRecord>>
}

export const memory = (): Memory => ({ checkpoints: new Map(), segments: new Map() })

const reading = (store: ObjectStore["Service"], passphrase: string | undefined) =>
  Layer.merge(
    BlockReaderPacks.layer,
    FsckRepository.layer.pipe(Layer.provide(Layer.merge(LogAuditObjects.layer, ObjectProofStore.layer)))
  ).pipe(
    Layer.provideMerge(RepositoryLog.layerAs("auditor")),
    Layer.provideMerge(LogObjectsSealed.layer),
    Layer.provideMerge(Layer.mergeAll(
      Layer.succeed(ObjectStore, store),
      Hosts.randomLayer(99),
      Hosts.passphraseLayer(passphrase),
      Layer.succeed(Witness, WitnessMemory.make(new Map()))
    ))
  )

export const audit = Effect.fnUntraced(function*(
  objects: ReadonlyMap<string, Uint8Array>,
  guard: Guard,
  peers: ReadonlyArray<SimPeer.SimPeer>,
  known: Memory,
  passphrase: string | undefined,
  /** Everything the peers have now must be safe, promised or not. */
  all = false,
  fsck = false
) {
  const complaints: Array<string> = []
  const copy = new Map(objects)
  const promised = peers.map((peer) => [...peer.acknowledged, ...(all ? peer.current : [])])
  const commits = [...guard.commits]
  const expected = guard.state()
  const inlineRows = new Map([...expected.folders.keys()].map((id) => [id, guard.inline(id)]))
  const context = yield* Effect.result(Layer.build(reading(ObjectStoreMemory.make(copy), passphrase)))
  if (Result.isFailure(context)) return [`the repository cannot be opened: ${context.failure.message}`]
  const repository = Context.get(context.success, Repository)
  const reader = Context.get(context.success, BlockReader)
  const state = yield* repository.head
  if (!isDeepStrictEqual(plain({ ...state, basePosition: 0 }), plain({ ...expected, basePosition: 0 }))) {
    complaints.push(`the state read at ${state.position} is not the one that was committed at ${expected.position}`)
  }

  if (fsck) {
    const report = yield* Effect.result(Stream.runLast(Context.get(context.success, Fsck).check({ level: "full" })))
    if (Result.isFailure(report)) complaints.push(`fsck failed: ${report.failure.message}`)
    else if (Option.isSome(report.success) && report.success.value._tag === "Report") {
      for (const { key, kind, severity, what } of report.success.value.findings) {
        if (severity === "damage") complaints.push(`fsck finds ${kind} at ${key}: ${what}`)
      }
    } else complaints.push("fsck ended without a report")
  }

  const rowsOf = (id: string): ReadonlyArray<FileRecord> => {
    const cached = known.segments.get(id)
    if (cached !== undefined) return cached
    const object = copy.get(ObjectKey.segment(id))
    const read = object === undefined ? undefined : Segment.readAll(repository.sealing, id, object)
    if (read === undefined || Result.isFailure(read)) {
      complaints.push(`the segment ${id} is in use and cannot be read`)
      return []
    }
    const rows = read.success.content.table === "files" ? read.success.content.records : []
    known.segments.set(id, rows)
    return rows
  }
  const view = (segments: ReadonlyArray<string>, more: ReadonlyArray<FileRecord>) => {
    const newest = new Map<string, FileRecord>()
    for (const record of [...segments.flatMap(rowsOf), ...more]) {
      if ((newest.get(record.name)?.sequence ?? 0) < record.sequence) newest.set(record.name, record)
    }
    return newest
  }

  const verified = new Set<string>()
  const verify = Effect.fnUntraced(function*(records: Iterable<FileRecord>, where: string) {
    const infos = new Map<string, FileInfo.FileInfo>()
    for (const record of records) {
      const info = Result.getOrThrow(FileInfo.decode(record.info))
      infos.set(record.name, info)
      if (info.deleted || info.size === 0) continue
      for (let i = 0; i < FileInfo.blockCount(info); i++) {
        const pack = Record.packOf(record, i)
        const hash = FileInfo.blockHash(info, i)
        if (pack === undefined) {
          complaints.push(`block ${i} of ${record.name} (${where}) is in no pack`)
          continue
        }
        const key = `${pack}/${Buffer.from(hash).toString("latin1")}`
        if (verified.has(key)) continue
        verified.add(key)
        const read = yield* Effect.result(reader.read(pack, hash))
        if (Result.isFailure(read)) complaints.push(`block ${i} of ${record.name} (${where}): ${read.failure.message}`)
      }
    }
    return infos
  })

  const heads = new Map<string, ReadonlyMap<string, FileInfo.FileInfo>>()
  for (const folder of state.folders.values()) {
    const records = view(folder.segments, inlineRows.get(folder.id) ?? [])
    for (const { name, sequence } of records.values()) {
      if (sequence > folder.sequence) complaints.push(`${name} has sequence ${sequence} above the folder's`)
    }
    heads.set(folder.id, yield* verify(records.values(), "head"))
  }
  for (const { folder, id, segments } of state.checkpoints) {
    const records = view(segments, [])
    yield* verify(records.values(), `checkpoint ${id}`)
    const digest = Crypto.createHash("sha256").update(folder)
    for (const { info, name, sequence } of [...records.values()].toSorted((a, b) => a.name < b.name ? -1 : 1)) {
      digest.update(`${name}\0${sequence}\0`).update(info)
    }
    const now = digest.digest("hex")
    const before = known.checkpoints.get(id)
    if (before !== undefined && before !== now) complaints.push(`checkpoint ${id} is not what it was`)
    known.checkpoints.set(id, now)
  }

  const edits = peers.flatMap((peer) => [...peer.edits.values()])
  const recorded = Promises.recorded(commits, complaints)
  const head = heads.get(SimPeer.folder) ?? new Map<string, FileInfo.FileInfo>()
  for (const acknowledged of promised) complaints.push(...Promises.broken(acknowledged, head, recorded, edits))
  return complaints
}, Effect.scoped)

/** With all bytes as text: whose buffer they lie in says nothing. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, plain(inner)]))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
