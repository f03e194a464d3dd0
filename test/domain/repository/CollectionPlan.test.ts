import { assert, describe, expect, it } from "@effect/vitest"
import * as CollectionPlan from "../../../src/domain/repository/CollectionPlan.ts"
import * as CollectionTiming from "../../../src/domain/repository/CollectionTiming.ts"
import { LiveSet, Names, type Root } from "../../../src/domain/repository/LiveSet.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import type { Condemned, Op } from "../../../src/domain/repository/Op.ts"
import * as State from "../../../src/domain/repository/State.ts"
import * as Seeded from "../../harness/Seeded.ts"
import { after, packId, segmentId } from "./fixtures.ts"
import { added, expired, flush, judge, pack, packs, prepared, segment } from "./ledger.ts"

/** What names packs, by root, over a state. */
const live = (state: State.State, named: Partial<Record<Root, ReadonlyArray<string>>>) => {
  const names = new Names()
  const set = new LiveSet(state, names)
  for (const root of ["head", "checkpoint", "none"] as const) {
    const ids = named[root] ?? []
    set.add({
      places: Uint32Array.from(ids, (id) => names.place(packId(id))),
      bytes: new Float64Array(ids.length).fill(300)
    }, root)
  }
  return set.finish()
}
const on = (state: State.State, ...ops: ReadonlyArray<Op>) => after(state, ops, { term: state.epoch }).state
const doomed = (kind: "pack" | "segment", name: string, term = 1): Condemned => ({
  kind,
  id: kind === "pack" ? packId(name, term) : segmentId(name, term),
  size: 1000
})
const condemned = (...objects: ReadonlyArray<Condemned>): Op => ({ _tag: "ObjectsCondemned", objects })
const replaced = (state: State.State, old: string, ...into: ReadonlyArray<string>): Op => ({
  _tag: "PackReplaced",
  old: packId(old),
  packs: into.map((name) => packId(name)),
  scanned: state.position
})

describe("LiveSet", () => {
  const state = on(prepared(), packs(pack("n"), pack("m")))
  const moved = on(state, replaced(state, "a", "n", "m"))

  it("of a pack that was replaced the packs in its place are needed, and not itself", () => {
    const set = live(moved, { head: ["a"] })
    expect([set.isNeeded(packId("a")), set.isNeeded(packId("n")), set.isNeeded(packId("m"))]).toEqual([
      false,
      true,
      true
    ])
    expect([set.isNamed(packId("a")), set.isNamed(packId("n"))]).toEqual([true, false])
    expect([set.isCurrent(packId("n")), set.isCurrent(packId("a"))]).toEqual([true, false])
    expect(set.isNeeded(packId("b"))).toBe(false)
  })

  it("tells current views from checkpoints, and both from what is no part of anything", () => {
    const set = live(moved, { head: ["b"], checkpoint: ["a", "b"], none: ["n", "x"] })
    expect([set.isCurrent(packId("b")), set.isCurrent(packId("n")), set.isNeeded(packId("n"))]).toEqual([
      true,
      false,
      true
    ])
    expect([set.wasNamed(packId("x")), set.isNeeded(packId("x")), set.wasNamed(packId("b"))]).toEqual([
      true,
      false,
      false
    ])
  })

  it("names that come while it is filled are counted as well", () => {
    const names = new Names()
    const set = new LiveSet(state, names)
    for (let n = 0; n < 500; n++) {
      set.add({ places: Uint32Array.of(names.place(packId(`late ${n}`))), bytes: Float64Array.of(n) }, "head")
    }
    set.finish()
    for (let n = 0; n < 500; n++) expect(set.isNeeded(packId(`late ${n}`))).toBe(true)
    expect(set.isNeeded(packId("late 500"))).toBe(false)
    expect(set.bytesOf(pack("late 70"))).toEqual({ least: 70, most: 70, named: 70 })
  })
})

describe("CollectionPlan.condemn", () => {
  const base = on(prepared(), packs(pack("n")))

  it("takes dead packs, unused segments and what terms that are over left, and nothing else", () => {
    let state = on(base, added("f", segment("s", "f", 4, 5)), flush("f", 4, segment("t", "f", 1, 3)))
    state = on(state, {
      _tag: "SegmentsMerged",
      table: "files",
      folder: "f",
      inputs: [segmentId("s"), segmentId("t")],
      output: segment("u", "f", 1, 5, { digest: sumOf(state) }),
      dropped: { records: 0, digest: new Uint8Array(32) },
      tombstones: { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
    })
    const strange = [doomed("pack", "o", 0), doomed("segment", "o", 0), doomed("pack", "late"), doomed("segment", "u")]
    const dead = [doomed("pack", "n")]
    const plan = CollectionPlan.condemn({ state, live: live(state, { head: ["a", "b"] }), dead, strange })
    expect(plan.condemned.map(({ id }) => id)).toEqual([
      packId("n"),
      segmentId("s"),
      segmentId("t"),
      packId("o", 0),
      segmentId("o", 0)
    ])
    expect(plan.orphans).toBe(2)
    expect(judge(state, plan.ops)).toBeUndefined()
  })

  it("what is left of a pack of which nothing was saved stays while rows name it", () => {
    const state = on(base, replaced(base, "a"), replaced(base, "b", "n"))
    const strange = [doomed("pack", "a"), doomed("pack", "b")]
    const taken = (named: ReadonlyArray<string>) =>
      CollectionPlan.condemn({ state, live: live(state, { checkpoint: named }), dead: [], strange })
        .condemned.map(({ id }) => id)
    expect(
      CollectionPlan.condemn({ state, live: live(state, { checkpoint: ["a", "b"] }), dead: [], strange }).orphans,
      "a pack that was replaced is none that a crash left"
    ).toBe(0)
    expect(taken(["a", "b"])).toEqual([packId("b")])
    expect(taken(["b"])).toEqual([packId("a"), packId("b")])
  })

  it("a redirect that nothing needs goes in the same commit as the packs it led to", () => {
    const state = on(base, replaced(base, "a", "n"))
    const strange = [doomed("pack", "a")]
    const named = CollectionPlan.condemn({ state, live: live(state, { checkpoint: ["a", "b"] }), dead: [], strange })
    expect(named.ops).toEqual([condemned(doomed("pack", "a"))])
    expect(judge(state, named.ops)).toBeUndefined()
    const free = CollectionPlan.condemn({
      state,
      live: live(state, { head: ["b"] }),
      dead: [doomed("pack", "n")],
      strange
    })
    expect(free.redirectsDropped).toBe(1)
    expect(free.condemned).toEqual([doomed("pack", "n"), doomed("pack", "a")])
    expect(judge(state, free.ops)).toBeUndefined()
  })

  it("a pack that a redirect which stays leads to is never taken, whoever calls it dead", () => {
    const state = on(base, replaced(base, "a", "n"))
    const plan = CollectionPlan.condemn({
      state,
      live: live(state, { head: ["a"] }),
      dead: [doomed("pack", "n")],
      strange: []
    })
    expect(plan.ops).toEqual([])
  })

  it("no more at a time than a base can hold, and nothing while deletion is stopped", () => {
    const dead = Array.from({ length: CollectionPlan.mostCondemned + 5 }, (_, n) => doomed("pack", `d${n}`))
    const plan = CollectionPlan.condemn({ state: base, live: live(base, {}), dead, strange: [] })
    expect([plan.condemned.length, plan.more]).toEqual([CollectionPlan.mostCondemned, true])
    const stopped = on(base, { _tag: "DeletionStopped", reason: "damage" })
    expect(CollectionPlan.condemn({ state: stopped, live: live(stopped, {}), dead, strange: [] }).condemned).toEqual([])
  })
})

describe("CollectionPlan.due", () => {
  const before = on(prepared(), packs(pack("n")), added("f", segment("s", "f", 4, 5)))
  const gone = { ...before, folders: new Map(before.folders).set("f", { ...before.folders.get("f")!, segments: [] }) }
  const state = on(gone, condemned(doomed("pack", "n"), doomed("segment", "s")))
  const ids = (state: State.State, later: number) =>
    CollectionPlan.due(state, { sure: state.time + later, passed: 0 }, new Map()).map(({ kind }) => kind)

  it("packs after the grace, segments under a newer base too, and nothing while deletion is stopped", () => {
    expect(ids(state, CollectionPlan.grace - 1)).toEqual([])
    expect(ids(state, CollectionPlan.grace)).toEqual(["pack"])
    expect(ids({ ...state, basePosition: state.position - 1 }, CollectionPlan.grace)).toEqual(["pack"])
    expect(CollectionPlan.awaitsBase(state)).toBe(true)
    const based = { ...state, basePosition: state.position }
    expect(ids(based, CollectionPlan.grace)).toEqual(["pack", "segment"])
    expect(CollectionPlan.awaitsBase(based)).toBe(false)
    expect(ids(on(based, { _tag: "DeletionStopped", reason: "x" }), CollectionPlan.grace)).toEqual([])
  })

  const { grace, sightings } = CollectionPlan
  const day = 86_400_000

  it("what is dated into the future goes a grace after it was seen, as time passes here", () => {
    const based = { ...state, basePosition: state.position }
    const sure = state.time - 2 * day
    const seen = sightings(based, { sure, passed: 500 }, new Map())
    const due = (sure: number, passed: number, noted = seen) =>
      CollectionPlan.due(based, { sure, passed }, noted).map(({ kind }) => kind)
    expect([...seen.values()]).toEqual([500, 500])
    expect(due(sure, 500 + grace - 1)).toEqual([])
    expect(due(sure, 500 + grace)).toEqual(["pack", "segment"])
    expect(due(sure + grace, 500 + grace)).toEqual(["pack", "segment"])
    // Whoever did not see it begins now.
    expect(due(sure, 500 + grace, new Map())).toEqual([])
    // What the clock has caught up with, or nearly, goes by that.
    expect(due(state.time - day, 500 + grace)).toEqual([])
    expect(due(state.time + grace - 1, 500 + grace)).toEqual([])
    expect(due(state.time + grace, 500)).toEqual(["pack", "segment"])
    expect(CollectionPlan.due({ ...based, basePosition: 0 }, { sure, passed: 500 + grace }, seen)).toHaveLength(1)
  })

  it("a sighting stays as long as its condemnation, and never counts from later than now", () => {
    const moment = { sure: state.time - 2 * day, passed: 500 }
    const seen = sightings(state, moment, new Map())
    expect(sightings(state, { ...moment, passed: 900 }, seen)).toEqual(seen)
    // The clock caught up, and was set back once more.
    expect(sightings(state, { sure: state.time, passed: 900 }, seen)).toEqual(seen)
    expect([...sightings(state, { ...moment, passed: 3 }, seen).values()]).toEqual([3, 3])
    expect(sightings(gone, moment, seen)).toEqual(new Map())
    expect(sightings(state, { sure: state.time - day, passed: 500 }, new Map())).toEqual(new Map())
    // The same object, condemned by another commit.
    const again = new Map([...state.condemned].map(([key, object]) => [key, { ...object, position: 99 }]))
    expect([...sightings({ ...state, condemned: again }, { ...moment, passed: 900 }, seen).values()]).toEqual([
      900,
      900
    ])
  })

  it("tells when what waits goes: what is dated into the future as if it were condemned now", () => {
    const { time } = state
    expect(CollectionPlan.waiting(state, time)).toEqual({
      count: 2,
      bytes: 2000,
      from: time + grace,
      until: time + grace
    })
    const now = time - 40 * day
    expect(CollectionPlan.waiting(state, now)).toMatchObject({ from: now + grace, until: now + grace })
  })

  it("a condemned object that something leads to is a contradiction", () => {
    expect(CollectionPlan.contradicted(state, live(state, { head: ["a", "b"] }))).toEqual([])
    expect(CollectionPlan.contradicted(state, live(state, { checkpoint: ["n"] })).map(({ kind }) => kind)).toEqual([
      "pack"
    ])
    expect(CollectionPlan.contradicted(state, live(state, { none: ["n"] }))).toEqual([])
    const used = { ...state, folders: before.folders }
    expect(CollectionPlan.contradicted(used, live(used, {})).map(({ kind }) => kind)).toEqual(["segment"])
  })
})

describe("CollectionPlan.Listing", () => {
  const state = on(prepared(), packs(pack("n")), added("f", segment("s", "f", 4, 5)))
  const all = [
    ...["a", "b", "n"].map((name) => ({ key: ObjectKey.pack(packId(name)), size: 1000 })),
    { key: ObjectKey.segment(segmentId("s")), size: 5000 }
  ]
  const listing = (entries: ReadonlyArray<CollectionPlan.Entry>) => {
    const listing = new CollectionPlan.Listing(state)
    for (const entry of entries) listing.see(entry)
    return listing
  }

  it("must show all that is in use, in its size", () => {
    expect(listing(all).verdict(state)).toBeUndefined()
    for (const { key } of all) {
      expect(listing(all.filter((entry) => entry.key !== key)).verdict(state)).toContain(key.split("/").at(-1))
      expect(listing(all.map((entry) => entry.key === key ? { key, size: 1 } : entry)).verdict(state)).toContain(key)
    }
    expect(listing([]).verdict(state)).toBeDefined()
  })

  it("what was condemned or replaced while it went on need not be shown, and what came is nobody's business", () => {
    const later = on(state, condemned(doomed("pack", "n")), packs(pack("new")))
    expect(listing(all.filter(({ key }) => !key.includes(packId("n")))).verdict(later)).toBeUndefined()
  })

  it("keeps what the state does not know, but for what is condemned and what has a name that is not ours", () => {
    const held = on(state, condemned(doomed("pack", "n")))
    const seen = new CollectionPlan.Listing(held)
    for (const entry of all) seen.see(entry)
    for (const key of ["pack/zz/odd", "readme", "log/00000000000000000001"]) seen.see({ key, size: 5 })
    seen.see({ key: ObjectKey.pack(packId("o", 0)), size: 7 })
    expect(seen.strange).toEqual([{ kind: "pack", id: packId("o", 0), size: 7 }])
    expect(seen.count).toBe(5)
  })
})

describe("collection, by a model", () => {
  it("never condemns what anything leads to, and leaves nothing dead, through any history", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = Seeded.make(seed)
      let state = on(prepared(), packs(pack("p0"), pack("p1"), pack("p2")))
      const named: Record<Root, Set<string>> = { head: new Set(["a", "b"]), checkpoint: new Set(), none: new Set() }
      const alive = () => [...State.packRefs(state)].map(({ id }) => id)
      const nameOf = new Map(
        Array.from({ length: 40 }, (_, n) => `p${n}`).concat("a", "b").map((name) => [packId(name), name])
      )
      for (let step = 0, next = 3; step < 30; step++) {
        const ids = alive()
        const some = ids[random.int(ids.length)]
        if (some === undefined) break
        switch (random.int(6)) {
          case 0:
            if (next < 40) state = on(state, packs(pack(`p${next++}`)))
            break
          case 1:
            named[random.chance(0.5) ? "head" : "checkpoint"].add(nameOf.get(some)!)
            break
          case 2:
            for (const root of ["head", "checkpoint"] as const) {
              for (const name of named[root]) {
                if (!random.chance(0.4)) continue
                named[root].delete(name)
                if (random.chance(0.5)) named.none.add(name)
              }
            }
            break
          case 3: {
            const into = ids.filter((id) => id !== some && random.chance(0.4))
            state = on(state, { _tag: "PackReplaced", old: some, packs: into, scanned: state.position })
            break
          }
          default: {
            const set = live(state, { head: [...named.head], checkpoint: [...named.checkpoint], none: [...named.none] })
            const needed = new Set(
              [...named.head, ...named.checkpoint].flatMap((name) => State.packsFor(state, packId(name)))
            )
            for (const id of ids) assert.strictEqual(set.isNeeded(id), needed.has(id), `seed ${seed}: ${id}`)
            const dead = ids.filter((id) => !set.isNeeded(id)).map((id): Condemned => ({
              kind: "pack",
              id,
              size: 1000
            }))
            const plan = CollectionPlan.condemn({ state, live: set, dead, strange: [] })
            assert.isUndefined(judge(state, plan.ops))
            for (const { id } of plan.condemned) assert.isFalse(needed.has(id), `seed ${seed}: ${id} is needed`)
            if (plan.ops.length > 0) state = on(state, ...plan.ops)
            for (const id of alive()) assert.isTrue(needed.has(id), `seed ${seed}: ${id} is dead`)
            for (const old of state.redirects.keys()) assert.isTrue(set.isNamed(old))
            assert.deepStrictEqual(
              CollectionPlan.contradicted(
                state,
                live(state, {
                  head: [...named.head],
                  checkpoint: [...named.checkpoint]
                })
              ),
              []
            )
          }
        }
      }
    }
  })
})

describe("CollectionTiming.isDue", () => {
  const state = prepared()
  const later = on(state, { _tag: "FolderRelabelled", folder: "f", label: "new" })
  const ran = (hours: number, change: Partial<NonNullable<CollectionTiming.Situation["last"]>> = {}) => ({
    startedAt: 0,
    now: 100 * 3_600_000,
    last: { at: (100 - hours) * 3_600_000, state, more: false, ...change }
  })
  it.each(
    [
      ["in the first hour", { startedAt: 0, now: 3_599_999, state }, false],
      ["after it", { startedAt: 0, now: 3_600_000, state }, true],
      ["a day after the last, if something was committed", { ...ran(24), state: later }, true],
      ["not before", { ...ran(23.9), state: later }, false],
      ["never if nothing was", { ...ran(1000), state }, false],
      ["soon when there was more", { ...ran(2, { more: true }), state }, true],
      ["but not at once", { ...ran(1, { more: true }), state }, false],
      ["soon when a checkpoint went", { ...ran(2), state: on(state, expired(1)) }, true],
      [
        "not while deletion is stopped",
        { ...ran(48), state: on(later, { _tag: "DeletionStopped", reason: "x" }) },
        false
      ]
    ] satisfies ReadonlyArray<readonly [string, CollectionTiming.Situation, boolean]>
  )("%s", (_, situation, due) => {
    expect(CollectionTiming.isDue(situation)).toBe(due)
  })
})

const sumOf = (state: State.State): Uint8Array => {
  const sum = new Uint8Array(32)
  for (const id of [segmentId("s"), segmentId("t")]) {
    const digest = state.segments.get(id)!.digest
    for (let i = 31, carry = 0; i >= 0; i--) {
      carry += sum[i]! + digest[i]!
      sum[i] = carry & 255
      carry >>= 8
    }
  }
  return sum
}
