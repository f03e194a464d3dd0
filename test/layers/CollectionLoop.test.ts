/** When the daemon's loop collects, on virtual time, and what it does after a run that failed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as State from "../../src/domain/repository/State.ts"
import * as CollectionLoop from "../../src/layers/CollectionLoop.ts"
import { type Collected, CollectionVoid, Collector } from "../../src/services/Collector.ts"
import { LeaseHeld } from "../../src/services/Lease.ts"
import { StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"

const none = { count: 0, bytes: 0 }
const quiet: Collected = {
  position: 1,
  listed: none,
  deleted: none,
  condemned: none,
  orphans: 0,
  waiting: none,
  rewritten: { ...none, packs: 0, damaged: 0 },
  redirectsDropped: 0,
  more: false
}

const loop = (answer: (run: number) => ReturnType<Collector["Service"]["run"]>) => {
  let state: State.State = { ...State.initial("00112233445566778899aabbccddeeff"), position: 1 }
  let runs = 0
  const layer = CollectionLoop.layer.pipe(Layer.provide([
    Layer.succeed(Collector, Collector.of({ run: () => Effect.suspend(() => answer(++runs)) })),
    Layer.succeed(Repository, { head: Effect.sync(() => state) } as Repository["Service"])
  ]))
  return {
    layer,
    runs: () => runs,
    commit: () => {
      state = { ...state, position: state.position + 1 }
    }
  }
}

const hours = (count: number) => TestClock.adjust(`${count} hours`)

describe("CollectionLoop", () => {
  it.effect("runs after an hour, then daily as long as something was committed, and else asks for nothing", () => {
    const { commit, layer, runs } = loop(() => Effect.succeed(quiet))
    return Effect.gen(function*() {
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(runs(), 0)
      yield* hours(1)
      assert.strictEqual(runs(), 1)
      yield* hours(100)
      assert.strictEqual(runs(), 1)
      commit()
      yield* hours(1)
      assert.strictEqual(runs(), 2)
      commit()
      yield* hours(23)
      assert.strictEqual(runs(), 2)
      yield* hours(2)
      assert.strictEqual(runs(), 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("goes on soon when there was more, and tries again what a store or another host prevented", () => {
    const { layer, runs } = loop((run) =>
      run === 1
        ? Effect.succeed({ ...quiet, more: true })
        : run === 2
        ? Effect.fail(new StoreUnavailable({ operation: "list", key: "pack/", reason: "away" }))
        : run === 3
        ? Effect.fail(new LeaseHeld({ holder: "another" }))
        : Effect.succeed(quiet)
    )
    return Effect.gen(function*() {
      yield* hours(1)
      for (let run = 2; run <= 4; run++) {
        yield* TestClock.adjust("70 minutes")
        assert.strictEqual(runs(), run)
      }
      yield* hours(200)
      assert.strictEqual(runs(), 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a void run is said, and is not repeated before a day has passed and something was committed", () => {
    const { commit, layer, runs } = loop(() => Effect.fail(new CollectionVoid({ reason: "a pack is not listed" })))
    return Effect.gen(function*() {
      yield* hours(2)
      commit()
      yield* hours(20)
      assert.strictEqual(runs(), 1)
      yield* hours(5)
      assert.strictEqual(runs(), 2)
    }).pipe(Effect.provide(layer))
  })
})
