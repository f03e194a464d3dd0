import { assert, describe, it } from "@effect/vitest"
import { BlockSearch } from "../../../src/domain/repository/BlockSearch.ts"
import * as Seeded from "../../harness/Seeded.ts"

const failure = (_tag: string) => ({ _tag })
const damaged = failure("RepositoryCorrupt")
const missing = failure("BlockMissing")
const absent = failure("ObjectNotFound")

/** The search for a block of `old`, at the first of those that took its place. */
const moved = (...packs: ReadonlyArray<string>) => {
  const search = new BlockSearch<{ readonly _tag: string }>("old")
  search.moved(packs)
  assert.isTrue(search.next())
  return search
}

describe("BlockSearch", () => {
  it("goes through what took the place of packs, the nearest first", () => {
    const search = moved("a", "b")
    assert.strictEqual(search.pack, "a")
    search.moved(["c", "d"])
    const order: Array<string> = []
    while (search.next()) order.push(search.pack)
    assert.deepStrictEqual(order, ["c", "d", "b"])
    assert.isFalse(search.goesOn)
    assert.strictEqual(search.named, "old")
  })

  const asked = () => new BlockSearch<{ readonly _tag: string }>("old")
  const steps: ReadonlyArray<
    readonly [
      what: string,
      search: () => BlockSearch<{ readonly _tag: string }>,
      failures: ReadonlyArray<readonly [{ readonly _tag: string }, isMoved: boolean]>,
      steps: ReadonlyArray<string>
    ]
  > = [
    ["damage is met once on the way", asked, [[damaged, false], [damaged, false]], ["Ask", "GiveUp"]],
    ["an absent pack is doubted once", asked, [[absent, false], [absent, false]], ["Doubt", "GiveUp"]],
    ["an absent pack that moved is followed", asked, [[absent, true], [absent, true]], ["Moved", "Moved"]],
    ["also after a doubt", asked, [[absent, false], [absent, true]], ["Doubt", "Moved"]],
    ["a pack that the log never knew", asked, [[missing, false]], ["GiveUp"]],
    ["one that the log forgot is looked for anew", () => moved("a"), [[missing, false]], ["Ask"]],
    ["a store that is away", asked, [[failure("StoreUnavailable"), false]], ["Answer"]],
    ["what is newer", () => moved("a", "b"), [[failure("RepositoryNewer"), true]], ["Answer"]]
  ]
  it.each(steps)("%s", (_, make, failures, expected) => {
    const search = make()
    assert.deepStrictEqual(failures.map(([failure, isMoved]) => search.failed(failure, isMoved)), expected)
  })

  it("looks anew only once, from what the record says", () => {
    const search = moved("a", "b")
    assert.strictEqual(search.failed(missing, false), "Ask")
    assert.strictEqual(search.pack, "old")
    assert.isFalse(search.goesOn)
    search.moved(["a"])
    assert.isTrue(search.next())
    assert.strictEqual(search.failed(missing, false), "GiveUp")
  })

  it("a log that was read for its pack is doubted no more", () => {
    const search = asked()
    search.doubted()
    assert.strictEqual(search.failed(absent, false), "GiveUp")
  })

  it("answers the first failure, and meets those of the next pack with fresh patience", () => {
    const search = moved("a", "b")
    search.failed(damaged, false)
    search.failed(absent, false)
    search.givenUp(damaged)
    assert.isTrue(search.next())
    assert.strictEqual(search.failed(damaged, false), "Ask")
    assert.strictEqual(search.failed(absent, false), "Doubt")
    search.givenUp(absent)
    assert.strictEqual(search.failure, damaged)
  })

  it("ends, whatever fails, and not before every pack that may hold it was asked", () => {
    const random = Seeded.make(3)
    for (let round = 0; round < 2000; round++) {
      // Packs take the places of older ones: there is no way back.
      const redirects = Array.from(
        { length: 6 },
        (_, at) => random.chance(0.5) ? [] : [at + 1, at + 2, at + 3].filter((to) => to < 9 && random.chance(0.7))
      )
      const movedTo = (pack: string) => {
        const to = redirects[Number(pack)] ?? []
        return to.length === 0 ? undefined : to.map(String)
      }
      const reachable = new Set<string>()
      const reach = (pack: string): void => {
        const to = movedTo(pack)
        if (to === undefined) reachable.add(pack)
        for (const other of to ?? []) reach(other)
      }
      reach("0")
      const search = new BlockSearch<{ readonly _tag: string }>("0")
      const tried = new Set<string>()
      /** Asks its pack; false if there is nothing left to ask. */
      const step = (): boolean => {
        const others = movedTo(search.pack)
        if (others !== undefined) {
          search.moved(others)
          return search.next()
        }
        tried.add(search.pack)
        const error = [damaged, missing, absent][random.int(3)]!
        const step = search.failed(error, false)
        assert.notStrictEqual(step, "Answer")
        if (step !== "GiveUp") return true
        search.givenUp(error)
        return search.next()
      }
      let steps = 1
      while (step()) assert.isBelow(++steps, 2000)
      assert.deepStrictEqual([...tried].toSorted(), [...reachable].toSorted())
      assert.isDefined(search.failure)
    }
  })
})
