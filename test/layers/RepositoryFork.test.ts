/** A bucket that was set back to an older copy, as hosts notice that saw more of it before. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { epochStride, sequenceStride } from "../../src/domain/repository/Timeline.ts"
import { ObjectStore, StoreRefused } from "../../src/services/ObjectStore.ts"
import type { Seen } from "../../src/services/Witness.ts"
import { adding, aged, inVirtualTime, open, opening } from "../harness/Hosts.ts"

describe("a fork", () => {
  /** A host that remembers, and the bucket set back by some commits. */
  const setBack = Effect.fnUntraced(function*(commits: number) {
    const { objects, store, head } = yield* aged
    const memory = new Map<string, Seen>()
    yield* opening(store, memory)
    assert.strictEqual([...memory.values()][0]?.position, head.position)
    for (let at = 0; at < commits; at++) objects.delete(ObjectKey.log(head.position - at))
    return { objects, store, head, memory }
  })

  const forks = Effect.fnUntraced(function*(store: ObjectStore["Service"]) {
    const { repository } = yield* open({ store, seed: 30 })
    const all = yield* Stream.runCollect(repository.commitsAfter(0))
    return all.filter(({ commit }) => commit.ops.some((op) => op._tag === "TimelineForked")).length
  })

  it.effect("is recorded before anything else, under new index ids and far higher counters", () =>
    inVirtualTime(Effect.gen(function*() {
      const { head, memory, store } = yield* setBack(2)
      const state = yield* opening(store, memory)
      assert.strictEqual(state.position, head.position - 1)
      assert.strictEqual(state.epoch, head.epoch + epochStride)
      assert.notStrictEqual(state.folders.get("d")?.indexId, head.folders.get("d")?.indexId)
      assert.strictEqual(state.folders.get("d")?.sequence, 3 + sequenceStride)
      assert.deepStrictEqual([...memory.values()], [{ position: state.position, digest: state.digest }])
      // The next run finds its own record, and nothing to do.
      assert.strictEqual((yield* opening(store, memory)).position, state.position)
      assert.strictEqual(yield* forks(store), 1)
      // The repository goes on.
      const host = yield* open({ store, memory, seed: 31 })
      const applied = yield* host.repository.commit(adding("d", "on"), yield* host.lease.fence)
      assert.strictEqual(applied?.state.folders.get("d")?.sequence, 4 + sequenceStride)
    })))

  it.effect("is noticed when the position is there, with another commit", () =>
    inVirtualTime(Effect.gen(function*() {
      const { head, memory, store } = yield* setBack(1)
      const { repository } = yield* open({ store, seed: 40 })
      yield* repository.commit(adding("d", "another"))
      yield* repository.commit(adding("d", "and more"))
      const state = yield* opening(store, memory)
      assert.strictEqual(state.epoch, head.epoch + epochStride)
      assert.strictEqual(yield* forks(store), 1)
    })))

  it.effect("is noticed below the newest base, too", () =>
    inVirtualTime(Effect.gen(function*() {
      const { head, memory, store } = yield* setBack(1)
      const host = yield* open({ store, seed: 40 })
      const fence = yield* host.lease.fence
      yield* host.repository.commit(adding("d", "another"), fence)
      yield* host.repository.flush(fence)
      assert.isAbove((yield* host.repository.head).basePosition, head.position)
      const before = yield* host.repository.head
      const state = yield* opening(store, memory)
      assert.strictEqual(state.position, before.position + 1)
      assert.strictEqual(state.epoch, before.epoch + epochStride)
    })))

  it.effect("is none when the log only went on, or was trimmed", () =>
    inVirtualTime(Effect.gen(function*() {
      const { head, memory, objects, store } = yield* setBack(0)
      const host = yield* open({ store, seed: 40 })
      const fence = yield* host.lease.fence
      yield* host.repository.commit(adding("d", "another"), fence)
      yield* host.repository.flush(fence)
      yield* host.repository.commit(adding("d", "more"), fence)
      const before = yield* host.repository.head
      const own = new Map(memory)
      assert.strictEqual((yield* opening(store, own)).position, before.position)
      for (let at = 1; at <= head.position; at++) objects.delete(ObjectKey.log(at))
      assert.strictEqual((yield* opening(store, new Map(memory))).position, before.position)
      assert.strictEqual((yield* opening(store)).position, before.position)
    })))

  it.effect("is noticed by a host that is running", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store, head } = yield* aged
      const host = yield* open({ store, seed: 40 })
      const fence = yield* host.lease.fence
      yield* host.repository.commit(adding("d", "lost"), fence)
      objects.delete(ObjectKey.log(head.position + 2))
      objects.delete(ObjectKey.log(head.position + 1))
      const state = yield* host.repository.refresh
      assert.strictEqual(state.position, head.position + 1)
      assert.strictEqual(state.epoch, head.epoch + epochStride)
      const fenced = yield* Effect.flip(host.repository.commit(adding("d", "x"), fence))
      assert.strictEqual(fenced._tag, "Fenced")
      yield* host.repository.commit(adding("d", "x"), yield* host.lease.fence)
      assert.strictEqual(yield* forks(store), 1)
    })))

  it.effect("that another host records while this one is about to is recorded once, and both go on", () =>
    inVirtualTime(Effect.gen(function*() {
      const { head, memory, store } = yield* setBack(2)
      const other = new Map(memory)
      let first = true
      const slow = ObjectStore.of({
        ...store,
        put: (key, body) =>
          Effect.suspend(() => {
            if (!first) return store.put(key, body)
            first = false
            return Effect.andThen(Effect.orDie(opening(store, other, 77)), store.put(key, body))
          })
      })
      const state = yield* opening(slow, memory)
      assert.isFalse(first)
      assert.strictEqual(state.epoch, head.epoch + epochStride)
      assert.strictEqual(yield* forks(store), 1)
      for (const seen of [memory, other]) {
        assert.deepStrictEqual([...seen.values()], [{ position: state.position, digest: state.digest }])
        assert.strictEqual((yield* opening(store, seen)).position, state.position)
      }
      assert.strictEqual(yield* forks(store), 1)
    })))

  it.effect("drops a commit whose outcome was not known: it belongs to the lost timeline", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store, head } = yield* aged
      let refused = false
      const strict = ObjectStore.of({
        ...store,
        put: (key, body) =>
          Effect.suspend(() =>
            refused
              ? Effect.fail(new StoreRefused({ operation: "put", location: "here", reason: "no", mend: "pay" }))
              : store.put(key, body)
          )
      })
      const { repository } = yield* open({ store: strict, seed: 40 })
      refused = true
      assert.strictEqual((yield* Effect.flip(repository.commit(adding("d", "unknown"))))._tag, "StoreRefused")
      refused = false
      objects.delete(ObjectKey.log(head.position))
      yield* repository.refresh
      const applied = yield* repository.commit(adding("d", "known"))
      assert.strictEqual(applied?.commit.position, head.position + 1)
      assert.deepStrictEqual((yield* opening(store)).digest, applied?.state.digest)
    })))

  it.effect("a store that lost everything but its marker is no fork, it is damage", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* aged
      const host = yield* open({ store, seed: 40 })
      for (const key of objects.keys()) if (/^(log|base)\//.test(key)) objects.delete(key)
      const error = yield* Effect.flip(host.repository.refresh)
      assert.strictEqual(error._tag, "RepositoryCorrupt")
    })))
})
