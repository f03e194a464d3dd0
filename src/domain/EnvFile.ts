/**
 * The text of an environment file, `KEY=VALUE` a line, as systemd's `EnvironmentFile=` reads it. Problems name the line and
 * never the value: values may be secrets.
 *
 * Two lines that systemd takes in silence are problems here, because they are mistakes more often than not: text after a
 * closing quote, and ` #` after an unquoted value (systemd makes it part of the value; quote the value to mean that).
 */
import { Result } from "effect"

export interface EnvFileProblem {
  /** From 1. */
  readonly line: number
  readonly problem: string
}

const keyPattern = /^[A-Za-z_][A-Za-z0-9_]*$/
const isBlank = (char: string): boolean => char === " " || char === "\t"
/** What a backslash protects between double quotes; before anything else it stands for itself. */
const escapable = "\"\\`$"

/** The variables in order of first appearance; of a key given twice, the last value. */
export const parse = (text: string): Result.Result<ReadonlyMap<string, string>, EnvFileProblem> => {
  const source = (text.startsWith("\uFEFF") ? text.slice(1) : text).replaceAll("\r\n", "\n")
  const variables = new Map<string, string>()
  let at = 0
  let line = 1
  const fail = (problem: string, where = line) => Result.fail({ line: where, problem })

  while (at < source.length) {
    const start = source[at]!
    if (start === "\n") {
      line++
      at++
      continue
    }
    if (isBlank(start)) {
      at++
      continue
    }
    const lineEnd = endOfLine(source, at)
    if (start === "#" || start === ";") {
      at = lineEnd
      continue
    }
    const equals = source.indexOf("=", at)
    if (equals < 0 || equals > lineEnd) return fail("there is no \"=\" in it")
    const key = source.slice(at, equals).trimEnd()
    if (key.startsWith("export ")) return fail("write KEY=VALUE without \"export\"")
    if (!keyPattern.test(key)) return fail("what stands before \"=\" is not a variable's name")
    at = equals + 1
    while (at < source.length && isBlank(source[at]!)) at++

    const quote = source[at]
    const value = quote === "\"" || quote === "'" ? readQuoted(source, at, quote) : readBare(source, at)
    if (typeof value === "string") return fail(value)
    if (value.text.includes("\0")) return fail("it holds a NUL character")
    variables.set(key, value.text)
    for (let i = at; i < value.end; i++) if (source[i] === "\n") line++
    at = value.end
  }
  return Result.succeed(variables)
}

interface Value {
  readonly text: string
  /** Index of the newline that ends it, or the text's length. */
  readonly end: number
}

const endOfLine = (source: string, from: number): number => {
  const found = source.indexOf("\n", from)
  return found < 0 ? source.length : found
}

/** A value between quotes; it may span lines. Answers the problem as text. */
const readQuoted = (source: string, from: number, quote: string): Value | string => {
  let text = ""
  let at = from + 1
  for (;;) {
    const char = source[at]
    if (char === undefined) return `the ${quote} that opens the value is never closed`
    if (char === quote) break
    if (char === "\\" && quote === "\"") {
      const next = source[at + 1] ?? ""
      text += next === "\n" ? "" : escapable.includes(next) ? next : char + next
      at += 2
    } else {
      text += char
      at++
    }
  }
  const end = endOfLine(source, at)
  return source.slice(at + 1, end).trim() === "" ? { text, end } : `there is text after the closing ${quote}`
}

/** A value without quotes, to the end of the line; a backslash protects one character, or continues the line. */
const readBare = (source: string, from: number): Value | string => {
  let text = ""
  /** Length up to which blanks were protected by a backslash. */
  let kept = 0
  let at = from
  while (at < source.length && source[at] !== "\n") {
    const char = source[at]!
    if (char === "\\") {
      const next = source[at + 1] ?? ""
      text += next === "\n" ? "" : next
      kept = text.length
      at += 2
    } else if (char === "#" && at > from && isBlank(source[at - 1]!)) {
      return "a comment needs a line of its own; put the value between quotes if \"#\" belongs to it"
    } else {
      text += char
      at++
    }
  }
  return { text: text.slice(0, kept) + text.slice(kept).trimEnd(), end: Math.min(at, source.length) }
}
