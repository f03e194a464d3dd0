/**
 * One entry of the log. Its bytes are final once put: `digest` is over exactly the bytes `encode` gave, and the next
 * commit carries it.
 */
import type { DeviceId } from "../DeviceId.ts"
import type { FileRecord } from "./Record.ts"
import type { PackRef, SegmentRef } from "./Refs.ts"

export type Op =
  /** Opens a writer's term. The commit's own term is the same number. */
  | { readonly _tag: "EpochOpened"; readonly epoch: number }
  /** The TLS identity all hosts share, both as DER. */
  | { readonly _tag: "IdentitySet"; readonly certificate: Uint8Array; readonly privateKey: Uint8Array }
  | { readonly _tag: "FolderAdded"; readonly folder: string; readonly label: string; readonly indexId: bigint }
  | { readonly _tag: "FolderRelabelled"; readonly folder: string; readonly label: string }
  /** Records inside the commit, in order of their sequences. */
  | { readonly _tag: "FilesChanged"; readonly folder: string; readonly records: ReadonlyArray<FileRecord> }
  /** Records in a segment of their own: too many to lie in the commit. */
  | { readonly _tag: "SegmentAdded"; readonly folder: string; readonly segment: SegmentRef }
  | { readonly _tag: "PacksAdded"; readonly packs: ReadonlyArray<PackRef> }
  /** Every entry of the device up to `sequence` (its own) is in the state or was decided to need nothing. */
  | {
    readonly _tag: "RemoteIndexAdvanced"
    readonly folder: string
    readonly device: DeviceId
    readonly indexId: bigint
    readonly sequence: number
  }
  /** The folder's inline records of commits up to `through` now lie in the segment. */
  | {
    readonly _tag: "InlineFlushed"
    readonly folder: string
    readonly through: number
    readonly segment: SegmentRef
  }
  /** Inline packs of commits up to `through` now lie in the segment. */
  | { readonly _tag: "PacksFlushed"; readonly through: number; readonly segment: SegmentRef }
  | {
    readonly _tag: "CheckpointCreated"
    readonly id: number
    readonly folder: string
    readonly reason: "manual" | "schedule"
  }
  | { readonly _tag: "CheckpointsExpired"; readonly ids: ReadonlyArray<number> }
  /** The bucket was restored from an older copy: every folder gets a new index id, counters move past all that was seen. */
  | {
    readonly _tag: "TimelineForked"
    readonly epoch: number
    readonly folders: ReadonlyArray<{ readonly folder: string; readonly indexId: bigint; readonly sequence: number }>
  }

export interface Commit {
  /** The n of `log/<n>`; the first is 1. */
  readonly position: number
  /** Digest of the commit before; of the first one, `State.initial`'s. 32 bytes. */
  readonly previous: Uint8Array
  /** Epoch of the writer's term; 0 for a writer without one. */
  readonly term: number
  /** 16 random bytes, by which a writer knows its own commit again. */
  readonly nonce: Uint8Array
  /** Who wrote it, for people. */
  readonly host: string
  /** The store's clock, Unix milliseconds. */
  readonly time: number
  readonly ops: ReadonlyArray<Op>
}
