/**
 * The log, its bases and the marker as objects of the store: sealed and opened, with definite outcomes. Who plans commits
 * and knows the state is `Repository`; nothing else may put an entry.
 */
import { Context, type Effect } from "effect"
import type { Header, Sealing } from "../domain/repository/Envelope.ts"
import type { Draft, Entry } from "../domain/repository/LogEntry.ts"
import type { Marker } from "../domain/repository/Marker.ts"
import type { State } from "../domain/repository/State.ts"
import type { KeyError, Slot } from "./Keys.ts"
import type { StoreError, StoreUnavailable } from "./ObjectStore.ts"
import type { RepositoryAbsent, RepositoryCorrupt, RepositoryError, RepositoryNewer } from "./Repository.ts"

export class LogObjects extends Context.Service<LogObjects, {
  /**
   * The marker, and the sealing that follows from it and from the passphrase. It agrees with what this host knows to be
   * here. `slot`: the key slot that the passphrase opened.
   */
  readonly marker: Effect.Effect<
    { readonly marker: Marker; readonly sealing: Sealing; readonly slot: string | undefined },
    RepositoryAbsent | RepositoryError | KeyError
  >
  /** What the marker says, if there is one; nothing of it is proved. */
  readonly claim: Effect.Effect<Marker | undefined, RepositoryError>
  /** The objects under `key/`, oldest first; those of no repository's spelling are left out. */
  readonly slots: (header: Header) => Effect.Effect<ReadonlyArray<Slot>, RepositoryError>
  /** Positions of log entries above `after`, ascending. */
  readonly positions: (after: number) => Effect.Effect<ReadonlyArray<number>, RepositoryError>
  /** Positions of bases above `after`, ascending. */
  readonly bases: (after: number) => Effect.Effect<ReadonlyArray<number>, RepositoryError>
  /** One entry of the log; undefined if there is none of that position. */
  readonly entry: (sealing: Sealing, position: number) => Effect.Effect<Entry | undefined, RepositoryError>
  /** The state of one base, without its pack table; undefined if there is no such base. */
  readonly base: (sealing: Sealing, position: number) => Effect.Effect<State | undefined, RepositoryError>
  /** The state of a base with its pack table: only then may commits be applied to it. */
  readonly withPackTable: (sealing: Sealing, state: State) => Effect.Effect<State, RepositoryError>
  /**
   * Puts the draft until the answer is definite: "Created" if it lies in the store now, "Exists" if another commit has its
   * place. An unknown outcome is followed by the same bytes again, as in `definite`. After a failure that is not StoreFull
   * the outcome is unknown, and nothing else may be put there before it is known; whoever interrupts this knows nothing either.
   */
  readonly append: (
    sealing: Sealing,
    draft: Draft
  ) => Effect.Effect<"Created" | "Exists", StoreError | RepositoryCorrupt | RepositoryNewer>
  /**
   * What the outcome of a commit depends on, asked for until the store answers: a daemon's patience has no end. When that of
   * a command is at its end, the failure says that the outcome is unknown.
   */
  readonly definite: <A, E>(request: Effect.Effect<A, E | StoreUnavailable>) => Effect.Effect<A, E | StoreUnavailable>
  /** Puts the base of a state without inline records. One that exists is as good. */
  readonly putBase: (sealing: Sealing, state: State, salt: Uint8Array) => Effect.Effect<void, RepositoryError>
}>()("bepository/services/LogObjects") {}
