/** Whether a record's blocks can be found, by the one rule everybody reads them by: record → run → pack → where that went. */
import * as Result from "effect/Result"
import * as FileInfo from "../FileInfo.ts"
import { type BlockTable, markOf } from "./BlockTable.ts"
import type { FileRecord } from "./Record.ts"

/** A block that is nowhere where it should be. */
export interface Lost {
  /** As the record says. */
  readonly pack: string
  /** What `BlockTable` knows of its hash. */
  readonly mark: number
}

export interface Checked {
  readonly blocks: number
  /** Why the record contradicts itself. */
  readonly problem?: string
  readonly lost?: ReadonlyArray<Lost>
  /** It has content, and says itself that this is not here. */
  readonly unavailable?: boolean
}

/** `packsFor`: where what lay in a pack lies now. */
export const check = (
  record: FileRecord,
  packsFor: (pack: string) => ReadonlyArray<string>,
  table: BlockTable
): Checked => {
  const decoded = FileInfo.decode(record.info)
  if (Result.isFailure(decoded)) return { blocks: 0, problem: decoded.failure }
  const info = decoded.success
  const count = FileInfo.blockCount(info)
  if (info.invalid && record.runs.length === 0) return count > 0 && info.size > 0 ? unavailable : nothing
  const content = info.size === 0 || info.deleted || info.invalid ? 0 : count
  let named = 0
  for (const run of record.runs) named += run.count
  if (named !== content) return { blocks: 0, problem: `it has ${content} blocks and says where ${named} are` }
  if (content === 0) return nothing
  let lost: Array<Lost> | undefined
  let at = 0
  for (const { count, pack } of record.runs) {
    const targets = packsFor(pack)
    for (const end = at + count; at < end; at++) {
      const mark = markOf(info.hashes, at * 32)
      let found = false
      for (const target of targets) found ||= table.has(target, mark)
      if (!found) (lost ??= []).push({ pack, mark })
    }
  }
  return lost === undefined ? { blocks: content } : { blocks: content, lost }
}

const nothing: Checked = { blocks: 0 }
const unavailable: Checked = { blocks: 0, unavailable: true }
