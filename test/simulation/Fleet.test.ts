/** The first thousand; the second is another file's, so that two processes share the work. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fleet from "./Fleet.ts"
import { suite } from "./FleetSuite.ts"

suite(1, 1000)

it.effect("the same seed is the same history", () =>
  Effect.gen(function*() {
    for (const seed of [3, 17, 65]) {
      const once = yield* Fleet.simulate({ seed })
      const again = yield* Fleet.simulate({ seed })
      expect(again.history).toEqual(once.history)
      expect(again.events).toEqual(once.events)
    }
  }), 60_000)

it.effect(
  "listings that leave out their end, one in three, are never taken for a store that was set back",
  () =>
    Effect.gen(function*() {
      for (let seed = 1; seed <= 40; seed++) {
        expect((yield* Fleet.simulate({ seed, short: 0.3 })).complaints, `seed ${seed}`).toEqual([])
      }
    }),
  120_000
)

/** What broke a law once. */
const regressions: ReadonlyArray<readonly [seed: number, what: string]> = [
  [1007249, "a base that a listing named and a GET did not find made the log above it go too early"]
]
for (const [seed, what] of regressions) {
  it.effect(`seed ${seed}: ${what}`, () =>
    Effect.gen(function*() {
      expect((yield* Fleet.simulate({ seed })).complaints).toEqual([])
    }), 60_000)
}
