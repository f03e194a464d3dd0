/**
 * The block index at a pack's end: which frames there are and which block lies where in them. Frames follow each other
 * without gaps, blocks in a frame too, so lengths say everything.
 */
import * as Result from "effect/Result"
import { putVarint, Reader, varintSize } from "../Wire.ts"
import * as Codec from "./Codec.ts"
import { corrupt, type EnvelopeError, headerLength, openEnding, type Parts, type Sealing } from "./Envelope.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { PackContents, PackRef } from "./Refs.ts"

/** Largest block and largest frame, raw. */
export const maxFrame = 16 * 1024 * 1024

/** Most blocks in one pack: its trailer stays near one MiB. */
export const maxBlocks = 32_768

export interface Frame {
  /** Offset in the object. */
  readonly start: number
  /** Bytes in the object, seal included. */
  readonly stored: number
  readonly codec: Codec.Codec
  /** Bytes of its blocks together. */
  readonly raw: number
  /** Index of its first block, and how many it has. */
  readonly first: number
  readonly blocks: number
}

/** Where a block lies: `offset` and `length` in the decoded frame. */
export interface Place {
  readonly frame: number
  readonly offset: number
  readonly length: number
}

export class Trailer {
  readonly pack: string
  /** Of the pack's object. */
  readonly size: number
  /** Of trailer and tail together. */
  readonly length: number
  readonly frames: ReadonlyArray<Frame>
  /** Of each block. */
  readonly lengths: Uint32Array
  /** 32 bytes of each block. */
  readonly hashes: Uint8Array
  readonly parts: Parts
  readonly sealing: Sealing
  private table: Int32Array | undefined

  constructor(
    fields: Pick<Trailer, "pack" | "size" | "length" | "frames" | "lengths" | "hashes" | "parts" | "sealing">
  ) {
    this.pack = fields.pack
    this.size = fields.size
    this.length = fields.length
    this.frames = fields.frames
    this.lengths = fields.lengths
    this.hashes = fields.hashes
    this.parts = fields.parts
    this.sealing = fields.sealing
  }

  get contents(): PackContents {
    return { hashes: this.hashes }
  }

  get ref(): PackRef {
    let bytes = 0
    for (const frame of this.frames) bytes += frame.raw
    return { id: this.pack, size: this.size, trailerLength: this.length, blocks: this.lengths.length, bytes }
  }

  /** Where the block of that hash lies, if it is in the pack. About 0.1 µs, after a first call that builds a table. */
  find(hash: Uint8Array): Place | undefined {
    const index = this.indexOf(hash)
    return index < 0 ? undefined : this.place(index)
  }

  /** Where the block at `index` lies. */
  place(index: number): Place {
    let low = 0
    let high = this.frames.length - 1
    while (low < high) {
      const middle = low + high + 1 >>> 1
      if (this.frames[middle]!.first <= index) low = middle
      else high = middle - 1
    }
    let offset = 0
    for (let i = this.frames[low]!.first; i < index; i++) offset += this.lengths[i]!
    return { frame: low, offset, length: this.lengths[index]! }
  }

  private indexOf(hash: Uint8Array): number {
    const table = this.table ??= this.index()
    const mask = table.length - 1
    for (let slot = slotOf(hash, 0) & mask;; slot = slot + 1 & mask) {
      const index = table[slot]! - 1
      if (index < 0) return -1
      let same = 0
      for (let i = 0; i < 32 && hash[i] === this.hashes[index * 32 + i]; i++) same++
      if (same === 32) return index
    }
  }

  private index(): Int32Array {
    let size = 8
    while (size < this.lengths.length * 2) size *= 2
    const table = new Int32Array(size)
    for (let index = this.lengths.length - 1; index >= 0; index--) {
      let slot = slotOf(this.hashes, index * 32) & size - 1
      while (table[slot] !== 0) slot = slot + 1 & size - 1
      table[slot] = index + 1
    }
    return table
  }
}

const slotOf = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24

export interface FrameEntry {
  readonly blocks: number
  readonly stored: number
  readonly codec: Codec.Codec
}

/** The trailer's payload. */
export const encode = (
  frames: ReadonlyArray<FrameEntry>,
  lengths: ArrayLike<number>,
  hashes: Uint8Array
): Uint8Array => {
  let size = varintSize(frames.length) + varintSize(lengths.length) + hashes.length
  for (const frame of frames) size += varintSize(frame.blocks) + varintSize(frame.stored) + 1
  for (let i = 0; i < lengths.length; i++) size += varintSize(lengths[i]!)
  const out = new Uint8Array(size)
  let at = putVarint(out, putVarint(out, 0, frames.length), lengths.length)
  for (const frame of frames) {
    at = putVarint(out, putVarint(out, at, frame.blocks), frame.stored)
    out[at++] = frame.codec
  }
  for (let i = 0; i < lengths.length; i++) at = putVarint(out, at, lengths[i]!)
  out.set(hashes, at)
  return out
}

/** Opens the block index of a pack of `size` bytes. `bytes`: any range that ends with the object and holds the trailer. */
export const parse = (
  sealing: Sealing,
  pack: string,
  size: number,
  bytes: Uint8Array
): Result.Result<Trailer, EnvelopeError> => {
  const name = ObjectKey.pack(pack)
  const ending = openEnding(sealing, name, size, bytes)
  if (Result.isFailure(ending)) return Result.fail(ending.failure)
  const { count, last, parts, start } = ending.success
  const reader = new Reader(last)
  const frameCount = reader.uint32()
  const blockCount = reader.uint32()
  if (reader.problem !== undefined || frameCount !== count - 1 || frameCount > blockCount || frameCount === 0) {
    return Result.fail(corrupt("its trailer does not count its frames"))
  }
  if (blockCount > maxBlocks) return Result.fail(corrupt("its trailer states more blocks than a pack may hold"))
  const stated: Array<FrameEntry> = []
  for (let i = 0; i < frameCount; i++) {
    const blocks = reader.uint32()
    const stored = reader.uint32()
    const codec = reader.uint32()
    if (codec > Codec.zstd) return Result.fail({ kind: "newer", reason: `a frame has codec ${codec}` })
    stated.push({ blocks, stored, codec: codec === 0 ? Codec.raw : Codec.zstd })
  }
  const lengths = new Uint32Array(blockCount)
  for (let i = 0; i < blockCount; i++) lengths[i] = reader.uint32()
  if (reader.problem !== undefined || last.length - reader.pos !== blockCount * 32) {
    return Result.fail(corrupt("its trailer has the wrong length"))
  }
  const hashes = last.slice(reader.pos)
  const first = headerLength(sealing, name)
  const frames = layOut(stated, lengths, first, start, sealing.suite === "plain" ? 0 : parts.overhead)
  if (typeof frames === "string") return Result.fail(corrupt(frames))
  return Result.succeed(
    new Trailer({ pack, size, length: size - start, frames, lengths, hashes, parts, sealing })
  )
}

/** Frames with their places, or what does not add up. */
const layOut = (
  stated: ReadonlyArray<FrameEntry>,
  lengths: Uint32Array,
  begin: number,
  end: number,
  overhead: number
): ReadonlyArray<Frame> | string => {
  const frames: Array<Frame> = []
  let start = begin
  let first = 0
  for (const { blocks, codec, stored } of stated) {
    if (blocks === 0 || first + blocks > lengths.length) return "its trailer does not count its blocks"
    let raw = 0
    for (let i = first; i < first + blocks; i++) {
      if (lengths[i] === 0 || lengths[i]! > maxFrame) return "a block has an impossible length"
      raw += lengths[i]!
    }
    if (raw > maxFrame) return "a frame is too large"
    const body = stored - overhead
    if (codec === Codec.raw ? body !== raw : body <= 0 || body >= raw) return "a frame has an impossible length"
    frames.push({ start, stored, codec, raw, first, blocks })
    start += stored
    first += blocks
  }
  if (first !== lengths.length) return "its trailer does not count its blocks"
  return start === end ? frames : "its frames do not fill it"
}
