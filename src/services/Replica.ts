/**
 * This host's copy of the repository's head: records by name and by sequence, the block index, the inbox. A cache: stamped
 * with (repository, position, digest), never ahead of the log, rebuilt from the store when in doubt.
 * Methods ending in `Unsafe` are synchronous reads of a memory-mapped file (about 2 µs) and throw only on a broken disk.
 */
import { Context, Effect, Queue, Schema, Stream } from "effect"
import * as Runtime from "effect/Runtime"
import type { DeviceId } from "../domain/DeviceId.ts"
import type { ChangedFolders } from "../domain/replica/ChangedFolders.ts"
import type { Settlement } from "../domain/replica/Settlements.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { PackContents } from "../domain/repository/State.ts"
import type { RepositoryError } from "./Repository.ts"

/** The cache directory cannot be used. */
export class ReplicaUnusable extends Schema.TaggedError<ReplicaUnusable>()("ReplicaUnusable", {
  directory: Schema.String,
  reason: Schema.String,
  mend: Schema.String,
  full: Schema.Boolean
}) {
  override readonly [Runtime.errorExitCode] = this.full ? 23 : 22
  override get message() {
    return `the cache directory ${this.directory} cannot be used: ${this.reason}; ${this.mend}`
  }
}

/**
 * An entry a peer announced and we do not hold: not yet, or because it lost a conflict; then it waits until the record it lost
 * to changes, or the device announces another. `sequence` is the peer's.
 */
export interface InboxEntry {
  readonly sequence: number
  readonly name: string
  /** Encoded FileInfo, as received. */
  readonly info: Uint8Array
}

/** How far we have taken in a device's index of a folder: everything up to `sequence` is decided or in the inbox. */
export interface InboxMark {
  readonly indexId: bigint
  readonly sequence: number
}

export interface RecordPage {
  readonly records: ReadonlyArray<FileRecord>
  /** Our sequence of the last record of the page, or the one asked from if there was none. */
  readonly last: number
}

export class Replica extends Context.Service<Replica, {
  readonly directory: string
  /**
   * Applies every commit up to the repository's known head; rebuilds from segments if the stamp does not fit. Concurrent
   * calls share one run. `fresh` gives the block hashes of packs this process has just uploaded. `settled` entries leave
   * the inbox in the transaction that applies their commit, or at the end if it was applied before; never without it.
   * `put`: the records of segments this process has just put, by segment id, so that they are not fetched.
   */
  readonly catchUp: (
    fresh?: ReadonlyMap<string, PackContents>,
    settled?: Settlement,
    put?: ReadonlyMap<string, ReadonlyArray<FileRecord>>
  ) => Effect.Effect<void, ReplicaUnusable | RepositoryError>
  /** Position of the last applied commit. */
  readonly positionUnsafe: () => number
  /** Emits the folder ids that changed, after each applied commit; bounded by dropping duplicates, never by dropping folders. */
  readonly changes: Stream.Stream<ReadonlySet<string>>

  /** Our sequence up to which the folder's records are listed: that of the folder in the last applied state, 0 before. */
  readonly sequenceUnsafe: (folder: string) => number
  /** The current record of a name, tombstones included. */
  readonly recordUnsafe: (folder: string, name: string) => FileRecord | undefined
  /** Records with our sequence > `after`, ascending, at most `limit.records` and about `limit.bytes`. */
  readonly recordsAfterUnsafe: (
    folder: string,
    after: number,
    limit: { readonly records: number; readonly bytes: number }
  ) => RecordPage
  /** Live names in the same directory that begin with `prefix` (whole path). */
  readonly siblingsUnsafe: (folder: string, parent: string, basePrefix: string) => ReadonlyArray<FileRecord>
  /** Counts of the folder's live records; `bytes` is the sum of file sizes. */
  readonly totalsUnsafe: (
    folder: string
  ) => { readonly files: number; readonly directories: number; readonly bytes: number }

  /** The live pack that holds the block, full hash compared. A condemned pack is a miss, and before a first `catchUp` all. */
  readonly findBlockUnsafe: (hash: Uint8Array) => string | undefined

  /**
   * Live packs that may hold what a record here says lies in the pack, where the log does not know that any more: rows of
   * segments were given new names, and records here keep the old ones. Empty for a pack that is live, or has a redirect.
   */
  readonly movedUnsafe: (pack: string) => ReadonlyArray<string>

  /** How far the inbox of (device, folder) reaches; absent in a rebuilt replica. */
  readonly markUnsafe: (device: DeviceId, folder: string) => InboxMark | undefined
  /**
   * One durable transaction: puts `entries` (an entry replaces an older one of the same name), removes `drop` by the
   * peer's sequence, then moves the mark. `reset` first forgets the whole inbox of (device, folder).
   */
  readonly receive: (change: {
    readonly device: DeviceId
    readonly folder: string
    readonly entries: ReadonlyArray<InboxEntry>
    /** Names whose waiting entry, if any, is superseded by one that needs nothing. */
    readonly settled: ReadonlyArray<string>
    readonly mark: InboxMark
    readonly reset: boolean
  }) => Effect.Effect<void, ReplicaUnusable>
  /** Removes entries (by the peer's sequence) that were stored, or need nothing any more. Durable with the next transaction. */
  readonly settle: (
    device: DeviceId,
    folder: string,
    indexId: bigint,
    sequences: ReadonlyArray<number>
  ) => Effect.Effect<void, ReplicaUnusable>
  /** Waiting entries with the peer's sequence > `after`, ascending, at most `limit`. */
  readonly inboxUnsafe: (device: DeviceId, folder: string, after: number, limit: number) => ReadonlyArray<InboxEntry>
  /** The lowest sequence still waiting, if any. */
  readonly inboxLowestUnsafe: (device: DeviceId, folder: string) => number | undefined
  /** The peer's sequence of the entry of that name which waits, if one does. */
  readonly waitingUnsafe: (device: DeviceId, folder: string, name: string) => number | undefined
  /** Number of entries waiting. */
  readonly inboxSizeUnsafe: (device: DeviceId, folder: string) => number
}>()("bepository/services/Replica") {}

/** `Replica.changes` of a layer that publishes there: each reader takes what changed since it looked last. */
export const changesOf = (changed: ChangedFolders): Replica["Service"]["changes"] =>
  Stream.unwrap(Effect.gen(function*() {
    const wake = yield* Queue.sliding<void>(1)
    const reader = yield* Effect.acquireRelease(
      Effect.sync(() => changed.open(() => Queue.offerUnsafe(wake, undefined))),
      (reader) => Effect.sync(reader.close)
    )
    return Stream.fromEffectRepeat(Effect.map(Queue.take(wake), reader.take))
  }))
