import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Keys from "../../../src/domain/replica/Keys.ts"
import { compareNames } from "../../../src/domain/repository/Order.ts"

const x = (length: number, end = "") => "x".repeat(length - end.length) + end
const within = ({ end, start }: Keys.Range, key: Uint8Array) =>
  Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0

/** At and around every limit. */
const edges = [
  "a",
  "a/b",
  x(499),
  x(500),
  x(501),
  x(8192),
  `d/${x(500)}`,
  `d/${x(501)}`,
  `d/${x(501, "y")}`,
  `d/${x(700)}`,
  `${x(1400)}/b`,
  `${x(1401)}/b`,
  `${x(1401, "y")}/b`,
  `${x(1401)}/c`,
  `${x(1400)}/${x(500)}`,
  `${x(7000)}/${x(1000)}`,
  `${x(20)}/${x(7900)}`,
  "é".repeat(4096),
  `${"é/".repeat(2000)}ü`,
  "\u{10ffff}\u{ffff}\u{e000}"
]

describe("Keys", () => {
  it("are never longer than LMDB takes, and never alike", () => {
    const keys = edges.map((name) => Buffer.from(Keys.file(7, name).key).toString("hex"))
    for (const key of keys) assert.isAtMost(key.length / 2, Keys.longest)
    assert.strictEqual(new Set(keys).size, edges.length)
    for (const text of [x(1), x(8192), x(100_000)]) {
      assert.isAtMost(Keys.waiting(7, text).length, Keys.longest)
      assert.isAtMost(Keys.folder(text).length, Keys.longest)
      assert.isAtMost(Keys.box(new Uint8Array(32), text).length, Keys.longest)
    }
    assert.notDeepEqual(Keys.waiting(7, x(3000, "1")), Keys.waiting(7, x(3000, "2")))
    assert.notDeepEqual(Keys.folder(x(3000, "1")), Keys.folder(x(3000, "2")))
  })

  it("tell the name unless they are stand-ins", () => {
    let exact = 0
    for (const name of edges) {
      const key = Keys.file(2 ** 32 - 2, name)
      if (key.exact) {
        exact++
        assert.strictEqual(Keys.nameOf(key.key), name)
      }
    }
    assert.strictEqual(exact, 8)
  })

  it("keep a directory in one range, with everything that begins alike", () => {
    for (const name of edges) {
      const slash = name.lastIndexOf("/")
      const parent = name.slice(0, Math.max(0, slash))
      const base = name.slice(slash + 1)
      const { key } = Keys.file(7, name)
      for (const length of [0, 1, 400, 480, 500, 501, 5000]) {
        const prefix = base.slice(0, length)
        if (prefix.isWellFormed()) assert.isTrue(within(Keys.siblings(7, parent, prefix), key), `${length} of ${name}`)
      }
      assert.isFalse(within(Keys.siblings(7, `${parent}/`, ""), key))
      assert.isFalse(within(Keys.siblings(7, `${parent}!`, ""), key))
      assert.isFalse(within(Keys.siblings(8, parent, ""), key))
      assert.isTrue(within(Keys.within(7), key))
    }
    assert.isFalse(within(Keys.siblings(7, "a", ""), Keys.file(7, "a/b/c").key))
    assert.isFalse(within(Keys.siblings(7, "a", ""), Keys.file(7, "a-b/c").key))
    assert.isFalse(within(Keys.siblings(7, "", "b"), Keys.file(7, "a").key))
    assert.isFalse(within(Keys.siblings(7, "d", `${x(480)}y`), Keys.file(7, `d/${x(450)}`).key))
  })

  it.prop(
    "are ordered as a segment's rows",
    {
      a: Schema.Array(Schema.Literals(["a", "b", "a-", "aé", "\u{10000}", "\uffff"])),
      b: Schema.Array(Schema.Literals(["a", "b", "a-", "aé", "\u{10000}", "\uffff"]))
    },
    ({ a, b }) => {
      const [one, other] = [a.join("/") || "a", b.join("/") || "b"]
      assert.strictEqual(
        Math.sign(Buffer.compare(Keys.file(1, one).key, Keys.file(1, other).key)),
        Math.sign(compareNames(one, other))
      )
    }
  )

  it("order sequences up to the last safe one", () => {
    const sequences = [0, 1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 2]
    const keys = sequences.map((sequence) => Keys.sequence(3, sequence))
    assert.deepStrictEqual(keys.toSorted((a, b) => Buffer.compare(a, b)).map(Keys.sequenceOf), sequences)
    for (const [i, after] of sequences.entries()) {
      const range = Keys.sequencesAfter(3, after)
      assert.deepStrictEqual(keys.filter((key) => within(range, key)).map(Keys.sequenceOf), sequences.slice(i + 1))
    }
    assert.isFalse(within(Keys.sequencesAfter(3, 0), Keys.sequence(4, 0)))
    assert.isTrue(within(Keys.sequencesAfter(3, -1), Keys.sequence(3, 0)))
  })

  it("do not mix up what lies in one table", () => {
    const state = [
      Keys.stamp,
      Keys.folder("f"),
      Keys.totals(1),
      Keys.box(new Uint8Array(32).fill(255), ""),
      Keys.left(9)
    ]
    for (const word of ["totals", "box", "left"] as const) {
      assert.strictEqual(state.filter((key) => within(Keys.all(word), key)).length, 1, word)
    }
    assert.strictEqual(Keys.numberLeft(Keys.left(2 ** 32 - 1)), 2 ** 32 - 1)
    assert.isAbove(Keys.pack("1-00").length, 4)
  })
})
