/** The operations of upkeep: what the one predicate lets pass, and what they leave behind. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Base from "../../../src/domain/repository/Base.ts"
import type { Commit, Op } from "../../../src/domain/repository/Commit.ts"
import * as MultisetHash from "../../../src/domain/repository/MultisetHash.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import type { Merge, Renamed } from "../../../src/domain/repository/Op.ts"
import type { SegmentRef } from "../../../src/domain/repository/Refs.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { after, ok, packId, record, segmentId } from "./fixtures.ts"
import {
  added,
  advanced,
  checkpoint,
  files,
  flush,
  judge,
  pack,
  packs,
  packSegment,
  prepared,
  run,
  segment,
  tabled
} from "./ledger.ts"

const day = 86_400_000
const nothing = { records: 0, digest: new Uint8Array(32) }
const none = { ...nothing, maxSequence: 0 }

const rows = (...records: ReadonlyArray<ReturnType<typeof record>>) => ({
  records: records.length,
  digest: MultisetHash.ofRecords(records)
})

/** A segment of f that holds exactly these records. */
const holding = (name: string, ...records: ReadonlyArray<ReturnType<typeof record>>): SegmentRef =>
  segment(name, "f", Math.min(...records.map((r) => r.sequence)), Math.max(...records.map((r) => r.sequence)), {
    ...rows(...records)
  })

const one = record("one", 1)
const two = record("two", 2)
const three = record("three", 3)
const newTwo = record("two", 4)

/** f: "one" and "two" in segment s, "three" and a newer "two" in t; packs a, b in the table, c inline. */
const grown = (): State.State => {
  let state = prepared()
  state = after(state, [flush("f", 4, holding("s", one, two, three))]).state
  state = after(state, [files("f", newTwo)]).state
  state = after(state, [flush("f", state.position, holding("t", newTwo))]).state
  state = after(state, [tabled(state.position, packSegment("p", [pack("a"), pack("b")]))]).state
  return after(state, [packs(pack("c"))]).state
}

const state = grown()

const merge = (more: Partial<Merge> = {}): Op => ({
  _tag: "SegmentsMerged",
  table: "files",
  folder: "f",
  inputs: [segmentId("s"), segmentId("t")],
  output: holding("u", one, three, newTwo),
  dropped: rows(two),
  tombstones: none,
  ...more
})
/** The same, with "one" in another pack's name. */
const renaming = (more: Partial<Renamed> = {}): Op => {
  const named = { ...one, runs: run("b") }
  return merge({
    output: holding("u", named, three, newTwo),
    renamed: {
      records: 1,
      before: MultisetHash.ofRecords([one]),
      after: MultisetHash.ofRecords([named]),
      ...more
    }
  })
}
const renewed = (indexId: bigint, sequence: number): Op => ({ _tag: "IndexRenewed", folder: "f", indexId, sequence })
const mergeTable = (more: Partial<Merge> = {}): Op =>
  merge({
    table: "packs",
    folder: "",
    inputs: [segmentId("p")],
    output: packSegment("q", [pack("a"), pack("b")]),
    dropped: nothing,
    ...more
  })
const replaced = (old: string, ...by: ReadonlyArray<string>): Op => ({
  _tag: "PackReplaced",
  old: packId(old),
  packs: by.map((name) => packId(name)),
  scanned: 3
})
const condemned = (...objects: ReadonlyArray<readonly ["pack" | "segment", string, number?]>): Op => ({
  _tag: "ObjectsCondemned",
  objects: objects.map(([kind, name, term]) => ({
    kind,
    id: kind === "pack" ? packId(name, term) : segmentId(name, term),
    size: 10
  }))
})
const gone = (...objects: ReadonlyArray<readonly ["pack" | "segment", string]>): Op => ({
  _tag: "ObjectsDeleted",
  objects: objects.map(([kind, name]) => ({ kind, id: kind === "pack" ? packId(name) : segmentId(name) }))
})
const pinned = (id: number, more: { readonly holder?: string; readonly until?: number } = {}): Op => ({
  _tag: "CheckpointPinned",
  id,
  holder: "",
  reason: "tax",
  ...more
})
const removed = (...ids: ReadonlyArray<number>): Op => ({ _tag: "CheckpointsRemoved", ids })
const stopped: Op = { _tag: "DeletionStopped", reason: "pack x is named" }

describe("operations of upkeep", () => {
  const good: ReadonlyArray<readonly [string, State.State, ReadonlyArray<Op>, Partial<Commit>?]> = [
    ["a merge that balances", state, [merge()]],
    ["a merge of one segment", state, [
      merge({ inputs: [segmentId("t")], output: holding("u", newTwo), dropped: nothing })
    ]],
    ["a merge that gives a row another name of a pack", state, [renaming()]],
    ["a merge of the pack table", state, [mergeTable()]],
    ["a merge of the pack table without what lives no more", after(state, [replaced("a", "c")]).state, [
      mergeTable({
        output: packSegment("q", [pack("b")]),
        dropped: { records: 1, digest: MultisetHash.ofPacks([pack("a")]) }
      })
    ]],
    ["a pack replaced by one that is there", state, [replaced("a", "b")]],
    ["a pack replaced by one this commit adds", state, [packs(pack("d")), replaced("a", "d")]],
    ["a pack replaced by nothing", state, [replaced("a")]],
    ["a pack replaced again", after(state, [replaced("a", "b")]).state, [replaced("a", "c")]],
    ["a replaced pack condemned", state, [replaced("a", "b"), condemned(["pack", "a"])]],
    ["a pack condemned", state, [condemned(["pack", "c"])]],
    ["an orphan of an older term", state, [condemned(["pack", "lost", 0], ["segment", "lost", 0])]],
    ["a segment that was merged away", after(state, [merge()]).state, [condemned(["segment", "s"], ["segment", "t"])]],
    ["what was condemned, deleted", after(state, [condemned(["pack", "c"])]).state, [gone(["pack", "c"])]],
    ["a redirect that nobody needs", after(state, [replaced("a", "b")]).state, [
      { _tag: "RedirectsDropped", packs: [packId("a")] }
    ]],
    ["a stop", state, [stopped]],
    ["a condemned pack saved while deletion is stopped", after(state, [condemned(["pack", "c"])]).state, [
      stopped,
      replaced("c", "a")
    ]],
    ["a stop and its end", state, [stopped, { _tag: "DeletionResumed" }]],
    ["a schedule", state, [{ _tag: "ScheduleSet", every: 600_000, keep: 600_000 }]],
    ["no hourly ones", state, [{ _tag: "ScheduleRemoved", every: 3_600_000 }]],
    ["a pin", state, [pinned(1)]],
    ["a pin taken back", state, [pinned(1), { _tag: "CheckpointUnpinned", id: 1, holder: "" }]],
    ["removal of the newest checkpoint", state, [removed(7)]],
    ["removal where a pin has run out", after(state, [pinned(1, { holder: "r", until: 5 })]).state, [removed(1)]],
    ["removal of a folder", state, [{ _tag: "FolderRemoved", folder: "g" }]],
    ["a removed folder taken up again", after(state, [{ _tag: "FolderRemoved", folder: "f" }]).state, [
      { _tag: "FolderAdded", folder: "f", label: "", indexId: 99n },
      files("f", record("x", 5))
    ]],
    ["an index renewed", state, [renewed(99n, 5), files("f", record("x", 6))]],
    ["indexes forgotten, then from below", state, [
      { _tag: "RemoteIndexesForgotten", folder: "f" },
      advanced("f", 5n, 1)
    ]]
  ]
  it.each(good.map((row) => ({ what: row[0], on: row[1], ops: row[2], more: row[3] })))(
    "$what is admissible",
    ({ more, on, ops }) => {
      assert.isUndefined(judge(on, ops, more))
    }
  )

  const stop = after(state, [stopped]).state
  const bad: ReadonlyArray<readonly [string, State.State, ReadonlyArray<Op>, RegExp, Partial<Commit>?]> = [
    ["an index renewed under the id it has", state, [renewed(11n, 5)], /keeps its index id/],
    ["an index renewed under id 0", state, [renewed(0n, 5)], /keeps its index id/],
    ["an index renewed with the sequence it has", state, [renewed(99n, 4)], /stays/],
    ["an index renewed of no folder", state, [{ ...renewed(99n, 5), folder: "x" } as Op], /no folder x/],
    ["a merge that loses a row", state, [merge({ dropped: nothing })], /3 rows of 4/],
    ["a merge that gives a row another name, and does not say so", state, [
      merge({ output: holding("u", { ...one, runs: run("b") }, three, newTwo) })
    ], /not those of its inputs/],
    ["a merge that says so of another row", state, [
      renaming({ before: MultisetHash.ofRecords([three]) })
    ], /not those of its inputs/],
    ["a merge that gives no row another name", state, [renaming({ records: 0 })], /does not have/],
    ["a merge that gives more rows other names than it has", state, [renaming({ records: 4 })], /does not have/],
    ["a merge that gives half a row another name", state, [renaming({ records: 0.5 })], /does not have/],
    ["a merge with half a digest", state, [renaming({ after: new Uint8Array(16) })], /32 bytes/],
    ["a merge of the pack table that gives other names", state, [
      mergeTable({ renamed: { records: 1, before: new Uint8Array(32), after: new Uint8Array(32) } })
    ], /rows of packs/],
    ["a merge that swaps a row", state, [merge({ dropped: rows(record("two", 9)) })], /not those of its inputs/],
    ["a merge that keeps a row twice", state, [merge({ output: holding("u", one, three, newTwo, two) })], /5 rows/],
    ["a merge of nothing", state, [merge({ inputs: [] })], /set of segments/],
    ["a merge of one twice", state, [merge({ inputs: [segmentId("s"), segmentId("s")] })], /set of segments/],
    ["a merge of a segment nobody has", state, [merge({ inputs: [segmentId("x")] })], /no segment/],
    ["a merge of another folder's", state, [
      merge({ folder: "g", output: { ...holding("u", one, three, newTwo), folder: "g" } })
    ], /not of the folder's view/],
    ["a merge without a term", state, [merge()], /epoch 1 is open/, { term: 0 }],
    ["a merge of part of the pack table", state, [mergeTable({ inputs: [segmentId("s")] })], /rows|whole pack table/],
    ["a merge of the pack table that drops a live pack", state, [
      mergeTable({
        output: packSegment("q", [pack("b")]),
        dropped: { records: 1, digest: MultisetHash.ofPacks([pack("a")]) }
      })
    ], /does not drop/],
    ["tombstones without a milestone of that age", state, [
      merge({ dropped: nothing, tombstones: { ...rows(two), maxSequence: 2 } })
    ], /not old enough/],
    ["a pack replaced by a dead one", state, [replaced("a", "z")], /not live/],
    ["a pack replaced by itself", state, [replaced("a", "a")], /replaces itself/],
    ["a pack nobody has replaced", state, [replaced("z", "a")], /not there/],
    ["a pack replaced by the future", state, [{ ...replaced("a", "b"), scanned: 99 } as Op], /scanned later/],
    [
      "records of a replaced pack",
      after(state, [replaced("a", "b")]).state,
      [files("f", record("x", 5, run("a")))],
      /not live/
    ],
    ["records of a condemned pack", after(state, [condemned(["pack", "c"])]).state, [
      files("f", record("x", 5, run("c")))
    ], /not live/],
    ["a condemned pack added again", after(state, [condemned(["pack", "c"])]).state, [packs(pack("c"))], /exists/],
    ["a replaced pack added again", after(state, [replaced("c", "b")]).state, [packs(pack("c"))], /exists/],
    ["a condemned pack saved while deletion goes on", after(state, [condemned(["pack", "c"])]).state, [
      replaced("c", "a")
    ], /not there/],
    ["an unknown pack saved while deletion is stopped", state, [stopped, replaced("lost", "a")], /not there/],
    ["a segment in use, condemned", state, [condemned(["segment", "s"])], /in use/],
    ["the pack table, condemned", state, [condemned(["segment", "p"])], /in use/],
    [
      "a pack that replaces another, condemned",
      after(state, [replaced("a", "b")]).state,
      [condemned(["pack", "b"])],
      /replaces another/
    ],
    ["a pack condemned twice", after(state, [condemned(["pack", "c"])]).state, [condemned(["pack", "c"])], /already/],
    ["an orphan of this term", state, [condemned(["pack", "lost"])], /commit to come/],
    ["a pack it adds", state, [packs(pack("d")), condemned(["pack", "d"])], /same commit/],
    ["deleted before it was condemned", state, [gone(["pack", "c"])], /not condemned/],
    ["deleted without a grace", state, [condemned(["pack", "c"]), gone(["pack", "c"])], /no grace/],
    ["condemned while deletion is stopped", stop, [condemned(["pack", "c"])], /stopped/],
    ["deleted while deletion is stopped", after(after(state, [condemned(["pack", "c"])]).state, [stopped]).state, [
      gone(["pack", "c"])
    ], /stopped/],
    ["stopped twice", stop, [stopped], /already/],
    ["resumed without a stop", state, [{ _tag: "DeletionResumed" }], /not stopped/],
    ["a redirect that is none", state, [{ _tag: "RedirectsDropped", packs: [packId("a")] }], /not replaced/],
    ["a schedule of nine minutes", state, [{ _tag: "ScheduleSet", every: 540_000, keep: 3_600_000 }], /ten minutes/],
    ["a schedule that keeps nothing", state, [{ _tag: "ScheduleSet", every: 3_600_000, keep: 60_000 }], /shorter/],
    ["a schedule that is none", state, [{ _tag: "ScheduleRemoved", every: 5 }], /no such/],
    ["expiry of what is pinned", after(state, [pinned(1)]).state, [{ _tag: "CheckpointsExpired", ids: [1] }], /pinned/],
    ["removal of what is pinned", after(state, [pinned(1)]).state, [removed(1)], /pinned/],
    ["a pin of nothing", state, [pinned(99)], /no checkpoint/],
    ["a pin of another holder taken back", after(state, [pinned(1)]).state, [{
      _tag: "CheckpointUnpinned",
      id: 1,
      holder: "r"
    }], /not pinned by r/],
    ["removal of a folder with a pinned checkpoint", after(state, [pinned(1)]).state, [{
      _tag: "FolderRemoved",
      folder: "g"
    }], /pinned/],
    ["a removed folder under its old index id", after(state, [{ _tag: "FolderRemoved", folder: "f" }]).state, [
      { _tag: "FolderAdded", folder: "f", label: "", indexId: 11n }
    ], /index id it had/],
    ["a sequence a removed folder had used", after(state, [{ _tag: "FolderRemoved", folder: "f" }]).state, [
      { _tag: "FolderAdded", folder: "f", label: "", indexId: 99n },
      files("f", record("x", 1))
    ], /where 5 is next/]
  ]
  it.each(bad.map((row) => ({ what: row[0], on: row[1], ops: row[2], why: row[3], more: row[4] })))(
    "$what is not admissible",
    ({ more, on, ops, why }) => {
      assert.match(judge(on, ops, more) ?? "admissible", why)
    }
  )

  it("old rows may name a replaced pack, new ones may not", () => {
    const named = after(after(state, [files("f", record("x", 5, run("c")))]).state, [replaced("c", "b")]).state
    const facts = { packsOf: () => [packId("c")] }
    const old = flush("f", named.position, holding("w", record("x", 5, run("c"))))
    assert.isUndefined(judge(named, [old], {}, facts))
    assert.match(judge(named, [added("f", segment("v", "f", 6, 6))], {}, facts) ?? "", /not live/)
  })

  it("a merge takes the place of its first input, and the others stay until they are condemned", () => {
    const grown = after(state, [added("f", segment("v", "f", 5, 6))]).state
    const { state: merged } = after(grown, [merge()])
    assert.deepStrictEqual(merged.folders.get("f")?.segments, [segmentId("u"), segmentId("v")])
    assert.isTrue(merged.segments.has(segmentId("s")))
    assert.isFalse(State.referencedSegments(merged).has(segmentId("s")))
    const { state: left } = after(merged, [condemned(["segment", "s"])])
    assert.isFalse(left.segments.has(segmentId("s")))
  })

  it("redirects never form a chain, whatever the order", () => {
    let now = after(state, [replaced("a", "b")]).state
    now = after(now, [replaced("b", "c")]).state
    assert.deepStrictEqual(State.packsFor(now, packId("a")), [packId("c")])
    assert.deepStrictEqual(State.packsFor(now, packId("b")), [packId("c")])
    assert.deepStrictEqual(State.packsFor(now, packId("c")), [packId("c")])
    assert.isFalse(State.isLive(now, packId("a")))
  })

  it("tombstones go when they are 400 days old and nothing older stays beside them", () => {
    const tombstone = record("old", 5)
    let now = after(state, [files("f", tombstone)]).state
    now = after(now, [files("f", record("later", 6))], { time: now.time + 8 * day }).state
    const milestones = now.folders.get("f")!.milestones
    assert.isAtLeast(milestones.at(-1)!.sequence, 5)
    const flushed = (time: number) =>
      after(now, [flush("f", now.position, holding("w", tombstone, record("later", 6)))], { time }).state
    const drop: Op = merge({
      inputs: [segmentId("s"), segmentId("t"), segmentId("w")],
      output: holding("u", one, three, newTwo, record("later", 6)),
      dropped: rows(two),
      tombstones: { ...rows(tombstone), maxSequence: 5 }
    })
    const young = flushed(now.time + 300 * day)
    assert.match(judge(young, [drop]) ?? "", /not old enough/)
    const old = flushed(now.time + 401 * day)
    assert.isUndefined(judge(old, [drop]))
    const partial: Op = merge({
      inputs: [segmentId("w")],
      output: holding("u", record("later", 6)),
      dropped: nothing,
      tombstones: { ...rows(tombstone), maxSequence: 5 }
    })
    assert.match(judge(old, [partial]) ?? "", /may hold what they hide/)
    const busy = after(old, [files("f", record("new", 7))]).state
    assert.match(judge(busy, [drop]) ?? "", /commits only/)
  })

  it("milestones are a week apart, and only one is older than 400 days", () => {
    let now = state
    for (let i = 0; i < 900; i++) {
      const folder = now.folders.get("f")!
      now = after(now, [files("f", record("x", folder.sequence + 1))], { time: now.time + day }).state
    }
    const { milestones } = now.folders.get("f")!
    assert.isAtMost(milestones.length, 60)
    assert.lengthOf(milestones.filter(({ time }) => now.time - time >= 400 * day), 1)
    for (const [i, { time }] of milestones.entries()) {
      if (i > 0) assert.isAtLeast(time - milestones[i - 1]!.time, 7 * day)
    }
  })

  it("a base holds all of it, and nothing of it is lost on the way", () => {
    let now = state
    for (
      const ops of [
        [merge()],
        [replaced("a", "b"), condemned(["pack", "a"])],
        [condemned(["segment", "s"], ["pack", "lost", 0])],
        [pinned(1), pinned(1, { holder: "reader", until: 7 }), pinned(2, { holder: "", until: 9 })],
        [{ _tag: "ScheduleSet", every: 600_000, keep: day }, { _tag: "ScheduleRemoved", every: day }],
        [{ ...checkpoint(8, "g"), counts: { files: 0, directories: 0, bytes: 0 } }],
        [{ _tag: "FolderRemoved", folder: "f" }],
        [stopped]
      ] as ReadonlyArray<ReadonlyArray<Op>>
    ) now = after(now, ops).state
    const bytes = ok(Base.encode(now))
    const back = Base.withFlushed(ok(Base.decode(bytes)), [pack("a"), pack("b")])
    assert.deepEqual({ ...back, basePosition: 0 }, now)
    assert.deepStrictEqual(ok(Base.encode(back)), bytes)
    assert.deepStrictEqual([...back.packs.dropped.keys()], [packId("a")])
    assert.isFalse(back.packs.flushed.has(packId("a")))
    assert.isTrue(back.condemned.has(ObjectKey.pack(packId("lost", 0))))
    assert.isTrue(Result.isFailure(Base.decode(bytes.subarray(0, -1))))
  })

  it("no schedules is not the default", () => {
    let now = state
    for (const { every } of now.schedules) now = after(now, [{ _tag: "ScheduleRemoved", every }]).state
    assert.deepStrictEqual(ok(Base.decode(ok(Base.encode(now)))).schedules, [])
    assert.deepStrictEqual(ok(Base.decode(ok(Base.encode(state)))).schedules, state.schedules)
  })
})
