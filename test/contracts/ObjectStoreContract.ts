/**
 * What every store must keep, whatever it is made of. `store` must be empty at first; a slow or metered one may be given
 * `small` so that the suite puts hundreds of objects, not thousands, and megabytes, not tens of them. `histories` is the
 * number of random histories compared with a map.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, type Layer, Schema, Stream } from "effect"
import * as ObjectName from "../../src/domain/ObjectName.ts"
import { ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

const pattern = (size: number, seed: number) => {
  const out = new Uint8Array(size)
  for (let at = 0; at < size; at++) out[at] = (at * 31 + (at >>> 8) * 7 + seed) & 255
  return out
}

const keysOf = (store: ObjectStore["Service"], prefix: string, startAfter?: string) =>
  Stream.runCollect(Stream.map(store.list(prefix, startAfter), (entry) => entry.key))

/** One step of a random history; `key` and `cut` are indexes into small tables, so that steps meet. */
const Step = Schema.Struct({
  what: Schema.Literals(["put", "get", "range", "remove", "list"]),
  key: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 11 })),
  size: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })),
  cut: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 320 }))
})

const modelKeys = ["m", "n/1", "n/10", "n/2", "n-1", "n.1", "n/a/b", "n/a-b", "n/é", "o/z", "o/Z", "p"]

export const objectStoreContract = (
  name: string,
  store: Layer.Layer<ObjectStore, StoreError>,
  options: { readonly small?: boolean; readonly timeout?: number; readonly histories?: number } = {}
) => {
  const timeout = options.timeout ?? 60_000
  const many = options.small === true ? 120 : 2345
  const large = (options.small === true ? 2 : 32) * 1024 * 1024

  describe(`ObjectStore (${name})`, () => {
    it.layer(store, { excludeTestServices: true, timeout })((it) => {
      it.effect("gives back what was put, whole", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          for (const size of [0, 1, 2, 4095, 4096, 4097, 65_537, 1_000_003]) {
            const body = pattern(size, size)
            assert.strictEqual(yield* store.put(`whole/${size}`, [body]), "Created")
            assert.deepStrictEqual(yield* store.get(`whole/${size}`), body)
          }
        }), timeout)

      it.effect("puts parts one after the other, empty ones and thousands of them too", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          yield* store.put("parts/none", [])
          assert.strictEqual((yield* store.get("parts/none")).length, 0)
          yield* store.put("parts/some", [bytes(), bytes(1, 2), bytes(), bytes(3), bytes()])
          assert.deepStrictEqual(yield* store.get("parts/some"), bytes(1, 2, 3))
          const parts = Array.from({ length: 3000 }, (_, at) => pattern(at % 7, at))
          yield* store.put("parts/many", parts)
          assert.deepStrictEqual(yield* store.get("parts/many"), Uint8Array.from(Buffer.concat(parts)))
        }), timeout)

      it.effect("never overwrites", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          assert.strictEqual(yield* store.put("once", [bytes(1)]), "Created")
          assert.strictEqual(yield* store.put("once", [bytes(1)]), "Exists")
          assert.strictEqual(yield* store.put("once", [bytes(2, 2)]), "Exists")
          assert.deepStrictEqual(yield* store.get("once"), bytes(1))
        }), timeout)

      it.effect("lets one of sixteen racers win, and keeps the winner's bytes", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          for (let round = 0; round < 12; round++) {
            const key = `race/${round}`
            const outcomes = yield* Effect.forEach(
              Array.from({ length: 16 }, (_, racer) => racer),
              (racer) => store.put(key, [pattern(1000 + racer, racer)]),
              { concurrency: "unbounded" }
            )
            const winners = outcomes.flatMap((outcome, racer) => outcome === "Created" ? [racer] : [])
            assert.strictEqual(winners.length, 1)
            assert.deepStrictEqual(yield* store.get(key), pattern(1000 + winners[0]!, winners[0]!))
          }
        }), timeout)

      it.effect("reads half-open ranges, cut at the object's end", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const body = pattern(10_000, 3)
          yield* store.put("range", [body])
          for (
            const [start, end] of [[0, 10_000], [0, 1], [9999, 10_000], [5, 5], [17, 4242], [9000, 20_000], [
              10_000,
              10_001
            ], [
              70_000,
              80_000
            ]] as const
          ) {
            assert.deepStrictEqual(yield* store.get("range", { start, end }), body.slice(start, end), `${start}-${end}`)
          }
          yield* store.put("range-empty", [])
          assert.strictEqual((yield* store.get("range-empty", { start: 0, end: 10 })).length, 0)
        }), timeout)

      it.effect("says which object is not there", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          yield* store.put("there/x", [bytes(1)])
          for (const key of ["absent", "absent/x", "there", "there/x/y", "there/"].slice(0, 4)) {
            const error = yield* Effect.flip(store.get(key))
            assert.strictEqual(error._tag, "ObjectNotFound", key)
            const ranged = yield* Effect.flip(store.get(key, { start: 0, end: 1 }))
            assert.strictEqual(ranged._tag, "ObjectNotFound", key)
          }
        }), timeout)

      it.effect("hands out bytes nobody else can change", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const body = bytes(1, 2, 3)
          yield* store.put("mine", [body])
          body.fill(9)
          const read = yield* store.get("mine")
          read.fill(7)
          assert.deepStrictEqual(yield* store.get("mine"), bytes(1, 2, 3))
        }), timeout)

      it.effect("puts bytes where it is told to, or elsewhere, and nothing beside them", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const body = pattern(10_000, 4)
          yield* store.put("into", [body])
          for (const [start, end, room] of [[0, 10_000, 10_000], [17, 4242, 8000], [9000, 12_000, 3000], [5, 5, 4]]) {
            const around = pattern(room! + 20, 9)
            const into = around.subarray(10, 10 + room!)
            const read = yield* store.get("into", { start: start!, end: end! }, into)
            assert.deepStrictEqual(Uint8Array.from(read), body.slice(start, end), `${start}-${end}`)
            const there = read.buffer === into.buffer
            if (there) assert.strictEqual(read.byteOffset, into.byteOffset)
            const untouched = pattern(room! + 20, 9)
            if (there) untouched.set(body.subarray(start, end), 10)
            assert.deepStrictEqual(around, untouched)
          }
          const small = new Uint8Array(100)
          assert.deepStrictEqual(Uint8Array.from(yield* store.get("into", undefined, small)), body)
          assert.deepStrictEqual(small, new Uint8Array(100))
          assert.strictEqual((yield* Effect.flip(store.get("absent", undefined, small)))._tag, "ObjectNotFound")
        }), timeout)

      it.effect("lists by prefix in byte order, with sizes, after a key", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const keys = [
            "a",
            "b/1",
            "b/10",
            "b/2",
            "b-x",
            "b.x",
            "b/a/x",
            "b/a-x",
            "b/aé",
            "b/a\u{1f600}",
            "b/a\uffee",
            "c"
          ]
          for (const [size, key] of keys.entries()) yield* store.put(`order/${key}`, [pattern(size, 0)])
          const sorted = keys.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
          const listed = yield* Stream.runCollect(store.list("order/"))
          assert.deepStrictEqual(listed.map((entry) => entry.key), sorted.map((key) => `order/${key}`))
          assert.deepStrictEqual(listed.map((entry) => entry.size), sorted.map((key) => keys.indexOf(key)))
          for (
            const after of [
              "",
              "order/",
              "order/b",
              "order/b/",
              "order/b/1",
              "order/b/a",
              "order/b/a-x",
              "order/c",
              "p",
              "zz"
            ]
          ) {
            const expected = listed.map((entry) => entry.key).filter((key) => ObjectName.compare(key, after) > 0)
            assert.deepStrictEqual(yield* keysOf(store, "order/", after), expected, after)
          }
          assert.deepStrictEqual(yield* keysOf(store, "order/b/1"), ["order/b/1", "order/b/10"])
          assert.deepStrictEqual(yield* keysOf(store, "order/b/1", "order/b/1"), ["order/b/10"])
          assert.deepStrictEqual(yield* keysOf(store, "order/nothing/here/"), [])
          assert.deepStrictEqual(
            yield* keysOf(store, "orde", "order/b/a"),
            sorted.map((key) => `order/${key}`).filter(
              (key) => ObjectName.compare(key, "order/b/a") > 0
            )
          )
        }), timeout)

      it.effect(`lists ${many} keys whole, page after page, from anywhere`, () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const keys = Array.from({ length: many }, (_, at) => `many/${String(at).padStart(20, "0")}`)
          yield* Effect.forEach(keys, (key) => store.put(key, [bytes(1)]), { concurrency: 16, discard: true })
          assert.deepStrictEqual(yield* keysOf(store, "many/"), keys)
          assert.deepStrictEqual(yield* keysOf(store, "many/", keys[many - 3]), keys.slice(many - 2))
          assert.deepStrictEqual(yield* keysOf(store, "many/", keys[17]), keys.slice(18))
          // A reader that stops early, and the same listing run twice.
          const listing = store.list("many/")
          assert.strictEqual((yield* Stream.runCollect(Stream.take(listing, 1)))[0]?.key, keys[0])
          assert.strictEqual(yield* Stream.runCount(listing), many)
        }), timeout)

      it.effect("lists an object as soon as it was put, and not after it was removed", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          for (let at = 0; at < 20; at++) {
            yield* store.put(`fresh/${at}`, [bytes(at)])
            assert.include(yield* keysOf(store, "fresh/"), `fresh/${at}`)
          }
          yield* store.remove(["fresh/3", "fresh/absent", "fresh/7"])
          const left = yield* keysOf(store, "fresh/")
          assert.strictEqual(left.length, 18)
          assert.notInclude(left, "fresh/3")
        }), timeout)

      it.effect("removes; what is absent is removed already", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          yield* store.remove([])
          yield* store.remove(["gone/never", "never"])
          yield* store.put("gone/x", [bytes(1)])
          yield* store.remove(["gone/x", "gone/x", "gone"])
          assert.strictEqual((yield* Effect.flip(store.get("gone/x")))._tag, "ObjectNotFound")
          yield* store.remove(["gone/x"])
        }), timeout)

      it.effect("shows a reader all of an object or nothing", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const body = pattern(large, 1)
          const parts = Array.from({ length: 32 }, (_, at) => body.subarray(at * large / 32, (at + 1) * large / 32))
          const putting = yield* Effect.forkChild(store.put("atomic/big", parts))
          let seen = 0
          let polls = 0
          while (putting.pollUnsafe() === undefined || seen === 0) {
            polls++
            const size = yield* store.get("atomic/big", { start: large - 1, end: large }).pipe(
              Effect.map((tail) => tail.length === 1 && tail[0] === body[large - 1] ? large : -1),
              Effect.catchTag("ObjectNotFound", () => Effect.succeed(0))
            )
            assert.notStrictEqual(size, -1, "a part of the object was seen")
            const listed = yield* Stream.runCollect(store.list("atomic/"))
            for (const entry of listed) assert.strictEqual(entry.size, large)
            if (size === large) seen++
            assert.isBelow(polls, 1_000_000)
          }
          assert.strictEqual(yield* Fiber.join(putting), "Created")
          assert.isTrue(Buffer.from(yield* store.get("atomic/big")).equals(body))
        }), timeout)

      it.effect("tells the time, forwards", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          const first = yield* store.now
          const second = yield* store.now
          assert.isAtLeast(second, first)
          // Within a day of this machine's clock: the unit is milliseconds.
          assert.isBelow(Math.abs(first - (yield* Clock.currentTimeMillis)), 24 * 60 * 60 * 1000)
        }), timeout)

      it.effect("refuses names that are no names, as a bug", () =>
        Effect.gen(function*() {
          const store = yield* ObjectStore
          for (
            const key of [
              "",
              "/x",
              "x/",
              "a//b",
              ".",
              "a/../b",
              "../x",
              "a/.",
              "a\0b",
              "a\\b",
              "x".repeat(2000),
              "\ud800"
            ]
          ) {
            const exit = yield* Effect.exit(store.put(key, [bytes(1)]))
            assert.strictEqual(exit._tag === "Failure" && exit.cause.reasons[0]?._tag, "Die", JSON.stringify(key))
          }
        }), timeout)

      let histories = 0
      it.effect.prop(
        "does what a map does",
        { steps: Schema.Array(Step).check(Schema.isMaxLength(30)) },
        ({ steps }) =>
          Effect.gen(function*() {
            const store = yield* ObjectStore
            const home = `model/${histories++}/`
            const model = new Map<string, Uint8Array>()
            for (const step of steps) {
              const key = home + modelKeys[step.key]
              const known = model.get(key)
              switch (step.what) {
                case "put": {
                  const body = pattern(step.size, step.cut)
                  assert.strictEqual(yield* store.put(key, [body]), known === undefined ? "Created" : "Exists")
                  if (known === undefined) model.set(key, body)
                  break
                }
                case "remove": {
                  yield* store.remove([key])
                  model.delete(key)
                  break
                }
                case "list": {
                  const expected = [...model.keys()].filter((key) =>
                    ObjectName.compare(key, home + modelKeys[step.key]) > 0
                  )
                  assert.deepStrictEqual(yield* keysOf(store, home, key), expected.toSorted(ObjectName.compare))
                  break
                }
                default: {
                  const range = step.what === "range" ? { start: step.cut, end: step.cut + step.size } : undefined
                  const result = yield* Effect.result(store.get(key, range))
                  if (known === undefined) assert.strictEqual(result._tag, "Failure")
                  else {
                    assert.deepStrictEqual(
                      result._tag === "Success" ? result.success : undefined,
                      range === undefined ? known : known.slice(range.start, range.end)
                    )
                  }
                }
              }
            }
            assert.deepStrictEqual(yield* keysOf(store, home), [...model.keys()].toSorted(ObjectName.compare))
          }),
        { timeout, arbitrary: { runs: options.histories ?? 20 } }
      )
    })
  })
}
