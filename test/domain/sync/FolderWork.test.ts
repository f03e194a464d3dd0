import { assert, describe, it } from "@effect/vitest"
import type { Job } from "../../../src/domain/sync/Fetcher.ts"
import { FolderWork } from "../../../src/domain/sync/FolderWork.ts"

/** Everything up to 10 was looked through, something of it lost. */
const through = (): FolderWork => {
  const work = new FolderWork(7)
  work.cursor = 10
  work.exhausted = true
  work.lost = true
  return work
}
const where = ({ cursor, exhausted, lost }: FolderWork) => ({ cursor, exhausted, lost })
const there = where(through())

describe("FolderWork", () => {
  it("goes back to an entry that it was beyond", () => {
    const work = through()
    assert.isTrue(work.again("x", 10))
    assert.deepStrictEqual(where(work), { cursor: 9, exhausted: false, lost: true })
    assert.isTrue(work.again("y", 3))
    assert.strictEqual(work.cursor, 2)
    // The first one comes after it.
    assert.isFalse(work.again("x", 10))
    assert.strictEqual(work.cursor, 2)
  })

  it("does not go back for what is in hand, or still to come", () => {
    const work = through()
    work.inHand.set("x", {} as Job)
    assert.isFalse(work.again("x", 4))
    assert.isFalse(work.again("y", 11))
    assert.deepStrictEqual(where(work), there)
  })

  it("begins anew when what failed is due, and says until when else", () => {
    const work = through()
    assert.isUndefined(work.nextRetry(0))
    work.failed.set("x", { sequence: 1, until: 100 })
    work.failed.set("y", { sequence: 2, until: 50 })
    assert.strictEqual(work.nextRetry(49), 50)
    assert.deepStrictEqual(where(work), there)
    assert.strictEqual(work.nextRetry(60), 60)
    assert.deepStrictEqual([...work.failed.keys()], ["x"])
    assert.deepStrictEqual(where(work), { cursor: 0, exhausted: false, lost: false })
    assert.strictEqual(work.nextRetry(60), 100)
  })
})
