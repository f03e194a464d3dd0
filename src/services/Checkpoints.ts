/** Moments of folders that can be gone back to. Age counts on the store's clock, from the commit that superseded one. */
import { Context, type Effect, Schema } from "effect"
import * as Runtime from "effect/Runtime"
import type { Checkpoint } from "../domain/repository/State.ts"
import type { LeaseHeld } from "./Lease.ts"
import type { Fenced, RepositoryError } from "./Repository.ts"

/** No folder of that id or label. */
export class FolderUnknown extends Schema.TaggedError<FolderUnknown>()("FolderUnknown", {
  folder: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override readonly [Runtime.errorExitCode] = 2
  override get message() {
    return this.known.length === 0
      ? `there is no folder "${this.folder}": the repository has no folders yet; share one with this device in Syncthing`
      : `there is no folder "${this.folder}"; there are: ${this.known.join(", ")}`
  }
}

export class Checkpoints extends Context.Service<Checkpoints, {
  /** Folder ids, or undefined for all. Folders unchanged since their newest checkpoint get none. Answers those made. */
  readonly create: (
    folders: ReadonlyArray<string> | undefined,
    reason: "manual" | "schedule"
  ) => Effect.Effect<ReadonlyArray<Checkpoint>, FolderUnknown | LeaseHeld | Fenced | RepositoryError>
  /** Oldest first. */
  readonly list: Effect.Effect<ReadonlyArray<Checkpoint>, RepositoryError>
  /** One round of the schedule: creates what is due, expires what was already found due a grace ago. */
  readonly round: Effect.Effect<
    { readonly created: ReadonlyArray<Checkpoint>; readonly expired: ReadonlyArray<Checkpoint> },
    LeaseHeld | Fenced | RepositoryError
  >
}>()("bepository/services/Checkpoints") {}
