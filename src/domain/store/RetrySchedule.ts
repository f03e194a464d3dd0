/**
 * When a request to a store that did not answer is made again, when it is given up, and when one that hangs is cut. Only
 * what is transient comes here: whatever the store refused stays refused.
 */

/** How long a daemon insists. Milliseconds. */
export const daemonBudget = 15 * 60_000
/** How long a person who waits for a command is kept. Milliseconds. */
export const commandBudget = 60_000

export const firstPause = 500
export const longestPause = 30_000
/** Failures further apart than this are not one outage. */
export const forgottenAfter = 120_000
/** An outage that is over sooner is not worth a word. */
export const toldAfter = 5_000

export interface Trouble {
  /** Attempts of this request that failed, 1 or more. */
  readonly failures: number
  /** Milliseconds since the first of them. */
  readonly request: number
  /** Milliseconds since the outage began that it falls into. */
  readonly outage: number
}

/**
 * Whole milliseconds to wait before the next attempt; undefined: give up. Half a second, doubling, half as much again or half of
 * that less by chance (`random`, [0, 1)), never above `longestPause`. The last attempt is made when the budget ends. In an
 * outage that outlasted the budget every request has one attempt: who waits for the store himself does not wait for us too.
 */
export const pause = (trouble: Trouble, budget: number, random: number): number | undefined => {
  const left = budget - Math.max(trouble.request, trouble.outage)
  if (left <= 0) return undefined
  const steady = firstPause * 2 ** Math.min(trouble.failures - 1, 10)
  return Math.min(longestPause, Math.round(steady * (0.5 + random)), left)
}

/** A stretch of time in which nothing was answered. */
export interface Outage {
  readonly since: number
  readonly last: number
  readonly told: boolean
}

/**
 * After a failure at `now`; `again` if the same request failed before. `tell` if this is the moment to say that there is
 * an outage.
 */
export const failed = (
  before: Outage | undefined,
  now: number,
  again: boolean
): { readonly outage: Outage; readonly tell: boolean } => {
  const known = before !== undefined && (again || now - before.last <= forgottenAfter) ? before : undefined
  const since = known?.since ?? now
  const tell = known?.told !== true && now - since >= toldAfter
  return { outage: { since, last: now, told: known?.told === true || tell }, tell }
}

/** Bytes a second of the slowest transfer that counts as one, before one was cut: 32 kbit/s. */
const slowest = 4 * 1024
/** Longer than a store of ours waits for a byte. */
const patience = 600_000
/** What a whole object of unknown size may have: a pack is the largest there is. */
const unknownSize = 64 * 1024 * 1024
/** No transfer has longer than this, whatever was cut before. */
const longestDeadline = 12 * 3_600_000
const mostPatient = 8
/** Bytes that prove a link: what is smaller is fast on any. */
const telling = 1024 * 1024

/**
 * Milliseconds after which a request that moves so many bytes hangs, with the patience learnt so far (1 at first). Far above
 * what stores bear of silence, which see whether bytes move: what lives must not be cut here.
 */
export const deadline = (bytes: number | undefined, learnt: number): number =>
  Math.min(longestDeadline, patience + Math.ceil((bytes ?? unknownSize) / slowest * 1000) * learnt)

/** The patience after a request was cut that had `used` of it: the next transfers have twice the time for their bytes. */
export const cut = (learnt: number, used: number): number => Math.max(learnt, Math.min(mostPatient, used * 2))

/** The patience after a request that moved so many bytes was answered in so many milliseconds. */
export const done = (learnt: number, bytes: number, took: number): number =>
  learnt > 1 && bytes >= telling && took <= deadline(bytes, 1) / 2 ? learnt / 2 : learnt
