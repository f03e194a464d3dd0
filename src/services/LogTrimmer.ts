/** Removes the part of the log that nobody needs any more. It may be done by any host, by several at once, and at any time. */
import { Context, type Effect } from "effect"
import type { RepositoryError } from "./Repository.ts"

export interface Trimmed {
  /** Entries of the log removed. */
  readonly entries: number
  readonly bases: number
  /** Everything below this position is gone, or was before; 0 if nothing may go. */
  readonly below: number
}

export class LogTrimmer extends Context.Service<LogTrimmer, {
  /** One round: about five requests if there is nothing to do. May be retried; a round cut short leaves nothing wrong. */
  readonly round: Effect.Effect<Trimmed, RepositoryError>
}>()("bepository/services/LogTrimmer") {}
