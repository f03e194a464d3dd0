/** Rows by the names that packs have now, and what is read for that. */
import { assert, describe, it } from "@effect/vitest"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import type { BlockRun, FileRecord } from "../../../src/domain/repository/Record.ts"
import type { PackRef } from "../../../src/domain/repository/Refs.ts"
import * as Renaming from "../../../src/domain/repository/Renaming.ts"
import * as RepackPlan from "../../../src/domain/repository/RepackPlan.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { packId, repository, seeded } from "./fixtures.ts"
import { pack } from "./ledger.ts"

const hashOf = (label: string) => seeded(`block ${label}`)
const blocks = (name: string, labels: string) =>
  new RepackPlan.Blocks(pack(name, 1, { blocks: labels.length }), Buffer.concat(Array.from(labels, hashOf)))
const runs = (...all: ReadonlyArray<readonly [string, number]>): ReadonlyArray<BlockRun> =>
  all.map(([name, count]) => ({ pack: packId(name), count }))
const record = (labels: string, where: ReadonlyArray<BlockRun>): FileRecord => ({
  name: "f",
  sequence: 9,
  info: FileInfo.encode({
    name: "f",
    type: "file",
    version: [{ id: 1n, value: 1n }],
    size: labels.length * 131_072,
    blockSize: 131_072,
    hashes: Buffer.concat(Array.from(labels, hashOf))
  }),
  runs: where
})

describe("Renaming", () => {
  const places = new Map([
    [packId("old"), [blocks("A", "abc"), blocks("B", "cde")]],
    [packId("single"), [blocks("A", "abc")]],
    [packId("nothing"), []]
  ])
  const rows: ReadonlyArray<
    readonly [what: string, labels: string, ReadonlyArray<BlockRun>, ReadonlyArray<BlockRun> | undefined]
  > = [
    ["a row of other packs", "xy", runs(["x", 2]), undefined],
    ["a row without blocks", "", [], undefined],
    ["all blocks in one", "ab", runs(["old", 2]), runs(["A", 2])],
    ["blocks in two", "abde", runs(["old", 4]), runs(["A", 2], ["B", 2])],
    ["a block that both of them have", "c", runs(["old", 1]), undefined],
    ["one among others that both of them have", "abcde", runs(["old", 5]), undefined],
    ["one that only another pack's place has too", "c", runs(["single", 1]), runs(["A", 1])],
    ["back and forth", "aeb", runs(["old", 3]), runs(["A", 1], ["B", 1], ["A", 1])],
    ["runs that meet", "abab", runs(["old", 2], ["single", 2]), runs(["A", 4])],
    ["beside others", "xaey", runs(["x", 1], ["old", 2], ["x", 1]), runs(["x", 1], ["A", 1], ["B", 1], ["x", 1])],
    ["a block that is in none of them", "ax", runs(["old", 2]), undefined],
    ["a block that is only in the other's", "ae", runs(["old", 1], ["single", 1]), undefined],
    ["a pack in whose place is nothing", "a", runs(["nothing", 1]), undefined],
    ["more blocks than the entry has", "a", runs(["old", 2]), undefined]
  ]
  for (const [what, labels, where, expected] of rows) {
    it(what, () => {
      const renaming = new Renaming.Renaming(places)
      const row = record(labels, where)
      const named = renaming.of(row)
      if (expected === undefined) {
        assert.strictEqual(named, row)
        return assert.strictEqual(renaming.given.size, 0)
      }
      assert.deepStrictEqual(named, { ...row, runs: expected })
      assert.sameMembers([...renaming.given], [...new Set(expected.map(({ pack }) => pack))])
    })
  }

  it("an entry that cannot be read stays", () => {
    const row = { ...record("a", runs(["old", 1])), info: Uint8Array.of(255, 255) }
    assert.strictEqual(new Renaming.Renaming(places).of(row), row)
  })
})

describe("what is read for it", () => {
  const live = (...packs: ReadonlyArray<PackRef>) => new Map(packs.map((ref) => [ref.id, ref]))
  const state = (
    redirects: Readonly<Record<string, ReadonlyArray<string>>>,
    ...packs: ReadonlyArray<PackRef>
  ): State.State => {
    const none = State.initial(repository)
    return {
      ...none,
      redirects: new Map(
        Object.entries(redirects).map(([old, into]) => [packId(old), into.map((name) => packId(name))])
      ),
      packs: { ...none.packs, flushed: live(...packs) }
    }
  }
  const names = (wanted: ReturnType<typeof Renaming.wanted>) => [[...wanted.old.keys()], [...wanted.packs.keys()]]
  const ids = (...all: ReadonlyArray<string>) => all.map((name) => packId(name))

  it("what is named and was replaced, once", () => {
    const on = state({ a: ["A", "B"], b: ["B"], unnamed: ["C"] }, pack("A"), pack("B"), pack("C"))
    assert.deepStrictEqual(names(Renaming.wanted(on, ids("x", "a", "b", "a"))), [ids("a", "b"), ids("A", "B")])
    assert.deepStrictEqual(names(Renaming.wanted(on, ids("x"))), [[], []])
  })

  it("not what is in the place of a lost one, or nothing", () => {
    const on = state({ a: ["A", "gone"], b: [] }, pack("A"))
    assert.deepStrictEqual(names(Renaming.wanted(on, ids("a", "b"))), [[], []])
  })

  it("as much as memory is meant for: what does not fit is left, what fits is not", () => {
    const large = pack("large", 1, { blocks: RepackPlan.mostBlocks - 5 })
    const on = state(
      { a: ["large"], b: ["B"], c: ["C"] },
      large,
      pack("B", 1, { blocks: 6 }),
      pack("C", 1, { blocks: 5 })
    )
    assert.deepStrictEqual(names(Renaming.wanted(on, ids("a", "b", "c"))), [ids("a", "c"), ids("large", "C")])
    const many = Array.from({ length: RepackPlan.mostPacks + 9 }, (_, n) => `p${n}`)
    const each = state(
      Object.fromEntries(many.map((name) => [`old ${name}`, [name]])),
      ...many.map((name) => pack(name))
    )
    const { packs } = Renaming.wanted(each, ids(...many.map((name) => `old ${name}`)))
    assert.strictEqual(packs.size, RepackPlan.mostPacks)
  })
})
