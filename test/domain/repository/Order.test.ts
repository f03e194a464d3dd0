import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Order from "../../../src/domain/repository/Order.ts"
import { int, text } from "../bep/arbitraries.ts"
import { record } from "./fixtures.ts"

const sign = (value: number): number => Math.sign(value)

describe("Order", () => {
  it.prop("compares as UTF-8 bytes do", [text, text], ([a, b]) => {
    assert.strictEqual(sign(Order.compareText(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }, { arbitrary: { runs: 500 } })

  it("compares as UTF-8 bytes do where UTF-16 does not", () => {
    const words = [
      "",
      "a",
      "é",
      "\u{FFFF}",
      "\u{E000}",
      "\u{10000}",
      "\u{10FFFF}",
      "\u{D7FF}",
      "z\u{1F600}",
      "z\u{FB01}"
    ]
    for (const a of words) {
      for (const b of words) {
        assert.strictEqual(sign(Order.compareText(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)), `${a} ${b}`)
      }
    }
  })

  it("keeps a directory together, whatever its neighbours are called", () => {
    const names = ["a", "a b/x", "a-1/x", "a.b", "a/b", "a/b/c", "a/z", "a0/x", "b", "z", "a/b c"]
    const ordered = Order.sorted(names.map((name, i) => record(name, i + 1))).map((row) => row.name)
    assert.deepStrictEqual(ordered, [
      "a",
      "a.b",
      "b",
      "z",
      "a/b",
      "a/b c",
      "a/z",
      "a b/x",
      "a-1/x",
      "a/b/c",
      "a0/x"
    ])
  })

  const word = Arbitrary.map(
    Arbitrary.all([text, int(0, 3)]),
    ([text, n]) => n < 3 ? "abc".charAt(n) : text.replaceAll("/", "") || "x"
  )
  const names = Arbitrary.array(
    Arbitrary.map(Arbitrary.all([word, word, int(0, 1)]), ([a, b, deep]) => deep === 0 ? a : `${a}/${b}`),
    { maxLength: 60 }
  )

  it.prop("sorts every list, equal names in their order, and keeps the newest of each", [names], ([names]) => {
    const records = names.map((name, i) => record(name, i * 7919 % 61 + 1))
    const sorted = Order.sorted(records)
    assert.sameMembers([...sorted], records)
    for (let i = 1; i < sorted.length; i++) {
      const [a, b] = [sorted[i - 1]!, sorted[i]!]
      assert.isAtMost(Order.compareNames(a.name, b.name), 0)
      if (a.name === b.name) assert.isBelow(records.indexOf(a), records.indexOf(b))
    }
    assert.strictEqual(Order.sorted(sorted), sorted)
    const { dropped, records: kept } = Order.newest(records)
    assert.strictEqual(kept.length, new Set(names).size)
    assert.sameMembers([...kept, ...dropped], records)
    for (const row of kept) {
      assert.strictEqual(
        row.sequence,
        Math.max(...records.filter((one) => one.name === row.name).map((one) => one.sequence))
      )
    }
  })
})
