/** Lengths of time as an operator writes them and reads them back: `10m`, `1h`, `1d12h`, `2w`. Milliseconds. */
import { Result } from "effect"

const units: ReadonlyArray<readonly [string, number]> = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000]
]

const words: Readonly<Record<string, string>> = {
  sec: "s",
  second: "s",
  min: "m",
  minute: "m",
  hour: "h",
  day: "d",
  week: "w"
}

/** More is nothing anybody means: a hundred years. */
const longest = 3_155_760_000_000

/** The failure says what is wrong with the text, not which text it is. */
export const parse = (text: string): Result.Result<number, string> => {
  const parts = text.trim().toLowerCase().matchAll(/(\d+(?:\.\d+)?) *([a-z]+) */gy)
  let sum = 0
  let read = 0
  for (const [part, number, word = ""] of parts) {
    const singular = word.length > 1 ? word.replace(/s$/, "") : word
    const size = units.find(([unit]) => unit === (words[singular] ?? singular))?.[1]
    if (size === undefined) {
      return Result.fail(
        /^(mo|month|y|yr|year)$/.test(singular)
          ? "months and years differ in length; give weeks or days, like 4w or 365d"
          : example
      )
    }
    sum += Number(number) * size
    read += part.length
  }
  if (read === 0 || read !== text.trim().length) return Result.fail(example)
  if (sum > longest) return Result.fail("it is longer than a hundred years")
  return Result.succeed(Math.round(sum))
}

const example = "it must be a length of time like 10m, 1h, 1d12h or 2w"

/** Without loss down to a second: `1h`, `36h`, `2d`, `1w`, `1d1h5m`. */
export const format = (milliseconds: number): string => {
  for (const [unit, size] of units) {
    const count = milliseconds / size
    if (count >= 1 && count < 100 && Number.isInteger(count)) return `${count}${unit}`
  }
  let rest = milliseconds
  let text = ""
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text === "" ? "0s" : text
}
