/** Staging while the store takes nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Logger, Option, Scope, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import { fenceOf } from "../../src/services/Lease.ts"
import { StoreRefused, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Staging } from "../../src/services/Staging.ts"
import { blank, file, grown, heard, over } from "../harness/StagingRig.ts"

describe("StagingCommits", () => {
  describe("while the store lets this host write nothing", () => {
    const refused = new StoreRefused({ operation: "put", location: "s3:b", reason: "no permission", mend: "grant it" })
    /** Of errors in the log. */
    const errors = (said: Array<string>) =>
      Logger.layer([Logger.make(({ logLevel, message }) => {
        if (logLevel === "Error") said.push(String(message))
      })])

    it.effect("it stands by, says so hourly, and stores again once it may", () => {
      let may = false
      const repository = grown()
      const said: Array<string> = []
      const layer = over({
        fence: Effect.suspend(() => may ? Effect.succeed(fenceOf(1)) : Effect.fail(refused)),
        begin: Effect.suspend(() => may ? Effect.void : Effect.fail(refused)),
        repository,
        replica: blank
      })
      return Effect.gen(function*() {
        const staging = yield* Staging
        const opening = yield* Effect.forkChild(staging.open(1))
        yield* TestClock.adjust("30 minutes")
        assert.isUndefined(opening.pollUnsafe())
        assert.lengthOf(said, 1)
        assert.match(said[0]!, /goes on serving.*no permission; grant it/)
        yield* TestClock.adjust("31 minutes")
        assert.lengthOf(said, 2)
        may = true
        yield* TestClock.adjust("61 seconds")
        yield* Fiber.join(opening)
        staging.stage([file("at last")])
        yield* staging.flush
        assert.deepStrictEqual(repository.names(), [["at last"]])
      }).pipe(Effect.provide(Layer.merge(layer, errors(said))))
    })

    it.effect("what was staged for a commit that is refused is asked for again, and its packs are named by nobody", () => {
      let may = false
      const repository = grown()
      const layer = over({
        repository: {
          ...repository,
          commit: (plan, fence) => may ? repository.commit!(plan, fence) : Effect.fail(refused)
        },
        replica: blank
      })
      return Effect.gen(function*() {
        const staging = yield* Staging
        const again = yield* Effect.forkChild(Stream.runHead(staging.invalidated))
        staging.activity(true)
        staging.stage([file("early")])
        yield* TestClock.adjust("30 seconds")
        assert.isTrue(Option.isSome(yield* Fiber.join(again)))
        may = true
        staging.stage([file("early")])
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(repository.names(), [["early"]])
      }).pipe(Effect.provide(layer))
    })

    it.effect("packs that are refused are given up with their builder, and another one is filled", () => {
      let taken = true
      let begun = 0
      const repository = grown()
      const layer = over({
        builder: { seal: Effect.suspend(() => taken ? Effect.fail(refused) : Effect.succeed([])) },
        begin: Effect.sync(() => void begun++),
        repository,
        replica: blank
      })
      return Effect.gen(function*() {
        const staging = yield* Staging
        const again = yield* Effect.forkChild(Stream.runHead(staging.invalidated))
        yield* staging.open(1)
        staging.stage([file("early")])
        yield* TestClock.adjust("30 seconds")
        assert.isTrue(Option.isSome(yield* Fiber.join(again)))
        taken = false
        yield* staging.open(1)
        assert.strictEqual(begun, 2)
        staging.stage([file("early")])
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(repository.names(), [["early"]])
      }).pipe(Effect.provide(layer))
    })
  })

  describe("while the store cannot be reached", () => {
    const down = new StoreUnavailable({ operation: "put", key: "log", reason: "no route" })

    it.effect("shutdown tries again, and says nothing once it succeeded", () => {
      const repository = grown()
      let tries = 0
      const layer = over({
        repository: {
          ...repository,
          commit: (plan, fence) => ++tries < 4 ? Effect.fail(down) : repository.commit!(plan, fence)
        },
        replica: blank
      })
      const said: Array<string> = []
      return Effect.gen(function*() {
        const scope = yield* Scope.make()
        const staging = yield* Effect.map(Layer.buildWithScope(layer, scope), (built) => Context.get(built, Staging))
        staging.stage([file("last")])
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(closing)
        assert.deepStrictEqual(repository.names(), [["last"]])
        assert.isFalse(said.some((line) => line.includes("not committed")))
      }).pipe(Effect.provide(Logger.layer([heard(said)])))
    })

    it.effect("shutdown says what was not committed, though an object is still under way", () => {
      let tries = 0
      const layer = over({
        repository: {
          ...grown(),
          // The first tries fail; the last one does not let itself be interrupted until its outcome is known.
          commit: () =>
            Effect.suspend(() => ++tries < 3 ? Effect.fail(down) : Effect.uninterruptible(Effect.sleep("1 hour"))).pipe(
              Effect.as(undefined)
            )
        },
        replica: blank
      })
      const said: Array<string> = []
      return Effect.gen(function*() {
        const scope = yield* Scope.make()
        const staging = yield* Effect.map(Layer.buildWithScope(layer, scope), (built) => Context.get(built, Staging))
        staging.stage([file("one"), file("two")])
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("19 seconds")
        assert.isFalse(said.some((line) => line.includes("not committed")))
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(closing)
        assert.strictEqual(tries, 3)
        assert.strictEqual(said.filter((line) => /the last 2 files were not committed.*no route/.test(line)).length, 1)
      }).pipe(Effect.provide(Logger.layer([heard(said)])))
    })

    it.effect("a flush fails when its time is over, and succeeds when the store is back before", () => {
      const repository = grown()
      let up = false
      const layer = over({
        repository: {
          ...repository,
          commit: (plan, fence) => up ? repository.commit!(plan, fence) : Effect.fail(down)
        },
        replica: blank
      })
      return Effect.gen(function*() {
        const staging = yield* Staging
        staging.activity(false)
        staging.stage([file("kept")])
        const first = yield* Effect.forkChild(Effect.flip(staging.flush))
        yield* TestClock.adjust("20 seconds")
        const error = yield* Fiber.join(first)
        assert.deepStrictEqual([error._tag, error.files], ["NotCommitted", 1])
        const second = yield* Effect.forkChild(staging.flush)
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(repository.names(), [])
        up = true
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(second)
        assert.deepStrictEqual(repository.names(), [["kept"]])
      }).pipe(Effect.provide(layer))
    })
  })
})
