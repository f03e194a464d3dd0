/**
 * Proves a segment page by page, whatever its size: rows in order and once, each page's first row, counts, sequences, digest
 * and packs named, against what the footer says. Memory: a bit per sequence, and the packs.
 */
import type { Footer } from "./Footer.ts"
import { MultisetHash } from "./MultisetHash.ts"
import { baseOf, compareText, parentOf } from "./Order.ts"
import { inspect } from "./Record.ts"
import type { FileRecord } from "./Record.ts"
import type { PackRef } from "./Refs.ts"
import { SequenceSet } from "./SequenceSet.ts"

export class SegmentProof {
  private readonly footer: Footer
  private readonly sum = new MultisetHash()
  private readonly sequences = new SequenceSet()
  private readonly named = new Map<string, { blocks: number; bytes: number }>()
  private last: { readonly parent: string; readonly base: string } | undefined
  private page = 0
  private rows = 0
  private tombstones = 0
  private lowest = Infinity
  private highest = 0

  constructor(footer: Footer) {
    this.footer = footer
  }

  /** The records of the next page; answers what is wrong with them. */
  files(records: ReadonlyArray<FileRecord>): string | undefined {
    for (const [at, record] of records.entries()) {
      const problem = this.row(at, parentOf(record.name), baseOf(record.name)) ?? this.record(record)
      if (problem !== undefined) return problem
    }
    this.page++
    return undefined
  }

  /** The packs of the next page. */
  packs(refs: ReadonlyArray<PackRef>): string | undefined {
    for (const [at, ref] of refs.entries()) {
      const problem = this.row(at, "", ref.id)
      if (problem !== undefined) return problem
      this.sum.pack(ref)
    }
    this.page++
    return undefined
  }

  /** After the last page: what of the footer the rows do not bear out. */
  finish(): string | undefined {
    const { footer } = this
    if (this.page !== footer.pages.length || this.rows !== footer.records) return "its pages do not hold its rows"
    if (Buffer.compare(this.sum.digest(), footer.digest) !== 0) return "its rows do not have its digest"
    if (footer.table === "packs") return undefined
    if (this.lowest !== footer.minSequence || this.highest !== footer.maxSequence) {
      return "its rows do not reach from its lowest to its highest sequence"
    }
    if (this.tombstones !== footer.tombstones) return "it does not count its tombstones"
    const names = footer.packs.every(({ blocks, bytes, id }) => {
      const named = this.named.get(id)
      return named !== undefined && named.blocks === blocks && named.bytes === bytes
    })
    return names && this.named.size === footer.packs.length ? undefined : "its rows do not name its packs"
  }

  private row(at: number, parent: string, base: string): string | undefined {
    const page = this.footer.pages[this.page]
    if (page === undefined) return "it has more pages than it says"
    if (at === 0 && (parent !== page.parent || base !== page.base)) return "a page begins with another row"
    const last = this.last
    if (last !== undefined && (compareText(last.parent, parent) || compareText(last.base, base)) >= 0) {
      return "its rows are not in order"
    }
    this.last = { parent, base }
    this.rows++
    return undefined
  }

  private record(record: FileRecord): string | undefined {
    const { sequence } = record
    if (sequence < this.footer.minSequence || sequence > this.footer.maxSequence) {
      return "a sequence is out of its range"
    }
    if (!this.sequences.add(sequence)) return "two rows have one sequence"
    this.lowest = Math.min(this.lowest, sequence)
    this.highest = Math.max(this.highest, sequence)
    const info = inspect(record.info)
    if (info?.deleted === true) this.tombstones++
    this.sum.record(record)
    let index = 0
    for (const { count, pack } of record.runs) {
      const { blockSize = 0, size = 0 } = info ?? {}
      const named = this.named.get(pack) ?? { blocks: 0, bytes: 0 }
      named.blocks += count
      named.bytes += Math.min(size, (index + count) * blockSize) - Math.min(size, index * blockSize)
      this.named.set(pack, named)
      index += count
    }
    return undefined
  }
}
