/** Which folders the repository keeps, by an operator's word. Commits without objects: no term, no cache, no daemon. */
import { Context, type Effect } from "effect"
import type { FolderState, RemovedFolder } from "../domain/repository/State.ts"
import type { CheckpointRefused } from "./CheckpointKeeping.ts"
import type { FolderUnknown } from "./Checkpoints.ts"
import type { RepositoryError } from "./Repository.ts"

export class Folders extends Context.Service<Folders, {
  /**
   * The folder and all its checkpoints go, unless one is pinned; what nobody else names is collected later. It is not
   * taken up again by itself, however often a master shares it. Answers what it was.
   */
  readonly remove: (id: string) => Effect.Effect<FolderState, FolderUnknown | CheckpointRefused | RepositoryError>
  /** Takes a removed folder up again, empty and under another index id: its sequences go on. */
  readonly add: (id: string) => Effect.Effect<RemovedFolder, FolderUnknown | RepositoryError>
}>()("bepository/services/Folders") {}
