/**
 * One commit being applied to a state: each operation is judged against what the ones before it left, and only then
 * takes effect. The state it began with is never touched; of its maps only those are copied that the commit changes.
 */
import type { Commit, Op } from "./Commit.ts"
import * as MultisetHash from "./MultisetHash.ts"
import * as ObjectKey from "./ObjectKey.ts"
import * as Record from "./Record.ts"
import type { FileRecord } from "./Record.ts"
import type { Checkpoint, PackRef, SegmentRef } from "./Refs.ts"
import type { Facts, FolderState, State } from "./State.ts"

/** The state after the commit, or which rule the commit breaks. */
export const apply = (
  state: State,
  commit: Commit,
  digest: Uint8Array,
  facts: Facts
): { readonly state: State } | { readonly problem: string } => {
  const draft = new Draft(state, commit, facts)
  const problem = draft.begin() ?? draft.operations()
  return problem === undefined ? { state: draft.finish(digest) } : { problem }
}

class Draft {
  private readonly before: State
  private readonly commit: Commit
  private readonly facts: Facts
  private readonly time: number
  private readonly adding = new Set<string>()
  private epoch: number
  private identity: State["identity"]
  private folders: Map<string, FolderState> | undefined
  private segments: Map<string, SegmentRef> | undefined
  private flushed: ReadonlyMap<string, PackRef>
  private inline: Map<string, { readonly ref: PackRef; readonly position: number }> | undefined
  private packSegments: ReadonlyArray<string>
  private checkpoints: ReadonlyArray<Checkpoint>
  private nextCheckpoint: number
  private inlineBytes: number

  constructor(before: State, commit: Commit, facts: Facts) {
    this.before = before
    this.commit = commit
    this.facts = facts
    this.time = Math.max(before.time, commit.time)
    this.epoch = before.epoch
    this.identity = before.identity
    this.flushed = before.packs.flushed
    this.packSegments = before.packs.segments
    this.checkpoints = before.checkpoints
    this.nextCheckpoint = before.nextCheckpoint
    this.inlineBytes = before.inlineBytes
  }

  begin(): string | undefined {
    const { commit, before } = this
    if (commit.position !== before.position + 1) return `commit ${commit.position} does not follow ${before.position}`
    if (!equal(commit.previous, before.digest)) return `commit ${commit.position} follows another commit`
    if (commit.nonce.length !== 16) return "the nonce has not 16 bytes"
    if (!whole(commit.time) || !whole(commit.term)) return "time or term is no whole number"
    for (const op of commit.ops) {
      if (op._tag === "PacksAdded") { for (const ref of op.packs) this.adding.add(ref.id) }
    }
    return undefined
  }

  operations(): string | undefined {
    for (const op of this.commit.ops) {
      const problem = this.operation(op)
      if (problem !== undefined) return `${op._tag}: ${problem}`
    }
    if (this.commit.term > this.epoch) return `term ${this.commit.term} was never opened`
    return undefined
  }

  finish(digest: Uint8Array): State {
    const { before } = this
    const { identity } = this
    return {
      position: this.commit.position,
      digest,
      epoch: this.epoch,
      time: this.time,
      ...(identity === undefined ? {} : { identity }),
      folders: this.folders ?? before.folders,
      segments: this.segments ?? before.segments,
      packs: {
        flushed: this.flushed,
        inline: this.inline ?? before.packs.inline,
        segments: this.packSegments
      },
      checkpoints: this.checkpoints,
      nextCheckpoint: this.nextCheckpoint,
      inlineBytes: this.inlineBytes,
      basePosition: before.basePosition
    }
  }

  private operation(op: Op): string | undefined {
    switch (op._tag) {
      case "EpochOpened":
        if (!whole(op.epoch) || op.epoch <= this.epoch) return `epoch ${op.epoch} is not above ${this.epoch}`
        if (op.epoch !== this.commit.term) return "it is not the commit's own term"
        this.epoch = op.epoch
        return undefined
      case "IdentitySet":
        if (op.certificate.length === 0 || op.privateKey.length === 0) return "certificate or key is empty"
        this.identity = { certificate: op.certificate, privateKey: op.privateKey }
        return undefined
      case "FolderAdded":
        return this.addFolder(op)
      case "FolderRelabelled":
        return this.inFolder(op.folder, (folder) => this.setFolder({ ...folder, label: op.label }))
      case "FilesChanged":
        return this.inFolder(op.folder, (folder) => this.change(folder, op.records))
      case "SegmentAdded":
        return this.inFolder(op.folder, (folder) => this.addSegment(folder, op.segment))
      case "PacksAdded":
        return this.addPacks(op.packs)
      case "RemoteIndexAdvanced":
        return this.inFolder(op.folder, (folder) => this.advance(folder, op))
      case "InlineFlushed":
        return this.inFolder(op.folder, (folder) => this.flush(folder, op.through, op.segment))
      case "PacksFlushed":
        return this.flushPacks(op.through, op.segment)
      case "CheckpointCreated":
        return this.inFolder(op.folder, (folder) => this.createCheckpoint(folder, op.id, op.reason))
      case "CheckpointsExpired":
        return this.expire(op.ids)
      case "TimelineForked":
        return this.fork(op)
    }
  }

  private addFolder(op: Extract<Op, { _tag: "FolderAdded" }>): string | undefined {
    if (op.folder === "") return "a folder has an id"
    if (this.folder(op.folder) !== undefined) return `the folder ${op.folder} exists`
    if (op.indexId === 0n) return "an index id is not 0"
    this.setFolder({
      id: op.folder,
      label: op.label,
      indexId: op.indexId,
      sequence: 0,
      segments: [],
      inline: [],
      inlineSizes: [],
      remotes: new Map(),
      changedAt: 0
    })
    return undefined
  }

  private change(folder: FolderState, records: ReadonlyArray<FileRecord>): string | undefined {
    let sequence = folder.sequence
    let size = 0
    for (const record of records) {
      if (record.sequence !== ++sequence) return `sequence ${record.sequence} where ${sequence} is next`
      if (Record.inspect(record.info)?.name !== record.name) {
        return `the entry of sequence ${sequence} is not its record's`
      }
      for (const run of record.runs) {
        if (!whole(run.count) || run.count === 0) return `a run of ${run.count} blocks`
        if (!this.live(run.pack)) return `the pack ${run.pack} is not live`
      }
      size += record.info.length + 16 + record.runs.length * 4
    }
    if (records.length === 0) return undefined
    const { position } = this.commit
    const inline = folder.inline.at(-1) === position ? folder.inline.slice(0, -1) : folder.inline
    const sizes = folder.inlineSizes.slice(0, inline.length)
    const more = folder.inlineSizes.slice(inline.length).reduce((sum, bytes) => sum + bytes, size)
    this.inlineBytes += size
    this.setFolder({
      ...folder,
      sequence,
      inline: [...inline, position],
      inlineSizes: [...sizes, more],
      changedAt: this.time
    })
    return undefined
  }

  private addSegment(folder: FolderState, segment: SegmentRef): string | undefined {
    const problem = this.newSegment(segment, "files", folder.id)
    if (problem !== undefined) return problem
    if (segment.minSequence !== folder.sequence + 1) return `sequences from ${segment.minSequence}, not the next ones`
    if (segment.maxSequence !== folder.sequence + segment.records) return "sequences with gaps"
    this.setSegment(segment)
    const segments = [...folder.segments, segment.id]
    this.setFolder({ ...folder, sequence: segment.maxSequence, segments, changedAt: this.time })
    return undefined
  }

  private addPacks(packs: ReadonlyArray<PackRef>): string | undefined {
    const fenced = this.fenced()
    if (fenced !== undefined) return fenced
    for (const ref of packs) {
      if (ObjectKey.parseId(ref.id)?.term !== this.commit.term) return `the pack ${ref.id} is not of this term`
      if (this.flushed.has(ref.id) || this.inlinePacks().has(ref.id)) return `the pack ${ref.id} exists`
      if (!whole(ref.size) || !u32(ref.trailerLength) || !u32(ref.blocks) || !whole(ref.bytes)) {
        return "a size is no number"
      }
      if (ref.trailerLength >= ref.size || ref.blocks === 0 || ref.bytes < ref.blocks) return "a pack is impossible"
      const position = this.commit.position
      this.inline = (this.inline ?? new Map(this.before.packs.inline)).set(ref.id, { ref, position })
    }
    return undefined
  }

  private advance(folder: FolderState, op: Extract<Op, { _tag: "RemoteIndexAdvanced" }>): string | undefined {
    const known = folder.remotes.get(op.device)
    if (!whole(op.sequence)) return "a sequence is no whole number"
    if (known !== undefined && known.indexId === op.indexId && op.sequence < known.sequence) {
      return `from ${known.sequence} back to ${op.sequence}`
    }
    const remotes = new Map(folder.remotes).set(op.device, { indexId: op.indexId, sequence: op.sequence })
    this.setFolder({ ...folder, remotes })
    return undefined
  }

  private flush(folder: FolderState, through: number, segment: SegmentRef): string | undefined {
    const problem = this.newSegment(segment, "files", folder.id)
    if (problem !== undefined) return problem
    if (through >= this.commit.position) return "it flushes what is not committed yet"
    const kept = folder.inline.findIndex((position) => position > through)
    const flushed = kept < 0 ? folder.inline.length : kept
    if (flushed === 0) return "there is nothing to flush"
    if (segment.maxSequence > folder.sequence) return "its sequences were never given out"
    this.setSegment(segment)
    for (const bytes of folder.inlineSizes.slice(0, flushed)) this.inlineBytes -= bytes
    this.setFolder({
      ...folder,
      segments: [...folder.segments, segment.id],
      inline: folder.inline.slice(flushed),
      inlineSizes: folder.inlineSizes.slice(flushed)
    })
    return undefined
  }

  private flushPacks(through: number, segment: SegmentRef): string | undefined {
    const problem = this.newSegment(segment, "packs", "")
    if (problem !== undefined) return problem
    if (through >= this.commit.position) return "it flushes what is not committed yet"
    const flushed = new Map(this.flushed)
    const inline = new Map<string, { readonly ref: PackRef; readonly position: number }>()
    const moved: Array<PackRef> = []
    for (const [id, pack] of this.inlinePacks()) {
      if (pack.position > through) inline.set(id, pack)
      else {
        flushed.set(id, pack.ref)
        moved.push(pack.ref)
      }
    }
    if (moved.length !== segment.records) return `${segment.records} rows for ${moved.length} packs`
    if (!equal(MultisetHash.ofPacks(moved), segment.digest)) return "its rows are not the packs of the state"
    this.setSegment(segment)
    this.flushed = flushed
    this.inline = inline
    this.packSegments = [...this.packSegments, segment.id]
    return undefined
  }

  private createCheckpoint(folder: FolderState, id: number, reason: Checkpoint["reason"]): string | undefined {
    if (id !== this.nextCheckpoint) return `id ${id} where ${this.nextCheckpoint} is next`
    if (folder.inline.length > 0) return `the folder ${folder.id} has records that no segment holds`
    const created: Checkpoint = {
      id,
      folder: folder.id,
      label: folder.label,
      time: this.time,
      position: this.commit.position,
      sequence: folder.sequence,
      reason,
      segments: folder.segments
    }
    const older = this.checkpoints.map((other) =>
      other.folder === folder.id && other.supersededAt === undefined ? { ...other, supersededAt: this.time } : other
    )
    this.checkpoints = [...older, created]
    this.nextCheckpoint = id + 1
    return undefined
  }

  private expire(ids: ReadonlyArray<number>): string | undefined {
    const gone = new Set(ids)
    if (gone.size !== ids.length) return "a checkpoint is named twice"
    for (const id of ids) {
      const checkpoint = this.checkpoints.find((other) => other.id === id)
      if (checkpoint === undefined) return `there is no checkpoint ${id}`
      const ofFolder = this.checkpoints.filter((other) => other.folder === checkpoint.folder)
      if (ofFolder.at(-1)?.id === id) return `checkpoint ${id} is its folder's newest`
      if (checkpoint.reason === "schedule" && ofFolder.at(-2)?.id === id) {
        return `checkpoint ${id} is the last before its folder's newest`
      }
    }
    this.checkpoints = this.checkpoints.filter((checkpoint) => !gone.has(checkpoint.id))
    return undefined
  }

  private fork(op: Extract<Op, { _tag: "TimelineForked" }>): string | undefined {
    if (!whole(op.epoch) || op.epoch <= this.epoch) return `epoch ${op.epoch} is not above ${this.epoch}`
    const given = new Map(op.folders.map((folder) => [folder.folder, folder]))
    const known = this.folders ?? this.before.folders
    if (given.size !== op.folders.length || given.size !== known.size) return "it is not about every folder once"
    for (const { folder: id, indexId, sequence } of op.folders) {
      const folder = this.folder(id)
      if (folder === undefined) return `there is no folder ${id}`
      if (indexId === 0n || indexId === folder.indexId) return `the folder ${id} keeps its index id`
      if (!whole(sequence) || sequence < folder.sequence) return `the sequence of the folder ${id} goes back`
      this.setFolder({ ...folder, indexId, sequence })
    }
    this.epoch = op.epoch
    return undefined
  }

  /** Whether the commit may bring objects, and this one: of its own term, of the right table, never named before. */
  private newSegment(segment: SegmentRef, table: SegmentRef["table"], folder: string): string | undefined {
    const fenced = this.fenced()
    if (fenced !== undefined) return fenced
    if (ObjectKey.parseId(segment.id)?.term !== this.commit.term) return `the segment ${segment.id} is not of this term`
    if ((this.segments ?? this.before.segments).has(segment.id)) return `the segment ${segment.id} exists`
    if (segment.table !== table || segment.folder !== folder) return "the segment is another folder's or another table"
    const { footerLength, maxSequence, minSequence, records, size } = segment
    if (![records, size, footerLength, minSequence, maxSequence].every(whole)) return "a size is no whole number"
    if (records === 0 || footerLength >= size || segment.digest.length !== 32) return "the segment is impossible"
    if (table === "files" && (minSequence === 0 || maxSequence - minSequence + 1 < records)) {
      return "the segment has more records than sequences"
    }
    const dead = this.facts.packsOf(segment.id)?.find((pack) => !this.live(pack))
    return dead === undefined ? undefined : `the pack ${dead} is not live`
  }

  private fenced(): string | undefined {
    return this.commit.term === this.epoch && this.epoch > 0
      ? undefined
      : `objects of term ${this.commit.term}, but epoch ${this.epoch} is open`
  }

  private live(pack: string): boolean {
    return this.inlinePacks().has(pack) || this.flushed.has(pack) || this.adding.has(pack)
  }

  private inlinePacks(): State["packs"]["inline"] {
    return this.inline ?? this.before.packs.inline
  }

  private folder(id: string): FolderState | undefined {
    return (this.folders ?? this.before.folders).get(id)
  }

  private inFolder(id: string, then: (folder: FolderState) => string | undefined | void): string | undefined {
    const folder = this.folder(id)
    return folder === undefined ? `there is no folder ${id}` : then(folder) ?? undefined
  }

  private setFolder(folder: FolderState): void {
    this.folders = (this.folders ?? new Map(this.before.folders)).set(folder.id, folder)
  }

  private setSegment(segment: SegmentRef): void {
    this.segments = (this.segments ?? new Map(this.before.segments)).set(segment.id, segment)
  }
}

const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
const u32 = (value: number): boolean => whole(value) && value < 2 ** 32
const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
