/** What becomes of a commit when the store, the network or another writer gets in its way. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { ObjectStore, StoreFull, StoreRefused } from "../../src/services/ObjectStore.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { adding, bucketD, committed, inVirtualTime, open, openDetached } from "../harness/Hosts.ts"

/** Faults for the puts of one log entry, in turn. */
const faultsOf = (position: number, ...faults: ReadonlyArray<FaultyStore.Fault | undefined>) => {
  const left = [...faults]
  return (request: FaultyStore.Request) =>
    request.operation === "put" && request.key === ObjectKey.log(position) ? left.shift() : undefined
}

const putsOf = (faulty: FaultyStore.Faulty, position: number) =>
  faulty.requests.filter(({ key, operation }) => operation === "put" && key === ObjectKey.log(position)).length

/** A store that asks before each put, and remembers every body put under a name. */
const watched = (
  below: ObjectStore["Service"],
  ask: (key: string) => Effect.Effect<void, StoreFull | StoreRefused>
) => {
  const bodies = new Map<string, Array<string>>()
  const store = ObjectStore.of({
    ...below,
    put: (key, body) =>
      Effect.suspend(() => {
        bodies.set(key, [...(bodies.get(key) ?? []), Buffer.concat(body).toString("hex")])
        return Effect.andThen(ask(key), below.put(key, body))
      })
  })
  return { store, bodies }
}

describe("a commit", () => {
  for (
    const [title, faults] of [
      ["whose reply is lost is committed, once", ["lose"]],
      ["whose replies are lost again and again is committed, once", ["lose", "lose", "lose"]],
      ["that does not arrive is put again", ["fail"]],
      ["in bad weather is committed, once", ["fail", "lose", "fail", "lose", "fail"]]
    ] as const
  ) {
    it.effect(title, () =>
      inVirtualTime(Effect.gen(function*() {
        const { store } = yield* bucketD
        const faulty = FaultyStore.make(store, { decide: faultsOf(3, ...faults) })
        const { repository } = yield* open({ store: faulty.store, seed: 10 })
        const applied = yield* repository.commit(adding("d", "a"))
        assert.strictEqual(applied?.commit.position, 3)
        assert.isAtLeast(putsOf(faulty, 3), faults.length)
        assert.deepStrictEqual(yield* committed(store), ["a"])
      })))
  }

  it.effect("that lost the race is planned again on what the winner left", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const one = yield* open({ store, seed: 10, name: "one" })
      const other = yield* open({ store, seed: 11, name: "other" })
      yield* other.repository.commit(adding("d", "theirs"))
      const plans: Array<number> = []
      const applied = yield* one.repository.commit((state) => {
        plans.push(state.position)
        return adding("d", "ours")(state)
      })
      assert.deepStrictEqual(plans, [2, 3])
      assert.strictEqual(applied?.commit.position, 4)
      assert.strictEqual(applied?.commit.host, "one")
      assert.deepStrictEqual(yield* committed(store), ["theirs", "ours"])
    })))

  it.effect("that lost the race while its replies were lost, too, is not in the log twice", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const other = yield* open({ store, seed: 11 })
      let down = true
      const after = faultsOf(3, "lose", "lose")
      const faulty = FaultyStore.make(store, {
        decide: (request) => down && request.key === ObjectKey.log(3) ? "fail" : after(request)
      })
      const one = yield* open({ store: faulty.store, seed: 10 })
      const fiber = yield* Effect.forkChild(one.repository.commit(adding("d", "ours")), { startImmediately: true })
      yield* Effect.sleep("1 second")
      yield* other.repository.commit(adding("d", "theirs"))
      down = false
      const applied = yield* Fiber.join(fiber)
      assert.strictEqual(applied?.commit.position, 4)
      assert.deepStrictEqual(yield* committed(store), ["theirs", "ours"])
    })))

  it.effect("that exists and is not found is put again, until it is found", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let hidden = 3
      const shy = ObjectStore.of({
        ...store,
        put: (key, body) =>
          Effect.suspend(() =>
            key === ObjectKey.log(3) && hidden-- > 0 ? Effect.succeed("Exists" as const) : store.put(key, body)
          )
      })
      const { repository } = yield* open({ store: shy, seed: 10 })
      assert.strictEqual((yield* repository.commit(adding("d", "a")))?.commit.position, 3)
      assert.isBelow(hidden, 0)
      assert.deepStrictEqual(yield* committed(store), ["a"])
    })))

  it.effect("on a full store fails, and nothing was written", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let full = true
      const { bodies, store: small } = watched(store, (key) =>
        full ? Effect.fail(new StoreFull({ key, location: "here" })) : Effect.void)
      const { repository } = yield* open({ store: small, seed: 10 })
      assert.strictEqual((yield* Effect.flip(repository.commit(adding("d", "a"))))._tag, "StoreFull")
      full = false
      assert.strictEqual((yield* repository.commit(adding("d", "b")))?.commit.position, 3)
      assert.deepStrictEqual(yield* committed(store), ["b"])
      assert.strictEqual(bodies.get(ObjectKey.log(3))?.length, 2)
    })))

  it.effect("whose reply was lost before the store was full is waited for", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const faulty = FaultyStore.make(store, { decide: faultsOf(3, "lose") })
      let puts = 0
      const { bodies, store: small } = watched(faulty.store, (key) =>
        ++puts > 1 && puts < 5 ? Effect.fail(new StoreFull({ key, location: "here" })) : Effect.void)
      const { repository } = yield* open({ store: small, seed: 10 })
      assert.strictEqual((yield* repository.commit(adding("d", "a")))?.commit.position, 3)
      assert.strictEqual(new Set(bodies.get(ObjectKey.log(3))).size, 1, "the same bytes each time")
      assert.strictEqual(bodies.get(ObjectKey.log(3))?.length, 5)
      assert.deepStrictEqual(yield* committed(store), ["a"])
    })))

  it.effect("that may have been made is put first again, also after the store was full in between", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = true
      const faulty = FaultyStore.make(store, {
        decide: ({ operation }) => down && operation === "put" ? "fail" : undefined
      })
      let full = false
      const { bodies, store: small } = watched(
        faulty.store,
        (key) => full ? Effect.fail(new StoreFull({ key, location: "here" })) : Effect.void
      )
      const { repository } = yield* open({ store: small, seed: 10, patience: 1000 })
      assert.strictEqual((yield* Effect.flip(repository.commit(adding("d", "a"))))._tag, "StoreUnavailable")
      down = false
      full = true
      for (const name of ["b", "c"]) {
        assert.strictEqual((yield* Effect.flip(repository.commit(adding("d", name))))._tag, "StoreFull")
      }
      full = false
      assert.strictEqual((yield* repository.commit(adding("d", "d")))?.commit.position, 4)
      assert.strictEqual(new Set(bodies.get(ObjectKey.log(3))).size, 1, "never other bytes under that name")
      assert.deepStrictEqual(yield* committed(store), ["a", "d"])
    })))

  it.effect("that the store refuses fails; its bytes go first when the store relents", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let refused = true
      const { bodies, store: strict } = watched(store, () =>
        refused
          ? Effect.fail(new StoreRefused({ operation: "put", location: "here", reason: "no", mend: "pay" }))
          : Effect.void)
      const { repository } = yield* open({ store: strict, seed: 10 })
      assert.strictEqual((yield* Effect.flip(repository.commit(adding("d", "a"))))._tag, "StoreRefused")
      assert.strictEqual((yield* Effect.flip(repository.commit(adding("d", "b"))))._tag, "StoreRefused")
      refused = false
      assert.strictEqual((yield* repository.commit(adding("d", "c")))?.commit.position, 4)
      assert.strictEqual(new Set(bodies.get(ObjectKey.log(3))).size, 1, "never other bytes under that name")
      assert.deepStrictEqual(yield* committed(store), ["a", "c"])
    })))

  it.effect("that is interrupted waits until its outcome is known", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = true
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "put" && key === ObjectKey.log(3) && down ? "fail" : undefined
      })
      const { repository } = yield* open({ store: faulty.store, seed: 10 })
      const fiber = yield* Effect.forkChild(repository.commit(adding("d", "a")), { startImmediately: true })
      yield* Effect.sleep("5 seconds")
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
      yield* Effect.sleep("5 seconds")
      assert.isUndefined(interruption.pollUnsafe(), "still waiting")
      down = false
      yield* Fiber.join(interruption)
      assert.strictEqual((yield* repository.head).position, 3)
      assert.deepStrictEqual(yield* committed(store), ["a"])
    })))

  it.effect("that is interrupted waits half a minute at most; what comes next settles it first", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = true
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "put" && key === ObjectKey.log(3) && down ? "fail" : undefined
      })
      const { repository } = yield* open({ store: faulty.store, seed: 10 })
      const fiber = yield* Effect.forkChild(repository.commit(adding("d", "a")), { startImmediately: true })
      yield* Effect.sleep("5 seconds")
      const began = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) - began, 30_000)
      assert.strictEqual((yield* repository.head).position, 2)
      const next = yield* Effect.forkChild(repository.commit(adding("d", "b")), { startImmediately: true })
      const looking = yield* Effect.forkChild(repository.refresh, { startImmediately: true })
      yield* Effect.sleep("1 minute")
      down = false
      assert.strictEqual((yield* Fiber.join(next))?.commit.position, 4)
      assert.isAtLeast((yield* Fiber.join(looking)).position, 3)
      assert.deepStrictEqual(yield* committed(store), ["a", "b"])
    })))

  it.effect("that lost to an entry that no listing shows gives up: the store contradicts itself", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const other = yield* open({ store, seed: 11 })
      const blind = ObjectStore.of({
        ...store,
        list: (prefix, after) => Stream.filter(store.list(prefix, after), ({ key }) => key !== ObjectKey.log(3))
      })
      const { repository } = yield* open({ store: blind, seed: 10 })
      yield* other.repository.commit(adding("d", "theirs"))
      const error = yield* Effect.flip(repository.commit(adding("d", "ours")))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.deepStrictEqual(yield* committed(store), ["theirs"])
    })))

  it.effect("fails when the store is away before anything was put", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = false
      const faulty = FaultyStore.make(store, { decide: () => down ? "fail" : undefined })
      const { repository } = yield* open({ store: faulty.store, seed: 10 })
      down = true
      assert.strictEqual((yield* Effect.flip(repository.commit(adding("d", "a"))))._tag, "StoreUnavailable")
      assert.strictEqual((yield* Effect.flip(repository.refresh))._tag, "StoreUnavailable")
      down = false
      yield* repository.commit(adding("d", "b"))
      assert.deepStrictEqual(yield* committed(store), ["b"])
    })))

  const now = Effect.clockWith((clock) => clock.currentTimeMillis)

  it.effect("ends with the patience of a command; its bytes go first when the store is back", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = false
      const faulty = FaultyStore.make(store, {
        decide: ({ operation }) => down && operation === "put" ? "fail" : undefined
      })
      const { bodies, store: strict } = watched(faulty.store, () => Effect.void)
      const { repository } = yield* open({ store: strict, seed: 10, patience: 60_000 })
      down = true
      const began = yield* now
      const error = yield* Effect.flip(repository.commit(adding("d", "a")))
      assert.strictEqual((yield* now) - began, 60_000)
      assert.match(error.message, /put log\/0+3: .*not known whether the commit was made; running this again is safe/)
      // The outage goes on: nobody is made to wait a second time, and nothing else is put there.
      const puts = putsOf(faulty, 3)
      assert.match((yield* Effect.flip(repository.commit(adding("d", "b")))).message, /not known/)
      assert.strictEqual((yield* now) - began, 60_000)
      assert.strictEqual(putsOf(faulty, 3), puts + 1)
      down = false
      assert.strictEqual((yield* repository.commit(adding("d", "c")))?.commit.position, 4)
      assert.strictEqual(new Set(bodies.get(ObjectKey.log(3))).size, 1, "never other bytes under that name")
      assert.deepStrictEqual(yield* committed(store), ["a", "c"])
    })))

  it.effect("that was put and cannot be confirmed ends with the patience too; it is there", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = false
      const faulty = FaultyStore.make(store, {
        decide: ({ operation }) => down && operation === "list" ? "fail" : undefined
      })
      const { repository } = yield* open({ store: faulty.store, seed: 10, patience: 5000 })
      down = true
      const began = yield* now
      assert.match((yield* Effect.flip(repository.commit(adding("d", "a")))).message, /list base\/.*not known/)
      assert.strictEqual((yield* now) - began, 5000)
      assert.strictEqual((yield* repository.head).position, 2)
      down = false
      assert.strictEqual((yield* repository.commit(adding("d", "b")))?.commit.position, 4)
      assert.deepStrictEqual(yield* committed(store), ["a", "b"])
    })))

  it.effect("is waited for by a daemon for hours, and by a command again after an outage that ended", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = true
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) => down && operation === "put" && key.startsWith("log/") ? "fail" : undefined
      })
      const daemon = yield* open({ store: faulty.store, seed: 10 })
      const fiber = yield* Effect.forkChild(daemon.repository.commit(adding("d", "a")), { startImmediately: true })
      yield* Effect.sleep("10 hours")
      assert.isUndefined(fiber.pollUnsafe())
      down = false
      assert.strictEqual((yield* Fiber.join(fiber))?.commit.position, 3)
      const command = yield* open({ store: faulty.store, seed: 11, patience: 60_000 })
      for (const [position, name] of [[4, "b"], [5, "c"]] as const) {
        down = true
        const waiting = yield* Effect.forkChild(command.repository.commit(adding("d", name)), {
          startImmediately: true
        })
        yield* Effect.sleep("50 seconds")
        down = false
        assert.strictEqual((yield* Fiber.join(waiting))?.commit.position, position)
      }
      assert.deepStrictEqual(yield* committed(store), ["a", "b", "c"])
    })))

  it.effect("carries the store's time", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let time = 5_000_000_000_000
      const { repository } = yield* open({
        store: ObjectStore.of({ ...store, now: Effect.sync(() => time) }),
        seed: 10
      })
      assert.strictEqual((yield* repository.commit(adding("d", "a")))?.commit.time, 5_000_000_000_000)
      time = 4_000_000_000_000
      const back = yield* repository.commit(adding("d", "b"))
      assert.strictEqual(back?.commit.time, 4_000_000_000_000)
      assert.strictEqual(back?.state.time, 5_000_000_000_000)
    })))
})

describe("the trimmed hole", () => {
  /** Another host moves the log on by two bases, and the log before the older one is trimmed. */
  const moveOn = Effect.fnUntraced(function*(store: ObjectStore["Service"]) {
    const host = yield* openDetached({ store, seed: 50, name: "busy" })
    for (const round of [0, 1]) {
      const fence = yield* host.lease.fence
      yield* host.repository.commit(adding("d", `busy-${round}`), fence)
      yield* host.repository.flush(fence)
    }
    const { position } = yield* host.repository.head
    yield* host.close
    const bases = yield* Stream.runCollect(store.list("base/"))
    const older = ObjectKey.parse(bases.at(-2)!.key)
    const oldest = older?._tag === "Base" ? older.position : 0
    yield* store.remove(Array.from({ length: oldest - 1 }, (_, at) => ObjectKey.log(at + 1)))
    return position
  })

  it.effect("swallows no commit of a writer that slept", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const sleeper = yield* open({ store, seed: 10, name: "sleeper" })
      yield* sleeper.repository.commit(adding("d", "before"))
      const end = yield* moveOn(store)
      const plans: Array<number> = []
      const applied = yield* sleeper.repository.commit((state) => {
        plans.push(state.position)
        return adding("d", "after the sleep")(state)
      })
      assert.deepStrictEqual(plans, [3, end])
      assert.strictEqual(applied?.commit.position, end + 1)
      assert.strictEqual((yield* sleeper.repository.head).folders.get("d")?.sequence, 4)
      // The leftover in the hole misleads nobody.
      const reader = yield* open({ store, seed: 12 })
      assert.strictEqual((yield* reader.repository.head).digest.toString(), applied?.state.digest.toString())
      assert.strictEqual((yield* reader.repository.head).folders.get("d")?.sequence, 4)
    })))

  it.effect("does not catch a follower that slept", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const follower = yield* open({ store, seed: 10 })
      const sleeper = yield* open({ store, seed: 11 })
      const end = yield* moveOn(store)
      yield* sleeper.repository.commit(adding("d", "late"))
      const state = yield* follower.repository.refresh
      assert.strictEqual(state.position, end + 1)
      assert.strictEqual(state.folders.get("d")?.sequence, 3)
    })))

  it.effect("is not suspected when others built on the commit before its writer looked", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      const other = yield* open({ store, seed: 50, name: "busy" })
      let once = true
      const slow = ObjectStore.of({
        ...store,
        put: (key, body) =>
          Effect.tap(store.put(key, body), () =>
            Effect.suspend(() => {
              if (key !== ObjectKey.log(3) || !once) return Effect.void
              once = false
              return Effect.gen(function*() {
                const fence = yield* other.lease.fence
                yield* other.repository.commit(adding("d", "on top"), fence)
                yield* other.repository.flush(fence)
              }).pipe(Effect.orDie)
            }))
      })
      const { repository } = yield* open({ store: slow, seed: 10 })
      let plans = 0
      const applied = yield* repository.commit((state) => {
        plans++
        return adding("d", "ours")(state)
      })
      assert.strictEqual(plans, 1)
      assert.strictEqual(applied?.commit.position, 3)
      assert.strictEqual((yield* repository.head).basePosition, 6)
      assert.strictEqual((yield* repository.head).position, 6)
      assert.deepStrictEqual(yield* committed(store), ["ours", "on top"])
    })))
})

it.effect("an unreachable store cannot make virtual time pass unnoticed", () =>
  Effect.gen(function*() {
    const hanging = yield* Effect.exit(inVirtualTime(Effect.never, 5))
    assert.strictEqual(hanging._tag, "Failure")
    yield* TestClock.adjust(1)
  }))
