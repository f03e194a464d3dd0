/**
 * Who must be told what (BEP sheet §4): where our index begins for a peer, how it is cut into messages, and what a peer's
 * statements do to what we know of it. Sequences are sent in strictly increasing order; a sequence once sent must never be
 * sent again for another entry.
 */
import * as FileInfo from "../FileInfo.ts"
import * as Frames from "./Frames.ts"
import type { Index, IndexUpdate } from "./Messages.ts"
import { encodeIndex } from "./Messages.ts"

/** At most so much in one message; a single larger entry goes alone, and the second half of a rename may come on top. */
export const batchLimit = { entries: 500, blocks: 2500, bytes: 2 * 1024 * 1024 } as const

/** How far a numbering is known. */
export interface Mark {
  readonly indexId: bigint
  readonly sequence: number
}

/** Where the index sender of one (connection, folder) stands. */
export interface Cursor {
  /** The peer has our entries up to this sequence. */
  readonly after: number
  /** The next message is an Index: the peer forgets what it had. */
  readonly full: boolean
}

/** An entry of ours: `info` as `FileInfo.stored` makes it, without sequence. */
export interface Outgoing {
  readonly sequence: number
  readonly info: Uint8Array
}

/**
 * Where to begin, by what the peer stated about us in its ClusterConfig. `ahead` says that it knows a sequence of this
 * numbering that we do not: our state is older than what was announced (law 11).
 */
export const sendStart = (position: {
  readonly ourIndexId: bigint
  readonly ourMax: number
  readonly stated: { readonly indexId: bigint; readonly maxSequence: number }
}): Cursor & { readonly ahead: boolean } => {
  const { ourIndexId, ourMax, stated } = position
  const same = stated.indexId === ourIndexId && stated.indexId !== 0n
  const ahead = same && stated.maxSequence > ourMax
  const after = same && !ahead ? stated.maxSequence : 0
  return { after, full: after === 0, ahead }
}

/**
 * The end of the batch that begins at `from`. A live entry directly followed by a deletion is taken for a rename, whose
 * halves must not be parted: pass one record more than a batch can hold, so that the end can be seen.
 */
export const batchEnd = (records: ReadonlyArray<Outgoing>, from: number): number => {
  let end = from
  let blocks = 0
  let bytes = 0
  let live = false
  while (end < records.length) {
    const { info } = records[end]!
    const outline = FileInfo.outline(info)
    blocks += outline.blocks
    bytes += info.length
    const full = end - from >= batchLimit.entries || blocks > batchLimit.blocks || bytes > batchLimit.bytes
    if (full && end > from) return live && outline.deleted ? end + 1 : end
    live = !outline.deleted
    end++
  }
  return end
}

/** The next message of a stream as a whole frame, and where the stream stands after it; undefined if nothing is left. */
export const nextMessage = (
  folder: string,
  cursor: Cursor,
  records: ReadonlyArray<Outgoing>
): { readonly frame: Uint8Array; readonly cursor: Cursor; readonly taken: number } | undefined => {
  const taken = batchEnd(records, 0)
  if (taken === 0) return undefined
  const infos = records.slice(0, taken).map((record) => FileInfo.announce(record.info, record.sequence))
  const last = records[taken - 1]!.sequence
  const body = encodeIndex(folder, infos, last, cursor.full ? undefined : cursor.after)
  const frame = Frames.encode(cursor.full ? Frames.INDEX : Frames.INDEX_UPDATE, body)
  return { frame, cursor: { after: last, full: false }, taken }
}

/**
 * What a peer's ClusterConfig does to what it announced before: `reset` forgets that (never what we stored). A paused
 * folder states no index id and resets nothing.
 */
export const onClusterConfig = (
  held: Mark | undefined,
  stated: { readonly indexId: bigint; readonly paused: boolean }
): "keep" | "reset" =>
  stated.paused && stated.indexId === 0n
    ? "keep"
    : held !== undefined && stated.indexId !== 0n && held.indexId === stated.indexId
    ? "keep"
    : "reset"

/**
 * What an Index or IndexUpdate does: an Index replaces what was announced. `sequence` is the mark after it: the highest
 * number seen, for Syncthing 1.19 does not state it. `gap` says that the peer believes we have a message we have not.
 */
export const onIndex = (
  held: Mark | undefined,
  message: Index | IndexUpdate
): { readonly decision: "keep" | "reset"; readonly sequence: number; readonly gap: boolean } => {
  const before = message._tag === "Index" || held === undefined ? 0 : held.sequence
  let sequence = Math.max(before, message.lastSequence)
  for (const file of message.files) if (file.sequence > sequence) sequence = file.sequence
  return {
    decision: message._tag === "Index" ? "reset" : "keep",
    sequence,
    gap: message._tag === "IndexUpdate" && message.prevSequence > before
  }
}
