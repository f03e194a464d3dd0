import { assert, describe, it } from "@effect/vitest"
import * as CompactionPlan from "../../../src/domain/repository/CompactionPlan.ts"
import type { Merge } from "../../../src/domain/repository/Op.ts"
import type { SegmentRef } from "../../../src/domain/repository/Refs.ts"
import type { FolderState, State } from "../../../src/domain/repository/State.ts"
import * as SweepPlan from "../../../src/domain/repository/SweepPlan.ts"
import { segment } from "./ledger.ts"

const MiB = 1024 * 1024
const GiB = 1024 * MiB

interface Told {
  readonly rows: number
  readonly size?: number
  readonly tombstones?: number
  readonly bytes?: number
}

let made = 0
/** A table whose segments came one after the other, and a folder that has it. */
const tableOf = (segments: ReadonlyArray<Told>) => {
  let sequence = 0
  const weights = new Map<string, SweepPlan.Weight>()
  const refs = segments.map(({ bytes = 0, rows, size = MiB, tombstones = 0 }): SegmentRef => {
    const ref = segment(`swept ${made++}`, "f", sequence + 1, sequence + rows, { size, records: rows })
    sequence += rows
    weights.set(ref.id, { bytes, tombstones })
    return ref
  })
  const folder = { id: "f", segments: refs.map(({ id }) => id), sequence, milestones: [] } as unknown as FolderState
  const state = {
    time: 0,
    folders: new Map([["f", folder]]),
    segments: new Map(refs.map((ref) => [ref.id, ref]))
  } as unknown as State
  return { refs, folder, state, weigh: ({ id }: SegmentRef) => weights.get(id)! }
}

const live = (files: number, bytes = 0) => ({ files, directories: 0, bytes })

describe("what is superseded", () => {
  it.each(
    [
      ["nothing, where each name has one row", [{ rows: 100, bytes: 900 }], live(100, 900), { rows: 0, bytes: 0 }],
      ["the rows of what was deleted", [{ rows: 100, bytes: 900 }, { rows: 60, tombstones: 60 }], live(40, 400), {
        rows: 60,
        bytes: 500
      }],
      ["the rows of what was changed", [{ rows: 100, bytes: 900 }, { rows: 30, bytes: 90 }], live(100, 800), {
        rows: 30,
        bytes: 190
      }],
      ["nothing less than none, with records that lie in commits", [{ rows: 10, bytes: 50 }], live(15, 90), {
        rows: 0,
        bytes: 0
      }]
    ] as const
  )("is %s", (_, segments, counts, expected) => {
    const { folder, state, weigh } = tableOf(segments)
    assert.deepStrictEqual(SweepPlan.stale(state, folder, counts, weigh), expected)
  })

  it.each(
    [
      ["a quarter of many rows", { rows: 1000, bytes: 0 }, true],
      ["fewer", { rows: 999, bytes: 0 }, false],
      ["much data for a small table, of few rows", { rows: 1, bytes: 32 * 2 * MiB }, true],
      ["a little less", { rows: 1, bytes: 32 * 2 * MiB - 1 }, false],
      ["no data", { rows: 0, bytes: 0 }, false]
    ] as const
  )("is worth it with %s", (_, stale, expected) => {
    const { folder, state, weigh } = tableOf([{ rows: 3000, bytes: 40 * GiB }, { rows: 1000, bytes: 40 * GiB }])
    assert.strictEqual(SweepPlan.isWorth(state, folder, stale, weigh), expected)
  })

  it("is worth it with a quarter of the data, if that is more than the table", () => {
    const { folder, state, weigh } = tableOf([{ rows: 3000, bytes: 20 * MiB }, { rows: 1000, bytes: 12 * MiB }])
    assert.isTrue(SweepPlan.isWorth(state, folder, { rows: 2, bytes: 8 * MiB }, weigh))
    assert.isFalse(SweepPlan.isWorth(state, folder, { rows: 2, bytes: 8 * MiB - 1 }, weigh))
  })

  it("goes if it is a sixteenth of the rows, or much data", () => {
    const { refs } = tableOf([{ rows: 1600 }])
    assert.isTrue(SweepPlan.isFruitful(refs, { records: 100, bytes: 0 }))
    assert.isFalse(SweepPlan.isFruitful(refs, { records: 99, bytes: 0 }))
    assert.isTrue(SweepPlan.isFruitful(refs, { records: 1, bytes: 32 * MiB }))
  })
})

describe("what is written anew", () => {
  const none = { rows: 0, bytes: 0 }
  const next = (
    { folder, state, weigh }: ReturnType<typeof tableOf>,
    { looked = () => undefined, small, stale = none }: {
      readonly stale?: SweepPlan.Stale
      readonly looked?: (ref: SegmentRef) => SweepPlan.Look | undefined
      readonly small?: number
    } = {}
  ) => SweepPlan.next(state, folder, stale, weigh, looked, small)

  it("is a small table as a whole", () => {
    const table = tableOf([{ rows: 300 }, { rows: 20 }, { rows: 5 }])
    const task = next(table)
    assert.sameMembers([...task!.inputs], table.refs)
    assert.isUndefined(task?.witnesses)
    assert.isUndefined(next(tableOf([{ rows: 300 }])))
  })

  it("is no small table that was looked through, whatever new ones came, until many rows or much data did", () => {
    const table = tableOf([{ rows: 800 }, { rows: 100 }, { rows: 1 }])
    const looked = (sequence: number) => (ref: SegmentRef) =>
      ref === table.refs[0] ? { sequence, bytes: GiB } : undefined
    assert.isUndefined(next(table, { looked: looked(802), stale: { rows: 9, bytes: GiB + 96 * MiB - 1 } }))
    assert.isDefined(next(table, { looked: looked(802), stale: { rows: 9, bytes: GiB + 96 * MiB } }))
    assert.isDefined(next(table, { looked: looked(801) }))
  })

  it("is of a large one the segment with the most rows, against all that have newer ones", () => {
    const table = tableOf([
      { rows: 10, size: 20 * MiB },
      { rows: 500, size: 20 * MiB },
      { rows: 70, size: 20 * MiB },
      { rows: 5, size: MiB }
    ])
    const task = next(table)
    assert.deepStrictEqual(task?.inputs, [table.refs[1]!])
    assert.deepStrictEqual(task?.witnesses, [table.refs[3]!, table.refs[2]!])
  })

  it("is none that was looked through, until many rows came, or much data is superseded", () => {
    const table = tableOf([{ rows: 800, size: 60 * MiB }, { rows: 100, size: 4 * MiB }])
    const looked = (sequence: number) => (ref: SegmentRef) =>
      ref === table.refs[0] ? { sequence, bytes: GiB } : undefined
    assert.isUndefined(next(table, { looked: looked(801), stale: { rows: 0, bytes: 3 * GiB - 1 } }))
    assert.deepStrictEqual(next(table, { looked: looked(800) })?.inputs, [table.refs[0]!])
    assert.deepStrictEqual(next(table, { looked: looked(801), stale: { rows: 0, bytes: 3 * GiB } })?.inputs, [
      table.refs[0]!
    ])
  })

  it("is none that has few of the rows and little data, however large its witnesses are", () => {
    const isTaken = (bytes: number, others: number) => {
      const table = tableOf([
        { rows: 90, size: MiB, bytes },
        { rows: 1500, size: 60 * MiB, bytes: others },
        { rows: 30, size: MiB }
      ])
      const looked = (ref: SegmentRef) => ref === table.refs[1] ? { sequence: 1620, bytes: 0 } : undefined
      return next(table, { looked })?.inputs[0] === table.refs[0]
    }
    assert.isFalse(isTaken(GiB - 1, 15 * GiB))
    assert.isTrue(isTaken(GiB, 15 * GiB))
    assert.isFalse(isTaken(32 * 62 * MiB - 1, 999 * GiB))
    assert.isTrue(isTaken(32 * 62 * MiB, 999 * GiB))
  })

  it("is told by whatever has a newer row, although it has older ones, too", () => {
    const table = tableOf([{ rows: 500, size: 60 * MiB }, { rows: 70, size: MiB }])
    const wide = segment("wide", "f", 1, 400, { size: 3 * MiB, records: 4 })
    const state = {
      ...table.state,
      segments: new Map([...table.state.segments, [wide.id, wide]])
    }
    const folder = { ...table.folder, segments: [...table.folder.segments, wide.id] }
    const weigh = () => ({ bytes: 0, tombstones: 0 })
    assert.deepStrictEqual(SweepPlan.next(state, folder, none, weigh, () => undefined)?.witnesses, [
      table.refs[1]!,
      wide
    ])
  })

  it("is each of a table's segments, although the table becomes smaller with each", () => {
    const table = tableOf([{ rows: 900, size: 300 * MiB }, { rows: 900, size: 100 * MiB }])
    assert.deepStrictEqual(next(table)?.inputs, [table.refs[0]!])
  })

  it("fits no state any more in which what superseded its rows is gone, whatever else is there", () => {
    const { folder, refs, state } = tableOf([{ rows: 800 }, { rows: 100 }])
    const merge = {
      table: "files",
      folder: "f",
      inputs: [refs[0]!.id],
      dropped: { records: 5, digest: new Uint8Array(32) },
      tombstones: { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
    } as unknown as Merge
    assert.isUndefined(CompactionPlan.misfit(state, merge, [], [refs[1]!]))
    const repaired = { ...state, folders: new Map([["f", { ...folder, segments: [refs[0]!.id] }]]) }
    assert.isDefined(CompactionPlan.misfit(repaired, merge, [], [refs[1]!]))
  })
})
