/**
 * What the replica keeps, as ordered tables of bytes. Everything that changes them runs inside one transaction of whoever
 * holds them; bytes that `get` answers are valid only until the next call of the same set of tables.
 */

export interface Entry {
  /** The reader's own. */
  readonly key: Uint8Array
  /** The reader's own. */
  readonly value: Uint8Array
}

export interface Table {
  readonly get: (key: Uint8Array) => Uint8Array | undefined
  /** Copies key and value. */
  readonly put: (key: Uint8Array, value: Uint8Array) => void
  readonly remove: (key: Uint8Array) => void
  /** Entries with `start <= key < end`, ascending in byte order. Not to be used across changes of the table. */
  readonly entries: (start: Uint8Array, end: Uint8Array, limit?: number) => Iterable<Entry>
  readonly clear: () => void
}

export interface Tables {
  /** Keys.file -> Rows.File */
  readonly files: Table
  /** Keys.sequence(folder, our sequence) -> key in `files` */
  readonly sequences: Table
  /** Keys.uint32(number) -> Rows.Pack; Keys.pack(id) -> number */
  readonly packs: Table
  /** Keys.uint32(row number) -> Rows of block hashes of one pack */
  readonly blocks: Table
  /** Keys.sequence(box, the peer's sequence) -> Rows.Waiting */
  readonly inbox: Table
  /** Keys.waiting(box, name) -> sequence in `inbox` */
  readonly waiting: Table
  /** Keys.stamp, Keys.folder, Keys.totals, Keys.box, Keys.left, Keys.gone */
  readonly state: Table
}

export const names: ReadonlyArray<keyof Tables> = [
  "files",
  "sequences",
  "packs",
  "blocks",
  "inbox",
  "waiting",
  "state"
]
