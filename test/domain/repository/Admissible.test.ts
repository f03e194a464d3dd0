import { assert, describe, it } from "@effect/vitest"
import type { Commit, Op } from "../../../src/domain/repository/Commit.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { after, commitOn, noise, packId, record, repository, seeded, segmentId } from "./fixtures.ts"
import {
  added,
  advanced,
  checkpoint,
  expired,
  files,
  flush,
  forked,
  judge,
  pack,
  packs,
  packSegment,
  prepared,
  run,
  segment,
  tabled
} from "./ledger.ts"

const state = prepared()
const none = State.initial(repository)
const opened = after(none, [{ _tag: "EpochOpened", epoch: 5 }], { term: 5 }).state

describe("admissible", () => {
  const good: ReadonlyArray<readonly [string, ReadonlyArray<Op>, Partial<Commit>?]> = [
    ["nothing", []],
    ["a higher epoch", [{ _tag: "EpochOpened", epoch: 2 }], { term: 2 }],
    ["an epoch far above", [{ _tag: "EpochOpened", epoch: 900 }], { term: 900 }],
    ["objects of the epoch it opens", [
      { _tag: "EpochOpened", epoch: 2 },
      packs(pack("c", 2))
    ], { term: 2 }],
    ["no objects, no term", [{ _tag: "FolderAdded", folder: "h", label: "", indexId: 1n }], { term: 0 }],
    ["records without new objects, no term", [files("f", record("four", 4, run("a")))], { term: 0 }],
    ["records of packs it adds", [packs(pack("c")), files("f", record("four", 4, run("c")))]],
    ["records of packs it adds later", [files("f", record("four", 4, run("c"))), packs(pack("c"))]],
    ["records in two operations", [files("f", record("four", 4)), files("f", record("five", 5))]],
    ["records of a folder it adds", [
      { _tag: "FolderAdded", folder: "h", label: "", indexId: 1n },
      files("h", record("x", 1))
    ]],
    ["a segment of the next sequences", [added("f", segment("s", "f", 4, 9))]],
    ["a segment, then records", [
      added("f", segment("s", "f", 4, 9)),
      files("f", record("ten", 10))
    ]],
    ["the whole flush", [flush("f", 6, segment("s", "f", 1, 3))]],
    ["part of the flush", [flush("f", 3, segment("s", "f", 1, 2))]],
    ["a flush that dropped what was superseded", [flush("f", 4, segment("s", "f", 2, 3, { records: 1 }))]],
    ["a flush and a checkpoint", [flush("f", 6, segment("s", "f", 1, 3)), checkpoint(8, "f")]],
    ["packs flushed", [tabled(6, packSegment("p", [pack("b"), pack("a")]))]],
    ["some packs flushed", [tabled(3, packSegment("p", [pack("a")]))]],
    ["an index that stands still", [advanced("f", 5n, 40)]],
    ["an index that advances", [advanced("f", 5n, 41)]],
    ["a new index, from below", [advanced("f", 6n, 1)]],
    ["a checkpoint of an empty folder", [checkpoint(8, "g")]],
    ["expiry of the older ones", [expired(1, 2, 3, 5)]],
    ["removal of a manual one just before the newest", [expired(6)]],
    ["a fork of all folders", [forked(9, ["g", 2n, 0], ["f", 3n, 3])]]
  ]

  it.each(good.map((row) => ({ what: row[0], ops: row[1], more: row[2] })))("$what is", ({ more, ops }) => {
    assert.isUndefined(judge(state, ops, more))
  })

  const bad: ReadonlyArray<readonly [string, ReadonlyArray<Op>, RegExp, Partial<Commit>?]> = [
    ["a position that is taken", [], /does not follow/, { position: state.position }],
    ["a position further on", [], /does not follow/, { position: state.position + 2 }],
    ["another predecessor", [], /another commit/, { previous: seeded("other") }],
    ["a short nonce", [], /nonce/, { nonce: noise(15) }],
    ["a time that is none", [], /whole/, { time: -1 }],
    ["a term that is none", [], /whole/, { term: 0.5 }],
    ["a term that was never opened", [], /never opened/, { term: 2 }],
    ["the open epoch again", [{ _tag: "EpochOpened", epoch: 1 }], /not above/, { term: 1 }],
    ["a lower epoch", [{ _tag: "EpochOpened", epoch: 0 }], /not above/, { term: 0 }],
    ["an epoch of another term", [{ _tag: "EpochOpened", epoch: 3 }], /own term/, { term: 2 }],
    ["packs of no term", [packs(pack("c"))], /epoch 1 is open/, { term: 0 }],
    ["packs named by an older term", [packs(pack("c", 0))], /not of this term/],
    ["packs named by a term to come", [packs(pack("c", 2))], /not of this term/],
    ["a pack twice", [packs(pack("c"), pack("c"))], /exists/],
    ["a pack that is there", [packs(pack("a"))], /exists/],
    ["a pack without an id", [packs(pack("c", 1, { id: "c" }))], /not of this term/],
    [
      "a pack of a trailer only",
      [packs(pack("c", 1, { trailerLength: 1000 }))],
      /impossible/
    ],
    ["a pack of no blocks", [packs(pack("c", 1, { blocks: 0 }))], /impossible/],
    ["a pack of fewer bytes than blocks", [packs(pack("c", 1, { bytes: 2 }))], /impossible/],
    ["a pack of half a byte", [packs(pack("c", 1, { size: 1000.5 }))], /no number/],
    ["a trailer above 4 GiB", [packs(pack("c", 1, { size: 2 ** 40, trailerLength: 2 ** 32 }))], /no number/],
    ["a folder that is there", [{ _tag: "FolderAdded", folder: "f", label: "", indexId: 1n }], /exists/],
    ["a folder without an id", [{ _tag: "FolderAdded", folder: "", label: "", indexId: 1n }], /has an id/],
    ["index id 0", [{ _tag: "FolderAdded", folder: "h", label: "", indexId: 0n }], /not 0/],
    ["an empty certificate", [{ _tag: "IdentitySet", certificate: noise(0), privateKey: noise(1) }], /empty/],
    ["an empty key", [{ _tag: "IdentitySet", certificate: noise(1), privateKey: noise(0) }], /empty/],
    ["a label of no folder", [{ _tag: "FolderRelabelled", folder: "x", label: "" }], /no folder x/],
    ["records of no folder", [files("x", record("a", 1))], /no folder x/],
    [
      "a segment of no folder",
      [added("x", segment("s", "x", 1, 2))],
      /no folder x/
    ],
    [
      "an index of no folder",
      [advanced("x", 1n, 1)],
      /no folder x/
    ],
    ["a flush of no folder", [flush("x", 3, segment("s", "x", 1, 2))], /no folder x/],
    ["a checkpoint of no folder", [checkpoint(8, "x")], /no folder x/],
    ["a gap in the sequence", [files("f", record("four", 5))], /where 4 is next/],
    ["a sequence again", [files("f", record("four", 3))], /where 4 is next/],
    ["a gap inside", [files("f", record("four", 4), record("five", 6))], /where 5 is next/],
    ["sequences in another order", [files("f", record("five", 5), record("four", 4))], /where 4 is next/],
    ["a gap between operations", [files("f", record("four", 4)), files("f", record("five", 4))], /where 5 is next/],
    ["a pack nobody has", [files("f", record("four", 4, run("zz")))], /not live/],
    ["a run of no blocks", [files("f", record("four", 4, [{ pack: packId("a"), count: 0 }]))], /run of 0/],
    ["another entry's record", [files("f", { ...record("four", 4), name: "other" })], /not its record/],
    ["an entry that is none", [files("f", { ...record("four", 4), info: noise(40) })], /not its record/],
    ["a segment of no term", [added("f", segment("s", "f", 4, 9))], /epoch 1/, {
      term: 0
    }],
    ["a segment of another term", [added("f", segment("s", "f", 4, 9, { id: segmentId("s", 0) }))], /not of this term/],
    [
      "a segment with a gap before it",
      [added("f", segment("s", "f", 5, 9))],
      /not the next/
    ],
    [
      "a segment of sequences again",
      [added("f", segment("s", "f", 3, 9))],
      /not the next/
    ],
    [
      "a segment with gaps",
      [added("f", segment("s", "f", 4, 9, { records: 5 }))],
      /gaps/
    ],
    ["a segment of more records than sequences", [added("f", segment("s", "f", 4, 9, { records: 7 }))], /more records/],
    ["a segment of no records", [added("f", segment("s", "f", 4, 9, { records: 0 }))], /impossible/],
    [
      "a segment of another folder",
      [added("f", segment("s", "g", 4, 9))],
      /another folder/
    ],
    ["a segment of packs", [added("f", segment("s", "f", 4, 9, { table: "packs" }))], /another table/],
    ["a segment of a footer only", [added("f", segment("s", "f", 4, 9, { footerLength: 5000 }))], /impossible/],
    ["a segment of half a byte", [added("f", segment("s", "f", 4, 9, { size: 5000.5 }))], /whole/],
    ["a segment twice", [
      added("f", segment("s", "f", 4, 9)),
      added("f", segment("s", "f", 10, 11))
    ], /exists/],
    ["a flush of this very commit", [flush("f", 7, segment("s", "f", 1, 3))], /not committed yet/],
    ["a flush of nothing", [flush("g", 6, segment("s", "g", 1, 3))], /nothing to flush/],
    ["a flush from before the records", [flush("f", 2, segment("s", "f", 1, 3))], /nothing to flush/],
    [
      "a flush twice",
      [flush("f", 6, segment("s", "f", 1, 3)), flush("f", 6, segment("t", "f", 1, 3))],
      /nothing to flush/
    ],
    ["a flush of sequences nobody has", [flush("f", 6, segment("s", "f", 1, 4))], /never given out/],
    ["a flush into a segment of sequence 0", [flush("f", 6, segment("s", "f", 0, 3))], /more records than/],
    ["a flush of no term", [flush("f", 6, segment("s", "f", 1, 3))], /epoch 1/, { term: 0 }],
    [
      "a pack table that lacks a pack",
      [tabled(6, packSegment("p", [pack("a")]))],
      /1 rows for 2/
    ],
    ["a pack table of other packs", [tabled(6, packSegment("p", [pack("a"), pack("z")]))], /not the packs/],
    ["a pack table of other sizes", [tabled(3, packSegment("p", [pack("a", 1, { size: 1001 })]))], /not the packs/],
    ["a pack table of this commit", [tabled(7, packSegment("p", [pack("a"), pack("b")]))], /not committed yet/],
    [
      "a pack table of no packs",
      [tabled(2, packSegment("p", [pack("a")]))],
      /1 rows for 0/
    ],
    [
      "a pack table with a folder",
      [tabled(6, packSegment("p", [pack("a"), pack("b")], { folder: "f" }))],
      /another folder/
    ],
    [
      "an index that goes back",
      [advanced("f", 5n, 39)],
      /from 40 back to 39/
    ],
    [
      "an index of half a sequence",
      [advanced("f", 5n, 40.5)],
      /whole/
    ],
    ["a checkpoint id again", [checkpoint(7, "g")], /where 8 is next/],
    ["a checkpoint id left out", [checkpoint(9, "g")], /where 8 is next/],
    ["a checkpoint id twice", [checkpoint(8, "g"), checkpoint(8, "g")], /where 9 is next/],
    ["a checkpoint of records no segment holds", [checkpoint(8, "f")], /no segment holds/],
    [
      "a checkpoint after part of the flush",
      [flush("f", 3, segment("s", "f", 1, 2)), checkpoint(8, "f")],
      /no segment holds/
    ],
    ["a checkpoint of records of the same commit", [
      flush("f", 6, segment("s", "f", 1, 3)),
      files("f", record("four", 4)),
      checkpoint(8, "f")
    ], /no segment holds/],
    ["expiry of what is not there", [expired(8)], /no checkpoint 8/],
    ["expiry of one twice", [expired(1, 1)], /twice/],
    [
      "expiry of one again",
      [expired(1), expired(1)],
      /no checkpoint 1/
    ],
    ["expiry of the newest", [expired(7)], /newest/],
    ["expiry of the last before the newest", [
      expired(6),
      expired(5)
    ], /last before/],
    ["a fork that leaves a folder out", [forked(9, ["f", 2n, 3])], /every folder/],
    ["a fork of a folder twice", [forked(9, ["f", 2n, 3], ["f", 3n, 3])], /every folder/],
    ["a fork of another folder", [forked(9, ["f", 2n, 3], ["x", 3n, 3])], /no folder x/],
    ["a fork that keeps an index id", [forked(9, ["f", 11n, 3], ["g", 3n, 3])], /keeps its index id/],
    ["a fork to index id 0", [forked(9, ["f", 0n, 3], ["g", 3n, 3])], /keeps its index id/],
    ["a fork that takes sequences back", [forked(9, ["f", 2n, 2], ["g", 3n, 0])], /goes back/],
    ["a fork that keeps the epoch", [forked(1, ["f", 2n, 3], ["g", 3n, 0])], /not above/]
  ]

  it.each(bad.map((row) => ({ what: row[0], ops: row[1], why: row[2], more: row[3] })))(
    "$what is not",
    ({ more, ops, why }) => {
      const problem = judge(state, ops, more)
      assert.match(problem ?? "admissible", why)
      assert.throws(() => State.fold(state, commitOn(state, ops, more), seeded("d")), RangeError)
    }
  )

  it("objects of a term that is over are not", () => {
    assert.match(judge(opened, [packs(pack("c", 4))], { term: 4 }) ?? "", /epoch 5 is open/)
    assert.match(judge(none, [packs(pack("c", 0))], { term: 0 }) ?? "", /epoch 0 is open/)
    assert.isUndefined(judge(opened, [packs(pack("c", 5))], { term: 5 }))
  })

  it("a pack or segment stays taken after it was flushed", () => {
    const flushed = after(state, [
      tabled(6, packSegment("p", [pack("a"), pack("b")])),
      flush("f", 6, segment("s", "f", 1, 3))
    ]).state
    assert.match(judge(flushed, [packs(pack("a"))]) ?? "", /exists/)
    assert.match(
      judge(flushed, [added("f", segment("s", "f", 4, 5))]) ?? "",
      /exists/
    )
    assert.match(
      judge(flushed, [added("f", segment("p", "f", 4, 5))]) ?? "",
      /exists/
    )
    assert.isUndefined(judge(flushed, [files("f", record("four", 4, run("a")))]))
  })

  it("a segment whose footer names a pack nobody has is not, for each operation that brings one", () => {
    const naming = (...names: ReadonlyArray<string>): State.Facts => ({
      packsOf: () => names.map((name) => packId(name))
    })
    const bringing: Op = added("f", segment("s", "f", 4, 9))
    const flushed = flush("f", 6, segment("s", "f", 1, 3))
    for (const op of [bringing, flushed]) {
      assert.isUndefined(judge(state, [op], {}, naming("a", "b")))
      assert.match(judge(state, [op], {}, naming("a", "zz")) ?? "", /not live/)
      assert.isUndefined(judge(state, [packs(pack("c")), op], {}, naming("a", "c")))
      assert.isUndefined(judge(state, [op, packs(pack("c"))], {}, naming("a", "c")))
    }
  })
})
