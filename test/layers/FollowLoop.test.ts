/** What an idle daemon makes of what it finds in the log, on virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, Queue, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as State from "../../src/domain/repository/State.ts"
import * as FaultDeferred from "../../src/layers/FaultDeferred.ts"
import * as FollowLoop from "../../src/layers/FollowLoop.ts"
import { type DaemonError, Fault } from "../../src/services/Fault.ts"
import { StoreFull, StoreRefused, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Replica, ReplicaUnusable } from "../../src/services/Replica.ts"
import { Repository, RepositoryCorrupt, RepositoryNewer } from "../../src/services/Repository.ts"
import { aloneTurns, Settings } from "../../src/services/Settings.ts"
import * as Hosts from "../harness/Hosts.ts"

const final: ReadonlyArray<DaemonError> = [
  new RepositoryNewer({ location: "here", what: "it needs the feature x" }),
  new RepositoryCorrupt({ key: "log/2", reason: "it is missing" }),
  new StoreRefused({ operation: "get", location: "here", reason: "the key was revoked", mend: "make another" }),
  new ReplicaUnusable({ directory: "/cache", reason: "no space", mend: "free some", full: true })
]
const passing: ReadonlyArray<DaemonError> = [
  new StoreUnavailable({ operation: "get", key: "log/2", reason: "weather" }),
  new StoreFull({ key: "log/2", location: "here" })
]

interface World {
  /** What is known of the log. */
  head: State.State
  /** Position of the replica. */
  applied: number
}

/** A log that answers so to who looks; the replica is brought to what is known. */
const over = (
  look: Effect.Effect<State.State, DaemonError>,
  options: { readonly applying?: Effect.Effect<void, DaemonError>; readonly changes?: Stream.Stream<State.State> } = {}
) => {
  const said: Array<string> = []
  const world: World = { head: at(1), applied: 1 }
  const logger = Logger.make(({ logLevel }) => void said.push(logLevel))
  const repository = {
    head: Effect.sync(() => world.head),
    follow: Effect.tap(look, (state) =>
      Effect.sync(() => {
        world.head = state
      })),
    changes: options.changes ?? Stream.never
  }
  const replica: Partial<Replica["Service"]> = {
    positionUnsafe: () => world.applied,
    catchUp: () =>
      Effect.tap(options.applying ?? Effect.void, () =>
        Effect.sync(() => {
          world.applied = world.head.position
        }))
  }
  const layer = FollowLoop.layer.pipe(
    Layer.provide([
      Layer.succeed(Repository, repository as unknown as Repository["Service"]),
      Layer.succeed(Replica, replica as Replica["Service"]),
      Layer.succeed(Settings, { turns: { ...aloneTurns, follow: 600_000 } } as Settings["Service"]),
      Hosts.randomLayer(1)
    ]),
    Layer.provideMerge(FaultDeferred.layer),
    Layer.provideMerge(Logger.layer([logger]))
  )
  return { layer, said, world }
}

const at = (position: number): State.State => ({ ...State.initial("00112233445566778899aabbccddeeff"), position })

describe("FollowLoop", () => {
  it.effect.each(final)("ends the daemon with what no retry can mend: $_tag", (error) => {
    const { layer } = over(Effect.fail(error))
    return Effect.gen(function*() {
      const ended = yield* Effect.forkChild(Effect.flip((yield* Fault).raised))
      yield* TestClock.adjust("11 minutes")
      assert.isDefined(ended.pollUnsafe())
      assert.strictEqual(yield* Fiber.join(ended), error)
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends it as well when what it found cannot be applied", () => {
    const error = new RepositoryCorrupt({ key: "segment/x", reason: "it is missing" })
    const { layer } = over(Effect.succeed(at(7)), { applying: Effect.fail(error) })
    return Effect.gen(function*() {
      const ended = yield* Effect.forkChild(Effect.flip((yield* Fault).raised))
      yield* TestClock.adjust("11 minutes")
      assert.isDefined(ended.pollUnsafe())
      assert.strictEqual(yield* Fiber.join(ended), error)
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends it as a bug when the loop itself breaks", () => {
    const { layer } = over(Effect.die("a bug"))
    return Effect.gen(function*() {
      const ended = yield* Effect.forkChild(Effect.exit((yield* Fault).raised))
      yield* TestClock.adjust("11 minutes")
      assert.isDefined(ended.pollUnsafe())
    }).pipe(Effect.provide(layer))
  })

  it.effect.each(passing)("looks again after what passes: $_tag", (error) => {
    let away = true
    const { layer, said, world } = over(
      Effect.suspend(() => away ? Effect.fail(error) : Effect.succeed(at(2)))
    )
    return Effect.gen(function*() {
      const ended = yield* Effect.forkChild(Effect.exit((yield* Fault).raised))
      yield* TestClock.adjust("25 minutes")
      assert.isUndefined(ended.pollUnsafe())
      assert.deepStrictEqual(said, error._tag === "StoreFull" ? ["Warn", "Warn"] : [])
      away = false
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(world.applied, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("applies at once what others of this process heard of, once whoever committed had his turn", () => {
    let applied = 0
    const queue = Effect.runSync(Queue.unbounded<State.State>())
    const { layer, world } = over(Effect.never, {
      changes: Stream.fromQueue(queue),
      applying: Effect.sync(() => void applied++)
    })
    return Effect.gen(function*() {
      const heard = (position: number) => {
        world.head = at(position)
        Queue.offerUnsafe(queue, world.head)
      }
      heard(1)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(applied, 0)
      heard(2)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(applied, 0)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual([world.applied, applied], [2, 1])
      heard(3)
      world.applied = 3
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(applied, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("what cannot be applied now is applied with the next look", () => {
    let away = true
    const unavailable = new StoreUnavailable({ operation: "get", key: "segment/x", reason: "weather" })
    const { layer, world } = over(Effect.succeed(at(5)), {
      changes: Stream.concat(Stream.make(at(5)), Stream.never),
      applying: Effect.suspend(() => away ? Effect.fail(unavailable) : Effect.void)
    })
    world.head = at(5)
    return Effect.gen(function*() {
      yield* TestClock.adjust("5 minutes")
      away = false
      assert.strictEqual(world.applied, 1)
      yield* TestClock.adjust("6 minutes")
      assert.strictEqual(world.applied, 5)
    }).pipe(Effect.provide(layer))
  })
})
