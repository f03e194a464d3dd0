import { assert, describe, it } from "@effect/vitest"
import * as CopyPlan from "../../../src/domain/repository/CopyPlan.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"

const pack = ObjectKey.pack(`3-${"ab".repeat(16)}`)
const segment = ObjectKey.segment(`3-${"cd".repeat(16)}`)
const key = ObjectKey.key("0f".repeat(16))

describe("what is copied, and when", () => {
  it.each([
    [ObjectKey.marker, "marker"],
    [ObjectKey.log(1), "log"],
    [ObjectKey.base(64), "bases"],
    [pack, "objects"],
    [segment, "objects"],
    [key, "keys"],
    [ObjectKey.lease(4), undefined],
    ["tmp/123", undefined],
    ["log/1", undefined],
    ["notes.txt", undefined]
  ])("%s: %s", (name, phase) => {
    assert.strictEqual(CopyPlan.phaseOf(name), phase)
  })

  it("what is there with its size stays, the log keeps its order, strange objects are named", () => {
    const source = [ObjectKey.log(1), ObjectKey.log(2), "notes.txt", pack, ObjectKey.marker, segment, "tmp/x"]
      .map((name, at) => ({ key: name, size: 10 + at }))
    const there = new Map([[pack, 13], [ObjectKey.log(1), 10], [segment, 1]])
    const plan = CopyPlan.plan(source, there)
    assert.deepStrictEqual(plan.missing.log.map((entry) => entry.key), [ObjectKey.log(2)])
    assert.deepStrictEqual(plan.missing.objects.map((entry) => entry.key), [segment])
    assert.deepStrictEqual(plan.missing.marker.map((entry) => entry.key), [ObjectKey.marker])
    assert.deepStrictEqual(plan.present.map((entry) => entry.key), [ObjectKey.log(1), pack])
    assert.deepStrictEqual(CopyPlan.amountOf(plan.present), { objects: 2, bytes: 23 })
    assert.deepStrictEqual(plan.strange, ["notes.txt"])
  })
})

describe("a log that goes on", () => {
  const log = (...positions: ReadonlyArray<number>) =>
    positions.map((position) => ({ key: ObjectKey.log(position), size: 1 }))
  it.each(
    [
      ["with nothing new", [3, 4], [], undefined],
      ["with the next entry", [3, 4], [5, 6], undefined],
      ["behind a gap", [3, 4], [6, 7], 6],
      ["with the next entry, and some it never had", [3, 4], [1, 2, 5], undefined],
      ["behind a gap, and with some it never had", [3, 4], [1, 6], 6],
      ["behind two gaps", [3, 4], [6, 8], 8],
      ["behind one further on", [3, 4], [5, 7], 7],
      ["where there is none", [], [6, 7], undefined],
      ["where there is none, behind a gap", [], [1, 6], 6],
      ["where a gap is behind its end", [1, 3, 4], [5], undefined]
    ] as const
  )("%s", (_, theirs, missing, next) => {
    assert.strictEqual(CopyPlan.gap(log(...theirs).map(({ key }) => key), log(...missing)), next)
  })
})

describe("a base that leads to an entry", () => {
  it.each(
    [
      ["the one before it", [4], true],
      ["a later one", [7], true],
      ["of which one does", [2, 5], true],
      ["an older one", [3], false],
      ["of which there is none", [], false]
    ] as const
  )("%s", (_, bases, leads) => {
    assert.strictEqual(CopyPlan.leadsTo([...bases.map(ObjectKey.base), ObjectKey.log(9), pack], 5), leads)
  })
})

describe("what the destination is", () => {
  const source = new Map([[pack, 5], [ObjectKey.log(1), 7]])
  const fresh = { begun: false, same: false }
  const begun = { begun: true, same: false }
  it.each(
    [
      ["nothing at all", [], fresh, "Empty"],
      ["unfinished things", [["tmp/a", 1]], fresh, "Empty"],
      ["what the source holds", [[pack, 5]], fresh, "Ours"],
      ["another object", [[segment, 5]], fresh, "Foreign"],
      ["an object of another size", [[pack, 6]], fresh, "Foreign"],
      ["an object of another size in a copy that was begun", [[pack, 6]], begun, "Damaged"],
      ["an object of another size in a whole copy", [[pack, 6]], { begun: false, same: true }, "Damaged"],
      ["a commit of another size in a copy that was begun", [[ObjectKey.log(1), 6]], begun, "Damaged"],
      ["a commit of another size in a whole copy", [[ObjectKey.log(1), 6]], { begun: true, same: true }, "Foreign"],
      ["an object that the source collected since", [[pack, 5], [segment, 5]], begun, "Ours"],
      ["a file of somebody's in a copy that was begun", [["notes.txt", 5]], begun, "Foreign"],
      ["a whole copy with older objects", [[segment, 5]], { begun: false, same: true }, "Ours"]
    ] as const
  )("%s", (_, entries, known, verdict) => {
    assert.strictEqual(CopyPlan.judge(source, new Map(entries), known)._tag, verdict)
  })

  it("its head is its highest log entry", () => {
    assert.strictEqual(CopyPlan.headOf([pack, ObjectKey.log(9), ObjectKey.log(10), ObjectKey.base(64)]), 10)
    assert.strictEqual(CopyPlan.headOf([pack]), 0)
  })
})
