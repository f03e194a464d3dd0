/**
 * Requests of the JSON API of Google Cloud Storage, and its replies: paths, the two parts of an upload, pages of a listing.
 * An object is one upload with `ifGenerationMatch=0`: that is what creates only if absent.
 */
import { Option, Result, Schema } from "effect"

export const defaultEndpoint = "https://storage.googleapis.com"

const segment = encodeURIComponent

/** `project`: who pays. */
const query = (project: string | undefined, more: Readonly<Record<string, string | undefined>>): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...more, userProject: project })) {
    if (value !== undefined) search.set(name, value)
  }
  const text = search.toString()
  return text === "" ? "" : `?${text}`
}

export const objectPath = (bucket: string, name: string, project: string | undefined, media: boolean): string =>
  `/storage/v1/b/${segment(bucket)}/o/${segment(name)}${query(project, media ? { alt: "media" } : { fields: "name" })}`

export const uploadPath = (bucket: string, project: string | undefined): string =>
  `/upload/storage/v1/b/${segment(bucket)}/o${
    query(project, { uploadType: "multipart", ifGenerationMatch: "0", fields: "name" })
  }`

/** `from` itself is part of what is listed. */
export const listPath = (
  bucket: string,
  project: string | undefined,
  options: { readonly prefix: string; readonly from: string | undefined; readonly page: string | undefined }
): string =>
  `/storage/v1/b/${segment(bucket)}/o${
    query(project, {
      prefix: options.prefix === "" ? undefined : options.prefix,
      startOffset: options.from,
      pageToken: options.page,
      maxResults: "1000",
      fields: "items(name,size),nextPageToken"
    })
  }`

export const contentType = "application/octet-stream"

/** What stands before and after the bytes of an upload (RFC 2387). `boundary`: random, so that no body holds it. */
export const envelope = (
  boundary: string,
  name: string,
  storageClass: string | undefined
): { readonly type: string; readonly before: Uint8Array; readonly after: Uint8Array } => {
  const metadata = JSON.stringify({ name, contentType, ...(storageClass === undefined ? {} : { storageClass }) })
  return {
    type: `multipart/related; boundary=${boundary}`,
    before: Buffer.from(
      `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${metadata}\r\n` +
        `--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`
    ),
    after: Buffer.from(`\r\n--${boundary}--\r\n`)
  }
}

const Page = Schema.fromJsonString(Schema.Struct({
  items: Schema.optionalKey(Schema.Array(Schema.Struct({
    name: Schema.String,
    size: Schema.String.check(Schema.isPattern(/^\d{1,15}$/))
  }))),
  nextPageToken: Schema.optionalKey(Schema.String)
}))

export interface Page {
  /** Whole names, in order. */
  readonly items: ReadonlyArray<{ readonly name: string; readonly size: number }>
  readonly next: Option.Option<string>
}

/** Undefined for what is no page. */
export const parsePage = (text: string): Page | undefined => {
  const page = Result.getOrUndefined(Schema.decodeResult(Page)(text))
  return page === undefined ? undefined : {
    items: (page.items ?? []).map(({ name, size }) => ({ name, size: Number(size) })),
    next: Option.fromUndefinedOr(page.nextPageToken)
  }
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
  const [, first, last] = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/.exec(contentRange ?? "") ?? []
  if (status !== 206 || range === undefined || Number(first) !== range.start) return undefined
  if (Number(last) - Number(first) + 1 !== bytes.length || Number(last) >= Math.max(range.end, range.start + 1)) {
    return undefined
  }
  return bytes.subarray(0, range.end - range.start)
}

/** Milliseconds without a byte moving after which a request is given up. */
export const silence = 60_000
/** Milliseconds after which one that moves so many bytes is given up even if some move: 16 KiB/s are too slow. */
export const longest = (size: number): number => 120_000 + Math.ceil(size / 16)
