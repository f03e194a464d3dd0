/**
 * Who is hit by a row that lost something: the present state of its folder, and checkpoints; but only where the row counts,
 * which of all rows of a name the one with the highest sequence does. Old rows that others superseded may point anywhere.
 */
import type { State } from "./State.ts"

export interface Row {
  readonly folder: string
  readonly name: string
  readonly sequence: number
  /** The segment that holds it; "" for a commit. */
  readonly source: string
}

export interface Hit<R extends Row> {
  readonly row: R
  /** It is what the folder holds now. */
  readonly head: boolean
  /** Ids of checkpoints. */
  readonly checkpoints: ReadonlyArray<number>
}

export class Roots {
  private readonly state: State
  /** By folder and name: the sequence in each source. */
  private readonly names = new Map<string, Map<string, Map<string, number>>>()

  constructor(state: State, rows: Iterable<Row>) {
    this.state = state
    for (const { folder, name } of rows) {
      const names = this.names.get(folder) ?? new Map<string, Map<string, number>>()
      this.names.set(folder, names)
      if (!names.has(name)) names.set(name, new Map())
    }
  }

  /** Every row of these segments has to be noted. */
  segments(): ReadonlySet<string> {
    const all = new Set<string>()
    for (const folder of this.names.keys()) {
      for (const id of this.state.folders.get(folder)?.segments ?? []) all.add(id)
      for (const checkpoint of this.state.checkpoints) {
        if (checkpoint.folder === folder) { for (const id of checkpoint.segments) all.add(id) }
      }
    }
    return all
  }

  note({ folder, name, sequence, source }: Row): void {
    const sources = this.names.get(folder)?.get(name)
    if (sources === undefined) return
    sources.set(source, Math.max(sources.get(source) ?? 0, sequence))
  }

  /** What of the rows counts anywhere. */
  judge<R extends Row>(rows: Iterable<R>): ReadonlyArray<Hit<R>> {
    const hits: Array<Hit<R>> = []
    for (const row of rows) {
      const sources = this.names.get(row.folder)?.get(row.name)
      const counts = (segments: ReadonlyArray<string>, more?: string): boolean => {
        let newest = more === undefined ? 0 : sources?.get(more) ?? 0
        for (const id of segments) newest = Math.max(newest, sources?.get(id) ?? 0)
        // Commits that held it may have been flushed since: then a segment does.
        const isPart = segments.includes(row.source) ||
          row.source === more && sources?.get(row.source) === row.sequence
        return isPart && row.sequence === newest
      }
      const folder = this.state.folders.get(row.folder)
      const head = folder !== undefined && counts(folder.segments, "")
      const checkpoints = this.state.checkpoints
        .filter((checkpoint) => checkpoint.folder === row.folder && counts(checkpoint.segments))
        .map(({ id }) => id)
      if (head || checkpoints.length > 0) hits.push({ row, head, checkpoints })
    }
    return hits
  }
}
