/**
 * Unix milliseconds as the dates of HTTP (RFC 9110 §5.6.7), of XML (RFC 3339) and of our directory names. Always UTC;
 * HTTP dates carry whole seconds, so a comparison with one must round the other side down first.
 */

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
const longDays = new Set(["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"])
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const dayMs = 86_400_000
/** 9999-12-31T23:59:59Z: the last moment that fits the four-digit years of all three formats. */
const latest = 253_402_300_799_000
/** 0001-01-01T00:00:00Z */
const earliest = -62_135_596_800_000

interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly weekday: number
}

const pad = (n: number, width = 2): string => String(n).padStart(width, "0")

/** Days since 1970-01-01 to a date of the proleptic Gregorian calendar, and back (both exact for all our years). */
const civil = (ms: number): Civil => {
  const clamped = Math.min(Math.max(ms, earliest), latest)
  const day = Math.floor(clamped / dayMs)
  const second = Math.floor((clamped - day * dayMs) / 1000)
  const z = day + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
    hour: Math.floor(second / 3600),
    minute: Math.floor(second / 60) % 60,
    second: second % 60,
    weekday: (((day + 4) % 7) + 7) % 7
  }
}

const fromCivil = (year: number, month: number, day: number, second: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * dayMs + second * 1000
}

/** `Sun, 22 Nov 2026 11:06:00 GMT` */
export const format = (ms: number): string => {
  const c = civil(ms)
  return `${days[c.weekday]}, ${pad(c.day)} ${months[c.month - 1]} ${pad(c.year, 4)} ${pad(c.hour)}:${pad(c.minute)}:${
    pad(c.second)
  } GMT`
}

/** `2026-11-22T11:06:00Z` */
export const formatIso = (ms: number): string => {
  const c = civil(ms)
  return `${pad(c.year, 4)}-${pad(c.month)}-${pad(c.day)}T${pad(c.hour)}:${pad(c.minute)}:${pad(c.second)}Z`
}

/** `2026-11-22T11-06-00Z`: sorts by time, and is a file name everywhere. */
export const formatName = (ms: number): string => formatIso(ms).replaceAll(":", "-")

/** `2026-11-22 11:06:00 UTC`, for people. */
export const formatReadable = (ms: number): string => formatIso(ms).replace("T", " ").replace("Z", " UTC")

const imfDate = /^(\w{3}), (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/
const rfc850Date = /^(\w{6,9}), (\d{2})-(\w{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/
const ascTimeDate = /^(\w{3}) (\w{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/

/** Unix milliseconds of any of the three HTTP date formats; undefined if it is none of them. */
export const parse = (text: string): number | undefined => {
  const imf = imfDate.exec(text)
  if (imf !== null && days.includes(imf[1]!)) {
    return moment(imf[4]!, imf[3]!, imf[2]!, imf[5]!, imf[6]!, imf[7]!)
  }
  const rfc850 = rfc850Date.exec(text)
  if (rfc850 !== null && longDays.has(rfc850[1]!)) {
    const year = Number(rfc850[4]!)
    return moment(
      String(year < 70 ? 2000 + year : 1900 + year),
      rfc850[3]!,
      rfc850[2]!,
      rfc850[5]!,
      rfc850[6]!,
      rfc850[7]!
    )
  }
  const ascTime = ascTimeDate.exec(text)
  return ascTime !== null && days.includes(ascTime[1]!)
    ? moment(ascTime[7]!, ascTime[2]!, ascTime[3]!, ascTime[4]!, ascTime[5]!, ascTime[6]!)
    : undefined
}

const moment = (
  year: string,
  monthName: string,
  day: string,
  hour: string,
  minute: string,
  second: string
): number | undefined => {
  const month = months.indexOf(monthName) + 1
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)]
  if (month === 0 || d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return undefined
  return fromCivil(Number(year), month, d, h * 3600 + m * 60 + s)
}
