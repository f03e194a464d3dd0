import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Chain from "../../../src/domain/repository/Chain.ts"
import type { Op } from "../../../src/domain/repository/Commit.ts"
import * as Flush from "../../../src/domain/repository/Flush.ts"
import * as LogEntry from "../../../src/domain/repository/LogEntry.ts"
import * as State from "../../../src/domain/repository/State.ts"
import * as Timeline from "../../../src/domain/repository/Timeline.ts"
import { plain, record, repository, segmentId } from "./fixtures.ts"

const next = (chain: Chain.Chain, ops: ReadonlyArray<Op>, size = 100, term = 0): Chain.Chain => {
  const state = Chain.head(chain)
  const nonce = new Uint8Array(16).fill(state.position)
  const draft = LogEntry.draft(plain, state, ops, { term, nonce, salt: nonce, host: "h", time: 1 }, State.noFacts)
  return Chain.append(chain, { ...Result.getOrThrow(draft), size })
}

const add = (folder: string): Op => ({ _tag: "FolderAdded", folder, label: "", indexId: 5n })
const change = (folder: string, from: number, ...names: ReadonlyArray<string>): Op => ({
  _tag: "FilesChanged",
  folder,
  records: names.map((name, at) => record(name, from + at))
})
const label = (text: string): Op => ({ _tag: "FolderRelabelled", folder: "a", label: text })

const initial = () => next(Chain.begin(State.initial(repository)), [add("a"), add("b")])

const labelled = (chain: Chain.Chain, count: number, size = 100) => {
  let longer = chain
  for (let at = 0; at < count; at++) longer = next(longer, [label(`${at}`)], size)
  return longer
}

describe("a chain", () => {
  it("knows its head, its places and what comes after a position", () => {
    const chain = labelled(initial(), 3)
    assert.strictEqual(Chain.head(chain).position, 4)
    assert.deepStrictEqual(Chain.places(chain).map((place) => place.position), [0, 1, 2, 3, 4])
    assert.deepStrictEqual(Chain.after(chain, 2).map((link) => link.commit.position), [3, 4])
    assert.deepStrictEqual(Chain.after(chain, 4), [])
    for (const place of Chain.places(chain)) assert.strictEqual(Chain.digestAt(chain, place.position), place.digest)
    assert.isUndefined(Chain.digestAt(chain, 5))
  })

  it("extends by entries that follow, and says which does not", () => {
    const chain = labelled(initial(), 3)
    const entries = chain.links.map(({ commit, size, state }) => ({ commit, size, digest: state.digest }))
    const begun = Chain.begin(State.initial(repository))
    const whole = Result.getOrThrow(Chain.extend(begun, entries))
    assert.deepStrictEqual(Chain.head(whole), Chain.head(chain))
    assert.strictEqual(whole.logBytes, 400)
    const broken = Chain.extend(begun, [entries[0]!, entries[2]!])
    assert.strictEqual(Result.isFailure(broken) && broken.failure.position, 3)
    assert.strictEqual(Result.getOrThrow(Chain.extend(chain, [])), chain)
  })

  it("stands on a base from its position on; the bytes of log before it no longer count", () => {
    const chain = Chain.rebase(labelled(initial(), 4), 3)
    assert.strictEqual(chain.logBytes, 200)
    assert.deepStrictEqual(chain.links.map((link) => link.state.basePosition), [0, 0, 3, 3, 3])
    assert.strictEqual(chain.floor.basePosition, 0)
    assert.strictEqual(next(chain, [label("on")]).logBytes, 300)
    assert.strictEqual(Chain.head(next(chain, [label("on")])).basePosition, 3)
  })

  it("drops old links when they are many, or large", () => {
    const many = Chain.prune(Chain.rebase(labelled(initial(), 400), 400))
    assert.strictEqual(many.links.length, 192)
    assert.strictEqual(Chain.head(many).position, 401)
    assert.strictEqual(many.floor.position, 401 - 192)
    const large = Chain.prune(Chain.rebase(labelled(initial(), 20, 1024 * 1024), 20))
    assert.strictEqual(large.links.length, 8)
    const few = Chain.rebase(labelled(initial(), 20), 20)
    assert.strictEqual(Chain.prune(few), few)
  })

  it("keeps links whose records no segment holds, and those after the newest base, however many", () => {
    const inline = labelled(next(labelled(initial(), 10), [change("a", 1, "x")]), 400)
    assert.strictEqual(Chain.prune(Chain.rebase(inline, 300)).links[0]?.commit.position, 12)
    const after = labelled(initial(), 400)
    assert.strictEqual(Chain.prune(Chain.rebase(after, 100)).links[0]?.commit.position, 101)
  })
})

describe("a flush", () => {
  const chain = next(next(initial(), [change("a", 1, "x", "y"), change("b", 1, "z")]), [change("a", 3, "y")])
  const state = Chain.head(chain)
  const commits = chain.links.map((link) => link.commit)

  it("takes each folder's own records, of each name the newest", () => {
    assert.deepStrictEqual(Flush.folders(state), ["a", "b"])
    const of = (folder: string) =>
      Flush.records(state, folder, commits)?.map((record) => [record.name, record.sequence])
    assert.deepStrictEqual(of("a"), [["x", 1], ["y", 3]])
    assert.deepStrictEqual(of("b"), [["z", 1]])
    assert.deepStrictEqual(of("absent"), [])
  })

  it("takes nothing rather than a part", () => {
    assert.isUndefined(Flush.records(state, "a", commits.slice(2)))
  })

  it("does not take what was flushed before", () => {
    const segment = {
      id: segmentId("s"),
      table: "files" as const,
      folder: "a",
      records: 2,
      minSequence: 1,
      maxSequence: 3,
      size: 100,
      footerLength: 10,
      digest: new Uint8Array(32)
    }
    const opened = next(chain, [{ _tag: "EpochOpened", epoch: 1 }], 100, 1)
    const flushed = next(opened, [{ _tag: "InlineFlushed", folder: "a", through: 3, segment }], 100, 1)
    const more = next(flushed, [change("a", 4, "w")])
    const commits = more.links.map((link) => link.commit)
    assert.deepStrictEqual(Flush.records(Chain.head(more), "a", commits)?.map((record) => record.name), ["w"])
  })

  it("is due after many commits or many bytes, and takes packs only when they are many", () => {
    assert.isFalse(Flush.isDue({ ...state, position: 63, basePosition: 0 }, 0))
    assert.isTrue(Flush.isDue({ ...state, position: 64, basePosition: 0 }, 0))
    assert.isFalse(Flush.isDue({ ...state, position: 70, basePosition: 10 }, Flush.maxBytes - 1))
    assert.isTrue(Flush.isDue({ ...state, position: 11, basePosition: 10 }, Flush.maxBytes))
    assert.deepStrictEqual(Flush.packs(state), [])
  })
})

it("what was seen is contradicted by another digest; a head below it says nothing yet", () => {
  const places = Chain.places(labelled(initial(), 3)).slice(2)
  const [first, , last] = places
  const other = new Uint8Array(32)
  assert.isFalse(Timeline.contradicts(places, first!))
  assert.isFalse(Timeline.contradicts(places, last!))
  assert.isTrue(Timeline.contradicts(places, { position: 3, digest: other }))
  assert.isUndefined(Timeline.contradicts(places, { position: 5, digest: other }))
  assert.isUndefined(Timeline.contradicts(places, { position: 1, digest: other }))
  assert.isUndefined(Timeline.contradicts([], { position: 1, digest: other }))
})
