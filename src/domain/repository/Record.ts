/**
 * One path's entry with where its blocks are. The peer's FileInfo is kept byte for byte: what a future Syncthing adds
 * survives, so nothing here may re-encode it.
 */
import { Reader, type Writer } from "../Wire.ts"
import * as ObjectKey from "./ObjectKey.ts"

/** Blocks that follow each other in the file and lie in one pack (anywhere in it: they are found by hash). */
export interface BlockRun {
  readonly pack: string
  readonly count: number
}

export interface FileRecord {
  /** The entry's path, as in `info`. */
  readonly name: string
  /** Ours, of the folder's counter. */
  readonly sequence: number
  /** `FileInfo.stored`: the peer's bytes without its sequence and host-local fields. */
  readonly info: Uint8Array
  /** Where the blocks are, in the file's order; empty if it has none, or only one of no bytes. */
  readonly runs: ReadonlyArray<BlockRun>
}

/** The pack that holds the file's block number `index`. */
export const packOf = (record: FileRecord, index: number): string | undefined => {
  let left = index
  for (const run of record.runs) {
    if (left < run.count) return run.pack
    left -= run.count
  }
  return undefined
}

/** The few fields of a FileInfo that the repository itself needs. */
export interface Inspection {
  readonly name: string
  /** Of the file, bytes. */
  readonly size: number
  /** Effective: 128 KiB where the message has none. */
  readonly blockSize: number
  readonly deleted: boolean
}

/** Reads past everything else. Undefined if it is not a FileInfo with a name in UTF-8. */
export const inspect = (info: Uint8Array): Inspection | undefined => {
  const reader = new Reader(info)
  let name = ""
  let size = 0
  let blockSize = 0
  let deleted = false
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 10) name = reader.string()
    else if (tag === 24) size = reader.int64Number()
    else if (tag === 48) deleted = reader.bool()
    else if (tag === 104) blockSize = reader.int32()
    else reader.skip(tag)
  }
  if (reader.problem !== undefined || reader.badText || name === "") return undefined
  return { name, size: Math.max(0, size), blockSize: Math.max(131_072, blockSize), deleted }
}

/** Pack ids by their place in a table that lies beside the records. */
export class PackIndex {
  readonly ids: Array<string> = []
  private readonly places = new Map<string, number>()

  /** The id's place; new ids go to the end. */
  place(id: string): number {
    const known = this.places.get(id)
    if (known !== undefined) return known
    this.places.set(id, this.ids.length)
    return this.ids.push(id) - 1
  }
}

/** A row: sequence, length of the info, the info, number of runs, then pack place and count of each; all numbers varints. */
export const write = (writer: Writer, record: FileRecord, packs: PackIndex): void => {
  writer.varint(record.sequence).varint(record.info.length).raw(record.info).varint(record.runs.length)
  for (const run of record.runs) writer.varint(packs.place(run.pack)).varint(run.count)
}

/** The row at the reader's position; undefined, with the reader's `problem` set, if it is none. `info` is a view. */
export const read = (reader: Reader, packs: ReadonlyArray<string>): FileRecord | undefined => {
  const sequence = safe(reader)
  const info = reader.view()
  const count = reader.uint32()
  if (count > reader.limit - reader.pos) reader.fail("a record states more runs than fit")
  const runs: Array<BlockRun> = []
  for (let i = 0; i < count && reader.problem === undefined; i++) {
    const pack = packs[reader.uint32()]
    const blocks = safe(reader)
    if (pack === undefined || blocks === 0) reader.fail("a record names no pack")
    else runs.push({ pack, count: blocks })
  }
  if (reader.problem !== undefined) return undefined
  const name = inspect(info)?.name
  if (name === undefined || sequence === 0) {
    reader.fail("a record holds no entry")
    return undefined
  }
  return { name, sequence, info, runs }
}

/** A varint below 2^53. */
export const safe = (reader: Reader): number => {
  const value = reader.int64Number()
  return Number.isSafeInteger(value) && value >= 0 ? value : reader.fail("a number is out of range")
}

/** Pack ids as 24 bytes each, remembered. */
export class IdBytes {
  private readonly known = new Map<string, Uint8Array>()

  of(id: string): Uint8Array {
    const known = this.known.get(id)
    if (known !== undefined) return known
    const bytes = ObjectKey.idBytes(id)
    this.known.set(id, bytes)
    return bytes
  }
}
