/**
 * Who has the writer's term, by the claims under `lease/`. Thrift and order, not safety: two hosts that both believe they have
 * it only fence each other (law 8). All times are the store's, Unix milliseconds.
 *
 * A claim waits (`term` 0), holds (`term` above 0), or was let go (`duration` 0). A number is given out once, by put-if-absent,
 * to whoever puts the next one after all it saw; so of two that find the term free, one finds its number taken.
 */
import type { LeaseClaim } from "./LeaseClaim.ts"
import { epochStride } from "./Timeline.ts"

/** One object under `lease/`. */
export interface Seen {
  readonly number: number
  /** Undefined: it cannot be read, and stops nobody. */
  readonly claim: LeaseClaim | undefined
  /** When this process saw it first. */
  readonly firstSeen: number
}

export interface View {
  readonly now: number
  /** Of the newest commit known. */
  readonly epoch: number
  readonly claims: ReadonlyArray<Seen>
}

export interface Me {
  readonly holder: string
  readonly nonce: string
  readonly priority: number
  /** Whether a process of this host still runs. */
  readonly isAlive: (process: number) => boolean
}

/** A host that has something to write waits no longer than this for an equal's turn to end. */
export const turn = 120_000

interface Claimed {
  readonly number: number
  readonly claim: LeaseClaim
  readonly firstSeen: number
}

/** The number of the next claim. A foreign one with a number out of all proportion counts for nothing. */
export const nextNumber = ({ claims, epoch }: View): number => {
  let highest = epoch
  for (const { claim, number } of claims) {
    if (claim !== undefined && number > highest) highest = number
  }
  for (const { claim, number } of claims.toSorted((a, b) => a.number - b.number)) {
    if (claim === undefined && number > highest && number - highest < epochStride / 2) highest = number
  }
  return highest + 1
}

/** When a claim ends by itself. One that is dated in the future stands for its duration from when it was seen. */
export const expires = ({ claim, firstSeen }: Claimed): number => Math.min(claim.time, firstSeen) + claim.duration

/** The newest claim of each process, without what was let go, has expired, or belongs to a process of this host that is gone. */
export const standing = (view: View, me: Me): ReadonlyArray<Claimed> => {
  const newest = new Map<string, Claimed>()
  for (const { claim, firstSeen, number } of view.claims) {
    if (claim === undefined) continue
    const known = newest.get(claim.nonce)
    if (known === undefined || known.number < number) newest.set(claim.nonce, { number, claim, firstSeen })
  }
  return Array.from(newest.values()).filter((seen) => {
    const { claim } = seen
    if (claim.duration === 0 || expires(seen) <= view.now) return false
    return claim.holder !== me.holder || claim.nonce === me.nonce || me.isAlive(claim.process)
  })
}

/** Who has the term: of those that hold, the first. A term below the newest epoch is over, whatever its claim says. */
export const holder = (view: View, me: Me): Claimed | undefined =>
  standing(view, me)
    .filter(({ claim }) => claim.term > 0 && claim.term >= view.epoch)
    .toSorted((a, b) => a.claim.term - b.claim.term || b.number - a.number)[0]

/** Who waits, first come first. Higher priorities go before lower ones. */
export const queue = (view: View, me: Me): ReadonlyArray<Claimed> =>
  standing(view, me)
    .filter(({ claim }) => claim.term === 0)
    .toSorted((a, b) => b.claim.priority - a.claim.priority || a.claim.queued - b.claim.queued)

export type Verdict =
  /** Nobody has it, and nobody is before us. `queued`: our place, if we waited. */
  | { readonly _tag: "Free"; readonly queued: number | undefined }
  | { readonly _tag: "Ours"; readonly number: number; readonly claim: LeaseClaim }
  /** `by`: who has it, or will have it before us. `queued`: our place, if we wait already. */
  | { readonly _tag: "Held"; readonly by: LeaseClaim; readonly queued: number | undefined }

export const judge = (view: View, me: Me): Verdict => {
  const waiting = queue(view, me)
  const queued = waiting.find(({ claim }) => claim.nonce === me.nonce)?.claim.queued
  const held = holder(view, me)
  if (held !== undefined) {
    return held.claim.nonce === me.nonce
      ? { _tag: "Ours", number: held.number, claim: held.claim }
      : { _tag: "Held", by: held.claim, queued }
  }
  // Who is not in the queue yet stands behind its equals.
  const before = waiting.find(({ claim }) =>
    claim.nonce !== me.nonce &&
    (claim.priority > me.priority ||
      (claim.priority === me.priority && (queued === undefined || claim.queued < queued)))
  )
  return before === undefined ? { _tag: "Free", queued } : { _tag: "Held", by: before.claim, queued }
}

/**
 * Whether a claim that was just put holds the term, by what is listed since. The listing before it may have been stale, or the
 * put late, into a hole that its owner's newer claim left: then a higher number than ours has held the term, or let it go.
 */
export const isFirst = (view: View, me: Me, number: number): boolean =>
  judge(view, me)._tag === "Ours" &&
  !view.claims.some((other) =>
    other.number > number && other.claim !== undefined && (other.claim.term > 0 || other.claim.duration === 0)
  )

/** Whether the holder of a term that began at `since` lets others go first now. */
export const mustYield = (view: View, me: Me, since: number): boolean =>
  queue(view, me).some(({ claim }) =>
    claim.nonce !== me.nonce &&
    (claim.priority > me.priority || (claim.priority === me.priority && view.now - since >= turn))
  )

/**
 * Numbers that this host may remove: its own processes' older claims. The newest of the host stays: it says who was seen last,
 * and keeps numbers from being given out twice.
 */
export const removable = (view: View, me: Me): ReadonlyArray<number> => {
  const mine = view.claims.filter(({ claim }) =>
    claim !== undefined && claim.holder === me.holder && (claim.nonce === me.nonce || !me.isAlive(claim.process))
  ).map(({ number }) => number).toSorted((a, b) => a - b)
  return mine.slice(0, -1)
}

/** What an operator's word clears: claims that cannot be read or stand no more. `above`: a claim with that number must be put first. */
export const clearable = (view: View, me: Me): { readonly above: number; readonly remove: ReadonlyArray<number> } => {
  const kept = new Set(standing(view, me).map(({ number }) => number))
  return {
    above: nextNumber(view),
    remove: view.claims.map(({ number }) => number).filter((number) => !kept.has(number))
  }
}
