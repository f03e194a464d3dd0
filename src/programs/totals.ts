/**
 * Live files, directories and bytes of a folder, counted from the store alone: no cache is needed. All metadata of the
 * folder is read for that, so the caller decides by `cost` whether it is worth it.
 */
import { Effect, Result, Stream } from "effect"
import * as FileInfo from "../domain/FileInfo.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import * as Segment from "../domain/repository/Segment.ts"
import type { FolderState, State } from "../domain/repository/State.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import {
  Repository,
  RepositoryCorrupt,
  type RepositoryError,
  RepositoryNewer,
  unreadable
} from "../services/Repository.ts"

export interface Totals {
  readonly files: number
  readonly directories: number
  /** Sum of the files' sizes. */
  readonly bytes: number
  /** Files that a repair marked: their content is lost until a device that has them is connected. They count nowhere else. */
  readonly notHere: number
}

/** Bytes that counting the folder reads. */
export const cost = (state: State, folder: FolderState): number =>
  folder.segments.reduce((sum, id) => sum + (state.segments.get(id)?.size ?? 0), 0) +
  folder.inlineSizes.reduce((sum, size) => sum + size, 0)

/** What one name is at its newest sequence seen so far; undefined for what does not count. */
interface Seen {
  readonly sequence: number
  readonly is: "directory" | "not here" | { readonly size: number } | undefined
}

export const count = Effect.fn("Totals.count")(function*(
  folder: FolderState
): Effect.fn.Return<Totals, RepositoryError, ObjectStore | Repository> {
  const store = yield* ObjectStore
  const repository = yield* Repository
  const newest = new Map<string, Seen>()
  const take = (records: ReadonlyArray<FileRecord>) => {
    for (const record of records) {
      const known = newest.get(record.name)
      if (known === undefined || known.sequence < record.sequence) newest.set(record.name, look(record))
    }
  }
  for (const id of folder.segments) {
    const key = ObjectKey.segment(id)
    const bytes = yield* store.get(key).pipe(
      Effect.catchTags({
        ObjectNotFound: () => Effect.fail(new RepositoryCorrupt({ key, reason: "it is missing" })),
        ObjectUnreadable: unreadable
      })
    )
    const read = Segment.readAll(repository.sealing, id, bytes)
    if (Result.isFailure(read)) {
      const { kind, reason } = read.failure
      return yield* kind === "newer"
        ? new RepositoryNewer({ location: store.location, what: `${key}: ${reason}` })
        : new RepositoryCorrupt({ key, reason })
    }
    if (read.success.content.table === "files") take(read.success.content.records)
  }
  const [firstInline] = folder.inline
  if (firstInline !== undefined) {
    yield* Stream.runForEach(repository.commitsAfter(firstInline - 1), ({ commit }) =>
      Effect.sync(() => {
        for (const op of commit.ops) if (op._tag === "FilesChanged" && op.folder === folder.id) take(op.records)
      }))
  }
  let files = 0
  let directories = 0
  let bytes = 0
  let notHere = 0
  for (const { is } of newest.values()) {
    if (is === undefined) continue
    if (is === "directory") directories++
    else if (is === "not here") notHere++
    else {
      files++
      bytes += is.size
    }
  }
  return { files, directories, bytes, notHere }
})

const look = (record: FileRecord): Seen => {
  const info = Result.getOrUndefined(FileInfo.decode(record.info))
  return { sequence: record.sequence, is: info === undefined ? undefined : kindOf(info, record.runs.length > 0) }
}

const kindOf = (info: FileInfo.FileInfo, isStored: boolean): Seen["is"] => {
  if (info.deleted || info.type === "symlink") return undefined
  // Whatever else is invalid never had content here.
  if (info.invalid) return !isStored && info.size > 0 && FileInfo.blockCount(info) > 0 ? "not here" : undefined
  return info.type === "directory" ? "directory" : { size: info.size }
}
