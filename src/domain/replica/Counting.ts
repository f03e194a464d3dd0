/** Counts a folder's live entries out of records in any order: of each name the one with the highest sequence counts. */
import type { FileRecord } from "../repository/Record.ts"
import type { Counts } from "../repository/Refs.ts"
import * as Records from "./Records.ts"
import type { Facts } from "./Rows.ts"

export class Counting {
  private readonly newest = new Map<string, { readonly sequence: number; readonly facts: Facts }>()

  take(records: ReadonlyArray<FileRecord>): void {
    for (const { info, name, sequence } of records) {
      const known = this.newest.get(name)
      if (known === undefined || known.sequence < sequence) {
        this.newest.set(name, { sequence, facts: Records.factsOf(info) })
      }
    }
  }

  get counts(): Counts {
    const sums = { files: 0, directories: 0, bytes: 0 }
    for (const { facts } of this.newest.values()) Records.count(sums, facts, 1)
    return sums
  }
}
