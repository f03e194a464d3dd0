/**
 * Which segments become one, so that a table has few of them and each row is rewritten seldom. Size-tiered: segments of like
 * size are merged, four at least, with all smaller ones. Names promise nothing: every plan must still `fit` the state it is
 * committed on.
 */
import { tombstoneAge } from "./Ledger.ts"
import { ofPacks } from "./MultisetHash.ts"
import type { Merge } from "./Op.ts"
import type { PackRef, SegmentRef } from "./Refs.ts"
import { mostRedirects } from "./RepackPlan.ts"
import { type FolderState, isLive, type State } from "./State.ts"

/** Segments of a folder's table while nothing is due. */
export const mostSegments = 12
/** Segments of about one size that make a merge due, and how much larger the next size is. */
const ratio = 4
/** Smaller ones cost no less to read. */
const smallest = 64 * 1024
/** Inputs of one merge: each needs buffers. */
export const mostInputs = 24
/** Largest output that is always allowed, bytes. It lies in memory until it is put. */
const largest = 64 * 1024 * 1024
/** Beyond that, the part of its table that an output may be: less would cost more rewriting than it saves memory. */
const share = 3
/** Pack-table segments: each is one request for whoever opens, and its rows are few and small. */
const mostTables = 1
/** Rows of packs that live no more: each is repeated in every base. */
const mostDropped = 512
/** Old tombstones that are worth a merge of their own. */
const fewTombstones = 1000
/** Redirects that nobody minds. */
export const fewRedirects = 256
/** Bytes of a segment that are written anew for each name in it that goes: while there is room for redirects, and else. */
const perName = 256 * 1024
const perNameShort = 4 * 1024 * 1024
/** Then at most so many names stay in a view, whatever its size. */
const namesLeft = 256

export interface FilesTask {
  readonly table: "files"
  readonly folder: string
  readonly inputs: ReadonlyArray<SegmentRef>
  /** They stay as they are, and tell which rows of the inputs are superseded. */
  readonly witnesses?: ReadonlyArray<SegmentRef>
  /** Tombstones up to this sequence may go; 0 if none may. */
  readonly forgettable: number
}

export interface PacksTask {
  readonly table: "packs"
  readonly inputs: ReadonlyArray<SegmentRef>
  /** By id: rows that go. */
  readonly dropped: ReadonlyMap<string, PackRef>
}

export type Task = FilesTask | PacksTask

/** Of a table that is put aside: "" is the pack table. */
export const tableOf = (task: Task): string => task.table === "packs" ? "" : task.folder

/** The merge to make next; undefined if every table is in shape, but those put aside. */
export const next = (state: State, aside: (table: string) => boolean = () => false): Task | undefined => {
  if (!aside("")) {
    const task = packTable(state)
    if (task !== undefined) return task
  }
  for (const folder of state.folders.values()) {
    if (folder.segments.length < 2 || aside(folder.id)) continue
    const inputs = due(segmentsOf(state, folder))
    if (inputs.length > 0) return taskOf(state, folder, inputs)
  }
  return undefined
}

/** The whole table or nothing: only the whole may leave out rows. */
const packTable = (state: State): PacksTask | undefined => {
  const { dropped, segments } = state.packs
  if (segments.length <= mostTables && dropped.size <= mostDropped) return undefined
  return { table: "packs", inputs: refs(state, segments), dropped }
}

/** Of these segments those to merge now; none if they are in shape. */
export const due = (segments: ReadonlyArray<SegmentRef>): ReadonlyArray<SegmentRef> => {
  const limit = mostOutput(segments)
  // What is more than half of the largest is done with until the table has grown.
  const sorted = segments.filter(({ size }) => size <= limit / 2).toSorted((a, b) => a.size - b.size)
  const full = segments.length - sorted.length
  return sorted.slice(0, likeSized(sorted, limit) || cheapest(sorted, limit, mostSegments - full))
}

/** Largest segment of such a table, bytes. */
const mostOutput = (table: ReadonlyArray<SegmentRef>): number => Math.max(largest, sizeOf(table) / share)

/** How many of the smallest, up to and with the first size that has enough of its kind. */
const likeSized = (sorted: ReadonlyArray<SegmentRef>, limit: number): number => {
  let bytes = 0
  let found = 0
  let alike = 0
  for (const [at, { size }] of sorted.slice(0, mostInputs).entries()) {
    const same = at > 0 && tier(size) === tier(sorted[at - 1]!.size)
    if (found > 0 && !same) break
    alike = same ? alike + 1 : 1
    bytes += size
    if (bytes > limit) {
      const enough = sorted.filter((other) => tier(other.size) === tier(size)).length >= ratio
      return found > 0 || !enough || at < 2 ? found : at
    }
    if (alike >= ratio) found = at + 1
  }
  return found
}

/** If there are more than `room`: as many of the smallest as cost least to rewrite for each segment that goes. */
const cheapest = (sorted: ReadonlyArray<SegmentRef>, limit: number, room: number): number => {
  if (sorted.length <= room || sorted.length < 2) return 0
  let bytes = 0
  let best = 0
  let cost = Infinity
  for (const [at, { size }] of sorted.slice(0, mostInputs).entries()) {
    bytes += size
    if (at === 0) continue
    if (best > 0 && bytes > limit) break
    if (bytes / at <= cost) {
      cost = bytes / at
      best = at + 1
    }
  }
  return best
}

const tier = (size: number): number => Math.floor(Math.log2(Math.max(size, smallest) / smallest) / Math.log2(ratio))

/**
 * A merge that is only for tombstones that have served their time, if they are many. `tombstones`: how many rows of the
 * segment say deleted.
 */
export const forgetting = (
  state: State,
  folder: FolderState,
  tombstones: (segment: SegmentRef) => number
): FilesTask | undefined => {
  const until = oldEnough(state, folder)
  const all = segmentsOf(state, folder).toSorted((a, b) => a.minSequence - b.minSequence)
  const limit = mostOutput(all)
  let best: FilesTask | undefined
  let most = 0
  let bytes = 0
  let rows = 0
  for (const [at, { minSequence, records, size }] of all.slice(0, mostInputs).entries()) {
    bytes += size
    rows += records
    if (minSequence > until || bytes > limit) break
    const task = taskOf(state, folder, all.slice(0, at + 1))
    const old = task.inputs.reduce((sum, ref) => sum + tombstones(ref) * partUpTo(ref, task.forgettable), 0)
    if (old < fewTombstones || old < rows / ratio || old <= most) continue
    most = old
    best = task
  }
  return best
}

/**
 * A segment to write anew for the sake of names alone: of those where that costs least for each name that goes. `replaced`:
 * how many packs it names that were replaced.
 */
export const renaming = (state: State, replaced: (segment: SegmentRef) => number): FilesTask | undefined => {
  if (state.redirects.size < fewRedirects) return undefined
  const isShort = state.redirects.size * 2 >= mostRedirects
  let best: FilesTask | undefined
  let most = 0
  for (const folder of state.folders.values()) {
    const all = segmentsOf(state, folder)
    const table = sizeOf(all)
    const limit = Math.max(largest, table / share) * 2
    const bytes = isShort ? Math.max(perNameShort, table / namesLeft) : perName
    for (const ref of all) {
      const names = replaced(ref)
      if (ref.size > limit || ref.size > names * bytes || names / ref.size <= most) continue
      most = names / ref.size
      best = taskOf(state, folder, [ref])
    }
  }
  return best
}

/** Whether a folder can have tombstones that have served their time. */
export const mayForget = (state: State, folder: FolderState): boolean => {
  const until = oldEnough(state, folder)
  return until > 0 && segmentsOf(state, folder).some(({ minSequence }) => minSequence <= until)
}

/** The part of its rows with sequences up to that, if they are spread evenly. */
const partUpTo = ({ maxSequence, minSequence }: SegmentRef, sequence: number): number =>
  Math.min(1, Math.max(0, (sequence - minSequence + 1) / (maxSequence - minSequence + 1)))

/** Sequences up to this one were given out long enough ago. */
export const oldEnough = ({ time }: State, { milestones }: FolderState): number =>
  milestones.findLast((milestone) => time - milestone.time >= tombstoneAge)?.sequence ?? 0

export const taskOf = (state: State, folder: FolderState, inputs: ReadonlyArray<SegmentRef>): FilesTask => {
  const merged = new Set(inputs)
  // Below every row that stays elsewhere: else what a tombstone hides could come back.
  const lowest = segmentsOf(state, folder).reduce(
    (least, ref) => merged.has(ref) ? least : Math.min(least, ref.minSequence),
    Infinity
  )
  return { table: "files", folder: folder.id, inputs, forgettable: Math.min(oldEnough(state, folder), lowest - 1) }
}

/**
 * Why the merge does not fit the state any more: others were there first. It is then forgotten, never mended. `given`: packs
 * whose names its rows were given. `witnesses`: segments by which rows were left out.
 */
export const misfit = (
  state: State,
  merge: Merge,
  given: Iterable<string> = [],
  witnesses: ReadonlyArray<SegmentRef> = []
): string | undefined => {
  if (merge.table === "packs") {
    const { dropped, segments } = state.packs
    const all = new Set(merge.inputs)
    if (segments.length !== all.size || !segments.every((id) => all.has(id))) return "the pack table has other segments"
    return dropped.size === merge.dropped.records &&
        Buffer.compare(ofPacks(dropped.values()), merge.dropped.digest) === 0
      ? undefined
      : "other packs live no more"
  }
  const folder = state.folders.get(merge.folder)
  if (folder === undefined) return "the folder was removed"
  const view = new Set(folder.segments)
  if (!merge.inputs.every((id) => view.has(id))) return "an input is in the view no more"
  // A repair may have taken it, and the row that counts with it.
  if (!witnesses.every(({ id }) => view.has(id))) return "what superseded its rows is in the view no more"
  // One that was replaced meanwhile is found by its redirect; but nobody named it before, so that may be gone already.
  for (const id of given) if (!isLive(state, id) && !state.redirects.has(id)) return `the pack ${id} lives no more`
  const { maxSequence, records } = merge.tombstones
  if (records === 0) return undefined
  const gone = new Set(merge.inputs)
  const older = segmentsOf(state, folder).some(({ id, minSequence }) => !gone.has(id) && minSequence <= maxSequence)
  return older || maxSequence > oldEnough(state, folder) ? "a tombstone must stay" : undefined
}

export const segmentsOf = (state: State, folder: FolderState): ReadonlyArray<SegmentRef> => refs(state, folder.segments)

const refs = (state: State, ids: ReadonlyArray<string>): ReadonlyArray<SegmentRef> =>
  ids.flatMap((id) => state.segments.get(id) ?? [])

const sizeOf = (segments: ReadonlyArray<SegmentRef>): number => segments.reduce((sum, { size }) => sum + size, 0)
