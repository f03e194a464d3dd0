import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as BlockSize from "../../src/domain/BlockSize.ts"

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

describe("BlockSize", () => {
  it.each([
    [0, 128 * KiB],
    [1, 128 * KiB],
    [10 * MiB, 128 * KiB],
    [262_143_999, 128 * KiB],
    [262_144_000, 256 * KiB],
    [499 * MiB, 256 * KiB],
    [500 * MiB, 512 * KiB],
    [501 * MiB, 512 * KiB],
    [1_048_575_999, 512 * KiB],
    [1000 * MiB, 1 * MiB],
    [1 * GiB, 1 * MiB],
    [2 * GiB, 2 * MiB],
    [3 * GiB, 2 * MiB],
    [4_194_304_000, 4 * MiB],
    [8_388_608_000, 8 * MiB],
    [16_777_215_999, 8 * MiB],
    [16_777_216_000, 16 * MiB],
    [500 * GiB, 16 * MiB],
    [50_000 * GiB, 16 * MiB]
  ])("a file of %d bytes has blocks of %d", (size, expected) => {
    assert.strictEqual(BlockSize.forFile(size), expected)
  })

  it("counts blocks, and an empty file has one of size 0", () => {
    assert.strictEqual(BlockSize.count(0, 131072), 1)
    assert.strictEqual(BlockSize.count(1, 131072), 1)
    assert.strictEqual(BlockSize.count(131072, 131072), 1)
    assert.strictEqual(BlockSize.count(131073, 131072), 2)
    assert.strictEqual(BlockSize.sizeAt(0, 131072, 0), 0)
    assert.strictEqual(BlockSize.sizeAt(131073, 131072, 0), 131072)
    assert.strictEqual(BlockSize.sizeAt(131073, 131072, 1), 1)
    assert.strictEqual(BlockSize.sizeAt(131073, 131072, 2), 0)
  })

  it.prop(
    "the blocks add up to the file",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 * GiB }))],
    ([size]) => {
      const blockSize = BlockSize.forFile(size)
      const count = BlockSize.count(size, blockSize)
      let sum = 0
      for (let i = 0; i < count; i++) sum += BlockSize.sizeAt(size, blockSize, i)
      assert.strictEqual(sum, size)
      assert(count <= 2000 || blockSize === BlockSize.maximum)
      assert(size === 0 || BlockSize.sizeAt(size, blockSize, count - 1) > 0)
    }
  )
})
