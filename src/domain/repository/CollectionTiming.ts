/**
 * When a daemon collects: once a day, sooner when something let go of what it held. Only a matter of thrift: what a run may do
 * it decides by the log and the store's clock. Times are milliseconds of the local one.
 */
import { grace } from "./CollectionPlan.ts"
import type { State } from "./State.ts"

const hour = 3_600_000
/** After the start: a host that is on for minutes at a time leaves it to others, or to a longer day. */
export const first = hour
export const daily = 24 * hour
/** Between two runs at least: what one condemned the next may delete. */
export const least = grace + 5 * 60_000
/** Condemned bytes for which a day is too long. */
const heavy = 1024 ** 3

export interface Situation {
  readonly now: number
  readonly startedAt: number
  readonly state: State
  /** The run before, if there was one; `more`: it could not do everything. */
  readonly last?: { readonly at: number; readonly state: State; readonly more: boolean }
}

export const isDue = ({ last, now, startedAt, state }: Situation): boolean => {
  if (state.deletionStopped !== undefined || state.position === 0) return false
  if (last === undefined) return now - startedAt >= first
  const since = now - last.at
  if (since < least) return false
  if (last.more || letGo(last.state, state)) return true
  let condemned = 0
  for (const { size } of state.condemned.values()) condemned += size
  if (condemned >= heavy) return true
  return since >= daily && (state.position !== last.state.position || condemned > 0)
}

/** A checkpoint or a folder is gone. */
const letGo = (before: State, after: State): boolean => {
  const kept = new Set(after.checkpoints.map(({ id }) => id))
  return before.checkpoints.some(({ id }) => !kept.has(id)) ||
    Array.from(before.folders.keys()).some((id) => !after.folders.has(id))
}
