import { assert, describe, it } from "@effect/vitest"
import * as LogShape from "../../../src/domain/repository/LogShape.ts"

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at)
const without = (positions: ReadonlyArray<number>, ...gone: ReadonlyArray<number>) =>
  positions.filter((position) => !gone.includes(position))

const sound = { missing: [], leftovers: [], baseLost: false }

/** Positions, bases, head, and what of it is not in order. */
const cases: ReadonlyArray<
  readonly [string, ReadonlyArray<number>, ReadonlyArray<number>, number, Partial<LogShape.LogShape>]
> = [
  ["a new log", [1], [], 1, { start: 1 }],
  ["a whole log", range(1, 150), [64, 128], 150, { start: 1 }],
  ["trimmed to its older base", range(65, 150), [64, 128], 150, { start: 65 }],
  ["trimmed less than it may be", range(40, 150), [64, 128], 150, { start: 40 }],
  ["a leftover in a hole of the trimmed part", [17, ...range(60, 150)], [64, 128], 150, { start: 60, leftovers: [17] }],
  ["two leftovers", [17, 30, ...range(65, 150)], [64, 128], 150, { start: 65, leftovers: [17, 30] }],
  ["one is missing in the middle", without(range(1, 150), 100), [64, 128], 150, { start: 101, missing: [100] }],
  ["one is missing below both bases", without(range(1, 150), 20), [64, 128], 150, { start: 21, missing: [20] }],
  ["several", without(range(1, 150), 20, 21, 22, 99), [64, 128], 150, { start: 100, missing: [20, 22, 99] }],
  ["more trimmed than may be", range(70, 150), [64, 128], 150, { start: 70, missing: [65, 69] }],
  ["no base, and no beginning", range(3, 9), [], 9, { start: 3, missing: [1, 2] }],
  ["the head itself", range(1, 149), [64, 128], 150, { start: 151, missing: [150] }],
  ["trimmed, and the older base gone", range(65, 150), [128], 150, { start: 65, baseLost: true }]
]

describe("what a listing of the log may look like", () => {
  it.each(cases)("%s", (_, positions, bases, head, expected) => {
    assert.deepStrictEqual(LogShape.look(positions, bases, head), { ...sound, start: 0, ...expected })
  })
})
