/** The conditional headers of a GET, HEAD or PROPFIND (RFC 9110 §13). Our entity tags are strong: they name the content. */
import * as HttpDate from "./HttpDate.ts"

/** What a client may be holding already. Header values as received. */
export interface Headers {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
  readonly ifUnmodifiedSince: string | undefined
  readonly ifRange: string | undefined
}

/** What we would send. `etag` with its quotes; `modified` Unix milliseconds. */
export interface Validators {
  readonly etag: string
  readonly modified: number
}

export type Outcome = "proceed" | "not-modified" | "failed"

/**
 * In the order of RFC 9110 §13.2.2: an entity tag, where given, overrides the date. A date stands for the content that was
 * sent with it, and for no other: an older file that is put back keeps its older date (`cp -p`), and who holds the newer one
 * would be told that it still has the right one. §13.1.3 speaks of servers that honor only exact matches, for dates that go
 * back in time when something is restored from a backup. §13.1.4 does not, but its condition too is to be true of what the
 * client holds.
 */
export const evaluate = (headers: Headers, current: Validators): Outcome => {
  if (headers.ifMatch !== undefined) {
    if (!matches(headers.ifMatch, current.etag, "strong")) return "failed"
  } else if (headers.ifUnmodifiedSince !== undefined && isOther(headers.ifUnmodifiedSince, current)) return "failed"
  if (headers.ifNoneMatch !== undefined) {
    return matches(headers.ifNoneMatch, current.etag, "weak") ? "not-modified" : "proceed"
  }
  const since = headers.ifModifiedSince
  return since !== undefined && isSame(since, current) ? "not-modified" : "proceed"
}

/**
 * Whether the Range header still applies. A date in If-Range is never trusted: an archive may hold two versions of a file
 * with the same modification time.
 */
export const rangeApplies = (headers: Headers, current: Validators): boolean =>
  headers.ifRange === undefined || headers.ifRange.trim() === current.etag

/** Neither is true of what is no date: it is passed over. */
const isSame = (date: string, { modified }: Validators): boolean => HttpDate.parse(date) === asSent(modified)
const isOther = (date: string, current: Validators): boolean =>
  HttpDate.parse(date) !== undefined && !isSame(date, current)

/** As the client has it from us: whole seconds, of a year that fits. */
const asSent = (ms: number): number | undefined => HttpDate.parse(HttpDate.format(ms))

const matches = (header: string, etag: string, comparison: "strong" | "weak"): boolean => {
  if (header.trim() === "*") return true
  for (const [, weak, tag] of header.matchAll(/(W\/)?("[^"]*")/g)) {
    if (tag === etag && (comparison === "weak" || weak === undefined)) return true
  }
  return false
}
