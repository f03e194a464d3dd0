import { assert, describe, it } from "@effect/vitest"
import * as LeaseTerm from "../../../src/domain/repository/LeaseTerm.ts"

const duration = 180_000
/** Claimed at 0. */
const fresh = LeaseTerm.claimed(duration, duration, 0)
const yielding = LeaseTerm.looked(fresh, true, 10_000)

describe("LeaseTerm", () => {
  const table: ReadonlyArray<
    readonly [string, LeaseTerm.Timing, Partial<LeaseTerm.Situation>, ReturnType<typeof LeaseTerm.due>]
  > = [
    ["just claimed", fresh, { now: 9999 }, "nothing"],
    ["who waits is looked at", fresh, { now: 10_000 }, "glance"],
    ["it is renewed in time", fresh, { now: 60_000 }, "renewal"],
    ["before its end it is renewed still", fresh, { now: duration - 1 }, "renewal"],
    ["it has ended", fresh, { now: duration }, "lapsed"],
    ["nothing is left to do", fresh, { now: 5000, holds: 0 }, "end"],
    ["nothing was left to do a moment ago", fresh, { now: 4999, holds: 0 }, "nothing"],
    ["nothing is left to do, and it is kept", fresh, { now: 5000, holds: 0, mode: "always" }, "nothing"],
    ["others wait, and work is under way", yielding, { now: 12_000 }, "nothing"],
    ["others wait, and no work is under way", yielding, { now: 12_000, holds: 0, mode: "always" }, "end"],
    ["others have waited long enough", yielding, { now: 30_000 }, "end"],
    ["others waited, and another claim was put", LeaseTerm.renewed(yielding, 300_000, duration, 120_000), {
      now: 120_001
    }, "end"],
    ["it was claimed anew", LeaseTerm.claimed(300_000, duration, 120_000), { now: 120_001 }, "nothing"]
  ]
  for (const [what, timing, situation, expected] of table) {
    it(what, () =>
      assert.strictEqual(
        LeaseTerm.due(timing, { now: 0, holds: 1, idleSince: 0, mode: "on-demand", ...situation }),
        expected
      ))
  }

  it("a short claim is renewed when a third of it is over, a long one each minute", () => {
    assert.deepStrictEqual([10_000, 180_000, 3_600_000].map(LeaseTerm.renewal), [10_000 / 3, 60_000, 60_000])
  })

  it("a second look does not put off the end", () => {
    assert.strictEqual(LeaseTerm.looked(yielding, true, 20_000).yieldAt, yielding.yieldAt)
    assert.strictEqual(LeaseTerm.looked(yielding, false, 20_000).yieldAt, yielding.yieldAt)
  })
})
