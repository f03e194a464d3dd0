/** Directories and files of a checkpoint, read from its segments: a directory is one range of keys, whatever the folder's size. */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { FileInfo } from "../domain/FileInfo.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { Checkpoint } from "../domain/repository/State.ts"
import type { BlockMissing } from "./BlockReader.ts"
import type { RepositoryError } from "./Repository.ts"

/** The path is not in the checkpoint (or the checkpoint is gone). */
export class PathNotFound extends Schema.TaggedError<PathNotFound>()("PathNotFound", { path: Schema.String }) {
  override get message() {
    return `there is no ${this.path} in this checkpoint`
  }
}

export interface SnapshotEntry {
  readonly info: FileInfo
  readonly record: FileRecord
}

export class SnapshotReader extends Context.Service<SnapshotReader, {
  /** One live entry; "" is the root and always a directory (its record is empty). */
  readonly stat: (
    checkpoint: Checkpoint,
    path: string
  ) => Effect.Effect<SnapshotEntry, PathNotFound | RepositoryError>
  /**
   * Live entries directly in the directory, ascending by name in byte order. Directories that only exist as parents of
   * entries are not invented here. Not found only if the checkpoint is gone.
   */
  readonly list: (
    checkpoint: Checkpoint,
    directory: string
  ) => Effect.Effect<ReadonlyArray<SnapshotEntry>, PathNotFound | RepositoryError>
  /** The file's bytes `[start, end)`, block by block with read-ahead; each block verified. */
  readonly content: (
    entry: SnapshotEntry,
    start: number,
    end: number
  ) => Stream.Stream<Uint8Array, BlockMissing | RepositoryError>
}>()("bepository/services/SnapshotReader") {}
