/** Seeded histories of whole daemons. `BEPOSITORY_SIMULATE_FIRST` and `_SEEDS` choose which; a failing seed is run again alone. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fleet from "./Fleet.ts"

const first = Number(process.env["BEPOSITORY_SIMULATE_FIRST"] ?? 1)
const seeds = Number(process.env["BEPOSITORY_SIMULATE_SEEDS"] ?? 100)
const group = 20

describe("a fleet", () => {
  for (let from = first; from < first + seeds; from += group) {
    const to = Math.min(from + group, first + seeds)
    it.effect(
      `seeds ${from} to ${to - 1}: the laws hold, and nothing acknowledged is lost`,
      () =>
        Effect.gen(function*() {
          for (let seed = from; seed < to; seed++) {
            const outcome = yield* Fleet.simulate({ seed })
            expect(outcome.complaints, `seed ${seed}: ${JSON.stringify(outcome.events)}`).toEqual([])
          }
        }),
      120_000
    )
  }
})
