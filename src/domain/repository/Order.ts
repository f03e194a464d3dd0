/**
 * The order of rows in a segment: by parent directory, then by base name, each in the order of its UTF-8 bytes. Not the
 * order of whole paths, and not that of JavaScript's `<`.
 */
import type { FileRecord } from "./Record.ts"

/** Negative, 0 or positive, as the UTF-8 bytes compare. */
export const compareText = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** UTF-16 puts surrogates before U+E000 … U+FFFF, UTF-8 what they stand for after. */
const rank = (unit: number): number => unit >= 0xD800 && unit < 0xE000 ? unit + 0x10000 : unit

export const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("/")))
export const baseOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1)

/** Compares two paths as rows of a segment. */
export const compareNames = (a: string, b: string): number =>
  compareText(parentOf(a), parentOf(b)) || compareText(baseOf(a), baseOf(b))

/** The records as rows in order. The same array if they already are. Equal names stay in their order. */
export const sorted = (records: ReadonlyArray<FileRecord>): ReadonlyArray<FileRecord> => {
  let inOrder = true
  for (let i = 1; i < records.length && inOrder; i++) {
    inOrder = compareNames(records[i - 1]!.name, records[i]!.name) <= 0
  }
  if (inOrder) return records
  const parents = new Map<string, number>()
  const parentAt = new Uint32Array(records.length)
  const bases = records.map((record, i) => {
    const parent = parentOf(record.name)
    const known = parents.get(parent) ?? parents.size
    if (known === parents.size) parents.set(parent, known)
    parentAt[i] = known
    return baseOf(record.name)
  })
  const ranks = new Uint32Array(parents.size)
  const names = [...parents].toSorted(([a], [b]) => compareText(a, b))
  for (const [place, [, parent]] of names.entries()) ranks[parent] = place
  const order = Uint32Array.from(records, (_, i) => i)
  order.sort((a, b) => ranks[parentAt[a]!]! - ranks[parentAt[b]!]! || compareText(bases[a]!, bases[b]!))
  return Array.from(order, (i) => records[i]!)
}

/** Of each name only the record with the highest sequence, in order of rows; `dropped` are the others. */
export const newest = (
  records: ReadonlyArray<FileRecord>
): { readonly records: ReadonlyArray<FileRecord>; readonly dropped: ReadonlyArray<FileRecord> } => {
  const kept: Array<FileRecord> = []
  const dropped: Array<FileRecord> = []
  for (const record of sorted(records)) {
    const last = kept.at(-1)
    if (last === undefined || last.name !== record.name) kept.push(record)
    else if (last.sequence < record.sequence) {
      dropped.push(last)
      kept[kept.length - 1] = record
    } else dropped.push(record)
  }
  return { records: kept, dropped }
}
