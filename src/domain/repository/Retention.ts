/**
 * When a folder gets a checkpoint and when one may go. All times are the store's, in Unix milliseconds. A checkpoint's age
 * counts from when it was superseded: a folder quiet for ten days keeps its last good state for its full time after the
 * bad change has come.
 */
import type { Checkpoint } from "./Refs.ts"

/** Every so often, kept for so long, both in milliseconds. */
export interface Rule {
  readonly every: number
  readonly keep: number
}

export const hour = 3_600_000
export const day = 24 * hour

/** The finest schedule. */
export const minEvery = 10 * 60_000

/** Finest first. */
export const defaultRules: ReadonlyArray<Rule> = [{ every: hour, keep: day }, { every: day, keep: 7 * day }]

/** How long a checkpoint must have been known to be due before a run may expire it. */
export const defaultGrace = hour

/** Whether somebody keeps it. */
export const isPinned = (checkpoint: Checkpoint, now: number): boolean =>
  checkpoint.pins?.some(({ until }) => until === undefined || until > now) === true

export interface Question {
  /** The folder's, oldest first. */
  readonly checkpoints: ReadonlyArray<Checkpoint>
  /** The folder has changes that its newest checkpoint does not hold. */
  readonly changed: boolean
  readonly now: number
  /** By checkpoint id: when an earlier run first found it due. */
  readonly dueSince: ReadonlyMap<number, number>
  readonly rules?: ReadonlyArray<Rule>
  readonly grace?: number
}

export interface Plan {
  /** A checkpoint is to be made now. */
  readonly create: boolean
  /** Have served their time; remember since when, for the next run. */
  readonly due: ReadonlyArray<number>
  /** Those of them that an earlier run, a grace ago, found due already: they may be expired. */
  readonly expire: ReadonlyArray<number>
}

export const plan = (question: Question): Plan => {
  const { changed, checkpoints, dueSince, grace = defaultGrace, now, rules = defaultRules } = question
  const scheduled = checkpoints.filter((checkpoint) => checkpoint.reason === "schedule")
  const due = checkpoints
    .slice(0, -2)
    .filter((checkpoint) =>
      checkpoint.reason === "schedule" && !isPinned(checkpoint, now) &&
      !rules.some((rule, i) => keeps(rule, i === 0, checkpoint, now))
    )
    .map((checkpoint) => checkpoint.id)
  const last = scheduled.at(-1)
  const finest = rules[0]
  return {
    create: changed && finest !== undefined && (last === undefined || now - last.time >= finest.every),
    due,
    expire: due.filter((id) => {
      const since = dueSince.get(id)
      return since !== undefined && now - since >= grace
    })
  }
}

/**
 * A rule keeps the checkpoint that stood at each of its ticks (every hour on the hour, every day at midnight UTC); the
 * finest keeps every one.
 */
const keeps = (rule: Rule, finest: boolean, checkpoint: Checkpoint, now: number): boolean => {
  const end = checkpoint.supersededAt
  if (end === undefined || now - end < rule.keep && finest) return true
  if (now - end >= rule.keep) return false
  const tick = Math.ceil(checkpoint.time / rule.every) * rule.every
  return tick < end
}
