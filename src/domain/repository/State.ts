/**
 * What the log says at one position. `state(n) = fold(state(n-1), commit n)`; a state is never changed, and folding any
 * commit that is not `admissible` is a bug.
 */
import * as Result from "effect/Result"
import { hash } from "node:crypto"
import type { DeviceId } from "../DeviceId.ts"
import type { Commit } from "./Commit.ts"
import { apply } from "./Draft.ts"
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

/** Packs that may lie inline when a base is written. */
export const maxInlinePacks = 1024

/** What a judge knows besides state and commit. */
export interface Facts {
  /**
   * Pack ids in the footer of a segment that the commit adds. Undefined leaves that one rule to whoever reads the footer
   * later; the writer and fsck always know.
   */
  readonly packsOf: (segment: string) => ReadonlyArray<string> | undefined
}

/** For a commit whose segments' footers were not read. */
export const noFacts: Facts = { packsOf: () => undefined }

/** Before the first commit. `repository`: 32 hex digits; no commit of another repository follows this state. */
export const initial = (repository: string): State => ({
  position: 0,
  digest: hash("sha256", `bepository ${repository}`, "buffer"),
  epoch: 0,
  time: 0,
  folders: new Map(),
  segments: new Map(),
  packs: { flushed: new Map(), inline: new Map(), segments: [] },
  checkpoints: [],
  nextCheckpoint: 1,
  inlineBytes: 0,
  basePosition: 0
})

/** The rule the commit breaks on this state; undefined for none. Everyone who writes or reads a commit asks this. */
export const admissible = (state: State, commit: Commit, facts: Facts): string | undefined => {
  const applied = apply(state, commit, state.digest, facts)
  return "problem" in applied ? applied.problem : undefined
}

/** The state after an admissible commit. `digest`: `Commit.digest` of its bytes. */
export const fold = (state: State, commit: Commit, digest: Uint8Array): State => {
  const applied = apply(state, commit, digest, noFacts)
  if ("problem" in applied) throw new RangeError(`folding what is not admissible: ${applied.problem}`)
  return applied.state
}

/** `admissible` and `fold` at once. */
export const next = (
  state: State,
  commit: Commit,
  digest: Uint8Array,
  facts: Facts
): Result.Result<State, string> => {
  const applied = apply(state, commit, digest, facts)
  return "problem" in applied ? Result.fail(applied.problem) : Result.succeed(applied.state)
}

/** Whether records may name the pack. */
export const isLive = (state: State, pack: string): boolean => packRef(state, pack) !== undefined

/** What the state says about a pack. */
export const packRef = (state: State, pack: string): PackRef | undefined =>
  state.packs.inline.get(pack)?.ref ?? state.packs.flushed.get(pack)

/** The lowest position whose commit holds records that no segment holds. */
export const inlineSince = (state: State): number | undefined => {
  let lowest: number | undefined
  for (const folder of state.folders.values()) {
    const first = folder.inline[0]
    if (first !== undefined && (lowest === undefined || first < lowest)) lowest = first
  }
  return lowest
}
