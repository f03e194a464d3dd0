import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Rate from "../../../src/domain/store/Rate.ts"

describe("Rate", () => {
  it.each<[string, number]>([
    ["1024", 1024],
    ["500K", 512_000],
    ["500k", 512_000],
    ["2M", 2_097_152],
    ["1.5M", 1_572_864],
    ["2MB", 2_097_152],
    ["2MiB", 2_097_152],
    ["2MiB/s", 2_097_152],
    ["2 M/s", 2_097_152],
    ["1G", 1_073_741_824],
    ["4096B", 4096]
  ])("%s bytes a second", (text, expected) => {
    assert.strictEqual(Result.getOrThrow(Rate.bytes(text)), expected)
  })

  it.each<[string, RegExp]>([
    ["", /like 500K/],
    ["fast", /like 500K/],
    ["-1M", /like 500K/],
    ["1T", /like 500K/],
    ["1e6", /like 500K/],
    ["2Mbit", /bits are not offered/],
    ["2Mb", /bits are not offered/],
    ["2Mb/s", /bits are not offered/],
    ["2Mbps", /bits are not offered/],
    ["16 Mbit/s", /bits are not offered/],
    ["0", /leave it out/],
    ["0.5K", /1K/]
  ])("no rate: %s", (text, words) => {
    const result = Rate.bytes(text)
    assert.match(Result.isFailure(result) ? result.failure : "", words)
  })

  it.each<[string, number | undefined]>([
    ["10", 10],
    ["0.5", 0.5],
    ["0", undefined],
    ["-1", undefined],
    ["x", undefined],
    ["1e3", undefined]
  ])("%s requests a second", (text, expected) => {
    assert.strictEqual(Result.getOrUndefined(Rate.requests(text)), expected)
  })

  it.each<[string, number | undefined]>([
    ["0", 0],
    ["30s", 30_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["15", undefined],
    ["1d", undefined],
    ["-1s", undefined]
  ])("the time %s", (text, expected) => {
    assert.strictEqual(Result.getOrUndefined(Rate.time(text)), expected)
  })
})
