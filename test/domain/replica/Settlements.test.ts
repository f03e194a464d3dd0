import { assert, describe, it } from "@effect/vitest"
import * as DeviceId from "../../../src/domain/DeviceId.ts"
import type { Draft } from "../../../src/domain/replica/Catalogue.ts"
import * as Inbox from "../../../src/domain/replica/Inbox.ts"
import * as Rows from "../../../src/domain/replica/Rows.ts"
import { Settlements } from "../../../src/domain/replica/Settlements.ts"
import * as MemoryTables from "../../harness/MemoryTables.ts"

const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))

/** Five entries that wait in each of two folders, and settlements of some of them. */
const world = () => {
  const tables = MemoryTables.make()
  const draft: Draft = { ...Rows.newStamp("00") }
  const keys = new Inbox.BoxKeys()
  for (const folder of ["f", "g"]) {
    Inbox.receive(tables, draft, keys.of(device, folder), {
      entries: [1, 2, 3, 4, 5].map((sequence) => ({ sequence, name: `${sequence}`, info: Uint8Array.of(1) })),
      settled: [],
      mark: { indexId: 1n, sequence: 5 },
      reset: false
    })
  }
  const settlements = new Settlements(keys)
  const add = (position: number, folder: string, ...sequences: ReadonlyArray<number>) =>
    settlements.add({ position, entries: [{ device, folder, indexId: 1n, sequences }] })
  const left = (folder: string) =>
    Inbox.page(tables, Inbox.boxKey(device, folder), 0, 100).map(({ sequence }) => sequence)
  return { tables, settlements, add, left }
}

describe("Settlements", () => {
  const cases: ReadonlyArray<
    readonly [through: number, due: boolean, f: ReadonlyArray<number>, g: ReadonlyArray<number>]
  > = [
    [6, false, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]],
    [7, true, [3, 4, 5], [1, 2, 3, 4, 5]],
    [8, true, [3, 4, 5], [1, 2, 4]],
    [9, true, [4, 5], [1, 2, 4]],
    [90, true, [4, 5], [1, 2, 4]]
  ]
  it.each(cases)("through commit %i", (through, due, f, g) => {
    const { add, left, settlements, tables } = world()
    add(7, "f", 1, 2)
    add(9, "f", 3)
    add(8, "g", 3, 5)
    assert.strictEqual(settlements.isDue(through), due)
    settlements.settle(tables, through)
    assert.deepStrictEqual([left("f"), left("g")], [f, g])
  })

  it("are due until they are said to be done, and then never again", () => {
    const { add, left, settlements, tables } = world()
    add(7, "f", 1)
    const first = settlements.settle(tables, 7)
    // A transaction that failed: it is due still.
    assert.isTrue(settlements.isDue(7))
    assert.deepStrictEqual(settlements.settle(tables, 7), first)
    // Comes while the transaction is on its way.
    add(7, "f", 2)
    settlements.done(first)
    assert.isTrue(settlements.isDue(7))
    settlements.done(settlements.settle(tables, 7))
    assert.isFalse(settlements.isDue(90))
    assert.deepStrictEqual(settlements.settle(tables, 90), [])
    assert.deepStrictEqual(left("f"), [3, 4, 5])
  })
})

describe("BoxKeys", () => {
  it("are the keys of their boxes, once and again", () => {
    const keys = new Inbox.BoxKeys()
    const other = DeviceId.fromBytes(new Uint8Array(32).fill(8))
    for (let round = 0; round < 2; round++) {
      for (const who of [device, other]) {
        for (const folder of ["f", "g"]) assert.deepStrictEqual(keys.of(who, folder), Inbox.boxKey(who, folder))
      }
    }
    assert.strictEqual(keys.of(device, "f"), keys.of(device, "f"))
  })
})
