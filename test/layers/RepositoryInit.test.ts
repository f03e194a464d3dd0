/** Making a repository: in an empty place, by several at once, in bad weather, after crashes, on stores that lie. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { bucket, init, inVirtualTime, open, openOrInit } from "../harness/Hosts.ts"

const empty = () => {
  const objects = new Map<string, Uint8Array>()
  return { objects, store: ObjectStoreMemory.make(objects) }
}

/** There is one repository, complete, and nothing else but what lies in tmp/. */
const complete = Effect.fnUntraced(function*(objects: ReadonlyMap<string, Uint8Array>, store: ObjectStore["Service"]) {
  const { repository } = yield* open({ store, seed: 99 })
  const head = yield* repository.head
  assert.strictEqual(head.position, 1)
  assert.isDefined(head.identity)
  const keys = [...objects.keys()].filter((key) => !key.startsWith("tmp/")).toSorted()
  assert.deepStrictEqual(keys, [ObjectKey.log(1), ObjectKey.marker])
  return repository.id
})

describe("init", () => {
  it.effect("makes a repository in an empty place, and adopts it the next time", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = empty()
      const made = yield* init({ store, seed: 1 })
      assert.isTrue(made.created)
      assert.strictEqual(yield* complete(objects, store), made.repository)
      assert.deepStrictEqual([...objects.keys()].filter((key) => key.startsWith("tmp/")), [], "the probe is gone")
      assert.deepStrictEqual(yield* init({ store, seed: 2 }), {
        repository: made.repository,
        created: false,
        encrypted: false
      })
      assert.deepStrictEqual(yield* openOrInit({ store, seed: 3 }), {
        repository: made.repository,
        created: false,
        encrypted: false
      })
      assert.strictEqual(yield* complete(objects, store), made.repository)
    })))

  it.effect("does not mind what lies in tmp/", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = empty()
      objects.set("tmp/half", new Uint8Array(9))
      assert.isTrue((yield* openOrInit({ store, seed: 1 })).created)
      yield* complete(objects, store)
    })))

  it.effect("refuses a place that holds other things, and changes nothing there", () =>
    inVirtualTime(Effect.gen(function*() {
      for (const key of ["holiday.jpg", "a/b/c", "zzz", "log", "lease"]) {
        const { objects, store } = empty()
        objects.set(key, new Uint8Array(3))
        const error = yield* Effect.flip(init({ store, seed: 1 }))
        assert.strictEqual(error._tag, "LocationNotEmpty", key)
        assert.include(error.message, key)
        assert.deepStrictEqual([...objects.keys()], [key])
      }
    })))

  it.effect("never begins anew where a repository lost a part", () =>
    inVirtualTime(Effect.gen(function*() {
      const lost: ReadonlyArray<readonly [string, (key: string) => boolean]> = [
        ["marker", (key) => key === ObjectKey.marker],
        ["log", (key) => key.startsWith("log/")]
      ]
      for (const [what, gone] of lost) {
        const { objects, store } = yield* bucket
        objects.set("pack/00/1-00000000000000000000000000000000", new Uint8Array(3))
        for (const key of objects.keys()) if (gone(key)) objects.delete(key)
        const before = [...objects.keys()]
        const error = yield* Effect.flip(init({ store, seed: 1 }))
        assert.strictEqual(error._tag, "RepositoryCorrupt", what)
        assert.strictEqual((yield* Effect.flip(openOrInit({ store, seed: 1 })))._tag, "RepositoryCorrupt", what)
        assert.deepStrictEqual([...objects.keys()], before)
      }
    })))

  it.effect("takes a listing that fails or breaks off for no listing", () =>
    inVirtualTime(Effect.gen(function*() {
      for (const fault of ["fail", "lose"] as const) {
        const { objects, store } = empty()
        const faulty = FaultyStore.make(store, {
          decide: ({ key, operation }) => operation === "list" && key === "" ? fault : undefined
        })
        assert.strictEqual((yield* Effect.flip(init({ store: faulty.store, seed: 1 })))._tag, "StoreUnavailable")
        assert.strictEqual(objects.size, 0)
      }
    })))

  const lying: Record<
    string,
    (store: ObjectStore["Service"], objects: Map<string, Uint8Array>) => ObjectStore["Service"]["put"]
  > = {
    "overwrites": (store, objects) => (key, body) =>
      Effect.suspend(() => {
        objects.delete(key)
        return store.put(key, body)
      }),
    "overwrites, and says that it did not": (store, objects) => (key, body) =>
      Effect.suspend(() => {
        const exists = objects.delete(key)
        return Effect.as(store.put(key, body), exists ? "Exists" : "Created")
      }),
    "says that it created what it left alone": (store) => (key, body) => Effect.as(store.put(key, body), "Created"),
    "loses what it created": (store, objects) => (key, body) =>
      Effect.tap(store.put(key, body), () => Effect.sync(() => objects.delete(key))),
    "decides only between puts that do not overlap": (store, objects) => (key, body) =>
      Effect.suspend(() => {
        if (objects.has(key)) return Effect.succeed("Exists")
        return Effect.andThen(
          Effect.sleep("1 second"),
          Effect.suspend(() => {
            objects.delete(key)
            return store.put(key, body)
          })
        )
      })
  }
  for (const [how, make] of Object.entries(lying)) {
    it.effect(`refuses a store that ${how}`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { objects, store } = empty()
        const liar = ObjectStore.of({ ...store, put: make(store, objects) })
        const error = yield* Effect.flip(init({ store: liar, seed: 1 }))
        assert.strictEqual(error._tag, "StoreRefused")
        assert.include(error.message, "conditional creation")
        assert.isFalse(objects.has(ObjectKey.marker))
      })))
  }

  it.effect("accepts a store that cannot decide at once between racers", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = empty()
      let busy = 0
      const hesitant = ObjectStore.of({
        ...store,
        put: (key, body) =>
          Effect.gen(function*() {
            busy++
            yield* Effect.sleep(10)
            const conflict = busy > 1
            busy--
            if (conflict) return yield* new StoreUnavailable({ operation: "put", key, reason: "409 conflict" })
            return yield* store.put(key, body)
          })
      })
      yield* init({ store: hesitant, seed: 1 })
      yield* complete(objects, store)
    })))

  it.effect("takes a store that decides no race at all for one that is away", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = empty()
      const undecided = ObjectStore.of({
        ...store,
        put: (key, body) =>
          key.endsWith("-2")
            ? Effect.fail(new StoreUnavailable({ operation: "put", key, reason: "409" }))
            : store.put(key, body)
      })
      assert.strictEqual((yield* Effect.flip(init({ store: undecided, seed: 1 })))._tag, "StoreUnavailable")
      assert.isFalse(objects.has(ObjectKey.marker))
    })))

  it.effect("by several hosts at once makes one repository, in any weather", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 60; seed++) {
        const run = Effect.gen(function*() {
          const { objects, store } = empty()
          const hosts = [0, 1, 2].map((host) =>
            FaultyStore.make(store, { seed: seed * 3 + host, fail: 0.1, lose: 0.1, delay: 300 })
          )
          const until = (faulty: FaultyStore.Faulty, host: number) =>
            Effect.retry(Effect.suspend(() => init({ store: faulty.store, seed: seed * 3 + host })), {
              while: (error) => error._tag === "StoreUnavailable",
              times: 50
            })
          const made = yield* Effect.forEach(hosts, until, { concurrency: "unbounded" })
          const id = yield* complete(objects, store)
          for (const { repository } of made) assert.strictEqual(repository, id, `seed ${seed}`)
          assert.isAtMost(made.filter(({ created }) => created).length, 1, `seed ${seed}`)
          return hosts.map((host) => host.history.join("\n")).join("\n\n")
        })
        const first = yield* inVirtualTime(run)
        if (seed % 10 === 0) assert.isAbove(first.length, 0)
      }
    }))

  it.effect("that dies at any request is finished by the next, whoever runs it", () =>
    Effect.gen(function*() {
      const dry = empty()
      const whole = FaultyStore.make(dry.store)
      yield* inVirtualTime(init({ store: whole.store, seed: 1 }))
      const requests = whole.requests.length
      assert.isAbove(requests, 10)
      for (let at = 0; at < requests; at++) {
        for (const fault of ["crash before", "crash after"] as const) {
          yield* inVirtualTime(Effect.gen(function*() {
            const { objects, store } = empty()
            const faulty = FaultyStore.make(store, { decide: ({ index }) => index === at ? fault : undefined })
            const exit = yield* Effect.exit(init({ store: faulty.store, seed: 1 }))
            assert.strictEqual(exit._tag, "Failure", `request ${at}`)
            const marker = objects.has(ObjectKey.marker)
            if (!marker || !objects.has(ObjectKey.log(1))) {
              const error = yield* Effect.flip(Effect.scoped(open({ store, seed: 3 })))
              assert.strictEqual(error._tag, "RepositoryAbsent", `${fault} ${at}`)
            }
            const made = yield* init({ store, seed: 2 })
            assert.strictEqual(made.created, !marker)
            assert.strictEqual(yield* complete(objects, store), made.repository)
          }))
        }
      }
    }))

  it.effect("lists what it made", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = empty()
      yield* init({ store, seed: 1 })
      const keys = yield* Stream.runCollect(Stream.map(store.list(""), (entry) => entry.key))
      assert.deepStrictEqual(keys, [ObjectKey.log(1), ObjectKey.marker])
    })))
})
