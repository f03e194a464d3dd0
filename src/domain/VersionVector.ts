/**
 * Version vectors (BEP sheet §5.8). A vector is kept and announced exactly as it was received (Syncthing 2 compares its
 * text), so nothing here changes its input; functions that need order work on an ordered copy.
 */

/** `id` is a device's short id, `value` its counter; both are unsigned 64-bit. */
export interface Counter {
  readonly id: bigint
  readonly value: bigint
}

export type VersionVector = ReadonlyArray<Counter>

/** How the first vector stands to the second; the concurrent ones are in conflict and say who wins a tie. */
export type Ordering = "equal" | "greater" | "lesser" | "concurrent-greater" | "concurrent-lesser"

/** A missing counter is 0. Concurrent vectors are ordered by the lowest id where they differ. */
export const compare = (a: VersionVector, b: VersionVector): Ordering => {
  const left = ordered(a)
  const right = ordered(b)
  let first: "equal" | "greater" | "lesser" = "equal"
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    const l = left[i]
    const r = right[j]
    let difference: bigint
    if (r === undefined || (l !== undefined && l.id < r.id)) {
      difference = l === undefined ? 0n : l.value
      i++
    } else if (l === undefined || r.id < l.id) {
      difference = -r.value
      j++
    } else {
      difference = l.value - r.value
      i++
      j++
    }
    if (difference > 0n) {
      if (first === "lesser") return "concurrent-lesser"
      first = "greater"
    } else if (difference < 0n) {
      if (first === "greater") return "concurrent-greater"
      first = "lesser"
    }
  }
  return first
}

/** An edit by device `id` at `nowSeconds` (Unix): its counter grows to at least the time. The result is ordered. */
export const update = (v: VersionVector, id: bigint, nowSeconds: number): VersionVector => {
  const now = BigInt(Math.max(1, Math.floor(nowSeconds)))
  const counters = ordered(v)
  const at = counters.findIndex((c) => c.id >= id)
  const found = at < 0 ? undefined : counters[at]
  if (found?.id === id) {
    return counters.with(at, { id, value: atMost64(found.value + 1n > now ? found.value + 1n : now) })
  }
  return counters.toSpliced(at < 0 ? counters.length : at, 0, { id, value: now })
}

/** The counter of device `id`; a missing one is 0. */
export const counter = (v: VersionVector, id: bigint): bigint =>
  v.reduce((most, c) => c.id === id && c.value > most ? c.value : most, 0n)

/** The maximum of each counter. */
export const merge = (a: VersionVector, b: VersionVector): VersionVector => ordered([...a, ...b])

/** Only the counter of device `id`. */
export const dropOthers = (v: VersionVector, id: bigint): VersionVector => v.filter((c) => c.id === id)

/** Ascending ids, each once with its largest value; the input itself if it already is so. */
const ordered = (v: VersionVector): VersionVector => {
  for (let i = 1; i < v.length; i++) {
    if (v[i - 1]!.id >= v[i]!.id) {
      const counters = new Map<bigint, bigint>()
      for (const { id, value } of v) {
        const known = counters.get(id)
        if (known === undefined || known < value) counters.set(id, value)
      }
      return Array.from(counters, ([id, value]) => ({ id, value })).toSorted((x, y) => (x.id < y.id ? -1 : 1))
    }
  }
  return v
}

const atMost64 = (value: bigint): bigint => value > 0xFFFF_FFFF_FFFF_FFFFn ? 0xFFFF_FFFF_FFFF_FFFFn : value
