import { describe, expect, it } from "@effect/vitest"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import type { FileRecord } from "../../../src/domain/repository/Record.ts"
import * as RepackPlan from "../../../src/domain/repository/RepackPlan.ts"
import type { State } from "../../../src/domain/repository/State.ts"
import * as Seeded from "../../harness/Seeded.ts"
import { packId, seeded } from "./fixtures.ts"
import { pack } from "./ledger.ts"

const mebibyte = 1024 * 1024
const wish: RepackPlan.Wish = {
  maxRewrite: 1024 * mebibyte,
  target: 32 * mebibyte,
  full: false,
  room: { all: 1000, small: 1000 }
}
const weighed = (name: string, live: number, mebibytes = 32): RepackPlan.Weighed => ({
  ref: pack(name, 1, { size: mebibytes * mebibyte, bytes: mebibytes * mebibyte }),
  live: live * mebibyte
})
const chosen = (all: ReadonlyArray<RepackPlan.Weighed>, change: Partial<RepackPlan.Wish> = {}, total = 1024) =>
  RepackPlan.choose(all, total * mebibyte, { ...wish, ...change }).packs.map(({ id }) => id)
const ids = (...names: ReadonlyArray<string>) => names.map((name) => packId(name))

describe("RepackPlan.choose", () => {
  it.each(
    [
      ["the deadest first", [weighed("a", 9), weighed("b", 1), weighed("c", 3)], {}, ids("b", "c", "a")],
      [
        "not what lives for the most part",
        [weighed("a", 13), weighed("b", 1), weighed("c", 0), weighed("d", 2)],
        {},
        ids("c", "b", "d")
      ],
      ["not for a small gain", [weighed("b", 1)], {}, []],
      ["unless somebody asks for it", [weighed("b", 1)], { full: true }, ids("b")],
      [
        "no more than allowed",
        [weighed("a", 9), weighed("b", 8), weighed("c", 7)],
        { maxRewrite: 15 * mebibyte },
        ids("c", "b")
      ],
      ["no more than there is room for", [weighed("a", 9), weighed("b", 8), weighed("c", 7)], {
        room: { all: 1, small: 0 }
      }, ids("c")],
      ["nothing without room", [weighed("a", 1), weighed("b", 1), weighed("c", 1)], { room: { all: 0, small: 0 } }, []]
    ] as const
  )("%s", (_, all, change, expected) => {
    expect(chosen(all, change)).toEqual(expected)
  })

  it("small packs when there are many of a size, and all when somebody asks", () => {
    const small = Array.from({ length: 64 }, (_, n) => weighed(`s${n}`, 1, 1))
    expect(chosen(small).length).toBe(64)
    expect(chosen(small.slice(1)).length).toBe(0)
    // Of other sizes they do not count.
    const larger = Array.from({ length: 8 }, (_, n) => weighed(`l${n}`, 7, 7))
    expect(chosen([...small.slice(1), ...larger]).length).toBe(0)
    expect(chosen(larger, { full: true }).length).toBe(8)
    expect(chosen(larger.slice(1), { full: true }).length).toBe(0)
  })

  it("a year of small saves that stay leaves room for packs that are mostly dead", () => {
    let redirects = 0
    const room = () =>
      RepackPlan.roomIn({ redirects: new Map(Array.from({ length: redirects }, (_, n) => [`${n}`, []])) }, 4000)
    for (let day = 0; day < 365; day++) {
      const saves = Array.from({ length: 70 }, (_, n) => weighed(`${day} ${n}`, 0.3, 0.3))
      for (const full of [false, true]) redirects += chosen(saves, { full, room: room() }).length
    }
    expect(redirects).toBe(RepackPlan.mostForSmall)
    const dead = Array.from({ length: 300 }, (_, n) => weighed(`dead ${n}`, 1))
    expect(chosen(dead, { room: room() }).length).toBe(256)
    redirects = RepackPlan.mostRedirects
    expect(chosen(dead, { room: room(), full: true }).length).toBe(0)
    redirects = 0
    expect(RepackPlan.roomIn({ redirects: new Map() }, 7)).toEqual({ all: 7, small: 7 })
    expect(RepackPlan.roomIn({ redirects: new Map() }, -7)).toEqual({ all: 0, small: 0 })
  })

  it("says that there is more, but not for what can never be done", () => {
    const all = [weighed("a", 9), weighed("b", 8)]
    expect(RepackPlan.choose(all, 64 * mebibyte, { ...wish, full: true, maxRewrite: 10 * mebibyte }).more).toBe(true)
    expect(RepackPlan.choose(all, 64 * mebibyte, { ...wish, full: true, maxRewrite: mebibyte }).more).toBe(false)
  })

  const small = Array.from({ length: 64 }, (_, n) => weighed(`s${n}`, 1, 1))
  const sparse = [weighed("a", 9), weighed("b", 8), weighed("c", 7)]
  it.each(
    [
      ["small ones without room", [...sparse, ...small], { all: 900, small: 0 }, {}, 3, false],
      ["small ones that are more than there is room for", [...sparse, ...small], { all: 900, small: 5 }, {}, 8, false],
      ["small ones that there is room for", small, { all: 900, small: 60 }, { maxRewrite: 50 * mebibyte }, 50, true],
      ["sparse ones without room", sparse, { all: 2, small: 2 }, {}, 2, false],
      ["sparse ones that there is room for", sparse, { all: 3, small: 0 }, { maxRewrite: 16 * mebibyte }, 2, true],
      [
        "sparse ones beside small ones without room",
        [...sparse, ...small],
        { all: 900, small: 0 },
        {
          maxRewrite: 16 * mebibyte
        },
        2,
        true
      ]
    ] as const
  )("more is promised only of what the next run has room for: %s", (_, all, room, change, count, more) => {
    const choice = RepackPlan.choose(all, 1024 * mebibyte, { ...wish, room, ...change })
    expect([choice.packs.length, choice.more]).toEqual([count, more])
  })
})

const hashOf = (label: string) => seeded(`block ${label}`)
const blocksOf = (name: string, labels: ReadonlyArray<string>) =>
  new RepackPlan.Blocks(pack(name, 1, { blocks: labels.length }), Buffer.concat(labels.map(hashOf)))

const record = (name: string, labels: ReadonlyArray<string>, runs: FileRecord["runs"], size?: number): FileRecord => ({
  name,
  sequence: 1,
  info: FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 1n, value: 1n }],
    size: size ?? labels.length * 131_072,
    blockSize: 131_072,
    hashes: Buffer.concat(labels.map(hashOf))
  }),
  runs
})
const stateOf = (redirects: Readonly<Record<string, ReadonlyArray<string>>> = {}) =>
  ({
    redirects: new Map(Object.entries(redirects).map(([old, into]) => [packId(old), ids(...into)]))
  }) as unknown as State
const scanOf = (state: State, ...all: ReadonlyArray<RepackPlan.Blocks>) =>
  new RepackPlan.Scan(state, new Map(all.map((blocks) => [blocks.ref.id, blocks])))
const live = (blocks: RepackPlan.Blocks) =>
  Array.from({ length: blocks.hashes.length / 32 }, (_, at) => blocks.isLive(at))

describe("RepackPlan.Scan", () => {
  it("marks what records find, in the pack itself and in place of one that was replaced; the last block is short", () => {
    const [a, b] = [blocksOf("a", ["1", "2", "3"]), blocksOf("b", ["4", "5"])]
    const scan = scanOf(stateOf({ old: ["b", "x"], gone: ["x"] }), a, b)
    expect(scan.mark(record("f", ["2", "5", "9"], [
      { pack: packId("a"), count: 1 },
      { pack: packId("old"), count: 1 },
      { pack: packId("gone"), count: 1 }
    ], 2 * 131_072 + 7))).toBe(true)
    expect([live(a), live(b)]).toEqual([[false, true, false], [false, true]])
    expect(scan.mark(record("g", ["3"], [{ pack: packId("a"), count: 1 }], 1000))).toBe(true)
    expect(scan.mark(record("h", ["3"], [{ pack: packId("a"), count: 1 }], 1000))).toBe(true)
    expect([a.bytes, a.count]).toEqual([132_072, 2])
    expect([a.damaged, b.damaged]).toEqual([false, false])
  })

  it("a block that lies at the file's end by a wrong size lives all the same", () => {
    const a = blocksOf("a", ["1"])
    scanOf(stateOf(), a).mark({ ...record("f", ["1"], [{ pack: packId("a"), count: 1 }]), sequence: 3 })
    expect(live(a)).toEqual([true])
    const b = blocksOf("b", ["1"])
    b.mark(0, 0)
    expect(live(b)).toEqual([true])
  })

  it("a record that finds nothing where it says it does makes the pack a damaged one", () => {
    const a = blocksOf("a", ["1"])
    expect(scanOf(stateOf(), a).mark(record("f", ["7"], [{ pack: packId("a"), count: 1 }]))).toBe(true)
    expect(a.damaged).toBe(true)
  })

  it("an entry that does not list its blocks tells nothing, unless it is about other packs", () => {
    const scan = scanOf(stateOf(), blocksOf("a", ["1"]))
    const broken = record("f", ["1"], [{ pack: packId("a"), count: 2 }])
    expect(scan.mark(broken)).toBe(false)
    expect(scan.missed(broken)).toBeUndefined()
    expect(scan.mark({ ...broken, runs: [{ pack: packId("other"), count: 2 }] })).toBe(true)
  })

  it("tells which packs a new record finds a dead block in", () => {
    const [a, b] = [blocksOf("a", ["1", "2"]), blocksOf("b", ["1", "2"])]
    const scan = scanOf(stateOf(), a, b)
    scan.mark(record("f", ["1", "2"], [{ pack: packId("a"), count: 1 }, { pack: packId("b"), count: 1 }]))
    expect(scan.missed(record("g", ["1"], [{ pack: packId("a"), count: 1 }]))).toEqual([])
    expect(scan.missed(record("g", ["1"], [{ pack: packId("b"), count: 1 }]))).toEqual([packId("b")])
  })

  it("a redirect that is new, or leads to more, brings records that were not looked at", () => {
    const scan = scanOf(stateOf({ known: ["a"] }), blocksOf("a", ["1"]), blocksOf("b", ["2"]))
    expect(RepackPlan.redirected(scan, stateOf({ known: ["a"] }))).toEqual(new Set())
    expect(RepackPlan.redirected(scan, stateOf({ known: ["a", "b"], new: ["a"] }))).toEqual(new Set(ids("b", "a")))
    expect(RepackPlan.redirected(scan, stateOf({}))).toEqual(new Set())
  })

  it("finds every block of a pack and no other", () => {
    const random = Seeded.make(3)
    for (let count = 1; count < 400; count += 37) {
      const labels = Array.from({ length: count }, () => `${random.int(1e9)}`)
      const blocks = blocksOf("p", labels)
      for (const [at, label] of labels.entries()) expect(blocks.find(hashOf(label), 0)).toBe(at)
      for (let i = 0; i < 50; i++) expect(blocks.find(hashOf(`other ${i}`), 0)).toBe(-1)
    }
  })
})
