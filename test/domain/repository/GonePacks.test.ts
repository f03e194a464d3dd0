import { assert, describe, it } from "@effect/vitest"
import { GonePacks, lasting, most } from "../../../src/domain/repository/GonePacks.ts"

describe("GonePacks", () => {
  const cases: ReadonlyArray<readonly [what: string, pack: string, position: number, now: number, gone: boolean]> = [
    ["at once", "a", 7, 1000, true],
    ["to the last moment", "a", 7, 1000 + lasting - 1, true],
    ["and no longer", "a", 7, 1000 + lasting, false],
    ["not when the log went on", "a", 8, 1000, false],
    ["not by an older log", "a", 6, 1000, false],
    ["not another", "b", 7, 1000, false]
  ]
  it.each(cases)("knows a pack to be gone: %s", (_, pack, position, now, expected) => {
    const gone = new GonePacks()
    gone.add("a", 7, 1000)
    assert.strictEqual(gone.has(pack, position, now), expected)
  })

  it("believes the last word on a pack", () => {
    const gone = new GonePacks()
    gone.add("a", 7, 0)
    gone.add("a", 8, lasting)
    assert.isFalse(gone.has("a", 7, 1))
    assert.isTrue(gone.has("a", 8, lasting * 2 - 1))
  })

  it("forgets the longest known first", () => {
    const gone = new GonePacks()
    for (let at = 0; at < most; at++) gone.add(`${at}`, 7, 0)
    gone.add("0", 7, 0)
    gone.add("new", 7, 0)
    for (const [pack, expected] of [["0", true], ["1", false], ["2", true], ["new", true]] as const) {
      assert.strictEqual(gone.has(pack, 7, 0), expected, pack)
    }
  })
})
