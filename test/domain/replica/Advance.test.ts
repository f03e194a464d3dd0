import { assert, describe, it } from "@effect/vitest"
import * as DeviceId from "../../../src/domain/DeviceId.ts"
import * as Advance from "../../../src/domain/replica/Advance.ts"
import { Blocks } from "../../../src/domain/replica/Blocks.ts"
import { Catalogue, type Draft } from "../../../src/domain/replica/Catalogue.ts"
import * as CommitChanges from "../../../src/domain/replica/CommitChanges.ts"
import * as Inbox from "../../../src/domain/replica/Inbox.ts"
import * as Records from "../../../src/domain/replica/Records.ts"
import * as Rows from "../../../src/domain/replica/Rows.ts"
import * as State from "../../../src/domain/repository/State.ts"
import type { Applied } from "../../../src/services/Repository.ts"
import * as MemoryTables from "../../harness/MemoryTables.ts"
import { ScriptedRepository } from "../../harness/ScriptedRepository.ts"
import * as Seeded from "../../harness/Seeded.ts"

const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))

const stepOf = ({ commit, state }: Applied): Advance.Step => ({ commit, state, changes: CommitChanges.of(commit) })

/** A repository with an epoch, and tables that stand at its beginning. */
const world = (seed = 1) => {
  const script = new ScriptedRepository(seed)
  const tables = MemoryTables.make()
  const { digest, position } = State.initial(script.sealing.repository)
  const draft: Draft = { ...Rows.newStamp(script.sealing.repository), applied: { position, digest } }
  const catalogue = new Catalogue()
  const blocks = new Blocks([1, 2])
  blocks.begin(tables, draft)
  const work: Records.Work = { tables, draft, catalogue, blocks, live: () => true, told: { has: () => true } }
  /** All transactions of the commit, the records of each folder ahead of the last if `ahead`. */
  const advance = (applied: Applied, ahead = false) => {
    const step = stepOf(applied)
    if (step.changes.emptied.size > 0) Advance.empty(work, step)
    if (ahead) { for (const [folder, records] of step.changes.records) Advance.putAhead(work, step, folder, records) }
    return Advance.finish(work, step)
  }
  const number = (folder: string) => catalogue.folder(tables, folder)
  const listed = (folder: string) => {
    const at = number(folder)
    const found = at === undefined ? [] : Records.after(tables, catalogue, at, 0, { records: 1000, bytes: Infinity })
    return found.map(({ name, sequence }) => `${sequence} ${name}`)
  }
  advance(script.openEpoch())
  return { script, tables, draft, catalogue, work, advance, number, listed }
}

describe("the tables go on by a commit", () => {
  const one = { position: 1, digest: new Uint8Array(32).fill(1) }
  const cases: ReadonlyArray<
    readonly [what: string, change: (draft: Draft, next: Applied) => void, outcome: Advance.Outcome]
  > = [
    ["that follows", () => {}, "Applied"],
    ["that was begun", (draft, { state }) => draft.begun = state.digest, "Applied"],
    ["where another was begun", (draft) => draft.begun = one.digest, "Diverged"],
    ["of another history", (draft) => draft.applied = { ...draft.applied!, digest: one.digest }, "Diverged"],
    ["that lies ahead", (draft) => draft.applied = { ...draft.applied!, position: 1 }, "Diverged"],
    ["before they were built", (draft) => draft.applied = undefined, "Diverged"],
    ["that another applied", (draft, { state }) => draft.applied = state, "Past"],
    ["that others went past", (draft) => draft.applied = { position: 90, digest: one.digest }, "Past"]
  ]
  for (const [what, change, outcome] of cases) {
    it(`${what}: ${outcome}`, () => {
      const { advance, draft, listed, script, work } = world()
      advance(script.addFolder("f"))
      advance(script.change("f", [{ name: "a" }]))
      const next = script.commit({ _tag: "FolderRemoved", folder: "f" }, {
        _tag: "FolderAdded",
        folder: "g",
        label: "g",
        indexId: 5n
      })
      const before = { ...draft }
      change(draft, next)
      const changed = { ...draft }
      const step = stepOf(next)
      Advance.empty(work, step)
      Advance.putAhead(work, step, "g", [])
      if (outcome !== "Applied") assert.deepStrictEqual(draft, changed)
      assert.strictEqual(Advance.finish(work, step), outcome)
      assert.deepStrictEqual(listed("f"), outcome === "Applied" ? [] : ["1 a"])
      if (outcome !== "Applied") assert.deepStrictEqual(draft, changed)
      else {
        assert.deepStrictEqual(draft.applied, { position: before.applied!.position + 1, digest: next.state.digest })
        assert.isUndefined(draft.begun)
      }
    })
  }

  it("what is put ahead is listed by the last transaction, and until then no other commit fits", () => {
    const { advance, draft, listed, script, work } = world()
    advance(script.addFolder("f"))
    const before = draft.applied
    const step = stepOf(script.change("f", [{ name: "a" }, { name: "b" }]))
    Advance.putAhead(work, step, "f", step.changes.records.get("f")!)
    assert.deepStrictEqual(listed("f"), [])
    assert.deepStrictEqual([draft.applied, draft.begun], [before, step.state.digest])
    const other = { ...step, state: { ...step.state, digest: new Uint8Array(32).fill(9) } }
    assert.strictEqual(Advance.finish(work, other), "Diverged")
    assert.strictEqual(Advance.finish(work, step), "Applied")
    assert.deepStrictEqual(listed("f"), ["1 a", "2 b"])
  })

  it("puts more records than fit into a transaction only ahead", () => {
    const { advance, number, script, tables, work } = world()
    advance(script.addFolder("f"))
    const entries = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `${at}` }))
    const large = stepOf(script.change("f", entries(Records.batch + 1)))
    assert.strictEqual(Advance.finish(work, large), "Applied")
    assert.strictEqual(Records.totals(tables, number("f")!).files, 0)
    advance(script.change("f", entries(Records.batch)))
    assert.strictEqual(Records.totals(tables, number("f")!).files, Records.batch)
  })

  it("forgets what devices announced where every device is asked again, and nowhere else", () => {
    const { advance, draft, script, tables } = world()
    const boxes = ["f", "g"].map((folder) => {
      advance(script.addFolder(folder))
      const key = Inbox.boxKey(device, folder)
      const mark = { indexId: 1n, sequence: 1 }
      Inbox.receive(tables, draft, key, { entries: [], settled: [], mark, reset: false })
      return key
    })
    advance(script.commit({ _tag: "RemoteIndexesForgotten", folder: "f" }))
    assert.deepStrictEqual(boxes.map((key) => Inbox.box(tables, key) !== undefined), [false, true])
  })

  it("arrives at a state: only what is looked at is listed", () => {
    const { advance, draft, listed, script, tables, work } = world()
    for (const folder of ["f", "g"]) advance(script.addFolder(folder))
    for (const folder of ["f", "g"]) {
      const records = script.records(folder, [{ name: "a" }])
      script.change(folder, [{ name: "a" }])
      Records.put(work, work.catalogue.addFolder(tables, draft, folder), records)
    }
    const head = script.newest
    Advance.arrive(work, head, new Map(), new Set(["f"]))
    assert.deepStrictEqual([listed("f"), listed("g")], [["1 a"], []])
    Advance.arrive(work, head, new Map(), head.folders)
    assert.deepStrictEqual([listed("f"), listed("g")], [["1 a"], ["1 a"]])
    assert.deepStrictEqual(draft.applied, { position: head.position, digest: head.digest })
  })

  it("holds what the log tells after any history, however it was put", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = Seeded.make(seed)
      const { advance, catalogue, draft, listed, number, script, tables } = world(seed)
      const folders = ["f", "g", "h"]
      for (let round = 0; round < 60; round++) {
        const folder = folders[random.int(3)]!
        const entries = () => Array.from({ length: 1 + random.int(5) }, () => ({ name: `${random.int(8)}` }))
        const applied = !script.folders.has(folder)
          ? script.addFolder(folder)
          : random.chance(0.1)
          ? script.removeFolder(folder)
          : script.change(folder, entries())
        assert.strictEqual(advance(applied, random.chance(0.3)), "Applied")
        // Again, as whoever comes second.
        if (random.chance(0.3)) assert.strictEqual(advance(applied), "Past")
      }
      for (const folder of folders) {
        const view = script.folders.has(folder) ? [...script.view(folder).values()] : []
        assert.deepStrictEqual(
          listed(folder),
          view.toSorted((a, b) => a.sequence - b.sequence).map(({ name, sequence }) => `${sequence} ${name}`)
        )
        for (const record of view) {
          assert.deepStrictEqual(Records.get(tables, catalogue, number(folder)!, record.name)?.info, record.info)
        }
      }
      assert.strictEqual(draft.applied?.position, script.newest.position)
    }
  })
})
