import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, References } from "effect"
import * as TestClock from "effect/testing/TestClock"
import type { Op } from "../../src/domain/repository/Op.ts"
import { day, hour } from "../../src/domain/repository/Retention.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { CheckpointKeeping } from "../../src/services/CheckpointKeeping.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

/** Two hosts of one bucket, with a folder of three checkpoints. */
const world = Effect.gen(function*() {
  const objects = new Map<string, Uint8Array>()
  const host = Layer.build(
    SeedRepository.over(Layer.succeed(ObjectStore, ObjectStoreMemory.make(objects)))
  )
  const one = yield* host
  yield* Context.get(one, Repository).commit((state) =>
    Effect.succeed([
      { _tag: "FolderAdded", folder: "f", label: "F", indexId: 1n },
      ...[0, 1, 2].map((i): Op => ({
        _tag: "CheckpointCreated",
        id: state.nextCheckpoint + i,
        folder: "f",
        reason: "schedule"
      }))
    ])
  )
  return { objects, one, two: yield* host }
})

const quiet = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.scoped, Effect.provideService(References.MinimumLogLevel, "None"))

const ids = (host: Context.Context<SeedRepository.Services>) =>
  Effect.map(Context.get(host, Repository).head, (state) => state.checkpoints.map(({ id }) => id))

describe("CheckpointKeepingRepository", () => {
  it.effect("sets, replaces and removes schedules; the same again is no commit", () =>
    quiet(Effect.gen(function*() {
      const { one } = yield* world
      const { removeSchedule, setSchedule } = Context.get(one, CheckpointKeeping)
      const { position } = yield* setSchedule({ every: hour, keep: 2 * day })
      const again = yield* setSchedule({ every: hour, keep: 2 * day })
      assert.strictEqual(again.position, position)
      assert.deepStrictEqual(again.schedules, [{ every: hour, keep: 2 * day }, { every: day, keep: 7 * day }])
      assert.deepStrictEqual((yield* removeSchedule(day)).schedules, [{ every: hour, keep: 2 * day }])
      assert.include((yield* Effect.flip(removeSchedule(day))).message, "no schedule of every 1d; there are: 1h")
      assert.include((yield* Effect.flip(setSchedule({ every: 1000, keep: day }))).message, "ten minutes")
      assert.include((yield* Effect.flip(setSchedule({ every: day, keep: hour }))).message, "shorter")
    })))

  it.effect("judges on the newest state, whatever this host knew", () =>
    quiet(Effect.gen(function*() {
      const { one, two } = yield* world
      yield* Context.get(two, CheckpointKeeping).pin(1, { holder: "", reason: "ours" })
      const refused = yield* Effect.flip(Context.get(one, CheckpointKeeping).remove([3, 1]))
      assert.strictEqual(refused.message, "checkpoint 1 is pinned (ours); `checkpoint unpin 1` lets it go")
      assert.deepStrictEqual(yield* ids(one), [1, 2, 3])
      yield* Context.get(one, CheckpointKeeping).remove([2, 2])
      assert.deepStrictEqual(yield* ids(one), [1, 3])
      const gone = yield* Effect.flip(Context.get(two, CheckpointKeeping).remove([2]))
      assert.include(gone.message, "checkpoint 2 is gone")
      assert.include((yield* Effect.flip(Context.get(two, CheckpointKeeping).unpin(3, ""))).message, "is not pinned")
      yield* Context.get(two, CheckpointKeeping).unpin(1, "")
      assert.deepStrictEqual((yield* Context.get(one, CheckpointKeeping).remove([1])).map(({ id }) => id), [1])
    })))

  it.effect("an operator lets go of what a repair keeps too, and of no reader's", () =>
    quiet(Effect.gen(function*() {
      const { one } = yield* world
      const { pin, remove, unpin } = Context.get(one, CheckpointKeeping)
      const until = (yield* Context.get(one, ObjectStore).now) + 30 * day
      yield* pin(1, { holder: "repair", reason: "before a repair", until })
      const refused = yield* Effect.flip(remove([1]))
      assert.strictEqual(refused.message, "checkpoint 1 is pinned (before a repair); `checkpoint unpin 1` lets it go")
      yield* pin(1, { holder: "", reason: "" })
      assert.isUndefined((yield* unpin(1, "")).pins)
      yield* pin(1, { holder: "reader", reason: "restoring", until })
      assert.strictEqual(
        (yield* Effect.flip(unpin(1, ""))).message,
        "checkpoint 1 is being read, and not pinned: that ends by itself; nothing was changed"
      )
    })))

  it.effect("a reader's pin holds until its time by the store's clock, and is replaced when renewed", () =>
    quiet(Effect.gen(function*() {
      const { one } = yield* world
      const { pin, remove } = Context.get(one, CheckpointKeeping)
      const now = yield* Context.get(one, ObjectStore).now
      yield* pin(1, { holder: "reader", reason: "restoring", until: now + hour })
      const renewed = yield* pin(1, { holder: "reader", reason: "restoring", until: now + 2 * hour })
      assert.deepStrictEqual(renewed.pins, [{ holder: "reader", reason: "restoring", until: now + 2 * hour }])
      yield* pin(2, { holder: "", reason: "" })
      yield* TestClock.adjust(1.5 * hour)
      yield* pin(2, { holder: "", reason: "the state's time goes on" })
      assert.include((yield* Effect.flip(remove([1]))).message, "is being read (restoring)")
      yield* TestClock.adjust(hour)
      yield* pin(2, { holder: "", reason: "and on" })
      yield* remove([1])
      assert.deepStrictEqual(yield* ids(one), [2, 3])
    })))
})
