/** A small generator of pseudo-random numbers (mulberry32): the same seed gives the same history, on every machine. */

export interface Seeded {
  /** In `[0, 1)`. */
  readonly next: () => number
  /** In `[0, below)`. */
  readonly int: (below: number) => number
  readonly chance: (probability: number) => boolean
  readonly bytes: (size: number) => Uint8Array
}

export const make = (seed: number): Seeded => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (below: number) => Math.floor(next() * below)
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    bytes: (size) => Uint8Array.from({ length: size }, () => int(256))
  }
}
