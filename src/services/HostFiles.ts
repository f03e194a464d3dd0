/**
 * Small files in which a host keeps what it must not forget when its replicas are discarded. Each is whole and durable, or not
 * there.
 */
import { Context, type Effect } from "effect"
import type { ReplicaUnusable } from "./Replica.ts"

export class HostFiles extends Context.Service<HostFiles, {
  /** Where a file of that name is, for messages. A name may hold a directory. */
  readonly pathOf: (name: string) => string
  /** Undefined if there is none, nor a place for one: whoever must make one is told then. */
  readonly read: (name: string) => Effect.Effect<string | undefined, ReplicaUnusable>
  /** In the place of what there was. */
  readonly replace: (name: string, text: string) => Effect.Effect<void, ReplicaUnusable>
  /** If there is none: the first of several processes wins. */
  readonly create: (name: string, text: string) => Effect.Effect<void, ReplicaUnusable>
  /** The failure of whoever cannot make sense of a file. */
  readonly damaged: (name: string, mend: string) => ReplicaUnusable
}>()("bepository/services/HostFiles") {}
