/**
 * What the log says at one position. `state(n) = fold(state(n-1), commit n)`; a state is never changed, and folding any
 * commit that is not `admissible` is a bug.
 */
import * as Result from "effect/Result"
import { hash } from "node:crypto"
import type { DeviceId } from "../DeviceId.ts"
import type { Commit } from "./Commit.ts"
import { apply } from "./Draft.ts"
import * as Upkeep from "./DraftUpkeep.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { Condemned } from "./Op.ts"
import type { Checkpoint, PackContents, PackRef, SegmentRef, Table } from "./Refs.ts"
import { defaultRules, type Rule } from "./Retention.ts"

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
  /** Oldest first, about one a week: how old a sequence is at least. */
  readonly milestones: ReadonlyArray<Milestone>
}

/** At `time` (the store's), all sequences up to `sequence` had been given out. */
export interface Milestone {
  readonly time: number
  readonly sequence: number
}

/** A folder that was removed by an operator's word: it is not taken up again until somebody asks for it. */
export interface RemovedFolder {
  readonly id: string
  readonly label: string
  readonly indexId: bigint
  /** The highest ever used. */
  readonly sequence: number
  /** Store time of its removal. */
  readonly time: number
}

/** An object that will be deleted, and that nothing may name again. */
export interface CondemnedObject extends Condemned {
  /** Store time of the commit that condemned it. */
  readonly time: number
  /** Of that commit. */
  readonly position: number
}

export interface InlinePack {
  readonly ref: PackRef
  /** Of the commit that added it. */
  readonly position: number
}

export interface PackTable {
  /** Packs that pack-table segments hold. Huge: never copied but by the commit that flushes packs. */
  readonly flushed: ReadonlyMap<string, PackRef>
  /** Packs of recent commits, at most `maxInlinePacks` when a base is written. */
  readonly inline: ReadonlyMap<string, InlinePack>
  /** The pack-table segments: together they hold `flushed` and `dropped`. */
  readonly segments: ReadonlyArray<string>
  /** Rows of the pack table whose packs were replaced or condemned: no record may name these again. */
  readonly dropped: ReadonlyMap<string, PackRef>
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
  readonly removed: ReadonlyMap<string, RemovedFolder>
  /** In use, or not condemned yet. */
  readonly segments: ReadonlyMap<string, SegmentRef>
  readonly packs: PackTable
  /** By replaced pack: where its blocks are now. Never a chain. */
  readonly redirects: ReadonlyMap<string, ReadonlyArray<string>>
  /** By object name. */
  readonly condemned: ReadonlyMap<string, CondemnedObject>
  /** Since when, by the store's clock, and why nothing is condemned or deleted. */
  readonly deletionStopped?: { readonly reason: string; readonly time: number }
  /** Oldest first. */
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly nextCheckpoint: number
  /** Finest first. */
  readonly schedules: ReadonlyArray<Rule>
  /** What a reader must know of; ascending. */
  readonly features: ReadonlyArray<string>
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
  removed: new Map(),
  segments: new Map(),
  packs: { flushed: new Map(), inline: new Map(), segments: [], dropped: new Map() },
  redirects: new Map(),
  condemned: new Map(),
  checkpoints: [],
  nextCheckpoint: 1,
  schedules: defaultRules,
  features: [],
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

/** Where the blocks that records find in the pack lie now. */
export const packsFor = (state: State, pack: string): ReadonlyArray<string> => state.redirects.get(pack) ?? [pack]

/** Live packs that took the place of others. */
export const replacing = (state: State): ReadonlyArray<PackRef> =>
  [...new Set([...state.redirects.values()].flat())].flatMap((id) => packRef(state, id) ?? [])

/** Segments that a folder, a checkpoint or the pack table is made of. */
export const referencedSegments = (state: State): ReadonlySet<string> =>
  Upkeep.referencedSegments({ ...state, packSegments: state.packs.segments })

/** Whether new records may name the pack. */
export const isLive = (state: State, pack: string): boolean => packRef(state, pack) !== undefined

/** Whether the pack was ever added, as far as the state remembers: then it may not be added again. */
export const isNamed = (state: State, pack: string): boolean =>
  isLive(state, pack) || state.redirects.has(pack) || state.packs.dropped.has(pack) ||
  state.condemned.has(ObjectKey.pack(pack))

/** What the state says about a pack. */
export const packRef = (state: State, pack: string): PackRef | undefined =>
  state.packs.inline.get(pack)?.ref ?? state.packs.flushed.get(pack)

/** All live packs. */
export function* packRefs({ packs }: State): Generator<PackRef> {
  yield* packs.flushed.values()
  for (const { ref } of packs.inline.values()) yield ref
}

/** The lowest position whose commit holds records that no segment holds. */
export const inlineSince = (state: State): number | undefined => {
  let lowest: number | undefined
  for (const folder of state.folders.values()) {
    const first = folder.inline[0]
    if (first !== undefined && (lowest === undefined || first < lowest)) lowest = first
  }
  return lowest
}
