/**
 * How far what a host saw a while ago still holds. A timer stands still while the host sleeps and a wall clock does not, so two
 * that disagree say that it slept, or that a clock was set: then nothing that was seen before counts.
 */

/** One moment on both of a host's clocks, milliseconds. */
export interface Moment {
  /** Monotonic. */
  readonly timer: number
  readonly wall: number
}

/** Clocks that drifted apart by so much were not left alone. */
export const doubt = 10_000

/** Whether the host was awake since the moment, and that is less than `limit` milliseconds ago. */
export const isRecent = (moment: Moment, now: Moment, limit: number): boolean => {
  const passed = now.timer - moment.timer
  return passed < limit && Math.abs(now.wall - moment.wall - passed) < doubt
}
