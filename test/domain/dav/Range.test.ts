import { assert, describe, it } from "@effect/vitest"
import * as Range from "../../../src/domain/dav/Range.ts"

const part = (start: number, end: number): Range.Selection => ({ _tag: "Part", start, end })
const whole: Range.Selection = { _tag: "Whole" }
const unsatisfiable: Range.Selection = { _tag: "Unsatisfiable" }

describe("Range", () => {
  const table: ReadonlyArray<readonly [string | undefined, number, Range.Selection]> = [
    [undefined, 10, whole],
    ["bytes=0-0", 10, part(0, 1)],
    ["bytes=2-5", 10, part(2, 6)],
    ["bytes=2-", 10, part(2, 10)],
    ["bytes=0-", 10, part(0, 10)],
    ["bytes=9-100", 10, part(9, 10)],
    ["bytes=-3", 10, part(7, 10)],
    ["bytes=-30", 10, part(0, 10)],
    ["Bytes = 2 - 5", 10, part(2, 6)],
    ["bytes=10-", 10, unsatisfiable],
    ["bytes=10-20", 10, unsatisfiable],
    ["bytes=-0", 10, unsatisfiable],
    ["bytes=0-", 0, unsatisfiable],
    ["bytes=-5", 0, whole],
    ["bytes=5-2", 10, whole],
    ["bytes=0-1,4-5", 10, whole],
    ["bytes=-", 10, whole],
    ["bytes=a-b", 10, whole],
    ["lines=0-1", 10, whole],
    ["bytes=4294967296-4294967297", 2 ** 33, part(2 ** 32, 2 ** 32 + 2)],
    ["bytes=-1", 2 ** 40, part(2 ** 40 - 1, 2 ** 40)]
  ]
  for (const [header, size, expected] of table) {
    it(`${header} of ${size}`, () => {
      assert.deepStrictEqual(Range.select(header, size), expected)
    })
  }

  it("states ranges inclusively", () => {
    assert.strictEqual(Range.contentRange(2, 6, 10), "bytes 2-5/10")
    assert.strictEqual(Range.unsatisfied(10), "bytes */10")
  })
})
