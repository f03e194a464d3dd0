/**
 * One path's entry with where its blocks are. The peer's FileInfo is kept byte for byte: what a future Syncthing adds
 * survives, so nothing here may re-encode it.
 */

/** Blocks that follow each other in the file and lie in one pack (anywhere in it: they are found by hash). */
export interface BlockRun {
  readonly pack: string
  readonly count: number
}

export interface FileRecord {
  /** The entry's path, as in `info`. */
  readonly name: string
  /** Ours, of the folder's counter. */
  readonly sequence: number
  /** `FileInfo.stored`: the peer's bytes without its sequence and host-local fields. */
  readonly info: Uint8Array
  /** Where the blocks are, in the file's order; empty if it has none, or only one of no bytes. */
  readonly runs: ReadonlyArray<BlockRun>
}
