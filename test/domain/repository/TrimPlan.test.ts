/** Which part of the log may go, and what a host may still believe of what it saw. */
import { assert, describe, it } from "@effect/vitest"
import * as Awake from "../../../src/domain/repository/Awake.ts"
import * as TrimPlan from "../../../src/domain/repository/TrimPlan.ts"

describe("TrimPlan", () => {
  it("never lets the last base bound what goes", () => {
    assert.deepStrictEqual(TrimPlan.bounds([]), [])
    assert.deepStrictEqual(TrimPlan.bounds([7]), [])
    assert.deepStrictEqual(TrimPlan.bounds([7, 9]), [7])
    assert.deepStrictEqual(TrimPlan.bounds([7, 9, 30]), [7, 9])
  })

  it("is past when the retention is over to the millisecond, and never while a clock stands before it", () => {
    const time = 1_790_000_000_000
    assert.isFalse(TrimPlan.isPast(time, time + TrimPlan.retention - 1))
    assert.isTrue(TrimPlan.isPast(time, time + TrimPlan.retention))
    assert.isFalse(TrimPlan.isPast(time, time - 1))
    assert.isFalse(TrimPlan.isPast(time, 0))
  })

  it("finds the newest bound that is past, whatever the times, in few looks", () => {
    for (let count = 0; count <= 40; count++) {
      for (let past = 0; past <= count; past++) {
        let low = 0
        let high = count
        let looks = 0
        for (let at = TrimPlan.next(low, high); at !== undefined; at = TrimPlan.next(low, high)) {
          assert.isTrue(at >= low && at < high)
          looks++
          if (at < past) low = at + 1
          else high = at
        }
        assert.strictEqual(low, past)
        assert.isAtMost(looks, Math.ceil(Math.log2(count + 1)))
      }
    }
  })
})

describe("Awake", () => {
  const moment = { timer: 1_000_000, wall: 1_790_000_000_000 }
  const later = (timer: number, wall: number) => ({ timer: moment.timer + timer, wall: moment.wall + wall })
  const table: ReadonlyArray<readonly [string, Awake.Moment, boolean]> = [
    ["the same moment", moment, true],
    ["just within the limit", later(59_999, 59_999), true],
    ["at the limit", later(60_000, 60_000), false],
    ["long ago by both clocks", later(86_400_000, 86_400_000), false],
    ["clocks that drift a little", later(50_000, 50_000 + Awake.doubt - 1), true],
    ["a sleep", later(1000, 1000 + Awake.doubt), false],
    ["a sleep of a week", later(1000, 604_800_000), false],
    ["a clock that was set back", later(1000, -Awake.doubt), false],
    ["a clock that was set back as far as the sleep was long", later(1000, 1000), true]
  ]
  for (const [what, now, recent] of table) {
    it(`${what}: ${recent ? "counts" : "does not count"}`, () => {
      assert.strictEqual(Awake.isRecent(moment, now, 60_000), recent)
    })
  }
})
