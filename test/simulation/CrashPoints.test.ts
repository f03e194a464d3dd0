/** A sample of the crash points; `npm run simulate -- --crash-points` takes all of them. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as CrashPoints from "./CrashPoints.ts"

const every = 5

describe("crash points", () => {
  it.effect("the life without a crash holds, and every kind of point is struck", () =>
    Effect.gen(function*() {
      const outcome = yield* CrashPoints.live()
      expect(outcome.complaints).toEqual([])
      const points = CrashPoints.points(outcome)
      for (const { manner, where } of points) {
        if (where === "store") continue
        expect(manner).not.toBe("lost reply")
      }
      for (const point of [points[0]!, points.at(-1)!]) {
        const struck = yield* CrashPoints.live(point)
        expect({ point, struck: struck.struck }).toEqual({ point, struck: true })
      }
    }), 60_000)

  it.effect("the host recovers from each, and nothing is lost", () =>
    Effect.gen(function*() {
      const points = CrashPoints.points(yield* CrashPoints.live())
      for (let at = 0; at < points.length; at += every) {
        const { complaints } = yield* CrashPoints.live(points[at])
        expect({ point: points[at], complaints }).toEqual({ point: points[at], complaints: [] })
      }
    }), 240_000)
})
