/**
 * Many requests at a time on one open file: the next one goes out as soon as one is answered. `done` is called once; after a
 * failure nothing more is sent, and what was sent may still be answered into the buffer.
 */
import type { Piece } from "./SftpBody.ts"

/** Stops sending; `done` will not be called any more. */
export type Stop = () => void

/** Sends every piece, `depth` of them unanswered at most. */
export const writing = <E>(
  next: () => Piece | undefined,
  depth: number,
  send: (piece: Piece, reply: (error: E | undefined) => void) => void,
  done: (error: E | undefined) => void
): Stop => {
  let open = 0
  let over = false
  const end = (error: E | undefined) => {
    if (over) return
    over = true
    done(error)
  }
  const pump = () => {
    for (;;) {
      if (over || open >= depth) return
      const piece = next()
      if (piece === undefined) {
        if (open === 0) end(undefined)
        return
      }
      open++
      send(piece, (error) => {
        open--
        if (error === undefined) pump()
        else end(error)
      })
    }
  }
  pump()
  return () => {
    over = true
  }
}

/** A wish for bytes: `[at, at + length)` of what is read. */
export interface Want {
  readonly at: number
  readonly length: number
}

/**
 * Reads `length` bytes in wants of up to `size`. A reply says how many bytes came, 0 at the file's end; fewer than wanted are
 * asked for again. `done` gets how many bytes there are before the file's end.
 */
export const reading = <E>(
  length: number,
  size: number,
  depth: number,
  send: (want: Want, reply: (error: E | undefined, count: number) => void) => void,
  done: (error: E | undefined, filled: number) => void
): Stop => {
  let open = 0
  let over = false
  let next = 0
  let end = length
  const again: Array<Want> = []
  const finish = (error: E | undefined) => {
    if (over) return
    over = true
    done(error, end)
  }
  const take = (): Want | undefined => {
    const left = again.pop()
    if (left !== undefined) return left
    if (next >= end) return undefined
    const want = { at: next, length: Math.min(size, end - next) }
    next += want.length
    return want
  }
  const pump = () => {
    for (;;) {
      if (over || open >= depth) return
      const want = take()
      if (want === undefined) {
        if (open === 0) finish(undefined)
        return
      }
      open++
      send(want, (error, count) => {
        open--
        if (error !== undefined) return finish(error)
        if (count <= 0) end = Math.min(end, want.at)
        else if (count < want.length) again.push({ at: want.at + count, length: want.length - count })
        pump()
      })
    }
  }
  pump()
  return () => {
    over = true
  }
}
