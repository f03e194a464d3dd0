/**
 * What a listing of the log may look like. Trimming takes away the lowest first and leaves everything after the older of
 * the last two bases, so what is there is one run up to the head; a single entry below it fell into a hole (see protocols.md).
 */

export interface LogShape {
  /** The first position of the run that ends at the head; above the head if that itself is missing. */
  readonly start: number
  /** Positions that cannot have been trimmed, and are not there; of long stretches the first and the last. */
  readonly missing: ReadonlyArray<number>
  /** Entries that nobody reads. */
  readonly leftovers: ReadonlyArray<number>
  /** The log leads back to no base and not to its beginning: one was lost. */
  readonly baseLost: boolean
}

/** `positions` and `bases` ascending, nothing above the head. */
export const look = (
  positions: ReadonlyArray<number>,
  bases: ReadonlyArray<number>,
  head: number
): LogShape => {
  const runs: Array<{ first: number; last: number }> = []
  for (const position of positions) {
    const open = runs.at(-1)
    if (open !== undefined && open.last === position - 1) open.last = position
    else runs.push({ first: position, last: position })
  }
  const missing: Array<number> = []
  const leftovers: Array<number> = []
  const lose = (first: number, last: number) => {
    if (first > last) return
    missing.push(first)
    if (last > first) missing.push(last)
  }
  const top = runs.at(-1)
  const start = top?.last === head ? top.first : head + 1
  const below = start > head ? runs : runs.slice(0, -1)
  /** The lowest position that must be there. */
  const kept = (bases.at(-2) ?? 0) + 1
  const untrimmed = runs[0]?.first === 1
  let next = start
  for (const run of below.toReversed()) {
    const isLeftover = run.first === run.last && !untrimmed && run.last < kept
    if (isLeftover) leftovers.unshift(run.first)
    else {
      lose(run.last + 1, next - 1)
      next = run.first
    }
  }
  // Trimming leaves two bases.
  const baseLost = bases.length === 1 && next > 1
  if (!baseLost) lose(kept, next - 1)
  return { start, missing: missing.toSorted((a, b) => a - b), leftovers, baseLost }
}
