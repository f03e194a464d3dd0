/**
 * Makes a repository where there is none. May be run again after any failure, by several hosts at once: there is one
 * repository in the end, and every run answers its id.
 */
import { Context, type Effect } from "effect"
import type { KeyError } from "./Keys.ts"
import type { LocationNotEmpty, RepositoryError } from "./Repository.ts"

export interface Initialised {
  /** 32 hex digits. */
  readonly repository: string
  /** Whether this run put the marker. */
  readonly created: boolean
  readonly encrypted: boolean
}

export class RepositoryInit extends Context.Service<RepositoryInit, {
  /**
   * Makes the repository if the location is empty, finishes one whose making was interrupted, and adopts one that is
   * there. Refuses a store that does not keep `put` atomic.
   */
  readonly init: Effect.Effect<Initialised, LocationNotEmpty | RepositoryError | KeyError>
  /** The same, without looking at a repository that is there and complete beyond its marker and its first commit. */
  readonly openOrInit: Effect.Effect<Initialised, LocationNotEmpty | RepositoryError | KeyError>
}>()("bepository/services/RepositoryInit") {}
