/**
 * A sorted table in an object: a folder's records, or packs. Rows are ordered by (parent, base name) in byte order, so a
 * directory is one range of bytes; a row appears once.
 */
import type { FileRecord } from "./Record.ts"
import type { PackRef } from "./Refs.ts"

export type SegmentContent =
  | { readonly table: "files"; readonly folder: string; readonly records: ReadonlyArray<FileRecord> }
  | { readonly table: "packs"; readonly packs: ReadonlyArray<PackRef> }
