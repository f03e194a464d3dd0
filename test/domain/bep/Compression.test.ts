import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import lz4 from "lz4-napi"
import { decompress } from "../../../src/domain/bep/Compression.ts"
import { bytes, damage, dice, int } from "./arbitraries.ts"
import { hex, unhex } from "./oracle.ts"

const limit = 500_000_000

const sized = (size: number, block: Uint8Array): Uint8Array => {
  const body = new Uint8Array(4 + block.length)
  new DataView(body.buffer).setUint32(0, size)
  body.set(block, 4)
  return body
}

/** The block that copies nothing: a token, the length, the bytes. */
const literalOnly = (data: Uint8Array): Uint8Array => {
  const head = [Math.min(data.length, 15) << 4]
  for (let rest = data.length - 15; rest >= 0; rest -= 255) head.push(Math.min(rest, 255))
  return new Uint8Array([...head, ...data])
}

/** By liblz4's Rust sibling, whose length prefix is little-endian. */
const compress = (data: Uint8Array): Uint8Array => {
  const theirs = lz4.compressSync(Buffer.from(data))
  return sized(data.length, theirs.subarray(4))
}

const problem = (body: Uint8Array, most = limit): string => {
  const result = decompress(body, most)
  assert(Result.isFailure(result))
  return result.failure
}

describe("decompress", () => {
  it.each([
    ["1f6101000f506161616161", "61".repeat(40)],
    ["c068656c6c6f20776f726c640a", "68656c6c6f20776f726c640a"],
    ["00", ""],
    ["", ""]
  ])("%s", (block, expected) => {
    assert.strictEqual(hex(Result.getOrThrow(decompress(sized(expected.length / 2, unhex(block)), limit))), expected)
  })

  it.each([0, 1, 14, 15, 16, 32, 33, 269, 270, 271, 524, 525, 70000])("%d bytes that are not compressed", (length) => {
    const data = Uint8Array.from({ length }, (_, i) => i * 31)
    const body = sized(length, literalOnly(data))
    assert.deepStrictEqual(Result.getOrThrow(decompress(body, limit)), data)
    assert.strictEqual(hex(lz4.uncompressSync(swapped(body))), hex(data), "the test's own encoder is right")
  })

  it.each([
    ["a size above the limit", "1dcd6501 00", "limit"],
    ["the largest size", "ffffffff 00", "limit"],
    ["a size that so few bytes cannot hold", "1dcd6500 0000", "can hold"],
    ["no size", "000000", "without its size"],
    ["offset 0", "00000008 1061 0000 00", "before its beginning"],
    ["an offset before the beginning", "00000008 1061 0200 00", "before its beginning"],
    ["an offset at once", "00000004 00 0100 00", "before its beginning"],
    ["a stated size too small for the literals", "0000000b c068656c6c6f20776f726c640a", "longer than it states"],
    ["a stated size too small for the copy", "00000013 1f6101000f506161616161", "longer than it states"],
    ["a stated size too large", "0000000d c068656c6c6f20776f726c640a", "shorter than it states"],
    ["literals cut short", "0000000c c068656c6c6f20776f726c64", "cut short"],
    ["a literal length cut short", "00000012 f0", "cut short"],
    ["a match length cut short", "00000028 1f610100", "cut short"],
    ["an offset cut short", "00000028 1f6101", "cut short"],
    ["an end after a copy", "00000028 1f61010014", "cut short"],
    ["trailing garbage", "0000000c c068656c6c6f20776f726c640a 00", "cut short"],
    ["a trailing sequence", "0000000c c068656c6c6f20776f726c640a 0000 1061", "before its beginning"],
    ["a missing block", "00000001", "can hold"]
  ])("refuses %s", (_, body, reason) => assert.include(problem(unhex(body)), reason))

  it("asks the limit before it allocates", () => {
    const before = process.memoryUsage().arrayBuffers
    assert.include(problem(sized(400_000_000, new Uint8Array(100)), limit), "can hold")
    assert.include(problem(sized(1001, literalOnly(new Uint8Array(1001))), 1000), "limit")
    assert(process.memoryUsage().arrayBuffers - before < 50_000_000)
  })

  const compressible = Arbitrary.map(
    Arbitrary.array(Arbitrary.all([bytes(1, 40), int(1, 40)]), { maxLength: 20 }),
    (parts) =>
      new Uint8Array(Buffer.concat(parts.flatMap(([part, times]) => Array.from({ length: times }, () => part))))
  )
  it.prop("reads what lz4-napi compressed", [compressible], ([data]) => {
    assert.strictEqual(hex(Result.getOrThrow(decompress(compress(data), limit))), hex(data))
  }, { arbitrary: { runs: 300 } })

  it("reads long copies at every small distance", () => {
    for (let distance = 1; distance <= 40; distance++) {
      for (const length of [20, 33, 64, 255, 300, 5000]) {
        const data = Uint8Array.from({ length: distance + length }, (_, i) => i % distance + 1)
        assert.deepStrictEqual(Result.getOrThrow(decompress(compress(data), limit)), data, `${distance}/${length}`)
      }
    }
  })

  it("survives damage, and then says the same as lz4-napi", () => {
    const originals = [
      unhex("1f6101000f506161616161"),
      compress(Uint8Array.from({ length: 400 }, (_, i) => i % 23 * (i % 7))).subarray(4)
    ]
    const sizes = [40, 400]
    let failures = 0
    for (let seed = 0; seed < 30_000; seed++) {
      const which = seed % 2
      const body = sized(sizes[which]!, damage(originals[which]!, dice(seed)))
      const ours = decompress(body, 1000)
      if (Result.isFailure(ours)) {
        failures++
        continue
      }
      assert.strictEqual(ours.success.length, sizes[which])
      assert.strictEqual(hex(lz4.uncompressSync(swapped(body))), hex(ours.success), `seed ${seed}`)
    }
    assert(failures > 5000 && failures < 29_500, `${failures} failures`)
  })
})

const swapped = (body: Uint8Array): Buffer => Buffer.concat([body.subarray(0, 4).toReversed(), body.subarray(4)])
