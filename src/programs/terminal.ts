/**
 * A block of lines that stays at the bottom of a terminal while log lines scroll above it; and questions. Writes to stderr
 * only.
 */
import { Effect } from "effect"
import process from "node:process"

export interface Live {
  /** Prints a line above the block. */
  readonly log: (line: string) => void
  /** Replaces the block. */
  readonly show: (lines: ReadonlyArray<string>) => void
  /** Removes the block. */
  readonly clear: () => void
  readonly columns: () => number
}

export const make = (
  stream: { readonly columns?: number; readonly write: (text: string) => unknown } = process.stderr
): Live => {
  let shown: ReadonlyArray<string> = []
  const erase = () => (shown.length === 0 ? "" : `\u001B[${shown.length}A\u001B[0J`)
  const draw = () => shown.map((line) => `${line}\n`).join("")
  return {
    log: (line) => void stream.write(`${erase()}${line}\n${draw()}`),
    show: (lines) => {
      if (lines.join("\n") === shown.join("\n")) return
      const before = erase()
      shown = lines
      stream.write(before + draw())
    },
    clear: () => {
      const before = erase()
      shown = []
      if (before !== "") stream.write(before)
    },
    // A terminal of unknown size says 0.
    columns: () => stream.columns || 80
  }
}

/** True if a person is likely to be watching. */
export const watched = (): boolean => process.stderr.isTTY

interface Keyboard {
  readonly isTTY?: boolean
  readonly setRawMode?: (raw: boolean) => unknown
  readonly on: (event: "data" | "end", listener: (chunk: Buffer) => void) => unknown
  readonly off: (event: "data" | "end", listener: (chunk: Buffer) => void) => unknown
  readonly unshift: (chunk: Buffer) => void
  readonly resume: () => unknown
  readonly pause: () => unknown
}

export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** One line that is not shown while it is typed. Interrupted by Ctrl-C, Ctrl-D and the end of input. */
export const ask = (
  question: string,
  keyboard: Keyboard = process.stdin,
  screen: { readonly write: (text: string) => unknown } = process.stderr
): Effect.Effect<string> =>
  Effect.callback((resume) => {
    let typed: ReadonlyArray<string> = []
    let asking = true
    const close = () => {
      if (!asking) return
      asking = false
      keyboard.off("data", onData)
      keyboard.off("end", onEnd)
      keyboard.setRawMode?.(false)
      keyboard.pause()
      screen.write("\n")
    }
    const done = (answer: Effect.Effect<string>) => {
      close()
      resume(answer)
    }
    const onEnd = () => done(Effect.interrupt)
    const onData = (chunk: Buffer) => {
      const keys = Array.from(chunk.toString("utf8"))
      for (const [at, key] of keys.entries()) {
        if (key === "\r" || key === "\n") {
          done(Effect.succeed(typed.join("")))
          // What was typed ahead is the next answer.
          if (at + 1 < keys.length) keyboard.unshift(Buffer.from(keys.slice(at + 1).join("")))
          return
        }
        if (key === "\u0003" || key === "\u0004") return done(Effect.interrupt)
        if (key === "\u007F" || key === "\b") typed = typed.slice(0, -1)
        else if (key === "\u0015") typed = []
        else if (key >= " ") typed = [...typed, key]
      }
    }
    // Before the question: who is quick would see the answer.
    keyboard.setRawMode?.(true)
    screen.write(question)
    keyboard.on("data", onData)
    keyboard.on("end", onEnd)
    keyboard.resume()
    return Effect.sync(close)
  })
