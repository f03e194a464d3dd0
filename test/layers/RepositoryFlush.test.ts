/** How records and packs leave the log for segments and bases, and what opening costs then. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Base from "../../src/domain/repository/Base.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { adding, bucketD, committed, inVirtualTime, open, openDetached } from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"

describe("flushing", () => {
  it.effect("happens by itself after 64 commits; opening is cheap, and gives the same state", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      const fence = yield* host.lease.fence
      for (let at = 0; at < 70; at++) yield* host.repository.commit(adding("d", `f${at % 50}`), fence)
      const head = yield* host.repository.head
      // Commit 64 is followed by the flush, commit 65, and its base.
      assert.strictEqual(head.basePosition, 65)
      assert.strictEqual(head.position, 74)
      const faulty = FaultyStore.make(store)
      const reader = yield* open({ store: faulty.store, seed: 12 })
      assert.strictEqual((yield* reader.repository.head).position, 74)
      // marker, bases, base, log, 9 entries, bases again
      assert.strictEqual(faulty.requests.length, 14)
      // From the log alone: hide the base.
      const hiding = ObjectStore.of({
        ...store,
        list: (prefix, after) => prefix === "base/" ? Stream.empty : store.list(prefix, after)
      })
      const folding = yield* open({ store: hiding, seed: 13 })
      yield* host.repository.flush(fence)
      const flushed = yield* reader.repository.refresh
      const folded = yield* folding.repository.refresh
      assert.strictEqual(flushed.basePosition, 75)
      assert.deepStrictEqual(Base.encode(folded), Base.encode(flushed))
      const fresh = FaultyStore.make(store)
      yield* open({ store: fresh.store, seed: 14 })
      assert.deepStrictEqual(fresh.requests.map((request) => request.operation), ["get", "list", "get", "list"])
    })))

  const relabelled = (at: number) => () =>
    Effect.succeed([{ _tag: "FolderRelabelled" as const, folder: "d", label: `${at}` }])

  it.effect("a base comes also when there are only commits without a term, and nothing to move", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* bucketD
      const faulty = FaultyStore.make(store)
      const { repository } = yield* open({ store: faulty.store, seed: 10 })
      for (let at = 0; at < 150; at++) yield* repository.commit(relabelled(at))
      assert.deepStrictEqual(
        [...objects.keys()].filter((key) => key.startsWith("base/")),
        [ObjectKey.base(64), ObjectKey.base(128)]
      )
      // No segment, and no commit of its own.
      assert.strictEqual((yield* repository.head).position, 152)
      assert.deepStrictEqual(
        faulty.requests.filter(({ key, operation }) => operation === "put" && key.startsWith("segment/")),
        []
      )
      const fresh = yield* open({ store, seed: 11 })
      assert.deepStrictEqual(Base.encode(yield* fresh.repository.head), Base.encode(yield* repository.head))
    })))

  it.effect("without a term nothing is moved; the next commit under one does it", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      const fence = yield* host.lease.fence
      yield* host.repository.commit(adding("d", "inline"), fence)
      for (let at = 0; at < 80; at++) yield* host.repository.commit(relabelled(at))
      assert.isFalse([...objects.keys()].some((key) => /^(base|segment)\//.test(key)))
      yield* host.repository.commit(adding("d", "more"), fence)
      const head = yield* host.repository.head
      assert.strictEqual(head.basePosition, head.position)
      assert.isTrue(objects.has(ObjectKey.base(head.position)))
    })))

  // The clock stands still: the end of a term does not wait long.
  it.effect("happens when a term ends, and a term that another ended moves nothing", () =>
    Effect.scoped(Effect.gen(function*() {
      const { objects, store } = yield* bucketD
      const first = yield* openDetached({ store, seed: 10 })
      yield* first.repository.commit(adding("d", "a"), yield* first.lease.fence)
      const second = yield* openDetached({ store, seed: 11 })
      yield* second.repository.commit(adding("d", "b"), yield* second.lease.fence)
      yield* first.close
      assert.isFalse([...objects.keys()].some((key) => key.startsWith("base/")))
      const { position } = yield* second.repository.head
      yield* second.close
      assert.isTrue(objects.has(ObjectKey.base(position + 1)))
      // A term in which nothing was written leaves a base too, and no commit beside its own.
      const third = yield* openDetached({ store, seed: 12 })
      yield* third.lease.fence
      yield* third.close
      assert.isTrue(objects.has(ObjectKey.base(position + 2)))
      assert.isFalse(objects.has(ObjectKey.log(position + 3)))
    })))

  it.effect("happens by itself after 4 MiB of log", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      const fence = yield* host.lease.fence
      const random = Seeded.make(1)
      const noise = () => Buffer.from(random.bytes(120)).toString("base64url")
      for (let commits = 0; commits < 20; commits++) {
        const names = Array.from({ length: 2000 }, noise)
        yield* host.repository.commit(adding("d", ...names), fence)
        if ((yield* host.repository.head).basePosition > 0) break
      }
      const head = yield* host.repository.head
      assert.isAbove(head.basePosition, 0)
      assert.isBelow(head.position, 24)
      assert.strictEqual(head.inlineBytes, 0)
    })))

  it.effect("moves packs to the pack table when they are many", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      const fence = yield* host.lease.fence
      const packs = Array.from({ length: 600 }, (_, at) => ({
        id: ObjectKey.makeId(fence.term, new Uint8Array(16).map((_, byte) => byte === 0 ? at >> 8 : at)),
        size: 1000 + at,
        trailerLength: 100,
        blocks: 1,
        bytes: 900
      }))
      yield* host.repository.commit(() => Effect.succeed([{ _tag: "PacksAdded", packs }]), fence)
      yield* host.repository.flush(fence)
      const head = yield* host.repository.head
      assert.strictEqual(head.packs.inline.size, 0)
      assert.strictEqual(head.packs.flushed.size, 600)
      const reader = yield* open({ store, seed: 12 })
      assert.deepStrictEqual(yield* reader.repository.pack(packs[77]!.id), packs[77])
      const after = yield* reader.repository.head
      assert.strictEqual(after.packs.flushed.size, 600)
      assert.deepStrictEqual(Base.encode(after), Base.encode(head))
    })))

  it.effect("that fails harms no commit, and is tried again later", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let broken = true
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) =>
          broken && operation === "put" && /^(segment|base)\//.test(key) ? "fail" : undefined
      })
      const host = yield* open({ store: faulty.store, seed: 10 })
      const fence = yield* host.lease.fence
      for (let at = 0; at < 75; at++) assert.isDefined(yield* host.repository.commit(adding("d", `f${at}`), fence))
      assert.strictEqual((yield* host.repository.head).basePosition, 0)
      const tries = faulty.requests.filter(({ key, operation }) => operation === "put" && key.startsWith("segment/"))
      assert.strictEqual(tries.length, 1)
      broken = false
      for (let at = 0; at < 10; at++) yield* host.repository.commit(adding("d", `g${at}`), fence)
      assert.isAbove((yield* host.repository.head).basePosition, 0)
    })))

  it.effect("names no segment whose name another object has, or that is not there", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* bucketD
      let trouble: "none" | "other" | "absent" = "none"
      const host = yield* open({
        store: {
          ...store,
          put: (key, body) =>
            Effect.suspend(() => {
              if (!key.startsWith("segment/") || trouble === "none") return store.put(key, body)
              if (trouble === "other") objects.set(key, new Uint8Array(Buffer.concat(body)).fill(0, -40))
              return Effect.succeed("Exists" as const)
            })
        },
        seed: 10
      })
      const fence = yield* host.lease.fence
      yield* host.repository.commit(adding("d", "a"), fence)
      for (const [kind, words] of [["other", /another object has this name/], ["absent", /is not there/]] as const) {
        trouble = kind
        const before = yield* host.repository.head
        const error = yield* Effect.flip(host.repository.flush(fence))
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.match(error.message, words)
        assert.strictEqual((yield* host.repository.head).position, before.position)
      }
      trouble = "none"
      yield* host.repository.flush(fence)
      const head = yield* host.repository.head
      assert.strictEqual(head.basePosition, head.position)
      // A lost reply is none of these.
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "put" && key.startsWith("segment/") ? "twice" : undefined
      })
      const other = yield* open({ store: faulty.store, seed: 11 })
      const next = yield* other.lease.fence
      yield* other.repository.commit(adding("d", "b"), next)
      yield* other.repository.flush(next)
      assert.deepStrictEqual(yield* committed(store), ["a", "b"])
    })))

  it.effect("leaves every commit readable, from any position, by any host", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const host = yield* open({ store, seed: 10 })
      const fence = yield* host.lease.fence
      for (let at = 0; at < 140; at++) yield* host.repository.commit(adding("d", `f${at}`), fence)
      const reader = yield* open({ store, seed: 12 })
      const { position } = yield* reader.repository.head
      for (const from of [0, 1, 63, 64, 65, 66, 130, 131, position]) {
        const seen = yield* Stream.runCollect(reader.repository.commitsAfter(from))
        assert.deepStrictEqual(
          seen.map(({ commit }) => commit.position),
          Array.from({ length: position - from }, (_, at) => from + 1 + at)
        )
        assert.deepStrictEqual(seen.map(({ state }) => state.position), seen.map(({ commit }) => commit.position))
      }
      yield* store.remove(Array.from({ length: 20 }, (_, at) => ObjectKey.log(at + 1)))
      const error = yield* Effect.flip(Stream.runCollect(reader.repository.commitsAfter(5)))
      assert.strictEqual(error._tag, "RepositoryCorrupt")
      assert.strictEqual((yield* Stream.runCollect(reader.repository.commitsAfter(65))).length, position - 65)
    })))
})
