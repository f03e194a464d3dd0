import { assert, describe, it } from "@effect/vitest"
import { FingerprintTable } from "../../../src/domain/replica/FingerprintTable.ts"
import * as Seeded from "../../harness/Seeded.ts"

const candidates = (table: FingerprintTable, hashes: Uint8Array, at: number): ReadonlyArray<number> => {
  const rows: Array<number> = []
  table.some(hashes, at, (row) => {
    rows.push(row)
    return false
  })
  return rows
}

describe("FingerprintTable", () => {
  it("finds what was put, through every growth", () => {
    const count = 40_000
    const hashes = Seeded.make(1).bytes(count * 32)
    const table = new FingerprintTable([11, 22])
    const sizes = new Set<number>()
    for (let i = 0; i < count; i++) {
      table.insert(hashes, i * 32, i + 1)
      sizes.add(table.bytes)
    }
    assert.strictEqual(table.size, count)
    assert.isAbove(sizes.size, 5)
    assert.isAtMost(count / (table.bytes / 8), 0.8)
    assert.isAtLeast(count / (table.bytes / 8), 0.65)
    let lost = 0
    for (let i = 0; i < count; i++) if (!table.some(hashes, i * 32, (row) => row === i + 1)) lost++
    assert.strictEqual(lost, 0)
  })

  it("rarely proposes a row for what was never put", () => {
    const table = new FingerprintTable([5, 6])
    const hashes = Seeded.make(2).bytes(50_000 * 32)
    for (let i = 0; i < 25_000; i++) table.insert(hashes, i * 32, 1)
    let proposed = 0
    for (let i = 25_000; i < 50_000; i++) proposed += candidates(table, hashes, i * 32).length
    assert.isAtMost(proposed, 3)
  })

  it("proposes every row of a hash until one is accepted", () => {
    const table = new FingerprintTable([1, 1])
    const hash = Seeded.make(3).bytes(40)
    for (const row of [7, 8, 9]) table.insert(hash, 8, row)
    assert.sameMembers([...candidates(table, hash, 8)], [7, 8, 9])
    const asked: Array<number> = []
    assert.isTrue(table.some(hash, 8, (row) => asked.push(row) === 2))
    assert.strictEqual(asked.length, 2)
    assert.isFalse(table.some(hash, 0, () => true))
  })

  it("keeps row numbers of 32 bits", () => {
    const table = new FingerprintTable([0, 0])
    const hash = new Uint8Array(32)
    table.insert(hash, 0, 2 ** 32 - 1)
    assert.deepStrictEqual(candidates(table, hash, 0), [2 ** 32 - 1])
  })

  it("takes what it was asked to make room for without growing", () => {
    const table = new FingerprintTable([1, 2])
    table.reserve(100_000)
    const { bytes } = table
    const hashes = Seeded.make(4).bytes(100_000 * 32)
    for (let i = 0; i < 100_000; i++) table.insert(hashes, i * 32, 1)
    assert.strictEqual(table.bytes, bytes)
    assert.strictEqual(new FingerprintTable([1, 2], 100_000).bytes, bytes)
  })

  it("spreads chosen hashes by its salt", () => {
    // Blocks whose first bytes are alike would make one chain of all slots in a table without salt and mixing.
    const hashes = Seeded.make(5).bytes(4000 * 32)
    for (let i = 0; i < 4000; i++) hashes.set([1, 2, 3, 4, 5, 6], i * 32)
    const chains = [[1, 2], [3, 4]].map(([a = 0, b = 0]) => {
      const table = new FingerprintTable([a, b])
      for (let i = 0; i < 4000; i++) table.insert(hashes, i * 32, i + 1)
      let proposed = 0
      for (let i = 0; i < 4000; i++) proposed += candidates(table, hashes, i * 32).length
      return proposed
    })
    for (const proposed of chains) assert.isBelow(proposed, 4000 * 1.2)
  })
})
