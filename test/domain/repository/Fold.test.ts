import { assert, describe, it } from "@effect/vitest"
import * as State from "../../../src/domain/repository/State.ts"
import { aes, after, commitOn, history, packId, plain, record, repository, segmentId } from "./fixtures.ts"
import { checkpoint, files, flush, judge, pack, packSegment, prepared, run, segment } from "./ledger.ts"

const state = prepared()

const frozen = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value
  const inner = value instanceof Map ? [...value.values()] : Object.values(value)
  for (const one of inner) frozen(one)
  if (value instanceof Map) {
    Object.assign(value, {
      set: () => assert.fail("a map of the state before was changed"),
      delete: () => assert.fail("a map of the state before was changed")
    })
    return value
  }
  return Object.freeze(value)
}

describe("fold", () => {
  for (const sealing of [plain, aes]) {
    it(`gives the same state for the same log, and leaves what it began with alone (${sealing.suite})`, () => {
      const { commits, states } = history(sealing)
      let again = frozen(State.initial(repository))
      for (const [i, commit] of commits.entries()) {
        assert.isUndefined(State.admissible(again, commit, State.noFacts))
        again = frozen(State.fold(again, commit, states[i + 1]!.digest))
        assert.deepEqual(again, states[i + 1])
      }
    })
  }

  it("copies only what a commit changes", () => {
    const { state: next } = after(state, [{ _tag: "FolderRelabelled", folder: "g", label: "other" }])
    assert.strictEqual(next.packs.flushed, state.packs.flushed)
    assert.strictEqual(next.packs.inline, state.packs.inline)
    assert.strictEqual(next.segments, state.segments)
    assert.strictEqual(next.checkpoints, state.checkpoints)
    assert.strictEqual(next.folders.get("f"), state.folders.get("f"))
    assert.notStrictEqual(next.folders, state.folders)
    const { state: packed } = after(state, [{ _tag: "PacksAdded", packs: [pack("c")] }])
    assert.strictEqual(packed.packs.flushed, state.packs.flushed)
    assert.strictEqual(packed.folders, state.folders)
  })

  it("counts what lies inline, and forgets it when it is flushed", () => {
    const f = state.folders.get("f")!
    assert.deepStrictEqual(f.inline, [3, 4])
    assert.strictEqual(State.inlineSince(state), 3)
    assert.strictEqual(state.inlineBytes, f.inlineSizes.reduce((sum, size) => sum + size, 0))
    assert.isAbove(state.inlineBytes, 3 * 100)
    const part = after(state, [flush("f", 3, segment("s", "f", 1, 2))]).state
    assert.deepStrictEqual(part.folders.get("f")!.inline, [4])
    assert.strictEqual(part.inlineBytes, f.inlineSizes[1])
    assert.strictEqual(State.inlineSince(part), 4)
    const whole = after(part, [flush("f", 7, segment("t", "f", 3, 3))]).state
    assert.strictEqual(whole.inlineBytes, 0)
    assert.isUndefined(State.inlineSince(whole))
    assert.deepStrictEqual(whole.folders.get("f")!.segments, [segmentId("s"), segmentId("t")])
    const twice = after(state, [files("f", record("four", 4)), files("f", record("five", 5))]).state
    assert.deepStrictEqual(twice.folders.get("f")!.inline, [3, 4, 7])
    assert.strictEqual(twice.inlineBytes, twice.folders.get("f")!.inlineSizes.reduce((sum, size) => sum + size, 0))
  })

  it("moves packs to the pack table and keeps them live", () => {
    const next = after(state, [{ _tag: "PacksFlushed", through: 3, segment: packSegment("p", [pack("a")]) }]).state
    assert.deepStrictEqual([...next.packs.flushed.keys()], [packId("a")])
    assert.deepStrictEqual([...next.packs.inline.keys()], [packId("b")])
    assert.deepStrictEqual(next.packs.segments, [segmentId("p")])
    assert.deepStrictEqual(State.packRef(next, packId("a")), pack("a"))
    assert.isTrue(State.isLive(next, packId("b")))
    assert.isFalse(State.isLive(next, packId("c")))
    assert.strictEqual(state.packs.flushed.size, 0)
  })

  it("a checkpoint holds its folder's moment and supersedes the one before", () => {
    const flushed = after(state, [flush("f", 6, segment("s", "f", 1, 3)), checkpoint(8, "f", "manual")])
    const made = flushed.state.checkpoints.at(-1)!
    assert.deepStrictEqual(made, {
      id: 8,
      folder: "f",
      label: "F",
      time: flushed.commit.time,
      position: 7,
      sequence: 3,
      reason: "manual",
      segments: [segmentId("s")]
    })
    const changed = after(flushed.state, [files("f", record("four", 4))]).state
    assert.deepStrictEqual(changed.checkpoints.at(-1), made)
    const second = after(changed, [flush("f", 8, segment("t", "f", 4, 4)), checkpoint(9, "f")])
    assert.strictEqual(second.state.checkpoints.find((one) => one.id === 8)?.supersededAt, second.commit.time)
    assert.isUndefined(second.state.checkpoints.find((one) => one.id === 9)?.supersededAt)
    assert.isUndefined(second.state.checkpoints.find((one) => one.id === 7)?.supersededAt)
    const third = after(second.state, [checkpoint(10, "f")])
    assert.strictEqual(third.state.checkpoints.find((one) => one.id === 8)?.supersededAt, second.commit.time)
    assert.strictEqual(third.state.checkpoints.find((one) => one.id === 9)?.supersededAt, third.commit.time)
    assert.strictEqual(second.state.nextCheckpoint, 10)
    const relabelled = after(second.state, [{ _tag: "FolderRelabelled", folder: "f", label: "New" }]).state
    assert.strictEqual(relabelled.checkpoints.find((one) => one.id === 8)?.label, "F")
  })

  it("time never goes back, whatever a commit says", () => {
    const late = after(state, [files("f", record("four", 4))], { time: 9_000_000_000_000 }).state
    const early = after(late, [files("f", record("five", 5))], { time: 5 }).state
    assert.strictEqual(early.time, 9_000_000_000_000)
    assert.strictEqual(early.folders.get("f")!.changedAt, 9_000_000_000_000)
  })

  it("a fork gives each folder its new index id and counters, and keeps the rest", () => {
    const next = after(state, [{
      _tag: "TimelineForked",
      epoch: 9,
      folders: [{ folder: "g", indexId: 2n, sequence: 70 }, { folder: "f", indexId: 3n, sequence: 1003 }]
    }]).state
    assert.strictEqual(next.epoch, 9)
    assert.strictEqual(next.folders.get("f")!.indexId, 3n)
    assert.strictEqual(next.folders.get("g")!.sequence, 70)
    assert.deepEqual(next.folders.get("f")!.remotes, state.folders.get("f")!.remotes)
    assert.isUndefined(judge(next, [files("f", record("x", 1004))], { term: 0 }))
  })

  it("is of one repository: another one's first commit does not follow", () => {
    const other = State.initial("ff".repeat(16))
    assert.match(
      State.admissible(other, commitOn(State.initial(repository), []), State.noFacts) ?? "",
      /another commit/
    )
  })

  it("never copies a large pack table for a commit that flushes no packs", () => {
    const flushed = new Map(Array.from({ length: 1000 }, (_, i) => [`1-${String(i).padStart(32, "0")}`, pack("a")]))
    let large: State.State = { ...state, packs: { ...state.packs, flushed } }
    for (let i = 0; i < 20; i++) {
      large = after(large, [
        { _tag: "PacksAdded", packs: [pack(`more ${i}`)] },
        files("f", record(`file ${i}`, 4 + i, run(`more ${i}`)))
      ]).state
    }
    assert.strictEqual(large.packs.flushed, flushed)
  })
})
