/** What peers were told to be stored, held against all that was ever recorded. */
import { Result } from "effect"
import * as Conflict from "../../src/domain/Conflict.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import * as VersionVector from "../../src/domain/VersionVector.ts"
import type * as SimPeer from "./SimPeer.ts"

/** Every entry that commits recorded, by name. Rows in segments alone are not seen, and complained about. */
export const recorded = (commits: Iterable<{ readonly ops: ReadonlyArray<Op> }>, complaints: Array<string>) => {
  const entries = new Map<string, Array<FileInfo.FileInfo>>()
  for (const { ops } of commits) {
    for (const op of ops) {
      if (op._tag === "SegmentAdded") complaints.push("records in a segment: the audit must learn to read them")
      if (op._tag !== "FilesChanged") continue
      for (const { info, name } of op.records) {
        const known = entries.get(name)
        const entry = Result.getOrThrow(FileInfo.decode(info))
        if (known === undefined) entries.set(name, [entry])
        else known.push(entry)
      }
    }
  }
  return entries
}

/** Of what was acknowledged, what is in the head neither under its name nor as a conflict copy, and nobody overwrote who had it. */
export const broken = (
  acknowledged: Iterable<readonly [key: string, edit: SimPeer.Edit]>,
  head: ReadonlyMap<string, FileInfo.FileInfo>,
  entries: ReadonlyMap<string, ReadonlyArray<FileInfo.FileInfo>>,
  edits: ReadonlyArray<SimPeer.Edit>
): ReadonlyArray<string> => {
  const live = [...head.values()].filter((info) => !info.deleted)
  const overwritten = Map.groupBy(
    edits.filter(({ info, name }) =>
      entries.get(name)?.some((entry) => FileInfo.sameContent(entry, info) && isAtLeast(entry, info)) === true
    ).flatMap(overwrittenBy),
    ({ name }) => originalOf(name)
  )
  const found: Array<string> = []
  for (const [key, { info, name }] of acknowledged) {
    const now = head.get(name)
    if (info.deleted || now !== undefined && VersionVector.compare(now.version, info.version) === "equal") continue
    if (live.some((other) => FileInfo.sameContent(other, info))) continue
    // A conflict about a copy has a loser without one.
    if (Conflict.isCopy(name)) continue
    // That a version is newer says nothing: one that won a conflict is newer than what it won against, and so is what follows it.
    if (overwritten.get(name)?.some((edit) => FileInfo.sameContent(edit.info, info)) !== true) {
      found.push(`${key} was acknowledged and is gone`)
    }
  }
  return found
}

/** What was there when the edit was made, and before that, back to what its device had from us: who made that overwrote what was before. */
const overwrittenBy = (edit: SimPeer.Edit): ReadonlyArray<SimPeer.Edit> => {
  const before: Array<SimPeer.Edit> = []
  for (let at = edit.made?.over; at !== undefined; at = at.made?.over) before.push(at)
  return before
}

/** The name of what a conflict copy is of. Names that are edited have no extension. */
const originalOf = (name: string): string => name.split(".sync-conflict-", 1)[0]!

const isAtLeast = (a: FileInfo.FileInfo, b: FileInfo.FileInfo): boolean => {
  const order = VersionVector.compare(a.version, b.version)
  return order === "equal" || order === "greater"
}
