import { assert, describe, it } from "@effect/vitest"
import * as Patience from "../../src/domain/Patience.ts"

describe("pauses between tries", () => {
  for (
    const [failures, spent, patience, expected] of [
      [1, 0, 60_000, 100],
      [2, 100, 60_000, 200],
      [7, 6300, 60_000, 6400],
      [8, 12_700, 60_000, 10_000],
      // The last try is made when the patience ends, and there is none after it.
      [12, 52_700, 60_000, 7300],
      [13, 60_000, 60_000, undefined],
      [1, 70_000, 60_000, undefined],
      [1, 0, 0, undefined],
      [1_000_000, 1e12, Patience.forEver, 10_000]
    ] as const
  ) {
    it(`${failures} failures, ${spent} of ${patience} ms spent: ${expected}`, () => {
      assert.strictEqual(Patience.pause(failures, spent, patience), expected)
    })
  }
})
