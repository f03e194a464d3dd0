/** Short ways to say what a commit does, and a state with something of everything to do it to. */
import type { Commit, Op } from "../../../src/domain/repository/Commit.ts"
import * as MultisetHash from "../../../src/domain/repository/MultisetHash.ts"
import type { PackRef, SegmentRef } from "../../../src/domain/repository/Refs.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { after, commitOn, device, packId, record, repository, seeded, segmentId } from "./fixtures.ts"

export const pack = (name: string, term = 1, more: Partial<PackRef> = {}): PackRef => ({
  id: packId(name, term),
  size: 1000,
  trailerLength: 100,
  blocks: 3,
  bytes: 900,
  ...more
})

export const segment = (
  name: string,
  folder: string,
  from: number,
  to: number,
  more: Partial<SegmentRef> = {}
): SegmentRef => ({
  id: segmentId(name),
  table: "files",
  folder,
  records: to - from + 1,
  minSequence: from,
  maxSequence: to,
  size: 5000,
  footerLength: 300,
  digest: seeded(name),
  ...more
})

export const packSegment = (name: string, packs: ReadonlyArray<PackRef>, more: Partial<SegmentRef> = {}): SegmentRef =>
  segment(name, "", 0, 0, { table: "packs", records: packs.length, digest: MultisetHash.ofPacks(packs), ...more })

export const run = (name: string, count = 1) => [{ pack: packId(name), count }]
export const files = (folder: string, ...records: ReadonlyArray<ReturnType<typeof record>>): Op => ({
  _tag: "FilesChanged",
  folder,
  records
})
export const flush = (folder: string, through: number, segment: SegmentRef): Op => ({
  _tag: "InlineFlushed",
  folder,
  through,
  segment
})
export const checkpoint = (id: number, folder: string, reason: "manual" | "schedule" = "schedule"): Op => ({
  _tag: "CheckpointCreated",
  id,
  folder,
  reason
})

/** Epoch 1; folders f (3 records, 2 of them in commit 3, 1 in 4) and g (empty); packs "a" and "b"; checkpoints of g. */
export const prepared = (): State.State => {
  let state = State.initial(repository)
  state = after(state, [{ _tag: "EpochOpened", epoch: 1 }], { term: 1 }).state
  state = after(state, [
    { _tag: "FolderAdded", folder: "f", label: "F", indexId: 11n },
    { _tag: "FolderAdded", folder: "g", label: "G", indexId: 12n }
  ]).state
  state = after(state, [
    { _tag: "PacksAdded", packs: [pack("a")] },
    files("f", record("one", 1, run("a")), record("two", 2, run("a", 2))),
    { _tag: "RemoteIndexAdvanced", folder: "f", device, indexId: 5n, sequence: 40 }
  ]).state
  state = after(state, [{ _tag: "PacksAdded", packs: [pack("b")] }, files("f", record("three", 3, run("b")))]).state
  state = after(state, [checkpoint(1, "g"), checkpoint(2, "g"), checkpoint(3, "g"), checkpoint(4, "g", "manual")]).state
  return after(state, [checkpoint(5, "g"), checkpoint(6, "g", "manual"), checkpoint(7, "g")]).state
}

export const judge = (state: State.State, ops: ReadonlyArray<Op>, more: Partial<Commit> = {}, facts = State.noFacts) =>
  State.admissible(state, commitOn(state, ops, more), facts)

export const added = (folder: string, segment: SegmentRef): Op => ({ _tag: "SegmentAdded", folder, segment })
export const packs = (...packs: ReadonlyArray<PackRef>): Op => ({ _tag: "PacksAdded", packs })
export const advanced = (folder: string, indexId: bigint, sequence: number): Op => ({
  _tag: "RemoteIndexAdvanced",
  folder,
  device,
  indexId,
  sequence
})
export const forked = (epoch: number, ...folders: ReadonlyArray<readonly [string, bigint, number]>): Op => ({
  _tag: "TimelineForked",
  epoch,
  folders: folders.map(([folder, indexId, sequence]) => ({ folder, indexId, sequence }))
})
export const tabled = (through: number, segment: SegmentRef): Op => ({ _tag: "PacksFlushed", through, segment })
export const expired = (...ids: ReadonlyArray<number>): Op => ({ _tag: "CheckpointsExpired", ids })
