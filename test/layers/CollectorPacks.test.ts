/** What a run takes away, and what it must leave, through the real layers over a bucket in memory. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { none, type Notes } from "../../src/services/UpkeepNotes.ts"
import * as World from "../harness/CollectionWorld.ts"
import { inVirtualTime } from "../harness/Hosts.ts"

const whole = { maxRewrite: 0, full: true }
const sleep = (hours: number) => Effect.sleep(`${hours} hours`)

describe("CollectorPacks", () => {
  it.effect("deletes what is named nowhere, a grace after it was condemned and not before; what lives is not touched", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 1 })
      yield* World.put(host, { a: World.labels("a", 6) })
      yield* World.put(host, { b: World.labels("b", 6) })
      const both = World.packsIn(objects).length
      yield* World.put(host, { a: null })
      yield* World.merge(host)
      const first = yield* host.collector.run(whole)
      assert.isAbove(first.condemned.count, 0)
      assert.strictEqual(first.deleted.count, 0)
      assert.strictEqual(World.packsIn(objects).length, both)
      const { condemned } = yield* host.repository.head
      const [since] = Array.from(condemned.values(), ({ time }) => time)
      const wait = (until: number) => Effect.flatMap(World.now, (now) => Effect.sleep(since! + until - now))
      // Virtual time moves on while a run goes on, some minutes at most.
      yield* wait(World.hour - 10 * 60_000)
      assert.strictEqual((yield* host.collector.run(whole)).deleted.count, 0)
      assert.strictEqual(World.packsIn(objects).length, both)
      yield* wait(World.hour)
      const then = yield* host.collector.run(whole)
      assert.strictEqual(then.deleted.count, first.condemned.count)
      assert.isBelow(World.packsIn(objects).length, both)
      assert.strictEqual(then.waiting.count, 0)
      const seen = yield* World.audit(store)
      assert.deepStrictEqual(seen.files, World.shown({ b: World.labels("b", 6) }))
      // The only packs left are those of b.
      assert.strictEqual(World.packsIn(objects).length, seen.state.packs.inline.size + seen.state.packs.flushed.size)
    })))

  it.effect("what only a checkpoint needs stays until the checkpoint goes", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 2 })
      yield* World.put(host, { a: World.labels("a", 5) })
      const id = yield* World.checkpoint(host)
      yield* World.put(host, { a: null, b: World.labels("b", 1) })
      yield* World.merge(host)
      for (let i = 0; i < 3; i++) yield* Effect.andThen(host.collector.run(whole), sleep(2))
      const seen = yield* World.audit(store)
      assert.deepStrictEqual(seen.checkpoints.get(id), World.shown({ a: World.labels("a", 5) }))
      const explained = yield* host.holdings.explain({ list: true })
      assert.isAbove(explained.packs.checkpoints.bytes, explained.packs.current.bytes)
      const before = World.bytesIn(objects)
      yield* World.removeCheckpoints(host, id)
      for (let i = 0; i < 3; i++) yield* Effect.andThen(host.collector.run(whole), sleep(2))
      assert.isBelow(World.bytesIn(objects), before / 2)
      assert.deepStrictEqual((yield* World.audit(store)).files, World.shown({ b: World.labels("b", 1) }))
    })))

  it.effect("packs that no record ever named stay for two weeks, unless everything is asked for", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { objects, store } = yield* World.bucket
        const host = yield* World.open({ store, seed: 3 })
        yield* World.put(host, { a: World.labels("a", 1) })
        // A part of a file that is still on its way.
        const fence = yield* host.lease.fence
        yield* World.partly(host, World.labels("part", 4), fence)
        const packs = World.packsIn(objects).length
        const daily = { maxRewrite: 0 }
        for (let day = 0; day < 14; day++) {
          const { condemned } = yield* host.collector.run(daily)
          yield* sleep(24)
          assert.strictEqual(condemned.count, 0, `day ${day}`)
        }
        assert.strictEqual(World.packsIn(objects).length, packs)
        assert.isAbove((yield* host.collector.run(daily)).condemned.count, 0)
        yield* Effect.andThen(sleep(2), host.collector.run(daily))
        assert.strictEqual(World.packsIn(objects).length, 1)
        yield* World.partly(host, World.labels("more", 4), fence)
        assert.isAbove((yield* host.collector.run(whole)).condemned.count, 0)
      }),
      30_000
    ))

  it.effect("so it is on a host that begins anew each day, and on one whose clock was ahead when they were found", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { objects, store } = yield* World.bucket
        const notes = new Map<string, Notes>()
        const life = <A, E>(seed: number, work: (host: World.Host) => Effect.Effect<A, E>) =>
          Effect.scoped(Effect.flatMap(World.open({ store, seed, notes }), work))
        const daily = { maxRewrite: 0 }
        yield* life(30, (host) =>
          Effect.gen(function*() {
            yield* World.put(host, { a: World.labels("a", 1) })
            yield* World.partly(host, World.labels("part", 4), yield* host.lease.fence)
          }))
        for (let day = 0; day < 14; day++) {
          const { condemned } = yield* life(31 + day, ({ collector }) => collector.run(daily))
          assert.strictEqual(condemned.count, 0, `day ${day}`)
          yield* sleep(24)
        }
        const { condemned } = yield* life(50, ({ collector }) => collector.run(daily))
        assert.isAbove(condemned.count, 0)
        yield* sleep(2)
        yield* life(51, ({ collector }) => collector.run(daily))
        assert.strictEqual(World.packsIn(objects).length, 1)
        for (const noted of notes.values()) assert.strictEqual(noted.unnamed.size, 0)

        const [id] = yield* life(
          52,
          (host) => Effect.flatMap(host.lease.fence, (fence) => World.partly(host, World.labels("late", 1), fence))
        )
        const [repository] = notes.keys()
        notes.set(repository!, { ...none, unnamed: new Map([[id!, (yield* World.now) + 400 * 86_400_000]]) })
        yield* life(53, ({ collector }) => collector.run(daily))
        assert.isAtMost(notes.get(repository!)!.unnamed.get(id!)!, yield* World.now)
      }),
      30_000
    ))

  it.effect("what a crash left is condemned once its term is over, and never while it is open", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const orphans = yield* Effect.scoped(Effect.gen(function*() {
        const host = yield* World.open({ store, seed: 4 })
        yield* World.put(host, { a: World.labels("a", 2) })
        const { term } = yield* host.lease.fence
        const ids = [1, 2].map((n) => ObjectKey.makeId(term, Buffer.alloc(16, n)))
        objects.set(ObjectKey.pack(ids[0]!), new Uint8Array(5000))
        objects.set(ObjectKey.segment(ids[1]!), new Uint8Array(700))
        const own = yield* host.collector.run(whole)
        assert.strictEqual(own.orphans, 0)
        return [ObjectKey.pack(ids[0]!), ObjectKey.segment(ids[1]!)]
      }))
      const next = yield* World.open({ store, seed: 5 })
      const { condemned, orphans: found } = yield* next.collector.run(whole)
      assert.strictEqual(found, 2)
      assert.strictEqual(condemned.bytes, 5700)
      for (const key of orphans) assert.isTrue(objects.has(key))
      yield* Effect.andThen(sleep(2), next.collector.run(whole))
      // The segment waits for a base that was written since.
      yield* Effect.andThen(sleep(2), next.collector.run(whole))
      for (const key of orphans) assert.isFalse(objects.has(key), key)
      yield* World.audit(store)
    })))

  it.effect("an object that is in use and not listed, or of another size, voids the run", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 6 })
      yield* World.put(host, { a: World.labels("a", 4), b: World.labels("b", 4) })
      yield* World.put(host, { a: null })
      yield* World.merge(host)
      yield* host.collector.run(whole)
      yield* sleep(2)
      const live = yield* host.repository.head
      const [pack] = live.packs.inline.keys()
      const key = ObjectKey.pack(pack!)
      const bytes = objects.get(key)!
      for (const damage of [undefined, bytes.subarray(1)]) {
        if (damage === undefined) objects.delete(key)
        else objects.set(key, damage)
        const before = objects.size
        const error = yield* Effect.flip(host.collector.run(whole))
        assert.strictEqual(error._tag, "CollectionVoid")
        assert.include(error.message, pack!)
        assert.strictEqual(objects.size, before)
        assert.strictEqual((yield* host.repository.head).condemned.size, live.condemned.size)
      }
      objects.set(key, bytes)
      assert.isAbove((yield* host.collector.run(whole)).deleted.count, 0)
    })))

  it.effect("a condemned object that is in use stops all deletion by a commit, and nothing is deleted", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 7 })
      yield* World.put(host, { a: World.labels("a", 4) })
      const fence = yield* host.lease.fence
      yield* host.repository.flush(fence)
      const state = yield* host.repository.head
      const [pack] = [...state.packs.inline.values()]
      // What no planner does.
      yield* host.repository.commit(() =>
        Effect.succeed([{
          _tag: "ObjectsCondemned",
          objects: [{ kind: "pack", id: pack!.ref.id, size: pack!.ref.size }]
        }]), fence)
      yield* sleep(3)
      const before = objects.size
      const error = yield* Effect.flip(host.collector.run(whole))
      assert.strictEqual(error._tag, "CollectionVoid")
      assert.include(error.message, pack!.ref.id)
      const head = yield* host.repository.head
      assert.include(head.deletionStopped?.reason, pack!.ref.id)
      assert.isAtLeast(objects.size, before)
      const again = yield* host.collector.run(whole)
      assert.include(again.stopped, pack!.ref.id)
      assert.isTrue(objects.has(ObjectKey.pack(pack!.ref.id)))
    })))
})
