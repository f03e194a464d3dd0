/** Trimming the log: what goes, what stays, and who may die in the middle of it. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { retention } from "../../src/domain/repository/TrimPlan.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as LogTrimmerObjects from "../../src/layers/LogTrimmerObjects.ts"
import { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"

const day = 86_400_000

const trimmer = (host: Hosts.Host, store: ObjectStore["Service"]) =>
  Effect.map(
    Layer.build(
      LogTrimmerObjects.layer.pipe(
        Layer.provide(LogObjectsSealed.layer),
        Layer.provide(Layer.merge(Layer.succeed(ObjectStore, store), Layer.succeed(Repository, host.repository)))
      )
    ),
    (context) => Context.get(context, LogTrimmer)
  )

/** Positions in the bucket. */
const left = (objects: ReadonlyMap<string, Uint8Array>, tag: "Log" | "Base") =>
  [...objects.keys()].flatMap((key) => {
    const parsed = ObjectKey.parse(key)
    return parsed?._tag === tag ? [parsed.position] : []
  }).toSorted((a, b) => a - b)

/** A log with a base at each of these positions, one day apart: the first commit was made on day 0. */
const grown = Effect.fnUntraced(function*(bases: ReadonlyArray<number>) {
  const { objects, store } = yield* Hosts.bucketD
  const host = yield* Hosts.open({ store, seed: 50 })
  const fence = yield* host.lease.fence
  for (const base of bases) {
    yield* TestClock.adjust(day)
    while ((yield* host.repository.head).position < base - 1) {
      yield* host.repository.commit(Hosts.adding("d", `${base} ${(yield* host.repository.head).position}`), fence)
    }
    // The flush is a commit of its own.
    yield* host.repository.flush(fence)
  }
  return { objects, store, host }
})

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
    "a host that slept through it follows on, and what it says into the hole is not believed",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { objects, store } = yield* Hosts.bucketD
        const sleeper = yield* Hosts.open({ store, seed: 60, name: "sleeper" })
        const fence = yield* sleeper.lease.fence
        yield* sleeper.repository.commit(Hosts.adding("d", "before"), fence)
        const slept = (yield* sleeper.repository.head).position
        const awake = yield* Hosts.open({ store, seed: 61, name: "awake" })
        const term = yield* awake.lease.fence
        for (let base = 0; base < 3; base++) {
          for (let i = 0; i < 5; i++) yield* awake.repository.commit(Hosts.adding("d", `${base} ${i}`), term)
          yield* TestClock.adjust(3 * day)
          yield* awake.repository.flush(term)
        }
        yield* TestClock.adjust(30 * day)
        yield* (yield* trimmer(awake, store)).round
        assert.isFalse(objects.has(ObjectKey.log(slept + 1)))
        // Its own term is over: the put succeeds in the hole, and it is told so all the same.
        const outcome = yield* Effect.result(sleeper.repository.commit(Hosts.adding("d", "into the hole"), fence))
        assert.strictEqual(outcome._tag === "Failure" ? outcome.failure._tag : "believed", "Fenced")
        const administrative = yield* sleeper.repository.commit(() =>
          Effect.succeed([{ _tag: "FolderRelabelled", folder: "d", label: "awake again" }])
        )
        assert.strictEqual(administrative?.state.position, (yield* awake.repository.refresh).position)
        assert.strictEqual((yield* awake.repository.head).folders.get("d")?.label, "awake again")
        const { names } = yield* Hosts.view(store, "d")
        assert.isFalse([...names.values()].includes("into the hole"))
        const history = yield* Effect.result(Stream.runDrain(sleeper.repository.commitsAfter(slept)))
        assert.strictEqual(history._tag, "Failure")
      })),
    30_000
  )

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
