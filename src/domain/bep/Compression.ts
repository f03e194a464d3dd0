/**
 * LZ4 as BEP uses it: a big-endian u32 with the size of the message, then one raw LZ4 block. The input is a peer's:
 * nothing is allocated before the stated size is plausible, nothing is read or written outside the two buffers.
 */
import { Result } from "effect"

/** The message. `limit` is the largest size to believe, in bytes. */
export const decompress = (body: Uint8Array, limit: number): Result.Result<Uint8Array, string> => {
  if (body.length < 4) return Result.fail("a compressed message without its size")
  const size = (body[0]! << 24 | body[1]! << 16 | body[2]! << 8 | body[3]!) >>> 0
  if (size > limit) return Result.fail(`a compressed message states ${size} bytes, more than the limit of ${limit}`)
  // A byte of LZ4 makes at most 255 bytes.
  if (size > (body.length - 4) * 255) return Result.fail("a compressed message states more bytes than it can hold")
  const out = new Uint8Array(size)
  const problem = decodeBlock(body, 4, out)
  return problem === undefined ? Result.succeed(out) : Result.fail(problem)
}

/** Fills `out` exactly from the block that begins at `at`; answers what is wrong with it. */
const decodeBlock = (source: Uint8Array, at: number, out: Uint8Array): string | undefined => {
  const end = source.length
  const size = out.length
  let o = 0
  if (at === end) return size === 0 ? undefined : truncated
  while (at < end) {
    const token = source[at++]!
    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255) {
        if (at === end) return truncated
        more = source[at++]!
        literals += more
      }
    }
    if (literals > end - at) return truncated
    if (literals > size - o) return overflow
    if (literals > 32) out.set(source.subarray(at, at + literals), o)
    else for (let i = 0; i < literals; i++) out[o + i] = source[at + i]!
    at += literals
    o += literals
    if (at === end) return o === size ? undefined : "a compressed message is shorter than it states"
    if (end - at < 2) return truncated
    const offset = source[at]! | source[at + 1]! << 8
    at += 2
    if (offset === 0 || offset > o) return "a compressed message copies from before its beginning"
    let length = (token & 15) + 4
    if (length === 19) {
      let more = 255
      while (more === 255) {
        if (at === end) return truncated
        more = source[at++]!
        length += more
      }
    }
    if (length > size - o) return overflow
    const from = o - offset
    if (length <= 32) { for (let i = 0; i < length; i++) out[o + i] = out[from + i]! }
    else if (offset === 1) out.fill(out[from]!, o, o + length)
    else {
      // Overlapping copies repeat what lies between: each round doubles what can be copied at once.
      for (let done = 0, ready = offset; done < length; ready *= 2) {
        const part = Math.min(ready, length - done)
        out.copyWithin(o + done, from, from + part)
        done += part
      }
    }
    o += length
  }
  return truncated
}

const truncated = "a compressed message is cut short"
const overflow = "a compressed message is longer than it states"
