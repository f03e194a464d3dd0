/**
 * Many blocks in one object. A block is proved by its hash whenever it is read, and the plain suite's frames carry no
 * other proof: no byte of a frame may be believed before its block's hash was compared.
 */
import * as Result from "effect/Result"
import { hash as digest } from "node:crypto"
import * as Codec from "./Codec.ts"
import { bothEnds, corrupt, type EnvelopeError, Parts, type Sealing, tail } from "./Envelope.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { PackContents, PackRef } from "./Refs.ts"
import * as Steps from "./Steps.ts"
import * as Trailer from "./Trailer.ts"

/** Payload at which a pack is full. */
export const defaultTarget = 32 * 1024 * 1024

/** A block of at least this many bytes is a frame of its own; smaller ones share frames of about `groupTarget`. */
export const ownFrame = 64 * 1024
export const groupTarget = 256 * 1024

export interface FinishedPack {
  /** The object; views of the writer's memory. */
  readonly body: ReadonlyArray<Uint8Array>
  readonly ref: PackRef
  readonly contents: PackContents
  readonly trailer: Trailer.Trailer
}

/** Length of one buffer for a whole pack: for a full one less one byte, and the largest block after it. */
export const bufferLength = (target = defaultTarget): number => target + Trailer.maxFrame + sealRoom

/**
 * Fills one pack. `add` copies the block, `finish` ends it; the writer is then used up, and its memory belongs to the
 * finished pack's body until that is uploaded.
 */
export class PackWriter {
  readonly id: string
  private readonly sealing: Sealing
  private readonly parts: Parts
  private readonly target: number
  private readonly more: () => Uint8Array
  /** Slabs that are full, as far as they were filled. */
  private readonly filled: Array<Uint8Array> = []
  /** The slab that is being filled, up to `cursor`. */
  private slab: Uint8Array
  private cursor = 0
  /** The small blocks of the open group. */
  private readonly stage = new Uint8Array(groupTarget + ownFrame)
  private readonly frames: Array<Trailer.FrameEntry> = []
  private readonly lengths: Array<number> = []
  private readonly staged: Array<number> = []
  private hashes = new Uint8Array(32 * 512)
  private stagedHashes = new Uint8Array(32 * 64)
  private size = 0
  private stagedBytes = 0
  private stored = 0
  private raw = 0

  /**
   * `buffer`: at least `bufferLength(target)` bytes; or where to get slabs of any length above 0, as the pack grows. Both
   * may be used again from pack to pack. `salt`: 32 fresh random bytes.
   */
  constructor(options: {
    readonly sealing: Sealing
    readonly id: string
    readonly salt: Uint8Array
    readonly buffer: Uint8Array | (() => Uint8Array)
    readonly target?: number
  }) {
    const { buffer } = options
    this.id = options.id
    this.sealing = options.sealing
    this.target = options.target ?? defaultTarget
    if (typeof buffer === "function") {
      this.more = buffer
      this.slab = buffer()
    } else {
      if (buffer.length < bufferLength(this.target)) throw new RangeError("the buffer is too small for the target")
      this.more = () => new Uint8Array(Trailer.maxFrame)
      this.slab = buffer
    }
    this.parts = new Parts(options.sealing, ObjectKey.pack(options.id), options.salt)
    this.write(this.parts.header)
  }

  /** Number of blocks added. */
  get blocks(): number {
    return this.lengths.length + this.staged.length
  }

  /** Bytes of blocks added. */
  get bytes(): number {
    return this.raw
  }

  /** No block may be added any more. */
  full(): boolean {
    return this.stored + this.stagedBytes >= this.target || this.blocks >= Trailer.maxBlocks
  }

  /** Copies a block of 1 byte to 16 MiB into the pack. `hash`: its SHA-256, verified by the caller. Only while not full. */
  add(hash: Uint8Array, bytes: Uint8Array): void {
    const length = bytes.length
    if (length === 0 || length > Trailer.maxFrame || hash.length !== 32 || this.full()) {
      throw new RangeError("not a block, or the pack is full")
    }
    this.raw += length
    if (length >= ownFrame) {
      this.lengths.push(length)
      this.hashes = append(this.hashes, this.lengths.length, hash)
      this.frame(bytes, 1)
      return
    }
    this.stage.set(bytes, this.stagedBytes)
    this.stagedBytes += length
    this.staged.push(length)
    this.stagedHashes = append(this.stagedHashes, this.staged.length, hash)
    if (this.stagedBytes >= groupTarget) this.closeGroup()
  }

  /** Ends the pack. Only once, and only if it has a block. */
  finish(): FinishedPack {
    if (this.blocks === 0) throw new RangeError("a pack holds at least one block")
    this.closeGroup()
    const hashes = this.hashes.slice(0, this.lengths.length * 32)
    const payload = Trailer.encode(this.frames, this.lengths, hashes)
    const sealed = new Uint8Array(payload.length + this.parts.overhead)
    const count = this.frames.length + 1
    this.parts.sealInto(sealed, 0, count - 1, count, payload)
    const ending = tail(this.parts, count, sealed.length)
    const size = this.size + sealed.length + ending.length
    const end = Buffer.concat([sealed, ending])
    const trailer = Result.getOrThrow(Trailer.parse(this.sealing, this.id, size, end))
    const body = [...this.filled, this.slab.subarray(0, this.cursor), end]
    return { body, ref: trailer.ref, contents: { hashes }, trailer }
  }

  private closeGroup(): void {
    const blocks = this.staged.length
    if (blocks === 0) return
    for (let i = 0; i < blocks; i++) {
      this.lengths.push(this.staged[i]!)
      this.hashes = append(this.hashes, this.lengths.length, this.stagedHashes.subarray(i * 32, i * 32 + 32))
    }
    this.frame(this.stage.subarray(0, this.stagedBytes), blocks)
    this.staged.length = 0
    this.stagedBytes = 0
  }

  private frame(bytes: Uint8Array, blocks: number): void {
    const packed = Codec.looksCompressible(bytes) ? Codec.compress(bytes) : undefined
    const body = packed ?? bytes
    const start = this.size
    if (this.sealing.suite === "plain") this.write(body)
    else this.parts.sealTo(this.copy, this.frames.length, 0, body)
    this.stored += body.length
    const codec = packed === undefined ? Codec.raw : Codec.zstd
    this.frames.push({ blocks, stored: this.size - start, codec })
  }

  private readonly copy = (bytes: Uint8Array): void => this.write(bytes)

  /** Copies the bytes, into the next slabs too if they do not fit into this one. */
  private write(bytes: Uint8Array): void {
    this.size += bytes.length
    let from = 0
    while (from < bytes.length) {
      if (this.cursor === this.slab.length) {
        this.filled.push(this.slab)
        this.slab = this.more()
        this.cursor = 0
      }
      const end = Math.min(bytes.length, from + this.slab.length - this.cursor)
      this.slab.set(bytes.subarray(from, end), this.cursor)
      this.cursor += end - from
      from = end
    }
  }
}

/** A frame's blocks. `bytes`: what lies at the frame's place. Not proved in the plain suite: see `blockOf`. */
export const decodeFrame = (
  trailer: Trailer.Trailer,
  index: number,
  bytes: Uint8Array
): Result.Result<Uint8Array, EnvelopeError> => {
  const frame = trailer.frames[index]!
  if (bytes.length !== frame.stored) return Result.fail(corrupt("a frame was cut"))
  const opened = trailer.sealing.suite === "plain" ? Result.succeed(bytes) : trailer.parts.open(index, 0, bytes)
  if (Result.isFailure(opened) || frame.codec === Codec.raw) return opened
  return Result.mapError(Codec.decompress(opened.success, frame.raw), corrupt)
}

/** The block at its place in the decoded frame, proved by its hash: a view. */
export const blockOf = (
  frame: Uint8Array,
  place: Trailer.Place,
  hash: Uint8Array
): Result.Result<Uint8Array, EnvelopeError> => {
  const block = frame.subarray(place.offset, place.offset + place.length)
  return Buffer.compare(digest("sha256", block, "buffer"), hash) === 0
    ? Result.succeed(block)
    : Result.fail(corrupt("a block does not have its hash"))
}

/** Indexes of the frame's blocks that are not what the trailer says; all if it does not open. `bytes`: what lies at its place. */
export const badBlocks = (trailer: Trailer.Trailer, index: number, bytes: Uint8Array): ReadonlyArray<number> => {
  const { blocks, first } = trailer.frames[index]!
  const frame = decodeFrame(trailer, index, bytes)
  const bad: Array<number> = []
  let offset = 0
  for (let i = first; i < first + blocks; i++) {
    const place = { frame: index, offset, length: trailer.lengths[i]! }
    const hash = trailer.hashes.subarray(i * 32, i * 32 + 32)
    if (Result.isFailure(frame) || Result.isFailure(blockOf(frame.success, place, hash))) bad.push(i)
    offset += place.length
  }
  return bad
}

/** The block index of a whole pack, after every block in it was proved. Needs nothing but the pack. */
export const readAll = (
  sealing: Sealing,
  pack: string,
  bytes: Uint8Array
): Result.Result<Trailer.Trailer, EnvelopeError> => Steps.run(proving(sealing, pack, bytes))

/** The same, one frame a step. */
export function* proving(
  sealing: Sealing,
  pack: string,
  bytes: Uint8Array
): Steps.Steps<Result.Result<Trailer.Trailer, EnvelopeError>> {
  const ending = Trailer.parse(sealing, pack, bytes.length, bytes)
  const parsed = bothEnds(sealing, ObjectKey.pack(pack), bytes, ending)
  if (Result.isFailure(parsed)) return parsed
  const trailer = parsed.success
  for (let index = 0; index < trailer.frames.length; index++) {
    const { blocks, first, start, stored } = trailer.frames[index]!
    const frame = decodeFrame(trailer, index, bytes.subarray(start, start + stored))
    if (Result.isFailure(frame)) return Result.fail(frame.failure)
    let offset = 0
    for (let i = first; i < first + blocks; i++) {
      const place = { frame: index, offset, length: trailer.lengths[i]! }
      const block = blockOf(frame.success, place, trailer.hashes.subarray(i * 32, i * 32 + 32))
      if (Result.isFailure(block)) return Result.fail(block.failure)
      offset += place.length
    }
    yield
  }
  return parsed
}

/** `hashes` with one more as number `count`, grown if it must. */
const append = (hashes: Uint8Array<ArrayBuffer>, count: number, hash: Uint8Array): Uint8Array<ArrayBuffer> => {
  let into = hashes
  if (count * 32 > hashes.length) {
    into = new Uint8Array(hashes.length * 2)
    into.set(hashes)
  }
  into.set(hash, count * 32 - 32)
  return into
}

/** Header, and the seals of at most `maxBlocks` frames. */
const sealRoom = 64 + 16 * Trailer.maxBlocks
