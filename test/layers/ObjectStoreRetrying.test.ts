import { assert, describe, it } from "@effect/vitest"
import {
  Clock,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Random,
  References,
  Schema,
  Stream
} from "effect"
import { TestClock } from "effect/testing"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import * as ObjectStoreTimed from "../../src/layers/ObjectStoreTimed.ts"
import { type ObjectStore, StoreFull, StoreRefused } from "../../src/services/ObjectStore.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
const minute = 60_000

const memory = (objects = new Map<string, Uint8Array>()) => ObjectStoreMemory.make(objects)

const patient = (below: ObjectStore["Service"], budget = 15 * minute) =>
  ObjectStoreRetrying.make(below, { budget: Duration.millis(budget) })

/** Fails what `when` says; counts requests. */
const flaky = (
  when: (request: FaultyStore.Request) => FaultyStore.Fault | undefined,
  objects?: Map<string, Uint8Array>
) => FaultyStore.make(memory(objects), { decide: when })

const firstTimes = (count: number) => ({ index }: FaultyStore.Request) => index < count ? "fail" : undefined

/** Runs in virtual time and answers how long it took. */
const lasting = <A, E>(effect: Effect.Effect<A, E>) =>
  Hosts.inVirtualTime(Effect.gen(function*() {
    const began = yield* Clock.currentTimeMillis
    const exit = yield* Effect.exit(effect)
    return { exit, took: (yield* Clock.currentTimeMillis) - began }
  })).pipe(Random.withSeed("retrying"))

/** What is logged at warning or info, with its level. */
const logged = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      lines.push(`${logLevel} ${Array.isArray(message) ? message.join(" ") : String(message)}`)
    })
    const fiber = yield* Effect.forkChild(
      effect.pipe(
        Effect.provideService(References.MinimumLogLevel, "Info"),
        Effect.provide(Logger.layer([logger]))
      )
    )
    for (let step = 0; step < 5000 && fiber.pollUnsafe() === undefined; step++) yield* TestClock.adjust("1 second")
    yield* Fiber.join(fiber)
    return lines
  })

describe("ObjectStoreRetrying", () => {
  objectStoreContract(
    "memory, timed and retried",
    ObjectStoreRetrying.layer({ budget: Duration.minutes(1) }).pipe(
      Layer.provide(ObjectStoreTimed.layer),
      Layer.provide(ObjectStoreMemory.layer)
    ),
    { small: true }
  )

  it.effect("every request is made again until it is answered", () =>
    Effect.gen(function*() {
      const objects = new Map([["k", bytes(1, 2, 3)]])
      const requests: ReadonlyArray<
        readonly [string, (store: ObjectStore["Service"]) => Effect.Effect<unknown, unknown>, unknown]
      > = [
        ["put", (store) => store.put("new", [bytes(7)]), "Created"],
        ["get", (store) => store.get("k", { start: 1, end: 3 }), bytes(2, 3)],
        ["list", (store) => Stream.runCollect(store.list("")), [{ key: "k", size: 3 }]],
        ["remove", (store) => store.remove(["k"]), undefined]
      ]
      for (const [name, request, expected] of requests) {
        const faulty = flaky(firstTimes(5), new Map(objects))
        const { exit, took } = yield* lasting(request(patient(faulty.store)))
        assert.deepStrictEqual(exit, Exit.succeed(expected), name)
        assert.strictEqual(faulty.requests.length, 6, name)
        // 0.5 + 1 + 2 + 4 + 8 s, each half as long or half as much again.
        assert.isAtLeast(took, 7_500, name)
        assert.isAtMost(took, 23_500, name)
      }
      const faulty = flaky(firstTimes(3))
      assert.isTrue(Exit.isSuccess((yield* lasting(patient(faulty.store).now)).exit))
    }))

  for (const step of [86_400_000, -86_400_000]) {
    it.effect(`a clock that is set by ${step / 3_600_000} h in an outage neither ends the patience nor lengthens it`, () =>
      Effect.gen(function*() {
        let ahead = 0
        const faulty = flaky(({ index }) => {
          // At every request, for each of them could be the one that is judged by it.
          ahead += step
          return index < 1000 ? "fail" : undefined
        })
        const set = <A, E>(effect: Effect.Effect<A, E>) =>
          Effect.clockWith((clock) => {
            const millis = () => clock.currentTimeMillisUnsafe() + ahead
            const moved: Clock.Clock = Object.create(clock, {
              currentTimeMillis: { value: Effect.sync(millis) },
              currentTimeMillisUnsafe: { value: millis }
            })
            return Effect.provideService(effect, Clock.Clock, moved)
          })
        const { exit, took } = yield* lasting(set(Effect.flip(patient(faulty.store).get("k"))))
        assert.strictEqual(took, 15 * minute)
        assert.match(Exit.isSuccess(exit) ? exit.value.message : "", /the request was lost, \d+ times in 900 s/)
        assert.isAbove(faulty.requests.length, 25)
      }))
  }

  it.effect("gives up when the budget is over, and says how often it tried", () =>
    Effect.gen(function*() {
      const faulty = flaky(() => "fail")
      const { exit, took } = yield* lasting(Effect.flip(patient(faulty.store).get("k")))
      assert.isTrue(Exit.isSuccess(exit))
      assert.match(Exit.isSuccess(exit) ? exit.value.message : "", /the request was lost, \d+ times in 900 s/)
      assert.strictEqual(took, 15 * minute)
      assert.isBelow(faulty.requests.length, 70)
      assert.isAbove(faulty.requests.length, 25)
    }))

  it.effect("after an outage beyond the budget each request has one attempt, until one is answered", () =>
    Effect.gen(function*() {
      let away = true
      const faulty = flaky(() => away ? "fail" : undefined)
      const store = patient(faulty.store, minute)
      const asking = Effect.gen(function*() {
        yield* Effect.flip(store.now)
        const tried = faulty.requests.length
        // A loop outside that tries for ever does not multiply its patience by ours.
        for (let round = 0; round < 5; round++) {
          yield* Effect.flip(store.get("k"))
          yield* Effect.sleep("20 seconds")
        }
        assert.strictEqual(faulty.requests.length, tried + 5)
        away = false
        yield* store.now
        away = true
        yield* Effect.flip(store.now)
        assert.isAbove(faulty.requests.length, tried + 9)
      })
      const { exit, took } = yield* lasting(asking)
      assert.deepStrictEqual(exit, Exit.void)
      assert.strictEqual(took, 2 * minute + 100_000)
    }))

  it.effect("an outage long past is not held against a new request", () =>
    Effect.gen(function*() {
      const faulty = flaky(({ index }) => index < 30 && index !== 20 ? "fail" : undefined)
      const store = patient(faulty.store, minute)
      const { exit } = yield* lasting(Effect.gen(function*() {
        yield* Effect.flip(store.now)
        yield* Effect.sleep("10 minutes")
        const before = faulty.requests.length
        yield* Effect.flip(store.get("absent"))
        assert.isAbove(faulty.requests.length, before + 1)
      }))
      assert.deepStrictEqual(exit, Exit.void)
    }))

  it.effect("what is refused, full or absent is not asked for again", () =>
    Effect.gen(function*() {
      const refused = new StoreRefused({ operation: "put", location: "l", reason: "r", mend: "m" })
      for (const error of [refused, new StoreFull({ key: "k", location: "l" })]) {
        let puts = 0
        const store = patient({
          ...memory(),
          put: () =>
            Effect.suspend(() => {
              puts++
              return Effect.fail(error)
            })
        })
        const { exit, took } = yield* lasting(Effect.flip(store.put("k", [])))
        assert.deepStrictEqual(exit, Exit.succeed(error))
        assert.deepStrictEqual([puts, took], [1, 0])
      }
      const { exit, took } = yield* lasting(Effect.flip(patient(memory()).get("absent")))
      assert.strictEqual(Exit.isSuccess(exit) ? exit.value._tag : "", "ObjectNotFound")
      assert.strictEqual(took, 0)
    }))

  it.effect("a put is repeated with the same bytes, and Exists may then mean by us", () =>
    Effect.gen(function*() {
      const objects = new Map<string, Uint8Array>()
      const bodies: Array<string> = []
      const faulty = flaky(({ index }) => index === 0 ? "lose" : undefined, objects)
      const store = patient({
        ...faulty.store,
        put: (key, body) => {
          bodies.push(Buffer.concat(body).toString("hex"))
          return faulty.store.put(key, body)
        }
      })
      const { exit } = yield* lasting(store.put("k", [bytes(1), bytes(2, 3)]))
      assert.deepStrictEqual(exit, Exit.succeed("Exists"))
      assert.deepStrictEqual(bodies, ["010203"])
      assert.deepStrictEqual(objects.get("k"), bytes(1, 2, 3))
    }))

  for (
    const [title, final] of [
      ["full", new StoreFull({ key: "k", location: "l" })],
      ["refused", new StoreRefused({ operation: "put", location: "l", reason: "no", mend: "pay" })]
    ] as const
  ) {
    it.effect(`a put that may have been carried out, and is ${title} the next time, ends unknown`, () =>
      Effect.gen(function*() {
        const objects = new Map<string, Uint8Array>()
        const faulty = flaky(({ index }) => index === 0 ? "lose" : undefined, objects)
        let puts = 0
        const store = patient({
          ...faulty.store,
          put: (key, body) =>
            Effect.suspend(() => ++puts === 2 || puts === 3 ? Effect.fail(final) : faulty.store.put(key, body))
        })
        const { exit } = yield* lasting(Effect.gen(function*() {
          assert.strictEqual((yield* Effect.flip(store.put("k", [bytes(1)])))._tag, "StoreUnavailable")
          assert.deepStrictEqual([...objects.keys()], ["k"])
          // Another put of which nothing is unknown is what the store says it is.
          assert.strictEqual((yield* Effect.flip(store.put("other", [bytes(1)])))._tag, final._tag)
        }))
        assert.deepStrictEqual(exit, Exit.void)
      }))
  }

  it.effect.prop(
    "a repository above it never puts other bytes under the name of a commit, whatever the store says",
    { seed: Schema.Int },
    ({ seed }) =>
      Hosts.inVirtualTime(Effect.gen(function*() {
        const random = Seeded.make(seed)
        const { store } = yield* Hosts.bucketD
        const faulty = FaultyStore.make(store, { seed, fail: 0.2, lose: 0.3 })
        const bodies = new Map<string, Set<string>>()
        const stormy: ObjectStore["Service"] = {
          ...faulty.store,
          put: (key, body) =>
            Effect.suspend(() => {
              const known = bodies.get(key) ?? new Set()
              // What was refused without a doubt may be planned anew: only puts that were carried out, or may have been, count.
              if (random.chance(0.3)) return Effect.fail(new StoreFull({ key, location: "l" }))
              bodies.set(key, known.add(Buffer.concat(body).toString("hex")))
              return faulty.store.put(key, body)
            })
        }
        const { repository } = yield* Hosts.open({ store: patient(stormy), seed: 10 })
        const done: Array<string> = []
        for (let at = 0; done.length < 12 && at < 200; at++) {
          const exit = yield* Effect.exit(repository.commit(Hosts.adding("d", `${at}`)))
          if (Exit.isSuccess(exit)) done.push(`${at}`)
          yield* Effect.sleep("1 second")
        }
        assert.strictEqual(done.length, 12)
        assert.deepStrictEqual(yield* Hosts.committed(store), done, "what failed is not there, what succeeded is")
        for (const [key, { size }] of bodies) if (key.startsWith("log/")) assert.strictEqual(size, 1, key)
      })),
    { arbitrary: { runs: 25 } }
  )

  it.effect.prop(
    "a listing that fails anywhere goes on behind the last key it yielded",
    { seed: Schema.Int, count: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })) },
    ({ count, seed }) =>
      Effect.gen(function*() {
        const random = Seeded.make(seed)
        const keys = Array.from({ length: count }, (_, at) => `k/${String(at).padStart(3, "0")}`)
        const below = memory(new Map(keys.map((key) => [key, bytes(1)])))
        const asked: Array<string | undefined> = []
        const seen: Array<string> = []
        let faults = 0
        const store = patient({
          ...below,
          list: (prefix, startAfter) => {
            asked.push(startAfter)
            assert.strictEqual(startAfter, seen.at(-1))
            const cut = faults < 8 && random.chance(0.7) ? random.int(count + 1) : Infinity
            if (cut === Infinity) return below.list(prefix, startAfter)
            faults++
            return Stream.concat(
              Stream.rechunk(Stream.take(below.list(prefix, startAfter), cut), 1 + random.int(5)),
              Stream.fromEffectDrain(flaky(() => "fail").store.now)
            )
          }
        })
        const { exit } = yield* lasting(Stream.runForEach(store.list("k/"), ({ key }) =>
          Effect.sync(() => {
            seen.push(key)
          })))
        assert.deepStrictEqual(exit, Exit.void)
        assert.deepStrictEqual(seen, keys)
        assert.strictEqual(asked.length, faults + 1)
      }),
    { arbitrary: { runs: 60 } }
  )

  it.effect("a listing that always breaks off is given up", () =>
    Effect.gen(function*() {
      const faulty = flaky(({ operation }) => operation === "list" ? "fail" : undefined)
      const { exit, took } = yield* lasting(Stream.runDrain(patient(faulty.store, minute).list("")))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(took, minute)
    }))

  it.effect("a hung request is cut and made again; the one that hung is interrupted", () =>
    Effect.gen(function*() {
      for (
        const [operation, size, cut] of [["put", 3_276_800, 1_400_000], ["get", 0, 16_984_000], [
          "now",
          0,
          600_000
        ]] as const
      ) {
        const objects = new Map([["there", bytes(1)]])
        const below = memory(objects)
        let hangs = 1
        let interrupted = 0
        const hanging = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E> =>
          Effect.suspend(() =>
            hangs-- > 0
              ? Effect.onInterrupt(Effect.never, () =>
                Effect.sync(() => {
                  interrupted++
                }))
              : request
          )
        const store = patient(
          ObjectStoreTimed.make({
            ...below,
            put: (key, body) => hanging(below.put(key, body)),
            get: (key) => hanging(below.get(key)),
            now: hanging(below.now)
          })
        )
        const request: Effect.Effect<unknown, unknown> = operation === "put"
          ? store.put("k", [new Uint8Array(size)])
          : operation === "get"
          ? store.get("there")
          : store.now
        const { exit, took } = yield* lasting(Effect.asVoid(request))
        assert.deepStrictEqual(exit, Exit.void)
        assert.strictEqual(interrupted, 1)
        assert.isAtLeast(took, cut + 250)
        assert.isAtMost(took, cut + 750)
      }
    }))

  it.effect("a listing whose page hangs is cut there", () =>
    Effect.gen(function*() {
      const below = memory(new Map([["a", bytes(1)], ["b", bytes(1)]]))
      let hangs = 1
      const store = patient(ObjectStoreTimed.make({
        ...below,
        list: (prefix, startAfter) =>
          hangs-- > 0
            ? Stream.concat(Stream.take(below.list(prefix, startAfter), 1), Stream.never)
            : below.list(prefix, startAfter)
      }))
      const { exit, took } = yield* lasting(Stream.runCollect(store.list("")))
      assert.deepStrictEqual(exit, Exit.succeed([{ key: "a", size: 1 }, { key: "b", size: 1 }]))
      assert.isAtLeast(took, 600_000)
    }))

  it.effect("an interrupted request stops at once, also while it waits", () =>
    Effect.gen(function*() {
      const faulty = flaky(() => "fail")
      const fiber = yield* Effect.forkChild(patient(faulty.store).now)
      yield* TestClock.adjust("3 seconds")
      const asked = faulty.requests.length
      assert.isAbove(asked, 1)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(faulty.requests.length, asked)
    }))

  it.effect("one warning when an outage begins, one line when it is over, whoever waits", () =>
    Effect.gen(function*() {
      let away = true
      const store = patient(flaky(() => away ? "fail" : undefined, new Map([["k", bytes(1)]])).store)
      const lines = yield* logged(Effect.gen(function*() {
        const over = yield* Deferred.make<void>()
        const waiting = yield* Effect.forkChild(
          Effect.forEach([1, 2, 3, 4, 5], () => store.get("k"), { concurrency: "unbounded", discard: true })
        )
        yield* Effect.sleep("10 minutes")
        away = false
        yield* Fiber.join(waiting)
        yield* Deferred.succeed(over, undefined)
      }))
      assert.deepStrictEqual(lines, [
        "Warn the store does not answer; trying again until it does",
        "Info the store answers again"
      ])
    }))

  it.effect("a hiccup is not worth a word", () =>
    Effect.gen(function*() {
      const store = patient(flaky(firstTimes(2)).store)
      assert.deepStrictEqual(yield* logged(Effect.asVoid(store.now)), [])
    }))
})
