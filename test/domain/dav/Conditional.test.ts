import { assert, describe, it } from "@effect/vitest"
import * as Conditional from "../../../src/domain/dav/Conditional.ts"
import * as HttpDate from "../../../src/domain/dav/HttpDate.ts"

const modified = Date.UTC(2026, 10, 22, 11, 6, 0) + 700
const current: Conditional.Validators = { etag: `"abc"`, modified }
const same = "Sun, 22 Nov 2026 11:06:00 GMT"
const before = "Sun, 22 Nov 2026 11:05:59 GMT"
const after = "Sun, 22 Nov 2026 11:06:01 GMT"

const headers = (some: Partial<Conditional.Headers>): Conditional.Headers => ({
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
  ifUnmodifiedSince: undefined,
  ifRange: undefined,
  ...some
})

describe("Conditional", () => {
  const table: ReadonlyArray<readonly [Partial<Conditional.Headers>, Conditional.Outcome]> = [
    [{}, "proceed"],
    [{ ifNoneMatch: `"abc"` }, "not-modified"],
    [{ ifNoneMatch: `W/"abc"` }, "not-modified"],
    [{ ifNoneMatch: `"x", W/"y" ,"abc"` }, "not-modified"],
    [{ ifNoneMatch: "*" }, "not-modified"],
    [{ ifNoneMatch: `"other"` }, "proceed"],
    [{ ifNoneMatch: `"other"`, ifModifiedSince: after }, "proceed"],
    [{ ifModifiedSince: same }, "not-modified"],
    [{ ifModifiedSince: after }, "proceed"],
    [{ ifModifiedSince: before }, "proceed"],
    [{ ifModifiedSince: "some day" }, "proceed"],
    [{ ifMatch: `"abc"` }, "proceed"],
    [{ ifMatch: `W/"abc"` }, "failed"],
    [{ ifMatch: `"other"` }, "failed"],
    [{ ifMatch: "*", ifNoneMatch: `"abc"` }, "not-modified"],
    [{ ifUnmodifiedSince: same }, "proceed"],
    [{ ifUnmodifiedSince: before }, "failed"],
    [{ ifUnmodifiedSince: after }, "failed"],
    [{ ifUnmodifiedSince: "some day" }, "proceed"],
    [{ ifUnmodifiedSince: same, ifModifiedSince: same }, "not-modified"],
    [{ ifUnmodifiedSince: after, ifModifiedSince: after }, "failed"],
    [{ ifMatch: `"abc"`, ifUnmodifiedSince: before }, "proceed"],
    [{ ifMatch: `"abc"`, ifUnmodifiedSince: after }, "proceed"]
  ]
  for (const [some, expected] of table) {
    it(`${JSON.stringify(some)} → ${expected}`, () => {
      assert.strictEqual(Conditional.evaluate(headers(some), current), expected)
    })
  }

  it("a date is the one that was sent, though it does not fit the format", () => {
    for (const modified of [-1, 8.64e15, -8.64e15, 0.5]) {
      const sent = HttpDate.format(modified)
      const now = { etag: `"abc"`, modified }
      assert.strictEqual(Conditional.evaluate(headers({ ifModifiedSince: sent }), now), "not-modified", sent)
      assert.strictEqual(Conditional.evaluate(headers({ ifUnmodifiedSince: sent }), now), "proceed", sent)
    }
  })

  it("a range applies only while the strong tag is the same", () => {
    assert.isTrue(Conditional.rangeApplies(headers({}), current))
    assert.isTrue(Conditional.rangeApplies(headers({ ifRange: `"abc"` }), current))
    assert.isFalse(Conditional.rangeApplies(headers({ ifRange: `W/"abc"` }), current))
    assert.isFalse(Conditional.rangeApplies(headers({ ifRange: `"other"` }), current))
    assert.isFalse(Conditional.rangeApplies(headers({ ifRange: same }), current))
  })
})
