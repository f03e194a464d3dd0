/**
 * The clock of one simulated host: its wall clock may be wrong, step, and jump over a sleep; its monotonic clock and its
 * timers know nothing of a sleep. While the host is suspended nothing of it wakes up.
 */
import { type Clock, Effect, Latch } from "effect"

export interface Sky {
  /** What has passed besides the test clock's time, for every wall clock and for the store's. Milliseconds. */
  offset: number
}

export interface HostClock {
  readonly clock: Clock.Clock
  /** By how much the host's wall clock is wrong, milliseconds. */
  error: number
  /** Since the machine started, its sleep included, and no setting of a clock. Milliseconds. */
  readonly bootMillisUnsafe: () => number
  readonly suspend: () => void
  readonly resume: () => void
}

/** `base`: the test clock. */
export const make = (base: Clock.Clock, sky: Sky): HostClock => {
  const gate = Latch.makeUnsafe(true)
  const millis = () => base.currentTimeMillisUnsafe() + sky.offset + host.error
  const nanos = () => BigInt(Math.round(millis())) * 1_000_000n
  const host: HostClock = {
    error: 0,
    bootMillisUnsafe: () => Number(base.monotonicTimeNanosUnsafe() / 1_000_000n) + sky.offset,
    suspend: () => gate.closeUnsafe(),
    resume: () => gate.openUnsafe(),
    clock: {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => base.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: base.monotonicTimeNanos,
      sleep: (duration) => Effect.andThen(base.sleep(duration), gate.await)
    }
  }
  return host
}
