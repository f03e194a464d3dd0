/** Proves single objects against what the log says of them. What does not prove is read once more before it is called bad. */
import { Context, type Effect } from "effect"
import type { Footer } from "../domain/repository/Footer.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { PackRef, SegmentRef } from "../domain/repository/State.ts"
import type { Trailer } from "../domain/repository/Trailer.ts"
import type { RepositoryError } from "./Repository.ts"

export type Proved<A> =
  | { readonly _tag: "Good"; readonly value: A }
  | { readonly _tag: "Bad"; readonly reason: string }
  /** The store does not have it. */
  | { readonly _tag: "Gone" }

export interface PackData {
  /** Indexes of blocks that are not what the trailer says. */
  readonly bad: ReadonlySet<number>
  /** The first thing that was wrong. */
  readonly reason?: string
}

export class ObjectProof extends Context.Service<ObjectProof, {
  /** The pack's block index. Its blocks are not read. */
  readonly trailer: (ref: PackRef) => Effect.Effect<Proved<Trailer>, RepositoryError>
  /** The same of a pack of which only the size is known any more. */
  readonly ending: (id: string, size: number) => Effect.Effect<Proved<Trailer>, RepositoryError>
  /** Header, frames and blocks of the pack. `each`: told the bytes of each range that was proved. */
  readonly data: (trailer: Trailer, each: (bytes: number) => void) => Effect.Effect<Proved<PackData>, RepositoryError>
  /**
   * The whole segment, page by page. `begin` is called for each attempt; what it answers is given every page of records as
   * soon as that was proved.
   */
  readonly segment: (
    ref: SegmentRef,
    begin: () => (records: ReadonlyArray<FileRecord>) => void
  ) => Effect.Effect<Proved<Footer>, RepositoryError>
  /** Of a segment that does not prove whole: the records of its pages that prove each by itself, in order. */
  readonly remains: (ref: SegmentRef) => Effect.Effect<ReadonlyArray<FileRecord>, RepositoryError>
}>()("bepository/services/ObjectProof") {}
