/**
 * What the log says at one position. `state(n) = fold(state(n-1), commit n)`; a state is never changed, and folding any
 * commit that is not `admissible` is a bug.
 */
import type { DeviceId } from "../DeviceId.ts"
import type { Checkpoint, PackContents, PackRef, SegmentRef, Table } from "./Refs.ts"

export type { Checkpoint, PackContents, PackRef, SegmentRef, Table }

/** How far we have taken in a device's index of a folder. */
export interface RemoteIndex {
  readonly indexId: bigint
  readonly sequence: number
}

export interface FolderState {
  readonly id: string
  readonly label: string
  /** What we announce our index under; never 0. */
  readonly indexId: bigint
  /** The highest ever used. */
  readonly sequence: number
  /** Segments of the current view. */
  readonly segments: ReadonlyArray<string>
  /** Positions of commits with inline records that no segment holds yet, ascending. */
  readonly inline: ReadonlyArray<number>
  /** About how many bytes those records take, commit by commit. */
  readonly inlineSizes: ReadonlyArray<number>
  readonly remotes: ReadonlyMap<DeviceId, RemoteIndex>
  /** Store time of the last change of its records, 0 if there was none. */
  readonly changedAt: number
}

export interface PackTable {
  /** Packs that pack-table segments hold. Huge: never copied but by the commit that flushes packs. */
  readonly flushed: ReadonlyMap<string, PackRef>
  /** Packs of recent commits, at most `maxInlinePacks` when a base is written. */
  readonly inline: ReadonlyMap<string, { readonly ref: PackRef; readonly position: number }>
  /** The pack-table segments that make up `flushed`. */
  readonly segments: ReadonlyArray<string>
}

export interface State {
  /** Of the last commit folded in; 0 before the first. */
  readonly position: number
  /** Its digest, 32 bytes. */
  readonly digest: Uint8Array
  readonly epoch: number
  /** The highest store time of any commit, Unix milliseconds. */
  readonly time: number
  readonly identity?: { readonly certificate: Uint8Array; readonly privateKey: Uint8Array }
  readonly folders: ReadonlyMap<string, FolderState>
  readonly segments: ReadonlyMap<string, SegmentRef>
  readonly packs: PackTable
  /** Oldest first. */
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly nextCheckpoint: number
  /** About how many bytes of records lie in commits only. */
  readonly inlineBytes: number
  /** Of the newest base this state is known to stand on; local knowledge, not part of what is folded or stored. */
  readonly basePosition: number
}
