/**
 * The tree a WebDAV client sees: `/<folder>/<moment>/<path…>`. Segments are decoded names; whatever a folder is labelled,
 * its name here is unique, not empty and free of slashes, and every path can be written as a URL and read back.
 */
import { Result } from "effect"
import type { FolderState } from "../repository/State.ts"
import type { Checkpoint } from "../repository/State.ts"
import * as HttpDate from "./HttpDate.ts"

/** The name of a folder's newest checkpoint, beside those of all. */
export const latest = "latest"

/**
 * The decoded segments of a request target. Empty segments are dropped, a query is ignored. The failure says what is wrong:
 * such a target names nothing we could have sent.
 */
export const parse = (target: string): Result.Result<ReadonlyArray<string>, string> => {
  const path = target.split(/[?#]/, 1)[0]!
  if (!path.startsWith("/")) return Result.fail("the path does not begin with a slash")
  const segments: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "") continue
    const segment = decode(part)
    if (segment === undefined) return Result.fail("the path is not percent-encoded UTF-8")
    if (segment.includes("/") || segment.includes("\0") || segment === "." || segment === "..") {
      return Result.fail("the path holds a segment that no name can be")
    }
    segments.push(segment)
  }
  return Result.succeed(segments)
}

/** The absolute path of the segments, percent-encoded; a directory's ends in a slash. */
export const format = (segments: ReadonlyArray<string>, directory: boolean): string =>
  segments.length === 0 ? "/" : `/${segments.map(encode).join("/")}${directory ? "/" : ""}`

/** One segment, with everything but unreserved characters percent-encoded as UTF-8. */
export const encode = (segment: string): string =>
  encodeURIComponent(segment.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  )

const decode = (part: string): string | undefined => {
  if (!/[%\u0080-\uffff]/.test(part)) return part
  if (/%(?![0-9a-fA-F]{2})/.test(part)) return undefined
  const bytes: Array<number> = []
  for (let i = 0; i < part.length; i++) {
    if (part[i] === "%") {
      bytes.push(Number.parseInt(part.slice(i + 1, i + 3), 16))
      i += 2
    } else {
      // A request target is ASCII; other characters come from clients that send raw UTF-8, which Node reads as Latin-1.
      const code = part.charCodeAt(i)
      if (code > 0xff) return undefined
      bytes.push(code)
    }
  }
  return decodeUtf8(Uint8Array.from(bytes))
}

const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
  const back = new TextEncoder().encode(text)
  return back.length === bytes.length && back.every((byte, i) => byte === bytes[i]) ? text : undefined
}

/** A folder that can be seen: it exists, or checkpoints of it do. */
export interface Folder {
  readonly id: string
  readonly label: string
  /** Oldest first, newest last. */
  readonly checkpoints: ReadonlyArray<Checkpoint>
}

/** The folders of a state with their checkpoints, by folder id; also those that only checkpoints remember. */
export const folders = (
  states: Iterable<Pick<FolderState, "id" | "label">>,
  checkpoints: Iterable<Checkpoint>
): ReadonlyArray<Folder> => {
  const byFolder = new Map<string, { label: string; checkpoints: Array<Checkpoint> }>()
  const known = new Set<string>()
  for (const { id, label } of states) {
    byFolder.set(id, { label, checkpoints: [] })
    known.add(id)
  }
  for (const checkpoint of checkpoints) {
    const folder = byFolder.get(checkpoint.folder)
    if (folder === undefined) {
      byFolder.set(checkpoint.folder, { label: checkpoint.label, checkpoints: [checkpoint] })
    } else {
      folder.checkpoints.push(checkpoint)
      if (!known.has(checkpoint.folder)) folder.label = checkpoint.label
    }
  }
  return Array.from(byFolder, ([id, { checkpoints, label }]) => ({
    id,
    label,
    checkpoints: checkpoints.toSorted((a, b) => a.id - b.id)
  })).toSorted((a, b) => compare(a.id, b.id))
}

/**
 * Names of the folders, in the order given: the label; the id where there is no label; both where several folders would
 * bear the same name, also on clients that do not tell case or composition apart.
 */
export const folderNames = <F extends Pick<Folder, "id" | "label">>(
  folders: ReadonlyArray<F>
): ReadonlyMap<string, F> => {
  const wanted = folders.map((folder) => safe(folder.label) ?? safe(folder.id) ?? "folder")
  const count = new Map<string, number>()
  for (const name of wanted) count.set(folded(name), (count.get(folded(name)) ?? 0) + 1)
  const names = new Map<string, F>()
  const taken = new Set<string>()
  const give = (name: string, folder: F): boolean => {
    if (taken.has(folded(name))) return false
    taken.add(folded(name))
    names.set(name, folder)
    return true
  }
  const late: Array<readonly [string, F]> = []
  folders.forEach((folder, i) => {
    const name = wanted[i]!
    if (count.get(folded(name)) !== 1 || !give(name, folder)) late.push([name, folder])
  })
  for (const [name, folder] of late) {
    const both = `${name} (${safe(folder.id) ?? "folder"})`
    let unique = both
    for (let n = 2; !give(unique, folder); n++) unique = `${both} ${n}`
  }
  return names
}

/** One segment that no client stumbles over; undefined if nothing is left. */
const safe = (label: string): string | undefined => {
  // Slashes, backslashes and control characters mean something to clients.
  // oxlint-disable-next-line no-control-regex
  const name = label.toWellFormed().replace(/[/\\\u0000-\u001f\u007f]/g, "_").trim()
  return name === "" || name === "." || name === ".." ? undefined : name
}

const folded = (name: string): string => name.normalize("NFC").toLowerCase()

const compare = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

/**
 * Names of a folder's checkpoints (oldest first), each the UTC second it was made; further ones of the same second carry
 * their number.
 */
export const momentNames = (checkpoints: ReadonlyArray<Checkpoint>): ReadonlyMap<string, Checkpoint> => {
  const names = new Map<string, Checkpoint>()
  for (const checkpoint of checkpoints) {
    const name = HttpDate.formatName(checkpoint.time)
    names.set(names.has(name) ? `${name}-${checkpoint.id}` : name, checkpoint)
  }
  return names
}

/**
 * The checkpoint a segment names: `latest`, a name of `momentNames`, or a moment with the checkpoint's number, which stays
 * right when others of that second expire.
 */
export const findMoment = (checkpoints: ReadonlyArray<Checkpoint>, name: string): Checkpoint | undefined => {
  if (name === latest) return checkpoints.at(-1)
  const found = momentNames(checkpoints).get(name)
  if (found !== undefined) return found
  return checkpoints.find((checkpoint) => `${HttpDate.formatName(checkpoint.time)}-${checkpoint.id}` === name)
}
