/**
 * When records and packs that lie in commits only move to segments, and which. A flush takes the whole of what was
 * committed up to one position, so that opening needs one base and a short log.
 */
import type { Commit } from "./Commit.ts"
import { newest } from "./Order.ts"
import type { FileRecord } from "./Record.ts"
import type { PackRef } from "./Refs.ts"
import { maxInlinePacks, type State } from "./State.ts"

/** Commits after the newest base that make a flush due. */
export const maxCommits = 64
/** Bytes of log after the newest base that make a flush due. */
export const maxBytes = 4 * 1024 * 1024

/** Inline packs that a flush leaves inline: each pack-table segment is one more request for whoever opens. */
const fewPacks = maxInlinePacks / 2

/** Whether opening has become dear. `logBytes`: sizes of the log's entries after the newest base. */
export const isDue = (state: State, logBytes: number): boolean =>
  state.position - state.basePosition >= maxCommits || logBytes >= maxBytes

/** Whether the state can be a base as it is: then whoever finds one due may put it, without a term. */
export const isFlushed = (state: State): boolean =>
  folders(state).length === 0 && state.packs.inline.size <= maxInlinePacks

/** Folders with records that no segment holds. */
export const folders = (state: State): ReadonlyArray<string> =>
  Array.from(state.folders.values()).filter((folder) => folder.inline.length > 0).map((folder) => folder.id)

/**
 * The folder's inline records, of each name the newest, in order of rows; undefined if a commit that holds some is not
 * among `commits`.
 */
export const records = (
  state: State,
  folder: string,
  commits: Iterable<Commit>
): ReadonlyArray<FileRecord> | undefined => {
  const wanted = new Set(state.folders.get(folder)?.inline)
  const found: Array<FileRecord> = []
  for (const commit of commits) {
    if (!wanted.delete(commit.position)) continue
    for (const op of commit.ops) {
      if (op._tag === "FilesChanged" && op.folder === folder) { for (const record of op.records) found.push(record) }
    }
  }
  return wanted.size === 0 ? newest(found).records : undefined
}

/** The packs to move to the pack table now; none while they are few. */
export const packs = (state: State): ReadonlyArray<PackRef> =>
  state.packs.inline.size <= fewPacks ? [] : Array.from(state.packs.inline.values(), (pack) => pack.ref)
