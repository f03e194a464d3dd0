import { assert, describe, it } from "@effect/vitest"
import type { Commit, Op } from "../../../src/domain/repository/Commit.ts"
import * as CompactionPlan from "../../../src/domain/repository/CompactionPlan.ts"
import * as MultisetHash from "../../../src/domain/repository/MultisetHash.ts"
import type { Merge } from "../../../src/domain/repository/Op.ts"
import { newest } from "../../../src/domain/repository/Order.ts"
import * as Record from "../../../src/domain/repository/Record.ts"
import type { FileRecord } from "../../../src/domain/repository/Record.ts"
import type { PackRef, SegmentRef } from "../../../src/domain/repository/Refs.ts"
import * as State from "../../../src/domain/repository/State.ts"
import * as Seeded from "../../harness/Seeded.ts"
import { after, record, repository, segmentId } from "./fixtures.ts"
import { judge, pack, packs, packSegment, segment, tabled } from "./ledger.ts"

const KiB = 1024
const MiB = 1024 * KiB
const day = 86_400_000

let made = 0
const sized = (size: number): SegmentRef => segment(`sized ${made++}`, "f", made, made, { size })
const sizes = (segments: ReadonlyArray<SegmentRef>) => segments.map(({ size }) => size)

describe("segments due", () => {
  const rows: ReadonlyArray<readonly [string, ReadonlyArray<number>, ReadonlyArray<number>]> = [
    ["nothing of nothing", [], []],
    ["nothing of three alike", [100, 100, 100], []],
    ["four alike, however small they are", [100, 4000, 60_000, 20], [20, 100, 4000, 60_000]],
    ["four of a size and all smaller ones", [MiB, MiB, 10, MiB, 30 * MiB, MiB], [10, MiB, MiB, MiB, MiB]],
    ["not the next size", [10, 10, 10, 10, 300 * KiB, 300 * KiB], [10, 10, 10, 10]],
    ["nothing of sizes apart", [64 * KiB, 256 * KiB, MiB, 4 * MiB, 16 * MiB, 64 * MiB], []],
    ["at most twenty-four", Array.from({ length: 40 }, () => 5), Array.from({ length: 24 }, () => 5)],
    // 20 + 20 + 20 MiB fit into 64 MiB, a fourth does not.
    ["what fits", Array.from({ length: 5 }, () => 20 * MiB), Array.from({ length: 3 }, () => 20 * MiB)],
    ["nothing of full ones", Array.from({ length: 5 }, () => 300 * MiB), []],
    [
      "the cheapest, where there are too many",
      [...Array.from({ length: 6 }, (_, at) => 3 * 64 * KiB * 4 ** at).flatMap((size) => [size, size + 1]), 5],
      [5, 3 * 64 * KiB, 3 * 64 * KiB + 1]
    ]
  ]
  it.each(rows.map(([what, given, expected]) => ({ what, given, expected })))("$what", ({ expected, given }) => {
    assert.deepStrictEqual(sizes(CompactionPlan.due(given.map(sized))), expected)
  })

  const random = Seeded.make(5)
  const histories: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
    ["small and even", Array.from({ length: 8000 }, () => 20_000)],
    ["even", Array.from({ length: 3000 }, () => 70_000)],
    ["a first scan", Array.from({ length: 125 }, () => 3_500_000)],
    ["a large one, then small ones", [450 * MiB, ...Array.from({ length: 5000 }, () => 20_000)]],
    ["now and then a large one", Array.from({ length: 5000 }, (_, at) => at % 50 === 0 ? 5e6 : 20_000)],
    ["of all sizes", Array.from({ length: 2000 }, () => 2 ** (14 + random.next() * 14))],
    ["growing", Array.from({ length: 1000 }, (_, at) => 1000 * (at + 1))],
    ["shrinking", Array.from({ length: 1000 }, (_, at) => 1000 * (1000 - at))]
  ]
  it.each(histories.map(([what, history]) => ({ what, history })))(
    "stay few, are seldom rewritten, and are never too large: $what",
    ({ history }) => {
      let view: Array<SegmentRef> = []
      let came = 0
      let written = 0
      for (const size of history) {
        view.push(sized(size))
        came += size
        for (let left = 50;; left--) {
          const inputs = CompactionPlan.due(view)
          if (inputs.length === 0) break
          assert.isAbove(left, 0)
          assert.isAtLeast(inputs.length, 2)
          const output = sizes(inputs).reduce((sum, size) => sum + size, 0)
          assert.isAtMost(output, Math.max(64 * MiB, came / 3))
          written += output
          view = view.filter((ref) => !inputs.includes(ref))
          view.push(sized(output))
        }
        assert.isAtMost(view.length, CompactionPlan.mostSegments)
      }
      assert.isAtMost(written / came, 2 * Math.log2(came / Math.min(64 * KiB, ...history)))
    }
  )
})

/** A history of one folder: its rows by segment, so that a merge can be made by the naive model. */
class World {
  state: State.State
  readonly rows = new Map<string, ReadonlyArray<FileRecord>>()
  readonly random: Seeded.Seeded
  time = Date.UTC(2026, 0, 1)

  constructor(seed: number) {
    this.random = Seeded.make(seed)
    this.state =
      after(State.initial(repository), [{ _tag: "EpochOpened", epoch: 1 }], { term: 1, time: this.time }).state
    this.commit([{ _tag: "FolderAdded", folder: "f", label: "", indexId: 1n }])
  }

  get folder(): State.FolderState {
    return this.state.folders.get("f")!
  }

  commit(ops: ReadonlyArray<Op>, more: Partial<Commit> = {}): void {
    this.state = after(this.state, ops, { time: this.time, ...more }).state
  }

  ref(records: ReadonlyArray<FileRecord>, size = 1000): SegmentRef {
    const id = segmentId(`world ${this.rows.size}`)
    const sequences = records.map(({ sequence }) => sequence)
    this.rows.set(id, records)
    return segment("", "f", Math.min(...sequences), Math.max(...sequences), {
      id,
      size,
      records: records.length,
      digest: MultisetHash.ofRecords(records)
    })
  }

  records(): ReadonlyArray<FileRecord> {
    const from = this.folder.sequence + 1
    const names = new Set(Array.from({ length: 1 + this.random.int(8) }, () => `n${this.random.int(30)}`))
    return Array.from(names, (name, at) => record(name, from + at, [], { deleted: this.random.next() < 0.4 }))
  }

  /** What a merge by that task would commit. */
  merge(task: CompactionPlan.FilesTask): Merge {
    const all = task.inputs.flatMap(({ id }) => this.rows.get(id)!)
    const { dropped, records } = newest(all)
    const goes = (one: FileRecord) => one.sequence <= task.forgettable && Record.inspect(one.info)?.deleted === true
    const tombstones = records.filter(goes)
    const kept = records.filter((one) => !goes(one))
    const size = task.inputs.reduce((sum, ref) => sum + ref.size, 0)
    return {
      _tag: "SegmentsMerged",
      table: "files",
      folder: "f",
      inputs: task.inputs.map(({ id }) => id),
      ...(kept.length === 0 ? {} : { output: this.ref(kept, size) }),
      dropped: { records: dropped.length, digest: MultisetHash.ofRecords(dropped) },
      tombstones: {
        records: tombstones.length,
        digest: MultisetHash.ofRecords(tombstones),
        maxSequence: Math.max(0, ...tombstones.map(({ sequence }) => sequence))
      }
    }
  }

  /** Names that are there, by the view's segments. */
  live(): ReadonlyArray<string> {
    const { records } = newest(this.folder.segments.flatMap((id) => this.rows.get(id)!))
    return records.filter(({ info }) => Record.inspect(info)?.deleted !== true).map(({ name, sequence }) =>
      `${name} ${sequence}`
    )
  }
}

describe("a plan", () => {
  it.each(Array.from({ length: 20 }, (_, seed) => ({ seed })))(
    "is never refused by the fold, and brings nothing back that was deleted (seed $seed)",
    ({ seed }) => {
      const world = new World(seed)
      const inline: Array<FileRecord> = []
      let forgotten = 0
      let merges = 0
      for (let step = 0; step < 150; step++) {
        world.time += world.random.int(14) * day
        if (world.random.next() < 0.25) {
          const records = world.records()
          inline.push(...records)
          world.commit([{ _tag: "FilesChanged", folder: "f", records }])
          if (world.random.next() < 0.8) {
            const segment = world.ref(newest(inline.splice(0)).records)
            world.commit([{ _tag: "InlineFlushed", folder: "f", through: world.state.position, segment }])
          }
        } else {
          const size = 2 ** (10 + world.random.int(14))
          world.commit([{ _tag: "SegmentAdded", folder: "f", segment: world.ref(world.records(), size) }])
        }
        const tombstones = ({ id }: SegmentRef) =>
          1000 * world.rows.get(id)!.filter(({ info }) => Record.inspect(info)?.deleted === true).length
        const tasks = [
          CompactionPlan.next(world.state),
          CompactionPlan.forgetting(world.state, world.folder, tombstones)
        ]
        for (const task of tasks) {
          if (task?.table !== "files") continue
          const merge = world.merge(task)
          const misfit = CompactionPlan.misfit(world.state, merge)
          if (misfit !== undefined) continue
          const problem = judge(world.state, [merge], { time: world.time })
          if (inline.length > 0 && merge.tombstones.records > 0) assert.match(problem ?? "", /lie in commits only/)
          else {
            assert.isUndefined(problem)
            const before = world.live()
            world.commit([merge])
            assert.deepStrictEqual(world.live(), before)
            merges++
            forgotten += merge.tombstones.records
          }
        }
      }
      assert.isAbove(merges, 10)
      assert.isAbove(forgotten, 0)
    }
  )

  it("takes no tombstone before 400 days, nor one that hides what another segment may hold", () => {
    const world = new World(1)
    const add = (name: string, deleted: boolean, size = 10 * KiB) => {
      const one = record(name, world.folder.sequence + 1, [], { deleted })
      world.commit([{ _tag: "SegmentAdded", folder: "f", segment: world.ref([one], size) }])
    }
    add("a", false, 10 * MiB)
    for (const name of ["b", "c", "d", "e"]) add(name, true)
    const task = () => CompactionPlan.next(world.state) as CompactionPlan.FilesTask
    assert.strictEqual(task().inputs.length, 4)
    assert.strictEqual(task().forgettable, 0)
    world.time += 400 * day
    // A milestone is made by the records that come after it.
    add("late", false, 10 * MiB)
    world.time += 400 * day
    add("later", false, 10 * MiB)
    assert.strictEqual(CompactionPlan.oldEnough(world.state, world.folder), 5)
    assert.strictEqual(task().forgettable, 0)
    const all = CompactionPlan.forgetting(world.state, world.folder, ({ minSequence }) => minSequence > 1 ? 1000 : 0)
    assert.deepStrictEqual(all?.inputs.map(({ minSequence }) => minSequence), [1, 2, 3, 4, 5])
    assert.strictEqual(all?.forgettable, 5)
  })

  it("fits only while its inputs are in the view and nothing older came", () => {
    const world = new World(3)
    for (let at = 0; at < 4; at++) {
      world.commit([{ _tag: "SegmentAdded", folder: "f", segment: world.ref(world.records()) }])
    }
    const merge = world.merge(CompactionPlan.next(world.state) as CompactionPlan.FilesTask)
    assert.isUndefined(CompactionPlan.misfit(world.state, merge))
    world.commit([{ _tag: "SegmentAdded", folder: "f", segment: world.ref(world.records()) }])
    assert.isUndefined(CompactionPlan.misfit(world.state, merge))
    const before = world.state
    world.commit([merge])
    assert.match(CompactionPlan.misfit(world.state, merge) ?? "", /view no more/)
    world.state = before
    // What lay in a commit while the merge was made, and is in a segment now, may be what a tombstone hides.
    const tombstones = { ...merge.dropped, records: 1, maxSequence: 3 }
    world.time += 900 * day
    for (const name of ["x", "y"]) {
      world.commit([{ _tag: "FilesChanged", folder: "f", records: [record(name, world.folder.sequence + 1)] }])
      world.time += 401 * day
    }
    world.commit([{ _tag: "EpochOpened", epoch: 2 }], { term: 2 })
    assert.isUndefined(CompactionPlan.misfit(world.state, { ...merge, tombstones }))
    assert.match(
      CompactionPlan.misfit(world.state, {
        ...merge,
        tombstones: { ...tombstones, maxSequence: world.folder.sequence }
      }) ?? "",
      /must stay/
    )
    const older = world.ref([record("hidden", 2)])
    world.commit([{
      _tag: "InlineFlushed",
      folder: "f",
      through: world.state.position,
      segment: { ...older, id: segmentId("older", 2) }
    }])
    assert.match(CompactionPlan.misfit(world.state, { ...merge, tombstones }) ?? "", /must stay/)
    world.state = before
    world.commit([{ _tag: "FolderRemoved", folder: "f" }])
    assert.match(CompactionPlan.misfit(world.state, merge) ?? "", /removed/)
  })

  it("leaves tables alone that are put aside", () => {
    const world = new World(3)
    for (let at = 0; at < 4; at++) {
      world.commit([{ _tag: "SegmentAdded", folder: "f", segment: world.ref(world.records()) }])
    }
    assert.isDefined(CompactionPlan.next(world.state))
    assert.isUndefined(CompactionPlan.next(world.state, (table) => table === "f"))
    assert.isDefined(CompactionPlan.next(world.state, (table) => table === ""))
  })
})

describe("the pack table", () => {
  const tables = (count: number) => {
    let state = after(State.initial(repository), [{ _tag: "EpochOpened", epoch: 1 }], { term: 1 }).state
    const all: Array<PackRef> = []
    for (let at = 0; at < count; at++) {
      const ref = pack(`table ${at}`)
      all.push(ref)
      state = after(state, [packs(ref)]).state
      state = after(state, [tabled(state.position, packSegment(`table ${at}`, [ref]))]).state
    }
    return { state, all }
  }

  it("is merged as a whole when it has a second segment", () => {
    assert.isUndefined(CompactionPlan.next(tables(1).state))
    assert.isDefined(CompactionPlan.next(tables(2).state))
    const { all, state } = tables(5)
    const task = CompactionPlan.next(state)!
    assert.strictEqual(task.table, "packs")
    const op: Merge = {
      _tag: "SegmentsMerged",
      table: "packs",
      folder: "",
      inputs: task.inputs.map(({ id }) => id),
      output: packSegment("whole", all),
      dropped: { records: 0, digest: new Uint8Array(32) },
      tombstones: { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
    }
    assert.isUndefined(judge(state, [op]))
    assert.isUndefined(CompactionPlan.misfit(state, op))
    const condemned = after(state, [{
      _tag: "ObjectsCondemned",
      objects: [{ kind: "pack", id: all[0]!.id, size: 1 }]
    }]).state
    assert.match(CompactionPlan.misfit(condemned, op) ?? "", /live no more/)
    assert.isDefined(judge(condemned, [op]))
    assert.match(CompactionPlan.misfit(after(state, [op]).state, op) ?? "", /other segments/)
  })

  it("is merged when more than 512 of its packs live no more", () => {
    const all = Array.from({ length: 600 }, (_, at) => pack(`many ${at}`))
    let state = after(State.initial(repository), [{ _tag: "EpochOpened", epoch: 1 }], { term: 1 }).state
    state = after(state, [packs(...all)]).state
    state = after(state, [tabled(state.position, packSegment("many", all))]).state
    const condemn = (from: number, to: number): Op => ({
      _tag: "ObjectsCondemned",
      objects: all.slice(from, to).map(({ id, size }) => ({ kind: "pack", id, size }))
    })
    state = after(state, [condemn(0, 512)]).state
    assert.isUndefined(CompactionPlan.next(state))
    state = after(state, [condemn(512, 513)]).state
    const task = CompactionPlan.next(state)
    assert.strictEqual(task?.table === "packs" ? task.dropped.size : 0, 513)
  })
})

describe("names of packs that were replaced", () => {
  /** A folder with segments of these sizes, and so many redirects. */
  const tables = (sizes: ReadonlyArray<number>, redirects: number): State.State => {
    const world = new World(1)
    for (const [at, size] of sizes.entries()) {
      world.commit([{ _tag: "SegmentAdded", folder: "f", segment: world.ref([record("a", at + 1)], size) }], {
        term: 1
      })
    }
    return { ...world.state, redirects: new Map(Array.from({ length: redirects }, (_, at) => [`old ${at}`, []])) }
  }
  const rows: ReadonlyArray<
    readonly [
      what: string,
      redirects: number,
      sizes: ReadonlyArray<number>,
      names: ReadonlyArray<number>,
      number | undefined
    ]
  > = [
    ["few redirects are left alone", 255, [MiB], [255], undefined],
    ["a segment that names none", 300, [1000], [0], undefined],
    ["a small one that names one", 300, [200 * KiB], [1], 0],
    ["a large one that names one", 300, [MiB], [1], undefined],
    ["where a name costs least", 300, [10 * MiB, MiB, 30 * MiB], [40, 5, 120], 1],
    ["when room is short, also where it costs more", 1000, [4 * MiB], [1], 0],
    ["but not everything", 1000, [4 * MiB + 1], [1], undefined],
    [
      "of a huge table all but so many names",
      1000,
      Array.from({ length: 20 }, () => 150 * MiB),
      Array.from(
        { length: 20 },
        (_, at) => at === 7 ? 13 : 12
      ),
      7
    ],
    ["not what would fill the memory", 1999, [129 * MiB], [1999], undefined]
  ]
  for (const [what, redirects, sizes, names, expected] of rows) {
    it(what, () => {
      const state = tables(sizes, redirects)
      const { segments } = state.folders.get("f")!
      const task = CompactionPlan.renaming(state, ({ id }) => names[segments.indexOf(id)]!)
      assert.deepStrictEqual(
        task?.inputs.map(({ id }) => segments.indexOf(id)),
        expected === undefined ? undefined : [expected]
      )
      if (task !== undefined) assert.strictEqual(task.folder, "f")
    })
  }

  it("are given only while somebody knows them", () => {
    const world = new World(2)
    world.commit([packs(pack("a"), pack("b"))], { term: 1 })
    world.commit([{ _tag: "SegmentAdded", folder: "f", segment: world.ref(world.records()) }], { term: 1 })
    const [input] = world.folder.segments.map((id) => world.state.segments.get(id)!)
    const merge = world.merge({ table: "files", folder: "f", inputs: [input!], forgettable: 0 })
    const given = [pack("a").id]
    const misfit = () => CompactionPlan.misfit(world.state, merge, given)
    assert.isUndefined(misfit())
    world.commit([{ _tag: "PackReplaced", old: pack("a").id, packs: [pack("b").id], scanned: 1 }], { term: 1 })
    assert.isUndefined(misfit())
    world.commit([{ _tag: "RedirectsDropped", packs: given }])
    assert.match(misfit() ?? "", /lives no more/)
  })
})
