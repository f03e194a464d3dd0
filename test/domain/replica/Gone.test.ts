import { assert, describe, it } from "@effect/vitest"
import * as DeviceId from "../../../src/domain/DeviceId.ts"
import { Blocks } from "../../../src/domain/replica/Blocks.ts"
import { Catalogue, type Draft } from "../../../src/domain/replica/Catalogue.ts"
import * as Gone from "../../../src/domain/replica/Gone.ts"
import * as Inbox from "../../../src/domain/replica/Inbox.ts"
import * as Keys from "../../../src/domain/replica/Keys.ts"
import * as Records from "../../../src/domain/replica/Records.ts"
import * as Rows from "../../../src/domain/replica/Rows.ts"
import * as MemoryTables from "../../harness/MemoryTables.ts"
import { record } from "../repository/fixtures.ts"

const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))
const everything = { start: new Uint8Array(0), end: new Uint8Array(40).fill(0xff) }

const world = () => {
  const tables = MemoryTables.make()
  const draft: Draft = { ...Rows.newStamp("00") }
  const catalogue = new Catalogue()
  const blocks = new Blocks([1, 2])
  blocks.begin(tables, draft)
  const work: Records.Work = { tables, draft, catalogue, blocks, live: () => true, told: { has: () => true } }
  const fill = (folder: string, count: number) => {
    const number = catalogue.addFolder(tables, draft, folder)
    Records.put(work, number, Array.from({ length: count }, (_, i) => record(`${folder} ${i}`, i + 1)))
    Records.show(tables, number, count)
    Inbox.receive(tables, draft, Inbox.boxKey(device, folder), {
      entries: Array.from({ length: count }, (_, i) => ({ sequence: i + 1, name: `${i}`, info: Uint8Array.of(1) })),
      settled: [],
      mark: { indexId: 1n, sequence: count },
      reset: false
    })
    return number
  }
  const count = (table: "files" | "sequences" | "inbox" | "waiting") =>
    Array.from(tables[table].entries(everything.start, everything.end)).length
  return { tables, draft, catalogue, fill, count }
}

describe("Gone", () => {
  it("a dropped folder has no number, no totals and no boxes at once, and no rows in the end", () => {
    const { catalogue, count, draft, fill, tables } = world()
    const number = fill("f", 4500)
    const kept = fill("g", 10)
    assert.isFalse(Gone.isAny(tables))
    Gone.drop(tables, catalogue, "f")
    assert.isUndefined(catalogue.folder(tables, "f"))
    assert.isUndefined(new Catalogue().folder(tables, "f"))
    assert.deepStrictEqual(Records.totals(tables, number), Rows.noTotals)
    assert.isUndefined(Inbox.box(tables, Inbox.boxKey(device, "f")))
    assert.notStrictEqual(catalogue.addFolder(tables, draft, "f"), number)
    let sweeps = 0
    for (; Gone.isAny(tables) && sweeps < 100; sweeps++) {
      const before = count("files") + count("sequences") + count("inbox") + count("waiting")
      Gone.sweep(tables)
      assert.isAtMost(before - count("files") - count("sequences") - count("inbox") - count("waiting"), 2000)
      // What is listed has a record.
      assert.isAtMost(count("sequences"), count("files"))
    }
    assert.isBelow(sweeps, 20)
    assert.deepStrictEqual((["files", "sequences", "inbox", "waiting"] as const).map(count), [10, 10, 10, 10])
    assert.strictEqual(Records.totals(tables, kept).files, 10)
    assert.strictEqual(Inbox.box(tables, Inbox.boxKey(device, "g"))?.count, 10)
    Gone.sweep(tables)
    assert.strictEqual(count("files"), 10)
  })

  it("a folder that was never there leaves others alone, whatever they are called", () => {
    const { catalogue, count, fill, tables } = world()
    fill("ff", 3)
    fill("f f", 3)
    Gone.drop(tables, catalogue, "f")
    assert.isFalse(Gone.isAny(tables))
    assert.strictEqual(count("inbox"), 6)
    assert.isTrue(Keys.isBoxOf(Inbox.boxKey(device, "x".repeat(3000)), "x".repeat(3000)))
    assert.isFalse(Keys.isBoxOf(Inbox.boxKey(device, "x".repeat(3000)), "x".repeat(3001)))
  })
})
