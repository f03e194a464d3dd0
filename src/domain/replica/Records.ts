/**
 * Records in the tables: by name, by our sequence, and what they add up to. Only a record with a higher sequence replaces
 * one, so applying the same twice, or in another order, ends the same.
 */
import * as Result from "effect/Result"
import * as FileInfo from "../FileInfo.ts"
import type { FileRecord } from "../repository/Record.ts"
import * as Wire from "../Wire.ts"
import type { Blocks, Live } from "./Blocks.ts"
import type { Catalogue, Draft } from "./Catalogue.ts"
import * as Fault from "./Fault.ts"
import * as Keys from "./Keys.ts"
import * as Rows from "./Rows.ts"
import { names, type Tables } from "./Tables.ts"

/** Records per transaction at most: its body takes about 10 µs for each, on the main thread. */
export const batch = 1000

/** What a transaction works on. */
export interface Work {
  readonly tables: Tables
  readonly draft: Draft
  readonly catalogue: Catalogue
  readonly blocks: Blocks
  readonly live: Live
  /** Packs whose blocks are told apart from the records: nothing is derived for them. By id. */
  readonly told: { readonly has: (pack: string) => boolean }
}

/** Rows of `sequences` that wait to be written in order; the last word on a sequence counts. */
export type Pending = Array<
  { readonly folder: number; readonly sequence: number; readonly key: Uint8Array | undefined }
>

/**
 * Puts records of one folder. They are not listed by `after` before `show`. With `pending`, rows of `sequences` are left
 * to `writeSequences`: in a bulk load the records come in order of their names.
 */
export const put = (
  work: Work,
  folder: number,
  records: ReadonlyArray<FileRecord>,
  pending?: Pending
): void => {
  const { catalogue, draft, tables } = work
  const sums = { ...totals(tables, folder) }
  for (const record of records) {
    const { exact, key } = Keys.file(folder, record.name)
    const held = tables.files.get(key)
    if (held !== undefined) {
      const old = Rows.decodeHead(held)
      if (old.sequence >= record.sequence) continue
      count(sums, old.facts, -1)
      if (pending === undefined) tables.sequences.remove(Keys.sequence(folder, old.sequence))
      else pending.push({ folder, sequence: old.sequence, key: undefined })
    }
    const facts = factsOf(record.info)
    count(sums, facts, 1)
    tables.files.put(
      key,
      Rows.encodeFile({
        sequence: record.sequence,
        facts,
        name: exact ? undefined : record.name,
        runs: catalogue.number(tables, draft, record.runs),
        info: record.info
      })
    )
    if (pending === undefined) tables.sequences.put(Keys.sequence(folder, record.sequence), key)
    else pending.push({ folder, sequence: record.sequence, key })
    if (record.runs.some((run) => !work.told.has(run.pack))) derive(work, record)
  }
  tables.state.put(Keys.totals(folder), Rows.encodeTotals(sums))
}

/** Lists the folder's records up to the sequence. */
export const show = (tables: Tables, folder: number, sequence: number): void => {
  const sums = totals(tables, folder)
  if (sequence > sums.visible) {
    tables.state.put(Keys.totals(folder), Rows.encodeTotals({ ...sums, visible: sequence }))
  }
}

/** What is pending in the order of its keys, the last word on each sequence last. Empties it. */
export const takePending = (pending: Pending): Pending =>
  pending.splice(0).map((row, index) => ({ row, index })).toSorted((a, b) =>
    a.row.folder - b.row.folder || a.row.sequence - b.row.sequence || a.index - b.index
  ).map(({ row }) => row)

export const writeSequences = (tables: Tables, rows: Readonly<Pending>): void => {
  for (const row of rows) {
    const at = Keys.sequence(row.folder, row.sequence)
    if (row.key === undefined) tables.sequences.remove(at)
    else tables.sequences.put(at, row.key)
  }
}

/** Forgets records, blocks and inbox; numbers of folders and packs too, if they cannot be read. */
export const clear = (tables: Tables, numbers: boolean): void => {
  for (const name of names) {
    if (numbers || (name !== "packs" && name !== "state")) tables[name].clear()
  }
  if (numbers) return
  for (const word of ["totals", "box", "left", "gone", "moved"] as const) {
    const { end, start } = Keys.all(word)
    for (const { key } of Array.from(tables.state.entries(start, end))) tables.state.remove(key)
  }
}

export const totals = (tables: Tables, folder: number): Rows.Totals =>
  Rows.decodeTotals(tables.state.get(Keys.totals(folder)))

/** The current record of a name. */
export const get = (tables: Tables, catalogue: Catalogue, folder: number, name: string): FileRecord | undefined => {
  const { exact, key } = Keys.file(folder, name)
  const row = tables.files.get(key)
  if (row === undefined) return undefined
  const file = Rows.decodeFile(row)
  return exact || file.name === name ? record(tables, catalogue, file, name) : undefined
}

/** Listed records with a higher sequence, ascending, at most `records` of them and about `bytes`; at least one. */
export const after = (
  tables: Tables,
  catalogue: Catalogue,
  folder: number,
  sequence: number,
  limit: { readonly records: number; readonly bytes: number }
): ReadonlyArray<FileRecord> => {
  const { visible } = totals(tables, folder)
  const found: Array<FileRecord> = []
  let bytes = 0
  const { end, start } = Keys.sequencesAfter(folder, sequence)
  for (const { key, value } of tables.sequences.entries(start, end, limit.records)) {
    if (Keys.sequenceOf(key) > visible) break
    const row = tables.files.get(value)
    if (row === undefined) throw Fault.damaged(`no record at the listed sequence ${Keys.sequenceOf(key)}`)
    bytes += row.length
    if (bytes > limit.bytes && found.length > 0) break
    const file = Rows.decodeFile(row)
    found.push(record(tables, catalogue, file, file.name ?? Keys.nameOf(value)))
  }
  return found
}

/** Live records in the directory whose base name begins so, in byte order of their keys. */
export const siblings = (
  tables: Tables,
  catalogue: Catalogue,
  folder: number,
  parent: string,
  basePrefix: string
): ReadonlyArray<FileRecord> => {
  const found: Array<FileRecord> = []
  const prefix = parent === "" ? basePrefix : `${parent}/${basePrefix}`
  const { end, start } = Keys.siblings(folder, parent, basePrefix)
  for (const { key, value } of tables.files.entries(start, end)) {
    if (!Rows.decodeHead(value).facts.live) continue
    const file = Rows.decodeFile(value)
    const name = file.name ?? Keys.nameOf(key)
    if (name.startsWith(prefix)) found.push(record(tables, catalogue, file, name))
  }
  return found
}

/** What totals count of an encoded FileInfo, read past everything else; one that cannot be read counts as nothing. */
export const factsOf = (info: Uint8Array): Rows.Facts => {
  const reader = new Wire.Reader(info)
  let type = 0
  let size = 0
  let gone = false
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x10) type = reader.int32()
    else if (tag === 0x18) size = reader.int64Number()
    else if (tag === 0x30 || tag === 0x38) gone = reader.bool() || gone
    else reader.skip(tag)
  }
  const live = !gone && reader.problem === undefined
  // 2 and 3 are the symlinks of old.
  if (type === 1) return { type: "directory", live, size: 0 }
  if (type >= 2 && type <= 4) return { type: "symlink", live, size: 0 }
  return { type: "file", live, size: Number.isSafeInteger(size) ? Math.max(0, size) : 0 }
}

/** Adds or takes away a record. Symlinks count as files. */
export const count = (
  totals: { files: number; directories: number; bytes: number },
  facts: Rows.Facts,
  sign: 1 | -1
): void => {
  if (!facts.live) return
  if (facts.type === "directory") totals.directories += sign
  else totals.files += sign
  totals.bytes += sign * facts.size
}

/** Learns that the pack holds these blocks. */
export const tell = ({ blocks, catalogue, draft, live, tables }: Work, pack: string, hashes: Uint8Array): void => {
  const number = catalogue.addPack(tables, draft, pack)
  for (let at = 0; at < hashes.length; at += 32) {
    if (blocks.find(tables, live, hashes, at) === 0) blocks.add(tables, draft, catalogue, number, hashes, at)
  }
}

/** Learns from a record which blocks lie in its packs. */
const derive = (work: Work, record: FileRecord): void => {
  const { blocks, catalogue, draft, live, tables, told } = work
  const decoded = FileInfo.decode(record.info)
  if (Result.isFailure(decoded)) return
  const { hashes } = decoded.success
  let at = 0
  for (const run of record.runs) {
    const end = at + run.count * 32
    if (end > hashes.length) return
    if (!told.has(run.pack)) {
      const pack = catalogue.addPack(tables, draft, run.pack)
      // What was replaced or condemned is never named again.
      const first = live(pack) ? at : end
      for (let hash = first; hash < end; hash += 32) {
        if (blocks.find(tables, live, hashes, hash) === 0) blocks.add(tables, draft, catalogue, pack, hashes, hash)
      }
    }
    at = end
  }
}

const record = (tables: Tables, catalogue: Catalogue, file: Rows.File, name: string): FileRecord => ({
  name,
  sequence: file.sequence,
  info: file.info,
  runs: catalogue.name(tables, file.runs)
})
