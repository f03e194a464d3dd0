/** When staged work becomes a commit: soon after the work has paused, at bounded intervals while it goes on. */

/** Quiet for this long, the work has paused: Syncthing's index sender rests 250 ms between rounds. Milliseconds. */
export const quiet = 300
/** Commits that nothing presses for are at least this far apart. Milliseconds. */
export const spacing = 1000

/** Times are monotonic milliseconds: a wall clock that is set back would put them into the future. */
export interface Situation {
  /** Files ready to be committed. */
  readonly stagedFiles: number
  /** Encoded bytes of their records. */
  readonly stagedBytes: number
  /** Payload bytes in durable packs that no commit names yet: a commit for their sake always gets somewhere. */
  readonly packedBytes: number
  /** When the oldest staged file or uncommitted pack appeared; undefined: nothing to commit. */
  readonly since: number | undefined
  /** Last time anything arrived or became ready. */
  readonly activeAt: number
  /** Nothing is being fetched and nothing admissible waits. */
  readonly drained: boolean
  /** End of the last commit that was made because the work had paused. */
  readonly committedAt: number
}

export interface Limits {
  /** Milliseconds. */
  readonly interval: number
  /** Payload bytes. */
  readonly bytes: number
}

/** Staged records beyond this are committed at once, so that memory stays bounded. */
const mostStagedBytes = 16 * 1024 * 1024
const mostStagedFiles = 8000

/** Whether so much is staged that it must go now. */
export const crowded = (now: Situation): boolean =>
  now.stagedBytes >= mostStagedBytes || now.stagedFiles >= mostStagedFiles

/** Whether a commit is due for the amount alone. */
export const pressing = (now: Situation, limits: Limits): boolean => now.packedBytes >= limits.bytes || crowded(now)

/** The time (same clock as the situation's) at which to commit; undefined: nothing to commit. */
export const dueAt = (now: Situation, limits: Limits): number | undefined => {
  if (now.since === undefined) return undefined
  if (pressing(now, limits)) return 0
  const pressed = now.since + limits.interval
  if (!now.drained) return pressed
  return Math.min(pressed, Math.max(now.activeAt + quiet, now.committedAt + spacing))
}
