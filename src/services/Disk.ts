/**
 * Calls of a file system, as a store in a directory needs them. A file's bytes are durable after its own `sync`, its name
 * after one of the directory. Paths are absolute; links are never followed to an object.
 */
import { Context, type Effect } from "effect"

/** A failed system call. */
export interface Errno {
  readonly _tag: "Errno"
  /** As "ENOENT", or the words of what has no code. */
  readonly code: string
  /** The file was there and opened. */
  readonly reading?: boolean
}

export const errno = (code: string): Errno => ({ _tag: "Errno", code })

export const isAbsence = (error: Errno): boolean => error.code === "ENOENT" || error.code === "ENOTDIR"

/** The disk could not read a part of the file. */
export const isBadRead = (
  error: { readonly _tag: string; readonly code?: string; readonly reading?: boolean }
): boolean => error.reading === true && error.code === "EIO"

export interface Stats {
  readonly kind: "file" | "directory" | "other"
  /** bytes */
  readonly size: number
  /** Unix milliseconds, with fractions. */
  readonly modified: number
  /** When it was made, Unix milliseconds; where no such time is kept, another one may be told. */
  readonly born: number
  /** The file system, and the number in it. */
  readonly device: number
  readonly inode: number
}

/** A file that is open for writing. */
export interface OpenFile {
  /** Appends every byte. */
  readonly write: (body: ReadonlyArray<Uint8Array>) => Effect.Effect<void, Errno>
  readonly sync: Effect.Effect<void, Errno>
  readonly stat: Effect.Effect<Stats, Errno>
  readonly close: Effect.Effect<void, Errno>
}

export class Disk extends Context.Service<Disk, {
  /**
   * The bytes `[start, end)` of a regular file, cut at its end, in `into` if they fit; undefined if the path is a directory.
   * If interrupted, the read goes on to its end by itself.
   */
  readonly read: (
    path: string,
    range?: { readonly start: number; readonly end: number },
    into?: Uint8Array
  ) => Effect.Effect<Uint8Array | undefined, Errno>
  /** A new file, for its owner alone; EEXIST if there is anything of that name. */
  readonly create: (path: string) => Effect.Effect<OpenFile, Errno>
  /** Another name for a file: EEXIST if it is taken, ENOTSUP where there are no hard links. */
  readonly link: (from: string, to: string) => Effect.Effect<void, Errno>
  readonly unlink: (path: string) => Effect.Effect<void, Errno>
  /** For its owner alone. */
  readonly mkdir: (path: string) => Effect.Effect<void, Errno>
  readonly stat: (path: string) => Effect.Effect<Stats, Errno>
  /** Of a link, not of what it points to. */
  readonly lstat: (path: string) => Effect.Effect<Stats, Errno>
  /** Names in a directory, in no order. */
  readonly list: (
    path: string
  ) => Effect.Effect<ReadonlyArray<{ readonly name: string; readonly directory: boolean }>, Errno>
  /** Makes the names in a directory durable. */
  readonly syncDirectory: (path: string) => Effect.Effect<void, Errno>
}>()("bepository/services/Disk") {}
