/**
 * What a commit can do. How it lies in a commit's bytes is `OpWire`; what it does to a state, and when it may, is `Draft`.
 */
import type * as DeviceId from "../DeviceId.ts"
import type { FileRecord } from "./Record.ts"
import type { Counts, PackRef, SegmentRef, Table } from "./Refs.ts"

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
    readonly device: DeviceId.DeviceId
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
    /** What it holds, where its maker knew. */
    readonly counts?: Counts
  }
  | { readonly _tag: "CheckpointsExpired"; readonly ids: ReadonlyArray<number> }
  /** The bucket was restored from an older copy: every folder gets a new index id, counters move past all that was seen. */
  | {
    readonly _tag: "TimelineForked"
    readonly epoch: number
    readonly folders: ReadonlyArray<{ readonly folder: string; readonly indexId: bigint; readonly sequence: number }>
  }
  /** The folder and all its checkpoints go; it is not taken up again by itself. What it alone held becomes garbage. */
  | { readonly _tag: "FolderRemoved"; readonly folder: string }
  /** Every peer's index of the folder is asked for from its beginning. */
  | { readonly _tag: "RemoteIndexesForgotten"; readonly folder: string }
  /**
   * Rows were lost with their segment, so the folder holds less than was told of it: our own index goes on under another id, and
   * who keeps a view of the folder builds it anew. `sequence`: above all that was given out.
   */
  | { readonly _tag: "IndexRenewed"; readonly folder: string; readonly indexId: bigint; readonly sequence: number }
  | Merge
  /** What records say lies in `old` is found by hash in `packs` from now on. */
  | {
    readonly _tag: "PackReplaced"
    readonly old: string
    readonly packs: ReadonlyArray<string>
    /** The position whose records told which of its blocks live. */
    readonly scanned: number
  }
  /** No record names these any more, in no folder and no checkpoint. */
  | { readonly _tag: "RedirectsDropped"; readonly packs: ReadonlyArray<string> }
  /** Irrevocable: no later commit names them, and after a grace they are deleted. */
  | { readonly _tag: "ObjectsCondemned"; readonly objects: ReadonlyArray<Condemned> }
  /** They were deleted from the store. */
  | { readonly _tag: "ObjectsDeleted"; readonly objects: ReadonlyArray<Doomed> }
  /** Something that lives was condemned: nothing is condemned or deleted until it is mended. */
  | { readonly _tag: "DeletionStopped"; readonly reason: string }
  | { readonly _tag: "DeletionResumed" }
  /** A checkpoint every so often, kept for so long; milliseconds. Replaces the schedule of the same interval. */
  | { readonly _tag: "ScheduleSet"; readonly every: number; readonly keep: number }
  | { readonly _tag: "ScheduleRemoved"; readonly every: number }
  /** The checkpoint stays until its holder lets go, or until a time of the store's clock. */
  | {
    readonly _tag: "CheckpointPinned"
    readonly id: number
    /** "" for the operator, else one reader. */
    readonly holder: string
    readonly reason: string
    readonly until?: number
  }
  | { readonly _tag: "CheckpointUnpinned"; readonly id: number; readonly holder: string }
  /** By an operator's word, whatever the schedules say. */
  | { readonly _tag: "CheckpointsRemoved"; readonly ids: ReadonlyArray<number> }
  /** Who does not know the feature can do nothing with the repository. */
  | { readonly _tag: "FeatureRequired"; readonly feature: string }

/** A table's segments become one. in = out + dropped + tombstones, by multiset hash and by count, but for names of packs. */
export interface Merge {
  readonly _tag: "SegmentsMerged"
  readonly table: Table
  /** "" for the pack table. */
  readonly folder: string
  readonly inputs: ReadonlyArray<string>
  /** Undefined if nothing is left. */
  readonly output?: SegmentRef
  /** Rows that a row of the output supersedes; packs that live no more. */
  readonly dropped: Rows
  /** Tombstones that have served their time. */
  readonly tombstones: Rows & { readonly maxSequence: number }
  /** Rows of the output that differ from their inputs' in nothing but packs: they name what took the place of those. */
  readonly renamed?: Renamed
}

/** in - before + after = out + dropped + tombstones. */
export interface Renamed {
  /** At least one. */
  readonly records: number
  /** Their multiset hash as they were, and as they are. */
  readonly before: Uint8Array
  readonly after: Uint8Array
}

export interface Rows {
  readonly records: number
  /** Their multiset hash. */
  readonly digest: Uint8Array
}

/** An object that goes. */
export interface Doomed {
  readonly kind: "pack" | "segment"
  readonly id: string
}

export interface Condemned extends Doomed {
  /** Of the object, bytes. */
  readonly size: number
}
