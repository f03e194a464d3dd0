/** A store whose clock is wrong for a while, an absence, and a clock that is set right: what goes, and what must not. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import * as CheckpointsRepository from "../../src/layers/CheckpointsRepository.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as FolderTotalsSegments from "../../src/layers/FolderTotalsSegments.ts"
import * as LiveSetsFooters from "../../src/layers/LiveSetsFooters.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as LogTrimmerObjects from "../../src/layers/LogTrimmerObjects.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as UpkeepClockNoted from "../../src/layers/UpkeepClockNoted.ts"
import * as UpkeepNotesMemory from "../../src/layers/UpkeepNotesMemory.ts"
import { BootClock } from "../../src/services/BootClock.ts"
import { Checkpoints } from "../../src/services/Checkpoints.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { Lease } from "../../src/services/Lease.ts"
import { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { UpkeepClock } from "../../src/services/UpkeepClock.ts"
import { type Notes, UpkeepNotes } from "../../src/services/UpkeepNotes.ts"
import * as BootClockVirtual from "../harness/BootClockVirtual.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as Compacting from "../harness/Compacting.ts"
import * as HostClock from "../harness/HostClock.ts"
import * as Hosts from "../harness/Hosts.ts"
import { day, grow, left } from "../harness/Trimming.ts"

const minute = 60_000
const hour = 60 * minute

/** A bucket whose clock is wrong by as much as the test likes. */
const skewed = Effect.gen(function*() {
  const { objects, store } = yield* Hosts.bucketD
  const sky = { off: 0 }
  return { objects, sky, store: ObjectStore.of({ ...store, now: Effect.map(store.now, (now) => now + sky.off) }) }
})

/** A life of a host's upkeep. What it says is put into `said`. */
const upkeep = Effect.fnUntraced(function*(
  host: Hosts.Host,
  store: ObjectStore["Service"],
  notes = new Map<string, Notes>(),
  said: Array<string> = [],
  boot: Layer.Layer<BootClock> = BootClockVirtual.layer
) {
  const context = yield* Layer.build(
    Layer.mergeAll(
      CheckpointsRepository.layer.pipe(Layer.provide(FolderTotalsSegments.layer)),
      LogTrimmerObjects.layer,
      CompactorMerging.layer.pipe(Layer.provide(LiveSetsFooters.layer))
    ).pipe(
      Layer.provideMerge(UpkeepClockNoted.layer),
      Layer.provide(Layer.merge(SegmentReaderRanges.layer, LogObjectsSealed.layer)),
      Layer.provide(
        Layer.mergeAll(
          boot,
          Layer.succeed(ObjectStore, store),
          Layer.succeed(Repository, host.repository),
          Layer.succeed(Lease, host.lease),
          Layer.succeed(UpkeepNotes, UpkeepNotesMemory.make(notes))
        )
      ),
      Layer.fresh
    )
  )
  const listening = Logger.layer([
    Logger.make(({ logLevel, message }) => void (logLevel === "Warn" && said.push(String(message))))
  ])
  return {
    read: Context.get(context, UpkeepClock).read.pipe(Effect.provide(listening)),
    round: Context.get(context, Checkpoints).round,
    trim: Context.get(context, LogTrimmer).round,
    forget: Context.get(context, Compactor).forget,
    merge: Context.get(context, Compactor).round
  }
})

const change = (host: Hosts.Host, name: string) =>
  Effect.flatMap(host.lease.fence, (fence) => host.repository.commit(Hosts.adding("d", name), fence))

const ids = (host: Hosts.Host) => Effect.map(host.repository.head, (state) => state.checkpoints.map(({ id }) => id))

const quiet = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(Effect.scoped(effect), Logger.layer([]))

describe("upkeep, when the store's clock leaps", () => {
  it.effect(
    "no checkpoint expires by a clock that is wrong for some hours; afterwards some are made again",
    () =>
      quiet(Effect.gen(function*() {
        const { sky, store } = yield* skewed
        const host = yield* Hosts.open({ store, seed: 1 })
        const { round } = yield* upkeep(host, store)
        for (let i = 0; i < 20; i++) {
          yield* change(host, `${i}`)
          yield* round
          yield* TestClock.adjust(hour)
        }
        const before = yield* ids(host)
        sky.off = 40 * day
        for (let i = 0; i < 18; i++) {
          yield* change(host, `wrong ${i}`)
          assert.deepStrictEqual((yield* round).expired, [], `${i}`)
          yield* TestClock.adjust(10 * minute)
        }
        const then = yield* ids(host)
        assert.includeMembers(then.slice(), before.slice())
        sky.off = 0
        let made = 0
        for (let i = 0; i < 10 * 24; i++) {
          yield* change(host, `right ${i}`)
          made += (yield* round).created.length
          yield* TestClock.adjust(hour)
        }
        // One a day, until the clock has caught up.
        assert.strictEqual(made, 10)
        for (let i = 0; i < 31 * 24; i++) {
          yield* TestClock.adjust(hour)
          if (i > 30 * 24) yield* change(host, `later ${i}`)
          made += (yield* round).created.length
        }
        assert.isAbove(made, 20)
        for (let i = 0; i < 9 * 24; i++) yield* Effect.andThen(TestClock.adjust(hour), round)
        assert.isBelow((yield* ids(host)).length, 10)
      })),
    60_000
  )

  for (const leaps of [1, 2, 3]) {
    it.effect(
      `none expires by a clock that leaps so often within an hour: ${leaps}`,
      () =>
        quiet(Effect.gen(function*() {
          const { sky, store } = yield* skewed
          const host = yield* Hosts.open({ store, seed: 1 })
          const { round } = yield* upkeep(host, store)
          for (let i = 0; i < 20; i++) {
            yield* change(host, `${i}`)
            yield* round
            yield* TestClock.adjust(hour)
          }
          for (let i = 0; i < 24; i++) {
            if (i < leaps) sky.off += 40 * day
            yield* change(host, `wrong ${i}`)
            assert.deepStrictEqual((yield* round).expired, [], `${i}`)
            yield* TestClock.adjust(10 * minute)
          }
        })),
      60_000
    )
  }

  it.effect("on a directory, whose clock is this host's, a process that lives on is not deceived by leaps either", () =>
    quiet(Effect.gen(function*() {
      const clock = HostClock.make(yield* Clock.Clock, { offset: 0 })
      const { store: below } = yield* Hosts.bucketD
      const store = ObjectStore.of({ ...below, now: Clock.currentTimeMillis })
      const host = yield* Hosts.open({ store, seed: 1 })
      const boot = Layer.succeed(BootClock, { millisUnsafe: clock.bootMillisUnsafe })
      const { read: reading } = yield* upkeep(host, store, new Map(), [], boot)
      const read = Effect.provideService(reading, Clock.Clock, clock.clock)
      const begun = (yield* read).now
      for (let i = 0; i < 8; i++) {
        clock.error += 40 * day
        yield* read
        yield* TestClock.adjust(hour)
      }
      const { doubtedUntil, now, sure } = yield* read
      assert.strictEqual(now, begun + 320 * day + 8 * hour)
      assert.strictEqual(sure, begun + 8 * hour)
      assert.strictEqual(doubtedUntil, now + 23 * hour)
      // It stays so, and is believed.
      for (let i = 0; i < 4; i++) yield* Effect.andThen(TestClock.adjust(6 * hour), read)
      assert.strictEqual((yield* read).sure, now + day)
    })))

  it.effect(
    "after an absence checkpoints expire a day later, and the log is trimmed then",
    () =>
      quiet(Effect.gen(function*() {
        const { objects, store } = yield* skewed
        const notes = new Map<string, Notes>()
        const host = yield* Hosts.open({ store, seed: 1 })
        yield* grow(host, [10, 20, 30])
        const first = yield* upkeep(host, store, notes)
        for (let i = 0; i < 30; i++) {
          yield* change(host, `${i}`)
          yield* first.round
          yield* TestClock.adjust(hour)
        }
        const before = (yield* ids(host)).length
        const begun = yield* store.now
        let gone = 0
        yield* TestClock.adjust(90 * day)
        const { round, trim } = yield* upkeep(host, store, notes)
        for (let i = 0; i < 23; i++) {
          // Only what served its day in the hours that surely passed.
          for (const { supersededAt } of (yield* round).expired) {
            assert.isAtMost(supersededAt! + day, begun + (i - 1) * hour)
            gone++
          }
          assert.strictEqual((yield* trim).below, 0)
          yield* TestClock.adjust(hour)
        }
        // They wait for no more than that and their grace, though the clock is in doubt.
        assert.isAtLeast(gone, 20)
        yield* TestClock.adjust(hour)
        const { below } = yield* trim
        assert.isAtLeast(below, 20)
        assert.strictEqual(left(objects, "Log")[0], below)
        yield* Effect.andThen(round, TestClock.adjust(hour))
        yield* round
        assert.isAbove(before, 20)
        assert.strictEqual((yield* ids(host)).length, 2)
      })),
    60_000
  )

  it.effect("what was condemned is not deleted by a clock that leaps, and goes an hour later by one that does not", () =>
    Hosts.inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const sky = { off: 0 }
      const wrong = ObjectStore.of({ ...store, now: Effect.map(store.now, (now) => now + sky.off) })
      const host = yield* World.open({ store: wrong, seed: 2, isCareful: true })
      const whole = { maxRewrite: 0, full: true }
      yield* World.put(host, { a: World.labels("a", 3), b: World.labels("b", 3) })
      yield* World.put(host, { a: null })
      yield* World.merge(host)
      assert.isAbove((yield* host.collector.run(whole)).condemned.count, 0)
      const packs = World.packsIn(objects).length
      sky.off = 40 * day
      const leapt = yield* host.collector.run(whole)
      assert.strictEqual(leapt.deleted.count, 0)
      assert.approximately(leapt.doubtedUntil!, (yield* World.now) + 41 * day, 10 * minute)
      sky.off = 0
      yield* Effect.sleep(hour + minute)
      const right = yield* host.collector.run(whole)
      assert.isAbove(right.deleted.count, 0)
      assert.isUndefined(right.doubtedUntil)
      assert.isAtMost(World.packsIn(objects).length, packs)
    })))

  it.effect("what is condemned after an hour of a clock that was ahead goes an hour after each host saw it", () =>
    Hosts.inVirtualTime(
      Effect.gen(function*() {
        const { objects, store } = yield* World.bucket
        const sky = { off: 0 }
        const wrong = ObjectStore.of({ ...store, now: Effect.map(store.now, (now) => now + sky.off) })
        const open = (seed: number) => World.open({ store: wrong, seed, isCareful: true })
        const whole = { maxRewrite: 0, full: true }
        const host = yield* open(2)
        yield* World.put(host, { a: World.labels("a", 3), b: World.labels("b", 3), e: World.labels("e", 3) })
        yield* host.collector.run(whole)
        sky.off = 400 * day
        yield* World.put(host, { c: World.labels("c", 3) })
        sky.off = 0
        yield* Effect.sleep("1 hour")
        yield* World.put(host, { a: null })
        yield* World.merge(host)
        assert.isAbove((yield* host.collector.run(whole)).condemned.count, 0)
        const packs = World.packsIn(objects).length
        // It is seen from now on, by the host that condemned it, too. A clock that goes wrong meanwhile shortens nothing.
        for (const off of [0, 0, 40 * day, -40 * day, 80 * day, 0]) {
          sky.off = off
          assert.strictEqual((yield* host.collector.run(whole)).deleted.count, 0, `${off}`)
          yield* Effect.sleep("10 minutes")
        }
        // By itself an hour of the right clock is enough; one that saw it later deletes later.
        const other = yield* open(3)
        assert.strictEqual((yield* other.collector.run(whole)).deleted.count, 0)
        yield* Effect.sleep("50 minutes")
        assert.strictEqual((yield* other.collector.run(whole)).deleted.count, 0)
        assert.strictEqual(World.packsIn(objects).length, packs)
        let deleted = 0
        for (let i = 0; i < 3; i++) {
          yield* Effect.sleep("1 hour")
          deleted += (yield* other.collector.run(whole)).deleted.count
        }
        assert.isAbove(deleted, 0)
        assert.isBelow(World.packsIn(objects).length, packs)
        yield* World.audit(store)
      })
    ))

  it.effect("packs that nobody named wait their two weeks from when they were seen, after an absence too", () =>
    Hosts.inVirtualTime(
      Effect.gen(function*() {
        const { store } = yield* World.bucket
        const host = yield* World.open({ store, seed: 2, isCareful: true })
        const daily = { maxRewrite: 0 }
        yield* World.put(host, { a: World.labels("a", 1) })
        yield* host.collector.run(daily)
        yield* Effect.sleep("30 days")
        yield* World.partly(host, World.labels("part", 4), yield* host.lease.fence)
        for (let i = 0; i < 14; i++) {
          assert.strictEqual((yield* host.collector.run(daily)).condemned.count, 0, `day ${i}`)
          yield* Effect.sleep("24 hours")
        }
        assert.isAbove((yield* host.collector.run(daily)).condemned.count, 0)
      }),
      80_000
    ))

  it.effect("no tombstone goes by a clock that is a year and more ahead", () =>
    quiet(Effect.gen(function*() {
      const { sky, store } = yield* skewed
      const host = yield* Hosts.open({ store, seed: 3 })
      const many = Array.from({ length: 1200 }, (_, at) => `n${at}`)
      yield* Compacting.change(host, "d", many.map((name) => ({ name, deleted: true })))
      const { forget, read } = yield* upkeep(host, store)
      yield* read
      yield* TestClock.adjust(8 * day)
      yield* Compacting.changes(host, "d", "later")
      yield* Effect.andThen(read, TestClock.adjust(day))
      yield* read
      sky.off = 500 * day
      yield* Compacting.changes(host, "d", "wrong")
      assert.isUndefined(yield* forget)
      sky.off = 0
      for (let i = 0; i < 420; i++) yield* Effect.andThen(TestClock.adjust(day), read)
      yield* Compacting.changes(host, "d", "much later")
      assert.strictEqual((yield* forget)?.tombstones, 1200)
    })), 60_000)

  it.effect("and none by a merge of segments meanwhile", () =>
    quiet(Effect.gen(function*() {
      const { sky, store } = yield* skewed
      const host = yield* Hosts.open({ store, seed: 3 })
      const many = Array.from({ length: 1200 }, (_, at) => `n${at}`)
      yield* Compacting.change(host, "d", many.map((name) => ({ name, deleted: true })))
      yield* TestClock.adjust(8 * day)
      yield* Compacting.changes(host, "d", "later")
      const { merge, read } = yield* upkeep(host, store)
      yield* read
      sky.off = 500 * day
      yield* Compacting.changes(host, "d", "wrong", "too")
      const [merged] = yield* merge
      assert.deepInclude(merged, { inputs: 4, tombstones: 0 })
      assert.strictEqual(merged!.output!.records, 1203)
      // They go once the clock is believed.
      for (let i = 0; i < 5; i++) yield* Effect.andThen(TestClock.adjust(6 * hour), read)
      yield* Compacting.changes(host, "d", "x", "y", "z", "w")
      yield* Compacting.change(host, "d", many.map((name) => ({ name: `new ${name}` })))
      const rounds = yield* merge
      assert.strictEqual(rounds.reduce((sum, { tombstones }) => sum + tombstones, 0), 1200)
    })))

  it.effect("it is told once, by whichever process, and what is noted outlives it", () =>
    quiet(Effect.gen(function*() {
      const { sky, store } = yield* skewed
      const host = yield* Hosts.open({ store, seed: 4 })
      const notes = new Map<string, Notes>()
      const said: Array<string> = []
      const now = Effect.map(store.now, (now) => now)
      const first = yield* upkeep(host, store, notes, said)
      assert.deepStrictEqual(yield* first.read, { now: yield* now, sure: yield* now, passed: 0 })
      const begun = yield* now
      sky.off = 40 * day
      yield* first.read
      yield* TestClock.adjust(2 * hour)
      const next = yield* upkeep(host, store, notes, said)
      assert.deepStrictEqual(yield* next.read, {
        now: yield* now,
        sure: begun + 2 * hour,
        passed: 2 * hour,
        doubtedUntil: begun + 41 * day
      })
      assert.strictEqual(said.length, 1)
      assert.include(said[0], "40d")
      yield* TestClock.adjust(23 * hour)
      assert.strictEqual((yield* next.read).sure, yield* now)
      assert.strictEqual(said.length, 1)
    })))

  it.effect("a newest commit from the future is told once, until the clock has caught up", () =>
    quiet(Effect.gen(function*() {
      const { sky, store } = yield* skewed
      const host = yield* Hosts.open({ store, seed: 5 })
      const said: Array<string> = []
      const { read } = yield* upkeep(host, store, new Map(), said)
      sky.off = 40 * day
      yield* change(host, "wrong")
      sky.off = 0
      yield* read
      yield* TestClock.adjust(day)
      yield* read
      assert.strictEqual(said.length, 1)
      assert.include(said[0], "behind the newest commit")
      for (let i = 0; i < 41; i++) yield* Effect.andThen(TestClock.adjust(day), read)
      assert.strictEqual(said.length, 1)
    })))

  it.effect("a host that keeps no notes holds a reading against the newest commit, and against its own", () =>
    quiet(Effect.gen(function*() {
      const { store } = yield* skewed
      const host = yield* Hosts.open({ store, seed: 6 })
      const forgetful = new Map<string, Notes>()
      forgetful.set = () => forgetful
      yield* TestClock.adjust(day)
      yield* change(host, "a")
      yield* TestClock.adjust(3 * day)
      const { read } = yield* upkeep(host, store, forgetful)
      const begun = (yield* host.repository.head).time
      assert.strictEqual((yield* read).sure, begun)
      yield* TestClock.adjust(hour)
      assert.strictEqual((yield* read).sure, begun + hour)
      yield* TestClock.adjust(day)
      assert.strictEqual((yield* read).sure, begun + 4 * day + hour)
    })))

  it.effect("a note that cannot be replaced any more takes nothing from a process that lives on", () =>
    quiet(Effect.gen(function*() {
      const { store } = yield* skewed
      const host = yield* Hosts.open({ store, seed: 6 })
      const notes = new Map<string, Notes>()
      const { read } = yield* upkeep(host, store, notes)
      yield* read
      notes.set = () => notes
      for (let i = 0; i < 12; i++) {
        yield* TestClock.adjust(6 * hour)
        const { now, sure } = yield* read
        assert.strictEqual(sure, now)
      }
    })))
})
