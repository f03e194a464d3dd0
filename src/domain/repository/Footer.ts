/** The end of a segment: what it holds in all, which packs it names, and the first row of each page. */
import * as Result from "effect/Result"
import { Reader, Writer } from "../Wire.ts"
import * as Codec from "./Codec.ts"
import {
  corrupt,
  type EnvelopeError,
  headerLength,
  maxPayload,
  openEnding,
  type Parts,
  type Sealing
} from "./Envelope.ts"
import * as ObjectKey from "./ObjectKey.ts"
import { compareText } from "./Order.ts"
import { safe } from "./Record.ts"
import type { SegmentRef, Table } from "./Refs.ts"

/** Largest page, raw: room for one FileInfo as large as a message may be. */
export const maxPage = 256 * 1024 * 1024

export interface Page {
  /** Offset in the object. */
  readonly start: number
  /** Bytes in the object, seal included. */
  readonly stored: number
  readonly codec: Codec.Codec
  readonly raw: number
  /** Number of rows. */
  readonly records: number
  /** Its first row's key; for the pack table the parent is "" and the base is the pack's id. */
  readonly parent: string
  readonly base: string
}

/** How much of a pack the rows name. What lies in it twice is counted twice. */
export interface NamedPack {
  readonly id: string
  readonly blocks: number
  /** Of those blocks, raw. */
  readonly bytes: number
}

export interface Contents {
  readonly table: Table
  readonly folder: string
  readonly records: number
  /** Rows that say "deleted". */
  readonly tombstones: number
  readonly minSequence: number
  readonly maxSequence: number
  readonly digest: Uint8Array
  /** The table the rows' pack places refer to. */
  readonly packs: ReadonlyArray<NamedPack>
}

export interface Footer extends Contents {
  readonly id: string
  /** Of the object. */
  readonly size: number
  /** Of footer and tail together. */
  readonly length: number
  readonly pages: ReadonlyArray<Page>
  readonly packIds: ReadonlyArray<string>
  readonly parts: Parts
}

/** What a commit says about the segment. */
export const refOf = (footer: Footer): SegmentRef => ({
  id: footer.id,
  table: footer.table,
  folder: footer.folder,
  records: footer.records,
  minSequence: footer.minSequence,
  maxSequence: footer.maxSequence,
  size: footer.size,
  footerLength: footer.length,
  digest: footer.digest
})

/** The footer's payload. */
export const encode = (contents: Contents, pages: ReadonlyArray<Omit<Page, "start">>): Uint8Array => {
  const writer = new Writer(1024 + pages.length * 64 + contents.packs.length * 32)
  writer.varint(contents.table === "files" ? 1 : 2)
  text(writer, contents.folder)
  writer.varint(contents.records).varint(contents.tombstones)
  writer.varint(contents.minSequence).varint(contents.maxSequence).raw(contents.digest)
  writer.varint(contents.packs.length)
  for (const pack of contents.packs) writer.raw(ObjectKey.idBytes(pack.id)).varint(pack.blocks).varint(pack.bytes)
  writer.varint(pages.length)
  for (const page of pages) {
    writer.varint(page.stored).varint(page.codec).varint(page.raw).varint(page.records)
    text(writer, page.parent)
    text(writer, page.base)
  }
  return Codec.wrap(writer.finish())
}

/** Opens the footer of a segment of `size` bytes. `bytes`: any range that ends with the object and holds the footer. */
export const parse = (
  sealing: Sealing,
  id: string,
  size: number,
  bytes: Uint8Array
): Result.Result<Footer, EnvelopeError> => {
  const name = ObjectKey.segment(id)
  const ending = openEnding(sealing, name, size, bytes)
  if (Result.isFailure(ending)) return Result.fail(ending.failure)
  const { count, last, parts, start } = ending.success
  const payload = Codec.unwrap(last, maxPayload)
  if (Result.isFailure(payload)) return Result.fail(corrupt(payload.failure))
  const reader = new Reader(payload.success)
  const contents = readContents(reader)
  if (contents === undefined && reader.problem === undefined) {
    return Result.fail({ kind: "newer", reason: "it is another table" })
  }
  const pages = readPages(reader, count - 1, headerLength(sealing, name), parts.overhead)
  if (reader.problem === otherCodec) return Result.fail({ kind: "newer", reason: otherCodec })
  if (reader.problem !== undefined || contents === undefined || reader.badText) {
    return Result.fail(corrupt(`its footer is broken: ${reader.problem}`))
  }
  const end = pages.at(-1)
  if (end === undefined || end.start + end.stored !== start || reader.pos !== reader.limit) {
    return Result.fail(corrupt("its pages do not fill it"))
  }
  let rows = 0
  for (const page of pages) rows += page.records
  if (rows !== contents.records) return Result.fail(corrupt("its pages do not hold its rows"))
  const packIds = contents.packs.map((pack) => pack.id)
  return Result.succeed({ ...contents, id, size, length: size - start, pages, packIds, parts })
}

/** Rows that may be in pages `from` up to, not with, `to`: bytes `[start, end)` of the object. */
export interface PageRange {
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
}

/**
 * Pages that hold the row (parent, base), or without a base all rows directly in the directory: one range in any case.
 * Undefined if there can be none.
 */
export const pageFor = (footer: Footer, parent: string, base?: string): PageRange | undefined => {
  const { pages } = footer
  const last = firstAfter(pages, parent, base)
  const from = base === undefined ? Math.max(0, firstAfter(pages, parent, "") - 1) : last - 1
  if (last <= 0 || from >= last) return undefined
  const end = pages[last - 1]!
  return { from, to: last, start: pages[from]!.start, end: end.start + end.stored }
}

/** The first page that begins after (parent, base); without a base, after every row of the directory. */
const firstAfter = (pages: ReadonlyArray<Page>, parent: string, base: string | undefined): number => {
  let low = 0
  let high = pages.length
  while (low < high) {
    const middle = low + high >>> 1
    const page = pages[middle]!
    const order = compareText(page.parent, parent) || (base === undefined ? -1 : compareText(page.base, base))
    if (order > 0) high = middle
    else low = middle + 1
  }
  return low
}

const otherCodec = "a page has another codec"

const text = (writer: Writer, value: string): void => {
  const bytes = Buffer.from(value)
  writer.varint(bytes.length).raw(bytes)
}

const readContents = (reader: Reader): Contents | undefined => {
  const kind = reader.uint32()
  if (kind !== 1 && kind !== 2) return undefined
  const folder = reader.string()
  const records = safe(reader)
  const tombstones = safe(reader)
  const minSequence = safe(reader)
  const maxSequence = safe(reader)
  const digest = take(reader, 32)
  const count = reader.uint32()
  const packs: Array<NamedPack> = []
  for (let i = 0; i < count && reader.problem === undefined; i++) {
    const id = ObjectKey.idFromBytes(take(reader, ObjectKey.idLength))
    if (id === undefined) reader.fail("a pack id is none")
    else packs.push({ id, blocks: safe(reader), bytes: safe(reader) })
  }
  const table = kind === 1 ? "files" : "packs"
  return { table, folder, records, tombstones, minSequence, maxSequence, digest, packs }
}

const readPages = (reader: Reader, count: number, begin: number, overhead: number): ReadonlyArray<Page> => {
  const pages: Array<Page> = []
  let start = begin
  if (reader.uint32() !== count) reader.fail("it does not count its pages")
  for (let i = 0; i < count && reader.problem === undefined; i++) {
    const stored = reader.uint32()
    const codec = reader.uint32()
    const raw = reader.uint32()
    const records = reader.uint32()
    const parent = reader.string()
    const base = reader.string()
    const body = stored - overhead
    const fits = codec === Codec.raw ? body === raw : body > 0 && body < raw
    if (codec > Codec.zstd) reader.fail(otherCodec)
    else if (!fits || raw === 0 || raw > maxPage || records === 0) reader.fail("a page has an impossible length")
    else pages.push({ start, stored, codec: codec === 0 ? Codec.raw : Codec.zstd, raw, records, parent, base })
    start += stored
  }
  return pages
}

/** The next `length` bytes, a view; all zero if there are fewer. */
const take = (reader: Reader, length: number): Uint8Array => {
  const start = reader.pos
  if (start + length > reader.limit) {
    reader.fail("it ends early")
    return new Uint8Array(length)
  }
  reader.pos = start + length
  return reader.bytes.subarray(start, start + length)
}
