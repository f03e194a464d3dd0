/** What operations about checkpoints and their schedules may do, and what they do. Each answers the rule it breaks. */
import type { Ledger } from "./Ledger.ts"
import type { Op } from "./Op.ts"
import type { Checkpoint } from "./Refs.ts"
import * as Retention from "./Retention.ts"
import { isPinned, type Rule } from "./Retention.ts"

type Of<Tag extends Op["_tag"]> = Extract<Op, { readonly _tag: Tag }>

export const create = (ledger: Ledger, op: Of<"CheckpointCreated">): string | undefined => {
  const folder = ledger.folders.get(op.folder)
  if (folder === undefined) return `there is no folder ${op.folder}`
  if (op.id !== ledger.nextCheckpoint) return `id ${op.id} where ${ledger.nextCheckpoint} is next`
  if (folder.inline.length > 0) return `the folder ${folder.id} has records that no segment holds`
  const created: Checkpoint = {
    id: op.id,
    folder: folder.id,
    label: folder.label,
    time: ledger.time,
    position: ledger.commit.position,
    sequence: folder.sequence,
    reason: op.reason,
    segments: folder.segments,
    ...(op.counts === undefined ? {} : { counts: op.counts })
  }
  const older = ledger.checkpoints.map((other) =>
    other.folder === folder.id && other.supersededAt === undefined ? { ...other, supersededAt: ledger.time } : other
  )
  ledger.checkpoints = [...older, created]
  ledger.nextCheckpoint = op.id + 1
  return undefined
}

export const expire = (ledger: Ledger, op: Of<"CheckpointsExpired">): string | undefined =>
  take(ledger, op.ids, (checkpoint) => {
    const ofFolder = ledger.checkpoints.filter((other) => other.folder === checkpoint.folder)
    if (ofFolder.at(-1)?.id === checkpoint.id) return "is its folder's newest"
    return checkpoint.reason === "schedule" && ofFolder.at(-2)?.id === checkpoint.id
      ? "is the last before its folder's newest"
      : undefined
  })

export const remove = (ledger: Ledger, op: Of<"CheckpointsRemoved">): string | undefined =>
  take(ledger, op.ids, () => undefined)

export const pin = (ledger: Ledger, op: Of<"CheckpointPinned">): string | undefined =>
  update(ledger, op.id, (checkpoint) => {
    const { holder, reason, until } = op
    const others = checkpoint.pins?.filter((pin) => pin.holder !== holder) ?? []
    return { ...checkpoint, pins: [...others, { holder, reason, ...(until === undefined ? {} : { until }) }] }
  })

export const unpin = (ledger: Ledger, op: Of<"CheckpointUnpinned">): string | undefined =>
  update(ledger, op.id, ({ pins = [], ...checkpoint }) => {
    const left = pins.filter((pin) => pin.holder !== op.holder)
    if (left.length === pins.length) return `checkpoint ${op.id} is not pinned by ${op.holder || "the operator"}`
    return left.length === 0 ? checkpoint : { ...checkpoint, pins: left }
  })

export const setSchedule = (ledger: Ledger, { every, keep }: Rule): string | undefined => {
  const problem = Retention.problem({ every, keep })
  if (problem !== undefined) return problem
  const others = ledger.schedules.filter((rule) => rule.every !== every)
  ledger.schedules = [...others, { every, keep }].toSorted((a, b) => a.every - b.every)
  return undefined
}

export const removeSchedule = (ledger: Ledger, every: number): string | undefined => {
  const left = ledger.schedules.filter((rule) => rule.every !== every)
  if (left.length === ledger.schedules.length) return "there is no such schedule"
  ledger.schedules = left
  return undefined
}

/** All at once or none. `keeps`: what else speaks against one. */
const take = (
  ledger: Ledger,
  ids: ReadonlyArray<number>,
  keeps: (checkpoint: Checkpoint) => string | undefined
): string | undefined => {
  const gone = new Set(ids)
  if (gone.size !== ids.length) return "a checkpoint is named twice"
  for (const id of ids) {
    const checkpoint = ledger.checkpoints.find((other) => other.id === id)
    if (checkpoint === undefined) return `there is no checkpoint ${id}`
    const problem = isPinned(checkpoint, ledger.time) ? "is pinned" : keeps(checkpoint)
    if (problem !== undefined) return `checkpoint ${id} ${problem}`
  }
  ledger.checkpoints = ledger.checkpoints.filter((checkpoint) => !gone.has(checkpoint.id))
  return undefined
}

const update = (
  ledger: Ledger,
  id: number,
  change: (checkpoint: Checkpoint) => Checkpoint | string
): string | undefined => {
  const at = ledger.checkpoints.findIndex((checkpoint) => checkpoint.id === id)
  const found = ledger.checkpoints[at]
  if (found === undefined) return `there is no checkpoint ${id}`
  const changed = change(found)
  if (typeof changed === "string") return changed
  ledger.checkpoints = ledger.checkpoints.with(at, changed)
  return undefined
}
