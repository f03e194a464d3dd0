/** What a folder holds in one state, for whoever notes it down. */
import { Context, type Effect } from "effect"
import type { Counts } from "../domain/repository/Refs.ts"
import type { State } from "../domain/repository/State.ts"
import type { RepositoryError } from "./Repository.ts"

export class FolderTotals extends Context.Service<FolderTotals, {
  /** Exact, in exactly this state; undefined where finding out would be dear. */
  readonly at: (state: State, folder: string) => Effect.Effect<Counts | undefined, RepositoryError>
}>()("bepository/services/FolderTotals") {}
