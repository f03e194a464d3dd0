/**
 * What a commit says about objects it names: enough to find them, to read their index in one request, and to prove that
 * nothing was lost in between. Values are never changed: an object of another size is another object.
 */

export interface PackRef {
  /** `<term>-<32 hex digits>` */
  readonly id: string
  /** Of the whole object, bytes. */
  readonly size: number
  /** Bytes at the object's end that hold the block index and the tail: one range, one GET. */
  readonly trailerLength: number
  /** Number of blocks. */
  readonly blocks: number
  /** Sum of the blocks' lengths, before compression. */
  readonly bytes: number
}

/** The blocks of a pack, in the pack's order. */
export interface PackContents {
  /** 32 bytes each. */
  readonly hashes: Uint8Array
}

export type Table = "files" | "packs"

export interface SegmentRef {
  /** `<term>-<32 hex digits>` */
  readonly id: string
  readonly table: Table
  /** "" for the pack table. */
  readonly folder: string
  /** Number of rows. */
  readonly records: number
  /** Lowest and highest of our sequences among the rows; 0 for the pack table. */
  readonly minSequence: number
  readonly maxSequence: number
  /** Of the whole object, bytes. */
  readonly size: number
  /** Bytes at the object's end that hold the footer and the tail: one range, one GET. */
  readonly footerLength: number
  /** Multiset hash of the rows, 32 bytes. */
  readonly digest: Uint8Array
}

/** What a folder holds that is not deleted. */
export interface Counts {
  /** All that are not directories: symlinks too. */
  readonly files: number
  readonly directories: number
  /** Sum of the files' sizes. */
  readonly bytes: number
}

/** Keeps a checkpoint. */
export interface Pin {
  /** "" for the operator, else one reader. */
  readonly holder: string
  readonly reason: string
  /** The store's clock, Unix milliseconds; undefined: until it is taken away. */
  readonly until?: number
}

/** A folder at a moment. */
export interface Checkpoint {
  readonly id: number
  readonly folder: string
  /** The folder's label at the time. */
  readonly label: string
  /** Store time of the commit that made it, Unix milliseconds. */
  readonly time: number
  /** Of the commit that made it. */
  readonly position: number
  /** The folder's highest sequence at the time. */
  readonly sequence: number
  readonly reason: "manual" | "schedule"
  /** Segments that hold the folder's records at the time. */
  readonly segments: ReadonlyArray<string>
  /** Store time of the commit that made the folder's next checkpoint: from then on it grows old. */
  readonly supersededAt?: number
  readonly counts?: Counts
  readonly pins?: ReadonlyArray<Pin>
}
