/** Tells a peer our index of each folder: what it lacks, then what changes. Only what the replica has applied is told. */
import { Context, type Effect } from "effect"
import type { Outbox } from "./BepConnection.ts"

export interface IndexSender {
  /** Begins, or begins anew, after our sequence `after`; 0 begins with a full Index. */
  readonly start: (folder: string, after: number) => void
  /** Sends nothing more of the folder, not even what is queued. */
  readonly stop: (folder: string) => void
  /** Does the sending, for as long as the connection lasts; it ends only by a bug or a damaged cache. */
  readonly run: Effect.Effect<void>
}

export class IndexSending extends Context.Service<IndexSending, {
  /** For one connection. No folder is begun at first. */
  readonly open: (outbox: Outbox) => Effect.Effect<IndexSender>
}>()("bepository/services/IndexSending") {}
