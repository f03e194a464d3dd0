/**
 * Which pack holds a block: rows of hashes in the tables, and the fingerprints of all of them in memory. A row is written
 * once; rows of a pack need not be neighbours. Every transaction that adds must call `begin` first: it reads what other
 * processes wrote, and numbers of rows go on from there.
 */
import type { Catalogue, Draft } from "./Catalogue.ts"
import { FingerprintTable } from "./FingerprintTable.ts"
import * as Keys from "./Keys.ts"
import * as Rows from "./Rows.ts"
import type { Tables } from "./Tables.ts"

/** Whether the pack of that number may still be named. */
export type Live = (pack: number) => boolean

/** A row that has its number and is not written yet. */
interface OpenRow {
  readonly pack: number
  readonly number: number
  hashes: Uint8Array
  length: number
}

/** Rows of hashes to `follow` between two looks at other work. */
export const rowsAtOnce = 64

export class Blocks {
  private readonly salt: readonly [number, number]
  private fingerprints: FingerprintTable
  /** The first row not in `fingerprints`. */
  private next = 1
  /** The same, when the transaction began. */
  private begun = 1
  private readonly openByPack = new Map<number, OpenRow>()
  private readonly openByNumber = new Map<number, OpenRow>()

  constructor(salt: readonly [number, number]) {
    this.salt = salt
    this.fingerprints = new FingerprintTable(salt)
  }

  /** Hashes known, and bytes of memory they take. */
  get size(): { readonly hashes: number; readonly bytes: number } {
    return { hashes: this.fingerprints.size, bytes: this.fingerprints.bytes }
  }

  /** Bytes in rows not written yet. */
  get open(): number {
    return this.openByNumber.size * (32 * Rows.hashesPerRow + 200)
  }

  /** Drops everything in memory; `follow` begins again at the first row. */
  reset(): void {
    this.fingerprints = new FingerprintTable(this.salt)
    this.next = this.begun = 1
    this.abandon()
  }

  /** Begins a transaction: reads what others wrote. */
  begin(tables: Tables, draft: Draft): void {
    this.follow(tables, draft.nextRow)
    this.begun = this.next
  }

  /** Drops rows that a transaction which was not committed would have written, and those left open before it. */
  abandon(): void {
    this.next = this.begun
    this.openByPack.clear()
    this.openByNumber.clear()
  }

  /** Makes room for as many hashes as the tables hold. */
  reserve(hashes: number): void {
    this.fingerprints.reserve(Math.max(0, hashes - this.fingerprints.size))
  }

  /** Reads rows below `end` into memory, at most `limit` of them; false when there are none left. */
  follow(tables: Tables, end: number, limit = Infinity): boolean {
    if (this.next >= end) return false
    let rows = 0
    for (const { key, value } of tables.blocks.entries(Keys.uint32(this.next), Keys.uint32(end), limit)) {
      const number = Buffer.prototype.readUInt32BE.call(key, 0)
      for (let at = 4; at + 32 <= value.length; at += 32) this.fingerprints.insert(value, at, number)
      this.next = number + 1
      rows++
    }
    if (rows < limit) this.next = end
    return this.next < end
  }

  /** The number of a live pack that holds the hash which begins at `at`; 0 if none is known. */
  find(tables: Tables, live: Live, hashes: Uint8Array, at = 0): number {
    let found = 0
    this.fingerprints.some(hashes, at, (number) => {
      const open = this.openByNumber.get(number)
      if (open !== undefined) {
        if (!Rows.holdsHash(open.hashes, 0, open.length, hashes, at)) return false
        found = open.pack
      } else {
        const row = tables.blocks.get(Keys.uint32(number))
        if (row === undefined || !Rows.holdsHash(row, 4, row.length, hashes, at)) return false
        found = Rows.packOfBlocks(row)
      }
      if (live(found)) return true
      found = 0
      return false
    })
    return found
  }

  /** Remembers that the pack holds the hash which begins at `at`; the row is written when it is full or by `flush`. */
  add(tables: Tables, draft: Draft, catalogue: Catalogue, pack: number, hashes: Uint8Array, at: number): void {
    let row = this.openByPack.get(pack)
    if (row === undefined) {
      row = { pack, number: draft.nextRow++, hashes: new Uint8Array(32 * 8), length: 0 }
      this.next = draft.nextRow
      this.openByPack.set(pack, row)
      this.openByNumber.set(row.number, row)
    } else if (row.length === row.hashes.length) {
      const grown = new Uint8Array(Math.min(row.length * 4, 32 * Rows.hashesPerRow))
      grown.set(row.hashes)
      row.hashes = grown
    }
    for (let i = 0; i < 32; i++) row.hashes[row.length + i] = hashes[at + i]!
    row.length += 32
    this.fingerprints.insert(hashes, at, row.number)
    if (row.length === 32 * Rows.hashesPerRow) this.write(tables, draft, catalogue, row)
  }

  /** Writes the rows that are not full. */
  flush(tables: Tables, draft: Draft, catalogue: Catalogue): void {
    for (const row of this.openByNumber.values()) this.write(tables, draft, catalogue, row)
  }

  private write(tables: Tables, draft: Draft, catalogue: Catalogue, row: OpenRow): void {
    tables.blocks.put(Keys.uint32(row.number), Rows.encodeBlocks(row.pack, row.hashes.subarray(0, row.length)))
    catalogue.addKnown(tables, draft, row.pack, row.length / 32)
    draft.hashes += row.length / 32
    this.openByPack.delete(row.pack)
    this.openByNumber.delete(row.number)
  }
}
