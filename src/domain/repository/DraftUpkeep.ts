/**
 * What operations that keep a repository small and sound may do, and what they do: merges, replaced packs, condemned and
 * deleted objects. Each answers the rule it breaks. What no state can know (whether a record deep in a segment names a
 * pack) is the planner's to prove and fsck's to prove again.
 */
import { newSegment, whole } from "./DraftObjects.ts"
import { keyOf, type Ledger, tombstoneAge } from "./Ledger.ts"
import { MultisetHash, ofPacks } from "./MultisetHash.ts"
import * as ObjectKey from "./ObjectKey.ts"
import type { Condemned, Doomed, Merge, Op } from "./Op.ts"
import { isPinned } from "./Retention.ts"
import type { FolderState } from "./State.ts"

type Of<Tag extends Op["_tag"]> = Extract<Op, { readonly _tag: Tag }>

export const removeFolder = (ledger: Ledger, folder: FolderState): string | undefined => {
  const ofFolder = ledger.checkpoints.filter((checkpoint) => checkpoint.folder === folder.id)
  const pinned = ofFolder.find((checkpoint) => isPinned(checkpoint, ledger.time))
  if (pinned !== undefined) return `its checkpoint ${pinned.id} is pinned`
  ledger.checkpoints = ledger.checkpoints.filter((checkpoint) => checkpoint.folder !== folder.id)
  ledger.removeFolder(folder)
  return undefined
}

export const merge = (ledger: Ledger, op: Merge): string | undefined => {
  const { dropped, inputs, output, renamed, tombstones } = op
  if (inputs.length === 0 || new Set(inputs).size !== inputs.length) return "its inputs are not a set of segments"
  const rows = { records: 0, sum: new MultisetHash() }
  for (const id of inputs) {
    const segment = ledger.segments.get(id)
    if (segment === undefined) return `there is no segment ${id}`
    rows.records += segment.records
    rows.sum.add(segment.digest)
  }
  const left = new MultisetHash().add(dropped.digest).add(tombstones.digest)
  if (output !== undefined) {
    const problem = newSegment(ledger, output, op.table, op.folder)
    if (problem !== undefined) return problem
    left.add(output.digest)
  }
  if (renamed !== undefined) {
    if (op.table !== "files") return "it renames rows of packs"
    if (!whole(renamed.records) || renamed.records === 0 || renamed.records > (output?.records ?? 0)) {
      return "it renames rows that it does not have"
    }
    if (renamed.before.length !== 32 || renamed.after.length !== 32) return "a digest has not 32 bytes"
    left.add(renamed.before)
    rows.sum.add(renamed.after)
  }
  const counted = (output?.records ?? 0) + dropped.records + tombstones.records
  if (!whole(dropped.records) || !whole(tombstones.records)) return "a count is no whole number"
  if (counted !== rows.records) return `${counted} rows of ${rows.records}`
  if (Buffer.compare(left.digest(), rows.sum.digest()) !== 0) return "its rows are not those of its inputs"
  return op.table === "packs" ? mergePacks(ledger, op) : mergeFiles(ledger, op)
}

const mergePacks = (ledger: Ledger, { dropped, inputs, output, tombstones }: Merge): string | undefined => {
  const all = new Set(ledger.packSegments)
  if (inputs.length !== all.size || !inputs.every((id) => all.has(id))) return "it is not the whole pack table"
  if (tombstones.records > 0) return "packs have no tombstones"
  if (dropped.records !== ledger.dropped.size) return "it does not drop the packs that live no more"
  if (Buffer.compare(dropped.digest, ofPacks(ledger.dropped.values())) !== 0) return "it drops other packs"
  ledger.packSegments = output === undefined ? [] : [output.id]
  if (output !== undefined) ledger.setSegment(output)
  ledger.forgetDropped()
  return undefined
}

const mergeFiles = (ledger: Ledger, { folder: id, inputs, output, tombstones }: Merge): string | undefined => {
  const folder = ledger.folders.get(id)
  if (folder === undefined) return `there is no folder ${id}`
  const gone = new Set(inputs)
  if (!inputs.every((input) => folder.segments.includes(input))) return "an input is not of the folder's view"
  if (output !== undefined && output.maxSequence > folder.sequence) return "its sequences were never given out"
  if (tombstones.records > 0) {
    const old = folder.milestones.findLast(({ time }) => ledger.time - time >= tombstoneAge)
    if (old === undefined || tombstones.maxSequence > old.sequence) return "a tombstone is not old enough"
    // Else what a tombstone hides would come back.
    if (folder.inline.length > 0) return "tombstones go, and records lie in commits only"
    const older = folder.segments.find((other) =>
      !gone.has(other) && (ledger.segments.get(other)?.minSequence ?? 0) < tombstones.maxSequence
    )
    if (older !== undefined) return `tombstones go, and the segment ${older} may hold what they hide`
  }
  const first = folder.segments.findIndex((segment) => gone.has(segment))
  const segments = folder.segments.flatMap((segment, at) =>
    at === first && output !== undefined ? [output.id] : gone.has(segment) ? [] : [segment]
  )
  if (output !== undefined) ledger.setSegment(output)
  ledger.setFolder({ ...folder, segments })
  return undefined
}

export const replace = (ledger: Ledger, { old, packs, scanned }: Of<"PackReplaced">): string | undefined => {
  // While deletion is stopped, what was condemned though records name it may be saved into others.
  const isSaved = ledger.deletionStopped !== undefined && ledger.condemned.has(keyOf({ kind: "pack", id: old }))
  if (ledger.adding.has(old) || !(ledger.isKnown(old) || isSaved)) return `the pack ${old} is not there`
  if (packs.includes(old) || new Set(packs).size !== packs.length) return "a pack replaces itself, or twice"
  if (!whole(scanned) || scanned >= ledger.commit.position) return "it was scanned later than it is replaced"
  const dead = packs.find((pack) => !ledger.isLive(pack))
  if (dead !== undefined) return `the pack ${dead} is not live`
  ledger.dropPack(old)
  ledger.redirect(old, packs)
  return undefined
}

export const dropRedirects = (ledger: Ledger, packs: ReadonlyArray<string>): string | undefined => {
  for (const pack of packs) {
    if (!ledger.redirects.has(pack)) return `the pack ${pack} was not replaced`
    ledger.dropRedirect(pack)
  }
  return undefined
}

export const condemn = (ledger: Ledger, objects: ReadonlyArray<Condemned>): string | undefined => {
  if (ledger.deletionStopped !== undefined) return "deletion is stopped"
  const segments = referencedSegments(ledger)
  const targets = new Set([...ledger.redirects.values()].flat())
  for (const object of objects) {
    const { id, kind, size } = object
    const term = ObjectKey.parseId(id)?.term ?? Infinity
    if (!whole(size)) return "a size is no whole number"
    if (ledger.condemned.has(keyOf(object))) return `the ${kind} ${id} is condemned already`
    if (kind === "segment") {
      if (segments.has(id)) return `the segment ${id} is in use`
      if (!ledger.segments.has(id) && term >= ledger.epoch) return `the segment ${id} may be of a commit to come`
      ledger.dropSegment(id)
    } else {
      if (targets.has(id)) return `the pack ${id} replaces another`
      if (ledger.adding.has(id)) return `the pack ${id} is added by the same commit`
      if (!ledger.isKnown(id) && !ledger.dropped.has(id) && term >= ledger.epoch) {
        return `the pack ${id} may be of a commit to come`
      }
      ledger.dropPack(id)
    }
    ledger.condemn(object, size)
  }
  return undefined
}

export const deleted = (ledger: Ledger, objects: ReadonlyArray<Doomed>): string | undefined => {
  if (ledger.deletionStopped !== undefined) return "deletion is stopped"
  for (const object of objects) {
    const condemned = ledger.condemned.get(keyOf(object))
    if (condemned === undefined) return `the ${object.kind} ${object.id} is not condemned`
    if (condemned.position === ledger.commit.position) return `the ${object.kind} ${object.id} had no grace`
    ledger.deleted(object)
  }
  return undefined
}

export const stopDeletion = (ledger: Ledger, reason: string): string | undefined => {
  if (ledger.deletionStopped !== undefined) return "it is stopped already"
  if (reason === "") return "it gives no reason"
  ledger.deletionStopped = { reason, time: ledger.time }
  return undefined
}

export const resumeDeletion = (ledger: Ledger): string | undefined => {
  if (ledger.deletionStopped === undefined) return "it is not stopped"
  ledger.deletionStopped = undefined
  return undefined
}

/** Segments that a folder, a checkpoint or the pack table is made of. */
export const referencedSegments = (
  state: Pick<Ledger, "folders" | "checkpoints" | "packSegments">
): ReadonlySet<string> => {
  const all = new Set(state.packSegments)
  for (const folder of state.folders.values()) for (const id of folder.segments) all.add(id)
  for (const checkpoint of state.checkpoints) for (const id of checkpoint.segments) all.add(id)
  return all
}
