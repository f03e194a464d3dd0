/**
 * One commit being applied to a state: each operation is judged against what the ones before it left, and only then
 * takes effect. The rules here are about folders and files; those of checkpoints and of upkeep stand beside.
 */
import type { Commit } from "./Commit.ts"
import * as Checkpoints from "./DraftCheckpoints.ts"
import { addPacks, newSegment, whole } from "./DraftObjects.ts"
import * as Upkeep from "./DraftUpkeep.ts"
import { Ledger } from "./Ledger.ts"
import * as MultisetHash from "./MultisetHash.ts"
import type { Op } from "./Op.ts"
import * as Record from "./Record.ts"
import type { FileRecord } from "./Record.ts"
import type { PackRef, SegmentRef } from "./Refs.ts"
import type { Facts, FolderState, State } from "./State.ts"

type Of<Tag extends Op["_tag"]> = Extract<Op, { readonly _tag: Tag }>

/** The state after the commit, or which rule the commit breaks. */
export const apply = (
  state: State,
  commit: Commit,
  digest: Uint8Array,
  facts: Facts
): { readonly state: State } | { readonly problem: string } => {
  const ledger = new Ledger(state, commit, facts)
  const problem = begin(ledger) ?? operations(ledger)
  return problem === undefined ? { state: ledger.finish(digest) } : { problem }
}

const begin = ({ before, commit }: Ledger): string | undefined => {
  if (commit.position !== before.position + 1) return `commit ${commit.position} does not follow ${before.position}`
  if (!equal(commit.previous, before.digest)) return `commit ${commit.position} follows another commit`
  if (commit.nonce.length !== 16) return "the nonce has not 16 bytes"
  if (!whole(commit.time) || !whole(commit.term)) return "time or term is no whole number"
  return undefined
}

const operations = (ledger: Ledger): string | undefined => {
  for (const op of ledger.commit.ops) {
    const problem = operation(ledger, op)
    if (problem !== undefined) return `${op._tag}: ${problem}`
  }
  if (ledger.commit.term > ledger.epoch) return `term ${ledger.commit.term} was never opened`
  return undefined
}

const operation = (ledger: Ledger, op: Op): string | undefined => {
  switch (op._tag) {
    case "EpochOpened":
      return openEpoch(ledger, op)
    case "IdentitySet":
      return setIdentity(ledger, op)
    case "FolderAdded":
      return addFolder(ledger, op)
    case "FolderRelabelled":
      return inFolder(ledger, op.folder, (folder) => ledger.setFolder({ ...folder, label: op.label }))
    case "FolderRemoved":
      return inFolder(ledger, op.folder, (folder) => Upkeep.removeFolder(ledger, folder))
    case "FilesChanged":
      return inFolder(ledger, op.folder, (folder) => change(ledger, folder, op.records))
    case "SegmentAdded":
      return inFolder(ledger, op.folder, (folder) => addSegment(ledger, folder, op.segment))
    case "PacksAdded":
      return addPacks(ledger, op.packs)
    case "RemoteIndexAdvanced":
      return inFolder(ledger, op.folder, (folder) => advance(ledger, folder, op))
    case "RemoteIndexesForgotten":
      return inFolder(ledger, op.folder, (folder) => ledger.setFolder({ ...folder, remotes: new Map() }))
    case "IndexRenewed":
      return inFolder(ledger, op.folder, (folder) => renew(ledger, folder, op))
    case "InlineFlushed":
      return inFolder(ledger, op.folder, (folder) => flush(ledger, folder, op.through, op.segment))
    case "PacksFlushed":
      return flushPacks(ledger, op.through, op.segment)
    case "SegmentsMerged":
      return Upkeep.merge(ledger, op)
    case "PackReplaced":
      return Upkeep.replace(ledger, op)
    case "RedirectsDropped":
      return Upkeep.dropRedirects(ledger, op.packs)
    case "ObjectsCondemned":
      return Upkeep.condemn(ledger, op.objects)
    case "ObjectsDeleted":
      return Upkeep.deleted(ledger, op.objects)
    case "DeletionStopped":
      return Upkeep.stopDeletion(ledger, op.reason)
    case "DeletionResumed":
      return Upkeep.resumeDeletion(ledger)
    case "ScheduleSet":
      return Checkpoints.setSchedule(ledger, op)
    case "ScheduleRemoved":
      return Checkpoints.removeSchedule(ledger, op.every)
    case "CheckpointCreated":
      return Checkpoints.create(ledger, op)
    case "CheckpointsExpired":
      return Checkpoints.expire(ledger, op)
    case "CheckpointsRemoved":
      return Checkpoints.remove(ledger, op)
    case "CheckpointPinned":
      return Checkpoints.pin(ledger, op)
    case "CheckpointUnpinned":
      return Checkpoints.unpin(ledger, op)
    case "TimelineForked":
      return fork(ledger, op)
    case "FeatureRequired":
      if (ledger.features.includes(op.feature)) return `the feature ${op.feature} is required already`
      ledger.features = [...ledger.features, op.feature].toSorted()
      return undefined
  }
}

const openEpoch = (ledger: Ledger, { epoch }: Of<"EpochOpened">): string | undefined => {
  if (!whole(epoch) || epoch <= ledger.epoch) return `epoch ${epoch} is not above ${ledger.epoch}`
  if (epoch !== ledger.commit.term) return "it is not the commit's own term"
  ledger.epoch = epoch
  return undefined
}

const setIdentity = (ledger: Ledger, { certificate, privateKey }: Of<"IdentitySet">): string | undefined => {
  if (certificate.length === 0 || privateKey.length === 0) return "certificate or key is empty"
  ledger.identity = { certificate, privateKey }
  return undefined
}

const addFolder = (ledger: Ledger, op: Of<"FolderAdded">): string | undefined => {
  if (op.folder === "") return "a folder has an id"
  if (ledger.folders.has(op.folder)) return `the folder ${op.folder} exists`
  if (op.indexId === 0n) return "an index id is not 0"
  const removed = ledger.removed.get(op.folder)
  if (op.indexId === removed?.indexId) return `the folder ${op.folder} keeps the index id it had`
  if (removed !== undefined) ledger.forgetRemoved(op.folder)
  ledger.setFolder({
    id: op.folder,
    label: op.label,
    indexId: op.indexId,
    // No sequence is ever used twice, not even after a removal.
    sequence: removed?.sequence ?? 0,
    segments: [],
    inline: [],
    inlineSizes: [],
    remotes: new Map(),
    changedAt: 0,
    milestones: []
  })
  return undefined
}

const change = (ledger: Ledger, folder: FolderState, records: ReadonlyArray<FileRecord>): string | undefined => {
  let sequence = folder.sequence
  let size = 0
  for (const record of records) {
    if (record.sequence !== ++sequence) return `sequence ${record.sequence} where ${sequence} is next`
    if (Record.inspect(record.info)?.name !== record.name) {
      return `the entry of sequence ${sequence} is not its record's`
    }
    for (const run of record.runs) {
      if (!whole(run.count) || run.count === 0) return `a run of ${run.count} blocks`
      if (!ledger.isLive(run.pack)) return `the pack ${run.pack} is not live`
    }
    size += record.info.length + 16 + record.runs.length * 4
  }
  if (records.length === 0) return undefined
  const { position } = ledger.commit
  const inline = folder.inline.at(-1) === position ? folder.inline.slice(0, -1) : folder.inline
  const sizes = folder.inlineSizes.slice(0, inline.length)
  const more = folder.inlineSizes.slice(inline.length).reduce((sum, bytes) => sum + bytes, size)
  ledger.inlineBytes += size
  ledger.setFolder({
    ...ledger.advance(folder, sequence),
    inline: [...inline, position],
    inlineSizes: [...sizes, more]
  })
  return undefined
}

const addSegment = (ledger: Ledger, folder: FolderState, segment: SegmentRef): string | undefined => {
  const problem = newSegment(ledger, segment, "files", folder.id, true)
  if (problem !== undefined) return problem
  if (segment.minSequence !== folder.sequence + 1) return `sequences from ${segment.minSequence}, not the next ones`
  if (segment.maxSequence !== folder.sequence + segment.records) return "sequences with gaps"
  ledger.setSegment(segment)
  ledger.setFolder({
    ...ledger.advance(folder, segment.maxSequence),
    segments: [...folder.segments, segment.id]
  })
  return undefined
}

const advance = (ledger: Ledger, folder: FolderState, op: Of<"RemoteIndexAdvanced">): string | undefined => {
  const known = folder.remotes.get(op.device)
  if (!whole(op.sequence)) return "a sequence is no whole number"
  if (known !== undefined && known.indexId === op.indexId && op.sequence < known.sequence) {
    return `from ${known.sequence} back to ${op.sequence}`
  }
  const remotes = new Map(folder.remotes).set(op.device, { indexId: op.indexId, sequence: op.sequence })
  ledger.setFolder({ ...folder, remotes })
  return undefined
}

const renew = (ledger: Ledger, folder: FolderState, op: Of<"IndexRenewed">): string | undefined => {
  if (op.indexId === 0n || op.indexId === folder.indexId) return `the folder ${folder.id} keeps its index id`
  if (!whole(op.sequence) || op.sequence <= folder.sequence) return `the sequence of the folder ${folder.id} stays`
  // A checkpoint of before does not stand for what is left.
  ledger.setFolder({ ...ledger.advance(folder, op.sequence), indexId: op.indexId })
  return undefined
}

const flush = (ledger: Ledger, folder: FolderState, through: number, segment: SegmentRef): string | undefined => {
  const problem = newSegment(ledger, segment, "files", folder.id)
  if (problem !== undefined) return problem
  if (through >= ledger.commit.position) return "it flushes what is not committed yet"
  const kept = folder.inline.findIndex((position) => position > through)
  const flushed = kept < 0 ? folder.inline.length : kept
  if (flushed === 0) return "there is nothing to flush"
  if (segment.maxSequence > folder.sequence) return "its sequences were never given out"
  ledger.setSegment(segment)
  for (const bytes of folder.inlineSizes.slice(0, flushed)) ledger.inlineBytes -= bytes
  ledger.setFolder({
    ...folder,
    segments: [...folder.segments, segment.id],
    inline: folder.inline.slice(flushed),
    inlineSizes: folder.inlineSizes.slice(flushed)
  })
  return undefined
}

const flushPacks = (ledger: Ledger, through: number, segment: SegmentRef): string | undefined => {
  const problem = newSegment(ledger, segment, "packs", "")
  if (problem !== undefined) return problem
  if (through >= ledger.commit.position) return "it flushes what is not committed yet"
  const moved: Array<PackRef> = []
  for (const pack of ledger.inline.values()) if (pack.position <= through) moved.push(pack.ref)
  if (moved.length !== segment.records) return `${segment.records} rows for ${moved.length} packs`
  if (!equal(MultisetHash.ofPacks(moved), segment.digest)) return "its rows are not the packs of the state"
  ledger.setSegment(segment)
  ledger.flushPacks(moved)
  ledger.packSegments = [...ledger.packSegments, segment.id]
  return undefined
}

const fork = (ledger: Ledger, op: Of<"TimelineForked">): string | undefined => {
  if (!whole(op.epoch) || op.epoch <= ledger.epoch) return `epoch ${op.epoch} is not above ${ledger.epoch}`
  const given = new Set(op.folders.map(({ folder }) => folder))
  if (given.size !== op.folders.length || given.size !== ledger.folders.size) {
    return "it is not about every folder once"
  }
  for (const { folder: id, indexId, sequence } of op.folders) {
    const folder = ledger.folders.get(id)
    if (folder === undefined) return `there is no folder ${id}`
    if (indexId === 0n || indexId === folder.indexId) return `the folder ${id} keeps its index id`
    if (!whole(sequence) || sequence < folder.sequence) return `the sequence of the folder ${id} goes back`
    ledger.setFolder({ ...folder, indexId, sequence })
  }
  ledger.epoch = op.epoch
  return undefined
}

const inFolder = (
  ledger: Ledger,
  id: string,
  then: (folder: FolderState) => string | undefined | void
): string | undefined => {
  const folder = ledger.folders.get(id)
  return folder === undefined ? `there is no folder ${id}` : then(folder) ?? undefined
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
