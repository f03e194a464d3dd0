/** The live set of a state: what its records name. Read from footers and inline records; footers are kept between calls. */
import { Context, type Effect } from "effect"
import type { LiveSet } from "../domain/repository/LiveSet.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { SegmentRef } from "../domain/repository/Refs.ts"
import type { State } from "../domain/repository/State.ts"
import type { RepositoryError } from "./Repository.ts"

/** Records of one folder that lie in a commit. */
export interface InlineRecords {
  readonly folder: string
  /** Of the commit. */
  readonly position: number
  readonly records: ReadonlyArray<FileRecord>
}

export class LiveSets extends Context.Service<LiveSets, {
  /** Of exactly that state, which must be the repository's head or one shortly before it. May be called in a plan. */
  readonly of: (state: State) => Effect.Effect<LiveSet, RepositoryError>
  /** Records of the state that no segment holds. */
  readonly inline: (state: State) => Effect.Effect<ReadonlyArray<InlineRecords>, RepositoryError>
  /** Segments of folders and checkpoints that name any of the packs. */
  readonly naming: (
    state: State,
    packs: ReadonlySet<string>
  ) => Effect.Effect<ReadonlyArray<SegmentRef>, RepositoryError>
  /** By segment of a folder's present view: how many packs it names that were replaced. */
  readonly replaced: (state: State) => Effect.Effect<ReadonlyMap<string, number>, RepositoryError>
}>()("bepository/services/LiveSets") {}
