/**
 * What a copy of a repository to another store has to do, by names and sizes alone: objects are immutable, so one of the
 * same name and size is the same, if it arrived whole; whether it did is for who reads it. What others refer to goes first
 * and the marker last: until then nobody takes the destination for a repository. One that was whole before stays so at every
 * step: it opens at the base it had, and goes on by log entries whose objects are there; a newer base comes when the log
 * leads up to it.
 */
import * as LogEntry from "./LogEntry.ts"
import * as ObjectKey from "./ObjectKey.ts"

export interface Entry {
  readonly key: string
  /** bytes */
  readonly size: number
}

/**
 * Copied one phase after the other; the log ascending and bases the newest first, one at a time. Keys may be changed at any time, outside the log:
 * those that are there at the end are copied.
 */
export const phases = ["objects", "log", "bases", "keys", "marker"] as const
export type Phase = typeof phases[number]

/** Undefined: it is not copied. A lease is a claim of the moment, and `tmp/` belongs to nobody. */
export const phaseOf = (key: string): Phase | undefined => {
  const parsed = ObjectKey.parse(key)
  switch (parsed?._tag) {
    case undefined:
    case "Lease":
      return undefined
    case "Log":
      return "log"
    case "Marker":
      return "marker"
    case "Key":
      return "keys"
    case "Base":
      return "bases"
    case "Pack":
    case "Segment":
      return "objects"
  }
}

export interface Plan {
  readonly missing: Readonly<Record<Phase, ReadonlyArray<Entry>>>
  /** What is there already. */
  readonly present: ReadonlyArray<Entry>
  /** Objects of the source that are none of ours, and stay behind. */
  readonly strange: ReadonlyArray<string>
}

/** Both listings ascending, as stores give them. `sizes`: of the destination. */
export const plan = (source: Iterable<Entry>, sizes: ReadonlyMap<string, number>): Plan => {
  const missing: Record<Phase, Array<Entry>> = { objects: [], log: [], bases: [], keys: [], marker: [] }
  const present: Array<Entry> = []
  const strange: Array<string> = []
  for (const entry of source) {
    const phase = phaseOf(entry.key)
    if (phase === undefined) {
      if (ObjectKey.parse(entry.key) === undefined && !entry.key.startsWith("tmp/")) strange.push(entry.key)
    } else if (sizes.get(entry.key) === entry.size) present.push(entry)
    else missing[phase].push(entry)
  }
  return { missing, present, strange }
}

export interface Amount {
  readonly objects: number
  readonly bytes: number
}

export const nothing: Amount = { objects: 0, bytes: 0 }

export const amountOf = (entries: ReadonlyArray<Entry>): Amount => entries.reduce(added, nothing)

export const added = ({ bytes, objects }: Amount, { size }: Entry): Amount => ({
  objects: objects + 1,
  bytes: bytes + size
})

export const without = ({ bytes, objects }: Amount, { size }: Entry): Amount => ({
  objects: objects - 1,
  bytes: bytes - size
})

export type Destination =
  | { readonly _tag: "Empty" }
  /** A copy of this repository, whole or not. */
  | { readonly _tag: "Ours" }
  /** `example`: an object that does not belong there. */
  | { readonly _tag: "Foreign"; readonly example: string }
  /** One that a copy put there has another size. */
  | { readonly _tag: "Damaged"; readonly key: string }

/**
 * What lies at the destination. `begun`: an unfinished copy of this repository was noted there; `same`: its marker is ours.
 * Without either it may only hold what the source holds.
 */
export const judge = (
  source: ReadonlyMap<string, number>,
  destination: ReadonlyMap<string, number>,
  { begun, same }: { readonly begun: boolean; readonly same: boolean }
): Destination => {
  let empty = true
  for (const [key, size] of destination) {
    if (key.startsWith("tmp/")) continue
    empty = false
    const held = source.get(key)
    const ours = begun || same ? ObjectKey.parse(key) !== undefined : held !== undefined
    if (ours && (held === undefined || held === size)) continue
    // A whole copy may have gone on by itself, with commits of its own; names of packs and segments are random.
    const isPut = same ? phaseOf(key) === "objects" : begun
    return ours && isPut ? { _tag: "Damaged", key } : { _tag: "Foreign", example: key }
  }
  return { _tag: empty ? "Empty" : "Ours" }
}

/**
 * Where the log goes on behind its last gap beyond the destination's end, when all that is missing is there, if there is a gap:
 * what lay between was trimmed, or is lost. Then only a base leads on, from the entry before or later, and has to be there first.
 */
export const gap = (destination: Iterable<string>, log: ReadonlyArray<Entry>): number | undefined => {
  const theirs = [...destination]
  const head = headOf(theirs)
  const all = positionsOf([...theirs, ...log.map(({ key }) => key)]).toSorted((a, b) => a - b)
  return all.findLast((position, at) => position > head && at > 0 && all[at - 1] !== position - 1)
}

/** Whether one of these is a base from which the log goes on at that entry. */
export const leadsTo = (keys: Iterable<string>, next: number): boolean =>
  [...keys].some((key) => {
    const parsed = ObjectKey.parse(key)
    return parsed?._tag === "Base" && parsed.position >= next - 1
  })

/** The highest position in the log, 0 if there is none. */
export const headOf = (keys: Iterable<string>): number => positionsOf(keys).at(-1) ?? 0

/** The lowest position that is left of the log, 0 if there is none. */
export const tailOf = (keys: Iterable<string>): number => positionsOf(keys)[0] ?? 0

/** The highest position that both logs hold. */
export const common = (a: Iterable<string>, b: Iterable<string>): number | undefined => {
  const positions = new Set(positionsOf(a))
  return positionsOf(b).findLast((position) => positions.has(position))
}

const positionsOf = (keys: Iterable<string>): ReadonlyArray<number> =>
  LogEntry.positionsIn([...keys].filter((key) => key.startsWith(ObjectKey.logPrefix)))
