/**
 * A state while a commit is applied to it: of its maps only those are copied that the commit changes, and the state it
 * began with is never touched. It keeps no rule; whoever judges an operation writes here only what that operation may do.
 */
import type { Commit } from "./Commit.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { Doomed } from "./Op.ts"
import type { Checkpoint, PackRef, SegmentRef } from "./Refs.ts"
import type { Rule } from "./Retention.ts"
import type { CondemnedObject, Facts, FolderState, InlinePack, RemovedFolder, State } from "./State.ts"

/** Days between two milestones, and for how many they are kept: the age at which tombstones may go. */
const milestoneEvery = 7 * 86_400_000
export const tombstoneAge = 400 * 86_400_000

export class Ledger {
  readonly before: State
  readonly commit: Commit
  readonly facts: Facts
  /** Store time after the commit. */
  readonly time: number
  /** Packs that any operation of the commit adds. */
  readonly adding = new Set<string>()
  epoch: number
  identity: State["identity"]
  packSegments: ReadonlyArray<string>
  checkpoints: ReadonlyArray<Checkpoint>
  nextCheckpoint: number
  inlineBytes: number
  schedules: ReadonlyArray<Rule>
  features: ReadonlyArray<string>
  deletionStopped: State["deletionStopped"]
  private changedFolders: Map<string, FolderState> | undefined
  private changedRemoved: Map<string, RemovedFolder> | undefined
  private changedSegments: Map<string, SegmentRef> | undefined
  private changedFlushed: Map<string, PackRef> | undefined
  private changedInline: Map<string, InlinePack> | undefined
  private changedDropped: Map<string, PackRef> | undefined
  private changedRedirects: Map<string, ReadonlyArray<string>> | undefined
  private changedCondemned: Map<string, CondemnedObject> | undefined

  constructor(before: State, commit: Commit, facts: Facts) {
    this.before = before
    this.commit = commit
    this.facts = facts
    this.time = Math.max(before.time, commit.time)
    this.epoch = before.epoch
    this.identity = before.identity
    this.packSegments = before.packs.segments
    this.checkpoints = before.checkpoints
    this.nextCheckpoint = before.nextCheckpoint
    this.inlineBytes = before.inlineBytes
    this.schedules = before.schedules
    this.features = before.features
    this.deletionStopped = before.deletionStopped
    for (const op of commit.ops) {
      if (op._tag === "PacksAdded") { for (const ref of op.packs) this.adding.add(ref.id) }
    }
  }

  get folders(): ReadonlyMap<string, FolderState> {
    return this.changedFolders ?? this.before.folders
  }

  get removed(): ReadonlyMap<string, RemovedFolder> {
    return this.changedRemoved ?? this.before.removed
  }

  get segments(): ReadonlyMap<string, SegmentRef> {
    return this.changedSegments ?? this.before.segments
  }

  get flushed(): ReadonlyMap<string, PackRef> {
    return this.changedFlushed ?? this.before.packs.flushed
  }

  get inline(): ReadonlyMap<string, InlinePack> {
    return this.changedInline ?? this.before.packs.inline
  }

  get dropped(): ReadonlyMap<string, PackRef> {
    return this.changedDropped ?? this.before.packs.dropped
  }

  get redirects(): ReadonlyMap<string, ReadonlyArray<string>> {
    return this.changedRedirects ?? this.before.redirects
  }

  get condemned(): ReadonlyMap<string, CondemnedObject> {
    return this.changedCondemned ?? this.before.condemned
  }

  setFolder(folder: FolderState): void {
    this.changedFolders = (this.changedFolders ?? new Map(this.before.folders)).set(folder.id, folder)
  }

  /** With a higher sequence: records were given the numbers up to it. */
  advance(folder: FolderState, sequence: number): FolderState {
    const { milestones } = folder
    const last = milestones.at(-1)
    const due = last === undefined || this.time - last.time >= milestoneEvery
    const all = due ? [...milestones, { time: this.time, sequence: folder.sequence }] : milestones
    // The newest of those that are old enough stands for all before it.
    const first = Math.max(0, all.findLastIndex(({ time }) => this.time - time >= tombstoneAge))
    return { ...folder, sequence, milestones: first > 0 ? all.slice(first) : all, changedAt: this.time }
  }

  removeFolder(folder: FolderState): void {
    this.changedFolders ??= new Map(this.before.folders)
    this.changedFolders.delete(folder.id)
    for (const bytes of folder.inlineSizes) this.inlineBytes -= bytes
    const { id, indexId, label, sequence } = folder
    this.changedRemoved = (this.changedRemoved ?? new Map(this.before.removed))
      .set(id, { id, label, indexId, sequence, time: this.time })
  }

  forgetRemoved(id: string): void {
    this.changedRemoved ??= new Map(this.before.removed)
    this.changedRemoved.delete(id)
  }

  setSegment(segment: SegmentRef): void {
    this.changedSegments = (this.changedSegments ?? new Map(this.before.segments)).set(segment.id, segment)
  }

  dropSegment(id: string): void {
    this.changedSegments ??= new Map(this.before.segments)
    this.changedSegments.delete(id)
  }

  addPack(ref: PackRef): void {
    this.changedInline = (this.changedInline ?? new Map(this.before.packs.inline))
      .set(ref.id, { ref, position: this.commit.position })
  }

  /** These now lie in a segment of the pack table. */
  flushPacks(moved: ReadonlyArray<PackRef>): void {
    this.changedFlushed ??= new Map(this.before.packs.flushed)
    this.changedInline ??= new Map(this.before.packs.inline)
    for (const ref of moved) {
      this.changedInline.delete(ref.id)
      this.changedFlushed.set(ref.id, ref)
    }
  }

  /** No record may name the pack any more. Its row stays in the pack table until that is merged. */
  dropPack(id: string): void {
    if (this.inline.has(id)) {
      this.changedInline ??= new Map(this.before.packs.inline)
      this.changedInline.delete(id)
    }
    const ref = this.flushed.get(id)
    if (ref === undefined) return
    this.changedFlushed ??= new Map(this.before.packs.flushed)
    this.changedFlushed.delete(id)
    this.changedDropped = (this.changedDropped ?? new Map(this.before.packs.dropped)).set(id, ref)
  }

  /** The pack table holds live packs only again. */
  forgetDropped(): void {
    this.changedDropped = new Map()
  }

  redirect(old: string, packs: ReadonlyArray<string>): void {
    this.changedRedirects ??= new Map(this.before.redirects)
    for (const [other, targets] of this.changedRedirects) {
      if (!targets.includes(old)) continue
      // Collapsed, never a chain.
      this.changedRedirects.set(other, [...new Set(targets.flatMap((id) => id === old ? packs : [id]))])
    }
    this.changedRedirects.set(old, packs)
  }

  dropRedirect(old: string): void {
    this.changedRedirects ??= new Map(this.before.redirects)
    this.changedRedirects.delete(old)
  }

  condemn({ id, kind }: Doomed, size: number): void {
    const { position } = this.commit
    this.changedCondemned = (this.changedCondemned ?? new Map(this.before.condemned))
      .set(keyOf({ kind, id }), { kind, id, size, time: this.time, position })
  }

  deleted(object: Doomed): void {
    this.changedCondemned ??= new Map(this.before.condemned)
    this.changedCondemned.delete(keyOf(object))
  }

  /** Durable, and records may name it from now on. */
  isLive(pack: string): boolean {
    return this.inline.has(pack) || this.flushed.has(pack) || this.adding.has(pack)
  }

  /** Records that exist may name it: it is live, or what it held was moved. */
  isKnown(pack: string): boolean {
    return this.isLive(pack) || this.redirects.has(pack)
  }

  finish(digest: Uint8Array): State {
    const { before, deletionStopped, identity } = this
    return {
      position: this.commit.position,
      digest,
      epoch: this.epoch,
      time: this.time,
      ...(identity === undefined ? {} : { identity }),
      folders: this.folders,
      removed: this.removed,
      segments: this.segments,
      packs: { flushed: this.flushed, inline: this.inline, segments: this.packSegments, dropped: this.dropped },
      redirects: this.redirects,
      condemned: this.condemned,
      ...(deletionStopped === undefined ? {} : { deletionStopped }),
      checkpoints: this.checkpoints,
      nextCheckpoint: this.nextCheckpoint,
      schedules: this.schedules,
      features: this.features,
      inlineBytes: this.inlineBytes,
      basePosition: before.basePosition
    }
  }
}

export const keyOf = ({ id, kind }: Doomed): string => kind === "pack" ? ObjectKey.pack(id) : ObjectKey.segment(id)
