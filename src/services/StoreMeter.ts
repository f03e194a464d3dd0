/** What this process asked of its store so far. */
import { Context, type Effect } from "effect"
import type { Totals } from "../domain/store/Meter.ts"

export class StoreMeter extends Context.Service<StoreMeter, {
  /** Since the store was opened. Also answers after it was closed. */
  readonly totals: Effect.Effect<Totals>
}>()("bepository/services/StoreMeter") {}
