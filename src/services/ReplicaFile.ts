/**
 * Where a replica lies on this host: ordered tables that several processes may open at once. They are changed inside
 * `transact` only, and what a change builds on must be read in the same transaction: another process may have been first.
 */
import { Context, type Effect } from "effect"
import type { Tables } from "../domain/replica/Tables.ts"
import type { ReplicaUnusable } from "./Replica.ts"

export class ReplicaFile extends Context.Service<ReplicaFile, {
  /** The cache directory, as the operator named it. */
  readonly directory: string
  /** The directory in it that may be deleted to begin anew. */
  readonly path: string
  /**
   * One moment of the tables for as long as the code that reads does not wait; the newest at the next look. Reads throw
   * if the file is damaged. Only `get` and `entries` may be used outside a transaction.
   */
  readonly tables: Tables
  /** The same, where a damaged file is to be an error. */
  readonly read: <A>(body: (tables: Tables) => A) => Effect.Effect<A, ReplicaUnusable>
  /**
   * Runs the body, which must not wait, in a transaction: all of what it writes or nothing, seen by every process when
   * this answers, on the disk a moment later. A body that throws has no effect.
   * Transactions of this process follow each other in the order they were asked for.
   */
  readonly transact: <A>(body: (tables: Tables) => A) => Effect.Effect<A, ReplicaUnusable>
}>()("bepository/services/ReplicaFile") {}
