import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import * as VersionVector from "../../src/domain/VersionVector.ts"

type Pairs = ReadonlyArray<readonly [id: number | string, value: number | string]>

const vector = (...pairs: Pairs): VersionVector.VersionVector =>
  pairs.map(([id, value]) => ({ id: BigInt(id), value: BigInt(value) }))

const opposite: Record<VersionVector.Ordering, VersionVector.Ordering> = {
  equal: "equal",
  greater: "lesser",
  lesser: "greater",
  "concurrent-greater": "concurrent-lesser",
  "concurrent-lesser": "concurrent-greater"
}

describe("VersionVector.compare", () => {
  const cases: ReadonlyArray<readonly [Pairs, Pairs, VersionVector.Ordering]> = [
    [[], [], "equal"],
    [[], [[42, 0]], "equal"],
    [[[42, 0]], [], "equal"],
    [[[42, 0], [77, 0]], [[77, 0]], "equal"],
    [[[42, 1]], [], "greater"],
    [[[42, 33]], [[42, 33]], "equal"],
    [[[42, 2]], [[42, 1]], "greater"],
    [[[22, 22], [42, 2]], [[22, 22], [42, 1]], "greater"],
    [[[11, 11], [22, 22], [42, 2]], [[11, 11], [42, 1]], "greater"],
    [[[22, 23]], [[22, 22], [42, 0]], "greater"],
    [[[22, 23], [42, 1]], [[22, 22], [42, 1]], "greater"],
    [[[1, 1]], [[2, 1]], "concurrent-greater"],
    [[[1, 5], [2, 1]], [[1, 4], [2, 9]], "concurrent-greater"],
    [[[1, 5], [2, 1], [3, 7]], [[1, 5], [2, 2], [3, 6]], "concurrent-lesser"],
    [[[22, 22]], [[42, 1]], "concurrent-greater"],
    [[[22, 21], [42, 2]], [[22, 22], [42, 1]], "concurrent-lesser"],
    [[[22, 0], [42, 1]], [[22, 1], [42, 0]], "concurrent-lesser"],
    [[["9223372036854775808", 1]], [[1, 1]], "concurrent-lesser"],
    [[[7, "9007199254740993"]], [[7, "9007199254740992"]], "greater"],
    [[[7, "18446744073709551615"]], [[7, "18446744073709551614"]], "greater"]
  ]
  it.each(cases)("%j to %j is %s", (a, b, expected) => {
    assert.strictEqual(VersionVector.compare(vector(...a), vector(...b)), expected)
    assert.strictEqual(VersionVector.compare(vector(...b), vector(...a)), opposite[expected])
    const shuffled = vector(...a).toReversed()
    const before = shuffled.slice()
    assert.strictEqual(VersionVector.compare(shuffled, vector(...b).toReversed()), expected, "in any order")
    assert.deepStrictEqual(shuffled, before, "the input stays as it was")
  })

  it("takes the largest value of an id that is there twice", () => {
    assert.strictEqual(VersionVector.compare(vector([1, 5], [1, 3]), vector([1, 5])), "equal")
    assert.strictEqual(VersionVector.compare(vector([2, 1], [1, 3], [1, 5]), vector([1, 5], [2, 2])), "lesser")
  })
})

describe("VersionVector.update", () => {
  const base = vector([36, 6], [37, 100], [42, 5])
  it.each([
    ["grows by one when the clock is behind", 37, 50, [[36, 6], [37, 101], [42, 5]]],
    ["takes the clock when it is ahead", 37, 200, [[36, 6], [37, 200], [42, 5]]],
    ["takes the clock when it is one ahead", 37, 101, [[36, 6], [37, 101], [42, 5]]],
    ["adds a device in order, at least 1", 40, 0, [[36, 6], [37, 100], [40, 1], [42, 5]]],
    ["adds a device at the front", 1, 9, [[1, 9], [36, 6], [37, 100], [42, 5]]],
    ["adds a device at the end", 43, 9, [[36, 6], [37, 100], [42, 5], [43, 9]]]
  ] as ReadonlyArray<readonly [string, number, number, Pairs]>)("%s", (_, id, now, expected) => {
    const before = structuredClone(base)
    assert.deepStrictEqual(VersionVector.update(base, BigInt(id), now), vector(...expected))
    assert.deepStrictEqual(base, before)
  })

  it("begins with max(1, now) and stays within 64 bits", () => {
    assert.deepStrictEqual(VersionVector.update([], 42n, 0), vector([42, 1]))
    assert.deepStrictEqual(VersionVector.update([], 42n, 1.9), vector([42, 1]))
    const full = vector([42, "18446744073709551615"])
    assert.deepStrictEqual(VersionVector.update(full, 42n, 7), full)
  })
})

describe("VersionVector.merge", () => {
  it.each([
    [[], [], []],
    [[[22, 1]], [], [[22, 1]]],
    [[[22, 1]], [[22, 1]], [[22, 1]]],
    [[[22, 1]], [[22, 2]], [[22, 2]]],
    [[[10, 1], [20, 2], [30, 1]], [[5, 1], [10, 2], [15, 1], [20, 1], [25, 1], [35, 1]], [
      [5, 1],
      [10, 2],
      [15, 1],
      [20, 2],
      [25, 1],
      [30, 1],
      [35, 1]
    ]]
  ] as ReadonlyArray<readonly [Pairs, Pairs, Pairs]>)("%j with %j", (a, b, expected) => {
    assert.deepStrictEqual(VersionVector.merge(vector(...a), vector(...b)), vector(...expected))
    assert.deepStrictEqual(VersionVector.merge(vector(...b), vector(...a)), vector(...expected))
  })
})

it("VersionVector.dropOthers keeps only one device's counter", () => {
  assert.deepStrictEqual(VersionVector.dropOthers(vector([1, 2], [3, 4]), 3n), vector([3, 4]))
  assert.deepStrictEqual(VersionVector.dropOthers(vector([1, 2], [3, 4]), 5n), [])
})

describe("VersionVector laws", () => {
  const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
  const any = Arbitrary.map(
    Arbitrary.array(Arbitrary.schema(Schema.Tuple([small, small]))),
    (pairs) => vector(...pairs)
  )

  /** The definition in words: dominance, then the lowest id where they differ. */
  const byDefinition = (
    a: VersionVector.VersionVector,
    b: VersionVector.VersionVector
  ): VersionVector.Ordering => {
    const value = (v: VersionVector.VersionVector, id: bigint) =>
      v.reduce((most, c) => (c.id === id && c.value > most ? c.value : most), 0n)
    const ids = [...a, ...b].map((c) => c.id).toSorted((x, y) => Number(x - y))
    const more = ids.filter((id) => value(a, id) > value(b, id))
    const less = ids.filter((id) => value(a, id) < value(b, id))
    if (more.length === 0) return less.length === 0 ? "equal" : "lesser"
    if (less.length === 0) return "greater"
    return more[0]! < less[0]! ? "concurrent-greater" : "concurrent-lesser"
  }

  it.prop("compare is its definition", [any, any], ([a, b]) => {
    assert.strictEqual(VersionVector.compare(a, b), byDefinition(a, b))
  }, { arbitrary: { runs: 500 } })

  it.prop("a merge is at least both, an update is greater", [any, any, small, small], ([a, b, id, now]) => {
    const both = VersionVector.merge(a, b)
    assert.include(["equal", "greater"], VersionVector.compare(both, a))
    assert.include(["equal", "greater"], VersionVector.compare(both, b))
    assert.strictEqual(VersionVector.compare(VersionVector.update(a, BigInt(id), now), a), "greater")
  })
})
