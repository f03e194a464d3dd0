/** How long a command means to run: whether a signal is its end as planned (exit 0) or a break (130, 143). */
import { Context } from "effect"

export interface Lifetime {
  /** Set by a command that runs until it is told to stop. */
  untilSignal: boolean
}

export const Lifetime: Context.Reference<Lifetime> = Context.Reference("bepository/programs/Lifetime", {
  defaultValue: (): Lifetime => ({ untilSignal: false })
})
