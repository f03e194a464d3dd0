/** Small stories in every order of their requests. `npm run simulate -- --explore` takes larger ones. */
import { assert, describe, it } from "@effect/vitest"
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
})
