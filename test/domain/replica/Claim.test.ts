import { assert, describe, it } from "@effect/vitest"
import { claim, type Claimant } from "../../../src/domain/replica/Claim.ts"
import * as Keys from "../../../src/domain/replica/Keys.ts"
import * as Rows from "../../../src/domain/replica/Rows.ts"
import { stampIn } from "../../../src/domain/replica/Standing.ts"
import * as MemoryTables from "../../harness/MemoryTables.ts"

const digest = (fill: number) => new Uint8Array(32).fill(fill)
const stamp = (change: Partial<Rows.Stamp>): Rows.Stamp => ({
  ...Rows.newStamp("aa"),
  round: 4,
  nextPack: 9,
  ...change
})
const applied = (position: number, fill = position): Rows.Stamp =>
  stamp({ applied: { position, digest: digest(fill) } })

/** Rows of `state` that tell of what is emptied, and one that tells a number. */
const told = [Keys.totals(1), Keys.box(digest(1), "f"), Keys.left(1), Keys.gone(1), Keys.moved(1)]
const number = Keys.folder("f")

/** Tables with that stamp and a row in each. */
const tablesWith = (held: Rows.Stamp | undefined) => {
  const tables = MemoryTables.make()
  for (const table of Object.values(tables)) table.put(Keys.uint32(1), Uint8Array.of(1))
  for (const key of [...told, number]) tables.state.put(key, Uint8Array.of(1))
  if (held !== undefined) tables.state.put(Keys.stamp, Rows.encodeStamp(held))
  return tables
}

const me: Claimant = { repository: "aa", name: "1 me", judged: undefined, isDead: () => false }

describe("claiming the tables", () => {
  const refused: ReadonlyArray<readonly [string, Rows.Stamp, Partial<Claimant>]> = [
    ["another repository's", stamp({ repository: "bb" }), {}],
    ["another repository's of another format", stamp({ repository: "bb", format: 9 }), {}],
    ["built since they were judged", applied(5), {}],
    ["at another position than judged", applied(6, 5), { judged: applied(5) }],
    ["of another history than judged", applied(5, 6), { judged: applied(5) }],
    ["being built by another", stamp({ builder: "2 other" }), {}]
  ]
  for (const [what, held, change] of refused) {
    it(`is refused where they are ${what}`, () => {
      const tables = tablesWith(held)
      assert.strictEqual(claim(tables, { ...me, ...change })?.repository, held.repository)
      assert.deepStrictEqual(stampIn(tables), held)
      assert.isDefined(tables.files.get(Keys.uint32(1)))
    })
  }

  const granted: ReadonlyArray<readonly [string, Rows.Stamp | undefined, Partial<Claimant>]> = [
    ["new", undefined, {}],
    ["as judged", applied(5), { judged: applied(5) }],
    ["never finished", stamp({ builder: "" }), {}],
    ["its own", stamp({ builder: "1 me" }), {}],
    ["a dead builder's", stamp({ builder: "2 other" }), { isDead: (builder) => builder === "2 other" }]
  ]
  for (const [what, held, change] of granted) {
    it(`empties tables that are ${what}, and keeps the numbers`, () => {
      const tables = tablesWith(held)
      assert.isUndefined(claim(tables, { ...me, ...change }))
      const now = stampIn(tables)
      assert.strictEqual(now?.builder, "1 me")
      assert.isUndefined(now?.applied)
      assert.strictEqual(now?.round, (held?.round ?? 0) + 1)
      assert.strictEqual(now?.nextPack, held?.nextPack ?? 1)
      for (const name of ["files", "sequences", "blocks", "inbox", "waiting"] as const) {
        assert.isUndefined(tables[name].get(Keys.uint32(1)), name)
      }
      for (const key of told) assert.isUndefined(tables.state.get(key), Buffer.from(key).toString("latin1"))
      assert.strictEqual(tables.state.get(number) !== undefined, held !== undefined)
      assert.strictEqual(tables.packs.get(Keys.uint32(1)) !== undefined, held !== undefined)
    })
  }

  it("empties everything in tables of another format", () => {
    const tables = tablesWith({ ...applied(5), format: 9 })
    assert.isUndefined(claim(tables, me))
    assert.isUndefined(tables.packs.get(Keys.uint32(1)))
    assert.strictEqual(stampIn(tables)?.nextPack, 1)
    assert.strictEqual(stampIn(tables)?.format, Rows.format)
  })
})
