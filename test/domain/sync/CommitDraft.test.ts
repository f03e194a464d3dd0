import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import type { DeviceId } from "../../../src/domain/DeviceId.ts"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import * as FileName from "../../../src/domain/FileName.ts"
import type { FileRecord } from "../../../src/domain/repository/Record.ts"
import type { State } from "../../../src/domain/repository/State.ts"
import { draft, type Staged, stranded, type Surroundings } from "../../../src/domain/sync/CommitDraft.ts"

const peer = "PEER" as DeviceId
const self = 0x53n
const state = { folders: new Map([["f", { sequence: 10 }], ["g", { sequence: 3 }]]) } as unknown as State

type Fields = Partial<Parameters<typeof FileInfo.encode>[0]>
const info = (name: string, fields: Fields = {}): FileInfo.FileInfo =>
  Result.getOrThrow(FileInfo.decode(FileInfo.encode({
    name,
    type: "file",
    size: fields.deleted === true || (fields.type ?? "file") !== "file" ? 0 : 5,
    permissions: 0o640,
    noPermissions: false,
    modifiedS: 100,
    modifiedNs: 7,
    modifiedBy: 1n,
    deleted: false,
    invalid: false,
    version: [{ id: 1n, value: 1n }],
    sequence: 1,
    blockSize: 131_072,
    hashes: fields.deleted === true || (fields.type ?? "file") !== "file" ? new Uint8Array(0) : Buffer.alloc(32, 1),
    symlinkTarget: new Uint8Array(0),
    ...fields
  })))

const staged = (of: FileInfo.FileInfo, change: Partial<Staged> = {}): Staged => ({
  device: peer,
  at: 0,
  style: "2.x",
  folder: "f",
  indexId: 1n,
  sequence: 1,
  info: of,
  runs: of.deleted || of.type !== "file" ? [] : [{ pack: "new", count: 1 }],
  ...change
})

const around = (
  held: ReadonlyArray<FileInfo.FileInfo> = [],
  live: ReadonlyArray<string> = ["new", "old"]
): Surroundings => {
  const records = new Map<string, FileRecord>(held.map((of, i) => [of.name, {
    name: of.name,
    sequence: i + 1,
    info: FileInfo.stored(of),
    runs: of.deleted || of.type !== "file" ? [] : [{ pack: "old", count: 1 }]
  }]))
  return {
    current: (_, name) => records.get(name),
    siblings: (_, parent, prefix) =>
      [...records.values()].filter((record) => {
        const { base, parent: above } = FileName.split(record.name)
        return above === parent && base.startsWith(prefix)
      }),
    live: (pack) => live.includes(pack),
    moved: () => undefined,
    self,
    now: 1_700_000_000,
    local: { year: 2026, month: 11, day: 22, hour: 11, minute: 6, second: 59 }
  }
}

const mine: Fields = {
  version: [{ id: 2n, value: 1n }],
  modifiedS: 90,
  hashes: Buffer.alloc(32, 2),
  permissions: 0o755
}
const names = (records: ReadonlyArray<FileRecord> | undefined) => (records ?? []).map((r) => [r.sequence, r.name])
const read = (record: FileRecord | undefined) => Result.getOrThrow(FileInfo.decode((record as FileRecord).info))

describe("CommitDraft.draft", () => {
  it("gives sequences that continue each folder's counter", () => {
    const d = draft(state, [staged(info("a")), staged(info("b"), { folder: "g" }), staged(info("c"))], around())
    expect(names(d.records.get("f"))).toEqual([[11, "a"], [12, "c"]])
    expect(names(d.records.get("g"))).toEqual([[4, "b"]])
    expect(d.decided.length).toBe(3)
  })

  it("keeps the version received, byte for byte", () => {
    const entry = staged(info("a", { version: [{ id: 9n, value: 5n }, { id: 1n, value: 2n }] }))
    const [record] = draft(state, [entry], around()).records.get("f") ?? []
    expect(read(record).version).toEqual(entry.info.version)
  })

  it("keeps a winner under a version that is newer than both, and all else of it", () => {
    const entry = staged(info("a", { permissions: 0o751 }))
    const unknown = Buffer.concat([entry.info.raw, Buffer.from([0x92, 0x3f, 2, 0xab, 0xcd])])
    const theirs = { ...entry, info: Result.getOrThrow(FileInfo.decode(unknown)) }
    const record = draft(state, [theirs], around([info("a", mine)])).records.get("f")?.at(-1)
    expect(read(record).version).toEqual([
      { id: 1n, value: 1n },
      { id: 2n, value: 1n },
      { id: self, value: 1_700_000_000n }
    ])
    expect(read(record).permissions).toBe(0o751)
    expect(read(record).modifiedBy).toBe(1n)
    expect(Buffer.from(record?.info ?? []).includes(Buffer.from([0x92, 0x3f, 2, 0xab, 0xcd]))).toBe(true)
  })

  it("settles without a record what needs nothing any more", () => {
    const held = info("a", { version: [{ id: 1n, value: 2n }] })
    const d = draft(state, [staged(info("a")), staged(held)], around([held]))
    expect(d.records.size).toBe(0)
    expect(d.decided.length).toBe(2)
  })

  it("a concurrent winner keeps the loser as a conflict copy, in the same commit and before it", () => {
    const d = draft(state, [staged(info("d/a.txt"))], around([info("d/a.txt", mine)]))
    expect(names(d.records.get("f"))).toEqual([[11, "d/a.sync-conflict-20261122-110659-AAAAAAA.txt"], [12, "d/a.txt"]])
    const [copy] = d.records.get("f") ?? []
    expect(copy?.runs).toEqual([{ pack: "old", count: 1 }])
    const kept = read(copy)
    expect(kept.version).toEqual([{ id: self, value: 1_700_000_000n }])
    expect(kept.modifiedBy).toBe(self)
    expect([kept.modifiedS, kept.modifiedNs, kept.permissions, kept.size]).toEqual([90, 7, 0o755, 5])
    expect(Buffer.from(kept.hashes)).toEqual(Buffer.alloc(32, 2))
    expect(d.conflicts).toBe(1)
  })

  it("a winning deletion keeps the loser too", () => {
    const d = draft(state, [staged(info("a", { deleted: true }))], around([info("a", mine)]))
    expect(names(d.records.get("f")).map(([, name]) => name)).toEqual([
      "a.sync-conflict-20261122-110659-AAAAAAA",
      "a"
    ])
    expect(read(d.records.get("f")?.[1]).deleted).toBe(true)
  })

  describe("a copy with that content lives beside it", () => {
    const copy = info("a.sync-conflict-20250101-000000-BBBBBBB", { ...mine, version: [{ id: 7n, value: 1n }] })
    const second = "a.sync-conflict-20261122-110659-AAAAAAA"

    it("no second one is made", () => {
      const d = draft(state, [staged(info("a"))], around([info("a", mine), copy]))
      expect(names(d.records.get("f"))).toEqual([[11, "a"]])
    })

    it("a second one is made if the first was there before what lost now: who put it back may delete it next", () => {
      const d = draft(state, [staged(info("a"))], around([copy, info("a", mine)]))
      expect(names(d.records.get("f"))).toEqual([[11, second], [12, "a"]])
    })

    it("a second one is made if the first goes in the same commit", () => {
      const gone = info(copy.name, { deleted: true, version: [{ id: 7n, value: 2n }] })
      const d = draft(state, [staged(gone), staged(info("a"))], around([info("a", mine), copy]))
      expect(names(d.records.get("f"))).toEqual([[11, copy.name], [12, second], [13, "a"]])
    })
  })

  it("a copy name in use is passed over", () => {
    const taken = info("a.sync-conflict-20261122-110659-AAAAAAA", { hashes: Buffer.alloc(32, 8) })
    const d = draft(state, [staged(info("a"))], around([info("a", mine), taken]))
    const name = d.records.get("f")?.[0]?.name ?? ""
    expect(name).not.toBe(taken.name)
    expect(name).toMatch(/^a\.sync-conflict-\d{8}-\d{6}-/)
  })

  it("a device's copy of another loser, under the name of one of ours, does not replace it", () => {
    const first = draft(state, [staged(info("a"))], around([info("a", mine)])).records.get("f")?.map(read) ?? []
    const name = first[0]?.name ?? ""
    const theirs: Fields = {
      version: [{ id: 4n, value: 1_700_000_000n }],
      modifiedBy: 4n,
      modifiedS: 95,
      hashes: Buffer.alloc(32, 9)
    }
    const second = draft(state, [staged(info(name, theirs))], around(first)).records.get("f")?.map(read) ?? []
    expect(second.map(({ name }) => name)).toEqual([`${name}.sync-conflict-20261122-110659-AAAAAAA`, name])
    expect(second.map(({ hashes }) => hashes[0])).toEqual([2, 9])
    const edited = info(name, { ...theirs, version: [{ id: 4n, value: 9n }, { id: 5n, value: 9n }] })
    expect(draft(state, [staged(edited)], around(first)).records.get("f")?.length).toBe(1)
  })

  describe("a loser whose packs were replaced", () => {
    const blocks = [1, 2, 3, 4].map((n) => Buffer.alloc(32, 40 + n))
    const loser = info("a", { ...mine, size: 4 * 131_072, hashes: Buffer.concat(blocks) })
    const surroundings = (moved: ReadonlyMap<string, string>, live: ReadonlyArray<string>): Surroundings => {
      const plain = around([loser], live)
      const held = plain.current("f", "a")
      const record = held && { ...held, runs: [{ pack: "old", count: 3 }, { pack: "kept", count: 1 }] }
      return {
        ...plain,
        current: (_, name) => name === "a" ? record : undefined,
        moved: (hash) => moved.get(Buffer.from(hash).toString("hex"))
      }
    }
    const place = (hash: Uint8Array | undefined, pack: string) =>
      [Buffer.from(hash ?? []).toString("hex"), pack] as const

    it("its copy names the packs that hold its blocks now, in runs", () => {
      const moved = new Map([place(blocks[0], "x"), place(blocks[1], "x"), place(blocks[2], "kept")])
      const d = draft(state, [staged(info("a"))], surroundings(moved, ["new", "kept", "x"]))
      expect(d.records.get("f")?.[0]?.runs).toEqual([{ pack: "x", count: 2 }, { pack: "kept", count: 2 }])
      expect(d.lost).toEqual([])
    })

    it.each([
      ["a block that is nowhere", new Map([place(blocks[0], "x"), place(blocks[1], "x")])],
      ["a block in a pack that is not live", new Map(blocks.map((hash) => place(hash, "dead")))]
    ])(
      "%s: no copy, and its name is told; the winner is recorded, and who has the loser sees a conflict",
      (_, moved) => {
        const d = draft(state, [staged(info("a"))], surroundings(moved, ["new", "kept", "x"]))
        expect(names(d.records.get("f"))).toEqual([[11, "a"]])
        expect(read(d.records.get("f")?.[0]).version).toEqual([{ id: 1n, value: 1n }])
        expect(d.lost).toEqual(["a"])
      }
    )

    it("says which blocks of which packs it will have to look for, and none where there will be no copy", () => {
      const on = surroundings(new Map(), ["new", "kept"])
      const found = stranded([staged(info("a")), staged(info("b"))], on)
      expect([...found.keys()]).toEqual(["old"])
      expect(found.get("old")?.map((hash) => Buffer.from(hash))).toEqual(blocks.slice(0, 3))
      expect(stranded([staged(info("a", { modifiedS: 50 }))], on).size).toBe(0)
      expect(stranded([staged(info("a"))], surroundings(new Map(), ["old", "kept"])).size).toBe(0)
    })
  })

  it("a concurrent loser changes nothing, and is not settled: it may win against what comes next", () => {
    const loser = staged(info("a", { modifiedS: 50 }))
    const d = draft(state, [loser], around([info("a", mine)]))
    expect(d.records.size).toBe(0)
    expect(d.decided).toEqual([])
    expect(d.kept).toEqual([loser])
  })

  it("the same name twice: the second waits for the next commit", () => {
    const second = staged(info("a", { version: [{ id: 1n, value: 2n }] }), { sequence: 2 })
    const d = draft(state, [staged(info("a")), second], around())
    expect(names(d.records.get("f"))).toEqual([[11, "a"]])
    expect(d.later).toEqual([second])
  })

  it("a pack that is not live sends the file back to be fetched", () => {
    const entry = staged(info("a"))
    const d = draft(state, [entry], around([], ["old"]))
    expect(d.records.size).toBe(0)
    expect(d.refetch).toEqual([entry])
    expect(d.decided).toEqual([])
  })

  it("a folder that is gone settles its entries", () => {
    const d = draft(state, [staged(info("a"), { folder: "gone" })], around())
    expect(d.decided.length).toBe(1)
    expect(d.records.size).toBe(0)
  })

  it("drafting again on the state after it settles everything without a record", () => {
    const entries = [staged(info("a")), staged(info("b", { deleted: true }))]
    const d = draft(state, entries, around())
    const again = draft(state, entries, around(entries.map((entry) => entry.info)))
    expect(d.records.get("f")?.length).toBe(2)
    expect(again.records.size).toBe(0)
    expect(again.decided.length).toBe(2)
  })
})
