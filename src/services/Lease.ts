/** Who writes. Thrift, not safety: every guarantee holds even if every host believes it has the term. */
import { Context, type Effect, Schema } from "effect"
import * as Runtime from "effect/Runtime"
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
}

export class Lease extends Context.Service<Lease, {
  /**
   * The current term, opened by a commit when first asked for and again after it was lost to a newer epoch. Cheap while
   * the term lasts: it is compared with the repository's head each time.
   */
  readonly fence: Effect.Effect<WriteFence, LeaseHeld | RepositoryError>
}>()("bepository/services/Lease") {}
