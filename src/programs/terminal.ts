/** A block of lines that stays at the bottom of a terminal while log lines scroll above it. Writes to stderr only. */
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
