import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import * as Frames from "../../../src/domain/bep/Frames.ts"
import * as IndexExchange from "../../../src/domain/bep/IndexExchange.ts"
import * as Messages from "../../../src/domain/bep/Messages.ts"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import { int } from "./arbitraries.ts"
import { bep } from "./oracle.ts"

const live = (name: string, blocks = 1): Uint8Array =>
  FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 1n, value: 1n }],
    size: blocks * 131072,
    blockSize: 131072,
    hashes: new Uint8Array(blocks * 32)
  })
const deleted = (name: string): Uint8Array =>
  FileInfo.encode({ name, type: "file", version: [{ id: 1n, value: 2n }], deleted: true })
const numbered = (infos: ReadonlyArray<Uint8Array>, from = 1) => infos.map((info, i) => ({ info, sequence: from + i }))

const open = (frame: Uint8Array): Messages.Index | Messages.IndexUpdate => {
  const frames = Result.getOrThrow(Frames.makeParser().push(frame))
  const message = Result.getOrThrow(Messages.decode(frames[0]!))
  assert(message?._tag === "Index" || message?._tag === "IndexUpdate")
  return message
}

/** The whole stream, as a sender with the whole index at hand makes it. */
const stream = (cursor: IndexExchange.Cursor, records: ReadonlyArray<IndexExchange.Outgoing>) => {
  const messages: Array<Messages.Index | Messages.IndexUpdate> = []
  let rest = records
  for (;;) {
    const next = IndexExchange.nextMessage("f", cursor, rest)
    if (next === undefined) return { messages, cursor }
    messages.push(open(next.frame))
    cursor = next.cursor
    rest = rest.slice(next.taken)
    assert(messages.length <= records.length)
  }
}

describe("IndexExchange.sendStart", () => {
  const start = (indexId: bigint, maxSequence: number) =>
    IndexExchange.sendStart({ ourIndexId: 7n, ourMax: 100, stated: { indexId, maxSequence } })
  it.each(
    [
      ["our index id and a lower sequence: only what is newer", 7n, 40, { after: 40, full: false, ahead: false }],
      ["our index id and our sequence: nothing", 7n, 100, { after: 100, full: false, ahead: false }],
      ["our index id and nothing known yet: everything", 7n, 0, { after: 0, full: true, ahead: false }],
      ["our index id and a higher sequence: everything, and a doubt about us", 7n, 101, {
        after: 0,
        full: true,
        ahead: true
      }],
      ["another index id: everything", 8n, 40, { after: 0, full: true, ahead: false }],
      ["another index id, far ahead: everything", 8n, 4000, { after: 0, full: true, ahead: false }],
      ["no index id: everything", 0n, 40, { after: 0, full: true, ahead: false }]
    ] as const
  )("%s", (_, indexId, maxSequence, expected) => {
    assert.deepStrictEqual(start(indexId, maxSequence), expected)
  })

  it("no index id of ours matches none", () => {
    const none = IndexExchange.sendStart({ ourIndexId: 0n, ourMax: 10, stated: { indexId: 0n, maxSequence: 5 } })
    assert.deepStrictEqual(none, { after: 0, full: true, ahead: false })
  })
})

describe("IndexExchange.nextMessage", () => {
  it("a delta is an IndexUpdate that continues from what the peer stated", () => {
    const { messages } = stream({ after: 40, full: false }, numbered([live("a"), live("b")], 41))
    assert.deepStrictEqual(messages.map((m) => [m._tag, m.lastSequence, m.files.map((f) => f.sequence)]), [[
      "IndexUpdate",
      42,
      [41, 42]
    ]])
    assert(messages[0]?._tag === "IndexUpdate")
    assert.strictEqual(messages[0].prevSequence, 40)
  })

  it("a full transfer is one Index and then IndexUpdates; nothing to send is no message", () => {
    const { cursor, messages } = stream(
      { after: 0, full: true },
      numbered(Array.from({ length: 1200 }, (_, i) => live(`n${i}`)))
    )
    assert.deepStrictEqual(messages.map((m) => [m._tag, m.files.length]), [["Index", 500], ["IndexUpdate", 500], [
      "IndexUpdate",
      200
    ]])
    assert.deepStrictEqual(messages.map((m) => m._tag === "IndexUpdate" ? m.prevSequence : -1), [-1, 500, 1000])
    assert.deepStrictEqual(cursor, { after: 1200, full: false })
    assert.isUndefined(IndexExchange.nextMessage("f", { after: 0, full: true }, []))
  })

  it("an Index states no previous sequence, wherever its stream stood", () => {
    const next = IndexExchange.nextMessage("f", { after: 7, full: true }, numbered([live("a")], 8))
    const frames = Result.getOrThrow(Frames.makeParser().push(next?.frame ?? new Uint8Array(0)))
    assert.strictEqual(frames[0]?.type, Frames.INDEX)
    assert.strictEqual(String(bep.IndexUpdate.decode(frames[0]!.body).prevSequence), "0")
  })

  it("2,500 entries with rename pairs at the boundaries", () => {
    const infos = Array.from({ length: 2500 }, (_, i) => live(`n${i}`))
    for (const at of [500, 1001, 1700]) infos[at] = deleted(`old${at}`)
    const { messages } = stream({ after: 0, full: true }, numbered(infos))
    assert.deepStrictEqual(messages.map((m) => m.files.length), [501, 501, 500, 500, 498])
    const sequences = messages.flatMap((m) => m.files.map((f) => f.sequence))
    assert.deepStrictEqual(sequences, Array.from({ length: 2500 }, (_, i) => i + 1))
    for (const message of messages) {
      assert(message.files.length <= IndexExchange.batchLimit.entries + 1)
      assert.strictEqual(message.lastSequence, message.files.at(-1)?.sequence)
      assert.isFalse(message.files[0]?.deleted, "no batch begins with the second half of a pair")
    }
  })

  it("gaps in our numbering are sent as they are", () => {
    const { messages } = stream({ after: 5, full: false }, [{ info: live("a"), sequence: 9 }, {
      info: live("b"),
      sequence: 1000
    }])
    assert.deepStrictEqual(messages[0]?.files.map((f) => f.sequence), [9, 1000])
  })
})

describe("IndexExchange.batchEnd", () => {
  it.each([
    ["nothing", [], 0],
    ["500 small ones", Array.from({ length: 600 }, () => live("n")), 500],
    ["2500 blocks", Array.from({ length: 10 }, () => live("n", 1000)), 2],
    ["a single one over the limit", [live("n", 5000), live("n")], 1],
    ["a single one over the limit, after others", [live("n"), live("n", 5000), live("n")], 1],
    ["2 MiB", Array.from({ length: 40 }, () => live("n".repeat(200_000))), 10],
    ["a pair over the block limit", [live("n", 5000), deleted("o"), live("n")], 2],
    [
      "only one deletion more than fits",
      [...Array.from({ length: 500 }, () => live("n")), deleted("o"), deleted("p")],
      501
    ],
    ["a deletion after a deletion is no pair", Array.from({ length: 501 }, () => deleted("o")), 500]
  ] as ReadonlyArray<readonly [string, ReadonlyArray<Uint8Array>, number]>)("%s", (_, infos, expected) => {
    assert.strictEqual(IndexExchange.batchEnd(numbered(infos), 0), expected)
  })

  it.prop(
    "batches cover everything once, within the limit and one",
    [Arbitrary.array(Arbitrary.all([int(0, 3), int(0, 900)]), { maxLength: 60 })],
    ([entries]) => {
      const records = numbered(entries.map(([kind, blocks]) => kind === 0 ? deleted("x") : live("y", blocks)))
      for (let from = 0; from < records.length;) {
        const end = IndexExchange.batchEnd(records, from)
        assert(end > from)
        const blocks = records.slice(from, end).reduce((sum, r) => sum + FileInfo.outline(r.info).blocks, 0)
        assert(blocks <= IndexExchange.batchLimit.blocks || end === from + 1)
        if (end < records.length) {
          const parted = FileInfo.outline(records[end]!.info).deleted &&
            !FileInfo.outline(records[end - 1]!.info).deleted
          assert.isFalse(parted)
        }
        from = end
      }
    }
  )
})

describe("what a peer states about itself", () => {
  const held = { indexId: 7n, sequence: 40 }
  it.each(
    [
      ["the index id we know", held, { indexId: 7n, paused: false }, "keep"],
      ["a new index id", held, { indexId: 8n, paused: false }, "reset"],
      ["no index id", held, { indexId: 0n, paused: false }, "reset"],
      ["no index id because it is paused", held, { indexId: 0n, paused: true }, "keep"],
      ["paused with a new index id", held, { indexId: 8n, paused: true }, "reset"],
      ["paused with the one we know", held, { indexId: 7n, paused: true }, "keep"],
      ["anything, for the first time", undefined, { indexId: 8n, paused: false }, "reset"]
    ] as const
  )("%s", (_, mark, stated, expected) => {
    assert.strictEqual(IndexExchange.onClusterConfig(mark, stated), expected)
  })
})

describe("what a peer's index does", () => {
  const files = [5, 9, 7].map((sequence) => Result.getOrThrow(FileInfo.decode(FileInfo.announce(live("n"), sequence))))
  const index: Messages.Index = { _tag: "Index", folder: "f", files, lastSequence: 9 }
  const update: Messages.IndexUpdate = { _tag: "IndexUpdate", folder: "f", files, lastSequence: 9, prevSequence: 0 }
  const held = { indexId: 7n, sequence: 8 }
  it.each(
    [
      ["an Index replaces, even in mid-session", { indexId: 7n, sequence: 400 }, index, {
        decision: "reset",
        sequence: 9,
        gap: false
      }],
      ["an IndexUpdate adds", held, update, { decision: "keep", sequence: 9, gap: false }],
      ["1.19 does not state the last sequence", held, { ...update, lastSequence: 0 }, {
        decision: "keep",
        sequence: 9,
        gap: false
      }],
      ["a higher last sequence counts", held, { ...update, lastSequence: 30 }, {
        decision: "keep",
        sequence: 30,
        gap: false
      }],
      ["the mark never goes back", { indexId: 7n, sequence: 400 }, update, {
        decision: "keep",
        sequence: 400,
        gap: false
      }],
      ["the first update of all", undefined, update, { decision: "keep", sequence: 9, gap: false }],
      ["it continues where we are", held, { ...update, prevSequence: 8 }, {
        decision: "keep",
        sequence: 9,
        gap: false
      }],
      ["it continues after what we never got", held, { ...update, prevSequence: 9 }, {
        decision: "keep",
        sequence: 9,
        gap: true
      }],
      ["an empty Index forgets", held, { ...index, files: [], lastSequence: 0 }, {
        decision: "reset",
        sequence: 0,
        gap: false
      }]
    ] as const
  )("%s", (_, mark, message, expected) => {
    assert.deepStrictEqual(IndexExchange.onIndex(mark, message), expected)
  })
})
