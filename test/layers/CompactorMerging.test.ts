/** Merging while the world goes on: crashes, races, lost replies, damage, slow stores. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Op } from "../../src/domain/repository/Commit.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { PackRef } from "../../src/domain/repository/State.ts"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import * as Compacting from "../harness/Compacting.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { addFolder, adding, bucketD, type Host, inVirtualTime, open, openDetached } from "../harness/Hosts.ts"

const day = 86_400_000

const start = Effect.gen(function*() {
  const { objects, store } = yield* bucketD
  const host = yield* open({ store, seed: 10 })
  return { objects, store, host }
})

const folderD = (host: Host) => Effect.map(host.repository.head, (state) => state.folders.get("d")!)
const segmentsIn = (objects: ReadonlyMap<string, Uint8Array>) =>
  [...objects.keys()].filter((key) => key.startsWith("segment/")).length

describe("a round", () => {
  it.effect("merges what is due; inputs stay where they are, and checkpoints keep theirs", () =>
    inVirtualTime(Effect.gen(function*() {
      const { host, objects, store } = yield* start
      const compactor = yield* Compacting.compactor(host, store)
      yield* Compacting.changes(host, "d", "a", "b", "a")
      const early = yield* host.repository.head
      assert.isFalse(compactor.isDue(early))
      assert.deepStrictEqual(yield* compactor.round, [])
      yield* Compacting.changes(host, "d", "c", "b")
      yield* host.repository.commit(() =>
        Effect.succeed([{ _tag: "CheckpointCreated", id: 1, folder: "d", reason: "manual" }])
      )
      const before = yield* host.repository.head
      assert.isTrue(compactor.isDue(before))
      const view = yield* Compacting.view(host, store, "d")
      assert.deepStrictEqual(view, ["a 3", "b 5", "c 4"])
      const done = yield* compactor.round
      assert.deepStrictEqual(done.map(({ dropped, inputs, tombstones }) => ({ dropped, inputs, tombstones })), [
        { inputs: 5, dropped: 2, tombstones: 0 }
      ])
      const after = yield* host.repository.head
      assert.strictEqual(after.position, before.position + 1)
      assert.deepStrictEqual(after.folders.get("d")!.segments, [done[0]!.output!.id])
      assert.deepStrictEqual(yield* Compacting.view(host, store, "d"), view)
      for (const id of before.folders.get("d")!.segments) assert.isTrue(after.segments.has(id))
      assert.deepStrictEqual(yield* Compacting.live(host, store, after.checkpoints[0]!.segments), view)
      assert.strictEqual(segmentsIn(objects), 6)
      assert.isFalse(compactor.isDue(after))
      // Another host reads the same.
      const other = yield* open({ store, seed: 11 })
      assert.deepStrictEqual(yield* Compacting.view(other, store, "d"), view)
    })))

  it.effect("merges the pack table, and drops the packs that live no more", () =>
    inVirtualTime(Effect.gen(function*() {
      const { host, store } = yield* start
      const compactor = yield* Compacting.compactor(host, store)
      const fence = yield* host.lease.fence
      const all: Array<PackRef> = []
      for (let table = 0; table < 5; table++) {
        const packs = Array.from({ length: 550 }, (_, at) => ({
          id: ObjectKey.makeId(
            fence.term,
            new Uint8Array(16).map((_, byte) => byte === 0 ? at >> 8 : byte === 1 ? at : table)
          ),
          size: 1000,
          trailerLength: 100,
          blocks: 1,
          bytes: 900
        }))
        all.push(...packs)
        yield* host.repository.commit(() => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "PacksAdded", packs }]), fence)
        yield* host.repository.flush(fence)
      }
      const gone = all.filter((_, at) => at % 10 === 0)
      yield* host.repository.commit(() =>
        Effect.succeed([{
          _tag: "ObjectsCondemned",
          objects: gone.map(({ id, size }) => ({ kind: "pack" as const, id, size }))
        }])
      )
      const before = yield* host.repository.head
      assert.strictEqual(before.packs.segments.length, 5)
      assert.strictEqual(before.packs.dropped.size, 275)
      const [done] = yield* compactor.round
      assert.strictEqual(done?.table, "packs")
      assert.strictEqual(done?.dropped, 275)
      yield* host.repository.flush(fence)
      const after = yield* (yield* open({ store, seed: 11 })).repository.head
      assert.strictEqual(after.packs.segments.length, 1)
      assert.strictEqual(after.packs.dropped.size, 0)
      assert.deepStrictEqual(new Set(after.packs.flushed.keys()), new Set(before.packs.flushed.keys()))
    })))

  it.effect("at any request of which the host dies loses nothing, and the next host does it", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const whole = yield* dying(undefined)
        assert.isAbove(whole.requests, 6)
        for (let at = 0; at < whole.requests; at++) {
          for (const fault of ["crash before", "crash after"] as const) {
            const { segments, view } = yield* dying({ at, fault })
            assert.deepStrictEqual(view, whole.view, `${fault} ${at}`)
            assert.strictEqual(segments, 1, `${fault} ${at}`)
          }
        }
      })
    ))

  it.effect("whose replies are lost is made up for by the next one", () =>
    inVirtualTime(Effect.gen(function*() {
      const { host: first, store } = yield* start
      yield* Compacting.changes(first, "d", "a", "b", "a", "c")
      for (const prefix of ["segment/", "log/"]) {
        let left = 1
        const faulty = FaultyStore.make(store, {
          decide: ({ key, operation }) =>
            operation === "put" && key.startsWith(prefix) && left-- > 0 ? "lose" : undefined
        })
        const host = yield* open({ store: faulty.store, seed: prefix.length })
        // The term is opened before anything is lost.
        left = 0
        yield* host.lease.fence
        yield* Compacting.changes(host, "d", "d", "e", "f", "g")
        left = 1
        const compactor = yield* Compacting.compactor(host, faulty.store)
        const view = yield* Compacting.view(host, store, "d")
        const round = yield* Effect.exit(compactor.round)
        // The log is asked until it is known; a segment is built anew, under another name.
        assert.strictEqual(round._tag, prefix === "log/" ? "Success" : "Failure")
        yield* compactor.round
        assert.isAtMost((yield* folderD(host)).segments.length, 2)
        assert.deepStrictEqual(yield* Compacting.view(host, store, "d"), view)
      }
    })))

  it.effect("that comes too late leaves its output to nobody", () =>
    inVirtualTime(Effect.gen(function*() {
      const { host, objects, store } = yield* start
      yield* Compacting.changes(host, "d", "a", "b", "a", "c")
      const rival = yield* Compacting.compactor(host, store)
      let told: unknown
      const slow = ObjectStore.of({
        ...store,
        get: (key, range, into) =>
          told === undefined
            ? Effect.flatMap(
              Effect.suspend(() => {
                told = []
                return rival.round
              }).pipe(Effect.orDie),
              (done) => {
                told = done
                return store.get(key, range, into)
              }
            )
            : store.get(key, range, into)
      })
      const compactor = yield* Compacting.compactor(host, slow)
      const { position } = yield* host.repository.head
      const done = yield* compactor.round
      assert.deepStrictEqual(done, [])
      assert.lengthOf(told as Array<unknown>, 1)
      assert.strictEqual((yield* host.repository.head).position, position + 1)
      assert.deepStrictEqual(yield* Compacting.view(host, store, "d"), ["a 3", "b 2", "c 4"])
      // Four inputs and two outputs, of which the commits name one.
      assert.strictEqual(segmentsIn(objects), 6)
      assert.strictEqual((yield* host.repository.head).segments.size, 5)
    })))

  it.effect("is over when another host opened a term, and nothing is named", () =>
    inVirtualTime(Effect.gen(function*() {
      const { host, store } = yield* start
      yield* Compacting.changes(host, "d", "a", "b", "a", "c")
      const other = yield* open({ store, seed: 20 })
      let taken = false
      const slow = ObjectStore.of({
        ...store,
        get: (key, range, into) =>
          Effect.andThen(
            Effect.suspend(() => {
              if (taken || !key.startsWith("segment/")) return Effect.void
              taken = true
              return Effect.asVoid(Effect.orDie(other.lease.fence))
            }),
            store.get(key, range, into)
          )
      })
      const compactor = yield* Compacting.compactor(host, slow)
      const error = yield* Effect.flip(compactor.round)
      assert.strictEqual(error._tag, "Fenced")
      assert.strictEqual((yield* folderD(host)).segments.length, 4)
    })))

  it.effect("does not keep commits waiting", () =>
    inVirtualTime(Effect.gen(function*() {
      const { host, store } = yield* start
      yield* Compacting.changes(host, "d", "a", "b", "a", "c")
      const reached = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      const slow = ObjectStore.of({
        ...store,
        get: (key, range, into) =>
          Deferred.succeed(reached, undefined).pipe(
            Effect.andThen(Deferred.await(gate)),
            Effect.andThen(store.get(key, range, into))
          )
      })
      const compactor = yield* Compacting.compactor(host, slow)
      const round = yield* Effect.forkChild(compactor.round)
      yield* Deferred.await(reached)
      // Commits go on meanwhile, of the same folder and by segments, too.
      yield* host.repository.commit(adding("d", "x"), yield* host.lease.fence)
      yield* Compacting.changes(host, "d", "y")
      yield* Deferred.succeed(gate, undefined)
      const done = yield* Fiber.join(round)
      assert.strictEqual(done[0]?.inputs, 4)
      assert.deepStrictEqual(yield* Compacting.view(host, store, "d"), ["a 3", "b 2", "c 4", "y 6"])
    })))

  it.effect("names a damaged segment, commits nothing, and leaves that table alone for some hours", () =>
    inVirtualTime(Effect.gen(function*() {
      const { host, objects, store } = yield* start
      const compactor = yield* Compacting.compactor(host, store)
      yield* Compacting.changes(host, "d", "a", "b", "a", "c")
      yield* host.repository.commit(() =>
        Effect.succeed([{ _tag: "FolderAdded" as const, folder: "e", label: "", indexId: 3n }])
      )
      yield* Compacting.changes(host, "e", "a", "b", "a", "c")
      const before = yield* host.repository.head
      const damaged = ObjectKey.segment(before.folders.get("d")!.segments[2]!)
      const whole = objects.get(damaged)!
      const broken = whole.slice()
      broken[40]! ^= 1
      objects.set(damaged, broken)
      const error = yield* Effect.flip(compactor.round)
      assert.strictEqual(error._tag, "RepositoryCorrupt")
      assert.include(error.message, damaged)
      assert.strictEqual((yield* host.repository.head).position, before.position)
      assert.deepStrictEqual((yield* compactor.round).map(({ folder }) => folder), ["e"])
      assert.isFalse(compactor.isDue(yield* host.repository.head))
      objects.set(damaged, whole)
      yield* Effect.sleep("7 hours")
      assert.isTrue(compactor.isDue(yield* host.repository.head))
      assert.deepStrictEqual((yield* compactor.round).map(({ folder }) => folder), ["d"])
    })))

  it.effect("forgets a tombstone after 400 days, if nothing it hides can come back", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { host, store } = yield* start
        const compactor = yield* Compacting.compactor(host, store)
        yield* Compacting.change(host, "d", [{ name: "a" }, { name: "b" }])
        yield* Compacting.change(host, "d", [{ name: "a", deleted: true }])
        yield* TestClock.adjust(10 * day)
        yield* Compacting.changes(host, "d", "c")
        yield* TestClock.adjust(401 * day)
        yield* Compacting.changes(host, "d", "e")
        // These lie in a commit only while the merge is committed.
        yield* host.repository.commit(adding("d", "f"), yield* host.lease.fence)
        const [done] = yield* compactor.round
        assert.strictEqual(done?.tombstones, 1)
        assert.strictEqual(done?.dropped, 1)
        const folder = yield* folderD(host)
        assert.deepStrictEqual(folder.inline, [])
        assert.deepStrictEqual(yield* Compacting.view(host, store, "d"), ["b 2", "c 4", "e 5", "f 6"])
        assert.strictEqual(done?.output?.records, 3)
      })
    ))

  it.effect("that looks for old tombstones merges what no round would", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { host, store } = yield* start
        const compactor = yield* Compacting.compactor(host, store)
        const names = Array.from({ length: 1500 }, (_, at) => ({ name: `n${at}` }))
        yield* Compacting.change(host, "d", names)
        yield* Compacting.change(host, "d", names.slice(100).map(({ name }) => ({ name, deleted: true })))
        assert.isUndefined(yield* compactor.forget)
        yield* TestClock.adjust(10 * day)
        yield* Compacting.changes(host, "d", "c")
        assert.isUndefined(yield* compactor.forget)
        yield* TestClock.adjust(401 * day)
        const before = yield* Compacting.view(host, store, "d")
        yield* host.repository.commit(adding("d", "e"), yield* host.lease.fence)
        assert.isFalse(compactor.isDue(yield* host.repository.head))
        const done = yield* compactor.forget
        assert.strictEqual(done?.tombstones, 1400)
        assert.strictEqual(done?.output?.records, 100)
        assert.sameMembers([...(yield* Compacting.view(host, store, "d"))], [...before, "e 2902"])
        const { position } = yield* host.repository.head
        assert.isUndefined(yield* compactor.forget)
        assert.strictEqual((yield* host.repository.head).position, position)
      })
    ))

  for (const part of ["the whole segment", "a page"] as const) {
    it.effect(`that looks for old tombstones goes on to other folders where one lacks ${part}, and says so`, () =>
      inVirtualTime(
        Effect.gen(function*() {
          const { host, objects, store } = yield* start
          yield* host.repository.commit(() => Effect.succeed([addFolder("e")]))
          const compactor = yield* Compacting.compactor(host, store)
          const rows = Effect.map(
            host.repository.head,
            ({ folders, segments }) =>
              ["d", "e"].map((id) =>
                folders.get(id)!.segments.reduce((sum, segment) => sum + segments.get(segment)!.records, 0)
              )
          )
          const names = Array.from({ length: 1500 }, (_, at) => ({ name: `n${at}` }))
          for (const folder of ["d", "e"]) {
            yield* Compacting.change(host, folder, names)
            yield* Compacting.change(host, folder, names.slice(100).map(({ name }) => ({ name, deleted: true })))
          }
          yield* TestClock.adjust(10 * day)
          for (const folder of ["d", "e"]) yield* Compacting.changes(host, folder, "c")
          yield* TestClock.adjust(401 * day)
          yield* Compacting.changes(host, "d", "f")
          yield* Compacting.changes(host, "e", "f")
          const segment = ObjectKey.segment((yield* folderD(host)).segments[0]!)
          const whole = objects.get(segment)!
          const broken = Uint8Array.from(whole)
          broken[40]! ^= 1
          if (part === "a page") objects.set(segment, broken)
          else objects.delete(segment)
          const error = yield* Effect.flip(compactor.forget)
          assert.strictEqual(error._tag, "RepositoryCorrupt")
          assert.include(error.message, segment)
          assert.deepStrictEqual(yield* rows, [2902, 102])
          assert.isUndefined(yield* compactor.forget)
          objects.set(segment, whole)
          yield* TestClock.adjust(7 * 3_600_000)
          assert.strictEqual((yield* compactor.forget)?.tombstones, 1400)
          assert.deepStrictEqual(yield* rows, [102, 102])
        })
      ))
  }

  it.effect("changes nothing for a replica that follows, nor for one that is built anew", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { host, store } = yield* start
        const compactor = yield* Compacting.compactor(host, store)
        const replicaOf = Effect.map(
          Layer.build(ReplicaMemory.layer.pipe(Layer.provide(Compacting.ground(host, store)), Layer.fresh)),
          (context) => Context.get(context, Replica)
        )
        const followed = yield* replicaOf
        yield* followed.catchUp()
        yield* Compacting.change(host, "d", [{ name: "a" }, { name: "b" }, { name: "old", deleted: true }])
        yield* Compacting.change(host, "d", [{ name: "a", deleted: true }])
        yield* followed.catchUp()
        yield* TestClock.adjust(10 * day)
        yield* Compacting.changes(host, "d", "c")
        yield* TestClock.adjust(401 * day)
        yield* Compacting.changes(host, "d", "b")
        assert.strictEqual((yield* compactor.round)[0]?.tombstones, 2)
        yield* followed.catchUp()
        const rebuilt = yield* replicaOf
        yield* rebuilt.catchUp()
        const told = (replica: Replica["Service"], after: number) =>
          replica.recordsAfterUnsafe("d", after, { records: 100, bytes: 1e9 })
        const names = (replica: Replica["Service"], after = 0) =>
          told(replica, after).records.map(({ name, sequence }) => `${name} ${sequence}`)
        assert.deepStrictEqual(names(followed), ["old 3", "a 4", "c 5", "b 6"])
        assert.deepStrictEqual(names(rebuilt), ["c 5", "b 6"])
        // Whoever was told less gets what came after, from either.
        for (let after = 0; after <= 7; after++) {
          assert.deepStrictEqual(names(rebuilt, after), names(followed, after).filter((row) => /^[cb]/.test(row)))
        }
        assert.strictEqual(told(rebuilt, 0).last, told(followed, 0).last)
        assert.deepStrictEqual(rebuilt.totalsUnsafe("d"), followed.totalsUnsafe("d"))
        assert.isUndefined(rebuilt.recordUnsafe("d", "a"))
      })
    ))
})

/** A day of one host with a merge in it, which may die at a request of that; then another host finishes. */
const dying = (death: { readonly at: number; readonly fault: "crash before" | "crash after" } | undefined) =>
  Effect.scoped(Effect.gen(function*() {
    const { host: first, store } = yield* start
    yield* Compacting.changes(first, "d", "a", "b", "a", "c", "b")
    let begin = Infinity
    const faulty = FaultyStore.make(store, {
      decide: ({ index }) => death !== undefined && index === begin + death.at ? death.fault : undefined
    })
    const host = yield* openDetached({ store: faulty.store, seed: 40 })
    yield* host.lease.fence
    begin = faulty.requests.length
    const exit = yield* Effect.exit(Effect.scoped(
      Effect.flatMap(Compacting.compactor(host, faulty.store), (compactor) => compactor.round)
    ))
    const requests = faulty.requests.length - begin
    if (death === undefined) assert.strictEqual(exit._tag, "Success")
    else assert.isTrue(exit._tag === "Failure" && Cause.pretty(exit.cause).includes(FaultyStore.crashed))
    faulty.crash()
    yield* Effect.exit(host.close)
    const next = yield* open({ store, seed: 41 })
    const view = yield* Compacting.view(next, store, "d")
    yield* Effect.flatMap(Compacting.compactor(next, store), (compactor) => compactor.round)
    assert.deepStrictEqual(yield* Compacting.view(next, store, "d"), view)
    return { requests, view, segments: (yield* folderD(next)).segments.length }
  }))
