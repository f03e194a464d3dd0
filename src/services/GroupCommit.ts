/**
 * One commit of staged files and of the packs that hold them, as far as the replica: from there the files are announced.
 * It may be made again with the same files and packs: what an interrupted attempt committed is found, and not repeated.
 */
import { Context, type Effect } from "effect"
import type { Draft, Staged } from "../domain/sync/CommitDraft.ts"
import type { SealedPack } from "./BlockStore.ts"
import type { WriteFence } from "./Lease.ts"
import type { ReplicaUnusable } from "./Replica.ts"
import type { Fenced, RepositoryError } from "./Repository.ts"

export class GroupCommit extends Context.Service<GroupCommit, {
  /** Durable, applied and settled when it answers with what became of the files. `packs`: durable, named by no commit yet. */
  readonly make: (
    files: ReadonlyArray<Staged>,
    packs: ReadonlyArray<SealedPack>,
    fence: WriteFence
  ) => Effect.Effect<Draft, Fenced | RepositoryError | ReplicaUnusable>
}>()("bepository/services/GroupCommit") {}
