/** Answers a peer's block requests, in any order, with a bounded number of bytes in memory. */
import { Context, type Effect, type Scope } from "effect"
import type { Request } from "../domain/bep/Messages.ts"
import type { Outbox } from "./BepConnection.ts"

export class BlockServing extends Context.Service<BlockServing, {
  /**
   * Serves one connection until the scope closes. `shared` tells whether the folder may be read by the peer now. The
   * function takes requests over without waiting; it answers false, taking nothing, when too many are unanswered.
   */
  readonly serve: (
    outbox: Outbox,
    shared: (folder: string) => boolean
  ) => Effect.Effect<(requests: ReadonlyArray<Request>) => boolean, never, Scope.Scope>
}>()("bepository/services/BlockServing") {}
