import { assert, describe, it } from "@effect/vitest"
import { ChangedFolders } from "../../../src/domain/replica/ChangedFolders.ts"
import * as CommitChanges from "../../../src/domain/replica/CommitChanges.ts"
import * as Fault from "../../../src/domain/replica/Fault.ts"
import { pageRuns } from "../../../src/domain/replica/PageRuns.ts"
import { lostTrack, standing } from "../../../src/domain/replica/Standing.ts"
import type { Page } from "../../../src/domain/repository/Footer.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import { ScriptedRepository } from "../../harness/ScriptedRepository.ts"

const digest = (fill: number) => new Uint8Array(32).fill(fill)
const at = (position: number) => ({ position, digest: digest(position) })
const ours = { repository: "aa", format: 1 }

describe("where a replica stands", () => {
  it("is told from stamp and head", () => {
    const cases = [
      [undefined, "Useless"],
      [{ ...ours, applied: undefined }, "Useless"],
      [{ ...ours, applied: at(5) }, "Level"],
      [{ ...ours, applied: at(4) }, "Behind"],
      [{ ...ours, applied: at(0) }, "Behind"],
      [{ ...ours, applied: at(6) }, "Ahead"],
      [{ ...ours, applied: { position: 5, digest: digest(9) } }, "Useless"],
      [{ ...ours, format: 2, applied: at(5) }, "Useless"],
      [{ ...ours, repository: "bb", applied: at(5) }, "Foreign"],
      [{ repository: "bb", format: 2, applied: undefined }, "Foreign"]
    ] as const
    for (const [stamp, expected] of cases) {
      assert.strictEqual(standing(stamp, ours, at(5))._tag, expected, JSON.stringify(stamp))
    }
  })
})

describe("why a replica lost track of the log", () => {
  const id = `3-${"ab".repeat(16)}`
  const head = { segments: new Map([[`4-${"ab".repeat(16)}`, {}]]), basePosition: 100 }
  const missing = (key: string) => ({ _tag: "RepositoryCorrupt", key })

  it("is what was trimmed below the newest base, or merged and deleted; all else is damage", () => {
    const cases: ReadonlyArray<readonly [{ readonly _tag: string; readonly key?: string }, boolean]> = [
      [missing(ObjectKey.log(7)), true],
      [missing(ObjectKey.log(100)), true],
      [missing(ObjectKey.base(90)), true],
      [missing(ObjectKey.log(101)), false],
      [missing(ObjectKey.segment(id)), true],
      [missing(ObjectKey.segment(`4-${"ab".repeat(16)}`)), false],
      [missing(ObjectKey.pack(id)), false],
      [missing("nonsense"), false],
      [{ _tag: "StoreUnavailable", key: ObjectKey.log(7) }, false],
      [{ _tag: "StoreRefused" }, false]
    ]
    for (const [error, explained] of cases) {
      assert.strictEqual(lostTrack(error, 6, head) !== undefined, explained, JSON.stringify(error))
    }
  })
})

describe("what a commit changes", () => {
  it("is its records, its new segments and packs, and the folders to tell of", () => {
    const script = new ScriptedRepository()
    script.openEpoch()
    assert.deepStrictEqual([...CommitChanges.of(script.addFolder("f").commit).folders], ["f"])
    script.addFolder("g")
    const pack = script.pack(["x"])
    const changed = script.commit(
      { _tag: "PacksAdded", packs: [pack.ref] },
      script.filesChanged("f", [{ name: "a" }, { name: "b" }]),
      script.filesChanged("g", [{ name: "a" }]),
      script.filesChanged("f", [{ name: "a" }], 2)
    )
    const changes = CommitChanges.of(changed.commit)
    assert.deepStrictEqual(changes.records.get("f")?.map(({ name, sequence }) => `${sequence} ${name}`), [
      "1 a",
      "2 b",
      "3 a"
    ])
    assert.deepStrictEqual([...changes.folders].toSorted(), ["f", "g"])
    assert.deepStrictEqual(changes.packs, [pack.ref])
    script.flush("f")
    const added = CommitChanges.of(script.changeBySegment("g", [{ name: "c" }]).commit)
    assert.deepStrictEqual(added.segments.map(({ folder, records }) => [folder, records]), [["g", 1]])
    assert.deepStrictEqual([...added.folders], ["g"])
    const quiet = script.commit({ _tag: "FolderRelabelled", folder: "f", label: "F" })
    assert.strictEqual(CommitChanges.of(quiet.commit).folders.size, 0)
    const forked = script.commit({
      _tag: "TimelineForked",
      epoch: 9,
      folders: ["f", "g"].map((folder) => ({ folder, indexId: 5n, sequence: 99 }))
    })
    assert.deepStrictEqual([...CommitChanges.of(forked.commit).folders].toSorted(), ["f", "g"])
  })

  it("does not name what a flush repeats", () => {
    const script = new ScriptedRepository()
    script.openEpoch()
    script.addFolder("f")
    script.change("f", [{ name: "a" }])
    script.flush("f")
    const state = script.head
    assert.strictEqual(state.folders.get("f")?.segments.length, 1)
    const segment = script.segment("f", script.records("f", [{ name: "a" }]))
    const ops = [{ _tag: "InlineFlushed", folder: "f", through: 3, segment }] as const
    const commit = { position: 9, previous: digest(1), term: 1, nonce: digest(1), host: "", time: 0, ops }
    assert.deepStrictEqual(CommitChanges.of(commit).segments, [])
  })
})

describe("what a fault means", () => {
  const fault = (code: unknown, room?: number) => Fault.of({ code, message: "message" }, "/cache/replica-1", room)

  it("is a full disk, a damaged file, or a directory to look after", () => {
    for (const code of ["ENOSPC", "EDQUOT", 28, 122, -30792]) assert.isTrue(fault(code).full, String(code))
    assert.isTrue(fault(5, 1000).full, "LMDB's short write")
    assert.isFalse(fault(5, 1e9).full)
    assert.isFalse(fault(5).full)
    for (const code of [-30793, -30796, -30797, "DAMAGED"]) {
      assert.isFalse(fault(code).full)
      assert.include(fault(code).mend, "delete /cache/replica-1")
    }
    assert.include(fault("EACCES").mend, "--cache-dir")
    assert.include(fault(5, 1e9).mend, "check the disk")
  })

  it("tells the file's faults from bugs", () => {
    assert.isTrue(Fault.isOurs(Fault.damaged("x")))
    assert.isTrue(Fault.isOurs(Object.assign(new Error("x"), { code: -30796 })))
    assert.isTrue(Fault.isOurs(Object.assign(new Error("x"), { code: "EROFS" })))
    assert.isFalse(Fault.isOurs(Object.assign(new Error("x"), { code: "ERR_INVALID_ARG_TYPE" })))
    assert.isFalse(Fault.isOurs(new TypeError("x")))
    assert.isFalse(Fault.isOurs("x"))
  })

  it("knows the head of LMDB's files", () => {
    const head = new Uint8Array(12_000)
    const view = new DataView(head.buffer)
    view.setUint32(48, 4096, true)
    for (const page of [0, 4096]) {
      view.setUint32(page + 24, 0xBEEF_C0DE, true)
      view.setUint32(page + 28, 2, true)
    }
    assert.isUndefined(Fault.headProblem(head))
    assert.isDefined(Fault.headProblem(head.subarray(0, 63)))
    assert.isDefined(Fault.headProblem(head.subarray(0, 4100)))
    for (const place of [24, 28, 48, 50, 4096 + 24, 4096 + 28]) {
      const broken = head.slice()
      broken[place]! ^= 0x40
      assert.isDefined(Fault.headProblem(broken), `byte ${place}`)
    }
  })
})

describe("runs of pages", () => {
  const pages = (sizes: ReadonlyArray<number>): ReadonlyArray<Page> => {
    let start = 100
    return sizes.map((stored) => {
      const page = { start, stored, codec: 0, raw: stored, records: 1, parent: "", base: "" } as const
      start += stored
      return page
    })
  }

  it("cover all pages in order, none longer than asked but for one page", () => {
    assert.deepStrictEqual(pageRuns([], 10), [])
    const runs = pageRuns(pages([4, 4, 3, 50, 1, 9, 1]), 10)
    assert.deepStrictEqual(runs, [
      { first: 0, end: 2, from: 100, to: 108 },
      { first: 2, end: 3, from: 108, to: 111 },
      { first: 3, end: 4, from: 111, to: 161 },
      { first: 4, end: 6, from: 161, to: 171 },
      { first: 6, end: 7, from: 171, to: 172 }
    ])
  })
})

describe("changed folders", () => {
  it("wait for slow readers, once each", () => {
    const changed = new ChangedFolders()
    let woken = 0
    const reader = changed.open(() => woken++)
    const other = changed.open(() => undefined)
    changed.publish([])
    assert.strictEqual(woken, 0)
    changed.publish(["a", "b"])
    changed.publish(["b", "c"].values())
    assert.strictEqual(woken, 2)
    assert.deepStrictEqual([...reader.take()], ["a", "b", "c"])
    assert.strictEqual(reader.take().size, 0)
    assert.strictEqual(other.take().size, 3)
    reader.close()
    changed.publish(["d"])
    assert.strictEqual(woken, 2)
    assert.deepStrictEqual([...other.take()], ["d"])
  })
})
