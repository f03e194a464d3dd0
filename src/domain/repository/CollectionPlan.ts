/**
 * What may go: decided on one state, on what the store listed before that state was read, and on what that state's records
 * name. Nothing here looks at a clock; whoever asks says what the store's clock says.
 */
import { behindBy } from "./ClockDoubt.ts"
import type { LiveSet } from "./LiveSet.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { Condemned, Op } from "./Op.ts"
import * as State from "./State.ts"
import type { CondemnedObject } from "./State.ts"

/** How long what is condemned stays, on the store's clock. Milliseconds. */
export const grace = 3_600_000
/** Objects that may be condemned at a time: they lie in the state, and so in every base. */
export const mostCondemned = 4000
/** Objects of nobody that a listing keeps in mind. */
const mostStrange = 20_000

/** An entry of a listing. */
export interface Entry {
  readonly key: string
  /** bytes */
  readonly size: number
}

/** A listing of all packs and segments, held against the state that was read before it began. */
export class Listing {
  private readonly before: State.State
  /** Names of objects that must be listed. */
  private readonly expected = new Set<string>()
  /** Objects that the state did not know as its own, condemned ones aside. */
  readonly strange: Array<Condemned> = []
  /** What is listed and cannot be: said by the first of them. */
  problem: string | undefined
  count = 0
  bytes = 0

  constructor(before: State.State) {
    this.before = before
    for (const id of before.packs.flushed.keys()) this.expected.add(id)
    for (const id of before.packs.inline.keys()) this.expected.add(id)
    for (const id of before.segments.keys()) this.expected.add(id)
  }

  see({ key, size }: Entry): void {
    const object = ObjectKey.parse(key)
    if (object?._tag !== "Pack" && object?._tag !== "Segment") return
    this.count++
    this.bytes += size
    const { id } = object
    const known = object._tag === "Pack" ? State.packRef(this.before, id) : this.before.segments.get(id)
    if (known !== undefined) {
      this.expected.delete(id)
      if (known.size !== size) this.problem ??= `${key} has ${size} bytes, and ${known.size} by the log`
    } else if (!this.before.condemned.has(key) && this.strange.length < mostStrange) {
      this.strange.push({ kind: object._tag === "Pack" ? "pack" : "segment", id, size })
    }
  }

  /** Why the listing cannot be believed, or the store not be whole; `after`: the state read after it ended. */
  verdict(after: State.State): string | undefined {
    if (this.problem !== undefined) return this.problem
    for (const id of this.expected) {
      const kind = State.isLive(after, id) ? "pack" : after.segments.has(id) ? "segment" : undefined
      if (kind !== undefined) return `the ${kind} ${id} is in use and not listed`
    }
    return undefined
  }
}

export interface Question {
  readonly state: State.State
  /** Of that very state. */
  readonly live: LiveSet
  /** Packs of the state that nothing needs. */
  readonly dead: ReadonlyArray<Condemned>
  /** `Listing.strange` of a listing that ended before the state was read. */
  readonly strange: ReadonlyArray<Condemned>
}

export interface Plan {
  readonly ops: ReadonlyArray<Op>
  readonly condemned: ReadonlyArray<Condemned>
  /** How many of them no commit ever named. */
  readonly orphans: number
  readonly redirectsDropped: number
  /** There was more. */
  readonly more: boolean
}

/** Redirects that nothing needs, and what is condemned now. */
export const condemn = ({ dead, live, state, strange }: Question): Plan => {
  const dropped = [...state.redirects.keys()].filter((old) => !live.isNamed(old))
  const gone = new Set(dropped)
  const kept = new Set<string>()
  for (const [old, packs] of state.redirects) if (!gone.has(old)) { for (const id of packs) kept.add(id) }
  const referenced = State.referencedSegments(state)
  const found: Array<Condemned> = dead.filter(({ id }) => !kept.has(id))
  for (const { id, size } of state.segments.values()) {
    if (!referenced.has(id)) found.push({ kind: "segment", id, size })
  }
  const known = found.length
  for (const object of strange) {
    // Of what was replaced by nothing nothing was saved: while rows name it, what is left of it may still be of use.
    const isLost = state.redirects.get(object.id)?.length === 0 && !gone.has(object.id)
    if (isNobodys(state, object) && !kept.has(object.id) && !isLost) found.push(object)
  }
  const room = Math.max(0, mostCondemned - state.condemned.size)
  const condemned = state.deletionStopped === undefined ? found.slice(0, room) : []
  // While its redirect is there the state knows a pack that was replaced; what it led to is free only when it is gone.
  const replaced = condemned.filter(({ id }) => state.redirects.has(id))
  const others = condemned.filter(({ id }) => !state.redirects.has(id))
  const ops: Array<Op> = []
  if (replaced.length > 0) ops.push({ _tag: "ObjectsCondemned", objects: replaced })
  if (dropped.length > 0) ops.push({ _tag: "RedirectsDropped", packs: dropped })
  if (others.length > 0) ops.push({ _tag: "ObjectsCondemned", objects: others })
  return {
    ops,
    condemned,
    orphans: condemned.slice(known).filter((object) => !wasKnown(state, object)).length,
    redirectsDropped: dropped.length,
    more: condemned.length < found.length
  }
}

/** A pack that others took the place of. */
const wasKnown = (state: State.State, { id }: Pick<Condemned, "id">): boolean =>
  state.redirects.has(id) || state.packs.dropped.has(id)

/** An object in the store that no commit can ever name again: left by a term that is over, or replaced. */
export const isNobodys = (state: State.State, { id, kind }: Pick<Condemned, "id" | "kind">): boolean => {
  if (state.condemned.has(keyOf({ id, kind }))) return false
  const term = ObjectKey.parseId(id)?.term
  if (term === undefined) return false
  if (kind === "segment") return !state.segments.has(id) && term < state.epoch
  if (State.isLive(state, id)) return false
  return term < state.epoch || wasKnown(state, { id })
}

/** How far time has come for a host. */
export interface Moment {
  /** On the store's clock. */
  readonly sure: number
  /** As the host counts, milliseconds; it never goes back. */
  readonly passed: number
}

/** The name of a condemnation: what was condemned, and by which commit. */
export const sightingOf = (object: CondemnedObject): string => `${object.position} ${keyOf(object)}`

/**
 * When, in time that passed for this host, it saw that each was condemned: of those that the log dates into the future, for
 * the clock was ahead, or is not sure to have come so far. `state`: read before the moment was asked for, so that whatever is
 * in it was condemned by then. `noted`: what was seen before.
 */
export const sightings = (
  state: State.State,
  { passed, sure }: Moment,
  noted: ReadonlyMap<string, number>
): ReadonlyMap<string, number> => {
  const all = new Map<string, number>()
  for (const object of state.condemned.values()) {
    const name = sightingOf(object)
    const since = noted.get(name)
    if (since !== undefined) all.set(name, Math.min(since, passed))
    else if (isAhead(object, sure)) all.set(name, passed)
  }
  return all
}

/**
 * Condemned objects that may be deleted: a grace after they were condemned; those dated into the future a grace after this
 * host saw that they are, for it was done by then, whatever the clock said. Segments only once a base is known that was
 * written after they were condemned: who opens the repository reads the pack table that the newest base names.
 */
export const due = (
  state: State.State,
  { passed, sure }: Moment,
  seen: ReadonlyMap<string, number>
): ReadonlyArray<CondemnedObject> =>
  state.deletionStopped !== undefined ?
    [] :
    [...state.condemned.values()].filter((object) =>
      (isPast(object, sure) ||
        isAhead(object, sure) && passed - (seen.get(sightingOf(object)) ?? Infinity) >= grace) &&
      (object.kind === "pack" || state.basePosition >= object.position)
    )

/** Segments whose time has come, and that wait for a base. */
export const awaitsBase = (state: State.State): boolean =>
  [...state.condemned.values()].some(({ kind, position }) => kind === "segment" && position > state.basePosition)

const isPast = ({ time }: CondemnedObject, sure: number): boolean => sure - time >= grace

/** A clock that is behind by less than a day catches up before anybody minds. */
const isAhead = ({ time }: CondemnedObject, sure: number): boolean => time - sure > behindBy

/** Condemned objects that something names all the same: damage, and no reason to go on. */
export const contradicted = (state: State.State, live: LiveSet): ReadonlyArray<CondemnedObject> => {
  const referenced = State.referencedSegments(state)
  return [...state.condemned.values()].filter(({ id, kind }) =>
    kind === "pack" ? live.isNeeded(id) || isTarget(state, id) : referenced.has(id)
  )
}

/** What is condemned, and when the first and the last of it may be deleted; what is dated into the future, as if it were now. */
export const waiting = (
  state: State.State,
  now: number
): { readonly count: number; readonly bytes: number; readonly from?: number; readonly until?: number } => {
  let bytes = 0
  let from = Infinity
  let until = 0
  for (const object of state.condemned.values()) {
    const time = isAhead(object, now) ? now : object.time
    bytes += object.size
    from = Math.min(from, time + grace)
    until = Math.max(until, time + grace)
  }
  const count = state.condemned.size
  return count === 0 ? { count, bytes } : { count, bytes, from, until }
}

const isTarget = (state: State.State, pack: string): boolean => {
  for (const packs of state.redirects.values()) if (packs.includes(pack)) return true
  return false
}

export const keyOf = ({ id, kind }: Pick<Condemned, "id" | "kind">): string =>
  kind === "pack" ? ObjectKey.pack(id) : ObjectKey.segment(id)
