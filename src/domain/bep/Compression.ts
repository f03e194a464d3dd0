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
  const from = new DataView(source.buffer, source.byteOffset, source.byteLength)
  const to = new DataView(out.buffer, out.byteOffset, out.byteLength)
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
    if (literals > 128) out.set(source.subarray(at, at + literals), o)
    else if (o + literals <= size - 8 && at + literals <= end - 8) {
      // Eight at a time, up to seven too many: they are overwritten by what comes next.
      for (let i = 0; i < literals; i += 8) to.setBigUint64(o + i, from.getBigUint64(at + i, true), true)
    } else for (let i = 0; i < literals; i++) out[o + i] = source[at + i]!
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
    const start = o - offset
    if (offset >= 8 && length <= 128 && o + length <= size - 8) {
      for (let i = 0; i < length; i += 8) to.setBigUint64(o + i, to.getBigUint64(start + i, true), true)
    } else if (length <= 32) { for (let i = 0; i < length; i++) out[o + i] = out[start + i]! }
    else if (offset === 1) out.fill(out[start]!, o, o + length)
    else {
      // Overlapping copies repeat what lies between: each round doubles what can be copied at once.
      for (let done = 0, ready = offset; done < length; ready *= 2) {
        const part = Math.min(ready, length - done)
        out.copyWithin(o + done, start, start + part)
        done += part
      }
    }
    o += length
  }
  return truncated
}

const truncated = "a compressed message is cut short"
const overflow = "a compressed message is longer than it states"
