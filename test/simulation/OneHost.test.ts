/** Seeded histories of one host: bad weather, crashes at any request, and nothing acknowledged is ever lost. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const seeds = Number(process.env["BEPOSITORY_SIMULATE_SEEDS"] ?? 12)

const plan = (seed: number, change: Partial<World.Plan> = {}): World.Plan => ({
  seed,
  peers: 1,
  crashes: 2 + seed % 3,
  fail: 0.05,
  lose: 0.05,
  delay: seed % 2 === 0 ? 40 : 1500,
  // Both suites, by turns.
  ...(seed % 4 < 2 ? {} : { passphrase: "correct horse" }),
  ...change
})

describe("one host", () => {
  for (let seed = 1; seed <= seeds; seed++) {
    it.effect(
      `seed ${seed}: what was acknowledged is durable, through faults and crashes`,
      () =>
        Effect.gen(function*() {
          const outcome = yield* World.simulate(plan(seed))
          expect(outcome.complaints).toEqual([])
          expect(outcome.edits).toBeGreaterThan(5)
          expect(outcome.acknowledged).toBeGreaterThan(3)
        }),
      60_000
    )
  }

  for (let seed = 1; seed <= Math.ceil(seeds / 2); seed++) {
    it.effect(
      `seed ${seed}: two peers edit the same names, no acknowledged edit is lost`,
      () =>
        Effect.gen(function*() {
          const outcome = yield* World.simulate(plan(seed, { peers: 2 }))
          expect(outcome.complaints).toEqual([])
        }),
      60_000
    )
  }

  for (let seed = 1; seed <= Math.ceil(seeds / 2); seed++) {
    it.effect(
      `seed ${seed}: a store that is asked again until it answers changes nothing of that`,
      () =>
        Effect.gen(function*() {
          const outcome = yield* World.simulate(plan(seed, { patient: true, fail: 0.15, lose: 0.15 }))
          expect(outcome.complaints).toEqual([])
          expect(outcome.acknowledged).toBeGreaterThan(3)
        }),
      60_000
    )
  }

  it.effect("the same seed is the same history", () =>
    Effect.gen(function*() {
      const once = yield* World.simulate(plan(5)).pipe(Effect.provide(TestClock.layer()))
      const again = yield* World.simulate(plan(5)).pipe(Effect.provide(TestClock.layer()))
      expect(again.history).toEqual(once.history)
      expect(again.acknowledged).toBe(once.acknowledged)
    }), 60_000)
})
