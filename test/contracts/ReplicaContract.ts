/** What every replica must answer, whatever it is kept in. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope, Stream } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Timeline from "../../src/domain/repository/Timeline.ts"
import { agrees, all, begun, during, findsBlocks, named, names, type Place } from "../harness/ReplicaAnswers.ts"
import { hashOf } from "../harness/ScriptedRepository.ts"
import { replicaFolderContract } from "./ReplicaFolderContract.ts"
import { replicaHistoryContract } from "./ReplicaHistoryContract.ts"
import { replicaInboxContract } from "./ReplicaInboxContract.ts"
import { replicaMovedContract } from "./ReplicaMovedContract.ts"

const device = DeviceId.fromBytes(new Uint8Array(32).fill(7))

/** `open` gives a new, empty place for a replica. `histories`: random ones to go through. */
export const replicaContract = (
  name: string,
  open: Effect.Effect<Place, never, Scope.Scope>,
  options: { readonly histories: number }
) => {
  const withReplica = during(open)

  describe(`Replica (${name})`, () => {
    it.effect("answers by name, by sequence and by directory, tombstones included", () => {
      const script = begun("f", "g")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
          assert.isUndefined(replica.recordUnsafe("f", "a"))
          assert.isUndefined(replica.recordUnsafe("nowhere", "a"))
          assert.deepStrictEqual(replica.recordsAfterUnsafe("nowhere", 3, all), { records: [], last: 3 })
          script.change("f", [
            { name: "a" },
            { name: "d", type: "directory" },
            { name: "d/link", type: "symlink" },
            { name: "d/d", type: "directory" },
            { name: "d/file" }
          ])
          script.change("g", [{ name: "a" }])
          yield* replica.catchUp()
          agrees(replica, script, ["", "f", "li", "file.", "d/"])
          script.change("f", [{ name: "d/file", deleted: true }, { name: "a" }, { name: "odd", invalid: true }])
          yield* replica.catchUp()
          assert.deepStrictEqual(replica.recordUnsafe("f", "d/file")?.sequence, 6)
          assert.deepStrictEqual(
            replica.recordsAfterUnsafe("f", 1, all).records.map(({ name, sequence }) => `${sequence} ${name}`),
            ["2 d", "3 d/link", "4 d/d", "6 d/file", "7 a", "8 odd"]
          )
          assert.deepStrictEqual(replica.siblingsUnsafe("f", "d", "").map(({ name }) => name), ["d/d", "d/link"])
          assert.deepStrictEqual(replica.siblingsUnsafe("f", "", "odd"), [])
          const { bytes, directories, files } = replica.totalsUnsafe("f")
          assert.deepStrictEqual({ bytes, directories, files }, { bytes: 0, directories: 2, files: 2 })
        }))
    })

    it.effect("keeps names longer than any key, and tells them apart", () => {
      const script = begun("f")
      script.change("f", names.map(named))
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script, ["", "n", "q".repeat(450), "q".repeat(480), "q".repeat(600), "n".repeat(255)])
          script.change("f", names.map((name) => ({ name, deleted: true })))
          yield* replica.catchUp()
          agrees(replica, script)
          assert.deepStrictEqual(replica.siblingsUnsafe("f", "p", ""), [])
        }))
    })

    it.effect("keeps records of any size", () => {
      const script = begun("f")
      const labels = Array.from({ length: 1000 }, (_, i) => `large ${i}`)
      const pack = script.pack(labels)
      script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
      const blocks = Array.from({ length: 20_000 }, (_, i) => ({ label: labels[i % 1000] ?? "", pack: pack.ref.id }))
      script.change("f", [{ name: "small" }, { name: "large", blocks }, { name: "also small" }])
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          assert.isAbove(replica.recordUnsafe("f", "large")?.info.length ?? 0, 700_000)
          agrees(replica, script, ["", "l"])
          findsBlocks(replica, script, labels, labels)
        }))
    })

    it.effect("finds blocks by what the uploader said, by records, and by trailers", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const mine = script.pack(["m1", "m2", "m3"])
          script.commit({ _tag: "PacksAdded", packs: [mine.ref] })
          yield* replica.catchUp(new Map([[mine.ref.id, mine.contents]]))
          assert.isFalse(script.gets.some((key) => key.startsWith("pack/")), "what was told is not fetched")
          findsBlocks(replica, script, ["m1", "m2", "m3", "m4"], ["m1", "m2", "m3"])

          const whole = script.pack(["w1", "w2"])
          script.commit(
            { _tag: "PacksAdded", packs: [whole.ref] },
            script.filesChanged("f", [
              { name: "w", blocks: ["w1", "w2"].map((label) => ({ label, pack: whole.ref.id })) }
            ])
          )
          yield* replica.catchUp()
          assert.isFalse(script.gets.some((key) => key.startsWith("pack/")), "what records told is not fetched")
          findsBlocks(replica, script, ["w1", "w2"], ["w1", "w2"])

          const partly = script.pack(["p1", "p2", "p3"])
          script.commit(
            { _tag: "PacksAdded", packs: [partly.ref] },
            script.filesChanged("f", [{ name: "p", blocks: [{ label: "p2", pack: partly.ref.id }] }])
          )
          yield* replica.catchUp()
          assert.strictEqual(script.gets.filter((key) => key.startsWith("pack/")).length, 1)
          findsBlocks(replica, script, ["p1", "p2", "p3"], ["p1", "p2", "p3"])
          assert.isUndefined(replica.findBlockUnsafe(hashOf("nowhere")))
        }))
    })

    it.effect("takes in what was told when its commit is already applied", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const pack = script.pack(Array.from({ length: 600 }, (_, i) => `b${i}`))
          script.objects.delete([...script.objects.keys()].find((key) => key.startsWith("pack/")) ?? "")
          script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
          yield* replica.catchUp()
          assert.isUndefined(replica.findBlockUnsafe(hashOf("b7")))
          yield* replica.catchUp(new Map([[pack.ref.id, pack.contents]]))
          const labels = Array.from({ length: 600 }, (_, i) => `b${i}`)
          findsBlocks(replica, script, labels, labels)
        }))
    })

    it.effect("does not find blocks of packs that are not live", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          const before = script.head.position
          const pack = script.pack(["x"])
          script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
          yield* replica.catchUp(new Map([[pack.ref.id, pack.contents]]))
          findsBlocks(replica, script, ["x"], ["x"])
          script.restore(before)
          script.addFolder("g")
          yield* replica.catchUp()
          assert.isUndefined(replica.findBlockUnsafe(hashOf("x")))
          const again = script.pack(["x"])
          script.commit({ _tag: "PacksAdded", packs: [again.ref] })
          yield* replica.catchUp(new Map([[again.ref.id, again.contents]]))
          assert.strictEqual(replica.findBlockUnsafe(hashOf("x")), again.ref.id)
        }))
    })

    it.effect("does not find blocks in a pack that was replaced, and finds them where they are now", () => {
      const script = begun("f")
      const old = script.pack(["x", "y", "dead"])
      const blocks = ["x", "y"].map((label) => ({ label, pack: old.ref.id }))
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.commit({ _tag: "PacksAdded", packs: [old.ref] }, script.filesChanged("f", [{ name: "a", blocks }]))
          yield* replica.catchUp(new Map([[old.ref.id, old.contents]]))
          findsBlocks(replica, script, ["x", "y", "dead"], ["x", "y", "dead"])
          const next = script.pack(["x", "y"])
          const scanned = script.head.position
          script.commit(
            { _tag: "PacksAdded", packs: [next.ref] },
            { _tag: "PackReplaced", old: old.ref.id, packs: [next.ref.id], scanned },
            { _tag: "ObjectsCondemned", objects: [{ kind: "pack", id: old.ref.id, size: old.ref.size }] }
          )
          script.objects.delete(ObjectKey.pack(old.ref.id))
          yield* replica.catchUp()
          assert.strictEqual(replica.findBlockUnsafe(hashOf("x")), next.ref.id)
          assert.isUndefined(replica.findBlockUnsafe(hashOf("dead")))
          // Records that name the old pack bring nothing back.
          script.flush("f")
          yield* replica.catchUp()
          findsBlocks(replica, script, ["x", "y", "dead"], ["x", "y"])
          agrees(replica, script)
        }))
    })

    it.effect("begins again when what a commit brought was merged and deleted before it looked", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const inputs = ["one", "two"].map((name) => {
            const records = script.records("f", [{ name }])
            const segment = script.segment("f", records)
            script.commit({ _tag: "SegmentAdded", folder: "f", segment })
            return { records, segment }
          })
          const none = { records: 0, digest: new Uint8Array(32) }
          script.commit({
            _tag: "SegmentsMerged",
            table: "files",
            folder: "f",
            inputs: inputs.map(({ segment }) => segment.id),
            output: script.segment("f", inputs.flatMap(({ records }) => records)),
            dropped: none,
            tombstones: { ...none, maxSequence: 0 }
          })
          script.commit({
            _tag: "ObjectsCondemned",
            objects: inputs.map(({ segment }) => ({ kind: "segment", id: segment.id, size: segment.size }))
          })
          for (const { segment } of inputs) script.objects.delete(ObjectKey.segment(segment.id))
          script.change("f", [{ name: "three" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("applies segments, and passes over those that repeat the log", () => {
      const script = begun("f", "g")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          script.changeBySegment("f", names.map(named))
          script.change("f", [{ name: "a", deleted: true }, { name: "new" }])
          script.flush("f")
          script.change("g", [{ name: "new" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("does not fetch a segment it was given", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const many = Array.from({ length: 2500 }, (_, i) => ({ name: `d/${i}` }))
          const records = script.records("f", many)
          const segment = script.segment("f", records)
          script.gets.length = 0
          script.commit({ _tag: "SegmentAdded", folder: "f", segment })
          yield* replica.catchUp(undefined, undefined, new Map([[segment.id, records]]))
          assert.deepStrictEqual(script.gets, [])
          agrees(replica, script)
        }))
    })

    it.effect("builds itself from segments and the log's tail", () => {
      const script = begun("f", "g")
      const pack = script.pack(["x", "y"])
      script.commit({ _tag: "PacksAdded", packs: [pack.ref] })
      script.changeBySegment("f", names.map(named))
      script.change("f", [{ name: "a", blocks: [{ label: "x", pack: pack.ref.id }] }])
      script.trim()
      script.change("f", [{ name: "a/b", deleted: true }])
      script.change("g", [{ name: "late" }])
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
          findsBlocks(replica, script, ["x", "y"], ["x"])
          script.change("g", [{ name: "later" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("begins again when the log no longer reaches back to it", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.change("f", [{ name: "one" }])
          yield* replica.catchUp()
          script.change("f", [{ name: "two" }, { name: "one", deleted: true }])
          script.trim()
          script.change("f", [{ name: "three" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("begins again without inbox when the bucket was restored from an older copy", () => {
      const script = begun("f")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.change("f", [{ name: "kept" }])
          const copy = script.head.position
          script.change("f", [{ name: "lost" }, { name: "kept", deleted: true }])
          yield* replica.catchUp()
          yield* replica.receive({
            device,
            folder: "f",
            entries: [{ sequence: 1, name: "x", info: Uint8Array.of(1) }],
            settled: [],
            mark: { indexId: 5n, sequence: 1 },
            reset: false
          })
          script.restore(copy)
          yield* replica.catchUp()
          agrees(replica, script)
          assert.isUndefined(replica.recordUnsafe("f", "lost"))
          assert.isUndefined(replica.markUnsafe(device, "f"))
          assert.strictEqual(replica.inboxSizeUnsafe(device, "f"), 0)

          // The new history may be longer than the lost one by the time it is looked at, or exactly as long.
          script.change("f", [{ name: "new" }])
          yield* replica.catchUp()
          script.restore(copy)
          script.change("f", [{ name: "other" }])
          yield* replica.catchUp()
          agrees(replica, script)
          script.restore(copy)
          script.change("f", [{ name: "third" }])
          script.change("f", [{ name: "fourth" }])
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    })

    it.effect("shares one run among callers", () => {
      const script = begun("f")
      script.changeBySegment("f", names.map(named))
      script.trim()
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.gets.length = 0
          yield* Effect.forEach(Array.from({ length: 20 }), () => replica.catchUp(), {
            concurrency: "unbounded",
            discard: true
          })
          agrees(replica, script)
          assert.isAtMost(script.gets.length, 2)
        }))
    })

    it.effect("names the sequence it shows, not the one that is known of", () => {
      const script = begun("f", "g")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          const shown = () => ["f", "g", "nowhere"].map(replica.sequenceUnsafe)
          assert.deepStrictEqual(shown(), [0, 0, 0])
          script.change("f", [{ name: "a" }, { name: "b" }])
          assert.deepStrictEqual(shown(), [0, 0, 0])
          yield* replica.catchUp()
          assert.deepStrictEqual(shown(), [2, 0, 0])
          script.changeBySegment("g", [{ name: "a" }])
          script.change("f", [{ name: "a", deleted: true }])
          assert.deepStrictEqual(shown(), [2, 0, 0])
          yield* replica.catchUp()
          assert.deepStrictEqual(shown(), [3, 1, 0])
          // A fork moves the counters without records.
          script.commit(Timeline.fork(script.newest, [7n, 8n]))
          yield* replica.catchUp()
          assert.deepStrictEqual(shown(), ["f", "g", "nowhere"].map((id) => script.folders.get(id)?.sequence ?? 0))
          assert.isAbove(shown()[0]!, 2 ** 40)
        }))
    })

    it.effect("tells of every folder when it was built anew", () => {
      const script = begun("f", "g", "h")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const news = yield* Effect.forkChild(Stream.runHead(replica.changes))
          yield* Effect.yieldNow
          yield* Effect.yieldNow
          script.change("g", [{ name: "x" }])
          script.trim()
          yield* replica.catchUp()
          const got = yield* Fiber.join(news)
          assert.deepStrictEqual(got._tag === "Some" ? [...got.value].toSorted() : [], ["f", "g", "h"])
        }))
    })

    it.effect("tells which folders changed, to slow readers at once", () => {
      const script = begun("f", "g", "h")
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const first = yield* Effect.forkChild(Stream.runHead(replica.changes))
          yield* Effect.yieldNow
          yield* Effect.yieldNow
          script.change("g", [{ name: "x" }])
          script.commit({ _tag: "FolderRelabelled", folder: "f", label: "new" })
          yield* replica.catchUp()
          const got = yield* Fiber.join(first)
          assert.deepStrictEqual(got._tag === "Some" ? [...got.value] : [], ["g"])
          const seen = new Set<string>()
          const slow = yield* Effect.forkChild(
            Stream.runForEachWhile(replica.changes, (folders) =>
              Effect.gen(function*() {
                for (const folder of folders) seen.add(folder)
                yield* Effect.yieldNow
                return seen.size < 4
              }))
          )
          yield* Effect.yieldNow
          yield* Effect.yieldNow
          for (const folder of ["f", "g", "h"]) {
            script.change(folder, [{ name: "y" }])
            yield* replica.catchUp()
          }
          script.addFolder("i")
          yield* replica.catchUp()
          yield* Fiber.join(slow)
          assert.deepStrictEqual([...seen].toSorted(), ["f", "g", "h", "i"])
        }))
    })

    replicaFolderContract(open)
    replicaMovedContract(open)
    replicaInboxContract(open)
    replicaHistoryContract(open, options)
  })
}
