import { assert, describe, it } from "@effect/vitest"
import * as HttpDate from "../../../src/domain/dav/HttpDate.ts"

describe("HttpDate", () => {
  it("writes what JavaScript's Date writes, over two thousand years", () => {
    for (let ms = Date.UTC(1000, 0, 1); ms < Date.UTC(3000, 0, 1); ms += 86_400_000 * 37 + 12_345_678) {
      const date = new Date(ms)
      assert.strictEqual(HttpDate.format(ms), date.toUTCString())
      assert.strictEqual(HttpDate.formatIso(ms), date.toISOString().replace(/\.\d+Z$/, "Z"))
    }
  })

  it("reads back what it writes, and the two old formats", () => {
    for (let ms = Date.UTC(1900, 1, 27); ms < Date.UTC(2300, 0, 1); ms += 86_400_000 * 11 + 3_601_000) {
      const whole = Math.floor(ms / 1000) * 1000
      assert.strictEqual(HttpDate.parse(HttpDate.format(ms)), whole)
    }
    assert.strictEqual(HttpDate.parse("Sunday, 06-Nov-94 08:49:37 GMT"), Date.UTC(1994, 10, 6, 8, 49, 37))
    assert.strictEqual(HttpDate.parse("Sun Nov  6 08:49:37 1994"), Date.UTC(1994, 10, 6, 8, 49, 37))
  })

  it("refuses what is no date", () => {
    for (
      const text of [
        "",
        "yesterday",
        "Sun, 22 Nov 2026 11:06:00",
        "Sun, 22 Nov 2026 25:06:00 GMT",
        "Sun, 22 Foo 2026 11:06:00 GMT"
      ]
    ) {
      assert.isUndefined(HttpDate.parse(text), text)
    }
  })

  it("names moments as files can be named, and stays inside four-digit years", () => {
    assert.strictEqual(HttpDate.formatName(Date.UTC(2026, 10, 22, 11, 6, 0) + 999), "2026-11-22T11-06-00Z")
    assert.strictEqual(HttpDate.format(8.64e15), "Fri, 31 Dec 9999 23:59:59 GMT")
    assert.strictEqual(HttpDate.formatIso(-8.64e15), "0001-01-01T00:00:00Z")
  })
})
