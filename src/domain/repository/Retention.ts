/**
 * When a folder gets a checkpoint and when one may go. All times are the store's, in Unix milliseconds. A checkpoint's age
 * counts from when it was superseded: a folder quiet for ten days keeps its last good state for its full time after the
 * bad change has come.
 */
import { behindBy } from "./ClockDoubt.ts"
import type { Checkpoint, Pin } from "./Refs.ts"

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

/** The holder of what was there before a repair; an operator's is "", and each reader has its own. */
export const repair = "repair"

/** Why a reader holds one. */
export const read = "it is being read"

/** Whether an operator's word ends it; a reader's ends by itself. */
export const isOperators = ({ holder }: Pick<Pin, "holder">): boolean => holder === "" || holder === repair

/** Those that have not ended. */
export const held = ({ pins = [] }: Pick<Checkpoint, "pins">, now: number): ReadonlyArray<Pin> =>
  pins.filter(({ until }) => until === undefined || until > now)

/** Why an operator's word does not let it go, for the operator; undefined if nobody keeps it. */
export const pinnedProblem = (checkpoint: Checkpoint, now: number): string | undefined => {
  const pins = held(checkpoint, now)
  const pin = pins.find(isOperators) ?? pins[0]
  if (pin === undefined) return undefined
  const { id } = checkpoint
  const why = pin.reason === "" || pin.reason === read ? "" : ` (${pin.reason})`
  return isOperators(pin)
    ? `checkpoint ${id} is pinned${why}; \`checkpoint unpin ${id}\` lets it go`
    : `checkpoint ${id} is being read${why}; try again later`
}

/** Why the rule cannot be a schedule; undefined if it can. */
export const problem = ({ every, keep }: Rule): string | undefined => {
  if (!Number.isSafeInteger(every) || every < minEvery) return "a schedule of less than ten minutes"
  if (!Number.isSafeInteger(keep) || keep < every) return "a schedule keeps its checkpoints shorter than its interval"
  return undefined
}

/** Whether somebody keeps it. */
export const isPinned = (checkpoint: Checkpoint, now: number): boolean => held(checkpoint, now).length > 0

/**
 * Whether the schedules ask for a checkpoint of what changed. `last`: when the last scheduled one of any folder was made.
 * `here`: when this process made one, by the store's clock as it is. That counts where the clock was ahead when `last` was
 * made: then nothing made meanwhile expires before it has caught up, so it is one in the coarsest interval.
 */
export const isMoment = (
  last: number | undefined,
  now: number,
  rules: ReadonlyArray<Rule>,
  here?: number
): boolean => {
  const [finest] = rules
  if (finest === undefined) return false
  if (last === undefined || now - last >= finest.every) return true
  return last - now > behindBy && (here === undefined || Math.abs(now - here) >= rules.at(-1)!.every)
}

/**
 * By id, when each has served its time; those that stay by themselves are left out. `checkpoints`: a folder's, oldest
 * first. Its newest and the last before it stay, as do those made by hand and those that an operator pinned.
 */
export const served = (
  checkpoints: ReadonlyArray<Checkpoint>,
  rules: ReadonlyArray<Rule>
): ReadonlyMap<number, number> => {
  const times = new Map<number, number>()
  for (const { id, pins = [], reason, supersededAt: end, time } of checkpoints.slice(0, -2)) {
    if (reason !== "schedule" || end === undefined) continue
    let until = end
    for (const [i, rule] of rules.entries()) {
      if (i === 0 || stoodAtTick(rule, time, end)) until = Math.max(until, end + rule.keep)
    }
    for (const pin of pins) until = Math.max(until, pin.until ?? Infinity)
    if (until < Infinity) times.set(id, until)
  }
  return times
}

export interface Question {
  /** The folder's, oldest first. */
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly now: number
  /** By checkpoint id: when an earlier run first found it due. */
  readonly dueSince: ReadonlyMap<number, number>
  /** Finest first. */
  readonly rules: ReadonlyArray<Rule>
  readonly grace?: number
}

export interface Plan {
  /** Have served their time; remember since when, for the next run. */
  readonly due: ReadonlyArray<number>
  /** Those of them that an earlier run, a grace ago, found due already: they may be expired. */
  readonly expire: ReadonlyArray<number>
}

/** Which of a folder's checkpoints go. Rules that were changed a moment ago delete nothing before a grace is over. */
export const plan = ({ checkpoints, dueSince, grace = defaultGrace, now, rules }: Question): Plan => {
  const due = Array.from(served(checkpoints, rules)).filter(([, until]) => until <= now).map(([id]) => id)
  return {
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
const stoodAtTick = (rule: Rule, time: number, end: number): boolean => Math.ceil(time / rule.every) * rule.every < end
