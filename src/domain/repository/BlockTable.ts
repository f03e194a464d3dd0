/**
 * Which pack holds which blocks, for ten million of them: 53 bits of each hash, sorted, pack by pack. A block that is not in
 * a pack is taken for one that is once in 10^11 times: good for a report, never for what is served or copied.
 */
export class BlockTable {
  private readonly packs = new Map<string, Float64Array>()
  /** Where the next packs go, from `used` on: few large pieces of memory instead of many small ones. */
  private slab = new Float64Array(0)
  private used = 0
  private count = 0

  /** Blocks in all. */
  get size(): number {
    return this.count
  }

  /** Takes in a pack's blocks. `bad`: indexes of those that do not count. */
  add(pack: string, hashes: Uint8Array, bad?: ReadonlySet<number>): void {
    this.drop(pack)
    const most = hashes.length / 32
    if (this.slab.length - this.used < most) {
      this.slab = new Float64Array(Math.max(slab, most))
      this.used = 0
    }
    const start = this.used
    for (let at = 0; at < most; at++) {
      if (bad?.has(at) !== true) this.slab[this.used++] = markOf(hashes, at * 32)
    }
    // In place: a copy for each pack would be as much garbage as there is table.
    // oxlint-disable-next-line unicorn/no-array-sort
    const marks = this.slab.subarray(start, this.used).sort()
    this.packs.set(pack, marks)
    this.count += marks.length
  }

  drop(pack: string): void {
    this.count -= this.packs.get(pack)?.length ?? 0
    this.packs.delete(pack)
  }

  /** Whether the pack was taken in. */
  knows(pack: string): boolean {
    return this.packs.has(pack)
  }

  has(pack: string, mark: number): boolean {
    const marks = this.packs.get(pack)
    if (marks === undefined) return false
    let low = 0
    let high = marks.length
    while (low < high) {
      const middle = low + high >>> 1
      if (marks[middle]! < mark) low = middle + 1
      else high = middle
    }
    return marks[low] === mark
  }

  /** For each of the marks a pack that holds it, as far as there is one. One walk over all that is known. */
  find(wanted: ReadonlySet<number>): ReadonlyMap<number, string> {
    const found = new Map<number, string>()
    for (const [pack, marks] of this.packs) {
      if (found.size === wanted.size) break
      for (const mark of marks) if (wanted.has(mark) && !found.has(mark)) found.set(mark, pack)
    }
    return found
  }
}

/** Marks in a piece of memory: eight megabytes. */
const slab = 1024 * 1024

/** What the table knows of the hash at `at`: its first 53 bits. */
export const markOf = (hashes: Uint8Array, at: number): number =>
  (hashes[at]! * 0x1000000 + (hashes[at + 1]! << 16 | hashes[at + 2]! << 8 | hashes[at + 3]!)) * 0x200000 +
  (hashes[at + 4]! << 13 | hashes[at + 5]! << 5 | hashes[at + 6]! >> 3)
