/**
 * Takes away what nothing needs, in two logged steps: condemned by a commit, deleted a grace later. Everything is decided
 * on the state that the deciding commit follows; whatever looks wrong ends the run, and nothing more is deleted in it.
 */
import { Context, type Effect, Schema } from "effect"
import * as Runtime from "effect/Runtime"
import type { LeaseHeld } from "./Lease.ts"
import type { Fenced, RepositoryError } from "./Repository.ts"

/** The store does not look as it must: nothing is deleted, and somebody has to look. */
export class CollectionVoid extends Schema.TaggedError<CollectionVoid>()("CollectionVoid", { reason: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 14
  override get message() {
    return `what is garbage cannot be told: ${this.reason}; nothing more was deleted, run \`bepository fsck\``
  }
}

export interface Amount {
  readonly count: number
  readonly bytes: number
}

export type Step = "listing" | "reading" | "deleting" | "condemning" | "rewriting"

export interface Progress {
  readonly step: Step
  /** Of the step; bytes where they are known. */
  readonly done: Amount
  readonly total?: Amount
}

export interface RunOptions {
  /** Bytes of live blocks that may be rewritten; 0 for none. */
  readonly maxRewrite: number
  /**
   * Everything that can be done now: packs that no record ever named too, which may be parts of files still on their way,
   * and every pack worth rewriting.
   */
  readonly full?: boolean
  readonly progress?: (progress: Progress) => void
}

export interface Collected {
  /** Of the log, in the end. */
  readonly position: number
  readonly listed: Amount
  readonly deleted: Amount
  readonly condemned: Amount
  /** Of those condemned, what crashes had left and no commit named. */
  readonly orphans: number
  /** Condemned and not deleted yet. */
  readonly waiting: Amount
  /** Packs replaced, live bytes in them, packs made of those; and packs that stay, since something in them is damaged. */
  readonly rewritten: Amount & { readonly packs: number; readonly damaged: number }
  readonly redirectsDropped: number
  /** More could be condemned or rewritten: another run goes on. */
  readonly more: boolean
  /** The store's clock leapt ahead: until when nothing goes by its age that was condemned since, Unix milliseconds. */
  readonly doubtedUntil?: number
  /** Deletion is stopped in this repository: why. Then nothing was done. */
  readonly stopped?: string
}

export type CollectionError = CollectionVoid | LeaseHeld | Fenced | RepositoryError

export class Collector extends Context.Service<Collector, {
  /** One run, under the term. A host that slept in it begins again. */
  readonly run: (options: RunOptions) => Effect.Effect<Collected, CollectionError>
}>()("bepository/services/Collector") {}
