/** A body given in parts, never copied unless asked: what objects are put from. */

export const size = (parts: ReadonlyArray<Uint8Array>): number => {
  let total = 0
  for (const part of parts) total += part.length
  return total
}

/** One copy of all of them, one after the other. */
export const concatenate = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(size(parts))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** What is left after the first `count` bytes, as views; `count` is at most the size. */
export const drop = (parts: ReadonlyArray<Uint8Array>, count: number): ReadonlyArray<Uint8Array> => {
  let left = count
  for (const [at, part] of parts.entries()) {
    if (left < part.length) return [part.subarray(left), ...parts.slice(at + 1)]
    left -= part.length
  }
  return []
}

/** The first `count` bytes, as views; all of them if there are fewer. */
export const take = (parts: ReadonlyArray<Uint8Array>, count: number): ReadonlyArray<Uint8Array> => {
  const taken: Array<Uint8Array> = []
  let left = count
  for (const part of parts) {
    if (left <= 0) break
    taken.push(part.length <= left ? part : part.subarray(0, left))
    left -= part.length
  }
  return taken
}

/** All of them, as views of `length` bytes at most; none is empty. */
export const pieces = function*(parts: ReadonlyArray<Uint8Array>, length: number): Generator<Uint8Array, void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += length) yield part.subarray(at, at + length)
  }
}
