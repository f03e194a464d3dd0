import { assert, describe, it } from "@effect/vitest"
import * as CheckpointPlan from "../../../src/domain/repository/CheckpointPlan.ts"
import type { Checkpoint } from "../../../src/domain/repository/Refs.ts"
import { day, hour } from "../../../src/domain/repository/Retention.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { repository } from "./fixtures.ts"

const folder = (id: string, sequence: number): State.FolderState => ({
  id,
  label: id,
  indexId: 1n,
  sequence,
  segments: [],
  inline: [],
  inlineSizes: [],
  remotes: new Map(),
  changedAt: 0,
  milestones: []
})

const checkpoint = (
  id: number,
  folder: string,
  time: number,
  sequence: number,
  reason: Checkpoint["reason"] = "schedule"
): Checkpoint => ({ id, folder, label: folder, time, position: id, sequence, reason, segments: [] })

const state = (
  folders: ReadonlyArray<State.FolderState>,
  checkpoints: ReadonlyArray<Checkpoint>,
  schedules = State.initial(repository).schedules
): State.State => ({
  ...State.initial(repository),
  folders: new Map(folders.map((folder) => [folder.id, folder])),
  checkpoints,
  schedules
})

const at = (now: number, sure = now): CheckpointPlan.Moment => ({ now, sure })
const none = new Map<number, number>()
const creates = (state: State.State, now: number, made?: number) =>
  CheckpointPlan.round(state, at(now), { dueSince: none, made }).create

describe("CheckpointPlan.round", () => {
  it("nothing changed, nothing created, however long ago", () => {
    assert.deepStrictEqual(creates(state([folder("f", 3)], [checkpoint(1, "f", 0, 3)]), 400 * day), [])
    assert.deepStrictEqual(creates(state([folder("f", 0)], []), 0), [])
  })

  it("what was there before a repair is no moment of others, and goes when its pin has ended", () => {
    const pins = [{ holder: "repair", reason: "before a repair", until: 40 * day }]
    const mended = [
      checkpoint(1, "g", 0, 3),
      { ...checkpoint(2, "f", 10 * hour, 3), supersededAt: 2 * day, pins },
      checkpoint(3, "f", 2 * day, 4),
      checkpoint(4, "f", 3 * day, 5)
    ]
    assert.deepStrictEqual(creates(state([folder("f", 3), folder("g", 4)], mended.slice(0, 2)), 10 * hour), ["g"])
    const due = (now: number) =>
      CheckpointPlan.round(state([folder("f", 5)], mended), at(now), { dueSince: none, made: undefined }).due
    assert.deepStrictEqual(due(40 * day - 1), [])
    assert.deepStrictEqual(due(40 * day), [2])
  })

  it("is one moment for all that changed, and no more often than the finest schedule says", () => {
    const both = state([folder("f", 4), folder("g", 4), folder("quiet", 3)], [
      checkpoint(1, "f", 0, 3),
      checkpoint(2, "quiet", 0, 3),
      checkpoint(3, "g", 10 * hour, 3)
    ])
    assert.deepStrictEqual(creates(both, 11 * hour - 1), [])
    assert.deepStrictEqual(creates(both, 11 * hour), ["f", "g"])
    assert.deepStrictEqual(creates({ ...both, schedules: [{ every: day, keep: day }] }, 11 * hour), [])
    assert.deepStrictEqual(creates({ ...both, schedules: [] }, 400 * day), [])
  })

  it("a folder that was never checkpointed makes a moment at once", () => {
    const one = state([folder("f", 4), folder("new", 1)], [checkpoint(1, "f", 0, 3)])
    assert.deepStrictEqual(creates(one, 1), ["f", "new"])
    assert.deepStrictEqual(creates(state([folder("f", 4)], [checkpoint(1, "f", 0, 3, "manual")]), 1), ["f"])
  })

  it("one made by hand does not put off the next scheduled one", () => {
    const one = state([folder("f", 5)], [checkpoint(1, "f", 0, 3), checkpoint(2, "f", 0.9 * hour, 4, "manual")])
    assert.deepStrictEqual(creates(one, hour), ["f"])
  })

  it("after a week of sleep one checkpoint is made and nothing expires in the run that finds it due", () => {
    const many = Array.from({ length: 48 }, (_, i): Checkpoint => ({
      ...checkpoint(i + 1, "f", i * hour, i + 1),
      ...(i < 47 ? { supersededAt: (i + 1) * hour } : {})
    }))
    const now = 48 * hour + 7 * day
    const round = CheckpointPlan.round(state([folder("f", 100)], many), at(now), { dueSince: none })
    assert.deepStrictEqual(round.create, ["f"])
    assert.isAbove(round.due.length, 40)
    assert.deepStrictEqual(round.expire, [])
    // While the clock is in doubt they have not served at all.
    const { create, due } = CheckpointPlan.round(state([folder("f", 100)], many), at(now, 48 * hour), {
      dueSince: none
    })
    assert.deepStrictEqual(create, ["f"])
    assert.isBelow(due.length, 30)
  })

  it("where the clock was ahead, one is made in the longest interval, counted from the last that was made here", () => {
    const ahead = state([folder("f", 5)], [checkpoint(1, "f", 40 * day, 3)])
    assert.deepStrictEqual(creates(ahead, 0), ["f"])
    assert.deepStrictEqual(creates(ahead, 23 * hour, 0), [])
    assert.deepStrictEqual(creates(ahead, 24 * hour, 0), ["f"])
    assert.deepStrictEqual(creates(ahead, 0, 40 * day), ["f"], "made while the clock was ahead")
    // A little ahead is nothing, and once it has caught up all is as ever.
    assert.deepStrictEqual(creates(ahead, 39.5 * day, 0), [])
    assert.deepStrictEqual(creates(ahead, 40 * day + hour, 40 * day), ["f"])
  })
})
