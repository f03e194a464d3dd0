/**
 * Hello: the first thing each side says, before any frame (BEP sheet §1.4). Everything in it is the peer's claim; the
 * device name is empty when the peer does not know us.
 */
import { Result } from "effect"
import type { Style } from "../Conflict.ts"
import * as Wire from "../Wire.ts"

export interface Hello {
  readonly deviceName: string
  readonly clientName: string
  readonly clientVersion: string
  /** Parallel connections wanted; 0 from those who know nothing of it. */
  readonly numConnections: number
  /** Unix nanoseconds; 0 if absent. */
  readonly timestamp: bigint
}

export interface Parser {
  /** The Hello, once complete, and the bytes after it; undefined while it is not. A failure is final. */
  readonly push: (
    chunk: Uint8Array
  ) => Result.Result<{ readonly hello: Hello; readonly rest: Uint8Array } | undefined, string>
}

/** Magic, length and message. The strings together must stay below 32 KiB. */
export const encode = (hello: Hello): Uint8Array => {
  const message = new Wire.Writer()
    .string(1, hello.deviceName)
    .string(2, hello.clientName)
    .string(3, hello.clientVersion)
    .signed(4, hello.numConnections)
    .bigint(5, hello.timestamp)
    .finish()
  const head = new Uint8Array(6)
  const view = new DataView(head.buffer)
  view.setUint32(0, magic)
  view.setUint16(4, message.length)
  return new Wire.Writer(6 + message.length).raw(head).raw(message).finish()
}

/** Buffers at most one Hello. */
export const makeParser = (): Parser => {
  let held = new Uint8Array(0)
  const push: Parser["push"] = (chunk) => {
    const bytes = new Uint8Array(held.length + chunk.length)
    bytes.set(held)
    bytes.set(chunk, held.length)
    const view = new DataView(bytes.buffer)
    if (bytes.length >= 4) {
      const found = view.getUint32(0)
      if (oldMagics.has(found)) return Result.fail("the peer speaks a protocol that is too old")
      if (found !== magic) return Result.fail("the peer does not speak BEP")
    }
    const length = bytes.length < 6 ? 0 : view.getUint16(4)
    if (length > maxLength) return Result.fail(`a Hello of ${length} bytes`)
    if (bytes.length < 6 + length || bytes.length < 6) {
      held = bytes
      return Result.succeed(undefined)
    }
    const hello = decode(bytes.subarray(6, 6 + length))
    return Result.map(hello, (hello) => ({ hello, rest: bytes.subarray(6 + length) }))
  }
  return { push }
}

/** Which conflict rules the peer follows: Syncthing before 2.0 has its own. */
export const style = (hello: Hello): Style => /^v[01]\./.test(hello.clientVersion) ? "1.x" : "2.x"

const decode = (message: Uint8Array): Result.Result<Hello, string> => {
  const reader = new Wire.Reader(message)
  let deviceName = ""
  let clientName = ""
  let clientVersion = ""
  let numConnections = 0
  let timestamp = 0n
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === 0x0A) deviceName = reader.string()
    else if (tag === 0x12) clientName = reader.string()
    else if (tag === 0x1A) clientVersion = reader.string()
    else if (tag === 0x20) numConnections = reader.int32()
    else if (tag === 0x28) timestamp = reader.int64()
    else reader.skip(tag)
  }
  return reader.problem === undefined
    ? Result.succeed({ deviceName, clientName, clientVersion, numConnections, timestamp })
    : Result.fail(`a broken Hello: ${reader.problem}`)
}

const magic = 0x2EA7D90B
const oldMagics = new Set([0x9F79BC40, 0x00010001, 0x00010000])
const maxLength = 0x7FFF
