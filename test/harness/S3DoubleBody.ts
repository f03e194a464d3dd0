/**
 * The body of a request as an S3 server takes it: plain or aws-chunked with trailers, its length, SHA-256, MD5 and
 * checksums all compared with what the headers state. A body that was cut short is never given.
 */
import { createHash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { crc32 } from "node:zlib"
import { s3Problem } from "./S3DoubleAuth.ts"

export interface Body {
  readonly bytes: Buffer
  /** Quoted MD5. */
  readonly etag: string
  /** x-amz-checksum-… headers that were proved. */
  readonly checksums: Readonly<Record<string, string>>
}

/** Every byte that comes, or undefined if the client went away before the end. */
export const collect = (request: IncomingMessage): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const stated = Number(request.headers["content-length"] ?? -1)
    // The system gives memory that is not touched yet: a large body is not copied a second time.
    const whole = stated >= 0 ? Buffer.allocUnsafe(Math.min(stated, 1 << 30)) : undefined
    const chunks: Array<Buffer> = []
    let length = 0
    request.on("data", (chunk: Buffer) => {
      if (whole === undefined) chunks.push(chunk)
      else chunk.copy(whole, length)
      length += chunk.length
    })
    request.on("end", () => resolve(request.complete ? whole ?? Buffer.concat(chunks) : undefined))
    request.on("error", () => resolve(undefined))
    request.on("close", () => resolve(undefined))
  })

/** Throws what S3 answers to a body that is not what its headers say. */
export const check = (request: IncomingMessage, raw: Buffer, needsMd5: boolean): Body => {
  const header = (name: string) => request.headers[name]?.toString()
  const sha = header("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD"
  const trailers: Record<string, string> = {}
  const bytes = sha.startsWith("STREAMING-") ? unchunk(raw, trailers) : raw
  const decoded = header("x-amz-decoded-content-length")
  if (decoded !== undefined && Number(decoded) !== bytes.length) throw s3Problem(400, "IncompleteBody")
  if (/^[0-9a-f]{64}$/.test(sha) && createHash("sha256").update(bytes).digest("hex") !== sha) {
    throw s3Problem(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' does not match.")
  }
  const md5 = createHash("md5").update(bytes).digest()
  const statedMd5 = header("content-md5")
  if (statedMd5 !== undefined && statedMd5 !== md5.toString("base64")) throw s3Problem(400, "BadDigest")
  const checksums: Record<string, string> = {}
  for (const [name, sum] of Object.entries(sums)) {
    const stated = trailers[name] ?? header(name)
    if (stated === undefined) continue
    if (sum(bytes) !== stated) throw s3Problem(400, "BadDigest", `${name} does not match`)
    checksums[name] = stated
  }
  if (needsMd5 && statedMd5 === undefined) {
    throw s3Problem(400, "MissingContentMD5", "Missing required header for this request: Content-MD5")
  }
  return { bytes, etag: `"${md5.toString("hex")}"`, checksums }
}

const sums: Readonly<Record<string, (bytes: Buffer) => string>> = {
  "x-amz-checksum-crc32": (bytes) => {
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(bytes))
    return sum.toString("base64")
  },
  "x-amz-checksum-sha256": (bytes) => createHash("sha256").update(bytes).digest("base64"),
  "x-amz-checksum-sha1": (bytes) => createHash("sha1").update(bytes).digest("base64")
}

/** aws-chunked: `<hex length>[;chunk-signature=…]`, bytes, …, a chunk of none, then trailers. */
const unchunk = (raw: Buffer, trailers: Record<string, string>): Buffer => {
  const out: Array<Buffer> = []
  let at = 0
  while (true) {
    const end = raw.indexOf("\r\n", at)
    const length = Number.parseInt(raw.toString("latin1", at, Math.max(at, end)), 16)
    if (end < 0 || Number.isNaN(length)) throw s3Problem(400, "IncompleteBody", "a chunk has no length")
    at = end + 2
    if (length === 0) break
    if (at + length + 2 > raw.length) throw s3Problem(400, "IncompleteBody", "a chunk is cut")
    out.push(raw.subarray(at, at + length))
    at += length + 2
  }
  for (const line of raw.toString("latin1", at).split("\r\n")) {
    const colon = line.indexOf(":")
    if (colon > 0) trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  return Buffer.concat(out)
}
