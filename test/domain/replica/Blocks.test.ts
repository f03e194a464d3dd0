import { assert, describe, it } from "@effect/vitest"
import { Blocks } from "../../../src/domain/replica/Blocks.ts"
import { Catalogue, type Draft } from "../../../src/domain/replica/Catalogue.ts"
import * as Keys from "../../../src/domain/replica/Keys.ts"
import * as Rows from "../../../src/domain/replica/Rows.ts"
import type { Tables } from "../../../src/domain/replica/Tables.ts"
import * as MemoryTables from "../../harness/MemoryTables.ts"
import { hashOf } from "../../harness/ScriptedRepository.ts"

const all = () => true

/** A process: its own memory over shared tables and a shared stamp. */
const processOn = (tables: Tables, draft: Draft) => {
  const blocks = new Blocks([1, 2])
  const catalogue = new Catalogue()
  return {
    blocks,
    catalogue,
    /** A transaction that adds hashes to packs and writes every row. */
    add: (...added: ReadonlyArray<readonly [pack: string, label: string]>) => {
      blocks.begin(tables, draft)
      for (const [pack, label] of added) {
        blocks.add(tables, draft, catalogue, catalogue.addPack(tables, draft, pack), hashOf(label), 0)
      }
      blocks.flush(tables, draft, catalogue)
    },
    find: (label: string, live: (pack: number) => boolean = all) => {
      const pack = blocks.find(tables, live, hashOf(label))
      return pack === 0 ? undefined : catalogue.pack(tables, pack)
    },
    known: (pack: string) => catalogue.known(tables, draft, catalogue.addPack(tables, draft, pack))
  }
}

const begun = () => {
  const tables = MemoryTables.make()
  const draft: Draft = { ...Rows.newStamp("00") }
  return { tables, draft, one: processOn(tables, draft), other: processOn(tables, draft) }
}

describe("Blocks", () => {
  it("find a hash in the first live pack that holds it", () => {
    const { draft, one, tables } = begun()
    one.add(["p", "x"], ["q", "y"], ["q", "x"], ["r", "z"])
    assert.strictEqual(one.find("y"), "q")
    assert.isUndefined(one.find("nothing"))
    const p = one.catalogue.addPack(tables, draft, "p")
    const q = one.catalogue.addPack(tables, draft, "q")
    assert.strictEqual(one.find("x", (pack) => pack !== p), "q")
    assert.strictEqual(one.find("x", (pack) => pack !== q), "p")
    assert.isUndefined(one.find("x", (pack) => pack !== p && pack !== q))
    assert.isUndefined(one.find("z", () => false))
  })

  it("find what lies in rows that are not written yet, and forget it if it never will be", () => {
    const { draft, one, tables } = begun()
    one.add(["p", "before"])
    one.blocks.begin(tables, draft)
    const saved = { ...draft }
    const pack = one.catalogue.addPack(tables, draft, "q")
    one.blocks.add(tables, draft, one.catalogue, pack, hashOf("open"), 0)
    assert.strictEqual(one.find("open"), "q")
    assert.isAbove(one.blocks.open, 0)
    one.blocks.abandon()
    Object.assign(draft, saved)
    assert.isUndefined(one.find("open"))
    assert.strictEqual(one.blocks.open, 0)
    one.add(["r", "after"])
    assert.strictEqual(one.find("after"), "r")
    assert.strictEqual(one.find("before"), "p")
    assert.isUndefined(one.find("open"))
  })

  it("fill rows to two pages, whatever the order packs come in", () => {
    const { draft, one, tables } = begun()
    const labels = Array.from({ length: 1200 }, (_, i) => `l${i}`)
    one.add(...labels.map((label, i): readonly [string, string] => [`pack ${i % 2}`, label]))
    const rows = [...tables.blocks.entries(Keys.uint32(0), Keys.uint32(100))].map(({ value }) =>
      (value.length - 4) / 32
    )
    assert.deepStrictEqual(rows.toSorted((a, b) => a - b), [90, 90, 255, 255, 255, 255])
    for (const [i, label] of labels.entries()) assert.strictEqual(one.find(label), `pack ${i % 2}`)
    assert.strictEqual(one.known("pack 0"), 600)
    assert.strictEqual(draft.hashes, 1200)
    draft.round++
    assert.strictEqual(one.known("pack 0"), 0, "another round begins at nothing")
  })

  it("follow what another process wrote, once", () => {
    const { draft, one, other, tables } = begun()
    one.add(["p", "a"], ["q", "b"])
    assert.isUndefined(other.find("a"))
    assert.isFalse(other.blocks.follow(tables, draft.nextRow))
    assert.strictEqual(other.find("a"), "p")
    other.add(["r", "c"])
    other.add(["r", "d"])
    one.add(["s", "e"])
    for (const label of ["a", "b", "c", "d", "e"]) assert.isDefined(one.find(label), label)
    other.blocks.follow(tables, draft.nextRow)
    assert.strictEqual(other.find("e"), "s")
    assert.strictEqual(one.blocks.size.hashes, 5)
    assert.strictEqual(other.blocks.size.hashes, 5)
  })

  it("are read a few rows at a time", () => {
    const { draft, one, other, tables } = begun()
    for (let i = 0; i < 10; i++) one.add([`p${i}`, `l${i}`])
    let steps = 1
    while (other.blocks.follow(tables, draft.nextRow, 3)) steps++
    assert.strictEqual(steps, 4)
    for (let i = 0; i < 10; i++) assert.strictEqual(other.find(`l${i}`), `p${i}`)
    other.blocks.reset()
    assert.isUndefined(other.find("l1"))
    other.blocks.follow(tables, draft.nextRow)
    assert.strictEqual(other.find("l1"), "p1")
  })

  it("pass over rows that are gone or hold something else by now", () => {
    const { one, tables } = begun()
    one.add(["p", "x"], ["q", "y"])
    tables.blocks.remove(Keys.uint32(1))
    tables.blocks.put(Keys.uint32(2), Rows.encodeBlocks(1, hashOf("other")))
    assert.isUndefined(one.find("x"))
    assert.isUndefined(one.find("y"))
  })
})
