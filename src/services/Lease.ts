/** Who writes. Thrift, not safety: every guarantee holds even if every host believes it has the term. */
import { Context, Effect, Schema, type Stream } from "effect"
import * as Runtime from "effect/Runtime"
import type { Progress } from "../domain/repository/LeaseClaim.ts"
import type { RepositoryError } from "./Repository.ts"

/** Another host holds the term. */
export class LeaseHeld extends Schema.TaggedError<LeaseHeld>()("LeaseHeld", { holder: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 11
  override get message() {
    return `${this.holder} is writing to this repository; try again when it has let go`
  }
}

/** The right to put objects and commits under one term. Only a `Lease` layer makes one. */
export interface WriteFence {
  readonly _tag: "WriteFence"
  /** The epoch that opened the term. */
  readonly term: number
  /**
   * Whether the term has ended as far as this host can tell without asking, its sleep included: looked at before each put,
   * since whoever wakes up may run on before anything else does.
   */
  readonly isOver: () => boolean
}

/** `isOver`: none is ever over but by a newer epoch. */
export const fenceOf = (term: number, isOver: () => boolean = () => false): WriteFence => ({
  _tag: "WriteFence",
  term,
  isOver
})

export type LeaseStanding =
  /** Nothing is wanted, or another host has it. */
  | { readonly _tag: "Standby" }
  | { readonly _tag: "Queued"; readonly holder: string }
  | { readonly _tag: "Active"; readonly term: number }
  /** Others are to have their turn: what is under way is brought to an end, and nothing new begun. */
  | { readonly _tag: "Yielding"; readonly term: number }

export class Lease extends Context.Service<Lease, {
  /**
   * The current term. Without one it is claimed; where another host has it or is before us, this host queues and the
   * answer is LeaseHeld. Who asks again within half a minute keeps its place. Cheap while the term lasts.
   */
  readonly fence: Effect.Effect<WriteFence, LeaseHeld | RepositoryError>
  /** The term is not let go for want of work until what this returns is called. It claims nothing. */
  readonly hold: () => () => void
  /** What other hosts are shown of this one with its next claim. */
  readonly tell: (progress: Progress) => void
  readonly standing: Effect.Effect<LeaseStanding>
  /** The standing now, and each that follows; who is slow misses some. */
  readonly changes: Stream.Stream<LeaseStanding>
}>()("bepository/services/Lease") {}

/** The work, with the term kept while it runs. */
export const during = <A, E, R>(lease: Lease["Service"], work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(Effect.sync(lease.hold), () => work, (release) => Effect.sync(release))
