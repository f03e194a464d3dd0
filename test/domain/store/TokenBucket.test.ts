import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as TokenBucket from "../../../src/domain/store/TokenBucket.ts"

describe("TokenBucket", () => {
  it("gives a second's worth at once, then as fast as the rate", () => {
    let bucket = TokenBucket.make(100)
    const waits: Array<number> = []
    for (let at = 0; at < 5; at++) {
      const taken = TokenBucket.take(bucket, 1000, 50)
      bucket = taken.bucket
      waits.push(taken.wait)
    }
    assert.deepStrictEqual(waits, [0, 0, 0, 500, 1000])
  })

  it("lets something larger than a second's worth pass, and makes the next one wait for it", () => {
    const large = TokenBucket.take(TokenBucket.make(100), 0, 1000)
    assert.strictEqual(large.wait, 0)
    assert.strictEqual(TokenBucket.take(large.bucket, 0, 1).wait, 9000)
    assert.strictEqual(TokenBucket.take(large.bucket, 20_000, 1).wait, 0)
  })

  it("nobody waits longer than what was taken before is worth, wherever the clock is set", () => {
    const taken = TokenBucket.take(TokenBucket.make(1000), 1e12, 5000)
    const back = TokenBucket.take(taken.bucket, 1e12 - 7_200_000, 1)
    assert.strictEqual(back.wait, 4000)
    assert.strictEqual(TokenBucket.take(back.bucket, 1e12 - 7_200_000 + 4001, 1).wait, 0)
    assert.strictEqual(TokenBucket.take(taken.bucket, 1e12 + 7_200_000, 1).wait, 0)
  })

  it("a correction is paid for, or given back", () => {
    const taken = TokenBucket.take(TokenBucket.make(10), 0, 30)
    assert.strictEqual(taken.bucket.paid, 2000)
    assert.strictEqual(TokenBucket.correct(taken.bucket, 10).paid, 3000)
    assert.strictEqual(TokenBucket.correct(taken.bucket, -20).paid, 0)
  })

  it.prop(
    "whatever is taken and whenever, the average holds",
    {
      rate: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })),
      steps: Schema.Array(Schema.Struct({
        pause: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 })),
        amount: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3_000_000 }))
      })).check(Schema.isMaxLength(30))
    },
    ({ rate, steps }) => {
      let bucket = TokenBucket.make(rate)
      let now = 0
      let before = 0
      for (const { amount, pause } of steps) {
        now += pause
        const taken = TokenBucket.take(bucket, now, amount)
        bucket = taken.bucket
        // What was taken before is paid for when this one begins.
        assert.isAtMost(before, rate * (now + taken.wait + 1000) / 1000 * (1 + 1e-9) + 1e-6)
        before += amount
      }
    },
    { arbitrary: { runs: 200 } }
  )
})
