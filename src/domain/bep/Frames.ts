/**
 * Frames: how BEP cuts a byte stream into messages (BEP sheet §2.1). The chunks stay the caller's: the body of a response
 * may be a view of one and is valid as long as the chunk is; every other body is a copy. A failure is final.
 */
import { Result } from "effect"
import * as Wire from "../Wire.ts"
import { decompress } from "./Compression.ts"

/** Message types on the wire. */
export const CLUSTER_CONFIG = 0
export const INDEX = 1
export const INDEX_UPDATE = 2
export const REQUEST = 3
export const RESPONSE = 4
export const DOWNLOAD_PROGRESS = 5
export const PING = 6
export const CLOSE = 7

/** The protocol's own limit for a body, on the wire and decompressed. */
export const protocolMaxBody = 500_000_000

/** Ours, unless told otherwise: Syncthing's own messages stay below 20 MiB. */
export const defaultMaxBody = 128 * 1024 * 1024

/** Bodies of responses between these sizes are kept for the next ones once they are released, up to the third. Bytes. */
const smallestKept = 32 * 1024
const largestKept = 32 * 1024 * 1024
const mostKept = 32 * 1024 * 1024

export interface Frame {
  readonly type: number
  /** Decompressed. Belongs to the receiver, but for a response: that is valid until its chunk or `release` ends it. */
  readonly body: Uint8Array
}

export interface Parser {
  /** Every frame completed by `chunk`. Messages of unknown types come out too; whoever decodes them skips them. */
  readonly push: (chunk: Uint8Array) => Result.Result<ReadonlyArray<Frame>, string>
  /**
   * Gives back the bodies of frames that nobody uses any more, to be filled again. Blocks come by the hundred megabytes:
   * without this, the garbage collector takes a third of the time. Bodies that are views of chunks are passed over.
   */
  readonly release: (frames: ReadonlyArray<Frame>) => void
  /** The stream ended: a failure if it ended inside a frame. */
  readonly end: () => Result.Result<void, string>
}

/** `maxBody` bounds a body in bytes, on the wire and decompressed; nothing larger is ever allocated. */
export const makeParser = (options?: { readonly maxBody?: number }): Parser => {
  const maxBody = Math.min(options?.maxBody ?? defaultMaxBody, protocolMaxBody)
  // Bytes of a head (both lengths and the header) that a chunk ended in.
  let head = new Uint8Array(64)
  let headLength = 0
  // The body being filled across chunks, with what its head said.
  let body: Uint8Array | undefined
  let filled = 0
  let type = 0
  let compression = 0
  let broken: string | undefined
  const lent = new WeakSet<ArrayBufferLike>()
  const free = new Map<number, Array<ArrayBuffer>>()
  let freeBytes = 0

  /** Room for a body. Sizes come in powers of two, so that what is given back fits the next. */
  const allocate = (length: number): Uint8Array => {
    if (type !== RESPONSE || compression !== 0 || length < smallestKept || length > largestKept) {
      return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
    }
    const size = 2 ** Math.ceil(Math.log2(length))
    let buffer = free.get(size)?.pop()
    if (buffer === undefined) buffer = Buffer.allocUnsafeSlow(size).buffer
    else freeBytes -= size
    lent.add(buffer)
    return new Uint8Array(buffer, 0, length)
  }

  const release = (frames: ReadonlyArray<Frame>): void => {
    for (const { body: { buffer } } of frames) {
      if (!lent.delete(buffer) || freeBytes + buffer.byteLength > mostKept) continue
      freeBytes += buffer.byteLength
      const kept = free.get(buffer.byteLength)
      if (kept === undefined) free.set(buffer.byteLength, [buffer as ArrayBuffer])
      else kept.push(buffer as ArrayBuffer)
    }
  }

  const fail = (reason: string): Result.Result<never, string> => {
    broken = reason
    body = undefined
    return Result.fail(reason)
  }

  const readHeader = (bytes: Uint8Array, start: number, end: number): string | undefined => {
    type = 0
    compression = 0
    if (start === end) return undefined
    const reader = new Wire.Reader(bytes, start, end)
    while (reader.pos < end) {
      const tag = reader.tag()
      if (tag === 0x08) type = reader.int32()
      else if (tag === 0x10) compression = reader.int32()
      else reader.skip(tag)
    }
    if (reader.problem !== undefined) return `the header of a frame is broken: ${reader.problem}`
    return compression === 0 || compression === 1 ? undefined : `unknown compression ${compression}`
  }

  const bodyProblem = (length: number): string | undefined =>
    length > 0x7FFF_FFFF
      ? "a negative body length"
      : length > maxBody
      ? `a body of ${length} bytes, more than the limit of ${maxBody}`
      : undefined

  /** Adds the frame with the given body, as it came. */
  const complete = (frames: Array<Frame>, bytes: Uint8Array): string | undefined => {
    if (compression === 0) {
      frames.push({ type, body: bytes })
      return undefined
    }
    const plain = decompress(bytes, maxBody)
    if (Result.isFailure(plain)) return plain.failure
    frames.push({ type, body: plain.success })
    return undefined
  }

  const push = (chunk: Uint8Array): Result.Result<ReadonlyArray<Frame>, string> => {
    if (broken !== undefined) return Result.fail(broken)
    const frames: Array<Frame> = []
    let at = 0
    for (;;) {
      if (body !== undefined) {
        if (at === chunk.length) break
        const part = Math.min(body.length - filled, chunk.length - at)
        body.set(part === chunk.length ? chunk : chunk.subarray(at, at + part), filled)
        filled += part
        at += part
        if (filled < body.length) continue
        const problem = complete(frames, body)
        body = undefined
        if (problem !== undefined) return fail(problem)
        continue
      }
      // A head: straight from the chunk, or through `head` if an earlier chunk ended in one.
      const buffered = headLength > 0
      const source = buffered ? head : chunk
      const start = buffered ? 0 : at
      const have = buffered ? headLength : chunk.length - at
      const headerLength = have < 2 ? 0 : source[start]! << 8 | source[start + 1]!
      if (headerLength > 0x7FFF) return fail("a negative header length")
      const need = have < 2 ? 2 : headerLength + 6
      if (have < need) {
        if (at === chunk.length) break
        const part = Math.min(need - headLength, chunk.length - at)
        if (need > head.length) {
          const larger = new Uint8Array(need)
          larger.set(head.subarray(0, headLength))
          head = larger
        }
        head.set(chunk.subarray(at, at + part), headLength)
        headLength += part
        at += part
        continue
      }
      const problem = readHeader(source, start + 2, start + need - 4)
      if (problem !== undefined) return fail(problem)
      const length = uint32(source, start + need - 4)
      const tooLong = bodyProblem(length)
      if (tooLong !== undefined) return fail(tooLong)
      if (!buffered) at += need
      headLength = 0
      if (length <= chunk.length - at) {
        const view = chunk.subarray(at, at + length)
        const problem = complete(frames, type === RESPONSE || compression !== 0 ? view : new Uint8Array(view))
        if (problem !== undefined) return fail(problem)
        at += length
      } else {
        body = allocate(length)
        filled = 0
      }
    }
    return Result.succeed(frames)
  }

  const end = (): Result.Result<void, string> =>
    broken !== undefined
      ? Result.fail(broken)
      : headLength > 0 || body !== undefined
      ? Result.fail("the connection ended inside a frame")
      : Result.succeed(undefined)

  return { push, release, end }
}

/** A whole frame, uncompressed; `body` is copied. */
export const encode = (type: number, body: Uint8Array): Uint8Array => {
  const headerLength = type === 0 ? 0 : 2
  const frame = new Uint8Array(6 + headerLength + body.length)
  putHead(frame, type, body.length)
  frame.set(body, 6 + headerLength)
  return frame
}

/** A whole Response frame in one or two buffers; the second is `data` itself, not a copy. */
export const encodeResponse = (id: number, code: number, data: Uint8Array | undefined): ReadonlyArray<Uint8Array> => {
  const size = data === undefined ? 0 : data.length
  const writer = new Wire.Writer(40).raw(responseHead).signed(1, id).number(3, code)
  if (size > 0) writer.varint(2 << 3 | Wire.delimited).varint(size)
  const head = writer.finish()
  putHead(head, RESPONSE, head.length - responseHead.length + size)
  return data === undefined || size === 0 ? [head] : [head, data]
}

const putHead = (frame: Uint8Array, type: number, length: number): void => {
  let at = 2
  if (type !== 0) {
    frame[1] = 2
    frame[2] = 0x08
    frame[3] = type
    at = 4
  }
  frame[at] = length >>> 24
  frame[at + 1] = length >>> 16
  frame[at + 2] = length >>> 8
  frame[at + 3] = length
}

const responseHead = new Uint8Array(8)

const uint32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0
