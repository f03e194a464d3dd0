/**
 * A directory as a page for people: one document, no script, nothing fetched from anywhere. All text is escaped; the style
 * is allowed by its hash, so nothing that a name smuggles in can run or load.
 */
import { hash } from "node:crypto"
import * as DavPath from "./DavPath.ts"
import * as HttpDate from "./HttpDate.ts"
import { escape } from "./Multistatus.ts"

export interface Row {
  readonly name: string
  /** Percent-encoded, absolute; undefined where there is nothing to open. */
  readonly href: string | undefined
  readonly kind: "directory" | "file" | "symlink"
  /** Bytes; shown for files. */
  readonly size: number
  /** Unix milliseconds. */
  readonly modified: number | undefined
  /** Where a symbolic link points, as text; or a word about a directory. */
  readonly note: string | undefined
}

export interface Page {
  /** Decoded names from the root to this directory. */
  readonly segments: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Row>
  /** Directories first, then by name; or as given. */
  readonly order: "by-name" | "given"
  /** A sentence above the table. */
  readonly lead: string | undefined
  /** What is said when there is nothing to list. */
  readonly empty: string
}

const style =
  `:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d8dee4;--link:#0550ae;--hover:#f3f6f9;` +
  `--paper:#fff}@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;--link:#79b8ff;` +
  `--hover:#1b222b;--paper:#0d1117}}*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);` +
  `font:1rem/1.5 system-ui,sans-serif}.page{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 3rem}` +
  `nav ol{list-style:none;display:flex;flex-wrap:wrap;margin:0;padding:0;color:var(--soft)}nav li+li::before` +
  `{content:"/";padding:0 .5rem}a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}` +
  `a:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}h1{font-size:1.5rem;` +
  `line-height:1.25;margin:.75rem 0 .25rem;overflow-wrap:anywhere}p{margin:.25rem 0;color:var(--soft)}` +
  `table{width:100%;border-collapse:collapse;margin-top:1.25rem}th{font-weight:600;text-align:left;color:var(--soft);` +
  `font-size:.875rem}th,td{padding:.4rem .75rem;border-bottom:1px solid var(--line);vertical-align:top}` +
  `tbody tr:hover{background:var(--hover)}.name{overflow-wrap:anywhere;width:100%}.size,.time{white-space:nowrap;` +
  `font-variant-numeric:tabular-nums}.size{text-align:right}.kind{display:inline-block;width:.95rem;height:.75rem;` +
  `margin-right:.65rem;border:1.5px solid var(--soft);border-radius:2px}.kind.directory{background:var(--soft)}` +
  `.kind.file{width:.7rem;height:.9rem;margin:0 .775rem -.1rem .125rem}.kind.symlink{border-style:dashed}` +
  `.note{color:var(--soft)}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);` +
  `white-space:nowrap}@media (max-width:36rem){.time{display:none}th,td{padding:.5rem .4rem}}`

/** The Content-Security-Policy that a page of ours needs, and no more. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${
  hash("sha256", style, "base64")
}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`

const words = { directory: "Folder", file: "File", symlink: "Link" } as const

/** The document in pieces. */
export function* render(page: Page): Generator<string> {
  const title = page.segments.at(-1) ?? "All folders"
  yield `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, ` +
    `initial-scale=1"><title>${
      escape(title)
    } – bepository</title><style>${style}</style></head><body><div class="page">\n` +
    `${breadcrumbs(page.segments)}<main><h1><bdi>${escape(title)}</bdi></h1>\n`
  if (page.lead !== undefined) yield `<p>${escape(page.lead)}</p>\n`
  if (page.rows.length === 0) {
    yield `<p>${escape(page.empty)}</p>\n`
  } else {
    if (page.order === "by-name") yield `<p>${escape(summary(page.rows))}</p>\n`
    yield `<table><caption class="hidden">Contents of ${escape(title)}</caption>` +
      `<thead><tr><th scope="col" class="name">Name</th><th scope="col" class="size">Size</th>` +
      `<th scope="col" class="time">Modified</th></tr></thead><tbody>\n`
    for (const row of page.order === "given" ? page.rows : page.rows.toSorted(byKindAndName)) yield line(row)
    yield "</tbody></table>\n"
  }
  yield "</main></div></body></html>\n"
}

const breadcrumbs = (segments: ReadonlyArray<string>): string => {
  if (segments.length === 0) return ""
  const items = [`<li><a href="/">All folders</a></li>`]
  segments.forEach((segment, i) => {
    const text = `<bdi>${escape(segment)}</bdi>`
    items.push(
      i === segments.length - 1
        ? `<li aria-current="page">${text}</li>`
        : `<li><a href="${escape(DavPath.format(segments.slice(0, i + 1), true))}">${text}</a></li>`
    )
  })
  return `<nav aria-label="Path"><ol>${items.join("")}</ol></nav>\n`
}

const line = (row: Row): string => {
  const name = `<bdi>${escape(row.name)}</bdi>${row.kind === "directory" ? "/" : ""}`
  const link = row.href === undefined ? name : `<a href="${escape(row.href)}">${name}</a>`
  const note = row.note === undefined
    ? ""
    : ` <span class="note">${row.kind === "symlink" ? "→ " : ""}<bdi>${escape(row.note)}</bdi></span>`
  const time = row.modified === undefined
    ? ""
    : `<time datetime="${HttpDate.formatIso(row.modified)}">${HttpDate.formatReadable(row.modified)}</time>`
  const size = row.kind === "file" ? `<span title="${row.size} bytes">${humanSize(row.size)}</span>` : ""
  return `<tr><td class="name"><span class="kind ${row.kind}"></span><span class="hidden">` +
    `${words[row.kind]}: </span>${link}${note}</td><td class="size">${size}</td><td class="time">${time}</td></tr>\n`
}

const byKindAndName = (a: Row, b: Row): number => {
  const kinds = Number(b.kind === "directory") - Number(a.kind === "directory")
  if (kinds !== 0) return kinds
  return alphabet.compare(a.name, b.name) || (a.name < b.name ? -1 : 1)
}

/** As people sort: without regard to case, and numbers by their value. */
const alphabet = new Intl.Collator("en", { numeric: true, sensitivity: "accent" })

const summary = (rows: ReadonlyArray<Row>): string => {
  const count = { directory: 0, file: 0, symlink: 0 }
  let bytes = 0
  for (const row of rows) {
    count[row.kind]++
    if (row.kind === "file") bytes += row.size
  }
  const parts: Array<string> = []
  if (count.directory > 0) parts.push(plural(count.directory, "folder"))
  if (count.file > 0) parts.push(`${plural(count.file, "file")} (${humanSize(bytes)})`)
  if (count.symlink > 0) parts.push(plural(count.symlink, "link"))
  return parts.join(", ")
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`

/** `0 B`, `1023 B`, `1.5 KiB`, `12 MiB` */
export const humanSize = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes
  let unit = -1
  while (unit < 5 && (value >= 1024 || unit < 0)) {
    value /= 1024
    unit++
  }
  // 1023.96 KiB would otherwise be shown as "1024 KiB".
  if (unit < 5 && Math.round(value) >= 1024) {
    value /= 1024
    unit++
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit]}`
}
