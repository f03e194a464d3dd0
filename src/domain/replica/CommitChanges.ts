/** What a commit means to a replica: records, packs, and which folders' readers want to know. */
import type { Commit } from "../repository/Commit.ts"
import type { FileRecord } from "../repository/Record.ts"
import type { PackRef, SegmentRef } from "../repository/Refs.ts"
import type { State } from "../repository/State.ts"

export interface CommitChanges {
  /** By folder, in the order of the commit; a name may come twice. */
  readonly records: ReadonlyMap<string, ReadonlyArray<FileRecord>>
  /** New records in segments. Segments that repeat records of earlier commits are left out. */
  readonly segments: ReadonlyArray<SegmentRef>
  readonly packs: ReadonlyArray<PackRef>
  /** By pack that was replaced: those in its place. */
  readonly moved: ReadonlyMap<string, ReadonlyArray<string>>
  /** Folders that hold nothing of what was before the commit: they are new, or were removed. */
  readonly emptied: ReadonlySet<string>
  /** Those of them that are there after the commit. */
  readonly added: ReadonlySet<string>
  /** Folders of which every device is asked for its index again: what it announced so far counts no more. */
  readonly forgotten: ReadonlySet<string>
  /** Folders of which rows were lost: a view of them cannot follow, it has to be built anew. */
  readonly lost: ReadonlySet<string>
  /** Folders that are new, were removed, have new records, another index id, or forgot what devices announced. */
  readonly folders: ReadonlySet<string>
}

export const of = (commit: Commit): CommitChanges => {
  const records = new Map<string, Array<FileRecord>>()
  let segments: Array<SegmentRef> = []
  const emptied = new Set<string>()
  const added = new Set<string>()
  const packs: Array<PackRef> = []
  const moved = new Map<string, ReadonlyArray<string>>()
  const forgotten = new Set<string>()
  const lost = new Set<string>()
  const folders = new Set<string>()
  for (const op of commit.ops) {
    switch (op._tag) {
      case "FilesChanged": {
        folders.add(op.folder)
        const known = records.get(op.folder)
        if (known === undefined) records.set(op.folder, [...op.records])
        else known.push(...op.records)
        break
      }
      case "SegmentAdded":
        folders.add(op.folder)
        segments.push(op.segment)
        break
      case "PacksAdded":
        packs.push(...op.packs)
        break
      case "PackReplaced":
        moved.set(op.old, op.packs)
        break
      case "FolderAdded":
        folders.add(op.folder)
        emptied.add(op.folder)
        added.add(op.folder)
        break
      case "FolderRemoved":
        folders.add(op.folder)
        emptied.add(op.folder)
        added.delete(op.folder)
        records.delete(op.folder)
        segments = segments.filter((segment) => segment.folder !== op.folder)
        break
      case "RemoteIndexesForgotten":
        folders.add(op.folder)
        forgotten.add(op.folder)
        break
      case "IndexRenewed":
        folders.add(op.folder)
        lost.add(op.folder)
        break
      case "TimelineForked":
        for (const { folder } of op.folders) folders.add(folder)
        break
      case "CheckpointCreated":
      case "CheckpointsExpired":
      case "EpochOpened":
      case "FolderRelabelled":
      case "IdentitySet":
      case "InlineFlushed":
      case "PacksFlushed":
      case "RemoteIndexAdvanced":
      // The same records in fewer segments; where not, `IndexRenewed` says so. A tombstone that goes stays here until the next
      // rebuilding: it does no harm. So do names of packs that were replaced: what took their place is kept.
      case "SegmentsMerged":
    }
  }
  return { records, segments, packs, moved, emptied, added, forgotten, lost, folders }
}

/** The commit's records that no segment of the state holds: those of folders that were removed since are nobody's. */
export const unflushed = (state: Pick<State, "folders">, commit: Commit): CommitChanges["records"] =>
  new Map([...of(commit).records].filter(([folder]) => state.folders.get(folder)?.inline.includes(commit.position)))
