/** What a live set tells of packs that were replaced, and of what took their place. */
import { assert, describe, it } from "@effect/vitest"
import { LiveSet, Names, type Root } from "../../../src/domain/repository/LiveSet.ts"
import * as State from "../../../src/domain/repository/State.ts"

/** Of a state in which `old` was replaced by two others, and one segment names it. */
const liveOf = (root: Root | undefined) => {
  const names = new Names()
  const state = { ...State.initial("0".repeat(32)), redirects: new Map([["old", ["A", "B"]]]) }
  const live = new LiveSet(state, names)
  if (root !== undefined) live.add({ places: Uint32Array.of(names.place("old")), bytes: Float64Array.of(100) }, root)
  return live.finish()
}

describe("LiveSet", () => {
  const rows: ReadonlyArray<readonly [Root | undefined, string]> = [
    [undefined, ""],
    ["none", "was"],
    ["checkpoint", "needed"],
    ["head", "needed current"]
  ]
  for (const [root, expected] of rows) {
    it(`what took the place of a pack that ${root ?? "nothing"} names`, () => {
      const live = liveOf(root)
      for (const pack of ["A", "B"]) {
        const said = [
          live.isNeeded(pack) ? "needed" : "",
          live.isCurrent(pack) ? "current" : "",
          live.wasNamed(pack) ? "was" : ""
        ].filter((word) => word !== "").join(" ")
        assert.strictEqual(said, expected, pack)
        assert.isFalse(live.isNamed(pack), "only what was replaced is named itself")
      }
      assert.isFalse(live.isNeeded("old"))
      assert.strictEqual(live.isNamed("old"), root === "head" || root === "checkpoint")
      assert.isFalse(live.wasNamed("another"))
    })
  }
})
