import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import * as IdleHour from "./IdleHour.ts"

describe("an idle hour", () => {
  it.live("asks the store for at most ten things", () =>
    Effect.gen(function*() {
      const { acknowledged, before, requests, total } = yield* IdleHour.measure
      expect(acknowledged).toBeGreaterThan(20)
      expect(before).toBeGreaterThan(5)
      expect(total, JSON.stringify(requests)).toBeLessThanOrEqual(10)
    }))
})
