/** Random histories of three devices that meet only through us. `BEPOSITORY_CONVERGENCE` takes more of them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Convergence from "./Convergence.ts"

const seeds = Number(process.env["BEPOSITORY_CONVERGENCE"] ?? 20)

const plans: ReadonlyArray<readonly [what: string, plan: Omit<Convergence.Plan, "seed">]> = [
  ["2.x, away for days", { devices: 3, style: "2.x", absence: 2 }],
  ["2.x, away for months", { devices: 3, style: "2.x", absence: 40 }],
  ["1.x, away for days", { devices: 3, style: "1.x", absence: 2 }]
]

describe("three devices on three hosts", () => {
  for (const [what, plan] of plans) {
    it.effect(`${what}: nothing is lost, and all become the same`, () =>
      Effect.gen(function*() {
        let copies = 0
        for (let seed = 1; seed <= seeds; seed++) {
          const outcome = yield* Convergence.simulate({ ...plan, seed })
          assert.deepStrictEqual(outcome.complaints, [], `seed ${seed}`)
          assert.deepStrictEqual(outcome.differences, [], `seed ${seed}`)
          copies += outcome.copies
        }
        if (seeds >= 10) assert.isAbove(copies, seeds / 2, "there were conflicts")
      }), 120_000 + seeds * 5000)
  }
})
