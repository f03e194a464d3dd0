import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, References, Scope } from "effect"
import * as TestClock from "effect/testing/TestClock"
import type { Op } from "../../src/domain/repository/Op.ts"
import { hour } from "../../src/domain/repository/Retention.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as ReaderPinsRepository from "../../src/layers/ReaderPinsRepository.ts"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { ObjectStore, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { ReaderPins } from "../../src/services/ReaderPins.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

const created = (count: number) => (first: number): ReadonlyArray<Op> =>
  Array.from({ length: count }, (_, i): Op => ({
    _tag: "CheckpointCreated",
    id: first + i,
    folder: "f",
    reason: "schedule"
  }))

/** A repository with four checkpoints of a folder, and a process that reads them. */
const world = Effect.gen(function*() {
  const control = { down: false }
  const below = ObjectStoreMemory.make(new Map())
  const store = ObjectStore.of({
    ...below,
    now: Effect.suspend(() =>
      control.down ? new StoreUnavailable({ operation: "now", key: "", reason: "down" }) : below.now
    )
  })
  const host = yield* Layer.build(SeedRepository.over(Layer.succeed(ObjectStore, store)))
  const repository = Context.get(host, Repository)
  yield* repository.commit((state) =>
    Effect.succeed([{ _tag: "FolderAdded", folder: "f", label: "F", indexId: 1n }, ...created(4)(state.nextCheckpoint)])
  )
  const reading = yield* Layer.build(
    ReaderPinsRepository.layer.pipe(Layer.provide(NodeCrypto.layer), Layer.provide(Layer.succeedContext(host)))
  )
  const pins = (id: number) =>
    Effect.map(repository.head, (state) => state.checkpoints.find((one) => one.id === id)?.pins ?? [])
  return { control, host, repository, pins, hold: Context.get(reading, ReaderPins).hold }
})

const quiet = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))

describe("ReaderPinsRepository", () => {
  it.effect("a short read pins nothing; a long one does, renews it, and lets go; readers share one", () =>
    quiet(Effect.gen(function*() {
      const { hold, pins, repository } = yield* world
      const { position } = yield* repository.head
      yield* Effect.scoped(Effect.andThen(hold(1), TestClock.adjust("9 minutes")))
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* repository.head).position, position)

      const [one, two] = [yield* Scope.make(), yield* Scope.make()]
      yield* Effect.provideService(hold(1), Scope.Scope, one)
      yield* Effect.provideService(hold(1), Scope.Scope, two)
      yield* TestClock.adjust("11 minutes")
      const [first, ...more] = yield* pins(1)
      assert.deepStrictEqual(more, [])
      assert.match(first?.holder ?? "", /^reader [0-9a-f]{16}$/)
      assert.deepStrictEqual(yield* pins(2), [])
      yield* TestClock.adjust("3 hours")
      const [renewed] = yield* pins(1)
      assert.strictEqual(renewed?.holder, first?.holder)
      assert.isAbove((renewed?.until ?? 0) - (first?.until ?? 0), 2.5 * hour)
      yield* Scope.close(one, Exit.void)
      assert.lengthOf(yield* pins(1), 1)
      yield* Scope.close(two, Exit.void)
      assert.deepStrictEqual(yield* pins(1), [])
    })))

  it.effect("what has served its time is pinned at once, and no run expires it while it is read", () =>
    quiet(Effect.gen(function*() {
      const { hold, host, pins, repository } = yield* world
      const { round } = Context.get(host, Checkpoints)
      yield* TestClock.adjust("60 days")
      yield* round
      yield* repository.commit(() => Effect.succeed([{ _tag: "FolderRelabelled", folder: "f", label: "time goes on" }]))
      yield* Effect.scoped(Effect.gen(function*() {
        yield* hold(1)
        yield* TestClock.adjust("1 second")
        assert.lengthOf(yield* pins(1), 1)
        for (let hours = 0; hours < 5; hours++) {
          yield* TestClock.adjust("1 hour")
          yield* round
        }
        assert.deepStrictEqual((yield* repository.head).checkpoints.map(({ id }) => id), [1, 3, 4])
      }))
      yield* round
      yield* TestClock.adjust("1 hour")
      yield* round
      assert.deepStrictEqual((yield* repository.head).checkpoints.map(({ id }) => id), [3, 4])
    })))

  it.effect("an outage or a checkpoint that is gone does not end the read; it is tried again", () =>
    quiet(Effect.gen(function*() {
      const { control, hold, pins } = yield* world
      control.down = true
      yield* Effect.scoped(Effect.gen(function*() {
        yield* hold(1)
        yield* hold(99)
        yield* TestClock.adjust("15 minutes")
        assert.deepStrictEqual(yield* pins(1), [])
        control.down = false
        yield* TestClock.adjust("20 minutes")
        assert.lengthOf(yield* pins(1), 1)
      }))
    })))
})
