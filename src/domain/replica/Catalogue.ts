/**
 * The replica's own numbers for folders and packs: four bytes where a record would repeat forty. A number is never given
 * twice, and a pack keeps its own for ever; a folder that is removed and comes again gets another. So after a transaction
 * that was not committed, and where others may have applied commits, call `forget`.
 */
import type { BlockRun } from "../repository/Record.ts"
import * as Fault from "./Fault.ts"
import * as Keys from "./Keys.ts"
import * as Rows from "./Rows.ts"
import type { Tables } from "./Tables.ts"

/** The stamp while a transaction changes it. */
export type Draft = { -readonly [K in keyof Rows.Stamp]: Rows.Stamp[K] }

export class Catalogue {
  private readonly folders = new Map<string, number>()
  private readonly numbers = new Map<string, number>()
  private readonly ids = new Map<number, string>()

  /** Drops what is remembered. */
  forget(): void {
    this.folders.clear()
    this.numbers.clear()
    this.ids.clear()
  }

  /** The folder's number, if it has one. */
  folder(tables: Tables, id: string): number | undefined {
    const known = this.folders.get(id)
    if (known !== undefined) return known
    const row = tables.state.get(Keys.folder(id))
    if (row === undefined) return undefined
    const number = Rows.decodeNumber(row)
    this.folders.set(id, number)
    return number
  }

  /** The folder's number, given now if need be. */
  addFolder(tables: Tables, draft: Draft, id: string): number {
    const known = this.folder(tables, id)
    if (known !== undefined) return known
    const number = draft.nextFolder++
    tables.state.put(Keys.folder(id), Rows.encodeNumber(number))
    this.folders.set(id, number)
    return number
  }

  /** Takes the folder's number away and answers it, if it had one. */
  dropFolder(tables: Tables, id: string): number | undefined {
    const number = this.folder(tables, id)
    if (number === undefined) return undefined
    tables.state.remove(Keys.folder(id))
    this.folders.delete(id)
    return number
  }

  /** The pack of a number that a row holds. */
  pack(tables: Tables, number: number): string {
    const known = this.ids.get(number)
    if (known !== undefined) return known
    const row = tables.packs.get(Keys.uint32(number))
    if (row === undefined) throw Fault.damaged(`pack ${number} is in no row of packs`)
    const { id } = Rows.decodePack(row)
    this.remember(id, number)
    return id
  }

  /** The pack's number, if it has one. */
  findPack(tables: Tables, id: string): number | undefined {
    const known = this.numbers.get(id)
    if (known !== undefined) return known
    const row = tables.packs.get(Keys.pack(id))
    return row === undefined ? undefined : Rows.decodeNumber(row)
  }

  /** The pack's number, given now if need be. */
  addPack(tables: Tables, draft: Draft, id: string): number {
    const known = this.numbers.get(id)
    if (known !== undefined) return known
    const row = tables.packs.get(Keys.pack(id))
    const number = row === undefined ? draft.nextPack++ : Rows.decodeNumber(row)
    if (row === undefined) {
      tables.packs.put(Keys.pack(id), Rows.encodeNumber(number))
      tables.packs.put(Keys.uint32(number), Rows.encodePack({ id, known: 0, round: draft.round }))
    }
    this.remember(id, number)
    return number
  }

  /** How many of the pack's blocks rows hold. */
  known(tables: Tables, draft: Draft, number: number): number {
    const row = tables.packs.get(Keys.uint32(number))
    const pack = row === undefined ? undefined : Rows.decodePack(row)
    return pack === undefined || pack.round !== draft.round ? 0 : pack.known
  }

  addKnown(tables: Tables, draft: Draft, number: number, more: number): void {
    const known = this.known(tables, draft, number) + more
    tables.packs.put(
      Keys.uint32(number),
      Rows.encodePack({ id: this.pack(tables, number), known, round: draft.round })
    )
  }

  number(tables: Tables, draft: Draft, runs: ReadonlyArray<BlockRun>): ReadonlyArray<Rows.NumberedRun> {
    return runs.map(({ count, pack }) => ({ pack: this.addPack(tables, draft, pack), count }))
  }

  name(tables: Tables, runs: ReadonlyArray<Rows.NumberedRun>): ReadonlyArray<BlockRun> {
    return runs.map(({ count, pack }) => ({ pack: this.pack(tables, pack), count }))
  }

  private remember(id: string, number: number): void {
    this.numbers.set(id, number)
    this.ids.set(number, id)
  }
}
