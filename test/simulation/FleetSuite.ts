/** Seeded histories of whole daemons as tests, some seeds a test. `BEPOSITORY_SIMULATE_SEEDS` takes fewer, for a quick look. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fleet from "./Fleet.ts"

const group = 50

export const suite = (first: number, most: number): void => {
  const seeds = Math.min(most, Number(process.env["BEPOSITORY_SIMULATE_SEEDS"] ?? most))
  describe("a fleet", () => {
    for (let from = first; from < first + seeds; from += group) {
      const to = Math.min(from + group, first + seeds)
      it.effect(
        `seeds ${from} to ${to - 1}: the laws hold, and nothing acknowledged is lost`,
        () =>
          Effect.gen(function*() {
            for (let seed = from; seed < to; seed++) {
              const outcome = yield* Fleet.simulate({ seed, fsck: seed % 8 === 0 })
              expect(outcome.complaints, `seed ${seed}: ${JSON.stringify(outcome.events)}`).toEqual([])
            }
          }),
        120_000
      )
    }
  })
}
