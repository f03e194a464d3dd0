/** Time since the machine started, its sleep included: what a timer and a clock that may be set do not tell. */
import { Context } from "effect"

export class BootClock extends Context.Service<BootClock, {
  /** Milliseconds since some moment. */
  readonly millisUnsafe: () => number
}>()("bepository/services/BootClock") {}
