/** What the codec tests are fed with: random values of the wire's types, and seeded damage. */
import { Arbitrary, Schema } from "effect"

const int = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

export const uint32 = int(0, 0xFFFF_FFFF)
export const int32 = int(-0x8000_0000, 0x7FFF_FFFF)
export const byte = int(0, 255)
export { int }

/** All of the 64-bit range, its small and its large end included. */
export const uint64 = Arbitrary.map(
  Arbitrary.all([uint32, uint32, int(0, 64)]),
  ([high, low, shift]) => (BigInt(high) << 32n | BigInt(low)) >> BigInt(shift)
)

export const safe = int(0, Number.MAX_SAFE_INTEGER)
export const signedSafe = int(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)

export const bytes = (minLength: number, maxLength: number) =>
  Arbitrary.map(Arbitrary.array(byte, { minLength, maxLength }), (values) => Uint8Array.from(values))

/** Unicode without lone surrogates. */
export const text = Arbitrary.map(Arbitrary.schema(Schema.String), (value) => value.toWellFormed())

export const version = Arbitrary.array(
  Arbitrary.map(Arbitrary.all([uint64, uint64]), ([id, value]) => ({ id, value })),
  { maxLength: 6 }
)

/** A small reproducible source of damage: the same seed, the same numbers in [0, below). */
export const dice = (seed: number) => (below: number): number => {
  seed = (seed + 0x6D2B79F5) | 0
  let t = Math.imul(seed ^ seed >>> 15, seed | 1)
  t ^= t + Math.imul(t ^ t >>> 7, t | 61)
  return ((t ^ t >>> 14) >>> 0) % below
}

/** The bytes with one to four of them changed, removed, repeated or cut off. */
export const damage = (original: Uint8Array, roll: (below: number) => number): Uint8Array => {
  let bytes = Array.from(original)
  for (let n = roll(4); n >= 0; n--) {
    const at = roll(bytes.length + 1)
    switch (roll(5)) {
      case 0:
        bytes[at] = roll(256)
        break
      case 1:
        bytes.splice(at, 1 + roll(3))
        break
      case 2:
        bytes.splice(at, 0, roll(256), 0xFF)
        break
      case 3:
        bytes[at] = (bytes[at] ?? 0) ^ 1 << roll(8)
        break
      default:
        bytes = bytes.slice(0, at)
    }
  }
  return Uint8Array.from(bytes)
}
