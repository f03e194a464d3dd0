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

/**
 * Why following the log from `from` ended at an object: the log below the newest base was trimmed, or what a commit named
 * was merged and deleted since. Undefined if the error is another, or damage that nothing explains.
 */
export const lostTrack = (
  error: { readonly _tag: string; readonly key?: string },
  from: number,
  head: { readonly segments: ReadonlyMap<string, unknown>; readonly basePosition: number }
): string | undefined => {
  const object = error._tag === "RepositoryCorrupt" ? ObjectKey.parse(error.key ?? "") : undefined
  switch (object?._tag) {
    case "Segment":
      return head.segments.has(object.id)
        ? undefined
        : `what a commit after ${from} brought was merged, and deleted since`
    case "Log":
    case "Base":
      return object.position <= head.basePosition ? `the log no longer reaches back to commit ${from}` : undefined
    default:
      return undefined
  }
}

/** Undefined in new tables. */
export const stampIn = (tables: Tables): Stamp | undefined => {
  const row = tables.state.get(Keys.stamp)
  return row === undefined ? undefined : decodeStamp(row)
}

export const isApplied = (stamp: Stamp | undefined, applied: Applied): boolean =>
  stamp?.applied?.position === applied.position && sameDigest(stamp.applied.digest, applied.digest)

export const sameDigest = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
