/** Moves the live blocks of packs that are mostly dead, or small, into new ones. */
import { Context, type Effect } from "effect"
import type { Amount } from "./Collector.ts"
import type { LeaseHeld, WriteFence } from "./Lease.ts"
import type { Fenced, RepositoryError } from "./Repository.ts"

export interface Repacked extends Amount {
  /** Packs made; `count` and `bytes` are of those replaced, live bytes only. */
  readonly packs: number
  /** Packs that were worth it and stay as they are, since something in them is damaged. */
  readonly damaged: number
  /** There was more than the bound allows. */
  readonly more: boolean
}

export class Repacker extends Context.Service<Repacker, {
  /**
   * Replaces packs by commits of their own and condemns the old ones. Live blocks of at most `maxRewrite` bytes are moved.
   * What new records need is left for another time.
   */
  readonly run: (
    options: {
      readonly maxRewrite: number
      readonly full: boolean
      readonly progress?: (done: Amount, total: Amount) => void
    },
    fence: WriteFence
  ) => Effect.Effect<Repacked, LeaseHeld | Fenced | RepositoryError>
}>()("bepository/services/Repacker") {}
