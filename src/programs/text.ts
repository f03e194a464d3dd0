/** Numbers, times and tables as people read them. Sizes are binary (KiB = 1024 B), times are UTC. */
import { DateTime } from "effect"
import * as CliOutput from "effect/cli/CliOutput"
import * as Meter from "../domain/store/Meter.ts"

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

/** `1.5 MiB`; whole bytes below 1 KiB. */
export const bytes = (count: number): string => {
  let value = count
  let unit = 0
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${count} B` : `${value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]!}`
}

/** `$0.05`, `$12.30`, `$1,234`; less than half a cent is `$0.00`. */
export const dollars = (amount: number): string => `$${amount < 1000 ? amount.toFixed(2) : count(Math.round(amount))}`

/** `12,345` */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",")

/** `1 file`, `2 files`; the plural may be given. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** `850 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`, from milliseconds. */
export const duration = (milliseconds: number): string => {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  const pairs: ReadonlyArray<readonly [number, string, number, string]> = [
    [86_400, "d", 3600, "h"],
    [3600, "h", 60, "min"],
    [60, "min", 1, "s"]
  ]
  const [big, bigName, small, smallName] = pairs.find(([size]) => seconds >= size)!
  const rest = Math.floor((seconds % big) / small)
  return `${Math.floor(seconds / big)} ${bigName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`
}

/** ISO 8601 in UTC, to the second: `2026-01-31T10:00:00Z`, from Unix milliseconds. */
export const time = (milliseconds: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(milliseconds)).replace(/\.\d+Z$/, "Z")

/** `just now`, `5 min ago`; a moment in the future (clocks differ) is `just now` too. */
export const ago = (then: number, now: number): string =>
  now - then < 2000 ? "just now" : `${duration(Math.round((now - then) / 1000) * 1000).replace(/\.\d/, "")} ago`

/** What the redirects hold up: nothing, while there is room. */
export const redirects = (
  { count: size, most, mostForSmall }: { readonly count: number; readonly most: number; readonly mostForSmall: number }
): string | undefined =>
  size < mostForSmall
    ? undefined
    : `${count(size)} replaced packs are named by records still, of ${count(most)} at most: ${
      size < most ? "small packs are not put together" : "no pack is rewritten"
    } until fewer are`

/** Columns two spaces apart; those whose heading begins with `>` are set to the right. No trailing blanks. */
export const table = (headings: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const lines = [headings.map((heading) => heading.replace(/^>/, "")), ...rows]
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => CliOutput.displayWidth(line[column] ?? "")))
  )
  return lines.map((line) =>
    line.map((cell, column) => {
      const padding = " ".repeat(widths[column]! - CliOutput.displayWidth(cell))
      return headings[column]!.startsWith(">") ? padding + cell : cell + padding
    }).join("  ").trimEnd()
  ).join("\n")
}

/** Control characters (names come from peers and disks) are shown, never sent to a terminal. */
export const printable = (text: string): string =>
  text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001F\u007F-\u009F]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`
  )

/** Printable, at most `width` terminal cells. */
export const cut = (text: string, width: number): string => {
  const safe = printable(text)
  if (CliOutput.displayWidth(safe) <= width) return safe
  let out = ""
  for (const char of safe) {
    if (CliOutput.displayWidth(out + char) > width - 1) break
    out += char
  }
  return `${out}…`
}

/** What a store was asked, for the annotations of a log line: `put=12 get=3 list=1 delete=0 sent="1.5 MiB" …`. */
export const requests = (totals: Meter.Totals): Readonly<Record<string, string | number>> => {
  const { delete: deleted, get, list, now, put } = Meter.byOperation(totals)
  const failed = put.failures + get.failures + list.failures + deleted.failures + now.failures
  return {
    put: put.requests,
    get: get.requests,
    list: list.requests,
    delete: deleted.requests,
    ...(failed > 0 ? { failed } : {}),
    sent: bytes(put.bytes),
    received: bytes(get.bytes)
  }
}
