/**
 * Which folders get a checkpoint and which checkpoints go, as operations on one state. A folder whose records lie in commits
 * only must be flushed to a segment in the same commit: `Wanted.flush` says so.
 */
import type { Op } from "./Op.ts"
import type { Checkpoint, SegmentRef } from "./Refs.ts"
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

/** The operations that create them. `segments`: by folder, the segment that holds its flushed records. */
export const create = (
  state: State,
  wanted: ReadonlyArray<Wanted>,
  segments: ReadonlyMap<string, SegmentRef>,
  reason: Checkpoint["reason"]
): ReadonlyArray<Op> => {
  const ops: Array<Op> = []
  for (const [i, { flush, folder }] of wanted.entries()) {
    const segment = segments.get(folder)
    const through = flush.at(-1)
    if (segment !== undefined && through !== undefined) ops.push({ _tag: "InlineFlushed", folder, through, segment })
    ops.push({ _tag: "CheckpointCreated", id: state.nextCheckpoint + i, folder, reason })
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

/** What the schedule asks for at a moment of the store's clock. `dueSince`: when each was first found due. */
export const round = (state: State, now: number, dueSince: ReadonlyMap<number, number>): Round => {
  const byFolder = new Map<string, Array<Checkpoint>>()
  for (const id of state.folders.keys()) byFolder.set(id, [])
  for (const checkpoint of state.checkpoints) {
    const ofFolder = byFolder.get(checkpoint.folder)
    if (ofFolder === undefined) byFolder.set(checkpoint.folder, [checkpoint])
    else ofFolder.push(checkpoint)
  }
  const create: Array<string> = []
  const due: Array<number> = []
  const expire: Array<number> = []
  for (const [id, checkpoints] of byFolder) {
    const folder = state.folders.get(id)
    const plan = Retention.plan({
      checkpoints,
      changed: folder !== undefined && changed(state, folder),
      now,
      dueSince
    })
    if (plan.create) create.push(id)
    due.push(...plan.due)
    expire.push(...plan.expire)
  }
  return { create, due, expire }
}
