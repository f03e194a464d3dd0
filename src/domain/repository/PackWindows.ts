/**
 * How a pack is read: neighbouring frames in one range, so that a request is worth its latency. Windows follow each other
 * without gaps and never cut a frame.
 */
import type * as Result from "effect/Result"
import * as Codec from "./Codec.ts"
import type { EnvelopeError } from "./Envelope.ts"
import * as Pack from "./Pack.ts"
import type { Trailer } from "./Trailer.ts"

export interface PackWindow {
  /** Frames `[first, end)`. */
  readonly first: number
  readonly end: number
  /** Bytes of the object, `[start, stop)`. */
  readonly start: number
  readonly stop: number
  /** Bytes in memory once decoded. */
  readonly cost: number
}

export interface PackWindows {
  readonly trailer: Trailer
  readonly windows: ReadonlyArray<PackWindow>
  /** The window of each frame. */
  readonly windowOf: Uint16Array
  /** About how many bytes this and the trailer take. */
  readonly cost: number
}

/** Cuts a pack into windows of about `size` bytes, as stored and as decoded. */
export const plan = (trailer: Trailer, size: number): PackWindows => {
  const { frames } = trailer
  const windows: Array<PackWindow> = []
  const windowOf = new Uint16Array(frames.length)
  let first = 0
  while (first < frames.length) {
    let end = first
    let stored = 0
    let raw = 0
    let decoded = 0
    while (end < frames.length) {
      const frame = frames[end]!
      if (end > first && (stored + frame.stored > size || raw + frame.raw > size * 2)) break
      stored += frame.stored
      raw += frame.raw
      if (!isView(trailer, end)) decoded += frame.raw
      windowOf[end] = windows.length
      end++
    }
    const start = frames[first]!.start
    windows.push({ first, end, start, stop: start + stored, cost: decoded === raw ? raw : stored + decoded })
    first = end
  }
  const cost = trailer.length + trailer.lengths.length * 24 + frames.length * 96
  return { trailer, windows, windowOf, cost }
}

/** Whether the decoded frame is a view of the stored bytes. */
const isView = (trailer: Trailer, frame: number): boolean =>
  trailer.sealing.suite === "plain" && trailer.frames[frame]!.codec === Codec.raw

/** The decoded frame at `index`. `bytes`: what lies at the window's place. */
export const decodeFrame = (
  trailer: Trailer,
  window: PackWindow,
  bytes: Uint8Array,
  index: number
): Result.Result<Uint8Array, EnvelopeError> => {
  const frame = trailer.frames[index]!
  const at = frame.start - window.start
  return Pack.decodeFrame(trailer, index, bytes.subarray(at, at + frame.stored))
}
