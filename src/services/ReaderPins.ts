/**
 * Keeps checkpoints that are being read. Short reads need nothing: a checkpoint outlives its expiry by more than an hour.
 * A read that lasts, or begins when the checkpoint has served its time, holds a pin of this process, which ends by itself
 * an hour after this process is gone.
 */
import { Context, type Effect, type Scope } from "effect"

export class ReaderPins extends Context.Service<ReaderPins, {
  /** For as long as the scope is open. A pin that cannot be made is reported, and the read goes on without. */
  readonly hold: (checkpoint: number) => Effect.Effect<void, never, Scope.Scope>
}>()("bepository/services/ReaderPins") {}
