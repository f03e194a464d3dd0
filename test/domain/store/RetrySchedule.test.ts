import { assert, describe, it } from "@effect/vitest"
import * as RetrySchedule from "../../../src/domain/store/RetrySchedule.ts"
import * as Silence from "../../../src/domain/store/Silence.ts"

const minute = 60_000
const pack = 32 * 1024 * 1024

/** The pauses of one request that always fails, each attempt taking no time. */
const pauses = (budget: number, random: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  let time = 0
  for (let failures = 1; failures < 1000; failures++) {
    const pause = RetrySchedule.pause({ failures, request: time, outage: time }, budget, random)
    if (pause === undefined) return found
    found.push(pause)
    time += pause
  }
  throw new Error("it never gives up")
}

describe("RetrySchedule", () => {
  it("doubles from half a second to half a minute, and makes its last attempt when the budget ends", () => {
    const found = pauses(15 * minute, 0.5)
    assert.deepStrictEqual(found.slice(0, 8), [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    assert.strictEqual(found.reduce((sum, pause) => sum + pause, 0), 15 * minute)
    assert.isBelow(found.length, 40)
  })

  it("chance moves each pause by half, never above the longest", () => {
    for (const random of [0, 0.1, 0.77, 0.999]) {
      const found = pauses(15 * minute, random)
      assert.strictEqual(found[0], Math.round(500 * (0.5 + random)))
      for (const pause of found) assert.isAtMost(pause, RetrySchedule.longestPause)
      assert.strictEqual(found.reduce((sum, pause) => sum + pause, 0), 15 * minute)
    }
  })

  it.each<[string, RetrySchedule.Trouble, number | undefined]>([
    ["the first failure", { failures: 1, request: 0, outage: 0 }, 500],
    ["the first one in an outage", { failures: 1, request: 0, outage: 59_800 }, 200],
    ["the first one in an outage that outlasted the budget", { failures: 1, request: 0, outage: minute }, undefined],
    ["the budget is over", { failures: 9, request: minute, outage: 0 }, undefined],
    ["any number of failures", { failures: 100_000, request: 1, outage: 1 }, 30_000]
  ])("%s", (_, trouble, expected) => {
    assert.strictEqual(RetrySchedule.pause(trouble, minute, 0.5), expected)
  })

  it("no budget is no retry", () => {
    assert.isUndefined(RetrySchedule.pause({ failures: 1, request: 0, outage: 0 }, 0, 0.5))
  })

  it("an outage is told once, after it lasted", () => {
    let outage: RetrySchedule.Outage | undefined
    const told: Array<number> = []
    for (const now of [0, 500, 1500, 3500, 5000, 9000, 100_000, 210_000]) {
      const next = RetrySchedule.failed(outage, now, false)
      outage = next.outage
      if (next.tell) told.push(now)
    }
    assert.deepStrictEqual(told, [5000])
    assert.deepStrictEqual(outage, { since: 0, last: 210_000, told: true })
  })

  it("what failed long ago is another outage, unless the same request failed since", () => {
    const long = RetrySchedule.forgottenAfter + 1
    const before = { since: 0, last: 0, told: true }
    assert.deepStrictEqual(RetrySchedule.failed(before, long, false), {
      outage: { since: long, last: long, told: false },
      tell: false
    })
    assert.deepStrictEqual(RetrySchedule.failed({ ...before, told: false }, long, true), {
      outage: { since: 0, last: long, told: true },
      tell: true
    })
  })

  it("a deadline grows with the bytes", () => {
    assert.strictEqual(RetrySchedule.deadline(0, 1), 10 * minute)
    assert.strictEqual(RetrySchedule.deadline(0, 8), 10 * minute)
    assert.strictEqual(RetrySchedule.deadline(pack, 1), 10 * minute + 8192_000)
    assert.strictEqual(RetrySchedule.deadline(pack, 2), 10 * minute + 2 * 8192_000)
    assert.isAbove(RetrySchedule.deadline(undefined, 1), RetrySchedule.deadline(pack, 1))
    assert.strictEqual(RetrySchedule.deadline(1e15, 8), 12 * 60 * minute)
  })

  it("a deadline is far above what the stores themselves allow", () => {
    for (const size of [0, 1, 1024, 256 * 1024, 4 * 1024 * 1024, pack, 2 * pack]) {
      assert.isAtLeast(RetrySchedule.deadline(size, 1), 2 * Silence.limit(size, 1), `${size}`)
    }
  })

  it("a cut doubles the patience that the request had, and a fast transfer takes half of it back", () => {
    assert.strictEqual(RetrySchedule.cut(1, 1), 2)
    // Two that were cut at once had the same patience.
    assert.strictEqual(RetrySchedule.cut(2, 1), 2)
    assert.strictEqual(RetrySchedule.cut(8, 8), 8)
    assert.strictEqual(RetrySchedule.done(4, pack, 30 * minute), 2)
    assert.strictEqual(RetrySchedule.done(4, pack, 100 * minute), 4)
    assert.strictEqual(RetrySchedule.done(4, 1000, 1), 4, "what is small proves nothing")
    assert.strictEqual(RetrySchedule.done(1, pack, 1), 1)
  })
})
