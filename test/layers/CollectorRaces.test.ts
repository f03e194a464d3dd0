/** Collection beside commits, by the same host and by others, in both orders; hosts that slept; deletes that come late. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { isLive } from "../../src/domain/repository/State.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as HostClock from "../harness/HostClock.ts"
import { bucket, inVirtualTime } from "../harness/Hosts.ts"

const whole = { maxRewrite: 1 << 30, full: true }
const packSize = 1024 * 1024

/** A host with one file kept and one deleted; what a replica would know of where blocks are. */
const begun = Effect.fnUntraced(function*(store: ObjectStore["Service"], seed: number) {
  const host = yield* World.open({ store, seed, packSize })
  const known = new Map<string, string>()
  yield* World.put(host, { kept: ["k"], gone: World.labels("x", 20) }, known)
  yield* World.put(host, { gone: null }, known)
  yield* World.merge(host)
  return { host, known }
})

/** Puts the file, as ingest does: what was refused at the commit is stored again. */
const stored = Effect.fnUntraced(function*(host: World.Host, files: World.Files, known: Map<string, string>) {
  for (let tries = 0; !(yield* World.put(host, files, known)); tries++) assert.isBelow(tries, 3)
})

/** Requests of a run that may come from within a commit. */
const inCommits = new Set(["put log/", "get segment/", "now"])

/** A file comes in at the nth such request of a run. False if there is none. */
const interrupted = Effect.fnUntraced(function*(moment: string, nth: number) {
  const [operation, prefix = ""] = moment.split(" ")
  const { store } = yield* bucket
  let left = Infinity
  let happens: Effect.Effect<void> = Effect.void
  const watched = World.watched(
    store,
    (request) =>
      request.operation !== operation || !request.key.startsWith(prefix) || left-- !== 0 ? Effect.void : happens
  )
  return yield* Effect.scoped(Effect.gen(function*() {
    const { known } = yield* begun(store, 10)
    const host = yield* World.open({ store: watched, seed: 20, packSize })
    yield* host.lease.fence
    const file = { again: ["x 1", "x 7", "k"] }
    happens = Effect.asVoid(
      inCommits.has(moment)
        // In a commit of its own nobody else of this host has a turn: another host has.
        ? Effect.scoped(
          Effect.flatMap(
            World.open({ store, seed: 30 + nth, packSize }),
            (other) => stored(other, file, new Map(known))
          )
        )
        : stored(host, file, new Map(known))
    ).pipe(Effect.orDie)
    left = nth
    const exit = yield* Effect.exit(host.collector.run(whole))
    const reached = left < 0
    left = Infinity
    if (!reached) return false
    if (exit._tag === "Failure") {
      assert.isTrue(inCommits.has(moment), `${moment} ${nth}`)
      assert.include(String(exit.cause), "Fenced", `${moment} ${nth}`)
    }
    const after = yield* World.open({ store, seed: 40, packSize })
    for (let i = 0; i < 3; i++) {
      yield* after.collector.run(whole)
      yield* Effect.sleep("2 hours")
      const seen = yield* World.audit(store, `${moment} ${nth}`)
      assert.deepStrictEqual(seen.files, World.shown({ kept: ["k"], ...file }), `${moment} ${nth}`)
    }
    return true
  }))
})

describe("collection beside commits", () => {
  for (const moment of ["put log/", "put pack/", "list pack/", "get segment/", "get pack/", "now"] as const) {
    it.effect(
      `a file that needs dead blocks is committed at any ${moment} of a run: it is stored, and whole`,
      () =>
        inVirtualTime(
          Effect.gen(function*() {
            let nth = 0
            while (yield* interrupted(moment, nth)) assert.isBelow(++nth, 100)
            assert.isAbove(nth, 0)
          }),
          100_000
        ),
      120_000
    )
  }

  it.effect("a commit that found blocks in a pack before it was replaced is refused, and stored again", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucket
      const { host, known } = yield* begun(store, 1)
      yield* host.collector.run(whole)
      const state = yield* host.repository.head
      assert.isFalse(isLive(state, known.get("k")!))
      const other = yield* World.open({ store, seed: 2, packSize })
      assert.isTrue(yield* World.put(other, { again: ["k", "x 3"] }, known))
      assert.isTrue(isLive(yield* other.repository.head, known.get("k")!))
      assert.deepStrictEqual((yield* World.audit(store)).files, World.shown({ kept: ["k"], again: ["k", "x 3"] }))
    })))
})

describe("late deletes", () => {
  it.effect("a delete that arrives days later takes only what is dead", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { objects, store } = yield* bucket
        const { host, known } = yield* begun(store, 3)
        yield* host.collector.run(whole)
        yield* Effect.sleep("2 hours")
        let late: ReadonlyArray<string> = []
        const slow = yield* World.open({
          // Carried out when nobody waits for it any more.
          store: { ...store, remove: (keys) => Effect.sync(() => void (late = [...late, ...keys])) },
          seed: 4,
          packSize
        })
        yield* slow.collector.run(whole)
        assert.isAbove(late.length, 0)
        const other = yield* World.open({ store, seed: 5, packSize })
        yield* stored(other, { again: ["x 2", "x 3", "k"] }, known)
        for (let day = 0; day < 5; day++) {
          yield* other.collector.run(whole)
          yield* Effect.sleep("1 day")
        }
        for (const key of late) objects.delete(key)
        assert.deepStrictEqual(
          (yield* World.audit(store)).files,
          World.shown({ kept: ["k"], again: ["x 2", "x 3", "k"] })
        )
      }),
      20_000
    ))

  it.effect("what the log says is deleted and is still there is condemned again, once its term is over", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* bucket
      const left = yield* Effect.scoped(Effect.gen(function*() {
        const deaf = { ...store, remove: () => Effect.void }
        const { host } = yield* begun(deaf, 6)
        yield* host.collector.run(whole)
        yield* Effect.sleep("2 hours")
        assert.isAbove((yield* host.collector.run(whole)).deleted.count, 0)
        return World.packsIn(objects).length
      }))
      const host = yield* World.open({ store, seed: 7, packSize })
      assert.isAbove((yield* host.collector.run(whole)).orphans, 0)
      yield* Effect.sleep("2 hours")
      yield* host.collector.run(whole)
      assert.isBelow(World.packsIn(objects).length, left)
      yield* World.audit(store)
    })))

  for (const moment of ["before a run", "in a run, just before it deletes"]) {
    it.effect(`a bucket that is set back ${moment}: what only the lost log condemned is not deleted`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { objects, store } = yield* bucket
        let happens: () => void = () => {}
        const watched = World.watched(store, ({ operation }) =>
          Effect.sync(() => {
            if (operation !== "now") return
            happens()
            happens = () => {}
          }))
        const { host } = yield* begun(watched, 8)
        const saved = new Map(objects)
        yield* host.collector.run(whole)
        yield* Effect.sleep("2 hours")
        // An operator restores an older copy: everything in it is in use again.
        const restore = () => {
          for (const key of objects.keys()) if (key.startsWith("log/") || key.startsWith("base/")) objects.delete(key)
          for (const [key, bytes] of saved) objects.set(key, bytes)
        }
        if (moment === "before a run") restore()
        else happens = restore
        yield* Effect.exit(host.collector.run(whole))
        for (const key of saved.keys()) if (key.startsWith("pack/")) assert.isTrue(objects.has(key), key)
        assert.deepStrictEqual((yield* World.audit(store)).files, World.shown({ kept: ["k"] }))
      })))
  }
})

describe("a host that slept", () => {
  it.effect("in the middle of a run begins again, and says so when its clocks never agree", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucket
      const sky = { offset: 0 }
      const { clock: dozing } = HostClock.make(yield* Clock.Clock, sky)
      let sleeps = 1
      let lists = 0
      const watched = World.watched(store, ({ operation }) =>
        Effect.sync(() => {
          if (operation !== "list") return
          lists++
          if (sleeps-- > 0) sky.offset += World.hour
        }))
      const { host } = yield* Effect.provideService(begun(watched, 9), Clock.Clock, dozing)
      sleeps = 1
      const before = lists
      const run = Effect.provideService(host.collector.run(whole), Clock.Clock, dozing)
      assert.isAbove((yield* run).condemned.count, 0)
      assert.isAbove(lists - before, 4)
      sleeps = Infinity
      const error = yield* Effect.flip(run)
      assert.strictEqual(error._tag, "CollectionVoid")
      assert.include(error.message, "clocks")
    })))
})
