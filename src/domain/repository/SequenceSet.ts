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
}

const bits = 65_536
