/** A bucket that was set back to an older copy, as hosts notice that saw more of it before. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { epochStride, sequenceStride } from "../../src/domain/repository/Timeline.ts"
import { ObjectNotFound, ObjectStore, StoreRefused } from "../../src/services/ObjectStore.ts"
import type { Seen } from "../../src/services/Witness.ts"
import { adding, aged, bucketD, inVirtualTime, open, opening } from "../harness/Hosts.ts"

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

describe("no fork", () => {
  /** A running host that has seen its own commits, and a store of which it sees what the test lets it see. */
  const hazy = Effect.fnUntraced(function*() {
    const { objects, store } = yield* bucketD
    const haze = {
      /** Listings left that do not show `hidden`, and what is asked of the log. */
      listings: 0,
      hidden: (_key: string): boolean => false,
      gets: (_key: string): boolean => false,
      put: (_key: string): void => {}
    }
    const puts: Array<string> = []
    const seen = ObjectStore.of({
      ...store,
      list: (prefix, after) =>
        Stream.suspend(() => {
          if (haze.listings <= 0) return store.list(prefix, after)
          if (prefix === "log/") haze.listings--
          return Stream.filter(store.list(prefix, after), ({ key }) => !haze.hidden(key))
        }),
      get: (key, range) => haze.gets(key) ? Effect.fail(new ObjectNotFound({ key })) : store.get(key, range),
      put: (key, body) =>
        Effect.suspend(() => {
          if (key.startsWith("log/")) puts.push(key)
          haze.put(key)
          return store.put(key, body)
        })
    })
    const memory = new Map<string, Seen>()
    const host = yield* open({ store: seen, memory, seed: 40 })
    for (const name of ["a", "b", "c"]) yield* host.repository.commit(adding("d", name))
    const head = yield* host.repository.head
    puts.length = 0
    return { haze, head, host, memory, objects, puts, seen, store }
  })
  const now = Effect.clockWith((clock) => clock.currentTimeMillis)

  it.effect("when another process of this host commits while this one opens", () =>
    inVirtualTime(Effect.gen(function*() {
      const { head, host, memory, puts, store } = yield* hazy()
      let once = true
      const busy = ObjectStore.of({
        ...store,
        list: (prefix, after) =>
          Stream.concat(
            store.list(prefix, after),
            Stream.fromEffectDrain(Effect.suspend(() => {
              if (prefix !== "log/" || !once) return Effect.void
              once = false
              return Effect.orDie(host.repository.commit(adding("d", "meanwhile")))
            }))
          )
      })
      const state = yield* opening(busy, memory)
      assert.isFalse(once)
      assert.strictEqual(state.epoch, head.epoch)
      yield* host.repository.refresh
      assert.strictEqual((yield* host.repository.head).position, head.position + 1)
      assert.strictEqual(puts.length, 1)
    })))

  for (
    const [title, listings, hides] of [
      ["for a moment", 2, 1],
      ["for long", 500, 1],
      ["nor those before it, for long", 500, 3]
    ] as const
  ) {
    it.effect(`when the listing does not show this host's own newest entry, ${title}`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { haze, head, host, memory, puts, seen } = yield* hazy()
        haze.hidden = (key) => key > ObjectKey.log(head.position - hides) && key.startsWith("log/")
        haze.listings = listings
        assert.deepStrictEqual((yield* host.repository.refresh).digest, head.digest)
        assert.deepStrictEqual((yield* opening(seen, memory)).digest, head.digest)
        assert.deepStrictEqual(puts, [])
        assert.strictEqual((yield* host.repository.commit(adding("d", "on")))?.commit.position, head.position + 1)
      })))
  }

  it.effect("when a listing shows nothing at all of a log that is there", () =>
    inVirtualTime(Effect.gen(function*() {
      const { haze, head, host, memory, puts, seen } = yield* hazy()
      haze.hidden = (key) => key.startsWith("log/")
      haze.listings = 2
      assert.deepStrictEqual((yield* host.repository.refresh).digest, head.digest)
      haze.listings = 1
      assert.deepStrictEqual((yield* opening(seen, memory)).digest, head.digest)
      assert.deepStrictEqual(puts, [])
    })))

  it.effect("when the newest entry is neither listed nor found for a moment", () =>
    inVirtualTime(Effect.gen(function*() {
      const { haze, head, host, puts } = yield* hazy()
      const key = ObjectKey.log(head.position)
      let absent = 1
      haze.hidden = (name) => name === key
      haze.listings = 2
      haze.gets = (name) => name === key && absent-- > 0
      assert.deepStrictEqual((yield* host.repository.refresh).digest, head.digest)
      assert.isBelow(absent, 1)
      assert.deepStrictEqual(puts, [])
    })))

  it.effect("when it is found after all by who is about to record one, and loses the race to it", () =>
    inVirtualTime(Effect.gen(function*() {
      const { haze, head, host, puts } = yield* hazy()
      const key = ObjectKey.log(head.position)
      let blind = true
      haze.hidden = (name) => name === key
      haze.listings = 1000
      haze.gets = (name) => blind && name === key
      haze.put = () => {
        blind = false
        haze.listings = 0
      }
      const state = yield* host.repository.refresh
      assert.deepStrictEqual(puts, [key], "it was taken for one")
      assert.deepStrictEqual(state.digest, head.digest)
    })))

  it.effect("when what was seen was trimmed, and an old listing shows neither the end of the log nor the newest base", () =>
    inVirtualTime(Effect.gen(function*() {
      const { haze, memory, head, host, objects, puts, seen } = yield* hazy()
      const fence = yield* host.lease.fence
      for (const round of ["one", "two"]) {
        yield* host.repository.commit(adding("d", round), fence)
        yield* host.repository.flush(fence)
      }
      const after = yield* host.repository.head
      const bases = new Set([...objects.keys()].filter((key) => key.startsWith("base/")))
      for (let at = 1; at <= head.position; at++) objects.delete(ObjectKey.log(at))
      const own = new Map([[host.repository.id, { position: head.position, digest: head.digest }]])
      puts.length = 0
      haze.hidden = (key) => bases.has(key) || key >= ObjectKey.log(2) && key.startsWith("log/")
      haze.listings = 1
      assert.deepStrictEqual((yield* opening(seen, own)).digest, after.digest)
      assert.deepStrictEqual((yield* opening(seen, memory)).digest, after.digest)
      assert.deepStrictEqual(puts, [])
    })))

  it.effect("but an error, when an entry stays out of sight that must be there; it was not asked for without a pause", () =>
    inVirtualTime(Effect.gen(function*() {
      const { haze, head, host, puts } = yield* hazy()
      const before = ObjectKey.log(head.position - 1)
      let gets = 0
      haze.hidden = (name) => name >= before && name.startsWith("log/")
      haze.listings = Infinity
      haze.gets = (name) => {
        gets++
        return name === before
      }
      const began = yield* now
      const error = yield* Effect.flip(host.repository.refresh)
      assert.match(error.message, /list log\/0+5: it exists, and it is not listed/)
      assert.strictEqual((yield* now) - began, 120_000)
      assert.isBelow(gets, 120)
      assert.deepStrictEqual(puts, [])
      haze.listings = 0
      haze.gets = () => false
      assert.deepStrictEqual((yield* host.repository.refresh).digest, head.digest)
    })))
})
