/** Opening what is damaged, newer, foreign, or moving. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as Base from "../../src/domain/repository/Base.ts"
import * as Commit from "../../src/domain/repository/Commit.ts"
import { openObject, sealObject } from "../../src/domain/repository/Envelope.ts"
import * as LogEntry from "../../src/domain/repository/LogEntry.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectNotFound, ObjectStore } from "../../src/services/ObjectStore.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { adding, aged, inVirtualTime, open, opening } from "../harness/Hosts.ts"

const keysOf = (objects: ReadonlyMap<string, Uint8Array>, prefix: string) =>
  [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted()

describe("opening", () => {
  it.effect("an empty place, or one that holds other things, finds no repository", () =>
    inVirtualTime(Effect.gen(function*() {
      const objects = new Map<string, Uint8Array>()
      const store = ObjectStoreMemory.make(objects)
      assert.strictEqual((yield* Effect.flip(opening(store)))._tag, "RepositoryAbsent")
      objects.set("holiday.jpg", new Uint8Array(10))
      assert.strictEqual((yield* Effect.flip(opening(store)))._tag, "RepositoryAbsent")
    })))

  it.effect("a store that is away is an error of its own", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* aged
      const requests = FaultyStore.make(store)
      yield* opening(requests.store)
      for (let at = 0; at < requests.requests.length; at++) {
        for (const fault of ["fail", "lose"] as const) {
          const faulty = FaultyStore.make(store, { decide: ({ index }) => index === at ? fault : undefined })
          assert.strictEqual((yield* Effect.flip(opening(faulty.store)))._tag, "StoreUnavailable", `request ${at}`)
        }
      }
    })))

  for (
    const [title, prefix, at] of [
      ["marker", "repository", 0],
      ["base", "base/", 0],
      ["pack table", "segment/", 1],
      ["first commit after the base", "log/", -3],
      ["last commit", "log/", -1]
    ] as const
  ) {
    it.effect(`says which object is damaged: the ${title}`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { objects, store } = yield* aged
        const keys = keysOf(objects, prefix)
        const key = prefix === "segment/"
          ? keys.find((key) => objects.get(key)!.length === Math.max(...keys.map((key) => objects.get(key)!.length)))!
          : keys.at(at)!
        const whole = objects.get(key)!
        const last = whole.length - 1
        for (const place of new Set([0, 3, 4, 6, 9, 20, Math.floor(last / 2), last - 33, last])) {
          const damaged = whole.slice()
          damaged[place]! ^= 0x40
          objects.set(key, damaged)
          const error = yield* Effect.flip(opening(store))
          assert.include(["RepositoryCorrupt", "RepositoryNewer"], error._tag, `${key} byte ${place}`)
          // Only version, suite and reserved bytes may look like the future.
          if (error._tag === "RepositoryNewer") assert.include([4, 5, 6, 7], place)
          if (error._tag === "RepositoryCorrupt") assert.strictEqual(error.key, key)
        }
        for (const length of [0, 1, 24, whole.length - 1]) {
          objects.set(key, whole.slice(0, length))
          const error = yield* Effect.flip(opening(store))
          assert.strictEqual(error._tag, "RepositoryCorrupt", `${key} cut to ${length}`)
        }
        objects.set(key, whole)
        yield* opening(store)
      })))
  }

  it.effect("an object under another's name is damage", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store, head } = yield* aged
      const own = objects.get(ObjectKey.log(head.position))!
      objects.set(ObjectKey.log(head.position), objects.get(ObjectKey.log(head.position - 1))!)
      const error = yield* Effect.flip(opening(store))
      assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, ObjectKey.log(head.position))
      objects.set(ObjectKey.log(head.position), own)
    })))

  it.effect("a gap in the log is damage; so is a log that is gone", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store, head } = yield* aged
      for (const missing of [head.position - 1, head.position - 2]) {
        const key = ObjectKey.log(missing)
        const bytes = objects.get(key)!
        objects.delete(key)
        const error = yield* Effect.flip(opening(store))
        assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, key)
        objects.set(key, bytes)
      }
      const marker = objects.get("repository")!
      objects.delete("repository")
      const unmarked = yield* Effect.flip(opening(store))
      assert.strictEqual(unmarked._tag === "RepositoryCorrupt" && unmarked.key, "repository")
      objects.set("repository", marker)
      for (const key of objects.keys()) if (/^(log|base)\//.test(key)) objects.delete(key)
      const error = yield* Effect.flip(opening(store))
      assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, ObjectKey.log(1))
      for (const key of objects.keys()) if (key !== "repository") objects.delete(key)
      assert.strictEqual((yield* Effect.flip(opening(store)))._tag, "RepositoryAbsent")
    })))

  it.effect("a pack table that is gone is damage", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store, head } = yield* aged
      const key = ObjectKey.segment(head.packs.segments[0]!)
      objects.delete(key)
      const error = yield* Effect.flip(opening(store))
      assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, key)
    })))

  it.effect("a commit that breaks a rule is damage, however well it is sealed", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store, head, sealing } = yield* aged
      const key = ObjectKey.log(head.position + 1)
      const forge = (change: Partial<Commit.Commit>) => {
        const bytes = Commit.encode({
          position: head.position + 1,
          previous: head.digest,
          term: 0,
          nonce: new Uint8Array(16),
          host: "forger",
          time: head.time,
          ops: [],
          ...change
        })
        objects.set(key, sealObject(sealing, key, new Uint8Array(32), bytes))
      }
      for (
        const change of [
          { previous: new Uint8Array(32) },
          { position: head.position + 2 },
          { term: head.epoch + 1 },
          { ops: [{ _tag: "FolderRelabelled" as const, folder: "absent", label: "" }] },
          { ops: [{ _tag: "EpochOpened" as const, epoch: head.epoch }], term: head.epoch }
        ]
      ) {
        forge(change)
        const error = yield* Effect.flip(opening(store))
        assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, key, JSON.stringify(Object.keys(change)))
      }
      forge({})
      assert.strictEqual((yield* opening(store)).position, head.position + 1)
    })))

  it.effect("a base that is not of its name, or names another table as packs, is damage", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, sealing, store } = yield* aged
      const key = keysOf(objects, "base/")[0]!
      const original = objects.get(key)!
      const payload = Result.getOrThrow(openObject(sealing, key, original))
      const state = Result.getOrThrow(Base.decode(payload))
      const elsewhere = ObjectKey.base(state.position + 1)
      objects.set(elsewhere, sealObject(sealing, elsewhere, new Uint8Array(32), payload))
      const misplaced = yield* Effect.flip(opening(store))
      assert.strictEqual(misplaced._tag === "RepositoryCorrupt" && misplaced.key, elsewhere)
      objects.delete(elsewhere)
      const [segment] = state.folders.get("d")!.segments
      const mistaken = { ...state, packs: { ...state.packs, segments: [segment!] } }
      objects.set(key, sealObject(sealing, key, new Uint8Array(32), Result.getOrThrow(Base.encode(mistaken))))
      const error = yield* Effect.flip(opening(store))
      assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, ObjectKey.segment(segment!))
    })))

  it.effect("says when it needs a newer program", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store, head, sealing } = yield* aged
      const key = ObjectKey.log(head.position + 1)
      const bytes = Commit.encode({
        position: head.position + 1,
        previous: head.digest,
        term: 0,
        nonce: new Uint8Array(16),
        host: "future",
        time: head.time,
        ops: []
      })
      // An operation of number 500, empty, where operations lie.
      const future = Buffer.concat([bytes, Buffer.from([0x82, 0x01, 0x03, 0xa2, 0x1f, 0x00])])
      objects.set(key, sealObject(sealing, key, new Uint8Array(32), future))
      const error = yield* Effect.flip(opening(store))
      assert.strictEqual(error._tag, "RepositoryNewer")
      assert.strictEqual(
        (yield* Effect.scoped(Effect.gen(function*() {
          objects.delete(key)
          const { repository } = yield* open({ store, seed: 12 })
          objects.set(key, sealObject(sealing, key, new Uint8Array(32), future))
          return yield* Effect.flip(repository.commit(adding("d", "x")))
        })))._tag,
        "RepositoryNewer"
      )
      objects.delete(key)
      const marker = objects.get("repository")!.slice()
      marker[5] = 2
      objects.set("repository", marker)
      assert.strictEqual((yield* Effect.flip(opening(store)))._tag, "RepositoryNewer")
    })))

  it.effect("an entry that is listed and not found is read again, then it is damage", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store, head } = yield* aged
      const key = ObjectKey.log(head.position)
      const shy = ObjectStore.of({
        ...store,
        get: (name, range) => name === key ? Effect.fail(new ObjectNotFound({ key })) : store.get(name, range)
      })
      const error = yield* Effect.flip(opening(shy))
      assert.strictEqual(error._tag, "RepositoryCorrupt")
    })))

  it.effect("begins again when the log was trimmed while it was read", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* aged
      const busy = yield* open({ store, seed: 20 })
      let moved = false
      const racing = ObjectStore.of({
        ...store,
        list: (prefix, after) =>
          Stream.unwrap(
            Effect.gen(function*() {
              const listing = store.list(prefix, after)
              if (prefix !== "base/" || moved) return listing
              moved = true
              const shown = yield* Stream.runCollect(listing)
              for (const round of [0, 1]) {
                const fence = yield* busy.lease.fence
                yield* Effect.orDie(busy.repository.commit(adding("d", `busy-${round}`), fence))
                yield* Effect.orDie(busy.repository.flush(fence))
              }
              const bases = [...objects.keys()].filter((key) => key.startsWith("base/")).toSorted()
              const older = ObjectKey.parse(bases.at(-2)!)
              const oldest = older?._tag === "Base" ? older.position : 0
              for (let at = 1; at < oldest; at++) objects.delete(ObjectKey.log(at))
              for (const base of bases.slice(0, -2)) objects.delete(base)
              return Stream.fromIterable(shown)
            }).pipe(Effect.orDie)
          )
      })
      const state = yield* opening(racing)
      assert.strictEqual(state.position, (yield* busy.repository.head).position)
      assert.isTrue(moved)
    })))

  /** A slow reader: whenever it listed the bases, `times` times, another host makes one and the tables of those before go. */
  const overtaken = Effect.fnUntraced(function*(times: number, isTable = (key: string) => key.startsWith("segment/")) {
    const { store } = yield* aged
    const busy = yield* open({ store, seed: 20 })
    let listed = 0
    const slow = ObjectStore.of({
      ...store,
      list: (prefix, after) =>
        Stream.unwrap(
          Effect.gen(function*() {
            const shown = yield* Stream.runCollect(store.list(prefix, after))
            if (prefix === "base/" && after === ObjectKey.base(0) && listed++ < times) {
              yield* Effect.sleep("2 hours")
              const fence = yield* busy.lease.fence
              yield* busy.repository.commit(adding("d", `busy-${listed}`), fence)
              yield* busy.repository.flush(fence)
            }
            return Stream.fromIterable(shown)
          }).pipe(Effect.orDie)
        ),
      get: (key, range) =>
        Effect.suspend(() =>
          isTable(key) && listed <= times ? Effect.fail(new ObjectNotFound({ key })) : store.get(key, range)
        )
    })
    return { busy, slow }
  })

  for (
    const [title, times, isTable] of [
      ["the pack table of a base was deleted while this host slept", 1, undefined],
      ["that happens again and again", 12, undefined],
      ["every base is deleted before it is read, again and again", 12, (key: string) => key.startsWith("base/")]
    ] as const
  ) {
    it.effect(`begins again at the newer base when ${title}`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { busy, slow } = yield* overtaken(times, isTable)
        const state = yield* opening(slow)
        assert.deepStrictEqual(state.digest, (yield* busy.repository.head).digest)
      })))
  }
})

it("a run of positions has its first gap", () => {
  assert.isUndefined(LogEntry.firstGap(0, []))
  assert.isUndefined(LogEntry.firstGap(4, [5, 6, 7]))
  assert.strictEqual(LogEntry.firstGap(4, [6, 7]), 5)
  assert.strictEqual(LogEntry.firstGap(4, [5, 7]), 6)
})
