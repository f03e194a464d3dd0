/**
 * What a repair would do about damage. Nothing is taken back: packs are replaced by what is left of them, files whose content
 * is lost are marked, and all of it is said by commits. What needs no repair has an empty plan.
 */
import type * as Damage from "./Damage.ts"
import type { Hit } from "./Roots.ts"
import * as State from "./State.ts"

/** Blocks of the pack are found in others from now on. */
export interface Replacement {
  readonly old: string
  /** Its own good blocks are copied into new packs. */
  readonly copy: boolean
  /** Indexes of its blocks that were found bad: all others must be copied. Undefined: none of it could be read. */
  readonly bad: ReadonlySet<number> | undefined
  /** Packs that hold what it lost. */
  readonly elsewhere: ReadonlyArray<string>
}

/** A file that is marked: its content is lost, until a device announces it again. */
export interface Marked {
  readonly name: string
  readonly sequence: number
  readonly info: Uint8Array
  /** Where what it lost should lie. */
  readonly packs: ReadonlyArray<string>
}

export interface RepairPlan {
  /** Of the log: what it was planned for. */
  readonly position: number
  readonly packs: ReadonlyArray<Replacement>
  /** By folder. */
  readonly files: ReadonlyMap<string, ReadonlyArray<Marked>>
  /** Segments of present states, or of the pack table, that cannot be read. */
  readonly segments: ReadonlyArray<State.SegmentRef>
  /** Positions of bases that are lost or wrong: another is written, and these are taken away. */
  readonly bases: ReadonlyArray<number>
  /** Condemned packs that records name: deletion is stopped, and they are saved into others. */
  readonly condemned: ReadonlyArray<string>
  /** Deletion is stopped, and nothing speaks against it any more. */
  readonly resume: boolean
  /** Checkpoints that keep something lost, whatever is done. */
  readonly checkpoints: ReadonlyArray<number>
}

export const of = (damage: Damage.Damage): RepairPlan => {
  const { bases, condemned, elsewhere, packs, rows, segments, state } = damage
  const replacements = new Map<string, Omit<Replacement, "old" | "elsewhere"> & { readonly elsewhere: Set<string> }>()
  const replace = (old: string, copy: boolean) => {
    const known = replacements.get(old) ?? { copy, bad: packs.get(old)?.bad, elsewhere: new Set<string>() }
    replacements.set(old, known)
    return known
  }
  for (const [id, { bad }] of packs) {
    const blocks = State.packRef(state, id)?.blocks ?? 0
    if (State.isLive(state, id)) replace(id, bad !== undefined && bad.size < blocks)
  }
  const files = new Map<string, Array<Marked>>()
  const checkpoints = new Set<number>()
  for (const hit of rows) {
    const saved = new Map<string, Set<string>>()
    const isSaved = hit.row.problem === undefined && hit.row.lost.every(({ mark, pack }) => {
      const other = elsewhere.get(mark)
      // A sound pack is left alone, and of one that nobody knows no commit can say where it went.
      const mended = State.isLive(state, pack) ? packs.has(pack) : state.redirects.has(pack)
      if (other === undefined || !mended) return false
      saved.set(pack, (saved.get(pack) ?? new Set<string>()).add(other))
      return true
    })
    for (const [pack, others] of saved) {
      for (const other of others) replace(pack, false).elsewhere.add(other)
    }
    if (!isSaved) lose(hit, state, files, checkpoints)
  }
  return {
    position: state.position,
    packs: Array.from(replacements, ([old, { elsewhere, ...rest }]) => ({ old, ...rest, elsewhere: [...elsewhere] })),
    files,
    segments: [...state.packs.segments, ...[...state.folders.values()].flatMap((folder) => folder.segments)]
      .filter((id) => segments.has(id)).flatMap((id) => state.segments.get(id) ?? []),
    bases,
    condemned,
    resume: state.deletionStopped !== undefined && condemned.length === 0,
    checkpoints: [...checkpoints].toSorted((a, b) => a - b)
  }
}

const lose = (
  { checkpoints: kept, head, row }: Hit<Damage.LostRow>,
  state: State.State,
  files: Map<string, Array<Marked>>,
  checkpoints: Set<number>
): void => {
  if (row.unavailable !== true) { for (const id of kept) checkpoints.add(id) }
  if (!head || row.unavailable === true) return
  const marked = files.get(row.folder) ?? []
  const packs = new Set(row.lost.flatMap(({ pack }) => [pack, ...State.packsFor(state, pack)]))
  marked.push({ name: row.name, sequence: row.sequence, info: row.info, packs: [...packs] })
  files.set(row.folder, marked)
}

export const isEmpty = ({ bases, condemned, files, packs, resume, segments }: RepairPlan): boolean =>
  bases.length === 0 && condemned.length === 0 && !resume && files.size === 0 && packs.length === 0 &&
  segments.length === 0

/** Files that would be marked. */
export const marked = ({ files }: RepairPlan): number => {
  let count = 0
  for (const list of files.values()) count += list.length
  return count
}

/** Entries of segments that cannot be read: at most so many are given up. */
export const unread = ({ segments }: RepairPlan): number => {
  let count = 0
  for (const { records, table } of segments) if (table === "files") count += records
  return count
}

/** Files that would be marked, or might be given up. */
export const atStake = (plan: RepairPlan): number => marked(plan) + unread(plan)
