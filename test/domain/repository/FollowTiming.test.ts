import { assert, describe, it } from "@effect/vitest"
import * as FollowTiming from "../../../src/domain/repository/FollowTiming.ts"

const minute = 60_000
const at = (still: number, jitter = 0, fixed?: number) => FollowTiming.pause({ still, jitter, fixed })

describe("FollowTiming", () => {
  const table: ReadonlyArray<readonly [still: number, seconds: number]> = [
    [0, 30],
    [10 * minute - 1, 30],
    [10 * minute, 60],
    [20 * minute, 120],
    [40 * minute, 240],
    [80 * minute, 420],
    [1e12, 420]
  ]
  for (const [still, seconds] of table) {
    it(`${still / minute} minutes after something moved: ${seconds} s`, () =>
      assert.strictEqual(at(still), seconds * 1000))
  }

  it("an idle hour has eight looks, or nine, whatever chance says", () => {
    for (let jitter = 0; jitter < 1; jitter += 0.1) {
      assert.isAtLeast(at(1e12, jitter), 420_000)
      assert.isAtMost(at(1e12, jitter), 480_000)
    }
  })

  it("is what the operator says", () => assert.strictEqual(at(0, 0.5, 5000), 5000))
})
