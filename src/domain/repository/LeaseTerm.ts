/**
 * When a host looks after the term that it has: renews it, looks who waits, lets it go. Times are milliseconds of a clock that
 * counts the machine's sleep.
 */

/** Without anything to write, the term is let go after so long. */
export const linger = 5000
/** What is under way when others are to have their turn gets so long. */
export const lastWord = 20_000
/** Between two renewals, at most. */
export const longestRenewal = 60_000
/** Between two looks at who waits. */
export const glance = 10_000
/** Commits since the newest base that make a flush at the end of a term worth its price. */
export const worthFlushing = 16

/** `on-demand`: the term is let go when nothing is left to do. `always`: for others only. */
export type Mode = "on-demand" | "always"

export interface Timing {
  /** From then on nobody need believe the claim. */
  readonly deadline: number
  readonly renewAt: number
  readonly glanceAt: number
  /** Others are to have their turn: when it ends at the latest. */
  readonly yieldAt: number | undefined
}

/** How long after a claim the next one is put. */
export const renewal = (duration: number): number => Math.min(longestRenewal, duration / 3)

/** Of a claim that stands for `duration` and ends at `deadline`, as known `now`. */
export const claimed = (deadline: number, duration: number, now: number): Timing => ({
  deadline,
  renewAt: deadline - duration + renewal(duration),
  glanceAt: now + glance,
  yieldAt: undefined
})

/** A renewal: who was to have a turn still is. */
export const renewed = (timing: Timing, deadline: number, duration: number, now: number): Timing => ({
  ...claimed(deadline, duration, now),
  yieldAt: timing.yieldAt
})

/** After a look at who waits. */
export const looked = (timing: Timing, mustYield: boolean, now: number): Timing => ({
  ...timing,
  glanceAt: now + glance,
  yieldAt: timing.yieldAt ?? (mustYield ? now + lastWord : undefined)
})

export interface Situation {
  readonly now: number
  /** Who needs the term now. */
  readonly holds: number
  /** When nobody began to need it. */
  readonly idleSince: number
  readonly mode: Mode
}

/** What is due: `lapsed`: the claim has ended, and what was built under it may still go on under a new one. */
export const due = (
  { deadline, glanceAt, renewAt, yieldAt }: Timing,
  { holds, idleSince, mode, now }: Situation
): "nothing" | "glance" | "renewal" | "end" | "lapsed" => {
  if (yieldAt !== undefined && (holds === 0 || now >= yieldAt)) return "end"
  if (mode === "on-demand" && holds === 0 && now - idleSince >= linger) return "end"
  if (now >= deadline) return "lapsed"
  if (now >= renewAt) return "renewal"
  return now >= glanceAt ? "glance" : "nothing"
}
