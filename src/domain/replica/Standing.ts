/** Where a replica stands against the repository's head. */
import * as ObjectKey from "../repository/ObjectKey.ts"
import * as Keys from "./Keys.ts"
import { decodeStamp, type Stamp } from "./Rows.ts"
import type { Tables } from "./Tables.ts"

export type Applied = NonNullable<Stamp["applied"]>

export type Standing =
  /** The cache of another repository: not ours to touch. */
  | { readonly _tag: "Foreign"; readonly repository: string }
  /** Nothing in it can be used. */
  | { readonly _tag: "Useless"; readonly reason: string }
  | { readonly _tag: "Level" }
  /** The log goes on after it, if the next commit carries the stamp's digest. */
  | { readonly _tag: "Behind"; readonly applied: Applied }
  /** Of a commit the head does not know: another process read further in the log, or the log was exchanged. */
  | { readonly _tag: "Ahead"; readonly applied: Applied }

export const standing = (
  stamp: Pick<Stamp, "repository" | "format" | "applied"> | undefined,
  ours: { readonly repository: string; readonly format: number },
  head: { readonly position: number; readonly digest: Uint8Array }
): Standing => {
  if (stamp === undefined) return { _tag: "Useless", reason: "it is empty" }
  if (stamp.repository !== ours.repository) return { _tag: "Foreign", repository: stamp.repository }
  if (stamp.format !== ours.format) return { _tag: "Useless", reason: `it is of format ${stamp.format}` }
  if (stamp.applied === undefined) return { _tag: "Useless", reason: "it was not built to its end" }
  const { digest, position } = stamp.applied
  if (position < head.position) return { _tag: "Behind", applied: stamp.applied }
  if (position > head.position) return { _tag: "Ahead", applied: stamp.applied }
  return sameDigest(digest, head.digest)
    ? { _tag: "Level" }
    : { _tag: "Useless", reason: `commit ${position} is another than the one it applied` }
}

/** Whether the object is a segment that the head does not know any more: that it is missing is no damage. */
export const isCollected = (key: string, head: { readonly segments: ReadonlyMap<string, unknown> }): boolean => {
  const object = ObjectKey.parse(key)
  return object?._tag === "Segment" && !head.segments.has(object.id)
}

/**
 * Why following the log from `from` ended at an object that is missing: it was trimmed, or merged and deleted since. Undefined
 * if that explains nothing, and it is damage. `position`: how far it came.
 */
export const lostTrack = (
  key: string,
  from: number,
  position: number,
  head: { readonly segments: ReadonlyMap<string, unknown>; readonly basePosition: number }
): string | undefined =>
  isCollected(key, head)
    ? `what a commit after ${from} brought was merged, and deleted since`
    : position <= from && from < head.basePosition
    ? `the log no longer reaches back to commit ${from}`
    : undefined

/** Undefined in new tables. */
export const stampIn = (tables: Tables): Stamp | undefined => {
  const row = tables.state.get(Keys.stamp)
  return row === undefined ? undefined : decodeStamp(row)
}

export const isApplied = (stamp: Stamp | undefined, applied: Applied): boolean =>
  stamp?.applied?.position === applied.position && sameDigest(stamp.applied.digest, applied.digest)

export const sameDigest = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
