/** Sizes as an operator writes them: `500M`, `10G`. */
import { Result } from "effect"

const units: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Bytes of `500M`, `1.5GiB`, `10G`, `0`. Multiples of 1024. */
export const bytes = (text: string): Result.Result<number, string> => {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?) ?([KkMmGgTt]?)(?:i?B)?$/.exec(text) ?? []
  return number === undefined || unit === undefined
    ? Result.fail("it must be bytes, like 500M, 10G or 0")
    : Result.succeed(Math.floor(Number(number) * units[unit.toLowerCase()]!))
}
