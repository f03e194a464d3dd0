import { assert, describe, it } from "@effect/vitest"
import * as Meter from "../../src/domain/store/Meter.ts"
import * as Text from "../../src/programs/text.ts"

describe("text", () => {
  it.each<[number, string]>([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [102_400, "100 KiB"],
    [1024 * 1024 - 1, "1.0 MiB"],
    [5 * 1024 ** 4, "5.0 TiB"]
  ])("bytes %d", (value, expected) => assert.strictEqual(Text.bytes(value), expected))

  it.each<[number, string]>([
    [12, "12 ms"],
    [3210, "3.2 s"],
    [59_970, "1 min"],
    [250_000, "4 min 10 s"],
    [7_500_000, "2 h 5 min"],
    [86_400_000 * 3 + 3_600_000 * 4, "3 d 4 h"]
  ])("duration %d", (value, expected) => assert.strictEqual(Text.duration(value), expected))

  it("counts, moments and ages", () => {
    assert.strictEqual(Text.count(1_234_567), "1,234,567")
    assert.strictEqual(Text.counted(1, "file"), "1 file")
    assert.strictEqual(Text.counted(2000, "entry", "entries"), "2,000 entries")
    assert.strictEqual(Text.time(1_769_853_600_123), "2026-01-31T10:00:00Z")
    assert.strictEqual(Text.ago(10_000, 5_000), "just now")
    assert.strictEqual(Text.ago(0, 30_400), "30 s ago")
    assert.strictEqual(Text.ago(0, 7_500_000), "2 h 5 min ago")
  })

  it("tables align by what is seen, numbers to the right", () => {
    assert.strictEqual(
      Text.table(["NAME", ">SIZE", "WHEN"], [["ファ", "1 B", ""], ["abc", "20 KiB", "now"]]),
      "NAME    SIZE  WHEN\nファ     1 B\nabc   20 KiB  now"
    )
  })
})

describe("redirects", () => {
  it.each(
    [
      [499, undefined],
      [
        500,
        "500 replaced packs are named by records still, of 2,000 at most: small packs are not put together until fewer are"
      ],
      [2000, "2,000 replaced packs are named by records still, of 2,000 at most: no pack is rewritten until fewer are"]
    ] as const
  )("%d", (count, text) => assert.strictEqual(Text.redirects({ count, most: 2000, mostForSmall: 500 }), text))
})

describe("costs and requests", () => {
  it.each<[number, string]>([
    [0, "$0.00"],
    [0.004, "$0.00"],
    [0.5, "$0.50"],
    [999.994, "$999.99"],
    [1234.5, "$1,235"]
  ])("%d dollars", (amount, expected) => {
    assert.strictEqual(Text.dollars(amount), expected)
  })

  it("what a store was asked, for a log line", () => {
    const meter = new Meter.Meter(0)
    meter.count("put", "log/1", 1, 2048, false)
    meter.count("put", "pack/00/x", 2, 0, true)
    meter.count("get", "pack/00/x", 3, 100, false)
    assert.deepStrictEqual(Text.requests(meter.totals()), {
      put: 3,
      get: 3,
      list: 0,
      delete: 0,
      failed: 2,
      sent: "2.0 KiB",
      received: "100 B"
    })
  })
})
