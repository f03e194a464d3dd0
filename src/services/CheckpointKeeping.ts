/**
 * How long checkpoints stay, by an operator's word: schedules, pins, removal. All are commits without objects, so they need
 * no term, no cache and no daemon, and work while daemons run. What a schedule lets go goes only in a later run, after a grace.
 */
import { Context, type Effect, Schema } from "effect"
import * as Runtime from "effect/Runtime"
import type { Checkpoint, Pin } from "../domain/repository/Refs.ts"
import type { Rule } from "../domain/repository/Retention.ts"
import type { State } from "../domain/repository/State.ts"
import type { RepositoryError } from "./Repository.ts"

/** The state does not allow it: nothing was changed. `problem` says what to do. */
export class CheckpointRefused extends Schema.TaggedError<CheckpointRefused>()("CheckpointRefused", {
  problem: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 2
  override get message() {
    return this.problem
  }
}

type Changed<A> = Effect.Effect<A, CheckpointRefused | RepositoryError>

export class CheckpointKeeping extends Context.Service<CheckpointKeeping, {
  /** Sets the schedule of that interval, or replaces it; answers the state with it. */
  readonly setSchedule: (rule: Rule) => Changed<State>
  /** `every`: milliseconds. */
  readonly removeSchedule: (every: number) => Changed<State>
  /** Replaces the holder's earlier pin. Answers the checkpoint with it. */
  readonly pin: (id: number, pin: Pin) => Changed<Checkpoint>
  /** An operator's word, of the holder "", also ends the pin of a repair. */
  readonly unpin: (id: number, holder: string) => Changed<Checkpoint>
  /** All of them or, if one is pinned or gone, none. Answers those that went. */
  readonly remove: (ids: ReadonlyArray<number>) => Changed<ReadonlyArray<Checkpoint>>
}>()("bepository/services/CheckpointKeeping") {}
