/**
 * The highest log position this host ever verified, kept outside the replica: a head below it, or with another digest,
 * means that the bucket was restored from an older copy (a fork).
 */
import { Context, type Effect } from "effect"
import type { ReplicaUnusable } from "./Replica.ts"

export interface Seen {
  readonly position: number
  /** 32 bytes. */
  readonly digest: Uint8Array
}

export class Witness extends Context.Service<Witness, {
  readonly seen: (repository: string) => Effect.Effect<Seen | undefined, ReplicaUnusable>
  /** Monotone: a lower position is ignored, except through `reset` after a fork was recorded in the log. */
  readonly record: (repository: string, seen: Seen) => Effect.Effect<void, ReplicaUnusable>
  readonly reset: (repository: string, seen: Seen) => Effect.Effect<void, ReplicaUnusable>
}>()("bepository/services/Witness") {}
