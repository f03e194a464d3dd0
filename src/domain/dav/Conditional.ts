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

/** In the order of RFC 9110 §13.2.2: an entity tag, where given, overrides the date. */
export const evaluate = (headers: Headers, current: Validators): Outcome => {
  if (headers.ifMatch !== undefined) {
    if (!matches(headers.ifMatch, current.etag, "strong")) return "failed"
  } else if (headers.ifUnmodifiedSince !== undefined) {
    const since = HttpDate.parse(headers.ifUnmodifiedSince)
    if (since !== undefined && wholeSeconds(current.modified) > since) return "failed"
  }
  if (headers.ifNoneMatch !== undefined) {
    return matches(headers.ifNoneMatch, current.etag, "weak") ? "not-modified" : "proceed"
  }
  if (headers.ifModifiedSince !== undefined) {
    const since = HttpDate.parse(headers.ifModifiedSince)
    if (since !== undefined && wholeSeconds(current.modified) <= since) return "not-modified"
  }
  return "proceed"
}

/**
 * Whether the Range header still applies. A date in If-Range is never trusted: an archive may hold two versions of a file
 * with the same modification time.
 */
export const rangeApplies = (headers: Headers, current: Validators): boolean =>
  headers.ifRange === undefined || headers.ifRange.trim() === current.etag

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000

const matches = (header: string, etag: string, comparison: "strong" | "weak"): boolean => {
  if (header.trim() === "*") return true
  for (const [, weak, tag] of header.matchAll(/(W\/)?("[^"]*")/g)) {
    if (tag === etag && (comparison === "weak" || weak === undefined)) return true
  }
  return false
}
