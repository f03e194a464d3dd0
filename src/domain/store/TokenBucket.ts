/**
 * A rate that holds on average: whoever takes something waits until what was taken before him is paid for. What is taken may
 * be larger than a second's worth; who comes next waits the longer. Times are milliseconds of one clock.
 */

export interface TokenBucket {
  /** Per millisecond. */
  readonly rate: number
  /** When all that was taken is paid for. */
  readonly paid: number
}

/** Milliseconds' worth that may be taken at once after a rest. */
const burst = 1000

/** `perSecond`: above 0. */
export const make = (perSecond: number): TokenBucket => ({ rate: perSecond / 1000, paid: -Infinity })

/** Takes `amount` (it may be known to be less or more only later: `correct`). `wait`: milliseconds until it may be used. */
export const take = (
  bucket: TokenBucket,
  now: number,
  amount: number
): { readonly bucket: TokenBucket; readonly wait: number } => ({
  bucket: { ...bucket, paid: Math.max(bucket.paid, now - burst) + amount / bucket.rate },
  wait: Math.max(0, bucket.paid - now)
})

/** What was taken turned out to be so much more, or less if negative. */
export const correct = (bucket: TokenBucket, amount: number): TokenBucket => ({
  ...bucket,
  paid: bucket.paid + amount / bucket.rate
})
