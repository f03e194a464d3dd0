/**
 * Which segment to write anew for the sake of rows that are superseded: they still name packs, and what they name is kept. Tables
 * are merged by the size of segments (`CompactionPlan`), which leaves the largest alone for as long as nothing grows to their size.
 */
import * as CompactionPlan from "./CompactionPlan.ts"
import type { Counts, SegmentRef } from "./Refs.ts"
import type { FolderState, State } from "./State.ts"

/** What a segment's footer tells of its rows. */
export interface Weight {
  readonly tombstones: number
  /** Of the blocks that its rows name, raw. */
  readonly bytes: number
}

/** Rows of the folder's segments that are superseded, at least, and the bytes of their files. */
export interface Stale {
  readonly rows: number
  readonly bytes: number
}

/** A segment was looked through for rows that are superseded. */
export interface Look {
  /** The folder's, then. */
  readonly sequence: number
  /** The least that was superseded in the folder since, bytes. */
  readonly bytes: number
}

/** One in so many rows, or bytes, is too many. */
const ratio = 4
/** Rows below which nobody minds. */
const fewRows = 1000
/** Bytes of data that are worth a byte of the table that is read and written for them: always, and where they are a large part. */
const dear = 32
const cheap = 4
/** Rows of a segment of which one must go, unless enough data goes with fewer. */
const fewestDropped = 16
/** Rows that come to a table, of those a segment has, before it is looked through once more. */
const growth = 8
/** Of a table's rows, or of their data, one in so many must a segment have, unless it names much data for the table. */
const fewest = 16
/** A table up to this size is merged as a whole, bytes; of a larger one a segment at a time is. */
export const smallTable = 48 * 1024 * 1024

/** `counts`: of the folder in the state. What lies in commits only makes it less. */
export const stale = (
  state: State,
  folder: FolderState,
  counts: Counts,
  weigh: (segment: SegmentRef) => Weight
): Stale => {
  let rows = -counts.files - counts.directories
  let bytes = -counts.bytes
  for (const ref of CompactionPlan.segmentsOf(state, folder)) {
    const weight = weigh(ref)
    // A name has one tombstone that counts at most.
    rows += ref.records - weight.tombstones
    bytes += weight.bytes
  }
  return { rows: Math.max(0, rows), bytes: Math.max(0, bytes) }
}

/** Whether so much is worth reading the table for. */
export const isWorth = (
  state: State,
  folder: FolderState,
  { bytes, rows }: Stale,
  weigh: (segment: SegmentRef) => Weight
): boolean => {
  const refs = CompactionPlan.segmentsOf(state, folder)
  const sum = (of: (ref: SegmentRef) => number) => refs.reduce((total, ref) => total + of(ref), 0)
  const table = sum(({ size }) => size)
  return bytes >= table * dear || bytes >= table * cheap && bytes >= sum((ref) => weigh(ref).bytes) / ratio ||
    rows >= fewRows && rows >= sum(({ records }) => records) / ratio
}

/** Whether what goes is worth writing the rest of the inputs. `bytes`: of the files of rows that go. */
export const isFruitful = (
  inputs: ReadonlyArray<SegmentRef>,
  dropped: { readonly records: number; readonly bytes: number }
): boolean => {
  const rows = inputs.reduce((sum, { records }) => sum + records, 0)
  const size = inputs.reduce((sum, ref) => sum + ref.size, 0)
  return dropped.records * fewestDropped >= rows || dropped.bytes >= size * dear
}

/**
 * The rows to write anew, and the segments that tell which of them are superseded. What was looked through is so again when many
 * rows have come, or much more data is superseded: that may be a single row's.
 */
export const next = (
  state: State,
  folder: FolderState,
  { bytes }: Stale,
  weigh: (segment: SegmentRef) => Weight,
  lookedAt: (segment: SegmentRef) => Look | undefined,
  small = smallTable
): CompactionPlan.FilesTask | undefined => {
  const all = CompactionPlan.segmentsOf(state, folder).toSorted((a, b) => b.records - a.records)
  const table = all.reduce((sum, { size }) => sum + size, 0)
  const isDue = (ref: SegmentRef) => {
    const look = lookedAt(ref)
    return look === undefined || folder.sequence - look.sequence >= ref.records / growth ||
      bytes - look.bytes >= table * dear
  }
  if (all.length <= CompactionPlan.mostInputs && table <= small) {
    // New ones are small, and come all the time.
    return all.length > 1 && isDue(all[0]!) ? CompactionPlan.taskOf(state, folder, all) : undefined
  }
  const rows = all.reduce((sum, { records }) => sum + records, 0)
  const data = all.reduce((sum, ref) => sum + weigh(ref).bytes, 0)
  for (const ref of all) {
    const own = weigh(ref).bytes
    // Its witnesses may be most of the table.
    const isLight = ref.records * fewest < rows && own * fewest < data && own < table * dear
    if (isLight || !isDue(ref)) continue
    const witnesses = all.filter((other) => other !== ref && other.maxSequence > ref.minSequence)
      .toSorted((a, b) => b.maxSequence - a.maxSequence).slice(0, CompactionPlan.mostInputs - 1)
    // However large: as large it lay in the memory of whoever made it, of a larger table.
    if (witnesses.length > 0) return { ...CompactionPlan.taskOf(state, folder, [ref]), witnesses }
  }
  return undefined
}
