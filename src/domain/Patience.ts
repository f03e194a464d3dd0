/** How long to wait between tries at a store that does not answer: the one schedule for outcomes that must become known. */
import * as Schedule from "effect/Schedule"

const firstPause = 100
const longestPause = 10_000

/** 100 ms, doubling up to ten seconds; never ends. */
export const unending = Schedule.min([Schedule.exponential(firstPause), Schedule.spaced(longestPause)])

/** The pause after so many failures, 1 or more, of who does not give up. Milliseconds. */
export const growing = (failures: number): number =>
  Math.min(longestPause, firstPause * 2 ** Math.min(failures - 1, 20))

/** The patience of who has nothing else to do. Milliseconds, as every patience. */
export const forEver = Infinity

/**
 * The same pauses for as long as the patience lasts: milliseconds before the next try, after `failures` of them, 1 or more;
 * undefined: give up. `spent`: milliseconds of the patience that are gone. The last try is made when it ends.
 */
export const pause = (failures: number, spent: number, patience: number): number | undefined =>
  spent >= patience ? undefined : Math.min(growing(failures), patience - spent)
