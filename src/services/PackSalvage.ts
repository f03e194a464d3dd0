/**
 * What is left of damaged packs, copied into new ones that take their place. A block is copied only after it was proved, and
 * nothing takes the place of a pack that may still give more than was copied. Each call may be made again.
 */
import { Context, type Effect } from "effect"
import type { Replacement } from "../domain/repository/RepairPlan.ts"
import type { LeaseHeld, WriteFence } from "./Lease.ts"
import type { Fenced, RepositoryError } from "./Repository.ts"

export class PackSalvage extends Context.Service<PackSalvage, {
  /**
   * Others take the pack's place: those that its good blocks are copied to, and those known to hold what it lost. Answers how
   * many blocks were copied; undefined if the pack was left as it is.
   */
  readonly replace: (
    replacement: Replacement,
    fence: WriteFence
  ) => Effect.Effect<number | undefined, Fenced | LeaseHeld | RepositoryError>
  /** The same for a condemned pack that records name. It goes all the same. */
  readonly save: (
    condemned: string,
    fence: WriteFence
  ) => Effect.Effect<number | undefined, Fenced | LeaseHeld | RepositoryError>
}>()("bepository/services/PackSalvage") {}
