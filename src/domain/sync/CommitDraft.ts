/**
 * What a commit of staged files looks like on a given state: each is compared once more with what we hold now, conflict
 * copies are made, sequences given out. Pure, so that a lost race simply drafts again; a draft is never patched.
 */
import * as Result from "effect/Result"
import type { Style } from "../Conflict.ts"
import * as Conflict from "../Conflict.ts"
import type { DeviceId } from "../DeviceId.ts"
import * as FileInfo from "../FileInfo.ts"
import * as FileName from "../FileName.ts"
import type { BlockRun, FileRecord } from "../repository/Record.ts"
import type { State } from "../repository/State.ts"
import * as VersionVector from "../VersionVector.ts"

/** A wanted entry whose blocks all lie in packs. */
export interface Staged {
  readonly device: DeviceId
  readonly style: Style
  readonly folder: string
  /** The peer's numbering the entry is of, and its sequence there. */
  readonly indexId: bigint
  readonly sequence: number
  readonly info: FileInfo.FileInfo
  readonly runs: ReadonlyArray<BlockRun>
  /** When it became complete, monotonic milliseconds. */
  readonly at: number
}

/** A local date and time, for the names of conflict copies. */
export type LocalTime = Parameters<typeof Conflict.copyName>[1]

export interface Surroundings {
  readonly current: (folder: string, name: string) => FileRecord | undefined
  /** Live records in the directory whose base name begins so. */
  readonly siblings: (folder: string, parent: string, basePrefix: string) => ReadonlyArray<FileRecord>
  /** The pack may be named: durable, in the state or in this commit, not condemned. */
  readonly live: (pack: string) => boolean
  /** The live pack that holds the block now, for one that a record finds in a pack that may not be named any more. */
  readonly moved: (hash: Uint8Array) => string | undefined
  /** Our short id. */
  readonly self: bigint
  /** Unix seconds. */
  readonly now: number
  readonly local: LocalTime
}

export interface Draft {
  /** New records by folder, in order of their sequences, which continue the folder's counter. One per name. */
  readonly records: ReadonlyMap<string, ReadonlyArray<FileRecord>>
  /** Staged entries this draft settles: recorded, or found to need nothing. */
  readonly decided: ReadonlyArray<Staged>
  /** Entries that lose to what is held by now. They are not settled: they stay in the inbox. */
  readonly kept: ReadonlyArray<Staged>
  /** Entries for the next commit: the same name is already in this one. */
  readonly later: ReadonlyArray<Staged>
  /** Entries whose blocks are gone: they have to be fetched again. */
  readonly refetch: ReadonlyArray<Staged>
  readonly conflicts: number
  /** Names of losers whose content no live pack holds: they have no conflict copy. */
  readonly lost: ReadonlyArray<string>
}

export const empty: Draft = {
  records: new Map(),
  decided: [],
  kept: [],
  later: [],
  refetch: [],
  conflicts: 0,
  lost: []
}

const decoded = (record: FileRecord): FileInfo.FileInfo | undefined =>
  Result.getOrUndefined(FileInfo.decode(record.info))

export const draft = (state: State, staged: ReadonlyArray<Staged>, around: Surroundings): Draft => {
  const records = new Map<string, Array<FileRecord>>()
  const taken = new Set<string>()
  const decided: Array<Staged> = []
  const later: Array<Staged> = []
  const refetch: Array<Staged> = []
  const kept: Array<Staged> = []
  const lost: Array<string> = []
  let conflicts = 0

  const append = (folder: string, record: Omit<FileRecord, "sequence">): void => {
    const known = records.get(folder)
    const list = known ?? []
    if (known === undefined) records.set(folder, list)
    list.push({ ...record, sequence: (state.folders.get(folder)?.sequence ?? 0) + list.length + 1 })
    taken.add(`${folder}\0${record.name}`)
  }

  for (const entry of staged) {
    const { folder, info } = entry
    if (!state.folders.has(folder)) {
      decided.push(entry)
      continue
    }
    if (taken.has(`${folder}\0${info.name}`)) {
      later.push(entry)
      continue
    }
    const held = around.current(folder, info.name)
    const ours = held === undefined ? undefined : decoded(held)
    const decision = Conflict.decide(info, ours, entry.style)
    if (decision._tag === "Ignore") {
      decided.push(entry)
      continue
    }
    if (decision._tag === "Lose") {
      kept.push(entry)
      continue
    }
    if (entry.runs.some((run) => !around.live(run.pack))) {
      refetch.push(entry)
      continue
    }
    let version = Conflict.settled(info, ours, around.self, around.now)
    if (decision._tag === "AdoptWithCopy" && held !== undefined && ours !== undefined) {
      const copy = conflictCopy(folder, { ...held, loser: ours }, info, around, taken)
      const runs = copy === undefined ? undefined : namable(held, ours, around)
      if (copy !== undefined && runs !== undefined) append(folder, { name: copy.name, info: copy.info, runs })
      if (copy !== undefined && runs === undefined) {
        lost.push(held.name)
        // Whoever still has the loser must see a conflict, and make the copy.
        version = info.version
      }
      conflicts++
    }
    const stored = FileInfo.stored(info)
    append(folder, {
      name: info.name,
      info: version === info.version ? stored : FileInfo.withVersion(stored, version),
      runs: entry.runs
    })
    decided.push(entry)
  }
  return { records, decided, kept, later, refetch, conflicts, lost }
}

/** Where the record's blocks are, in packs that a new record may name; undefined if one is nowhere. */
const namable = (
  held: FileRecord,
  info: FileInfo.FileInfo,
  around: Pick<Surroundings, "live" | "moved">
): ReadonlyArray<BlockRun> | undefined => {
  if (held.runs.every((run) => around.live(run.pack))) return held.runs
  const runs: Array<BlockRun> = []
  let index = 0
  for (const run of held.runs) {
    const live = around.live(run.pack)
    for (let i = 0; i < run.count; i++) {
      const pack = live ? run.pack : around.moved(FileInfo.blockHash(info, index))
      if (pack === undefined || !around.live(pack)) return undefined
      const last = runs[runs.length - 1]
      if (last?.pack === pack) runs[runs.length - 1] = { pack, count: last.count + 1 }
      else runs.push({ pack, count: 1 })
      index++
    }
  }
  return runs
}

/** By pack that may not be named any more: blocks of losers that will need a conflict copy, and lie there by their records. */
export const stranded = (
  staged: ReadonlyArray<Staged>,
  around: Pick<Surroundings, "current" | "live">
): ReadonlyMap<string, ReadonlyArray<Uint8Array>> => {
  const found = new Map<string, Array<Uint8Array>>()
  for (const { folder, info, style } of staged) {
    const held = around.current(folder, info.name)
    if (held === undefined || held.runs.every((run) => around.live(run.pack))) continue
    const ours = decoded(held)
    if (ours === undefined || Conflict.decide(info, ours, style)._tag !== "AdoptWithCopy") continue
    let index = 0
    for (const { count, pack } of held.runs) {
      const hashes = Array.from({ length: count }, (_, i) => FileInfo.blockHash(ours, index + i))
      index += count
      if (!around.live(pack)) found.set(pack, [...found.get(pack) ?? [], ...hashes])
    }
  }
  return found
}

/**
 * The loser's content under a name of its own; undefined if a copy with that content was made of it already. One that was there
 * before is none: who put it back in its place may delete it next, not knowing that what was put back has lost.
 */
const conflictCopy = (
  folder: string,
  { loser, sequence }: { readonly loser: FileInfo.FileInfo; readonly sequence: number },
  winner: FileInfo.FileInfo,
  around: Surroundings,
  taken: ReadonlySet<string>
): { readonly name: string; readonly info: Uint8Array } | undefined => {
  const first = Conflict.copyName(loser.name, around.local, winner.modifiedBy)
  const { base, parent } = FileName.split(first)
  const stem = base.slice(0, base.indexOf(".sync-conflict-") + ".sync-conflict-".length)
  const siblings = around.siblings(folder, parent, stem)
  for (const sibling of siblings) {
    if (sibling.sequence <= sequence || taken.has(`${folder}\0${sibling.name}`)) continue
    const info = decoded(sibling)
    if (info !== undefined && !info.deleted && FileInfo.sameContent(info, loser)) return undefined
  }
  let name = first
  for (
    let at = around.local;
    taken.has(`${folder}\0${name}`) || around.current(folder, name) !== undefined;
    name = Conflict.copyName(loser.name, at, winner.modifiedBy)
  ) at = nextSecond(at)
  const version = VersionVector.update([], around.self, around.now)
  return { name, info: FileInfo.encode({ ...loser, name, version, modifiedBy: around.self }) }
}

/** One second on; a minute may run past 59, which still is a unique, ordered name. */
const nextSecond = (at: LocalTime): LocalTime =>
  at.second < 59 ? { ...at, second: at.second + 1 } : { ...at, second: 0, minute: at.minute + 1 }

/** Encoded size of a record, about; decides inline or segment and bounds what is staged. Bytes. */
export const weight = (record: { readonly info: Uint8Array; readonly runs: ReadonlyArray<BlockRun> }): number =>
  record.info.length + record.runs.length * 6 + 16

/** Files whose packs may all be named, and the others. */
export const sorted = (
  staged: ReadonlyArray<Staged>,
  live: Surroundings["live"]
): { readonly ready: Array<Staged>; readonly early: Array<Staged> } => {
  const ready: Array<Staged> = []
  const early: Array<Staged> = []
  for (const file of staged) (file.runs.every((run) => live(run.pack)) ? ready : early).push(file)
  return { early, ready }
}

/** Which packs a commit on the state may name, if it adds those. */
export const liveIn = (state: State, added: Iterable<string>): Surroundings["live"] => {
  const fresh = new Set(added)
  return (pack) => fresh.has(pack) || state.packs.flushed.has(pack) || state.packs.inline.has(pack)
}

/** What was decided, by device, folder and numbering. */
export const settlements = (decided: ReadonlyArray<Staged>) => {
  const groups = new Map<
    string,
    Pick<Staged, "device" | "folder" | "indexId"> & { readonly sequences: Array<number> }
  >()
  for (const { device, folder, indexId, sequence } of decided) {
    const key = `${device}\0${folder}\0${indexId}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { device, folder, indexId, sequences: [sequence] })
    else group.sequences.push(sequence)
  }
  return [...groups.values()]
}
