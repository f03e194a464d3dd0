/** When a commit may bring objects: only under the term that is open, of that term, and never named before. */
import { keyOf, type Ledger } from "./Ledger.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { PackRef, SegmentRef, Table } from "./Refs.ts"

export const fenced = ({ commit, epoch }: Ledger): string | undefined =>
  commit.term === epoch && epoch > 0 ? undefined : `objects of term ${commit.term}, but epoch ${epoch} is open`

/**
 * Whether the commit may bring this segment. `onlyLive`: its records are new, and may not name packs that were replaced.
 */
export const newSegment = (
  ledger: Ledger,
  segment: SegmentRef,
  table: Table,
  folder: string,
  onlyLive = false
): string | undefined => {
  const problem = fenced(ledger)
  if (problem !== undefined) return problem
  const { id } = segment
  if (ObjectKey.parseId(id)?.term !== ledger.commit.term) return `the segment ${id} is not of this term`
  if (ledger.segments.has(id)) return `the segment ${id} exists`
  if (ledger.condemned.has(keyOf({ kind: "segment", id }))) return `the segment ${id} is condemned`
  if (segment.table !== table || segment.folder !== folder) return "the segment is another folder's or another table"
  const { footerLength, maxSequence, minSequence, records, size } = segment
  if (![records, size, footerLength, minSequence, maxSequence].every(whole)) return "a size is no whole number"
  if (records === 0 || footerLength >= size || segment.digest.length !== 32) return "the segment is impossible"
  if (table === "files" && (minSequence === 0 || maxSequence - minSequence + 1 < records)) {
    return "the segment has more records than sequences"
  }
  const dead = ledger.facts.packsOf(id)?.find((pack) => onlyLive ? !ledger.isLive(pack) : !ledger.isKnown(pack))
  return dead === undefined ? undefined : `the pack ${dead} is not live`
}

export const addPacks = (ledger: Ledger, packs: ReadonlyArray<PackRef>): string | undefined => {
  const problem = fenced(ledger)
  if (problem !== undefined) return problem
  for (const ref of packs) {
    const { id } = ref
    if (ObjectKey.parseId(id)?.term !== ledger.commit.term) return `the pack ${id} is not of this term`
    if (isNamed(ledger, id)) return `the pack ${id} exists`
    if (!whole(ref.size) || !u32(ref.trailerLength) || !u32(ref.blocks) || !whole(ref.bytes)) {
      return "a size is no number"
    }
    if (ref.trailerLength >= ref.size || ref.blocks === 0 || ref.bytes < ref.blocks) return "a pack is impossible"
    ledger.addPack(ref)
  }
  return undefined
}

/** The state has it, or still knows that it had. */
const isNamed = (ledger: Ledger, id: string): boolean =>
  ledger.flushed.has(id) || ledger.inline.has(id) || ledger.dropped.has(id) || ledger.redirects.has(id) ||
  ledger.condemned.has(keyOf({ kind: "pack", id }))

export const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
const u32 = (value: number): boolean => whole(value) && value < 2 ** 32
