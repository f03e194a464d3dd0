/**
 * How a pack is read: what is kept and let go together, what is fetched together, and who is worth fetching ahead for.
 * Chunks follow each other without gaps and never cut a frame.
 */
import type * as Result from "effect/Result"
import * as Codec from "./Codec.ts"
import type { EnvelopeError } from "./Envelope.ts"
import * as Pack from "./Pack.ts"
import type { Trailer } from "./Trailer.ts"

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** What suits a store. All but `gets` in bytes. */
export interface Policy {
  /** A chunk, unless a frame is larger. */
  readonly chunk: number
  /** Most that one request fetches, unless a chunk is larger. */
  readonly window: number
  /** Fetched for nothing if that saves a request: what lies between wanted chunks, and around one while there is room. */
  readonly spare: number
  /** Requests to the store at a time. */
  readonly gets: number
}

/** `readAhead`: the store's latency × throughput. */
export const policyOf = (readAhead: number): Policy => ({
  chunk: clamp(readAhead, 256 * kibibyte, mebibyte),
  window: clamp(readAhead * 4, mebibyte, 8 * mebibyte),
  spare: clamp(readAhead, 0, 8 * mebibyte),
  // Where a request takes long, time is won by having several on their way; on a disk they only fight for it.
  gets: readAhead > mebibyte ? 12 : 4
})

export interface Chunk {
  /** Frames `[first, end)`. */
  readonly first: number
  readonly end: number
  /** Bytes of the object, `[start, stop)`. */
  readonly start: number
  readonly stop: number
}

export interface Plan {
  readonly trailer: Trailer
  readonly chunks: ReadonlyArray<Chunk>
  /** The chunk of each frame. */
  readonly chunkOf: Uint16Array
  /** About how many bytes this and the trailer take in memory. */
  readonly cost: number
}

/** Cuts a pack into chunks of about `size` bytes, as stored and as decoded. */
export const plan = (trailer: Trailer, size: number): Plan => {
  const { frames } = trailer
  const chunks: Array<Chunk> = []
  const chunkOf = new Uint16Array(frames.length)
  let first = 0
  while (first < frames.length) {
    let end = first
    let stored = 0
    let raw = 0
    while (end < frames.length) {
      const frame = frames[end]!
      if (end > first && (stored + frame.stored > size || raw + frame.raw > size * 2)) break
      stored += frame.stored
      raw += frame.raw
      chunkOf[end] = chunks.length
      end++
    }
    const start = frames[first]!.start
    chunks.push({ first, end, start, stop: start + stored })
    first = end
  }
  const cost = trailer.length + trailer.lengths.length * 24 + frames.length * 160
  return { trailer, chunks, chunkOf, cost }
}

/** What is known of a chunk besides its place. */
export interface Around {
  /** Neither here nor on its way. */
  readonly missing: (chunk: number) => boolean
  /** Missing, and somebody waits for it. */
  readonly wanted: (chunk: number) => boolean
}

/**
 * The chunks `[first, end)` of one request, of which `at` is one: all wanted ones that lie near, and up to `extra` bytes that
 * nobody waits for yet after them. None that is not missing.
 */
export const span = (
  chunks: ReadonlyArray<Chunk>,
  at: number,
  around: Around,
  { extra, spare, window }: Pick<Policy, "window" | "spare"> & { readonly extra: number }
): readonly [first: number, end: number] => {
  let first = at
  let end = at + 1
  const bytes = (from: number, to: number) => chunks[to - 1]!.stop - chunks[from]!.start
  for (let next = end; next < chunks.length && around.missing(next) && bytes(first, next + 1) <= window; next++) {
    if (next > end && bytes(end, next) > spare) break
    if (around.wanted(next)) end = next + 1
  }
  for (let next = first - 1; next >= 0 && around.missing(next) && bytes(next, end) <= window; next--) {
    if (next < first - 1 && bytes(next + 1, first) > spare) break
    if (around.wanted(next)) first = next
  }
  const most = Math.min(extra, window)
  while (end < chunks.length && around.missing(end) && bytes(first, end + 1) <= most) end++
  return [first, end]
}

/**
 * The first missing chunk within `ahead` bytes after the one at `at`, or undefined: what to fetch next for a reader that goes
 * on and on.
 */
export const nextMissing = (
  chunks: ReadonlyArray<Chunk>,
  at: number,
  missing: Around["missing"],
  ahead: number
): number | undefined => {
  const limit = chunks[at]!.stop + ahead
  for (let next = at + 1; next < chunks.length && chunks[next]!.start < limit; next++) if (missing(next)) return next
  return undefined
}

/** Readers of one pack that are told apart. */
const heads = 4
/** Frames by which requests may overtake each other, or leave some out, and still be of one reader. */
const stride = 4
/** What a step forward earns, up to the most; what a request from elsewhere costs; from where on a reader is sequential. */
const earned = 4
const most = 16
const enough = 3 * earned

/** Who reads a pack in order. A few random readers do not disturb those who do, and many are not taken for one. */
export class Followed {
  /** The last to move first. */
  private readonly at: Array<{ frame: number; credit: number }> = []

  /** Takes note that the frame was asked for: whether this was a step forward of a sequential reader. */
  step(frame: number): boolean {
    const index = this.at.findIndex((head) => Math.abs(frame - head.frame) <= stride)
    const head = this.at[index]
    if (head === undefined) {
      for (const other of this.at) other.credit--
      if (this.at.length === heads) this.at.splice(this.poorest(), 1)
      this.at.unshift({ frame, credit: 0 })
      return false
    }
    if (frame <= head.frame) return false
    head.frame = frame
    head.credit = Math.min(most, Math.max(0, head.credit) + earned)
    this.at.splice(index, 1)
    this.at.unshift(head)
    return head.credit >= enough
  }

  /** Whether a sequential reader is at the frame. */
  isSequential(frame: number): boolean {
    return this.at.some((head) => head.credit >= enough && Math.abs(frame - head.frame) <= stride)
  }

  private poorest(): number {
    let found = 0
    for (let i = 1; i < this.at.length; i++) if (this.at[i]!.credit <= this.at[found]!.credit) found = i
    return found
  }
}

/** Whether the decoded frame is a view of the stored bytes. */
export const isView = (trailer: Trailer, frame: number): boolean =>
  trailer.sealing.suite === "plain" && trailer.frames[frame]!.codec === Codec.raw

/** Chunks `[first, end)` of a pack. */
export interface Stretch {
  readonly pack: Pick<Plan, "trailer" | "chunks">
  readonly first: number
  readonly end: number
}

/** Their frames, `[from, to)`. */
export const framesOf = ({ end, first, pack }: Stretch): readonly [from: number, to: number] => [
  pack.chunks[first]!.first,
  pack.chunks[end - 1]!.end
]

/** Whether decoded frames are views of what was stored. */
export const hasViews = (stretch: Stretch): boolean => {
  const [from, to] = framesOf(stretch)
  for (let frame = from; frame < to; frame++) if (isView(stretch.pack.trailer, frame)) return true
  return false
}

/** Bytes of the decoded frames that are not. */
export const decodedBytes = (stretch: Stretch): number => {
  const { trailer } = stretch.pack
  const [from, to] = framesOf(stretch)
  let bytes = 0
  for (let frame = from; frame < to; frame++) if (!isView(trailer, frame)) bytes += trailer.frames[frame]!.raw
  return bytes
}

/** The decoded frame at `index`. `bytes`: what lies at `start` in the object. */
export const decodeFrame = (
  trailer: Trailer,
  start: number,
  bytes: Uint8Array,
  index: number
): Result.Result<Uint8Array, EnvelopeError> => {
  const frame = trailer.frames[index]!
  const at = frame.start - start
  return Pack.decodeFrame(trailer, index, bytes.subarray(at, at + frame.stored))
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
