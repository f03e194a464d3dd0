import { assert, describe, it } from "@effect/vitest"
import { Attempts } from "../../../src/domain/dav/Attempts.ts"

describe("Attempts", () => {
  it("lets a few wrong passwords pass, then doubles the wait up to a minute", () => {
    const attempts = new Attempts()
    let now = 1_000_000
    const waits: Array<number> = []
    for (let i = 0; i < 14; i++) {
      attempts.failed("a", now)
      const wait = attempts.wait("a", now)
      waits.push(wait)
      now += wait
    }
    assert.deepStrictEqual(waits, [
      0,
      0,
      0,
      0,
      1000,
      2000,
      4000,
      8000,
      16_000,
      32_000,
      60_000,
      60_000,
      60_000,
      60_000
    ])
    assert.strictEqual(attempts.wait("b", now), 0)
  })

  it("a right password clears the count", () => {
    const attempts = new Attempts()
    for (let i = 0; i < 8; i++) attempts.failed("a", 0)
    assert.isAbove(attempts.wait("a", 0), 0)
    attempts.succeeded("a")
    assert.strictEqual(attempts.wait("a", 0), 0)
  })

  it("never waits longer than a minute when the clock steps back", () => {
    const attempts = new Attempts()
    for (let i = 0; i < 20; i++) attempts.failed("a", 10_000_000)
    assert.strictEqual(attempts.wait("a", 0), 60_000)
  })

  it("remembers a bounded number of addresses, forgetting the least recently failed", () => {
    const attempts = new Attempts()
    for (let i = 0; i < 10; i++) attempts.failed("old", 0)
    for (let i = 0; i < 5000; i++) {
      if (i % 500 === 0) attempts.failed("busy", 0)
      attempts.failed(`10.0.${i >> 8}.${i & 255}`, 0)
    }
    assert.strictEqual(attempts.size, 1024)
    assert.strictEqual(attempts.wait("old", 0), 0)
    assert.isAbove(attempts.wait("busy", 0), 0)
  })
})
