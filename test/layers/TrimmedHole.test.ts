/**
 * The trap of the trimmed hole from end to end: a put that arrives after the log was trimmed beyond its place finds the name
 * free. Who sent it, who reads, who sleeps and who follows behind: nobody believes what fell into the hole, and it goes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Context, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { retention } from "../../src/domain/repository/TrimPlan.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import type { Seen } from "../../src/services/Witness.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as HostClock from "../harness/HostClock.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import { day, grow, left, trimmer } from "../harness/Trimming.ts"

/** The store with puts of one name held back on their way, until they are let go. */
const holding = Effect.fnUntraced(function*(store: ObjectStore["Service"], key: () => string | undefined) {
  const held = yield* Deferred.make<void>()
  const go = yield* Deferred.make<void>()
  const outcomes: Array<string> = []
  return {
    held,
    go,
    outcomes,
    store: ObjectStore.of({
      ...store,
      put: (name, body) =>
        Effect.gen(function*() {
          if (name !== key()) return yield* store.put(name, body)
          yield* Deferred.succeed(held, undefined)
          yield* Deferred.await(go)
          const outcome = yield* store.put(name, body)
          outcomes.push(outcome)
          return outcome
        })
    })
  }
})

/** Five bases, a day apart, then a month; what nobody needs any more is trimmed. */
const passing = Effect.fnUntraced(function*(host: Hosts.Host, store: ObjectStore["Service"], from: number) {
  yield* grow(host, [10, 20, 30, 40, 50].map((base) => from + base))
  yield* TestClock.adjust(30 * day)
  return yield* (yield* trimmer(host, store)).round
})

/** A clock that does not notice any time pass: the worst a sleeping host's clocks can say. */
const frozen = Effect.map(Clock.Clock, (base): Clock.Clock => {
  const millis = base.currentTimeMillisUnsafe()
  const nanos = base.monotonicTimeNanosUnsafe()
  const { clock } = HostClock.make(base, { offset: 0 })
  return {
    sleep: (duration) => clock.sleep(duration),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    currentTimeNanos: clock.currentTimeNanos,
    currentTimeMillisUnsafe: () => millis,
    currentTimeMillis: Effect.succeed(millis),
    monotonicTimeNanosUnsafe: () => nanos,
    monotonicTimeNanos: Effect.succeed(nanos)
  }
})

/** Hosts at one position, one of which has a put on its way to the next; then the log goes on without them, and is trimmed. */
const trapped = Effect.fnUntraced(function*(fenced: boolean) {
  const { objects, store } = yield* Hosts.bucketD
  let key: string | undefined
  const way = yield* holding(store, () => key)
  const sleeper = yield* Hosts.open({ store: way.store, seed: 60, name: "sleeper" })
  const fence = fenced ? yield* sleeper.lease.fence : undefined
  yield* sleeper.repository.commit(Hosts.adding("d", "before"), fence)
  const { position: before } = yield* sleeper.repository.head
  const reader = yield* Hosts.open({ store, seed: 61 })
  const dazed = yield* Effect.provideService(Hosts.open({ store, seed: 62 }), Clock.Clock, yield* frozen)
  const memory = new Map<string, Seen>()
  yield* Hosts.opening(store, memory)
  const hole = ObjectKey.log(before + 1)
  key = hole
  const commit = yield* Effect.forkChild(Effect.result(sleeper.repository.commit(Hosts.adding("d", "late"), fence)))
  yield* Deferred.await(way.held)
  key = undefined
  const awake = yield* Hosts.open({ store, seed: 63, name: "awake" })
  assert.strictEqual((yield* passing(awake, store, before)).below, before + 40)
  assert.isFalse(objects.has(hole))
  return { objects, store, awake, before, commit, dazed, hole, memory, reader, way }
})

type Trapped = Effect.Success<ReturnType<typeof trapped>>

/** Everybody who reads sees what the host that was awake sees, and the leftover goes when the log is trimmed again. */
const nobodyBelieves = Effect.fnUntraced(
  function*({ awake, before, dazed, hole, memory, objects, reader, store }: Trapped, late: number) {
    assert.isTrue(objects.has(hole))
    const head = yield* awake.repository.refresh
    assert.deepStrictEqual((yield* reader.repository.refresh).digest, head.digest)
    // Its clocks told it nothing: it asks for the next entry alone, finds the leftover, and sees the bases.
    assert.deepStrictEqual((yield* dazed.repository.follow).digest, head.digest)
    assert.deepStrictEqual((yield* Hosts.opening(store, memory)).digest, head.digest)
    assert.isBelow(head.epoch, 10, "nobody took it for a fork")
    const { names, sequence } = yield* Hosts.view(store, "d")
    assert.strictEqual([...names.values()].filter((name) => name === "late").length, late)
    assert.strictEqual(names.size, sequence)
    yield* passing(awake, store, head.position)
    assert.isFalse(objects.has(hole))
    assert.isAbove(left(objects, "Log")[0]!, before + 40)
    const after = yield* awake.repository.head
    for (const { repository } of [reader, dazed]) {
      assert.deepStrictEqual((yield* repository.refresh).digest, after.digest)
    }
  }
)

describe("a put that arrives in a trimmed hole", () => {
  it.effect(
    "is told Created, and is not acknowledged; the plan runs again on what came meanwhile",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const world = yield* trapped(false)
        yield* Deferred.succeed(world.way.go, undefined)
        const outcome = yield* Fiber.join(world.commit)
        assert.deepStrictEqual(world.way.outcomes, ["Created"])
        const applied = outcome._tag === "Success" ? outcome.success : undefined
        const head = yield* world.awake.repository.refresh
        assert.isAbove(applied?.commit.position ?? 0, world.before + 50)
        assert.deepStrictEqual(applied?.state.digest, head.digest)
        yield* nobodyBelieves(world, 1)
      })),
    60_000
  )

  it.effect("of a term that is over is fenced", () =>
    Effect.scoped(Effect.gen(function*() {
      const world = yield* trapped(true)
      yield* Deferred.succeed(world.way.go, undefined)
      const outcome = yield* Fiber.join(world.commit)
      assert.deepStrictEqual(world.way.outcomes, ["Created"])
      assert.strictEqual(outcome._tag === "Failure" ? outcome.failure._tag : "believed", "Fenced")
      yield* nobodyBelieves(world, 0)
    })), 60_000)

  it.effect(
    "of a commit that was interrupted meanwhile is nobody's, or comes again at the end",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const world = yield* trapped(false)
        yield* Deferred.succeed(world.way.go, undefined)
        yield* Fiber.interrupt(world.commit)
        assert.isTrue(world.objects.has(world.hole))
        const { names } = yield* Hosts.view(world.store, "d")
        yield* nobodyBelieves(world, [...names.values()].includes("late") ? 1 : 0)
      })),
    60_000
  )

  it.effect(
    "whose sender dies at any request after it was told Created leaves nothing that counts",
    () =>
      Effect.gen(function*() {
        let survived = false
        for (let deaths = 0; deaths < 20; deaths++) {
          if (survived) break
          yield* Effect.scoped(Effect.gen(function*() {
            const { objects, store } = yield* Hosts.bucketD
            let from: number | undefined
            let key: string | undefined
            const way = yield* holding(store, () => key)
            const faulty = FaultyStore.make(way.store, {
              decide: ({ index }) => from !== undefined && index === from + deaths ? "crash before" : undefined
            })
            const memory = new Map<string, Seen>()
            const sleeper = yield* Hosts.open({ store: faulty.store, seed: 60, memory })
            const hole = (yield* sleeper.repository.head).position + 1
            key = ObjectKey.log(hole)
            const commit = yield* Effect.forkChild(Effect.exit(sleeper.repository.commit(Hosts.adding("d", "late"))))
            yield* Deferred.await(way.held)
            key = undefined
            const awake = yield* Hosts.open({ store, seed: 63 })
            yield* passing(awake, store, hole)
            from = faulty.requests.length
            yield* Deferred.succeed(way.go, undefined)
            const exit = yield* Fiber.join(commit)
            survived = exit._tag === "Success"
            if (!survived) assert.include(exit._tag === "Failure" ? Cause.pretty(exit.cause) : "", FaultyStore.crashed)
            assert.isTrue(objects.has(ObjectKey.log(hole)))
            const { names, state } = yield* Hosts.view(store, "d")
            // The second try is a commit like any other: only its own put may have come before the death.
            assert.isAtMost([...names.values()].filter((name) => name === "late").length, 1)
            if (survived) assert.include([...names.values()], "late")
            const again = yield* Hosts.opening(store, memory, 64)
            assert.deepStrictEqual(again.digest, state.digest)
            assert.isBelow(again.epoch, 10)
          }))
        }
        assert.isTrue(survived)
      }),
    120_000
  )
})

describe("a host that was away", () => {
  for (
    const [how, sleeps] of [
      ["slept for a while", true],
      ["had nothing to write for a quarter of the retention", false]
    ] as const
  ) {
    it.effect(`and ${how} looks before it plans, and puts nothing into a hole`, () =>
      Effect.scoped(Effect.gen(function*() {
        const { store } = yield* Hosts.bucketD
        const sky: HostClock.Sky = { offset: 0 }
        const { clock } = HostClock.make(yield* Clock.Clock, sky)
        const counting = FaultyStore.make(store)
        const host = yield* Effect.provideService(Hosts.open({ store: counting.store, seed: 60 }), Clock.Clock, clock)
        const other = yield* Hosts.open({ store, seed: 61 })
        yield* other.repository.commit(Hosts.adding("d", "other"))
        if (sleeps) sky.offset += 3_600_000
        else yield* TestClock.adjust(retention / 4)
        const before = counting.requests.length
        let plans = 0
        yield* host.repository.commit((state) => {
          plans++
          return Hosts.adding("d", "own")(state)
        })
        const asked = counting.requests.slice(before).map(({ key, operation }) => `${operation} ${key.split("/")[0]}`)
        assert.strictEqual(plans, 1)
        // The look, the other's commit, the bases above; then the commit itself.
        assert.deepStrictEqual(asked, ["list log", "get log", "list base", "now ", "put log", "list base"])
        // And it was a look: the next commit needs none.
        const next = counting.requests.length
        yield* host.repository.commit(Hosts.adding("d", "next"))
        assert.deepStrictEqual(counting.requests.slice(next).map(({ operation }) => operation), ["now", "put", "list"])
      })))
  }

  const replicas = {
    memory: ReplicaMemory.layer,
    LMDB: ReplicaLmdb.layer.pipe(
      Layer.provide(SegmentReaderRanges.layer),
      Layer.provide(Layer.suspend(() => MemoryReplicaFile.layer(MemoryReplicaFile.make())))
    )
  }
  for (const [name, layer] of Object.entries(replicas)) {
    it.effect(
      `for longer than the retention has its replica built anew (${name})`,
      () =>
        Effect.scoped(Effect.gen(function*() {
          const { objects, store } = yield* Hosts.bucketD
          const far = yield* Hosts.open({ store, seed: 60 })
          const awake = yield* Hosts.open({ store, seed: 61 })
          yield* grow(awake, [6])
          yield* far.repository.refresh
          const replica = yield* Effect.map(
            Layer.build(Layer.provide(
              layer,
              Layer.merge(Layer.succeed(Repository, far.repository), Layer.succeed(ObjectStore, store))
            )),
            (context) => Context.get(context, Replica)
          )
          yield* replica.catchUp()
          const was = replica.positionUnsafe()
          const { below } = yield* passing(awake, store, was)
          assert.strictEqual(left(objects, "Log")[0], below)
          assert.isAbove(below, was + 1)
          const head = yield* far.repository.refresh
          yield* replica.catchUp()
          assert.strictEqual(replica.positionUnsafe(), head.position)
          const { names, sequence } = yield* Hosts.view(store, "d")
          const { records } = replica.recordsAfterUnsafe("d", 0, { records: 10_000, bytes: 1 << 24 })
          assert.strictEqual(records.length, sequence)
          assert.deepStrictEqual(new Map(records.map((record) => [record.sequence, record.name])), names)
        })),
      60_000
    )
  }
})
