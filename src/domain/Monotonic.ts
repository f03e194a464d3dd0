/** Time that no setting of a clock moves: for pauses and durations, never for dates. */

/** Milliseconds since some moment. `clock`: Effect's. */
export const millis = (clock: { readonly monotonicTimeNanosUnsafe: () => bigint }): number =>
  Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
