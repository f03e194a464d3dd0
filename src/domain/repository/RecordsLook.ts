/**
 * The records of one source, a segment or a commit, as a check looks at them: what of their blocks cannot be found, and what
 * contradicts the folder's numbering. What was seen counts when the source was proved whole; an attempt that breaks off is
 * thrown away with its look, so that the next one does not find everything a second time.
 */
import type { BlockTable } from "./BlockTable.ts"
import type { LostRow } from "./Damage.ts"
import * as ObjectKey from "./ObjectKey.ts"
import * as Record from "./Record.ts"
import * as RecordCheck from "./RecordCheck.ts"
import { SequenceSet } from "./SequenceSet.ts"
import * as State from "./State.ts"

export interface Source {
  readonly folder: string
  /** The segment's id; "" for a commit. */
  readonly source: string
  /** By which blocks are found, and sequences were given out. */
  readonly at: State.State
  /** Whether the records are of the folder's present state, in which each sequence is one record's. */
  readonly present: boolean
}

export class RecordsLook {
  private readonly of: Source
  private readonly table: BlockTable
  private readonly highest: number
  private readonly targets = new Map<string, ReadonlyArray<string>>()
  private readonly sequences = new SequenceSet()
  private problem: string | undefined
  private problems = 0
  /** What cannot be found, and what says itself that it cannot. */
  readonly rows: Array<LostRow> = []
  /** Condemned packs in which blocks lie. */
  readonly condemned = new Set<string>()
  records = 0
  blocks = 0
  /** Records of the present state that are no deletions. */
  files = 0

  constructor(of: Source, table: BlockTable) {
    this.of = of
    this.table = table
    this.highest = of.at.folders.get(of.folder)?.sequence ?? Infinity
  }

  look(records: ReadonlyArray<Record.FileRecord>): void {
    const { folder, present, source } = this.of
    for (const record of records) {
      const { name, sequence } = record
      const { blocks, lost = [], problem, unavailable } = RecordCheck.check(record, this.packsFor, this.table)
      this.records++
      this.blocks += blocks
      if (present) {
        if (Record.inspect(record.info)?.deleted === false) this.files++
        if (!this.sequences.add(sequence)) this.note(twice(sequence))
        if (sequence > this.highest) this.note(`${sequence} was never given out`)
      }
      if (lost.length === 0 && problem === undefined && unavailable === undefined) continue
      this.rows.push({
        folder,
        name,
        sequence,
        source,
        info: Uint8Array.from(record.info),
        lost,
        ...(problem === undefined ? {} : { problem }),
        ...(unavailable === undefined ? {} : { unavailable })
      })
    }
  }

  /** Adds its sequences to those of the folder's other sources, once; answers what is wrong with them, if anything. */
  conclude(others: SequenceSet): string | undefined {
    const { count, first } = others.absorb(this.sequences)
    if (first !== undefined) this.note(twice(first), count)
    return this.problems < 2 ? this.problem : `${this.problem}, and ${this.problems - 1} more`
  }

  private note(problem: string, count = 1): void {
    this.problem ??= problem
    this.problems += count
  }

  private readonly packsFor = (pack: string): ReadonlyArray<string> => {
    const known = this.targets.get(pack)
    if (known !== undefined) return known
    const { at } = this.of
    const found = State.packsFor(at, pack)
    this.targets.set(pack, found)
    for (const id of found) if (at.condemned.has(ObjectKey.pack(id))) this.condemned.add(id)
    return found
  }
}

const twice = (sequence: number): string => `${sequence} is given to two entries`
