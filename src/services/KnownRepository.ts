/**
 * What this host knows to be at the location, since it first opened it: a marker of another repository or suite, or none,
 * is then not believed. By itself a marker proves nothing, and whoever can write to the store can put another.
 */
import { Context, Effect } from "effect"
import type { Suite } from "../domain/repository/Envelope.ts"
import type { ReplicaUnusable } from "./Replica.ts"

export interface Known {
  /** 32 hex digits. */
  readonly repository: string
  readonly suite: Suite
}

export interface KnownRepository {
  /** Where the note lies, for messages. */
  readonly note: string
  readonly known: Effect.Effect<Known | undefined, ReplicaUnusable>
  /** Notes what was opened; what is noted already stays. */
  readonly remember: (known: Known) => Effect.Effect<void, ReplicaUnusable>
}

/** Knows nothing and keeps nothing, unless it is wired. */
export const KnownRepository: Context.Reference<KnownRepository> = Context.Reference(
  "bepository/services/KnownRepository",
  { defaultValue: (): KnownRepository => ({ note: "", known: Effect.undefined, remember: () => Effect.void }) }
)
