/**
 * Tries out a store: whether it keeps what every guarantee of a repository rests on, and how quick it is. Works in a scratch
 * place of its own, which must be empty, and leaves nothing there.
 */
import { Context, type Stream } from "effect"

export type Verdict =
  | "ok"
  /** It works, and the operator should know this. */
  | "advice"
  /** A repository must not be kept here, or cannot be. */
  | "failed"

export interface Finding {
  /** A few words: what was looked at. */
  readonly check: string
  readonly verdict: Verdict
  /** What was seen, with figures. */
  readonly seen: string
  /** What to do about it; for all but `ok`. */
  readonly mend?: string
  /** Figures for scripts: milliseconds, bytes a second. */
  readonly figures?: Readonly<Record<string, number>>
}

export class StoreCheckup extends Context.Service<StoreCheckup, {
  /**
   * One finding per check, as they are made; a check that cannot go on is a finding. `bytes`: of the object that throughput
   * is measured with, 0 for none. Never fails; an interruption cleans up.
   */
  readonly run: (options: { readonly bytes: number }) => Stream.Stream<Finding>
}>()("bepository/services/StoreCheckup") {}
