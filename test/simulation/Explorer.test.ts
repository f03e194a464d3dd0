/** Small stories in every order of their requests. `npm run simulate -- --explore` takes larger ones. */
import { assert, describe, it } from "@effect/vitest"
import * as Crypto from "node:crypto"
import * as Explorer from "./Explorer.ts"

describe("in any order", () => {
  for (const scenario of Explorer.quick) {
    it(`${Explorer.describe(scenario)}: the laws hold, and whoever lives stores what it has`, () => {
      const { complaints, ends, whole } = Explorer.explore(scenario)
      assert.deepStrictEqual(complaints, [])
      assert.isTrue(whole)
      assert.isAbove(ends, 1)
    }, 120_000)
  }

  for (const scenario of Explorer.twice) {
    it(`${Explorer.describe(scenario)}: those that make no difference come to no other end`, () => {
      const [all, some] = [false, true].map((reduced) => {
        const ends = new Set<string>()
        const { states } = Explorer.explore({ ...scenario, reduced }, {}, ({ objects, results }) => {
          const lines = Array.from(objects, ([key, bytes]) => `${key} ${Crypto.hash("sha1", bytes)}`)
          ends.add(Crypto.hash("sha1", [...lines.toSorted(), ...results].join()))
        })
        return { ends: [...ends].toSorted(), states }
      })
      assert.deepStrictEqual(some!.ends, all!.ends)
      assert.isBelow(some!.states, all!.states)
    }, 120_000)
  }
})
