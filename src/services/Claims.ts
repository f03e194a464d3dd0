/** The claims that hosts left in the store, for people: who was seen, and what is in nobody's way any more. */
import { Context, type Effect } from "effect"
import type { HostRow } from "../domain/repository/HostRows.ts"
import type { StoreError } from "./ObjectStore.ts"

export interface Cleared {
  /** Claims taken away: they could not be read, had been let go, or had ended. */
  readonly removed: number
  /** Claims that stand and stay. */
  readonly kept: ReadonlyArray<HostRow>
}

export class Claims extends Context.Service<Claims, {
  readonly hosts: Effect.Effect<ReadonlyArray<HostRow>, StoreError>
  /** Takes away what stands no more. Safe beside hosts that write: numbers go on above what was there. */
  readonly clear: Effect.Effect<Cleared, StoreError>
}>()("bepository/services/Claims") {}
