/**
 * Checks a repository while daemons run: reads one position of the log and what it names, and takes no lease. What seems
 * to be missing is held against a newer state before it is called damage.
 */
import { Context, type Stream } from "effect"
import type { Counts, Damage, Finding } from "../domain/repository/Damage.ts"
import type { Subset } from "../domain/repository/Subset.ts"
import type { RepositoryError } from "./Repository.ts"

/**
 * `quick`: a listing against the state. `structural`: everything but the blocks' own bytes is read and proved. `full`: the
 * blocks too.
 */
export type Level = "quick" | "structural" | "full"

export interface FsckOptions {
  readonly level: Level
  /** Which packs a full check reads; undefined: all. */
  readonly subset?: Subset
}

export interface FsckProgress {
  readonly _tag: "Progress"
  readonly phase: "listing" | "packs" | "data" | "records" | "log" | "affected"
  /** Of the phase; `total` 0 while it is unknown. */
  readonly done: number
  readonly total: number
}

export interface FsckReport {
  readonly _tag: "Report"
  /** Of the log. */
  readonly position: number
  readonly level: Level
  readonly subset?: Subset
  readonly counts: Counts
  readonly findings: ReadonlyArray<Finding>
  readonly damage: Damage
}

export class Fsck extends Context.Service<Fsck, {
  /** Progress, and the report as the last element. Fails only if the repository cannot be opened or reached. */
  readonly check: (options: FsckOptions) => Stream.Stream<FsckProgress | FsckReport, RepositoryError>
}>()("bepository/services/Fsck") {}
