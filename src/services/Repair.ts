/** Carries out a repair: by commits, each of which leaves a sound repository, so that one that was cut off is simply run again. */
import { Context, type Effect } from "effect"
import type { RepairPlan } from "../domain/repository/RepairPlan.ts"
import type { FolderUnknown } from "./Checkpoints.ts"
import type { LeaseHeld } from "./Lease.ts"
import type { Fenced, RepositoryError } from "./Repository.ts"

export interface RepairOutcome {
  /** Packs that others took the place of. */
  readonly packs: number
  /** Blocks that were copied out of them. */
  readonly blocks: number
  /** Files marked, as far as they had not changed since. */
  readonly files: number
  /** Segments written again whole, and without what could not be read of them. */
  readonly rebuilt: number
  readonly dropped: number
  /** Entries that were in the latter and are given up. */
  readonly entries: number
  /**
   * Packs that were left as they are, with the files that need them: a block that the check had found good could not be read
   * any more, or all of a pack could that was lost. A new check tells which it is.
   */
  readonly left: ReadonlyArray<string>
  /** What the folders were before, by checkpoint id; pinned for a month. */
  readonly before: ReadonlyArray<number>
}

export class Repair extends Context.Service<Repair, {
  /** Needs the term. The plan is held against the newest state again: what changed since is left alone. */
  readonly apply: (
    plan: RepairPlan
  ) => Effect.Effect<RepairOutcome, FolderUnknown | LeaseHeld | Fenced | RepositoryError>
}>()("bepository/services/Repair") {}
