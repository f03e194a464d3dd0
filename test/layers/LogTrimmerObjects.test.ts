/** Trimming the log: what goes, what stays, and who may die in the middle of it. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { retention } from "../../src/domain/repository/TrimPlan.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as HostClock from "../harness/HostClock.ts"
import * as Hosts from "../harness/Hosts.ts"
import { day, grow, grown, left, trimmer } from "../harness/Trimming.ts"

describe("LogTrimmer", () => {
  it.effect(
    "removes only what is below the older of the last two bases, and past the retention",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { host, objects, store } = yield* grown([10, 20, 30, 40])
        const { round } = yield* trimmer(host, store)
        const bases = left(objects, "Base")
        assert.deepStrictEqual(bases, [10, 20, 30, 40])
        assert.deepStrictEqual(yield* round, { entries: 0, bases: 0, below: 0 })
        yield* TestClock.adjust(retention - 3 * day - 1)
        assert.strictEqual((yield* round).below, 0)
        yield* TestClock.adjust(1)
        // The base at 10 is exactly so old now.
        assert.deepStrictEqual(yield* round, { entries: 9, bases: 0, below: 10 })
        assert.deepStrictEqual(left(objects, "Log")[0], 10)
        yield* TestClock.adjust(100 * day)
        assert.deepStrictEqual(yield* round, { entries: 20, bases: 2, below: 30 })
        assert.deepStrictEqual(left(objects, "Base"), [30, 40])
        assert.deepStrictEqual(left(objects, "Log"), Array.from({ length: 11 }, (_, at) => 30 + at))
        assert.deepStrictEqual(yield* round, { entries: 0, bases: 0, below: 30 })
        const { names } = yield* Hosts.view(store, "d")
        assert.strictEqual(names.size, (yield* host.repository.head).folders.get("d")!.sequence)
      })),
    30_000
  )

  it.effect(
    "the newest base may be lost, and the repository opens all the same",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { host, objects, store } = yield* grown([10, 20, 30])
        yield* TestClock.adjust(100 * day)
        yield* (yield* trimmer(host, store)).round
        objects.delete(ObjectKey.base(30))
        const { repository } = yield* Hosts.open({ store, seed: 51 })
        assert.strictEqual((yield* repository.head).position, 30)
      })),
    30_000
  )

  it.effect(
    "leaves an openable log wherever it dies, and others finish it",
    () =>
      Effect.scoped(Effect.gen(function*() {
        for (let crash = 0; crash < 14; crash++) {
          for (const manner of ["crash before", "crash after", "lose"] as const) {
            const { host, objects, store } = yield* grown([10, 20, 30, 40])
            yield* TestClock.adjust(100 * day)
            const faulty = FaultyStore.make(store, {
              decide: ({ index }) => index === crash ? manner : undefined
            })
            const dying = yield* trimmer(host, faulty.store)
            yield* Effect.exit(dying.round)
            const opened = yield* Hosts.open({ store, seed: 52 })
            assert.strictEqual((yield* opened.repository.head).position, 40)
            yield* (yield* trimmer(host, store)).round
            assert.deepStrictEqual(left(objects, "Log")[0], 30)
            assert.deepStrictEqual(left(objects, "Base"), [30, 40])
          }
        }
      })),
    60_000
  )

  it.effect(
    "two at once, each in its own weather, remove what one would",
    () =>
      Hosts.inVirtualTime(Effect.gen(function*() {
        for (let seed = 1; seed <= 20; seed++) {
          const { host, objects, store } = yield* grown([10, 20, 30, 40])
          yield* TestClock.adjust(100 * day)
          yield* Effect.forEach([1, 2], (who) =>
            Effect.gen(function*() {
              const weather = { seed: seed * 2 + who, fail: 0.1, lose: 0.1, delay: 500 }
              const { round } = yield* trimmer(host, FaultyStore.make(store, weather).store)
              const { below } = yield* Effect.retry(round, { times: 50 })
              assert.strictEqual(below, 30, `seed ${seed}`)
            }), { concurrency: "unbounded" })
          assert.deepStrictEqual(left(objects, "Log"), Array.from({ length: 11 }, (_, at) => 30 + at), `seed ${seed}`)
          assert.deepStrictEqual(left(objects, "Base"), [30, 40], `seed ${seed}`)
        }
      })),
    60_000
  )

  it.effect("a commit beside it waits for nothing", () =>
    Effect.scoped(Effect.gen(function*() {
      const { host, store } = yield* grown([10, 20, 30])
      yield* TestClock.adjust(100 * day)
      let during: number | undefined
      const slow = ObjectStore.of({
        ...store,
        remove: (keys) =>
          Effect.gen(function*() {
            const applied = yield* Effect.orDie(host.repository.commit(Hosts.adding("d", "beside")))
            during = applied?.commit.position
            yield* store.remove(keys)
          })
      })
      yield* (yield* trimmer(host, slow)).round
      assert.isAtLeast(during ?? 0, 31)
    })), 30_000)

  for (
    const [what, happens] of [
      ["a host that sleeps in the middle begins again at the log, before it removes anything more", "sleep"],
      ["deletion that is stopped in the middle stops it", "stop"]
    ] as const
  ) {
    it.effect(what, () =>
      Effect.scoped(Effect.gen(function*() {
        const { objects, store } = yield* Hosts.bucketD
        const sky: HostClock.Sky = { offset: 0 }
        const { clock } = HostClock.make(yield* Clock.Clock, sky)
        const host = yield* Hosts.open({ store, seed: 50 }).pipe(Effect.provideService(Clock.Clock, clock))
        yield* grow(host, [10, 20])
        const copy = new Map(objects)
        yield* grow(host, [30, 40])
        yield* TestClock.adjust(100 * day)
        const removed: Array<string> = []
        let slept = false
        const eventful = ObjectStore.of({
          ...store,
          list: (prefix, after) =>
            Stream.unwrap(Effect.gen(function*() {
              const names = yield* Stream.runCollect(store.list(prefix, after))
              if (!slept && prefix === ObjectKey.logPrefix) {
                slept = true
                if (happens === "sleep") {
                  // A week passes; the operator puts an older copy of the bucket in its place.
                  sky.offset += 7 * day
                  objects.clear()
                  for (const [key, bytes] of copy) objects.set(key, bytes)
                } else {
                  yield* Effect.orDie(
                    host.repository.commit(() => Effect.succeed([{ _tag: "DeletionStopped", reason: "test" }]))
                  )
                }
              }
              return Stream.fromIterable(names)
            })),
          remove: (keys) =>
            Effect.suspend(() => {
              removed.push(...keys)
              return store.remove(keys)
            })
        })
        const { round } = yield* trimmer(host, eventful).pipe(Effect.provideService(Clock.Clock, clock))
        const rounding = yield* Effect.forkChild(round.pipe(Effect.provideService(Clock.Clock, clock)))
        // A log that was set back is looked at twice.
        yield* TestClock.adjust("1 second")
        const trimmed = yield* Fiber.join(rounding)
        assert.isTrue(slept)
        if (happens === "stop") {
          assert.deepStrictEqual(removed, [])
          assert.strictEqual(trimmed.below, 0)
        } else {
          // What the copy needs: its bases lie lower.
          assert.strictEqual(trimmed.below, 10)
          assert.deepStrictEqual(removed, Array.from({ length: 9 }, (_, at) => ObjectKey.log(at + 1)))
          const opened = yield* Hosts.open({ store, seed: 51 })
          assert.isAtLeast((yield* opened.repository.head).position, 20)
        }
      })), 30_000)
  }

  it.effect("touches nothing while deletion is stopped", () =>
    Effect.scoped(Effect.gen(function*() {
      const { host, objects, store } = yield* grown([10, 20, 30])
      yield* host.repository.commit(() => Effect.succeed([{ _tag: "DeletionStopped", reason: "test" }]))
      yield* TestClock.adjust(100 * day)
      const before = [...objects.keys()]
      assert.deepStrictEqual(yield* (yield* trimmer(host, store)).round, { entries: 0, bases: 0, below: 0 })
      assert.deepStrictEqual([...objects.keys()], before)
    })), 30_000)
})
