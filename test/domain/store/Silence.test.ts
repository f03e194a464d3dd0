import { assert, describe, it } from "@effect/vitest"
import * as Silence from "../../../src/domain/store/Silence.ts"

const mib = 1024 * 1024

describe("silence", () => {
  for (
    const [sent, learnt, seconds] of [
      [0, 1, 30],
      [0, 8, 30],
      [4 * mib, 1, 286],
      [1024 * mib, 1, 286],
      [4 * mib, 2, 542],
      [4 * mib, 8, 2078]
    ] as const
  ) {
    it(`of ${seconds} s is borne after ${sent} bytes, with ${learnt} learnt`, () => {
      assert.strictEqual(Silence.limit(sent, learnt), seconds * 1000)
    })
  }

  it("is borne longer after a cut of what was on its way, up to eight times", () => {
    let learnt = 1
    for (const expected of [2, 4, 8, 8]) {
      learnt = Silence.cut(learnt, learnt, 1)
      assert.strictEqual(learnt, expected)
    }
    assert.strictEqual(Silence.cut(2, 1, 1), 2, "two that were cut at once had the same patience")
    assert.strictEqual(Silence.cut(1, 1, 0), 1, "of which nothing moved there was no connection")
  })

  it("is borne shorter again after a fast transfer", () => {
    assert.strictEqual(Silence.done(8, 4 * mib, 128_000), 4)
    assert.strictEqual(Silence.done(8, 4 * mib, 128_001), 8)
    assert.strictEqual(Silence.done(8, 1000, 1), 8, "what is small proves nothing")
    assert.strictEqual(Silence.done(1, 4 * mib, 1), 1)
  })
})
