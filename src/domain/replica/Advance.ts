/**
 * How the tables go on by one commit: in one transaction, but for the records of a large one, which are put ahead of it and
 * listed only by it. Another process may have been first, or have built on another history: each transaction looks again.
 */
import type { Commit } from "../repository/Commit.ts"
import type { FileRecord } from "../repository/Record.ts"
import type { State } from "../repository/State.ts"
import type { Draft } from "./Catalogue.ts"
import type { CommitChanges } from "./CommitChanges.ts"
import * as Gone from "./Gone.ts"
import * as Inbox from "./Inbox.ts"
import * as Moved from "./Moved.ts"
import * as Records from "./Records.ts"
import { sameDigest } from "./Standing.ts"

/** The commit, and the state after it. */
export interface Step {
  readonly commit: Pick<Commit, "position" | "previous">
  readonly state: Pick<State, "position" | "digest" | "folders">
  readonly changes: CommitChanges
}

export type Outcome =
  /** The tables stand at the commit now. */
  | "Applied"
  /** They stood there, or further, already. */
  | "Past"
  /** They stand elsewhere: by another history, or not at all. */
  | "Diverged"

/** Drops what folders held that hold nothing of it any more. */
export const empty = ({ catalogue, draft, tables }: Records.Work, step: Step): void => {
  if (!begins(draft, step)) return
  for (const folder of step.changes.emptied) Gone.drop(tables, catalogue, folder)
}

/** Puts records of the commit that are too many for its last transaction. */
export const putAhead = (
  work: Records.Work,
  step: Step,
  folder: string,
  records: ReadonlyArray<FileRecord>
): void => {
  if (!begins(work.draft, step)) return
  Records.put(work, work.catalogue.addFolder(work.tables, work.draft, folder), records)
}

/** All that is left of the commit. Records of more than `Records.batch` were put ahead. */
export const finish = (work: Records.Work, step: Step): Outcome => {
  const { catalogue, draft, tables } = work
  const { changes, commit, state } = step
  if (!fits(draft, step)) return (draft.applied?.position ?? 0) >= commit.position ? "Past" : "Diverged"
  for (const folder of changes.added) catalogue.addFolder(tables, draft, folder)
  for (const [folder, records] of changes.records) {
    const number = catalogue.addFolder(tables, draft, folder)
    if (records.length <= Records.batch) Records.put(work, number, records)
  }
  for (const folder of changes.forgotten) Inbox.forget(tables, folder)
  arrive(work, state, changes.moved, changes.folders)
  draft.begun = undefined
  return "Applied"
}

/** The tables hold all of the state: its records are listed, and the stamp says so. `folders`: those to look at. */
export const arrive = (
  { catalogue, draft, tables }: Records.Work,
  state: Step["state"],
  moved: CommitChanges["moved"],
  folders: { readonly has: (folder: string) => boolean }
): void => {
  Moved.put(tables, draft, catalogue, moved)
  for (const { id, sequence } of state.folders.values()) {
    if (folders.has(id)) Records.show(tables, catalogue.addFolder(tables, draft, id), sequence)
  }
  draft.applied = { position: state.position, digest: state.digest }
}

/** The tables stand just before the commit, and nobody began another one there. */
const fits = ({ applied, begun }: Draft, { commit, state }: Step): boolean =>
  applied?.position === commit.position - 1 && sameDigest(applied.digest, commit.previous) &&
  (begun === undefined || sameDigest(begun, state.digest))

/** From now on only this commit fits. False if it does not. */
const begins = (draft: Draft, step: Step): boolean => {
  if (!fits(draft, step)) return false
  draft.begun = step.state.digest
  return true
}
