/**
 * Which entries of the log and which bases nobody needs any more. Only what lies below the older of the last two bases may
 * go, and only past the retention, by the store's clock: a base says how old everything below it is at least.
 */
import { day } from "./Retention.ts"

/** How long entries of the log stay after a base made them dispensable, milliseconds. A host may sleep so long and follow on. */
export const retention = 7 * day

/**
 * Bases that may bound what goes, ascending: with the newest one lost, the one before still opens the repository.
 * `bases`: positions, ascending.
 */
export const bounds = (bases: ReadonlyArray<number>): ReadonlyArray<number> => bases.slice(0, -1)

/** Whether all that a base of that store time holds is past the retention. */
export const isPast = (time: number, now: number): boolean => now - time >= retention

/**
 * What to look at next in the search for the newest bound that is past the retention; `low` of `bounds` are known to be, from
 * `high` on they are known not to be. Undefined when it is found. Times of bases never go back.
 */
export const next = (low: number, high: number): number | undefined => low < high ? low + high >>> 1 : undefined
