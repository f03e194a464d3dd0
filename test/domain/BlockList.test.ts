import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as BlockList from "../../src/domain/BlockList.ts"
import * as BlockSize from "../../src/domain/BlockSize.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as Wire from "../../src/domain/Wire.ts"
import { bytes, damage, dice, int } from "./bep/arbitraries.ts"
import { bep, hex, long, unhex } from "./bep/oracle.ts"

const blocksOf = (size: number, blockSize: number, hashes: Uint8Array, weak: boolean): Uint8Array =>
  bep.FileInfo.encode({
    blocks: Array.from({ length: BlockSize.count(size, blockSize) }, (_, i) => ({
      offset: long(i * blockSize),
      size: BlockSize.sizeAt(size, blockSize, i),
      hash: hashes.subarray(i * 32, i * 32 + 32),
      ...(weak ? { weakHash: 0xFEDC_BA98 - i } : {})
    }))
  }).finish()

const countOf = (input: Uint8Array): number => {
  const reader = new Wire.Reader(input)
  let count = 0
  while (reader.pos < reader.limit) {
    const tag = reader.tag()
    if (tag === BlockList.tag) count++
    reader.skip(tag)
  }
  return count
}

describe("BlockList", () => {
  it.prop(
    "both ways read the same from lists as Syncthing writes them",
    [int(0, 12), int(1, 131_072), int(0, 7), bytes(13 * 32, 13 * 32), int(0, 1)],
    ([whole, last, shift, noise, weak]) => {
      const blockSize = BlockSize.minimum << shift
      const size = whole === 0 ? 0 : (whole - 1) * blockSize + last
      const count = BlockSize.count(size, blockSize)
      const input = blocksOf(size, blockSize, noise, weak === 1)
      const usual = new Wire.Reader(input)
      const fast = BlockList.readUsual(usual, 0, input.length, size, blockSize)
      assert(fast !== undefined, "the usual form is recognised")
      assert.strictEqual(usual.pos, input.length)
      assert.strictEqual(hex(fast), hex(noise.subarray(0, count * 32)))
      const slow = BlockList.read(new Wire.Reader(input), 0, input.length, { count, size, blockSize })
      assert(typeof slow !== "string")
      assert.strictEqual(hex(slow), hex(fast))
    },
    { arbitrary: { runs: 300 } }
  )

  it("whatever the short way accepts of damaged lists, the general way reads alike", () => {
    const hashes = Uint8Array.from({ length: 160 }, (_, i) => i * 7)
    let accepted = 0
    for (let seed = 0; seed < 40_000; seed++) {
      const roll = dice(seed)
      const whole = roll(5)
      const size = whole === 0 ? 0 : (whole - 1) * 131_072 + 1 + roll(131_072)
      const input = damage(blocksOf(size, 131_072, hashes, roll(2) === 0), roll)
      const usual = new Wire.Reader(input)
      const fast = BlockList.readUsual(usual, 0, input.length, size, 131_072)
      if (fast === undefined) {
        assert.strictEqual(usual.pos, 0, "nothing moved")
        continue
      }
      const list = input.subarray(0, usual.pos)
      const general = new Wire.Reader(list)
      const slow = BlockList.read(general, 0, list.length, { count: countOf(list), size, blockSize: 131_072 })
      assert.isUndefined(general.problem, `seed ${seed}`)
      assert(typeof slow !== "string", `seed ${seed}`)
      assert.strictEqual(hex(slow), hex(fast), `seed ${seed}`)
      accepted++
    }
    assert(accepted > 2000 && accepted < 39_000, `${accepted} accepted`)
  })

  it("reads hashes of its own: a later list does not change them", () => {
    const lists = Array.from({ length: 3000 }, (_, i) => {
      const hashes = new Uint8Array(64).fill(i)
      const raw = FileInfo.encode({ name: "n", type: "file", version: [], size: 131_073, hashes })
      return { hashes, info: Result.getOrThrow(FileInfo.decode(raw)) }
    })
    for (const { hashes, info } of lists) assert.strictEqual(hex(info.hashes), hex(hashes))
  })

  it.each([
    ["block size", `82 01 22 1a20 ${"00".repeat(32)} 6880808010`],
    ["size", `82 01 22 1a20 ${"00".repeat(32)} 1805`],
    ["block", `82 01 22 1a20 ${"00".repeat(32)} 1000 82 01 22 1a20 ${"00".repeat(32)}`]
  ])("does not keep what a later %s contradicts", (_, rest) => {
    const info = Result.getOrThrow(FileInfo.decode(unhex(`0a0161 ${rest}`)))
    assert.isString(FileInfo.problem(info))
    assert.strictEqual(info.hashes.length, 0)
  })

  it("refuses impossible sizes without looping", () => {
    for (const size of [-1, -131_072, 1e300, Number.MAX_SAFE_INTEGER, Number.NaN]) {
      const reader = new Wire.Reader(blocksOf(1, 131_072, new Uint8Array(32), false))
      assert.isUndefined(BlockList.readUsual(reader, 0, reader.limit, size, 131_072))
    }
    const reader = new Wire.Reader(blocksOf(1, 131_072, new Uint8Array(32), false))
    assert.isUndefined(BlockList.readUsual(reader, 0, reader.limit, 1, 131_073))
  })
})
