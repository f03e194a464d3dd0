/**
 * Which folders get a checkpoint and which checkpoints go, as operations on one state. A folder whose records lie in commits
 * only must be flushed to a segment in the same commit: `Wanted.flush` says so.
 */
import type { Op } from "./Op.ts"
import type { Checkpoint, Counts, SegmentRef } from "./Refs.ts"
import * as Retention from "./Retention.ts"
import type { FolderState, State } from "./State.ts"

export interface Wanted {
  readonly folder: string
  /** Positions of the commits whose records have to be flushed first, ascending; empty for none. */
  readonly flush: ReadonlyArray<number>
}

const newestOf = (state: State, folder: string): Checkpoint | undefined =>
  state.checkpoints.findLast((checkpoint) => checkpoint.folder === folder)

/** Whether the folder holds anything that its newest checkpoint does not. */
export const changed = (state: State, folder: FolderState): boolean =>
  folder.sequence > (newestOf(state, folder.id)?.sequence ?? 0)

/** Those of the folders that changed since their newest checkpoint. */
export const wanted = (state: State, folders: Iterable<string>): ReadonlyArray<Wanted> => {
  const all: Array<Wanted> = []
  for (const id of folders) {
    const folder = state.folders.get(id)
    if (folder !== undefined && changed(state, folder)) all.push({ folder: id, flush: folder.inline })
  }
  return all
}

/**
 * The operations that create them. `segments`: by folder, the segment that holds its flushed records. `counts`: by folder,
 * what it holds in this state, where that is known.
 */
export const create = (
  state: State,
  wanted: ReadonlyArray<Wanted>,
  segments: ReadonlyMap<string, SegmentRef>,
  reason: Checkpoint["reason"],
  counts: ReadonlyMap<string, Counts> = new Map()
): ReadonlyArray<Op> => {
  const ops: Array<Op> = []
  for (const [i, { flush, folder }] of wanted.entries()) {
    const segment = segments.get(folder)
    const through = flush.at(-1)
    if (segment !== undefined && through !== undefined) ops.push({ _tag: "InlineFlushed", folder, through, segment })
    const held = counts.get(folder)
    ops.push({
      _tag: "CheckpointCreated",
      id: state.nextCheckpoint + i,
      folder,
      reason,
      ...(held === undefined ? {} : { counts: held })
    })
  }
  return ops
}

export interface Round {
  /** Folders that get a checkpoint now. */
  readonly create: ReadonlyArray<string>
  /** Checkpoints that have served their time. */
  readonly due: ReadonlyArray<number>
  /** Those of them that may go now. */
  readonly expire: ReadonlyArray<number>
}

/** A moment of the store's clock, and how far it surely has come: what goes, goes by the latter. */
export interface Moment {
  readonly now: number
  readonly sure: number
}

/** What a process remembers from round to round, on the store's clock. */
export interface Memory {
  /** When each was first found due. */
  readonly dueSince: ReadonlyMap<number, number>
  /** When it last made some. */
  readonly made?: number | undefined
}

/**
 * What the schedules ask for. A round is one moment for all folders: where one is due, each that changed gets a checkpoint,
 * and the others' newest stand for it too.
 */
export const round = (state: State, { now, sure }: Moment, { dueSince, made }: Memory): Round => {
  const { schedules: rules } = state
  const due: Array<number> = []
  const expire: Array<number> = []
  for (const checkpoints of byFolder(state).values()) {
    const plan = Retention.plan({ checkpoints, now: sure, dueSince, rules })
    due.push(...plan.due)
    expire.push(...plan.expire)
  }
  return { create: isMoment(state, now, made) ? changedFolders(state) : [], due, expire }
}

/** By folder, its checkpoints, oldest first. */
export const byFolder = (state: Pick<State, "checkpoints">): ReadonlyMap<string, ReadonlyArray<Checkpoint>> =>
  Map.groupBy(state.checkpoints, (checkpoint) => checkpoint.folder)

const changedFolders = (state: State): ReadonlyArray<string> =>
  Array.from(state.folders.values()).filter((folder) => changed(state, folder)).map((folder) => folder.id)

/** A folder's first changes get a checkpoint at once. */
const isMoment = (state: State, now: number, made: number | undefined): boolean => {
  const known = new Set<string>()
  let last: number | undefined
  for (const { folder, pins, reason, time } of state.checkpoints) {
    if (reason !== "schedule") continue
    known.add(folder)
    // One from before a repair stands for its folder alone.
    if (pins?.some(({ holder }) => holder === Retention.repair) !== true) last = Math.max(last ?? time, time)
  }
  const isNew = changedFolders(state).some((folder) => !known.has(folder))
  return Retention.isMoment(isNew ? undefined : last, now, state.schedules, made)
}
