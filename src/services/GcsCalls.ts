/**
 * Calls of Google's libraries, bounded in number and in silence, that end when they are interrupted. What a call asks must be asked
 * by itself: a request that something else began before is none of its own, and goes on.
 */
import { Context, type Effect } from "effect"

/** An answer that is no success; or, without a `status`, that there was none, with the code of the connection's end. */
export interface Trouble {
  readonly status: number | undefined
  readonly text: string
}

export class GcsCalls extends Context.Service<GcsCalls, {
  /** One attempt. `sent`: bytes that it sends, besides questions. `signal` is to end the streams that it opens. */
  readonly call: <A>(sent: number, start: (signal: AbortSignal) => Promise<A>) => Effect.Effect<A, Trouble>
}>()("bepository/services/GcsCalls") {}
