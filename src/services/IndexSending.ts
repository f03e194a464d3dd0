/** Tells a peer our index of each folder: what it lacks, then what changes. Only what the replica has applied is told. */
import { Context, type Effect, type Scope } from "effect"
import type { Outbox } from "./BepConnection.ts"

export interface IndexSender {
  /** Begins, or begins anew, after our sequence `after`; 0 begins with a full Index. */
  readonly start: (folder: string, after: number) => void
  /** Sends nothing more of the folder, not even what is queued. */
  readonly stop: (folder: string) => void
}

export class IndexSending extends Context.Service<IndexSending, {
  /** Sends on one connection until the scope closes. No folder is begun at first. */
  readonly open: (outbox: Outbox) => Effect.Effect<IndexSender, never, Scope.Scope>
}>()("bepository/services/IndexSending") {}
