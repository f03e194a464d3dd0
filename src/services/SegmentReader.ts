/** The rows of segments, read as a stream: a folder's table may be larger than memory. */
import { Context, type Effect, type Stream } from "effect"
import type { Footer } from "../domain/repository/Footer.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { PackContents, PackRef, SegmentRef } from "../domain/repository/State.ts"
import type { RepositoryError } from "./Repository.ts"

export class SegmentReader extends Context.Service<SegmentReader, {
  /** What the segment says about itself. The newest are kept: asking again is cheap. */
  readonly footer: (ref: SegmentRef) => Effect.Effect<Footer, RepositoryError>
  /**
   * All records in order of (parent, base), in lists of some hundred. `info` is a view of what was read. `atOnce`: about the
   * bytes of the object in memory at a time, a page at least; else as many as are good for speed.
   */
  readonly records: (ref: SegmentRef, atOnce?: number) => Stream.Stream<ReadonlyArray<FileRecord>, RepositoryError>
  /** All rows of a pack table, in order, in lists of some hundred. */
  readonly packs: (ref: SegmentRef, atOnce?: number) => Stream.Stream<ReadonlyArray<PackRef>, RepositoryError>
  /** The hashes of a pack, from its trailer. */
  readonly contents: (ref: PackRef) => Effect.Effect<PackContents, RepositoryError>
}>()("bepository/services/SegmentReader") {}
