/** What an idle daemon makes of what it finds in the log, on virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as State from "../../src/domain/repository/State.ts"
import * as FaultDeferred from "../../src/layers/FaultDeferred.ts"
import * as FollowLoop from "../../src/layers/FollowLoop.ts"
import { type DaemonError, Fault } from "../../src/services/Fault.ts"
import { StoreFull, StoreRefused, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Replica, ReplicaUnusable } from "../../src/services/Replica.ts"
import { Repository, RepositoryCorrupt, RepositoryNewer } from "../../src/services/Repository.ts"

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

/** A log that answers so; the replica is brought to whatever is known. */
const over = (follow: Repository["Service"]["follow"], applying: Effect.Effect<void, DaemonError> = Effect.void) => {
  const said: Array<string> = []
  let position = 1
  const logger = Logger.make(({ logLevel }) => void said.push(logLevel))
  const layer = FollowLoop.layer.pipe(
    Layer.provide([
      Layer.succeed(
        Repository,
        { follow, changes: Stream.never } as Partial<Repository["Service"]> as Repository["Service"]
      ),
      Layer.succeed(
        Replica,
        {
          positionUnsafe: () => position,
          catchUp: () => Effect.tap(applying, () => Effect.sync(() => position++))
        } as Partial<Replica["Service"]> as Replica["Service"]
      )
    ]),
    Layer.provideMerge(FaultDeferred.layer),
    Layer.provideMerge(Logger.layer([logger]))
  )
  return { layer, said, position: () => position }
}

const at = (position: number): State.State => ({ ...State.initial("00112233445566778899aabbccddeeff"), position })

describe("FollowLoop", () => {
  it.effect.each(final)("ends the daemon with what no retry can mend: $_tag", (error) => {
    const { layer } = over(Effect.fail(error as RepositoryNewer))
    return Effect.gen(function*() {
      const ended = yield* Effect.forkChild(Effect.flip((yield* Fault).raised))
      yield* TestClock.adjust("11 minutes")
      assert.isDefined(ended.pollUnsafe())
      assert.strictEqual(yield* Fiber.join(ended), error)
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends it as well when what it found cannot be applied", () => {
    const error = new RepositoryCorrupt({ key: "segment/x", reason: "it is missing" })
    const { layer } = over(Effect.succeed(at(7)), Effect.fail(error))
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
    const { layer, position, said } = over(
      Effect.suspend(() => away ? Effect.fail(error as StoreFull) : Effect.succeed(at(2)))
    )
    return Effect.gen(function*() {
      const ended = yield* Effect.forkChild(Effect.exit((yield* Fault).raised))
      yield* TestClock.adjust("25 minutes")
      assert.isUndefined(ended.pollUnsafe())
      assert.deepStrictEqual(said, error._tag === "StoreFull" ? ["Warn", "Warn"] : [])
      away = false
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(position(), 2)
    }).pipe(Effect.provide(layer))
  })
})
