/**
 * What a directory is known again by: the marker of its repository, and the newest entry of the log that was made or read in
 * it. Another disk may be mounted at the same path; what is put there is missing here, and there it does damage.
 */
import { createHash } from "node:crypto"
import * as ObjectKey from "../repository/ObjectKey.ts"

export interface Landmarks {
  /** SHA-256 as hex, like every digest here; undefined as long as none was seen. */
  readonly marker: string | undefined
  readonly newest: { readonly key: string; readonly digest: string } | undefined
}

export const none: Landmarks = { marker: undefined, newest: undefined }

export type Body = ReadonlyArray<Uint8Array>

/** Whether an object of that name, read as a whole or created, is a landmark from now on. The log's own end is what was put last. */
export const isNew = (known: Landmarks, how: "read" | "created", key: string): boolean => {
  const parsed = ObjectKey.parse(key)
  if (parsed?._tag === "Marker") return known.marker === undefined
  return parsed?._tag === "Log" && (how === "created" || known.newest === undefined || key > known.newest.key)
}

export const noted = (known: Landmarks, how: "read" | "created", key: string, body: Body): Landmarks => {
  if (!isNew(known, how, key)) return known
  const digest = digestOf(body)
  return key === ObjectKey.marker ? { ...known, marker: digest } : { ...known, newest: { key, digest } }
}

/** What lies in the directory now, by the names of the landmarks; undefined if it is absent. */
export interface Found {
  readonly marker: Uint8Array | undefined
  readonly newest: Uint8Array | undefined
  /** Names in `log/`. Looked at only if `newest` is absent. */
  readonly log: ReadonlyArray<string>
}

/**
 * Why this is not the directory that was known, or undefined. The end of the log is never trimmed: where the newest entry that
 * was known is gone, a later one is there.
 */
export const problem = (known: Landmarks, found: Found): string | undefined => {
  if (known.marker !== undefined) {
    if (found.marker === undefined) return "the repository is gone from it"
    if (digestOf([found.marker]) !== known.marker) return "another repository is there now"
  }
  if (known.newest === undefined) return undefined
  const { digest, key } = known.newest
  if (found.newest !== undefined) {
    return digestOf([found.newest]) === digest
      ? undefined
      : `another copy of the repository is there now: its ${key} differs`
  }
  const later = found.log.some((name) => {
    const parsed = ObjectKey.parse(ObjectKey.logPrefix + name)
    return parsed !== undefined && ObjectKey.logPrefix + name > key
  })
  return later ? undefined : `an older copy of the repository is there now, without ${key}`
}

/** What the operator can do about it. */
export const mend = "mount the one that was there, or start again if it was exchanged on purpose"

const digestOf = (body: Body): string => {
  const hash = createHash("sha256")
  for (const part of body) hash.update(part)
  return hash.digest("hex")
}
