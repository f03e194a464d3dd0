import { assert, describe, it } from "@effect/vitest"
import * as ContentRange from "../../../src/domain/store/ContentRange.ts"

describe("ContentRange", () => {
  it("takes the bytes that were asked for, or fewer at the end", () => {
    const range = { start: 10, end: 20 }
    const problem = (
      status: number,
      header: string | undefined,
      stated: number,
      asked: typeof range | undefined = range
    ) => ContentRange.problem(status, header, asked, stated)
    assert.isUndefined(problem(206, "bytes 10-19/100", 10))
    assert.isUndefined(problem(206, "bytes 10-19/*", -1))
    assert.isUndefined(problem(206, "bytes 10-14/15", 5))
    assert.isUndefined(problem(200, undefined, 100))
    for (
      const [status, header, stated] of [
        [206, undefined, 10],
        [206, "bytes 10-14/100", 5],
        [206, "bytes 10-14/*", 5],
        [206, "bytes 9-18/100", 10],
        [206, "bytes 10-20/100", 11],
        [206, "bytes 10-19/100", 9],
        [206, "bytes 10-9/10", 0],
        [204, undefined, 0]
      ] as const
    ) assert.isString(problem(status, header, stated), header)
    assert.isString(ContentRange.problem(206, "bytes 0-9/10", undefined, 10))
  })
})
