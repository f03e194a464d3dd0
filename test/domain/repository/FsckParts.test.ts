/** The small pure parts of a check: the table of blocks, sets of sequences, parts of a repository. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { BlockTable, markOf } from "../../../src/domain/repository/BlockTable.ts"
import * as Damage from "../../../src/domain/repository/Damage.ts"
import { RecordsLook } from "../../../src/domain/repository/RecordsLook.ts"
import { SequenceSet } from "../../../src/domain/repository/SequenceSet.ts"
import * as State from "../../../src/domain/repository/State.ts"
import * as Subset from "../../../src/domain/repository/Subset.ts"
import { ok, packId, record, repository, seeded } from "./fixtures.ts"

const hashes = (...names: ReadonlyArray<string>) => Buffer.concat(names.map(seeded))
const mark = (name: string) => markOf(seeded(name), 0)

describe("BlockTable", () => {
  it("finds what was taken in, pack by pack, without what is bad or dropped", () => {
    const table = new BlockTable()
    table.add("p", hashes("a", "b", "c"), new Set([1]))
    table.add("q", hashes("b", "d"))
    assert.strictEqual(table.size, 4)
    assert.deepStrictEqual(["a", "b", "c", "d"].map((name) => table.has("p", mark(name))), [true, false, true, false])
    assert.isTrue(table.has("q", mark("b")))
    assert.isFalse(table.has("r", mark("b")))
    assert.deepStrictEqual([...table.find(new Set([mark("b"), mark("z")]))], [[mark("b"), "q"]])
    table.add("q", hashes("d"))
    assert.isFalse(table.has("q", mark("b")))
    table.drop("p")
    assert.isFalse(table.knows("p"))
    assert.strictEqual(table.size, 1)
  })

  it("keeps packs apart over many pieces of memory", () => {
    const table = new BlockTable()
    const names = Array.from({ length: 300 }, (_, at) => `pack ${at}`)
    const many = Buffer.concat(Array.from({ length: 256 }, (_, at) => seeded(`${at}`)))
    const large = Buffer.concat(Array.from({ length: 20 }, () => many))
    for (const name of names) table.add(name, Buffer.concat([large, seeded(name)]))
    assert.strictEqual(table.size, 300 * (20 * 256 + 1))
    for (const name of names) {
      assert.isTrue(table.has(name, mark(name)) && table.has(name, mark("255")))
      assert.isFalse(table.has(name, mark("pack 0")) && name !== "pack 0")
    }
  })

  it("a mark is the first 53 bits, exactly", () => {
    assert.strictEqual(markOf(new Uint8Array(32).fill(255), 0), 2 ** 53 - 1)
    assert.strictEqual(markOf(Uint8Array.from({ length: 32 }, (_, at) => at === 6 ? 8 : 0), 0), 1)
    assert.strictEqual(markOf(Uint8Array.from({ length: 32 }, (_, at) => at === 6 ? 7 : 0), 0), 0)
  })
})

describe("key slots", () => {
  it("that open nothing are damage, left over, or a newer program's: those nobody is told to remove", () => {
    const found = (["Damaged", "Foreign", "Newer"] as const).map((tag) => ({ _tag: tag, id: tag, reason: "r" }))
    const told = Damage.ofKeys(found)
    assert.deepStrictEqual(told.map(({ kind, severity }) => `${kind} ${severity}`), [
      "key damage",
      "spare untidy",
      "newer untidy"
    ])
    assert.notInclude(told[2]!.mend, "remove")
  })
})

describe("SequenceSet", () => {
  it("tells what comes twice, near or far", () => {
    const set = new SequenceSet()
    const far = [1, 2, 65_535, 65_536, 2 ** 40 + 1, 2 ** 53 - 1]
    assert.isTrue(far.every((value) => set.add(value)))
    assert.isFalse(far.some((value) => set.add(value)))
  })

  it("takes in another, and tells how much of it was there", () => {
    const set = (...values: ReadonlyArray<number>) => {
      const made = new SequenceSet()
      for (const value of values) made.add(value)
      return made
    }
    const ours = set(1, 7, 70_000, 2 ** 40)
    assert.deepStrictEqual(ours.absorb(set(2, 8, 70_001, 2 ** 41)), { count: 0, first: undefined })
    assert.deepStrictEqual(ours.absorb(set(3, 8, 7, 2 ** 41)), { count: 3, first: 7 })
    assert.isTrue([1, 2, 3, 7, 8, 70_000, 70_001, 2 ** 40, 2 ** 41].every((value) => !ours.add(value)))
    assert.isTrue([0, 4, 69_999, 2 ** 40 + 1].every((value) => ours.add(value)))
  })
})

describe("RecordsLook", () => {
  const state = {
    ...State.initial(repository),
    folders: new Map([["a", { id: "a", sequence: 9 } as unknown as State.FolderState]])
  }
  const look = (present: boolean, ...sequences: ReadonlyArray<number>) => {
    const made = new RecordsLook({ folder: "a", source: "s", at: state, present }, new BlockTable())
    made.look(sequences.map((sequence) => record(`f${sequence}`, sequence)))
    return made
  }

  it("says nothing of what is in order", () => {
    const others = new SequenceSet()
    assert.isUndefined(look(true, 3, 1, 2).conclude(others))
    assert.isUndefined(look(true, 4, 9).conclude(others))
    const { blocks, files, records, rows } = look(true, 5)
    assert.deepStrictEqual([records, blocks, files, rows], [1, 0, 1, []])
  })

  const strange: ReadonlyArray<readonly [what: string, sequences: ReadonlyArray<number>, told: string]> = [
    ["one given twice in it", [3, 4, 3], "3 is given to two entries"],
    ["one that another source has", [3, 2], "2 is given to two entries"],
    ["one that was never given out", [10], "10 was never given out"],
    ["several", [10, 3, 3, 1, 2], "10 was never given out, and 3 more"]
  ]
  for (const [what, sequences, told] of strange) {
    it(`tells of ${what}`, () => {
      const others = new SequenceSet()
      assert.isUndefined(look(true, 1, 2).conclude(others))
      assert.strictEqual(look(true, ...sequences).conclude(others), told)
    })
  }

  it("leaves out an attempt that was not concluded, and numbers of older states", () => {
    const others = new SequenceSet()
    look(true, 1, 2)
    assert.isUndefined(look(true, 1, 2).conclude(others))
    assert.isUndefined(look(false, 1, 2, 2, 11).conclude(others))
  })

  it("tells whose blocks are in no pack", () => {
    const made = new RecordsLook({ folder: "a", source: "s", at: state, present: true }, new BlockTable())
    made.look([record("f", 1, [{ pack: packId("gone"), count: 1 }])])
    assert.deepStrictEqual(made.rows.map(({ name, lost }) => [name, lost.length]), [["f", 1]])
    assert.strictEqual(made.blocks, 1)
  })
})

describe("Subset", () => {
  it("reads parts, shares and sizes, and nothing else", () => {
    assert.deepStrictEqual(ok(Subset.parse("1/7")), { _tag: "Part", n: 1, of: 7 })
    assert.deepStrictEqual(ok(Subset.parse("2.5%")), { _tag: "Share", share: 0.025 })
    assert.deepStrictEqual(ok(Subset.parse("2g")), { _tag: "Bytes", bytes: 2 * 1024 ** 3 })
    for (const text of ["", "0/7", "8/7", "1/0", "0%", "101%", "-1%", "0K", "2", "2 G", "1/7/2"]) {
      assert.isTrue(Result.isFailure(Subset.parse(text)), text)
    }
    for (const text of ["1/7", "2.5%", "7%", "100%", "2G", "1500M", "3K"]) {
      assert.strictEqual(Subset.format(ok(Subset.parse(text))), text)
    }
  })

  it("the parts of a cycle are all packs, each once, whatever the random numbers", () => {
    const packs = Array.from({ length: 500 }, (_, at) => ({ id: packId(`${at}`), size: 10 }))
    const parts = [1, 2, 3, 4, 5, 6, 7].map((n) => Subset.choose({ _tag: "Part", n, of: 7 }, packs, []))
    assert.deepStrictEqual(parts.flat().map(({ id }) => id).toSorted(), packs.map(({ id }) => id).toSorted())
    for (const part of parts) assert.isAbove(part.length, 40)
    const random = packs.map((_, at) => at / packs.length)
    assert.lengthOf(Subset.choose({ _tag: "Share", share: 0.1 }, packs, random), 50)
    assert.lengthOf(Subset.choose({ _tag: "Bytes", bytes: 95 }, packs, random), 10)
    assert.lengthOf(Subset.choose({ _tag: "Bytes", bytes: 1 }, packs, random), 1)
  })
})
