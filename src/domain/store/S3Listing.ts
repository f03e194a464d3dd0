/**
 * A page of ListObjectsV2, read and doubted: what it lists is believed only if the document is whole, in order, and says
 * whether more follows. A listing that ends early would be taken for objects that are gone.
 */
import { Result } from "effect"
import * as ObjectName from "../ObjectName.ts"
import type { Verdict } from "./S3Failure.ts"
import * as S3Failure from "./S3Failure.ts"

export interface Page {
  readonly entries: ReadonlyArray<{ readonly key: string; readonly size: number }>
  /** As the reply states it, if it does. */
  readonly count: number | undefined
  readonly truncated: boolean
  /** How it goes on. */
  readonly token: string | undefined
}

/**
 * Reads the document. Not a reader of XML: it takes what S3 writes, elements without attributes in any order, in a
 * twentieth of the time, and refuses everything else.
 */
export const parse = (document: string): Result.Result<Page, Verdict> => {
  if (!/^\ufeff?(<\?xml[^>]*\?>)?\s*<ListBucketResult[\s>]/.test(document)) {
    const code = S3Failure.element(document, "Code")
    const reason = code === undefined ? "an answer that is no listing" : `${code} instead of a listing`
    return Result.fail({ _tag: "Unavailable", reason })
  }
  if (!document.trimEnd().endsWith("</ListBucketResult>")) return Result.fail(cut("ends early"))
  const entries: Array<{ key: string; size: number }> = []
  const head: Array<string> = []
  let at = 0
  while (true) {
    const start = document.indexOf("<Contents>", at)
    head.push(document.slice(at, start < 0 ? undefined : start))
    if (start < 0) break
    const end = document.indexOf("</Contents>", start)
    const key = inside(document, "<Key>", "</Key>", start, end)
    const size = inside(document, "<Size>", "</Size>", start, end)
    if (end < 0 || key === undefined || size === undefined || !/^\d{1,15}$/.test(size)) {
      return Result.fail(cut("has an entry without a name or a size"))
    }
    entries.push({ key: S3Failure.unescape(key), size: Number(size) })
    at = end + 11
  }
  const rest = head.join("")
  const truncated = S3Failure.element(rest, "IsTruncated")
  if (truncated !== "true" && truncated !== "false") return Result.fail(cut("does not say whether it is whole"))
  const count = S3Failure.element(rest, "KeyCount")
  const token = S3Failure.element(rest, "NextContinuationToken")
  return Result.succeed({
    entries,
    count: count === undefined ? undefined : Number(count),
    truncated: truncated === "true",
    token: token === "" ? undefined : token
  })
}

const inside = (text: string, open: string, close: string, from: number, to: number): string | undefined => {
  const start = text.indexOf(open, from)
  const end = text.indexOf(close, start)
  return start < 0 || end < 0 || end > to ? undefined : text.slice(start + open.length, end)
}

/** Why a page of a listing cannot be believed, or undefined. `after`: the last key before it, or where to begin. */
export const problem = (page: Page, prefix: string, after: string | undefined): Verdict | undefined => {
  const { count, entries, token, truncated } = page
  if (truncated && token === undefined) return cut("is cut and does not say how it goes on")
  if (count !== undefined && count !== entries.length) return cut(`states ${count} names and has ${entries.length}`)
  let last: string | undefined
  for (const { key } of entries) {
    if (!key.startsWith(prefix)) return disorder("it lists names that were not asked for")
    if (after !== undefined && ObjectName.compare(after, key) >= 0) {
      return disorder("its listings do not begin after the name they were asked to (start-after)")
    }
    if (last !== undefined && ObjectName.compare(last, key) >= 0) {
      return disorder("it does not list names in the order of their bytes")
    }
    last = key
  }
  return undefined
}

const cut = (what: string): Verdict => ({ _tag: "Unavailable", reason: `a listing ${what}` })

const disorder = (reason: string): Verdict => ({
  _tag: "Refused",
  reason,
  mend: "use a store whose ListObjectsV2 does as Amazon's; directory buckets (S3 Express) and some gateways do not"
})
