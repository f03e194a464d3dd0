/** Rates and times as an operator writes them: `2M` bytes a second, `10` requests a second, `15m`. */
import { Result } from "effect"

const units: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes a second: `500K`, `2M`, `1.5MiB/s`, `800000`. Multiples of 1024. */
export const bytes = (text: string): Result.Result<number, string> => {
  // Bits are not offered: a link of 16 Mbit/s is 2M.
  if (/bit|bps|b(\/s)?$/.test(text)) {
    return Result.fail("bits are not offered; 16 Mbit/s are 2M (bytes a second)")
  }
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([KkMmGg]?)(?:i?B)?(?:\/s)?$/.exec(text) ?? []
  if (number === undefined || unit === undefined) {
    return Result.fail("it must be bytes a second, like 500K, 2M or 1.5M")
  }
  const value = Number(number) * units[unit.toLowerCase()]!
  return value < 1024
    ? Result.fail("it must be 1K (1024 bytes a second) or more; leave it out for no limit")
    : Result.succeed(value)
}

/** Requests a second: `10`, `0.5`. */
export const requests = (text: string): Result.Result<number, string> => {
  const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  return value >= 0.01
    ? Result.succeed(value)
    : Result.fail("it must be requests a second, like 10 or 0.5; leave it out for no limit")
}

const times: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `30s`, `15m`, `2h`, `0`. */
export const time = (text: string): Result.Result<number, string> => {
  if (text === "0") return Result.succeed(0)
  const [, number, unit] = /^(\d{1,6}) ?([smh])$/.exec(text) ?? []
  return number === undefined || unit === undefined
    ? Result.fail("it must be a time like 30s, 15m or 2h, or 0")
    : Result.succeed(Number(number) * times[unit]!)
}
