/**
 * The end of the log as a process knows it: a state, and the verified commits after it. Never changed in place; whoever
 * holds one holds a consistent history, whatever others learn meanwhile.
 */
import * as Result from "effect/Result"
import type { Commit } from "./Commit.ts"
import type { Draft, Entry } from "./LogEntry.ts"
import * as State from "./State.ts"
import type { Place } from "./Timeline.ts"

export interface Link {
  readonly commit: Commit
  /** After the commit. */
  readonly state: State.State
  /** Of the object, bytes. */
  readonly size: number
}

export interface Chain {
  /** Before the first link. */
  readonly floor: State.State
  /** Oldest first, without gaps. */
  readonly links: ReadonlyArray<Link>
  /** Bytes of log after the newest base. */
  readonly logBytes: number
}

/** Links and bytes of log a chain keeps for those who follow behind. */
const kept = { links: 192, bytes: 8 * 1024 * 1024 }

export const begin = (floor: State.State): Chain => ({ floor, links: [], logBytes: 0 })

/** The newest state. */
export const head = (chain: Chain): State.State => chain.links.at(-1)?.state ?? chain.floor

/** With the entries that follow; or which of them does not follow, and why. */
export const extend = (
  chain: Chain,
  entries: ReadonlyArray<Entry>
): Result.Result<Chain, { readonly position: number; readonly reason: string }> => {
  if (entries.length === 0) return Result.succeed(chain)
  const links = [...chain.links]
  let state = head(chain)
  let logBytes = chain.logBytes
  for (const { commit, digest, size } of entries) {
    const next = State.next(state, commit, digest, State.noFacts)
    if (Result.isFailure(next)) return Result.fail({ position: commit.position, reason: next.failure })
    state = next.success
    links.push({ commit, state, size })
    logBytes += size
  }
  return Result.succeed({ ...chain, links, logBytes })
}

/** With a commit of this process, drafted for the chain's head. */
export const append = (chain: Chain, { commit, size, state }: Draft): Chain => ({
  ...chain,
  links: [...chain.links, { commit, state, size }],
  logBytes: chain.logBytes + size
})

/** Standing on a base at one of its positions. */
export const rebase = (chain: Chain, position: number): Chain => {
  const based = (state: State.State): State.State =>
    state.position < position ? state : { ...state, basePosition: position }
  const links = chain.links.map((link) => ({ ...link, state: based(link.state) }))
  let logBytes = 0
  for (const link of links) if (link.commit.position > position) logBytes += link.size
  return { floor: based(chain.floor), links, logBytes }
}

/** The commits after a position of the chain, oldest first. */
export const after = (chain: Chain, position: number): ReadonlyArray<Link> =>
  chain.links.slice(Math.max(0, position - chain.floor.position))

/** The digest at a position of the chain; undefined outside it. */
export const digestAt = (chain: Chain, position: number): Uint8Array | undefined =>
  position === chain.floor.position
    ? chain.floor.digest
    : chain.links[position - chain.floor.position - 1]?.state.digest

/** Every verified place, ascending. */
export const places = (chain: Chain): ReadonlyArray<Place> => [
  chain.floor,
  ...chain.links.map((link) => link.state)
]

/** Without old links nobody needs: never drops a commit whose records no segment holds, or one after the newest base. */
export const prune = (chain: Chain): Chain => {
  const state = head(chain)
  const needed = Math.min(State.inlineSince(state) ?? Infinity, state.basePosition + 1)
  let count = chain.links.length
  let bytes = chain.links.reduce((sum, link) => sum + link.size, 0)
  let drop = 0
  for (const link of chain.links) {
    if (link.commit.position >= needed || (count <= kept.links && bytes <= kept.bytes)) break
    count--
    bytes -= link.size
    drop++
  }
  const floor = chain.links[drop - 1]?.state
  return floor === undefined ? chain : { ...chain, floor, links: chain.links.slice(drop) }
}
