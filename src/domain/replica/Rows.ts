/**
 * Values of the replica's tables. They are this program's own and live no longer than a cache: `format` changes with any
 * of them, and a cache of another format is built anew. Decoding throws on bytes no encoder here wrote: a broken disk.
 */
import type { FileType } from "../FileInfo.ts"
import * as Wire from "../Wire.ts"
import * as Fault from "./Fault.ts"

/** Of tables, keys and rows as they are now. */
export const format = 2

/** What totals count of a record. */
export interface Facts {
  readonly type: FileType
  /** Neither deleted nor invalid. */
  readonly live: boolean
  /** Bytes. */
  readonly size: number
}

/** Blocks in a pack as numbered by this replica. */
export interface NumberedRun {
  readonly pack: number
  readonly count: number
}

export interface File {
  readonly sequence: number
  readonly facts: Facts
  /** Only where the key is a stand-in. */
  readonly name: string | undefined
  readonly runs: ReadonlyArray<NumberedRun>
  /** `FileInfo.stored`. */
  readonly info: Uint8Array
}

const types: ReadonlyArray<FileType> = ["file", "directory", "symlink"]
const isLive = 4
const hasName = 8

export const encodeFile = (row: File): Uint8Array => {
  const writer = new Wire.Writer(row.info.length + 32 + row.runs.length * 8)
  writer.varint(
    types.indexOf(row.facts.type) | (row.facts.live ? isLive : 0) | (row.name === undefined ? 0 : hasName)
  )
  writer.varint(row.sequence).varint(row.facts.size)
  if (row.name !== undefined) {
    const name = Buffer.from(row.name)
    writer.varint(name.length).raw(name)
  }
  writer.varint(row.runs.length)
  for (const run of row.runs) writer.varint(run.pack).varint(run.count)
  return writer.raw(row.info).finish()
}

/** The part that tells what replacing the record would change. Reads a few bytes only. */
export const decodeHead = (bytes: Uint8Array): { readonly sequence: number; readonly facts: Facts } => {
  const reader = new Wire.Reader(bytes)
  const head = readHead(reader)
  sound(reader, "file")
  return head
}

/** `info` is a copy, the rest was decoded: `bytes` may change afterwards. */
export const decodeFile = (bytes: Uint8Array): File => {
  const reader = new Wire.Reader(bytes)
  const { facts, flags, sequence } = readHead(reader)
  const name = (flags & hasName) === 0 ? undefined : reader.string()
  const runs: Array<NumberedRun> = []
  for (let left = reader.uint32(); left > 0 && reader.problem === undefined; left--) {
    runs.push({ pack: reader.uint32(), count: reader.uint32() })
  }
  sound(reader, "file")
  return { sequence, facts, name, runs, info: rest(reader) }
}

/** A pack this replica has heard of. A number is never given to another pack. */
export interface Pack {
  readonly id: string
  /** Blocks of it that rows hold, if `round` is the stamp's; else none. */
  readonly known: number
  readonly round: number
}

export const encodePack = (pack: Pack): Uint8Array =>
  new Wire.Writer(pack.id.length + 16).varint(pack.known).varint(pack.round).raw(Buffer.from(pack.id)).finish()

export const decodePack = (bytes: Uint8Array): Pack => {
  const reader = new Wire.Reader(bytes)
  const known = reader.uint32()
  const round = reader.uint32()
  sound(reader, "pack")
  return { known, round, id: Buffer.prototype.utf8Slice.call(bytes, reader.pos, bytes.length) }
}

export const encodeNumber = (number: number): Uint8Array => new Wire.Writer(8).varint(number).finish()

export const decodeNumber = (bytes: Uint8Array): number => {
  const reader = new Wire.Reader(bytes)
  const number = reader.int64Number()
  sound(reader, "number")
  return number
}

/** Numbers of packs. */
export const encodePlaces = (packs: ReadonlyArray<number>): Uint8Array => {
  const writer = new Wire.Writer(packs.length * 5 + 8)
  for (const pack of packs) writer.varint(pack)
  return writer.finish()
}

export const decodePlaces = (bytes: Uint8Array): ReadonlyArray<number> => {
  const reader = new Wire.Reader(bytes)
  const packs: Array<number> = []
  while (reader.pos < reader.limit && reader.problem === undefined) packs.push(reader.uint32())
  sound(reader, "moved")
  return packs
}

/** Hashes in a row at most: with the pack's number and LMDB's page header, two pages. */
export const hashesPerRow = 255

/** One row of block hashes (32 bytes each, `hashesPerRow` at most), all of one pack. */
export const encodeBlocks = (pack: number, hashes: Uint8Array): Uint8Array => {
  const row = new Uint8Array(4 + hashes.length)
  new DataView(row.buffer).setUint32(0, pack)
  row.set(hashes, 4)
  return row
}

/** The pack of such a row. Its hashes begin at byte 4. */
export const packOfBlocks = (row: Uint8Array): number => (row[0]! << 24 | row[1]! << 16 | row[2]! << 8 | row[3]!) >>> 0

/** Whether one of the 32-byte hashes in `row` from `from` to `end` is the one that begins at `at`. */
export const holdsHash = (row: Uint8Array, from: number, end: number, hash: Uint8Array, at: number): boolean => {
  const first = hash[at]
  const second = hash[at + 1]
  search: for (let start = from; start + 32 <= end; start += 32) {
    if (row[start] !== first || row[start + 1] !== second) continue
    for (let i = 2; i < 32; i++) if (row[start + i] !== hash[at + i]) continue search
    return true
  }
  return false
}

/** A waiting entry of the inbox; its sequence is in the key. */
export interface Waiting {
  readonly name: string
  /** As received. */
  readonly info: Uint8Array
}

export const encodeWaiting = (entry: Waiting): Uint8Array => {
  const name = Buffer.from(entry.name)
  return new Wire.Writer(name.length + entry.info.length + 8).varint(name.length).raw(name).raw(entry.info).finish()
}

/** `info` is a view. */
export const decodeWaiting = (bytes: Uint8Array): Waiting => {
  const reader = new Wire.Reader(bytes)
  const name = reader.string()
  sound(reader, "inbox")
  return { name, info: bytes.subarray(reader.pos) }
}

export const decodeWaitingName = (bytes: Uint8Array): string => {
  const reader = new Wire.Reader(bytes)
  const name = reader.string()
  sound(reader, "inbox")
  return name
}

/** What is kept of a folder. */
export interface Totals {
  /** Live records that are not directories: symlinks too. */
  readonly files: number
  readonly directories: number
  /** Sum of live files' sizes. */
  readonly bytes: number
  /** Records above this sequence are still being written and are not listed yet. */
  readonly visible: number
}

export const noTotals: Totals = { files: 0, directories: 0, bytes: 0, visible: 0 }

export const encodeTotals = (totals: Totals): Uint8Array =>
  new Wire.Writer(40).varint(totals.files).varint(totals.directories).varint(totals.bytes).varint(totals.visible)
    .finish()

export const decodeTotals = (bytes: Uint8Array | undefined): Totals => {
  if (bytes === undefined) return noTotals
  const reader = new Wire.Reader(bytes)
  const totals = {
    files: reader.int64Number(),
    directories: reader.int64Number(),
    bytes: reader.int64Number(),
    visible: reader.int64Number()
  }
  sound(reader, "totals")
  return totals
}

/** The inbox of a (device, folder). */
export interface Box {
  readonly number: number
  readonly mark: { readonly indexId: bigint; readonly sequence: number } | undefined
  /** Entries waiting. */
  readonly count: number
}

export const encodeBox = (box: Box): Uint8Array => {
  const writer = new Wire.Writer(48).number(1, box.number).number(2, box.count)
  if (box.mark !== undefined) writer.bool(3, true).bigint(4, box.mark.indexId).number(5, box.mark.sequence)
  return writer.finish()
}

export const decodeBox = (bytes: Uint8Array): Box => {
  const reader = new Wire.Reader(bytes)
  let number = 0
  let count = 0
  let marked = false
  let indexId = 0n
  let sequence = 0
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x08) number = reader.uint32()
    else if (tag === 0x10) count = reader.int64Number()
    else if (tag === 0x18) marked = reader.bool()
    else if (tag === 0x20) indexId = reader.uint64()
    else if (tag === 0x28) sequence = reader.int64Number()
    else reader.skip(tag)
  }
  sound(reader, "box")
  return { number, count, mark: marked ? { indexId, sequence } : undefined }
}

/** Where the replica stands. */
export interface Stamp {
  readonly format: number
  /** 32 hex digits. */
  readonly repository: string
  /** The last applied commit; undefined while the tables are being built. */
  readonly applied: { readonly position: number; readonly digest: Uint8Array } | undefined
  /** Digest of the commit after it, of which some records are already in the tables; undefined when there are none. */
  readonly begun: Uint8Array | undefined
  /** Who builds the tables; "" when nobody does. */
  readonly builder: string
  /** Grows with each transaction of the builder. */
  readonly progress: number
  /** The next numbers to give out; never given twice. */
  readonly nextFolder: number
  readonly nextPack: number
  readonly nextRow: number
  readonly nextBox: number
  /** Hashes in all rows of blocks together. */
  readonly hashes: number
  /** How often the tables were built from nothing. */
  readonly round: number
}

export const newStamp = (repository: string): Stamp => ({
  format,
  repository,
  applied: undefined,
  begun: undefined,
  builder: "",
  progress: 0,
  nextFolder: 1,
  nextPack: 1,
  nextRow: 1,
  nextBox: 1,
  hashes: 0,
  round: 0
})

/** The format comes first and stays there, whatever the rest becomes. */
export const encodeStamp = (stamp: Stamp): Uint8Array => {
  const writer = new Wire.Writer(160).varint(stamp.format).string(1, stamp.repository)
  if (stamp.applied !== undefined) writer.number(2, stamp.applied.position).element(3, stamp.applied.digest)
  if (stamp.begun !== undefined) writer.element(12, stamp.begun)
  return writer.string(4, stamp.builder).number(5, stamp.progress).number(6, stamp.nextFolder)
    .number(7, stamp.nextPack).number(8, stamp.nextRow).number(9, stamp.nextBox).number(10, stamp.hashes).number(
      11,
      stamp.round
    )
    .finish()
}

/** Of another format: only `format` and `repository` can be believed. Undefined: not a stamp. */
export const decodeStamp = (bytes: Uint8Array): Stamp | undefined => {
  const reader = new Wire.Reader(bytes)
  const stamp = { ...newStamp(""), format: reader.uint32() }
  let position = 0
  let digest: Uint8Array | undefined
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x0A) stamp.repository = reader.string()
    else if (tag === 0x10) position = reader.int64Number()
    else if (tag === 0x1A) digest = Uint8Array.from(reader.view())
    else if (tag === 0x62) stamp.begun = Uint8Array.from(reader.view())
    else if (tag === 0x22) stamp.builder = reader.string()
    else if (tag === 0x28) stamp.progress = reader.int64Number()
    else if (tag === 0x30) stamp.nextFolder = reader.uint32()
    else if (tag === 0x38) stamp.nextPack = reader.uint32()
    else if (tag === 0x40) stamp.nextRow = reader.uint32()
    else if (tag === 0x48) stamp.nextBox = reader.uint32()
    else if (tag === 0x50) stamp.hashes = reader.int64Number()
    else if (tag === 0x58) stamp.round = reader.uint32()
    else reader.skip(tag)
  }
  if (reader.problem !== undefined) return undefined
  return digest === undefined ? stamp : { ...stamp, applied: { position, digest } }
}

const readHead = (reader: Wire.Reader) => {
  const flags = reader.uint32()
  const sequence = reader.int64Number()
  const size = reader.int64Number()
  const facts: Facts = { type: types[flags & 3] ?? "file", live: (flags & isLive) !== 0, size }
  return { flags, sequence, facts }
}

/** A copy of what the reader has not read, also if that is a Buffer, whose `slice` is a view. */
const rest = (reader: Wire.Reader): Uint8Array => Uint8Array.prototype.slice.call(reader.bytes, reader.pos)

const sound = (reader: Wire.Reader, table: string): void => {
  if (reader.problem !== undefined) throw Fault.damaged(`a row of ${table}: ${reader.problem}`)
}
