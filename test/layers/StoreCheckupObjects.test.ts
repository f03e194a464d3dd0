import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as StoreCheckupObjects from "../../src/layers/StoreCheckupObjects.ts"
import { ObjectStore, StoreRefused, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { StoreCheckup } from "../../src/services/StoreCheckup.ts"

type Store = ObjectStore["Service"]
type Objects = Map<string, Uint8Array>

const checkUp = (store: Store, bytes = 100_000) =>
  Effect.flatMap(StoreCheckup, (checkup) => Stream.runCollect(checkup.run({ bytes }))).pipe(
    Effect.provide(StoreCheckupObjects.layer.pipe(Layer.provide(Layer.succeed(ObjectStore, store)))),
    Effect.scoped
  )

const memory = (objects: Objects = new Map()) => ObjectStoreMemory.make(objects)

const unavailable = (operation: string) => new StoreUnavailable({ operation, key: "", reason: "it is away" })
const refused = new StoreRefused({
  operation: "remove",
  location: "there",
  reason: "no s3:DeleteObject",
  mend: "allow it"
})

/** Stores that lie, each in its own way, and the check that must see it. */
const liars: ReadonlyArray<
  readonly [title: string, lie: (objects: Objects) => Partial<Store>, check: string, seen: RegExp]
> = [
  [
    "overwrites",
    (objects) => ({
      put: (key, body) =>
        Effect.sync(() => {
          objects.set(key, Uint8Array.from(Buffer.concat(body)))
          return "Created"
        })
    }),
    "create only if absent",
    /overwrites/
  ],
  [
    "says no and overwrites",
    (objects) => ({
      put: (key, body) =>
        Effect.sync(() => {
          const outcome = objects.has(key) ? "Exists" : "Created"
          objects.set(key, Uint8Array.from(Buffer.concat(body)))
          return outcome
        })
    }),
    "create only if absent",
    /overwrites/
  ],
  [
    "looks before it leaps",
    (objects) => ({
      put: (key, body) =>
        Effect.gen(function*() {
          if (objects.has(key)) return "Exists" as const
          yield* Effect.yieldNow
          objects.set(key, Uint8Array.from(Buffer.concat(body)))
          return "Created" as const
        })
    }),
    "create only if absent",
    /writers were told that they created one object/
  ],
  [
    "lists late",
    (objects) => ({
      list: (prefix, after) => Stream.drop(memory(objects).list(prefix, after), prefix === "list/" ? 1 : 0)
    }),
    "list",
    /missing from a listing/
  ],
  [
    "lists in another order",
    (objects) => ({
      list: (prefix, after) =>
        Stream.unwrap(
          Effect.map(Stream.runCollect(memory(objects).list(prefix, after)), (entries) =>
            Stream.fromIterable(entries.toReversed()))
        )
    }),
    "list",
    /byte order/
  ],
  [
    "ignores where a listing begins",
    (objects) => ({ list: (prefix) => memory(objects).list(prefix) }),
    "list",
    /from the middle/
  ],
  ["ignores ranges", (objects) => ({ get: (key) => memory(objects).get(key) }), "read ranges", /bytes 0 to 1/],
  [
    "makes things up",
    (objects) => ({
      get: (key, range) =>
        Effect.catchTag(memory(objects).get(key, range), "ObjectNotFound", () => Effect.succeed(new Uint8Array(0)))
    }),
    "absence",
    /never put/
  ],
  ["keeps what was deleted", () => ({ remove: () => Effect.void }), "delete", /still listed/],
  ["may not delete", () => ({ remove: () => Effect.fail(refused) }), "clean up", /s3:DeleteObject/],
  ["has another time", () => ({ now: Effect.succeed(3_600_000) }), "clock", /3600\.0 s behind/],
  ["is away", () => ({ put: () => Effect.fail(unavailable("put")) }), "write and read", /it is away/],
  [
    "loses large objects",
    (objects) => ({
      put: (key, body) => memory(objects).put(key, key === "large" ? body.slice(1) : body)
    }),
    "throughput",
    /does not read back/
  ]
]

describe("a store's check-up", () => {
  it.effect("finds nothing wrong with a good one, and leaves nothing", () =>
    Effect.gen(function*() {
      const objects: Objects = new Map()
      const findings = yield* checkUp(memory(objects))
      assert.deepStrictEqual(findings.filter((finding) => finding.verdict !== "ok"), [])
      assert.deepStrictEqual(findings.map((finding) => finding.check), [
        "write and read",
        "create only if absent",
        "list",
        "read ranges",
        "absence",
        "delete",
        "clock",
        "latency",
        "throughput",
        "clean up"
      ])
      assert.strictEqual(objects.size, 0)
      assert.isUndefined((yield* checkUp(memory(), 0)).find((finding) => finding.check === "throughput"))
    }))

  for (const [title, lie, check, seen] of liars) {
    it.effect(`sees one that ${title}`, () =>
      Effect.gen(function*() {
        const objects: Objects = new Map()
        const findings = yield* checkUp({ ...memory(objects), ...lie(objects) })
        const finding = findings.find((finding) => finding.check === check)
        assert.isDefined(finding)
        assert.notStrictEqual(finding?.verdict, "ok")
        assert.match(finding?.seen ?? "", seen)
        assert.isAbove(finding?.mend?.length ?? 0, 0)
      }))
  }

  it.effect("takes an answer that was lost and asked for again for what it is", () =>
    Effect.gen(function*() {
      const store = memory()
      const findings = yield* checkUp({
        ...store,
        put: (key, body) =>
          key === "first" ? Effect.andThen(store.put(key, body), store.put(key, body)) : store.put(key, body)
      })
      assert.deepStrictEqual(findings.filter((finding) => finding.verdict !== "ok"), [])
    }))

  it.effect("stops at once when nothing can be written, and says it once", () =>
    Effect.gen(function*() {
      const findings = yield* checkUp({ ...memory(), put: () => Effect.fail(unavailable("put")) })
      assert.deepStrictEqual(findings.map((finding) => finding.check), ["write and read", "clean up"])
    }))

  it.effect("cleans up when it is interrupted", () =>
    Effect.gen(function*() {
      const objects: Objects = new Map()
      const slow: Store = {
        ...memory(objects),
        get: (key, range) => Effect.andThen(Effect.sleep("1 second"), memory(objects).get(key, range))
      }
      const fiber = yield* Effect.forkChild(checkUp(slow))
      yield* TestClock.adjust("4 seconds")
      assert.isAbove(objects.size, 0)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(objects.size, 0)
    }))
})
