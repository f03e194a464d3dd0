/** Who was seen at a repository, by the claims that lie there: for people. */
import type { LeaseClaim, Progress } from "./LeaseClaim.ts"
import * as LeaseDecision from "./LeaseDecision.ts"

export interface HostRow {
  readonly host: string
  readonly label: string
  readonly version: string
  /** `vanished`: it had the term or waited for it, and its claim ended by itself. */
  readonly role: "active" | "queued" | "standby" | "vanished"
  readonly priority: number
  /** When it last said something, on the store's clock, Unix milliseconds. */
  readonly seenAt: number
  /** Since when it is active; undefined otherwise. */
  readonly since: number | undefined
  readonly progress: Progress
}

/** Nobody's: it judges by the claims alone. */
const onlooker: LeaseDecision.Me = { holder: "", nonce: "", priority: 0, isAlive: () => true }

/** The claim of the newest program among them, by the numbers of its version. */
export const newestProgram = (claims: ReadonlyArray<LeaseClaim>): LeaseClaim | undefined => {
  const numbers = ({ version }: LeaseClaim) => version.split(/\D+/).map(Number)
  const compare = (a: LeaseClaim, b: LeaseClaim): number => {
    const [left, right] = [numbers(a), numbers(b)]
    for (let at = 0; at < Math.max(left.length, right.length); at++) {
      const difference = (left[at] ?? 0) - (right[at] ?? 0)
      if (difference !== 0) return difference
    }
    return a.time - b.time
  }
  return claims.toSorted(compare).at(-1)
}

/** One row for each host, whoever was seen last first. */
export const rows = (view: LeaseDecision.View): ReadonlyArray<HostRow> => {
  const newest = new Map<string, { readonly number: number; readonly claim: LeaseClaim }>()
  for (const { claim, number } of view.claims) {
    if (claim !== undefined && (newest.get(claim.holder)?.number ?? 0) < number) {
      newest.set(claim.holder, { number, claim })
    }
  }
  const active = LeaseDecision.holder(view, onlooker)?.claim.nonce
  const waiting = new Set(LeaseDecision.queue(view, onlooker).map(({ claim }) => claim.nonce))
  const roleOf = (claim: LeaseClaim): HostRow["role"] => {
    if (claim.nonce === active) return "active"
    if (waiting.has(claim.nonce)) return "queued"
    return claim.duration === 0 ? "standby" : "vanished"
  }
  return Array.from(newest.values(), ({ claim }) => {
    const role = roleOf(claim)
    return {
      host: claim.holder,
      label: claim.label,
      version: claim.version,
      role,
      priority: claim.priority,
      seenAt: claim.time,
      since: role === "active" ? claim.since : undefined,
      progress: claim.progress
    }
  }).toSorted((a, b) => b.seenAt - a.seenAt || (a.host < b.host ? -1 : 1))
}
