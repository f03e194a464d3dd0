/**
 * The block list inside an encoded FileInfo, read into its hashes, 32 bytes per block. Hot: a list as every Syncthing
 * writes it is read in one pass without a call per field; anything else takes the general way, and both must agree.
 */
import * as BlockSize from "./BlockSize.ts"
import type * as Wire from "./Wire.ts"

/** The tag of a FileInfo's blocks, field 16. */
export const tag = 0x82

/**
 * Reads all blocks if from `start` on (the first one's tag) they are exactly those of a file of `size` bytes in blocks of
 * `blockSize`, in the usual form; the reader then stands after them. Otherwise answers undefined and moves nothing.
 */
export const readUsual = (
  reader: Wire.Reader,
  start: number,
  end: number,
  size: number,
  blockSize: number
): Uint8Array | undefined => {
  const count = BlockSize.count(size, blockSize)
  // 37 bytes is the smallest possible block with its tag and length.
  if (!(count >= 1 && count * 37 <= end - start && BlockSize.isValid(blockSize))) return undefined
  const { bytes } = reader
  reserve(count * 32)
  let pos = start
  let at = used
  let offset = 0
  // Past the end of `bytes` there is only undefined, which fails every comparison that lets a block pass.
  for (let i = 0; i < count; i++) {
    const blockEnd = pos + 3 + bytes[pos + 2]!
    if (bytes[pos] !== tag || bytes[pos + 1] !== 1 || bytes[pos + 2]! > 127 || blockEnd > end) return undefined
    pos += 3
    let stated = 0
    if (bytes[pos] === 0x08) {
      let unit = 1
      do {
        stated += (bytes[++pos]! & 127) * unit
        unit *= 128
      } while (bytes[pos]! > 127)
      pos++
    }
    if (stated !== offset) return undefined
    stated = 0
    if (bytes[pos] === 0x10) {
      let unit = 1
      do {
        stated += (bytes[++pos]! & 127) * unit
        unit *= 128
      } while (bytes[pos]! > 127)
      pos++
    }
    if (stated !== Math.min(blockSize, size - offset) || bytes[pos] !== 0x1A || bytes[pos + 1] !== 32) return undefined
    pos += 2
    // Nothing may follow but the weak hash of older versions.
    if (pos + 32 !== blockEnd && (bytes[pos + 32] !== 0x20 || !isVarint(bytes, pos + 33, blockEnd))) return undefined
    reader.copy32(pos, slab, at)
    pos = blockEnd
    at += 32
    offset += blockSize
  }
  reader.pos = pos
  return take(count * 32)
}

/**
 * Reads the `count` blocks from `start` on, other fields between them or not. Answers the hashes or what breaks §5.2 of
 * the BEP sheet; what is not protobuf becomes the reader's problem.
 */
export const read = (
  reader: Wire.Reader,
  start: number,
  end: number,
  list: { readonly count: number; readonly size: number; readonly blockSize: number }
): Uint8Array | string => {
  const { blockSize, count, size } = list
  let problem: string | undefined = !BlockSize.isValid(blockSize)
    ? `an impossible block size (${blockSize})`
    : count !== BlockSize.count(size, blockSize)
    ? "the blocks do not add up to the size"
    : count * 37 > end - start
    ? hashMissing
    : undefined
  if (problem === undefined) reserve(count * 32)
  let at = used
  let expected = 0
  reader.pos = start
  while (reader.pos < end) {
    const next = reader.tag()
    if (next !== tag) {
      reader.skip(next)
      continue
    }
    const blockEnd = reader.endWithin(end)
    let offset = 0
    let length = 0
    let hashAt = 0
    let hashLength = 0
    while (reader.pos < blockEnd) {
      const field = reader.tag()
      if (field === 0x1A) {
        const hashEnd = reader.endWithin(blockEnd)
        hashAt = reader.pos
        hashLength = hashEnd - hashAt
        reader.pos = hashEnd
      } else if (field === 0x08) offset = reader.int64Number()
      else if (field === 0x10) length = reader.int32()
      else reader.skip(field)
    }
    reader.at(blockEnd)
    if (hashLength !== 32) problem ??= hashMissing
    else if (offset !== expected || length !== Math.min(blockSize, size - expected)) {
      problem ??= "a block with the wrong offset or size"
    } else if (problem === undefined && reader.problem === undefined) {
      reader.copy32(hashAt, slab, at)
      at += 32
    }
    expected += blockSize
  }
  return problem ?? take(count * 32)
}

const hashMissing = "a block without a hash of 32 bytes"

/** One varint of 32 bits fills the range exactly. */
const isVarint = (bytes: Uint8Array, from: number, to: number): boolean => {
  if (to <= from || to > from + 5) return false
  for (let i = from; i < to - 1; i++) if (bytes[i]! < 128) return false
  return bytes[to - 1]! < 128
}

// Lists are cut from slabs: allocating each small one by itself costs as much as reading it.
const slabSize = 32 * 1024
let slab = new DataView(new ArrayBuffer(0))
let used = 0

const reserve = (length: number): void => {
  if (used + length <= slab.byteLength) return
  slab = new DataView(new ArrayBuffer(Math.max(slabSize, length)))
  used = 0
}

const take = (length: number): Uint8Array => {
  used += length
  return new Uint8Array(slab.buffer, used - length, length)
}
