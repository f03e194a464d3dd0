import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import * as IdleHour from "./IdleHour.ts"

describe("an idle hour", () => {
  for (const folders of [1, 10]) {
    it.live(
      `asks the store for at most ten things: a host that stored, one that stands by, ${folders} folders`,
      () =>
        Effect.gen(function*() {
          const [active, standby] = yield* IdleHour.measureAll(2, folders)
          expect(active!.acknowledged).toBeGreaterThan(20)
          expect(active!.before).toBeGreaterThan(5)
          expect(active!.average).toBeLessThanOrEqual(12)
          expect(standby!.average).toBeLessThanOrEqual(12)
          expect(active!.total, JSON.stringify(active!.requests)).toBeLessThanOrEqual(10)
          expect(standby!.total, JSON.stringify(standby!.requests)).toBeLessThanOrEqual(10)
        }),
      60_000
    )
  }
})

describe("a day of light use", () => {
  it.live("two hosts with twenty edits an hour each ask for a few thousand things", () =>
    Effect.gen(function*() {
      const { bytes, hosts } = yield* IdleHour.lightDay
      const total = hosts.flatMap((requests) => Object.values(requests)).reduce((sum, count) => sum + count, 0)
      // 960 edits, each in a turn of its own. Most are looks at the log, one every half minute.
      expect(total, JSON.stringify({ hosts, bytes })).toBeLessThan(27_000)
      expect(bytes).toBeLessThan(8_000_000)
    }), 120_000)
})
