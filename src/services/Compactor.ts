/**
 * Keeps every table of the repository in few segments. A merge reads and puts while others commit; only its commit takes
 * a turn, and only if the inputs are still in use then. What was put in vain is nobody's, and is collected like what a crash leaves.
 */
import { Context, Effect } from "effect"
import type { Counts } from "../domain/repository/Refs.ts"
import type { SegmentRef, State, Table } from "../domain/repository/State.ts"
import type { LeaseHeld } from "./Lease.ts"
import type { Fenced, RepositoryError } from "./Repository.ts"

export type CompactorError = LeaseHeld | Fenced | RepositoryError

export interface Compacted {
  readonly table: Table
  /** "" for the pack table. */
  readonly folder: string
  /** Number of segments that became one. */
  readonly inputs: number
  /** Undefined if no row was left. */
  readonly output: SegmentRef | undefined
  /** Rows left out: superseded, or of packs that live no more. */
  readonly dropped: number
  /** Tombstones that had served their time. */
  readonly tombstones: number
  /** Rows that name what took the place of packs. */
  readonly renamed: number
}

/** What a folder holds in exactly that state; undefined where that is not known. */
export type CountsOf = (state: State, folder: string) => Effect.Effect<Counts | undefined, RepositoryError>

/** For whoever wants every table looked through: as if nothing were known of what lives. */
export const everything: CountsOf = () => Effect.succeed({ files: 0, directories: 0, bytes: 0 })

export class Compactor extends Context.Service<Compactor, {
  /** Whether a round would find something to do on that state. Costs no request. */
  readonly isDue: (state: State) => boolean
  /**
   * Merges what is due on the newest known state, table by table, until nothing is. A table with a damaged segment fails it
   * and is put aside for some hours. A failure leaves what was merged before.
   */
  readonly round: Effect.Effect<ReadonlyArray<Compacted>, CompactorError>
  /**
   * Looks into one folder, another each time, whether merging would rid it of many old tombstones; then that is done. One with
   * a damaged segment is put aside for some hours, the next is looked into, and then it fails.
   */
  readonly forget: Effect.Effect<Compacted | undefined, CompactorError>
  /**
   * Writes segments anew that have many superseded rows, or some of much data: what such rows name is kept for them. Reads
   * whole tables, but only of folders where it is known to be worth it. Damage is treated likewise.
   */
  readonly sweep: (countsOf: CountsOf) => Effect.Effect<ReadonlyArray<Compacted>, CompactorError>
  /**
   * Writes one segment anew that names many packs which were replaced, if there are many redirects: by the names of those in
   * their place. Every merge gives its rows such names; this is for tables at rest.
   */
  readonly rename: Effect.Effect<Compacted | undefined, CompactorError>
}>()("bepository/services/Compactor") {}
