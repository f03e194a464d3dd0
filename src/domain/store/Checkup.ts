/** What observations of a store mean: pure judgements behind `doctor`. */

/** What one race of puts for one name showed. */
export interface Race {
  readonly outcomes: ReadonlyArray<"Created" | "Exists" | "undecided">
  /** The racer whose bytes were read back; undefined if they were nobody's. */
  readonly found: number | undefined
}

/** Why the race shows that the name can be created twice; undefined if it does not. */
export const raceProblem = ({ found, outcomes }: Race): string | undefined => {
  const winners = outcomes.flatMap((outcome, racer) => outcome === "Created" ? [racer] : [])
  if (winners.length > 1) {
    return `${winners.length} of ${outcomes.length} writers were told that they created one object`
  }
  if (found === undefined) return "the object that was created holds none of the writers' bytes"
  const [winner] = winners
  // A winner whose reply was lost may be told "exists" when it asks again.
  if (winner !== undefined && winner !== found) return "the object holds the bytes of a writer that was told it lost"
  return undefined
}

/** Why a listing is not the one expected; keys in byte order with their sizes. */
export const listingProblem = (
  expected: ReadonlyArray<readonly [key: string, size: number]>,
  listed: ReadonlyArray<{ readonly key: string; readonly size: number }>
): string | undefined => {
  const seen = new Map(listed.map((entry) => [entry.key, entry.size]))
  const missing = expected.filter(([key]) => !seen.has(key))
  if (missing.length > 0) {
    return `${missing.length} of ${expected.length} objects are missing from a listing right after they were put`
  }
  const resized = expected.find(([key, size]) => seen.get(key) !== size)
  if (resized !== undefined) {
    return `a listing gives ${resized[0]} ${seen.get(resized[0])} bytes instead of ${resized[1]}`
  }
  const strange = listed.find((entry) => !expected.some(([key]) => key === entry.key))
  if (strange !== undefined) return `a listing shows ${strange.key}, which is not there`
  const wrong = listed.findIndex((entry, at) => entry.key !== expected[at]?.[0])
  return wrong >= 0 ? `a listing is not in byte order at ${listed[wrong]!.key}` : undefined
}

/** The middle value; 0 of none. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return 0
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Milliseconds by which this host's clock is ahead of the store's, and how exactly that is known. */
export const skew = (
  before: number,
  store: number,
  after: number
): { readonly ahead: number; readonly exact: number } => ({
  ahead: (before + after) / 2 - store,
  exact: (after - before) / 2
})

/** Above this, milliseconds, requests are refused by some stores and moments shown to people are wrong. */
export const largestSkew = 60_000

export const skewAdvice = ({ ahead, exact }: ReturnType<typeof skew>): string | undefined =>
  Math.abs(ahead) - exact <= largestSkew
    ? undefined
    : "set this host's clock (NTP): S3 and Google refuse requests that are 15 minutes off, and moments you see are wrong"
