import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Base from "../../../src/domain/repository/Base.ts"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as Marker from "../../../src/domain/repository/Marker.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import type { PackRef, SegmentRef } from "../../../src/domain/repository/Refs.ts"
import * as State from "../../../src/domain/repository/State.ts"
import { Writer } from "../../../src/domain/Wire.ts"
import { aes, after, history, ok, packId, plain, record, repository, sealings, seeded, segmentId } from "./fixtures.ts"

const reason = (result: Result.Result<unknown, string>): string =>
  Result.isFailure(result) ? result.failure : assert.fail("accepted")

const packRef = (name: string): PackRef => ({
  id: packId(name),
  size: 33_600_000,
  trailerLength: 9050,
  blocks: 256,
  bytes: 33_554_432
})

const segmentRef = (name: string, table: "files" | "packs", folder: string): SegmentRef => ({
  id: segmentId(name),
  table,
  folder,
  records: 123_456,
  minSequence: table === "files" ? 1 : 0,
  maxSequence: table === "files" ? 1_234_567 : 0,
  size: 60_000_000,
  footerLength: 700_000,
  digest: seeded(name)
})

describe("Base", () => {
  it("holds the state: every position of a history that has nothing inline", () => {
    let written = 0
    for (const state of history(plain).states) {
      const encoded = Base.encode(state)
      const inline = state.position === 0 || State.inlineSince(state) !== undefined
      assert.strictEqual(Result.isFailure(encoded), inline, `${state.position}`)
      if (Result.isFailure(encoded)) continue
      const back = Base.withFlushed(ok(Base.decode(encoded.success)), state.packs.flushed.values())
      assert.strictEqual(back.basePosition, state.position)
      assert.deepEqual({ ...back, basePosition: 0 }, state)
      assert.deepStrictEqual(ok(Base.encode(back)), encoded.success)
      written++
    }
    assert.isAbove(written, 7)
  })

  it("goes on like the log it stands for", () => {
    const { states } = history(plain)
    const last = states.at(-1)!
    const back = Base.withFlushed(ok(Base.decode(ok(Base.encode(last)))), last.packs.flushed.values())
    const op = {
      _tag: "FilesChanged",
      folder: "docs",
      records: [record("new", 1003, [{ pack: packId("one"), count: 1 }])]
    } as const
    assert.deepEqual({ ...after(back, [op]).state, basePosition: 0 }, after(last, [op]).state)
  })

  it("is the same bytes however the state came about", () => {
    const last = history(plain).states.at(-1)!
    const turned: State.State = {
      ...last,
      folders: new Map([...last.folders].toReversed()),
      segments: new Map([...last.segments].toReversed()),
      packs: { ...last.packs, inline: new Map([...last.packs.inline].toReversed()) }
    }
    assert.deepStrictEqual(ok(Base.encode(turned)), ok(Base.encode(last)))
  })

  it("lists inline packs by position, then by id", () => {
    const last = history(plain).states.at(-1)!
    const ids = ["c", "a", "d", "b"].map((name) => packId(name)).toSorted()
    const positions = [5, 3, 4, 3]
    const inline = new Map(ids.map((id, i) => [id, { ref: { ...packRef("x"), id }, position: positions[i]! }]))
    const back = ok(Base.decode(ok(Base.encode({ ...last, packs: { ...last.packs, inline } }))))
    assert.deepStrictEqual([...back.packs.inline.keys()], [ids[1], ids[3], ids[2], ids[0]])
    assert.deepEqual(back.packs.inline, inline)
  })

  it("knows no pack of its table before the rows were read: nothing may name one", () => {
    const last = history(plain).states.at(-1)!
    const bare = ok(Base.decode(ok(Base.encode(last))))
    assert.isFalse(State.isLive(bare, packId("one")))
    assert.isTrue(State.isLive(Base.withFlushed(bare, last.packs.flushed.values()), packId("one")))
  })

  it("is not written over inline records, over too many inline packs, or before the first commit", () => {
    const { states } = history(plain)
    assert.include(reason(Base.encode(states[3]!)), "no segment holds")
    assert.include(reason(Base.encode(states[0]!)), "before the first")
    const last = states.at(-1)!
    const many = (count: number): State.State => ({
      ...last,
      packs: {
        ...last.packs,
        inline: new Map(
          Array.from({ length: count }, (_, i) => [packId(`${i}`), { ref: packRef(`${i}`), position: 3 }])
        )
      }
    })
    assert.isTrue(Result.isSuccess(Base.encode(many(1024))))
    assert.include(reason(Base.encode(many(1025))), "too many")
  })

  it("of 5 TB in 160,000 packs, twenty folders, a week of checkpoints: at most 256 KiB", () => {
    const last = history(plain).states.at(-1)!
    const folders = Array.from({ length: 20 }, (_, i) => `folder-${i}`)
    const ofFolder = new Map(folders.map((folder) => [
      folder,
      Array.from({ length: 12 }, (_, i) => segmentRef(`${folder} ${i}`, "files", folder))
    ]))
    const tables = Array.from({ length: 12 }, (_, i) => segmentRef(`packs ${i}`, "packs", ""))
    const all = [...ofFolder.values()].flat().concat(tables)
    const state: State.State = {
      ...last,
      folders: new Map(folders.map((folder) => [folder, {
        ...last.folders.get("photos")!,
        id: folder,
        segments: ofFolder.get(folder)!.map((segment) => segment.id)
      }])),
      segments: new Map(all.map((segment) => [segment.id, segment])),
      packs: {
        flushed: new Map(),
        inline: new Map(
          Array.from({ length: 1024 }, (_, i) => [packId(`${i}`), { ref: packRef(`${i}`), position: 700_000 + i }])
        ),
        segments: tables.map((segment) => segment.id),
        dropped: new Map()
      },
      checkpoints: folders.flatMap((folder) =>
        Array.from({ length: 34 }, (_, i) => ({
          id: i + 1,
          folder,
          label: "A label of some length",
          time: 1_700_000_000_000 + i * 3_600_000,
          position: 600_000 + i,
          sequence: 1_000_000 + i,
          reason: "schedule" as const,
          segments: ofFolder.get(folder)!.map((segment) => segment.id),
          supersededAt: 1_700_000_000_000 + i * 3_600_000
        }))
      )
    }
    const sealed = Envelope.sealObject(aes, ObjectKey.base(700_000), seeded("s"), ok(Base.encode(state)))
    assert.isAtMost(sealed.length, 256 * 1024)
  })

  it("that names a segment it does not hold is a bug to write and corrupt to read", () => {
    const last = history(plain).states.at(-1)!
    const wrong = { ...last, packs: { ...last.packs, segments: [segmentId("nowhere")] } }
    assert.throws(() => Base.encode(wrong), /does not hold/)
    const forged = Buffer.concat([ok(Base.encode(last)), new Writer().message(10, (w) => w.varint(99)).finish()])
    const read = Base.decode(forged)
    assert.strictEqual(Result.isFailure(read) ? read.failure.kind : "accepted", "corrupt")
    const newer = Base.decode(Buffer.concat([ok(Base.encode(last)), new Writer().number(13, 1).finish()]))
    assert.strictEqual(Result.isFailure(newer) ? newer.failure.kind : "accepted", "newer")
  })
})

describe("Marker", () => {
  for (const sealing of sealings) {
    it(`says what the location holds, without a key (${sealing.suite})`, () => {
      const bytes = Marker.encode(sealing, { capabilities: ["a", "b"], created: 5 })
      assert.deepStrictEqual(ok(Marker.decode(bytes)), {
        format: 1,
        suite: sealing.suite,
        repository,
        capabilities: ["a", "b"],
        created: 5
      })
      assert.deepStrictEqual(Marker.encode(sealing, { capabilities: ["a", "b"], created: 5 }), bytes)
    })
  }

  it("of a format to come, or with more to say, is newer; anything else is foreign", () => {
    const of = (payload: Uint8Array): string => {
      const read = Marker.decode(Envelope.sealObject(plain, ObjectKey.marker, new Uint8Array(0), payload))
      return Result.isFailure(read) ? read.failure.kind : "accepted"
    }
    assert.strictEqual(of(new Writer().number(1, 2).finish()), "newer")
    assert.strictEqual(of(new Writer().number(1, 1).number(4, 1).finish()), "newer")
    assert.strictEqual(of(new Writer().finish()), "corrupt")
    const foreign = Marker.decode(Buffer.from("<html>not a repository</html>"))
    assert.strictEqual(Result.isFailure(foreign) ? foreign.failure.kind : "accepted", "foreign")
  })
})
