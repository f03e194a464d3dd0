/**
 * Compression of what lies in objects: raw, or one zstd stream. Whoever reads states the length and its bound first;
 * nothing is allocated for more than that.
 */
import * as Result from "effect/Result"
import * as Zlib from "node:zlib"

export const raw = 0
export const zstd = 1
export type Codec = typeof raw | typeof zstd

/**
 * Whether it is worth trying: the entropy of a sample of 4 KiB is below 7.8 bits per byte. Costs about 5 µs; what is
 * compressed, encrypted or random already says no.
 */
export const looksCompressible = (bytes: Uint8Array): boolean => {
  const length = bytes.length
  if (length <= sampleSlices * sampleSlice) return true
  counts.fill(0)
  const step = (length - sampleSlice) / (sampleSlices - 1)
  for (let slice = 0; slice < sampleSlices; slice++) {
    const start = Math.floor(slice * step)
    for (let i = start; i < start + sampleSlice; i++) counts[bytes[i]!]!++
  }
  let sum = 0
  for (let value = 0; value < 256; value++) sum += nLogN[counts[value]!]!
  const total = sampleSlices * sampleSlice
  return (nLogN[total]! - sum) / total < 7.8
}

/** The zstd stream if it is at least 1/16 smaller and decodes to the same bytes again, else undefined. */
export const compress = (bytes: Uint8Array): Uint8Array | undefined => {
  const length = bytes.length
  if (length < 64) return undefined
  const packed = Zlib.zstdCompressSync(bytes, {
    params: { [Zlib.constants.ZSTD_c_compressionLevel]: 1 },
    pledgedSrcSize: length,
    chunkSize: length + (length >>> 8) + 64
  })
  if (packed.length > length - (length >>> 4)) return undefined
  const back = decompress(packed, length)
  return Result.isSuccess(back) && Buffer.compare(back.success, bytes) === 0 ? packed : undefined
}

/** Exactly `length` bytes, or why not. The caller has checked `length` against its bound. */
export const decompress = (bytes: Uint8Array, length: number): Result.Result<Uint8Array, string> => {
  const back = Result.try({
    try: () =>
      Zlib.zstdDecompressSync(bytes, {
        params: { [Zlib.constants.ZSTD_d_windowLogMax]: 24 },
        chunkSize: Math.max(64, length),
        maxOutputLength: Math.max(1, length)
      }),
    catch: () => "the compressed data is broken"
  })
  return Result.isSuccess(back) && back.success.length !== length
    ? Result.fail("the compressed data is shorter than stated")
    : back
}

/** A payload that states its own codec: `0 ‖ bytes`, or `1 ‖ length as u32 ‖ zstd stream`. */
export const wrap = (bytes: Uint8Array): Uint8Array => {
  const packed = bytes.length >= 512 && looksCompressible(bytes) ? compress(bytes) : undefined
  const head = packed === undefined ? 1 : 5
  const body = packed ?? bytes
  const out = new Uint8Array(head + body.length)
  out[0] = packed === undefined ? raw : zstd
  if (packed !== undefined) view(out).setUint32(1, bytes.length)
  out.set(body, head)
  return out
}

/** What `wrap` was given, if it has at most `limit` bytes; for raw payloads a view. */
export const unwrap = (bytes: Uint8Array, limit: number): Result.Result<Uint8Array, string> => {
  if (bytes[0] === raw) {
    return bytes.length - 1 > limit
      ? Result.fail(`it is larger than ${limit} bytes`)
      : Result.succeed(bytes.subarray(1))
  }
  if (bytes[0] !== zstd || bytes.length < 5) return Result.fail("the codec is not known")
  const length = view(bytes).getUint32(1)
  return length > limit ? Result.fail(`it is larger than ${limit} bytes`) : decompress(bytes.subarray(5), length)
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const sampleSlices = 16
const sampleSlice = 256
const counts = new Uint32Array(256)
const nLogN = Float64Array.from({ length: sampleSlices * sampleSlice + 1 }, (_, n) => n === 0 ? 0 : n * Math.log2(n))
