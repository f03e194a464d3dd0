/**
 * A sorted table in an object: a folder's records, or packs. Rows are ordered by (parent, base name) in byte order, so a
 * directory is one range of bytes; a name appears once.
 */
import * as Result from "effect/Result"
import { Reader, Writer } from "../Wire.ts"
import * as Codec from "./Codec.ts"
import { bothEnds, corrupt, type EnvelopeError, Parts, type Sealing, tail } from "./Envelope.ts"
import * as Footer from "./Footer.ts"
import * as MultisetHash from "./MultisetHash.ts"
import * as ObjectKey from "./ObjectKey.ts"
import { baseOf, compareText, parentOf, sorted } from "./Order.ts"
import * as PackRow from "./PackRow.ts"
import * as Record from "./Record.ts"
import type { FileRecord } from "./Record.ts"
import type { PackRef, SegmentRef, Table } from "./Refs.ts"
import { SegmentProof } from "./SegmentProof.ts"
import * as Steps from "./Steps.ts"

export type SegmentContent =
  | { readonly table: "files"; readonly folder: string; readonly records: ReadonlyArray<FileRecord> }
  | { readonly table: "packs"; readonly packs: ReadonlyArray<PackRef> }

/** Raw bytes at which a page is closed. */
export const pageTarget = 64 * 1024

export interface BuiltSegment {
  /** The object. */
  readonly body: ReadonlyArray<Uint8Array>
  readonly ref: SegmentRef
  readonly footer: Footer.Footer
}

/** The object of these rows, in any order; at least one. `salt`: 32 fresh random bytes. A name twice is a bug. */
export const build = (sealing: Sealing, id: string, salt: Uint8Array, content: SegmentContent): BuiltSegment => {
  if (content.table === "files") {
    const builder = new SegmentBuilder(sealing, id, salt, "files", content.folder)
    for (const record of sorted(content.records)) builder.record(record)
    return builder.finish()
  }
  const builder = new SegmentBuilder(sealing, id, salt, "packs", "")
  for (const ref of content.packs.toSorted((a, b) => compareText(a.id, b.id))) builder.pack(ref)
  return builder.finish()
}

/** Builds a segment from rows that come in order. Holds the finished pages and one open page. */
export class SegmentBuilder {
  private readonly sealing: Sealing
  private readonly id: string
  private readonly table: Table
  private readonly folder: string
  private readonly parts: Parts
  private readonly body: Array<Uint8Array>
  private readonly pages: Array<Omit<Footer.Page, "start">> = []
  private readonly packs = new Record.PackIndex()
  private readonly blocksOf: Array<number> = []
  private readonly bytesOf: Array<number> = []
  private readonly sum = new MultisetHash.MultisetHash()
  private size: number
  private readonly open = new Writer(pageTarget * 2)
  private openRows = 0
  private openBytes = 0
  private openKey: { readonly parent: string; readonly base: string } | undefined
  private last: { readonly parent: string; readonly base: string } | undefined
  private rows = 0
  private tombstones = 0
  private minSequence = 0
  private maxSequence = 0

  constructor(sealing: Sealing, id: string, salt: Uint8Array, table: Table, folder: string) {
    this.sealing = sealing
    this.id = id
    this.table = table
    this.folder = folder
    this.parts = new Parts(sealing, ObjectKey.segment(id), salt)
    this.body = [this.parts.header]
    this.size = this.parts.header.length
  }

  /** The next row of a folder's table. */
  record(record: FileRecord): void {
    const info = Record.inspect(record.info)
    if (info === undefined || info.name !== record.name) throw new RangeError(`not the entry of ${record.name}`)
    this.begin(parentOf(record.name), baseOf(record.name))
    Record.write(this.open, record, this.packs)
    this.openBytes += record.info.length + 16 + record.runs.length * 4
    this.name(record, info)
    this.sum.record(record)
    if (info.deleted) this.tombstones++
    this.minSequence = this.rows === 0 ? record.sequence : Math.min(this.minSequence, record.sequence)
    this.maxSequence = Math.max(this.maxSequence, record.sequence)
    this.end()
  }

  /** The next row of the pack table. */
  pack(ref: PackRef): void {
    this.begin("", ref.id)
    PackRow.write(this.open, ref)
    this.openBytes += 40
    this.sum.pack(ref)
    this.end()
  }

  /** Rows so far, with their digest; undefined if there are none. */
  soFar(): { readonly records: number; readonly digest: Uint8Array } | undefined {
    return this.rows === 0 ? undefined : { records: this.rows, digest: this.sum.digest() }
  }

  /** Ends the segment. Only once, and only if it has a row. */
  finish(): BuiltSegment {
    if (this.rows === 0) throw new RangeError("a segment holds at least one row")
    this.closePage()
    const count = this.pages.length + 1
    const contents: Footer.Contents = {
      table: this.table,
      folder: this.folder,
      records: this.rows,
      tombstones: this.tombstones,
      minSequence: this.minSequence,
      maxSequence: this.maxSequence,
      digest: this.sum.digest(),
      packs: this.packs.ids.map((id, i) => ({ id, blocks: this.blocksOf[i]!, bytes: this.bytesOf[i]! }))
    }
    const payload = Footer.encode(contents, this.pages)
    const sealed = new Uint8Array(payload.length + this.parts.overhead)
    this.parts.sealInto(sealed, 0, count - 1, count, payload)
    const end = Buffer.concat([sealed, tail(this.parts, count, sealed.length)])
    const footer = Result.getOrThrow(Footer.parse(this.sealing, this.id, this.size + end.length, end))
    this.body.push(end)
    return { body: this.body, ref: Footer.refOf(footer), footer }
  }

  private begin(parent: string, base: string): void {
    const last = this.last
    if (last !== undefined && (compareText(last.parent, parent) || compareText(last.base, base)) >= 0) {
      throw new RangeError(`rows are not in order at ${parent}/${base}`)
    }
    this.last = { parent, base }
    this.openKey ??= this.last
  }

  private end(): void {
    this.rows++
    this.openRows++
    if (this.openBytes >= pageTarget) this.closePage()
  }

  private name(record: FileRecord, info: Record.Inspection): void {
    let index = 0
    for (const { count, pack } of record.runs) {
      const place = this.packs.place(pack)
      const bytes = Math.min(info.size, (index + count) * info.blockSize) - Math.min(info.size, index * info.blockSize)
      this.blocksOf[place] = (this.blocksOf[place] ?? 0) + count
      this.bytesOf[place] = (this.bytesOf[place] ?? 0) + bytes
      index += count
    }
  }

  private closePage(): void {
    const key = this.openKey
    if (key === undefined) return
    const bytes = this.open.finish()
    const packed = Codec.looksCompressible(bytes) ? Codec.compress(bytes) : undefined
    const body = packed ?? bytes
    const sealed = new Uint8Array(body.length + this.parts.overhead)
    this.parts.sealInto(sealed, 0, this.pages.length, 0, body)
    this.body.push(sealed)
    this.size += sealed.length
    this.pages.push({
      stored: sealed.length,
      codec: packed === undefined ? Codec.raw : Codec.zstd,
      raw: bytes.length,
      records: this.openRows,
      parent: key.parent,
      base: key.base
    })
    // Its bytes were copied, sealed or compressed.
    this.open.clear()
    this.openRows = 0
    this.openBytes = 0
    this.openKey = undefined
  }
}

/** The records of a page of a folder's table, in order. `bytes`: what lies at the page's place; infos are views of it or of its decoded copy. */
export const decodePage = (
  footer: Footer.Footer,
  index: number,
  bytes: Uint8Array
): Result.Result<ReadonlyArray<FileRecord>, EnvelopeError> =>
  footer.table === "files"
    ? decodeRows(footer, index, bytes, (reader) => Record.read(reader, footer.packIds))
    : Result.fail(corrupt("it is not a table of records"))

/** The packs of a page of the pack table, in order. */
export const decodePackPage = (
  footer: Footer.Footer,
  index: number,
  bytes: Uint8Array
): Result.Result<ReadonlyArray<PackRef>, EnvelopeError> =>
  footer.table === "packs"
    ? decodeRows(footer, index, bytes, PackRow.read)
    : Result.fail(corrupt("it is not a table of packs"))

/**
 * The footer of a whole segment, after everything in it was proved: rows in order and once, counts, sequences, digest, packs
 * named. One page a step; `each` and `eachPack` are given the rows of those that proved.
 */
export function* proving(
  sealing: Sealing,
  id: string,
  bytes: Uint8Array,
  each: (records: ReadonlyArray<FileRecord>) => void = () => {},
  eachPack: (packs: ReadonlyArray<PackRef>) => void = () => {}
): Steps.Steps<Result.Result<Footer.Footer, EnvelopeError>> {
  const ending = Footer.parse(sealing, id, bytes.length, bytes)
  const parsed = bothEnds(sealing, ObjectKey.segment(id), bytes, ending)
  if (Result.isFailure(parsed)) return parsed
  const footer = parsed.success
  const proof = new SegmentProof(footer)
  for (const [index, { start, stored }] of footer.pages.entries()) {
    const page = bytes.subarray(start, start + stored)
    let problem: string | undefined
    if (footer.table === "packs") {
      const rows = decodePackPage(footer, index, page)
      if (Result.isFailure(rows)) return Result.fail(rows.failure)
      problem = proof.packs(rows.success)
      if (problem === undefined) eachPack(rows.success)
    } else {
      const rows = decodePage(footer, index, page)
      if (Result.isFailure(rows)) return Result.fail(rows.failure)
      problem = proof.files(rows.success)
      if (problem === undefined) each(rows.success)
    }
    if (problem !== undefined) return Result.fail(corrupt(problem))
    yield
  }
  const problem = proof.finish()
  return problem === undefined ? parsed : Result.fail(corrupt(problem))
}

/** A whole segment with all its rows, after everything in it was proved. */
export const readAll = (
  sealing: Sealing,
  id: string,
  bytes: Uint8Array
): Result.Result<{ readonly footer: Footer.Footer; readonly content: SegmentContent }, EnvelopeError> => {
  const packs: Array<PackRef> = []
  const records: Array<FileRecord> = []
  const proved = Steps.run(proving(
    sealing,
    id,
    bytes,
    (rows) => {
      for (const row of rows) records.push(row)
    },
    (rows) => {
      for (const row of rows) packs.push(row)
    }
  ))
  return Result.map(proved, (footer) => ({
    footer,
    content: footer.table === "packs"
      ? { table: "packs", packs }
      : { table: "files", folder: footer.folder, records }
  }))
}

const decodeRows = <Row>(
  footer: Footer.Footer,
  index: number,
  bytes: Uint8Array,
  read: (reader: Reader) => Row | undefined
): Result.Result<ReadonlyArray<Row>, EnvelopeError> => {
  const page = footer.pages[index]!
  if (bytes.length !== page.stored) return Result.fail(corrupt("a page was cut"))
  const opened = footer.parts.open(index, 0, bytes)
  if (Result.isFailure(opened)) return Result.fail(opened.failure)
  const raw = page.codec === Codec.raw ? opened : Result.mapError(Codec.decompress(opened.success, page.raw), corrupt)
  if (Result.isFailure(raw)) return Result.fail(raw.failure)
  const reader = new Reader(raw.success)
  const rows: Array<Row> = []
  while (reader.pos < reader.limit) {
    const row = read(reader)
    if (row === undefined) break
    rows.push(row)
  }
  return reader.problem === undefined && rows.length === page.records
    ? Result.succeed(rows)
    : Result.fail(corrupt(`a page is broken: ${reader.problem ?? "it does not count its rows"}`))
}
