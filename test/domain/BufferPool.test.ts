import { assert, describe, it } from "@effect/vitest"
import { BufferPool } from "../../src/domain/BufferPool.ts"
import * as Seeded from "../harness/Seeded.ts"

describe("BufferPool", () => {
  it("gives a buffer again only after it was given back", () => {
    const pool = new BufferPool(1_000_000)
    const first = pool.take(100_000)
    const second = pool.take(100_000)
    assert.isTrue(first.buffer !== second.buffer)
    pool.give(first)
    assert.isTrue(pool.take(100_000).buffer === first.buffer)
    assert.isTrue(pool.take(100_000).buffer !== first.buffer)
  })

  it("passes over what is given twice, and what is not its own", () => {
    const pool = new BufferPool(1_000_000)
    const buffer = pool.take(50_000)
    pool.give(buffer.subarray(10, 20))
    pool.give(buffer)
    pool.give(new Uint8Array(50_000))
    assert.strictEqual(pool.bytes, buffer.length)
    assert.isTrue(pool.take(50_000).buffer !== pool.take(50_000).buffer)
    assert.strictEqual(pool.bytes, 0)
  })

  it("keeps no more than it may, the last given", () => {
    const pool = new BufferPool(300_000)
    const buffers = Array.from({ length: 4 }, () => pool.take(131_072))
    for (const buffer of buffers) pool.give(buffer)
    assert.strictEqual(pool.bytes, 262_144)
    const again = new Set([pool.take(131_072).buffer, pool.take(131_072).buffer])
    assert.isTrue(buffers.slice(2).every(({ buffer }) => again.has(buffer)))
    pool.give(pool.take(400_000))
    assert.strictEqual(pool.bytes, 0)
  })

  it("never lends a buffer to two, nor one too short or much too long, under random use", () => {
    for (let seed = 0; seed < 50; seed++) {
      const dice = Seeded.make(seed)
      const pool = new BufferPool(4_000_000)
      const out: Array<Uint8Array> = []
      for (let n = 0; n < 300; n++) {
        if (dice.chance(0.5) || out.length === 0) {
          const length = dice.int(3) === 0 ? dice.int(2_000_000) : dice.int(10_000)
          const buffer = pool.take(length)
          assert.isAtLeast(buffer.length, length)
          assert.isAtMost(buffer.length, 2.5 * length + 8192)
          assert.isFalse(out.some((other) => other.buffer === buffer.buffer))
          out.push(buffer)
        } else {
          const [buffer] = out.splice(dice.int(out.length), 1)
          pool.give(buffer!)
          if (dice.chance(0.2)) pool.give(buffer!)
        }
        assert.isAtMost(pool.bytes, 4_000_000)
      }
    }
  })
})
