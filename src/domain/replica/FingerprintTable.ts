/**
 * The dedup look-up: an open-addressing table from a 32-bit fingerprint of a block hash to 32-bit row numbers. It only ever
 * says "perhaps": whoever asks must compare the full hash in the row, and a hash may have several candidate rows.
 */

/** 8 bytes a slot: fingerprint, row number. */
const smallest = 16
const mostLoad = 0.8
/** A table that doubles is half empty after that. Each entry is moved about nine times in its life, which is little beside its block. */
const growth = 1.125
/** Each part grows by itself: all of a large table at once would be there twice for that time. */
const parts = 256
const shift = 24
const range = 2 ** shift
/** 2 GiB of slots in all: 200 million entries. */
const largest = 2 ** 28 / parts

export class FingerprintTable {
  /** By the upper bits of the fingerprint; the lower ones say which slot. */
  private readonly slots: Array<Uint32Array<ArrayBuffer>>
  private readonly counts = new Uint32Array(parts)
  private readonly salt0: number
  private readonly salt1: number

  /**
   * `salt` is two random 32-bit numbers: without them, a peer could choose blocks that all fall on one slot.
   * `expected` entries fit without growing.
   */
  constructor(salt: readonly [number, number], expected = 0) {
    this.salt0 = salt[0]
    this.salt1 = salt[1]
    const capacity = capacityFor(expected)
    this.slots = Array.from({ length: parts }, () => new Uint32Array(capacity * 2))
  }

  /** Entries, those of rows that are gone included. */
  get size(): number {
    return this.counts.reduce((sum, count) => sum + count, 0)
  }

  /** Bytes of memory the slots take. */
  get bytes(): number {
    return this.slots.reduce((sum, slots) => sum + slots.byteLength, 0)
  }

  /** Makes room for `more` entries at once, instead of doubling step by step. */
  reserve(more: number): void {
    const capacity = capacityFor(this.size + more)
    for (let part = 0; part < parts; part++) {
      if (capacity * 2 > this.slots[part]!.length) this.resize(part, capacity)
    }
  }

  /** Remembers that the row (1 or more) holds the hash that begins at `at`. */
  insert(hashes: Uint8Array, at: number, row: number): void {
    const fingerprint = this.fingerprint(hashes, at)
    const part = fingerprint >>> shift
    const capacity = this.slots[part]!.length / 2
    if (this.counts[part]! + 1 > capacity * mostLoad) this.resize(part, grown(capacity))
    place(this.slots[part]!, fingerprint, row)
    this.counts[part]!++
  }

  /** Whether `confirm` accepts one of the rows that may hold the hash that begins at `at`. */
  some(hashes: Uint8Array, at: number, confirm: (row: number) => boolean): boolean {
    const fingerprint = this.fingerprint(hashes, at)
    const slots = this.slots[fingerprint >>> shift]!
    const capacity = slots.length / 2
    for (let slot = home(fingerprint, capacity);; slot = slot + 1 < capacity ? slot + 1 : 0) {
      const row = slots[slot * 2 + 1]!
      if (row === 0) return false
      if (slots[slot * 2] === fingerprint && confirm(row)) return true
    }
  }

  private resize(part: number, capacity: number): void {
    if (capacity > largest) throw new RangeError("the block index holds more than 200 million blocks")
    const old = this.slots[part]!
    const slots = new Uint32Array(capacity * 2)
    for (let i = 0; i < old.length; i += 2) {
      const row = old[i + 1]!
      if (row !== 0) place(slots, old[i]!, row)
    }
    this.slots[part] = slots
    // At once: V8 waits until dozens of megabytes are dead.
    old.buffer.transfer(0)
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

/** The first slot to look at: the lower bits, scaled. */
const home = (fingerprint: number, capacity: number): number => Math.floor((fingerprint & range - 1) * capacity / range)

const grown = (capacity: number): number => Math.ceil(capacity * growth)

const place = (slots: Uint32Array, fingerprint: number, row: number): void => {
  const capacity = slots.length / 2
  let slot = home(fingerprint, capacity)
  while (slots[slot * 2 + 1] !== 0) slot = slot + 1 < capacity ? slot + 1 : 0
  slots[slot * 2] = fingerprint
  slots[slot * 2 + 1] = row
}

/** Slots of each part, so that so many entries in all fit: parts differ by a few standard deviations. */
const capacityFor = (entries: number): number => {
  const each = entries / parts
  let capacity = smallest
  while (capacity * mostLoad < each + 6 * Math.sqrt(each) && capacity < largest) capacity = grown(capacity)
  return capacity
}
