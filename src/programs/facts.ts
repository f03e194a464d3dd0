/** What `status` and `list-folders` tell of a repository, gathered from its state and, where it is cheap, from its metadata. */
import { Effect } from "effect"
import type { FolderState, State } from "../domain/repository/State.ts"
import * as Text from "./text.ts"
import * as Totals from "./totals.ts"

/** Metadata read for counts without being asked to. Bytes. */
export const cheap = 64 * 1024 * 1024

export interface FolderFacts {
  readonly id: string
  readonly label: string
  /** Live files, directories and the files' bytes; null where counting them would have been too much to read. */
  readonly files: number | null
  readonly directories: number | null
  readonly bytes: number | null
  /** Files whose content is lost, and that do not count. */
  readonly notHere: number | null
  readonly checkpoints: number
  /** ISO 8601, null if nothing was ever stored. */
  readonly changed: string | null
}

/** In order of label, then id. `always` counts whatever it costs. */
export const folders = Effect.fn("Facts.folders")(function*(state: State, always: boolean) {
  const all = [...state.folders.values()].toSorted((a, b) => order(a) < order(b) ? -1 : 1)
  const affordable = always || all.reduce((sum, folder) => sum + Totals.cost(state, folder), 0) <= cheap
  return yield* Effect.forEach(
    all,
    (folder) =>
      Effect.map(affordable ? Totals.count(folder) : Effect.undefined, (totals): FolderFacts => ({
        id: folder.id,
        label: folder.label,
        files: totals?.files ?? null,
        directories: totals?.directories ?? null,
        bytes: totals?.bytes ?? null,
        notHere: totals?.notHere ?? null,
        checkpoints: state.checkpoints.filter((checkpoint) => checkpoint.folder === folder.id).length,
        changed: folder.changedAt === 0 ? null : Text.time(folder.changedAt)
      }))
  )
})

const order = (folder: Pick<FolderState, "id" | "label">): string => `${folder.label}\0${folder.id}`

/** Metadata that a count of everything reads, for the hint. */
export const cost = (state: State): number =>
  [...state.folders.values()].reduce((sum, folder) => sum + Totals.cost(state, folder), 0)

export const table = (rows: ReadonlyArray<FolderFacts>, state: State, now: number): string =>
  Text.table(
    ["FOLDER", "ID", ">FILES", ">SIZE", ">CHECKPOINTS", "CHANGED"],
    rows.map((row) => [
      Text.cut(row.label || row.id, 60),
      Text.cut(row.id, 60),
      row.files === null ? "?" : Text.count(row.files),
      row.bytes === null ? "?" : Text.bytes(row.bytes),
      Text.count(row.checkpoints),
      row.changed === null ? "never" : Text.ago(state.folders.get(row.id)?.changedAt ?? 0, now)
    ])
  )

/** Folders that an operator removed, in order of label, then id. */
export const removed = (state: State) =>
  removedOf(state).map(({ id, label, time }) => ({ id, label, removed: Text.time(time) }))

const removedOf = (state: State) => [...state.removed.values()].toSorted((a, b) => order(a) < order(b) ? -1 : 1)

export const removedTable = (state: State, now: number): string =>
  Text.table(
    ["FOLDER", "ID", "REMOVED"],
    removedOf(state).map(({ id, label, time }) => [Text.cut(label || id, 60), Text.cut(id, 60), Text.ago(time, now)])
  )

/** Said below a table that leaves files out, since their content is lost. */
export const lost = (rows: ReadonlyArray<FolderFacts>): ReadonlyArray<string> => {
  const count = rows.reduce((sum, { notHere }) => sum + (notHere ?? 0), 0)
  return count === 0
    ? []
    : [`${Text.counted(count, "file")} not here (fsck --repair marked them): connect a device that has them`]
}

/** Said once below a table with question marks. */
export const uncounted = (state: State): string =>
  `Files were not counted: that reads ${Text.bytes(cost(state))} of metadata. --count does it.`
