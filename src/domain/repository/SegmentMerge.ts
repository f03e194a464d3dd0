/**
 * Merges the rows of segments in their order, a list of rows at a time: of equal names the highest sequence counts.
 * What it was given is proved against what commits said of the inputs, and what it passed on against what it was given, but
 * for packs that rows name by what took their place; until it answers "done" nothing it wrote may be used.
 */
import { MultisetHash } from "./MultisetHash.ts"
import type { Merge, Renamed } from "./Op.ts"
import { baseOf, compareText, parentOf } from "./Order.ts"
import * as Record from "./Record.ts"
import type { FileRecord } from "./Record.ts"
import type { PackRef, SegmentRef } from "./Refs.ts"
import type { SegmentBuilder } from "./Segment.ts"

/** Rows taken between two pauses at most, and about their bytes: a few milliseconds. */
const stepRows = 250
const stepBytes = 128 * 1024

/** What becomes of a row that no other supersedes. */
type Fate = "kept" | "dropped" | "tombstone"

/** What a table's rows are. */
export interface Kind<Row> {
  readonly key: (row: Row) => { readonly parent: string; readonly base: string }
  /** 0 in the pack table. */
  readonly sequence: (row: Row) => number
  readonly bytes: (row: Row) => number
  readonly add: (sum: MultisetHash, row: Row) => void
  readonly fate: (row: Row) => Fate
  readonly write: (into: SegmentBuilder, row: Row) => void
  /** Of what the row names, bytes. */
  readonly data?: (row: Row) => number
  /** The row by the names its packs have now; the same object if that changes nothing. */
  readonly rename?: (row: Row) => Row
  /** Whether two rows differ in nothing but names of packs. */
  readonly isSame: (before: Row, after: Row) => boolean
}

/** A folder's table. Tombstones up to `forgettable` go. */
export const filesKind = (
  forgettable: number,
  rename?: (row: FileRecord) => FileRecord
): Kind<FileRecord> => ({
  ...(rename === undefined ? {} : { rename }),
  isSame: (before, after) =>
    before.sequence === after.sequence && before.name === after.name && blocksOf(before) === blocksOf(after) &&
    Buffer.compare(before.info, after.info) === 0,
  key: ({ name }) => ({ parent: parentOf(name), base: baseOf(name) }),
  sequence: ({ sequence }) => sequence,
  bytes: ({ info }) => info.length,
  add: (sum, row) => sum.record(row),
  fate: ({ info, sequence }) =>
    sequence <= forgettable && Record.inspect(info)?.deleted === true ? "tombstone" : "kept",
  write: (into, row) => into.record(row),
  data: ({ info }) => Record.inspect(info)?.size ?? 0
})

const blocksOf = ({ runs }: FileRecord): number => runs.reduce((sum, { count }) => sum + count, 0)

/** The pack table, without these. */
export const packsKind = (dropped: { readonly has: (id: string) => boolean }): Kind<PackRef> => ({
  isSame: () => false,
  key: ({ id }) => ({ parent: "", base: id }),
  sequence: () => 0,
  bytes: () => 60,
  add: (sum, row) => sum.pack(row),
  fate: ({ id }) => dropped.has(id) ? "dropped" : "kept",
  write: (into, row) => into.pack(row)
})

/**
 * `more`: the next rows of that input are needed, by `feed`, or that it has ended, by `end`. `paused`: others may run.
 * `broken`: the input is not the segment its commit names.
 */
export type Progress =
  | { readonly _tag: "more"; readonly input: number }
  | { readonly _tag: "paused" }
  | { readonly _tag: "done" }
  | { readonly _tag: "broken"; readonly segment: string; readonly reason: string }

interface Source<Row> {
  readonly input: number
  readonly ref: SegmentRef
  readonly sum: MultisetHash
  /** None of its rows is passed on. */
  readonly isWitness: boolean
  rows: ReadonlyArray<Row>
  at: number
  taken: number
  ended: boolean
  parent: string
  base: string
}

export class SegmentMerge<Row> {
  private readonly kind: Kind<Row>
  private readonly sources: ReadonlyArray<Source<Row>>
  /** By their next row, the first one last. */
  private readonly order: Array<Source<Row>> = []
  private readonly waiting: Array<Source<Row>>
  private readonly dropped = new Tally()
  private readonly tombstones = new Tally()
  private forgotten = 0
  /** Named by rows that were superseded, bytes. */
  private data = 0
  /** Rows by other names of packs, as they were and as they are. */
  private readonly before = new Tally()
  private readonly after = new Tally()
  /** More of a row was changed than its names. */
  private changed = false
  /** Since the last pause, whatever was asked for in between. */
  private rows = 0
  private bytes = 0

  /** `witnesses` are fed after the inputs: what they have is neither passed on nor counted, only what it supersedes goes. */
  constructor(kind: Kind<Row>, inputs: ReadonlyArray<SegmentRef>, witnesses: ReadonlyArray<SegmentRef> = []) {
    this.kind = kind
    this.sources = [...inputs, ...witnesses].map((ref, input) => ({
      input,
      ref,
      sum: new MultisetHash(),
      isWitness: input >= inputs.length,
      rows: [],
      at: 0,
      taken: 0,
      ended: false,
      parent: "",
      base: ""
    }))
    this.waiting = [...this.sources]
  }

  /** The next rows of an input; they may be views of memory that is used again once `more` is asked for. */
  feed(input: number, rows: ReadonlyArray<Row>): void {
    const source = this.sources[input]!
    source.rows = rows
    source.at = 0
  }

  /** The input has no more rows. */
  end(input: number): void {
    this.sources[input]!.ended = true
  }

  step(into: SegmentBuilder): Progress {
    while (true) {
      const asked = this.settle()
      if (asked !== undefined) return asked
      const first = this.order.pop()
      if (first === undefined) return { _tag: "done" }
      if (this.rows >= stepRows || this.bytes >= stepBytes) {
        this.order.push(first)
        this.rows = 0
        this.bytes = 0
        return { _tag: "paused" }
      }
      let best = first
      this.waiting.push(first)
      for (let same = this.sameAs(first); same !== undefined; same = this.sameAs(first)) {
        this.waiting.push(same)
        const older = this.newer(same, best) ? best : same
        if (older === best) best = same
        if (older.isWitness) continue
        this.dropped.add(this.kind, rowOf(older))
        this.data += this.kind.data?.(rowOf(older)) ?? 0
      }
      this.bytes += best.isWitness ? this.kind.bytes(rowOf(best)) : this.pass(rowOf(best), into)
      this.rows++
      for (const source of this.waiting) source.at++
    }
  }

  /** What the commit says went, and whether with `output` it is all that came in. */
  outcome(output: { readonly records: number; readonly digest: Uint8Array } | undefined): {
    readonly dropped: Merge["dropped"]
    readonly tombstones: Merge["tombstones"]
    readonly renamed?: Renamed
    /** Named by the rows that were superseded, bytes. */
    readonly data: number
    readonly whole: boolean
  } {
    const dropped = this.dropped.rows()
    const tombstones = { ...this.tombstones.rows(), maxSequence: this.forgotten }
    const came = new MultisetHash()
    let count = 0
    for (const { isWitness, ref, sum } of this.sources) {
      if (isWitness) continue
      came.add(sum.digest())
      count += ref.records
    }
    const went = new MultisetHash().add(dropped.digest).add(tombstones.digest)
    const before = this.before.rows()
    const after = this.after.rows()
    came.add(after.digest)
    went.add(before.digest)
    if (output !== undefined) went.add(output.digest)
    const whole = !this.changed && count === dropped.records + tombstones.records + (output?.records ?? 0) &&
      Buffer.compare(came.digest(), went.digest()) === 0
    const renamed = { records: before.records, before: before.digest, after: after.digest }
    return { dropped, tombstones, ...(renamed.records === 0 ? {} : { renamed }), data: this.data, whole }
  }

  /** Puts every input that has a next row into order; answers what is needed for those that have not. */
  private settle(): Progress | undefined {
    for (let source = this.waiting.at(-1); source !== undefined; source = this.waiting.at(-1)) {
      const row = source.rows[source.at]
      if (row === undefined) {
        if (!source.ended) return { _tag: "more", input: source.input }
        const reason = disproved(source)
        if (reason !== undefined) return { _tag: "broken", segment: source.ref.id, reason }
      } else {
        const { base, parent } = this.kind.key(row)
        const sequence = this.kind.sequence(row)
        const { maxSequence, minSequence } = source.ref
        const reason = source.taken > 0 && (compareText(source.parent, parent) || compareText(source.base, base)) >= 0
          ? "its rows are not in order"
          : sequence < minSequence || sequence > maxSequence
          ? "a sequence is out of its range"
          : undefined
        if (reason !== undefined) return { _tag: "broken", segment: source.ref.id, reason }
        source.parent = parent
        source.base = base
        source.taken++
        this.kind.add(source.sum, row)
        this.insert(source)
      }
      this.waiting.pop()
    }
    return undefined
  }

  private insert(source: Source<Row>): void {
    let at = this.order.length
    while (at > 0 && compare(this.order[at - 1]!, source) < 0) at--
    this.order.splice(at, 0, source)
  }

  private sameAs(first: Source<Row>): Source<Row> | undefined {
    const next = this.order.at(-1)
    return next !== undefined && compare(next, first) === 0 ? this.order.pop() : undefined
  }

  private newer(a: Source<Row>, b: Source<Row>): boolean {
    return this.kind.sequence(rowOf(a)) > this.kind.sequence(rowOf(b))
  }

  /** Answers the row's bytes. */
  private pass(row: Row, into: SegmentBuilder): number {
    const { kind } = this
    const fate = kind.fate(row)
    if (fate === "kept") kind.write(into, this.renamed(row))
    else if (fate === "dropped") this.dropped.add(kind, row)
    else {
      this.tombstones.add(kind, row)
      this.forgotten = Math.max(this.forgotten, kind.sequence(row))
    }
    return kind.bytes(row)
  }

  private renamed(row: Row): Row {
    const { kind } = this
    const named = kind.rename === undefined ? row : kind.rename(row)
    if (named === row) return row
    if (!kind.isSame(row, named)) this.changed = true
    this.before.add(kind, row)
    this.after.add(kind, named)
    return named
  }
}

class Tally {
  private readonly sum = new MultisetHash()
  private records = 0

  add<Row>(kind: Kind<Row>, row: Row): void {
    kind.add(this.sum, row)
    this.records++
  }

  rows(): Merge["dropped"] {
    return { records: this.records, digest: this.sum.digest() }
  }
}

const rowOf = <Row>({ at, rows }: Source<Row>): Row => rows[at]!

const compare = (a: Source<unknown>, b: Source<unknown>): number =>
  compareText(a.parent, b.parent) || compareText(a.base, b.base)

const disproved = ({ ref, sum, taken }: Source<unknown>): string | undefined =>
  taken !== ref.records
    ? "it does not hold the rows its commit counts"
    : Buffer.compare(sum.digest(), ref.digest) !== 0
    ? "its rows do not have its digest"
    : undefined
