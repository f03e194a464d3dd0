/** What a repository keeps for everyone above it. `layer` gives a fresh one, with a first commit, and a lease over it. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Layer, Result, Stream } from "effect"
import type { Op } from "../../src/domain/repository/Commit.ts"
import * as Flush from "../../src/domain/repository/Flush.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { addFolder, files, record } from "../harness/Hosts.ts"

export const repositoryContract = <E>(name: string, layer: Layer.Layer<Repository | Lease | ObjectStore, E>) =>
  describe(`Repository (${name})`, () => {
    it.layer(layer, { excludeTestServices: true })((it) => {
      const plan = (...ops: ReadonlyArray<Op>) => () => Effect.succeed(ops)

      it.effect("begins with an identity", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const head = yield* repository.head
          assert.strictEqual(head.position, 1)
          assert.isDefined(head.identity)
          assert.match(repository.id, /^[0-9a-f]{32}$/)
          assert.strictEqual(repository.sealing.repository, repository.id)
        }))

      it.effect("commits what a plan makes of the head, and answers the state after it", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const before = yield* repository.head
          const applied = yield* repository.commit((state) => {
            assert.strictEqual(state, before)
            return Effect.succeed([addFolder("docs")])
          })
          assert.strictEqual(applied?.commit.position, before.position + 1)
          assert.strictEqual(applied?.state.folders.get("docs")?.label, "DOCS")
          assert.strictEqual(yield* repository.head, applied?.state)
        }))

      it.effect("commits nothing when there is nothing to do", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const before = yield* repository.head
          assert.isUndefined(yield* repository.commit(plan()))
          assert.strictEqual(yield* repository.head, before)
        }))

      it.effect("hands a plan's failure on, and goes on", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const before = yield* repository.head
          assert.strictEqual(yield* Effect.flip(repository.commit(() => Effect.fail("no"))), "no")
          assert.strictEqual(yield* repository.head, before)
          assert.isDefined(yield* repository.commit((state) => Effect.succeed([files(state, "docs", ["after"])])))
        }))

      it.effect("takes a plan against the rules for a bug", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const bad: ReadonlyArray<Op> = [
            { _tag: "FilesChanged", folder: "docs", records: [record("x", 99)] },
            { _tag: "PacksAdded", packs: [] },
            { _tag: "FolderRelabelled", folder: "absent", label: "x" },
            { _tag: "EpochOpened", epoch: 0 }
          ]
          for (const op of bad) {
            const exit = yield* Effect.exit(repository.commit(plan(op)))
            assert.strictEqual(exit._tag === "Failure" && exit.cause.reasons[0]?._tag, "Die", op._tag)
          }
        }))

      it.effect("runs plans one at a time, each on the state the one before left", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          let inside = 0
          const names = Array.from({ length: 20 }, (_, at) => `many-${at}`)
          yield* Effect.forEach(names, (name) =>
            repository.commit((state) =>
              Effect.gen(function*() {
                assert.strictEqual(++inside, 1)
                yield* Effect.yieldNow
                inside--
                return [files(state, "docs", [name])]
              })
            ), { concurrency: "unbounded" })
          const applied = yield* Stream.runCollect(repository.commitsAfter(0))
          const committed = applied.flatMap(({ commit }) => commit.ops).flatMap((op) =>
            op._tag === "FilesChanged" ? op.records : []
          )
          for (const name of names) assert.strictEqual(committed.filter((record) => record.name === name).length, 1)
          assert.deepStrictEqual(
            committed.map((record) => record.sequence),
            Array.from({ length: committed.length }, (_, at) => at + 1)
          )
        }))

      it.effect("lets an interrupted plan commit nothing, and the next go on", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const before = yield* repository.head
          const begun = yield* Deferred.make<void>()
          const fiber = yield* Effect.forkChild(
            repository.commit(() => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
          )
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(fiber)
          assert.strictEqual(yield* repository.head, before)
          assert.isDefined(yield* repository.commit((state) => Effect.succeed([files(state, "docs", ["next"])])))
        }))

      it.effect("gives back every commit with the state after it, from any position", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const head = yield* repository.refresh
          const all = yield* Stream.runCollect(repository.commitsAfter(0))
          assert.deepStrictEqual(
            all.map(({ commit }) => commit.position),
            Array.from({ length: head.position }, (_, at) => at + 1)
          )
          for (const { commit, state } of all) assert.strictEqual(state.position, commit.position)
          assert.strictEqual(all.at(-1)?.state.digest, head.digest)
          const some = yield* Stream.runCollect(repository.commitsAfter(head.position - 3))
          assert.strictEqual(some.length, 3)
          assert.deepStrictEqual(yield* Stream.runCollect(repository.commitsAfter(head.position)), [])
          assert.deepStrictEqual(yield* Stream.runCollect(repository.commitsAfter(head.position + 5)), [])
        }))

      it.effect("tells of changes, the newest to whoever is slow", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const seen: Array<number> = []
          const first = yield* Deferred.make<void>()
          const go = yield* Deferred.make<void>()
          const target = (yield* repository.head).position + 8
          const fiber = yield* Effect.forkChild(Stream.runForEachWhile(repository.changes, (state) =>
            Effect.gen(function*() {
              seen.push(state.position)
              yield* Deferred.succeed(first, undefined)
              yield* Deferred.await(go)
              return state.position < target
            })))
          // The current state comes at once: nobody can miss what happened while subscribing.
          yield* Deferred.await(first)
          for (let at = 0; at < 8; at++) {
            yield* repository.commit((state) =>
              Effect.succeed([files(state, "docs", [`change-${at}`])])
            )
          }
          yield* Deferred.succeed(go, undefined)
          yield* Fiber.join(fiber)
          assert.isBelow(seen.length, 8)
          assert.strictEqual(seen.at(-1), target)
        }))

      it.effect("puts segments under the term; a commit names them, and their packs must live", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const store = yield* ObjectStore
          const fence = yield* (yield* Lease).fence
          const pack = {
            id: ObjectKey.makeId(fence.term, new Uint8Array(16).fill(3)),
            size: 5000,
            trailerLength: 100,
            blocks: 4,
            bytes: 4000
          }
          const { sequence } = (yield* repository.head).folders.get("docs")!
          const records = ["s/b", "s/a", "t"].map((name, at) =>
            record(name, sequence + 1 + at, [{ pack: pack.id, count: 1 }])
          )
          const segment = yield* repository.putSegment({ table: "files", folder: "docs", records }, fence)
          assert.strictEqual(ObjectKey.parseId(segment.id)?.term, fence.term)
          assert.strictEqual(segment.records, 3)
          const bytes = yield* store.get(ObjectKey.segment(segment.id))
          const read = Result.getOrThrow(Segment.readAll(repository.sealing, segment.id, bytes))
          assert.strictEqual(read.content.table === "files" && read.content.records.length, 3)
          // The rows name a pack nobody added: the writer knows the footer, so the rule is kept.
          const dead = yield* Effect.exit(
            repository.commit(plan({ _tag: "SegmentAdded", folder: "docs", segment }), fence)
          )
          assert.strictEqual(dead._tag, "Failure")
          assert.isUndefined(yield* repository.pack(pack.id))
          const applied = yield* repository.commit(
            plan({ _tag: "PacksAdded", packs: [pack] }, { _tag: "SegmentAdded", folder: "docs", segment }),
            fence
          )
          assert.deepStrictEqual(yield* repository.pack(pack.id), pack)
          assert.strictEqual(applied?.state.folders.get("docs")?.sequence, sequence + 3)
          assert.strictEqual(applied?.commit.term, fence.term)
        }))

      it.effect("flushes: no record is left in commits, and the newest of each name is in a segment", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const store = yield* ObjectStore
          const fence = yield* (yield* Lease).fence
          yield* repository.commit((state) => Effect.succeed([files(state, "docs", ["twice", "flushed"])]), fence)
          yield* repository.commit((state) => Effect.succeed([files(state, "docs", ["twice"])]), fence)
          const before = yield* repository.head
          yield* repository.flush(fence)
          const head = yield* repository.head
          assert.deepStrictEqual(Flush.folders(head), [])
          assert.strictEqual(head.inlineBytes, 0)
          assert.strictEqual(head.basePosition, head.position)
          assert.strictEqual(head.position, before.position + 1)
          const id = head.folders.get("docs")!.segments.at(-1)!
          const read = Result.getOrThrow(
            Segment.readAll(repository.sealing, id, yield* store.get(ObjectKey.segment(id)))
          )
          const records = read.content.table === "files" ? read.content.records : []
          const twice = records.filter((record) => record.name === "twice")
          assert.deepStrictEqual(twice.map((record) => record.sequence), [before.folders.get("docs")!.sequence])
          assert.isTrue(records.some((record) => record.name === "flushed"))
          assert.isAbove((yield* store.get(ObjectKey.base(head.position))).length, 0)
          // Nothing to do a second time.
          yield* repository.flush(fence)
          assert.strictEqual(yield* repository.head, head)
        }))

      it.effect("fences a term that a newer epoch ended", () =>
        Effect.gen(function*() {
          const repository = yield* Repository
          const lease = yield* Lease
          const old = yield* lease.fence
          assert.strictEqual(yield* lease.fence, old)
          yield* repository.commit((state) => Effect.succeed([{ _tag: "EpochOpened", epoch: state.epoch + 5 }]))
          const before = yield* repository.head
          const error = yield* Effect.flip(repository.commit(plan(addFolder("never")), old))
          assert.strictEqual(error._tag, "Fenced")
          assert.strictEqual((yield* Effect.flip(repository.flush(old)))._tag, "Fenced")
          assert.strictEqual(yield* repository.head, before)
          const fresh = yield* lease.fence
          assert.strictEqual(fresh.term, before.epoch + 1)
          assert.isDefined(
            yield* repository.commit((state) => Effect.succeed([files(state, "docs", ["fresh"])]), fresh)
          )
        }))
    })
  })
