/** A body cut into the pieces of pipelined writes. A piece is a view where it can be, a copy where it spans parts. */

export interface Piece {
  /** Where it belongs, in bytes from the beginning of the object. */
  readonly at: number
  readonly bytes: Uint8Array
}

/** Each call gives the next piece of up to `size` bytes, and undefined when nothing is left. */
export const pieces = (parts: ReadonlyArray<Uint8Array>, size: number): () => Piece | undefined => {
  let part = 0
  let offset = 0
  let at = 0

  const skipEmpty = () => {
    while (part < parts.length && offset === parts[part]!.length) {
      part++
      offset = 0
    }
  }

  /** As many bytes as the parts from here on hold, `size` at most. */
  const available = (): number => {
    let total = -offset
    for (let next = part; next < parts.length && total < size; next++) total += parts[next]!.length
    return Math.min(total, size)
  }

  const take = (length: number): Uint8Array => {
    const first = parts[part]!
    if (first.length - offset >= length) {
      const view = first.subarray(offset, offset + length)
      offset += length
      return view
    }
    const copy = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      skipEmpty()
      const source = parts[part]!
      const count = Math.min(length - filled, source.length - offset)
      copy.set(source.subarray(offset, offset + count), filled)
      offset += count
      filled += count
    }
    return copy
  }

  return () => {
    skipEmpty()
    if (part === parts.length) return undefined
    const bytes = take(available())
    const piece = { at, bytes }
    at += bytes.length
    return piece
  }
}
