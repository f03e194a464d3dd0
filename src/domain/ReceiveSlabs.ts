/**
 * Where received bytes land: two slabs that take turns, so that receiving allocates nothing. What `take` answers is valid
 * until the next `take`; a region handed out before a turn and filled after it is copied to where it belongs.
 */

/** Largest piece that lands at once; TLS records hold at most 16 KiB. */
const piece = 16 * 1024

export class ReceiveSlabs {
  private filling: Uint8Array
  private resting: Uint8Array
  private filled = 0
  /** Pieces that came beyond the slab's end: a paused socket may still deliver some. */
  private over: Array<Uint8Array> = []
  private overBytes = 0

  /** `capacity`: bytes a slab holds. */
  constructor(capacity: number) {
    this.filling = Buffer.allocUnsafeSlow(capacity + piece)
    this.resting = Buffer.allocUnsafeSlow(capacity + piece)
  }

  /** Bytes that landed and were not taken. */
  get buffered(): number {
    return this.filled + this.overBytes
  }

  /** Where the next piece may land. One region is in use at a time. */
  region(): Uint8Array {
    return this.over.length > 0 || this.filling.length - this.filled < piece
      ? Buffer.allocUnsafeSlow(piece)
      : this.filling.subarray(this.filled, this.filled + piece)
  }

  /** `count` bytes landed at the beginning of the region. */
  landed(region: Uint8Array, count: number): void {
    if (region.buffer === this.filling.buffer && region.byteOffset === this.filling.byteOffset + this.filled) {
      this.filled += count
    } else if (this.over.length === 0 && this.filling.length - this.filled >= count) {
      this.filling.set(region.subarray(0, count), this.filled)
      this.filled += count
    } else {
      this.over.push(region.slice(0, count))
      this.overBytes += count
    }
  }

  /** All that landed, in order, and the other slab's turn. */
  take(): ReadonlyArray<Uint8Array> {
    const taken = this.filled > 0 ? [this.filling.subarray(0, this.filled), ...this.over] : this.over
    const { filling, resting } = this
    this.filling = resting
    this.resting = filling
    this.filled = 0
    this.over = []
    this.overBytes = 0
    return taken
  }
}
