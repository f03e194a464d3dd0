/** How often a host looks for what others wrote to the log: soon after something moved, seldom while nothing does. */
import type { State } from "./State.ts"

/** Changes with every file that anybody stores, and not with upkeep: that goes on while people sleep. */
export const filesOf = (state: State): number => {
  let sum = state.folders.size
  for (const { sequence } of state.folders.values()) sum += sequence
  return sum
}

/** While something moves. Milliseconds. */
export const shortest = 30_000
/** For so long after the last movement that was seen. */
export const lively = 600_000
/** While nothing moves: with one listing that assures it, and the store's time for checkpoints, ten requests an hour at most. */
export const longest = 420_000

export interface Situation {
  /** Since something moved that this host saw, milliseconds. */
  readonly still: number
  /** What the operator fixed. */
  readonly fixed: number | undefined
  /** From 0 to below 1: so that hosts which began together do not look together for ever. */
  readonly jitter: number
}

/** Milliseconds until the next look. It doubles as often as the time without movement does. */
export const pause = ({ fixed, jitter, still }: Situation): number => {
  if (fixed !== undefined) return fixed
  let every = shortest
  for (let since = lively; still >= since && every < longest; since *= 2) every *= 2
  return Math.floor(Math.min(every, longest) * (1 + jitter / 7))
}
