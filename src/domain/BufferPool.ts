/**
 * Large buffers, filled again and again: a fresh one for each block makes the garbage collector take a third of the time.
 * A buffer belongs to its taker until it is given back, and nobody may look at it after that; one that is never given back
 * is only garbage.
 */

export class BufferPool {
  readonly #keep: number
  readonly #lent = new WeakSet<ArrayBuffer>()
  /** The longest free first. */
  #free: Array<ArrayBuffer> = []
  #freeBytes = 0

  /** `keep`: bytes that may lie here unused. */
  constructor(keep: number) {
    this.#keep = keep
  }

  /** Bytes that lie here unused. */
  get bytes(): number {
    return this.#freeBytes
  }

  /** A buffer of at least `length` bytes, and at most about twice that; whatever was in it before is still there. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const size = roundUp(length)
    let found = -1
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const { byteLength } = this.#free[i]!
      if (byteLength < size || byteLength > size * 2) continue
      if (found < 0 || byteLength < this.#free[found]!.byteLength) found = i
      if (byteLength === size) break
    }
    const buffer = found < 0 ? Buffer.allocUnsafeSlow(size).buffer : this.#free.splice(found, 1)[0]!
    if (found >= 0) this.#freeBytes -= buffer.byteLength
    this.#lent.add(buffer)
    return new Uint8Array(buffer)
  }

  /** Takes a buffer back by any view of it. One that is not out, given a second time or never ours, is passed over. */
  give({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer) || buffer.byteLength > this.#keep) return
    this.#free.push(buffer)
    this.#freeBytes += buffer.byteLength
    while (this.#freeBytes > this.#keep) this.#freeBytes -= this.#free.shift()!.byteLength
  }
}

/** Few different sizes, so that what is given back fits the next: at most a sixteenth more. */
const roundUp = (length: number): number => {
  const step = Math.max(4096, 2 ** Math.floor(Math.log2(Math.max(1, length))) / 16)
  return Math.max(1, Math.ceil(length / step)) * step
}
