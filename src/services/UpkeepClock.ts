/**
 * The store's clock, for whoever takes away by age. A clock that is wrong for an hour must not undo what was kept for weeks,
 * and no clock tells that it is wrong: one that leapt ahead is believed a day later (`domain/repository/ClockDoubt.ts`).
 */
import { Context, type Effect } from "effect"
import type { RepositoryError } from "./Repository.ts"

export interface Reading {
  /** What the store says, Unix milliseconds. */
  readonly now: number
  /** What has surely come: ages that take something away are counted up to here. Never above `now`. */
  readonly sure: number
  /** Time that surely passed while this host kept notes, milliseconds. It never goes back. */
  readonly passed: number
  /** While `sure` lags behind: when it ends, if the clock goes on as it does. */
  readonly doubtedUntil?: number
}

export class UpkeepClock extends Context.Service<UpkeepClock, {
  /** Asks the store, and notes what it says. Tells in the log when a doubt begins, once. */
  readonly read: Effect.Effect<Reading, RepositoryError>
}>()("bepository/services/UpkeepClock") {}
