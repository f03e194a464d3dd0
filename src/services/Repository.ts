/**
 * The commit log, the only source of truth: `state(n) = fold(state(n-1), commit n)`, a commit exists if and only if
 * `log/<n>` does. Callers state what they intend as a plan; a plan is run again on the winner's state after a lost race.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import * as Runtime from "effect/Runtime"
import type { Commit, Op } from "../domain/repository/Commit.ts"
import type { Sealing } from "../domain/repository/Envelope.ts"
import type { SegmentBuilder, SegmentContent } from "../domain/repository/Segment.ts"
import type { PackRef, SegmentRef, State, Table } from "../domain/repository/State.ts"
import type { WriteFence } from "./Lease.ts"
import type { ObjectUnreadable, StoreError } from "./ObjectStore.ts"

/** There is no repository at the location. */
export class RepositoryAbsent extends Schema.TaggedError<RepositoryAbsent>()("RepositoryAbsent", {
  location: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 10
  override get message() {
    return `there is no repository at ${this.location}; \`bepository init\` makes one`
  }
}

/** The location holds something, and not a repository. */
export class LocationNotEmpty extends Schema.TaggedError<LocationNotEmpty>()("LocationNotEmpty", {
  location: Schema.String,
  example: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 15
  override get message() {
    return `${this.location} is not empty and not a repository (it holds ${this.example}); choose an empty location`
  }
}

/** Written by a newer bepository, or needs a feature this one lacks. */
export class RepositoryNewer extends Schema.TaggedError<RepositoryNewer>()("RepositoryNewer", {
  location: Schema.String,
  what: Schema.String,
  /** Who wrote it, or may have, as far as that can be told. */
  by: Schema.optional(Schema.String)
}) {
  override readonly [Runtime.errorExitCode] = 13
  override get message() {
    const what = this.by === undefined ? this.what : `${this.what}; ${this.by}`
    return `the repository at ${this.location} needs a newer bepository (${what}); upgrade this program`
  }
}

/** An object does not say what it must: damaged, missing where the log says it is, or not of this repository. */
export class RepositoryCorrupt extends Schema.TaggedError<RepositoryCorrupt>()("RepositoryCorrupt", {
  key: Schema.String,
  reason: Schema.String,
  /** If it is not what mends objects of its kind. */
  mend: Schema.optional(Schema.String)
}) {
  override readonly [Runtime.errorExitCode] = 14
  override get message() {
    const copy = /^(base|pack|segment)\//.test(this.key)
      ? "nothing was changed; run `bepository fsck`: it says what a repair mends, all else comes from a copy of the store"
      : "nothing was changed, restore it from a copy of the store"
    const mend = this.mend ?? copy
    return `object ${this.key} is damaged (${this.reason}); ${mend}`
  }
}

/** To whoever reads it, what cannot be read is damaged. */
export const unreadable = ({ key, location, mend, reason }: ObjectUnreadable): RepositoryCorrupt =>
  new RepositoryCorrupt({ key, reason: `it cannot be read at ${location}: ${reason}`, mend })

/** A newer epoch was opened: this term is over, nothing built under it may be named any more. */
export class Fenced extends Schema.TaggedError<Fenced>()("Fenced", { term: Schema.Int, epoch: Schema.Int }) {
  override readonly [Runtime.errorExitCode] = 11
  override get message() {
    const why = this.epoch > this.term ? `another writer opened epoch ${this.epoch}, ` : ""
    return `${why}term ${this.term} is over; run it again`
  }
}

export type RepositoryError = StoreError | RepositoryCorrupt | RepositoryNewer

/** One durable log entry and the state after it. */
export interface Applied {
  readonly commit: Commit
  readonly state: State
}

export class Repository extends Context.Service<Repository, {
  /** 32 hex digits; random, made by init. */
  readonly id: string
  /** What seals and opens every object of this repository. */
  readonly sealing: Sealing
  /** The newest state this process knows; never behind its own commits. */
  readonly head: Effect.Effect<State>
  /** Reads the log to its end and returns the state there. */
  readonly refresh: Effect.Effect<State, RepositoryError>
  /**
   * The same by asking for the next entry alone, one cheap request, for who looks again and again. It does not notice that the
   * store was set back; an hour after the last `refresh`, or after a sleep of the host, it is one.
   */
  readonly follow: Effect.Effect<State, RepositoryError>
  /**
   * Makes the planned operations durable as one commit and returns it with the state after it; `undefined` if the plan
   * gave no operations. The plan runs on the newest known state, one at a time, and again after each lost race. Operations
   * that name new objects need the fence of the current term. Unknown outcomes are retried with the same bytes until
   * definite; an interruption waits for that.
   */
  readonly commit: <E, R>(
    plan: (state: State) => Effect.Effect<ReadonlyArray<Op>, E, R>,
    fence?: WriteFence
  ) => Effect.Effect<Applied | undefined, E | Fenced | RepositoryError, R>
  /**
   * Moves what lies in commits only to segments and writes a base, so that opening is cheap again; nothing if there is
   * nothing to do. Commits do this by themselves when it is due; a writer whose term ends asks for it.
   */
  readonly flush: (fence: WriteFence) => Effect.Effect<void, Fenced | RepositoryError>
  /**
   * Commits after `position`, oldest first, up to the known head; each belongs to the log beyond doubt. Where the log was
   * trimmed beyond the position it fails as corrupt, naming an entry or a base at or below the newest base, or a pack table
   * of such a base that was merged since: what lies there needs no explanation, and the head's segments have it all.
   */
  readonly commitsAfter: (position: number) => Stream.Stream<Applied, RepositoryError>
  /** Emits after each commit that this process learns of, with the state; slow readers see only the newest. */
  readonly changes: Stream.Stream<State>
  /** Puts a segment of records under the fence's term. It counts only once a commit names it. */
  readonly putSegment: (
    content: SegmentContent,
    fence: WriteFence
  ) => Effect.Effect<SegmentRef, RepositoryError>
  /**
   * The same, of rows that `fill` hands to the builder in order: they need not be in memory together, only what they are
   * compressed to. If `fill` fails, or adds no row, nothing is put.
   */
  readonly buildSegment: <E, R>(
    table: Table,
    folder: string,
    fill: (into: SegmentBuilder) => Effect.Effect<void, E, R>,
    fence: WriteFence
  ) => Effect.Effect<SegmentRef | undefined, E | RepositoryError, R>
  /** Size, trailer length and counts of a pack that the head state names. */
  readonly pack: (id: string) => Effect.Effect<PackRef | undefined>
}>()("bepository/services/Repository") {}
