import { assert, describe, it } from "@effect/vitest"
import * as Holdings from "../../../src/domain/repository/Holdings.ts"
import type { PackRef } from "../../../src/domain/repository/Refs.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { commitOn, record, repository, segmentId } from "./fixtures.ts"
import { files, pack, prepared, run, segment } from "./ledger.ts"

const names = (...packs: ReadonlyArray<readonly [string, number]>) =>
  packs.map(([name, bytes]) => ({ id: pack(name).id, blocks: 1, bytes }))

/** Segments of 5,000 bytes, packs of 1,000 that hold 900 bytes of blocks. */
const world = (packs: ReadonlyArray<string>, segments: ReadonlyArray<string>): State.State => {
  const initial = State.initial(repository)
  return {
    ...initial,
    segments: new Map(segments.map((name) => [segmentId(name), segment(name, "f", 1, 2)])),
    packs: { ...initial.packs, flushed: new Map(packs.map((name): [string, PackRef] => [pack(name).id, pack(name)])) }
  }
}

describe("Holdings", () => {
  const footers = new Map([
    [segmentId("one"), names(["a", 900], ["b", 90])],
    [segmentId("two"), names(["b", 450], ["c", 9])]
  ])
  const packsOf = (id: string) => footers.get(id) ?? []

  it("packs and segments that one root alone names are its own, whole; of others it has a share", () => {
    const state = world(["a", "b", "c"], ["one", "two"])
    const held = Holdings.tally(state, [
      { id: 1, segments: [segmentId("one")] },
      { id: 2, segments: [segmentId("two")] }
    ], packsOf)
    assert.deepStrictEqual(held.get(1), { alone: 5000 + 1000, shared: 100 })
    assert.deepStrictEqual(held.get(2), { alone: 5000 + 1000, shared: 500 })
  })

  it("a segment of two roots is shared with all that it names", () => {
    const state = world(["a", "b", "c"], ["one", "two"])
    const held = Holdings.tally(state, [
      { id: 1, segments: [segmentId("one"), segmentId("two")] },
      { id: 2, segments: [segmentId("two")] }
    ], packsOf)
    assert.deepStrictEqual(held.get(1), { alone: 5000 + 1000, shared: 5000 + 100 + 500 + 10 })
    assert.deepStrictEqual(held.get(2), { alone: 0, shared: 5000 + 500 + 10 })
  })

  it("inline records hold packs too, and a replaced pack counts where its blocks are now", () => {
    const state = { ...world(["b", "c", "d"], ["one", "two"]), redirects: new Map([[pack("a").id, [pack("d").id]]]) }
    const held = Holdings.tally(state, [
      { id: 1, segments: [segmentId("one")] },
      { id: 2, segments: [segmentId("two")] },
      { id: 3, segments: [], inline: [pack("d").id] }
    ], packsOf)
    assert.deepStrictEqual(held.get(1), { alone: 5000, shared: 1000 + 100 })
    assert.deepStrictEqual(held.get(3), { alone: 0, shared: 0 })
  })

  it("what is condemned or unknown holds nothing", () => {
    const held = Holdings.tally(world([], ["one"]), [{ id: 1, segments: [segmentId("one")] }], packsOf)
    assert.deepStrictEqual(held.get(1), { alone: 5000, shared: 0 })
  })

  it("only records that no segment holds are inline", () => {
    const state = prepared()
    const commits = [
      { ...commitOn(state, [files("f", record("x", 1, run("a")))]), position: 3 },
      { ...commitOn(state, [files("f", record("y", 2, run("b")))]), position: 99 },
      { ...commitOn(state, [files("g", record("z", 1, run("b")))]), position: 3 }
    ]
    assert.deepStrictEqual(Holdings.inlinePacks(state, commits), new Map([["f", new Set([pack("a").id])]]))
  })

  it("tells about forty checkpoints of 20,000 packs at once", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `p${i}`)
    const parts = Array.from({ length: 50 }, (_, i) => `s${i}`)
    const state = world(many, parts)
    const ids = many.map((name) => pack(name).id)
    const tables = new Map(
      parts.map((name, i) => [
        segmentId(name),
        (i === 0 ? ids : ids.slice(i * 400, i * 400 + 400)).map((id) => ({ id, blocks: 1, bytes: 9 }))
      ])
    )
    const roots = Array.from({ length: 40 }, (_, i) => ({
      id: i,
      segments: ["s0", ...parts.slice(i + 1, i + 12)].map((name) => segmentId(name))
    }))
    const held = Holdings.tally(state, roots, (id) => tables.get(id) ?? [])
    assert.strictEqual(held.get(0)?.alone, 5000)
    assert.strictEqual(held.get(39)?.alone, 0)
  })
})
