/** When the loop merges, when it rests, and what it outlives. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as CompactionLoop from "../../src/layers/CompactionLoop.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { FolderTotals } from "../../src/services/FolderTotals.ts"
import { type ObjectStore, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Compacting from "../harness/Compacting.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { bucketD, type Host, inVirtualTime, open } from "../harness/Hosts.ts"

const folderD = (host: Host) => Effect.map(host.repository.head, (state) => state.folders.get("d")!)

const noTotals = Layer.succeed(FolderTotals, { at: () => Effect.undefined })

describe("the loop", () => {
  const looping = (host: Host, store: ObjectStore["Service"]) =>
    Layer.build(CompactionLoop.layer.pipe(
      Layer.provide(Compacting.layer(host, store)),
      Layer.provide(Compacting.ground(host, store)),
      Layer.provide(noTotals),
      Layer.fresh
    ))
  const shape = Effect.fnUntraced(function*(host: Host, most: number) {
    yield* host.repository.changes.pipe(
      Stream.filter((state) => state.folders.get("d")!.segments.length <= most),
      Stream.runHead,
      Effect.timeoutOrElse({
        duration: "1 hour",
        orElse: () => Effect.die(new Error("the loop did nothing for an hour"))
      })
    )
  })

  it.effect("merges after commits that make it due, and asks nothing of the store else", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const faulty = FaultyStore.make(store)
      const host = yield* open({ store: faulty.store, seed: 10 })
      yield* looping(host, faulty.store)
      for (let day = 0; day < 3; day++) {
        yield* Compacting.changes(host, "d", "a", "b", "a", "c", "d")
        yield* shape(host, 3)
        const { length } = faulty.requests
        yield* Effect.sleep("3 hours")
        assert.strictEqual(faulty.requests.length, length)
      }
    })))

  it.effect("outlives a store that is away, and damage", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* bucketD
      let away = false
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) => away && operation === "get" && key.startsWith("segment/") ? "fail" : undefined
      })
      const host = yield* open({ store: faulty.store, seed: 10 })
      yield* looping(host, faulty.store)
      away = true
      yield* Compacting.changes(host, "d", "a", "b", "a", "c")
      yield* Effect.sleep("20 minutes")
      assert.strictEqual((yield* folderD(host)).segments.length, 4)
      // Not asked all the time.
      assert.isBelow(faulty.requests.filter(({ key }) => key.startsWith("segment/")).length, 4 + 12)
      away = false
      yield* shape(host, 1)
      yield* Compacting.changes(host, "d", "a", "b", "a")
      const key = ObjectKey.segment((yield* folderD(host)).segments[1]!)
      const whole = objects.get(key)!
      objects.delete(key)
      yield* Effect.sleep("20 minutes")
      assert.strictEqual((yield* folderD(host)).segments.length, 4)
      objects.set(key, whole)
      yield* Effect.sleep("7 hours")
      yield* shape(host, 1)
    })))

  it.effect("looks for old tombstones and old names once an hour, for old rows once a day, whatever becomes of that", () =>
    inVirtualTime(Effect.gen(function*() {
      const asked: Array<string> = []
      const unavailable = Effect.fail(new StoreUnavailable({ operation: "get", key: "log/1", reason: "it is away" }))
      let wrong: Effect.Effect<never, StoreUnavailable> | undefined
      const ask = (what: string) => Effect.suspend(() => (asked.push(what), wrong ?? Effect.undefined))
      const repository = Layer.mock(Repository, {
        id: "",
        sealing: { suite: "plain", repository: "" },
        changes: Stream.never
      })
      const compactor = Layer.succeed(Compactor, {
        isDue: () => false,
        round: Effect.die(new Error("nothing was due")),
        forget: ask("forget"),
        rename: ask("rename"),
        sweep: () => Effect.as(ask("sweep"), [])
      })
      yield* Layer.build(Layer.provide(CompactionLoop.layer, [repository, compactor, noTotals]))
      yield* Effect.sleep("59 minutes")
      assert.deepStrictEqual(asked, [])
      for (const end of [unavailable, Effect.die(new Error("a bug")), undefined]) {
        asked.length = 0
        wrong = end
        yield* Effect.sleep("1 hour")
        assert.deepStrictEqual(asked, ["forget", "rename", "sweep"])
      }
      for (let hours = 1; hours <= 24; hours++) {
        asked.length = 0
        yield* Effect.sleep("1 hour")
        assert.deepStrictEqual(asked, hours < 24 ? ["forget", "rename"] : ["forget", "rename", "sweep"])
      }
    })))
})
