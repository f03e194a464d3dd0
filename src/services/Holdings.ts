/** What the store's bytes are held by, as the log tells: why a repository takes the room it takes. Changes nothing. */
import { Context, type Effect } from "effect"
import type { Amount } from "./Collector.ts"
import type { RepositoryError } from "./Repository.ts"

export interface Explanation {
  readonly position: number
  readonly packs: {
    /** Needed by current folders, and only by checkpoints. */
    readonly current: Amount
    readonly checkpoints: Amount
    /** Needed by nothing, and not condemned. */
    readonly dead: Amount
    /** In packs that are needed: bytes that nothing needs, at least and at most. Before compression. */
    readonly deadShare: { readonly least: number; readonly most: number }
  }
  /** Packs that were replaced and that records still name: how many, and how many there may be before nothing is rewritten. */
  readonly redirects: { readonly count: number; readonly most: number; readonly mostForSmall: number }
  readonly segments: { readonly current: Amount; readonly checkpoints: Amount; readonly unused: Amount }
  /** Only if the store was listed: what no commit names. */
  readonly orphans?: Amount
}

export class Holdings extends Context.Service<Holdings, {
  /** Reads the footers of all segments. `list`: orphans too, which takes a listing of the store. */
  readonly explain: (options: { readonly list: boolean }) => Effect.Effect<Explanation, RepositoryError>
}>()("bepository/services/Holdings") {}
