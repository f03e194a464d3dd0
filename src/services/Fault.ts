/** Why the daemon cannot go on: the store refuses to be read, the repository is damaged, the cache cannot be written. */
import { type Cause, Context, type Effect } from "effect"
import type { ReplicaUnusable } from "./Replica.ts"
import type { RepositoryError } from "./Repository.ts"

export type DaemonError = RepositoryError | ReplicaUnusable

const final = ["ReplicaUnusable", "RepositoryCorrupt", "RepositoryNewer", "StoreRefused"] as const

/** Whether no retry can mend it, so that it ends the daemon. */
export const isFinal = (
  error: { readonly _tag: string }
): error is Extract<DaemonError, { readonly _tag: typeof final[number] }> => final.some((tag) => tag === error._tag)

export class Fault extends Context.Service<Fault, {
  /** First one counts. */
  readonly raise: (error: DaemonError) => Effect.Effect<void>
  /** A bug ended work that the daemon cannot do without: better a program that ends than one that only looks alive. */
  readonly crashed: (cause: Cause.Cause<unknown>) => Effect.Effect<void>
  /** Fails with the first error raised, or dies of the first crash; until then it waits. */
  readonly raised: Effect.Effect<never, DaemonError>
}>()("bepository/services/Fault") {}
