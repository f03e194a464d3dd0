/**
 * What is taken of the replies of Google Cloud Storage. A reply that is not surely what was asked
 * for is none: whoever gets `undefined` here knows nothing.
 */
import { Option, Result, Schema } from "effect"
import * as ContentRange from "./ContentRange.ts"

const PageJson = Schema.Struct({
  items: Schema.optionalKey(Schema.Array(Schema.Struct({
    name: Schema.String,
    size: Schema.String.check(Schema.isPattern(/^\d{1,15}$/))
  }))),
  nextPageToken: Schema.optionalKey(Schema.String)
})

export interface Page {
  /** Whole names, in order. */
  readonly items: ReadonlyArray<{ readonly name: string; readonly size: number }>
  readonly next: Option.Option<string>
}

/** Undefined for what is no page. */
export const parsePage = (json: unknown): Page | undefined => {
  const page = Result.getOrUndefined(Schema.decodeUnknownResult(PageJson)(json))
  return page === undefined ? undefined : {
    items: (page.items ?? []).map(({ name, size }) => ({ name, size: Number(size) })),
    next: Option.fromUndefinedOr(page.nextPageToken)
  }
}

const CreatedJson = Schema.Struct({ name: Schema.String, size: Schema.String })

/** Whether an upload's reply says that this object, with all of its bytes, is there now. */
export const isCreated = (json: unknown, name: string, size: number): boolean => {
  const found = Result.getOrUndefined(Schema.decodeUnknownResult(CreatedJson)(json))
  return found !== undefined && found.name === name && found.size === String(size)
}

/**
 * The bytes that were asked for, out of a reply to a GET (RFC 9110 §14); undefined if it cannot be them. 200 is the whole
 * object, whatever was asked for.
 */
export const ranged = (
  status: number,
  contentRange: string | undefined,
  range: { readonly start: number; readonly end: number } | undefined,
  bytes: Uint8Array
): Uint8Array | undefined => {
  if (status === 200) return range === undefined ? bytes : bytes.subarray(range.start, range.end)
  if (range === undefined) return undefined
  // An empty range is asked for as one byte.
  const asked = { start: range.start, end: Math.max(range.end, range.start + 1) }
  return ContentRange.problem(status, contentRange, asked, bytes.length) === undefined
    ? bytes.subarray(0, range.end - range.start)
    : undefined
}
