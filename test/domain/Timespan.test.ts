import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Timespan from "../../src/domain/Timespan.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe("Timespan", () => {
  it.each([
    ["10m", 10 * minute],
    ["1h", hour],
    ["90 min", 90 * minute],
    ["1 hour", hour],
    ["2days", 2 * day],
    ["1w", 7 * day],
    ["1d12h", 36 * hour],
    ["1d 12h", 36 * hour],
    ["1.5h", 90 * minute],
    ["45S", 45_000]
  ])("%s", (text, expected) => {
    assert.deepStrictEqual(Timespan.parse(text), Result.succeed(expected))
  })

  it.each([
    ["", /like 10m/],
    ["10", /like 10m/],
    ["m", /like 10m/],
    ["-1h", /like 10m/],
    ["1h!", /like 10m/],
    ["1 fortnight", /like 10m/],
    ["1h30", /like 10m/],
    ["2 months", /weeks or days/],
    ["1y", /weeks or days/],
    ["99999999w", /hundred years/]
  ])("not %s", (text, problem) => {
    const parsed = Timespan.parse(text)
    assert.isTrue(Result.isFailure(parsed))
    if (Result.isFailure(parsed)) assert.match(parsed.failure, problem)
  })

  it("writes what it reads", () => {
    for (const text of ["10m", "1h", "2d", "1w", "36h", "1d12h30m", "45s"]) {
      const value = Result.getOrThrow(Timespan.parse(text))
      assert.strictEqual(Result.getOrThrow(Timespan.parse(Timespan.format(value))), value)
    }
    assert.deepStrictEqual([hour, 36 * hour, 2 * day, 7 * day, 90_061_000, 0].map(Timespan.format), [
      "1h",
      "36h",
      "2d",
      "1w",
      "1d1h1m1s",
      "0s"
    ])
  })
})
