/** Whole numbers that mostly follow each other, a bit for each: ten million take little more than a megabyte. */
export class SequenceSet {
  private readonly chunks = new Map<number, Uint8Array>()

  /** False if it was there already. */
  add(value: number): boolean {
    const place = Math.floor(value / bits)
    const bit = value - place * bits
    let chunk = this.chunks.get(place)
    if (chunk === undefined) this.chunks.set(place, chunk = new Uint8Array(bits / 8))
    const mask = 1 << (bit & 7)
    const byte = chunk[bit >> 3]!
    if ((byte & mask) !== 0) return false
    chunk[bit >> 3] = byte | mask
    return true
  }

  /** Takes all of the other, which must not be used any more: how many were there already, and one of them. */
  absorb(other: SequenceSet): { readonly count: number; readonly first: number | undefined } {
    let count = 0
    let first: number | undefined
    for (const [place, theirs] of other.chunks) {
      const ours = this.chunks.get(place)
      if (ours === undefined) {
        this.chunks.set(place, theirs)
        continue
      }
      for (const [at, byte] of theirs.entries()) {
        for (let both = ours[at]! & byte; both !== 0; both &= both - 1) {
          first ??= place * bits + at * 8 + (31 - Math.clz32(both & -both))
          count++
        }
        ours[at] = ours[at]! | byte
      }
    }
    return { count, first }
  }
}

const bits = 65_536
