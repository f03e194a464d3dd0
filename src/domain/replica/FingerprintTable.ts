/**
 * The dedup look-up: an open-addressing table from a 32-bit fingerprint of a block hash to 32-bit row numbers. It only ever
 * says "perhaps": whoever asks must compare the full hash in the row, and a hash may have several candidate rows.
 */

/** 8 bytes a slot: fingerprint, row number. */
const smallest = 1024
const mostLoad = 0.7
/** 2 GiB of slots: 190 million entries. */
const largest = 2 ** 28

export class FingerprintTable {
  private slots: Uint32Array
  private mask: number
  private used = 0
  private readonly salt0: number
  private readonly salt1: number

  /**
   * `salt` is two random 32-bit numbers: without them, a peer could choose blocks that all fall on one slot.
   * `expected` entries fit without growing.
   */
  constructor(salt: readonly [number, number], expected = 0) {
    this.salt0 = salt[0]
    this.salt1 = salt[1]
    let capacity = smallest
    while (capacity * mostLoad < expected && capacity < largest) capacity *= 2
    this.slots = new Uint32Array(capacity * 2)
    this.mask = capacity - 1
  }

  /** Entries, those of rows that are gone included. */
  get size(): number {
    return this.used
  }

  /** Bytes of memory the slots take. */
  get bytes(): number {
    return this.slots.byteLength
  }

  /** Makes room for `more` entries at once, instead of doubling step by step. */
  reserve(more: number): void {
    let capacity = this.mask + 1
    while (capacity * mostLoad < this.used + more && capacity < largest) capacity *= 2
    if (capacity > this.mask + 1) this.resize(capacity)
  }

  /** Remembers that the row (1 or more) holds the hash that begins at `at`. */
  insert(hashes: Uint8Array, at: number, row: number): void {
    if (this.used + 1 > (this.mask + 1) * mostLoad) this.resize((this.mask + 1) * 2)
    this.place(this.fingerprint(hashes, at), row)
  }

  /** Whether `confirm` accepts one of the rows that may hold the hash that begins at `at`. */
  some(hashes: Uint8Array, at: number, confirm: (row: number) => boolean): boolean {
    const fingerprint = this.fingerprint(hashes, at)
    const slots = this.slots
    for (let slot = fingerprint & this.mask;; slot = slot + 1 & this.mask) {
      const row = slots[slot * 2 + 1]!
      if (row === 0) return false
      if (slots[slot * 2] === fingerprint && confirm(row)) return true
    }
  }

  private place(fingerprint: number, row: number): void {
    const slots = this.slots
    let slot = fingerprint & this.mask
    while (slots[slot * 2 + 1] !== 0) slot = slot + 1 & this.mask
    slots[slot * 2] = fingerprint
    slots[slot * 2 + 1] = row
    this.used++
  }

  private resize(capacity: number): void {
    if (capacity > largest) throw new RangeError("the block index holds more than 190 million blocks")
    const old = this.slots
    this.slots = new Uint32Array(capacity * 2)
    this.mask = capacity - 1
    this.used = 0
    for (let i = 0; i < old.length; i += 2) {
      const row = old[i + 1]!
      if (row !== 0) this.place(old[i]!, row)
    }
  }

  /** 64 bits of the hash, salted and mixed into 32. */
  private fingerprint(b: Uint8Array, at: number): number {
    const low = b[at]! | b[at + 1]! << 8 | b[at + 2]! << 16 | b[at + 3]! << 24
    const high = b[at + 4]! | b[at + 5]! << 8 | b[at + 6]! << 16 | b[at + 7]! << 24
    let h = low ^ this.salt0
    h = Math.imul(h ^ h >>> 16, 0x85EB_CA6B)
    h ^= high ^ this.salt1
    h = Math.imul(h ^ h >>> 13, 0xC2B2_AE35)
    return (h ^ h >>> 16) >>> 0
  }
}
