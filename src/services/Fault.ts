/** Why the daemon cannot go on: the store refuses for good, the repository is damaged, the cache cannot be written. */
import { Context, type Effect } from "effect"
import type { ReplicaUnusable } from "./Replica.ts"
import type { RepositoryError } from "./Repository.ts"

export type DaemonError = RepositoryError | ReplicaUnusable

export class Fault extends Context.Service<Fault, {
  /** First one counts. */
  readonly raise: (error: DaemonError) => Effect.Effect<void>
  /** Fails with the first error raised; until then it waits. */
  readonly raised: Effect.Effect<never, DaemonError>
}>()("bepository/services/Fault") {}
