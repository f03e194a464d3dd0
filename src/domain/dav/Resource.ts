/** What is shown under one path: a directory (real, or one of the two upper levels) or a file. Symbolic links are neither. */
import { hash } from "node:crypto"
import type { FileInfo } from "../FileInfo.ts"

export interface Resource {
  /** Decoded names from the root; empty is the root itself. */
  readonly segments: ReadonlyArray<string>
  readonly directory: boolean
  /** Bytes; 0 for directories. */
  readonly size: number
  /** Unix milliseconds, where it is known. */
  readonly modified: number | undefined
  /** With its quotes; files only. */
  readonly etag: string | undefined
  readonly contentType: string | undefined
  readonly executable: boolean
}

/** The strong entity tag of a file's content: size and block hashes, nothing else. */
export const etag = (info: Pick<FileInfo, "size" | "hashes">): string => {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(info.size))
  return `"${hash("sha256", Buffer.concat([head, info.hashes]), "hex").slice(0, 40)}"`
}

export const modified = (info: Pick<FileInfo, "modifiedS" | "modifiedNs">): number =>
  info.modifiedS * 1000 + Math.floor(info.modifiedNs / 1_000_000)

/** A directory that is nobody's entry: the root, a folder, a checkpoint. */
export const virtual = (segments: ReadonlyArray<string>, modified: number | undefined): Resource => ({
  segments,
  directory: true,
  size: 0,
  modified,
  etag: undefined,
  contentType: undefined,
  executable: false
})

/** A live entry under its path; undefined for what has no place in this tree (symbolic links). */
export const fromInfo = (
  segments: ReadonlyArray<string>,
  info: FileInfo,
  contentType: (name: string) => string
): Resource | undefined => {
  switch (info.type) {
    case "directory":
      return virtual(segments, modified(info))
    case "file":
      return {
        segments,
        directory: false,
        size: info.size,
        modified: modified(info),
        etag: etag(info),
        contentType: contentType(segments.at(-1) ?? ""),
        executable: !info.noPermissions && (info.permissions & 0o111) !== 0
      }
    case "symlink":
      return undefined
  }
}
