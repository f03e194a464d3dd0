/**
 * A rate that holds on average: whoever takes something waits until what was taken before him is paid for. What is taken may
 * be larger than a second's worth; who comes next waits the longer. Times are milliseconds of one clock. Whatever that clock
 * does, nobody waits longer than what was taken before him is worth.
 */

export interface TokenBucket {
  /** Per millisecond. */
  readonly rate: number
  /** When all that was taken is paid for. */
  readonly paid: number
  /** When something was last taken. */
  readonly last: number
}

/** Milliseconds' worth that may be taken at once after a rest. */
const burst = 1000

/** `perSecond`: above 0. */
export const make = (perSecond: number): TokenBucket => ({ rate: perSecond / 1000, paid: -Infinity, last: -Infinity })

/** Takes `amount` (it may be known to be less or more only later: `correct`). `wait`: milliseconds until it may be used. */
export const take = (
  bucket: TokenBucket,
  now: number,
  amount: number
): { readonly bucket: TokenBucket; readonly wait: number } => {
  // A clock set back takes with it what was owed by it.
  const paid = bucket.last > now ? bucket.paid - (bucket.last - now) : bucket.paid
  return {
    bucket: { ...bucket, paid: Math.max(paid, now - burst) + amount / bucket.rate, last: now },
    wait: Math.max(0, paid - now)
  }
}

/** What was taken turned out to be so much more, or less if negative. */
export const correct = (bucket: TokenBucket, amount: number): TokenBucket => ({
  ...bucket,
  paid: bucket.paid + amount / bucket.rate
})
