/** Hosts that take turns over one bucket, in virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Layer, Result, Scope, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import { BootClock } from "../../src/services/BootClock.ts"
import { HostIdentity } from "../../src/services/HostIdentity.ts"
import { during, Lease } from "../../src/services/Lease.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"

interface Member {
  readonly lease: Lease["Service"]
  readonly repository: Repository["Service"]
  readonly scope: Scope.Closeable
  /** Milliseconds that the host slept. */
  slept: number
}

const join = Effect.fnUntraced(function*(
  store: ObjectStore["Service"],
  name: string,
  options: Partial<LeaseObjectStore.Options> = {},
  how: { readonly process?: number; readonly alive?: ReadonlyArray<number> } = {}
) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const clock = yield* Clock.Clock
  const seed = Buffer.from(name).reduce((sum, byte) => sum * 31 + byte, how.process ?? 1)
  const { repository } = yield* Scope.provide(Hosts.open({ store, name, seed }), scope)
  const process = how.process ?? 1
  const member: { slept: number } = { slept: 0 }
  const context = yield* Layer.buildWithScope(
    LeaseObjectStore.layer({ ...LeaseObjectStore.defaults, version: "1", ...options }).pipe(Layer.provide([
      Layer.succeed(ObjectStore, store),
      Layer.succeed(Repository, repository),
      Layer.succeed(BootClock, {
        millisUnsafe: () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n) + member.slept
      }),
      Layer.succeed(HostIdentity, {
        id: Buffer.from(name.padEnd(16, "-")).toString("hex"),
        label: name,
        process,
        isAlive: (other) => other === process || (how.alive ?? []).includes(other)
      }),
      Hosts.randomLayer(seed + 1)
    ])),
    scope
  )
  return Object.assign(member, { lease: Context.get(context, Lease), repository, scope }) satisfies Member
})

/** The term once it is this host's, and how long that took, milliseconds. */
const mine = Effect.fnUntraced(function*(host: Member, limit = 600_000) {
  const began = yield* Clock.currentTimeMillis
  while (true) {
    const fence = yield* Effect.result(host.lease.fence)
    const took = (yield* Clock.currentTimeMillis) - began
    if (Result.isSuccess(fence)) return { fence: fence.success, took }
    if (took > limit) return yield* Effect.fail(fence.failure)
    yield* Effect.sleep(100)
  }
})

const numbersIn = (objects: ReadonlyMap<string, Uint8Array>) =>
  [...objects.keys()].filter((key) => key.startsWith(ObjectKey.leasePrefix)).map((key) => Number(key.slice(6)))
    .toSorted((a, b) => a - b)

const scene = Hosts.bucket

const virtual = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Hosts.inVirtualTime(effect)

describe("LeaseObjectStore", () => {
  it.effect("a host that is alone has it at once, lets it go when nothing is left to do, and asks for nothing then", () =>
    virtual(Effect.gen(function*() {
      const { objects, store } = yield* scene
      const faulty = FaultyStore.make(store)
      const host = yield* join(faulty.store, "one")
      const { fence, took } = yield* mine(host)
      assert.strictEqual(took, 0)
      assert.strictEqual((yield* host.repository.head).epoch, fence.term)
      assert.strictEqual((yield* host.lease.standing)._tag, "Active")
      assert.isFalse(fence.isOver())
      yield* Effect.sleep("10 seconds")
      assert.strictEqual((yield* host.lease.standing)._tag, "Standby")
      assert.isTrue(fence.isOver())
      assert.lengthOf(numbersIn(objects), 1, "what it let go stays, so that numbers go on")
      const before = faulty.requests.length
      yield* Effect.sleep("5 hours")
      assert.strictEqual(faulty.requests.length, before)
      const again = yield* mine(host)
      assert.isAbove(again.fence.term, fence.term)
    })))

  it.effect("is kept while there is work, and renewed", () =>
    virtual(Effect.gen(function*() {
      const { objects, store } = yield* scene
      const host = yield* join(store, "one")
      const { fence } = yield* mine(host)
      const release = host.lease.hold()
      yield* Effect.sleep("1 hour")
      assert.isFalse(fence.isOver())
      assert.strictEqual((yield* host.lease.fence).term, fence.term)
      assert.isAbove(numbersIn(objects)[0]!, 50)
      assert.lengthOf(numbersIn(objects), 1)
      release()
      release()
      yield* Effect.sleep("10 seconds")
      assert.isTrue(fence.isOver())
    })))

  it.effect("another has it two seconds after it was let go", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      const [a, b] = [yield* join(store, "a"), yield* join(store, "b")]
      const { fence } = yield* mine(a)
      const release = a.lease.hold()
      const refused = yield* Effect.flip(b.lease.fence)
      assert.strictEqual(refused.message.split(" ")[0], "a")
      assert.deepStrictEqual(yield* b.lease.standing, { _tag: "Queued", holder: "a" })
      yield* Effect.sleep("30 seconds")
      release()
      const next = yield* mine(b)
      // Five seconds of rest, one until it is looked at, one until it is seen.
      assert.isBelow(next.took, 8000)
      assert.isAbove(next.fence.term, fence.term)
      assert.isTrue(fence.isOver())
      yield* Scope.close(b.scope, Exit.void)
      assert.isBelow((yield* mine(a)).took, 200)
    })))

  it.effect("an equal that waits has its turn after two minutes of the other's, again and again", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      const busy = Effect.fnUntraced(function*(host: Member, terms: Array<number>) {
        while (true) {
          const { fence } = yield* mine(host)
          terms.push(yield* Clock.currentTimeMillis)
          const release = host.lease.hold()
          while (!fence.isOver() && (yield* host.lease.standing)._tag !== "Yielding") yield* Effect.sleep(250)
          release()
          while ((yield* host.lease.standing)._tag === "Yielding") yield* Effect.sleep(250)
        }
      })
      const times: Array<Array<number>> = [[], [], []]
      const hosts = [yield* join(store, "a"), yield* join(store, "b"), yield* join(store, "c")]
      for (const [i, host] of hosts.entries()) yield* Effect.forkChild(busy(host, times[i]!))
      yield* Effect.sleep("1 hour")
      for (const turns of times) {
        assert.isAtLeast(turns.length, 6)
        for (let i = 1; i < turns.length; i++) assert.isBelow(turns[i]! - turns[i - 1]!, 3 * 190_000)
      }
    })))

  it.effect("a higher priority has it at the owner's next renewal", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      const low = yield* join(store, "low", { priority: 50 })
      const high = yield* join(store, "high", { priority: 200 })
      const { fence } = yield* mine(low)
      low.lease.hold()
      const next = yield* mine(high)
      assert.isBelow(next.took, 60_000 + 25_000)
      assert.isTrue(fence.isOver())
      const patient = yield* Effect.result(mine(low, 300_000))
      // It rests after five seconds, and only then is it the other's.
      assert.isTrue(Result.isSuccess(patient))
    })))

  it.effect("who died is waited for until its claim ends, by its own next process not at all", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      let dead = false
      const faulty = FaultyStore.make(store, { decide: () => dead ? "fail" : undefined })
      const a = yield* join(faulty.store, "a")
      yield* mine(a)
      a.lease.hold()
      dead = true
      const b = yield* join(store, "b")
      const { took } = yield* mine(b)
      assert.isBelow(took, 190_000)
      assert.isAbove(took, 170_000)
      yield* Scope.close(b.scope, Exit.void)

      dead = false
      const c = yield* join(faulty.store, "c")
      yield* mine(c)
      c.lease.hold()
      dead = true
      const next = yield* join(store, "c", {}, { process: 2 })
      assert.isBelow((yield* mine(next)).took, 200)
    })))

  it.effect("who slept past its claim knows before it does anything; nobody else came: it goes on in the same term", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      const a = yield* join(store, "a")
      const { fence } = yield* mine(a)
      a.lease.hold()
      a.slept += 3_600_000
      assert.isTrue(fence.isOver())
      const late = yield* Effect.result(a.repository.commit(() => Effect.succeed([Hosts.addFolder("x")]), fence))
      assert.strictEqual(Result.isFailure(late) ? late.failure._tag : "", "Fenced")
      const again = yield* mine(a)
      assert.strictEqual(again.fence.term, fence.term)
      assert.isFalse(fence.isOver())

      // The store's clock went on as well.
      yield* Effect.sleep(1000)
      const b = yield* join(store, "b")
      a.slept += 200_000
      const { took } = yield* mine(b)
      assert.isBelow(took, 200_000)
    })))

  it.effect("an outage longer than the claim ends nothing but the term", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      let away = false
      const faulty = FaultyStore.make(store, { decide: () => away ? "fail" : undefined })
      const a = yield* join(faulty.store, "a")
      const { fence } = yield* mine(a)
      a.lease.hold()
      away = true
      yield* Effect.sleep("1 hour")
      assert.isTrue(fence.isOver())
      away = false
      const again = yield* mine(a)
      assert.isBelow(again.took, 5000)
      assert.strictEqual(again.fence.term, fence.term)
    })))

  it.effect("a word that it is let go, which does not arrive, is said again", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      let deaf = false
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) => deaf && operation === "put" && key.startsWith("lease/") ? "fail" : undefined
      })
      const [a, b] = [yield* join(faulty.store, "a"), yield* join(store, "b")]
      const { fence } = yield* mine(a)
      deaf = true
      yield* Effect.sleep("15 seconds")
      assert.isTrue(fence.isOver(), "it is let go here")
      assert.isTrue(Result.isFailure(yield* Effect.result(b.lease.fence)), "and nobody else knows")
      deaf = false
      assert.isBelow((yield* mine(b)).took, 4000)
    })))

  it.effect("what ran out while others were to have their turn begins anew when nobody waits any more", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      let away = false
      const faulty = FaultyStore.make(store, { decide: () => away ? "fail" : undefined })
      // Shorter than the time to bring work to an end.
      const a = yield* join(faulty.store, "a", { duration: 10_000 })
      const b = yield* join(store, "b", { duration: 10_000, priority: 101 })
      const { fence } = yield* mine(a)
      a.lease.hold()
      yield* Effect.result(b.lease.fence)
      while ((yield* a.lease.standing)._tag !== "Yielding") yield* Effect.sleep(100)
      yield* Scope.close(b.scope, Exit.void)
      away = true
      yield* Effect.sleep("11 seconds")
      assert.isTrue(fence.isOver())
      away = false
      assert.strictEqual((yield* mine(a)).fence, fence)
      yield* Effect.sleep("15 seconds")
      assert.isFalse(fence.isOver(), "the old turn's end is not the new one's")
    })))

  it.effect("an epoch that somebody else opened under our number is not ours", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      const other = yield* Hosts.open({ store, name: "other", seed: 99 })
      let stolen = 0
      const thief = ObjectStore.of({
        ...store,
        put: (key, body) =>
          Effect.suspend(() => {
            if (!key.startsWith("log/") || stolen > 0) return store.put(key, body)
            stolen = 1
            return other.repository.commit(() => Effect.succeed([{ _tag: "EpochOpened", epoch: stolen }])).pipe(
              Effect.orDie,
              Effect.andThen(store.put(key, body))
            )
          })
      })
      const a = yield* join(thief, "a")
      const { fence } = yield* mine(a)
      assert.strictEqual(stolen, 1)
      assert.isAbove(fence.term, stolen)
      assert.strictEqual((yield* a.repository.head).epoch, fence.term)
    })))

  it.effect("a claim under a number that another gave up, by a listing that was stale, holds nothing", () =>
    virtual(Effect.gen(function*() {
      const { objects, store } = yield* scene
      const a = yield* join(store, "a")
      const first = yield* mine(a)
      a.lease.hold()
      // Renewed twice: the number above its epoch is free again.
      yield* Effect.sleep("130 seconds")
      assert.deepStrictEqual(numbersIn(objects), [first.fence.term + 2])
      let stale = true
      const blind = ObjectStore.of({
        ...store,
        list: (prefix, after) => {
          const hidden = prefix === ObjectKey.leasePrefix && stale
          if (hidden) stale = false
          return hidden ? Stream.empty : store.list(prefix, after)
        }
      })
      const b = yield* join(blind, "b")
      assert.isTrue(Result.isFailure(yield* Effect.result(b.lease.fence)))
      assert.isFalse(stale)
      assert.strictEqual((yield* b.lease.standing)._tag, "Queued")
      assert.strictEqual((yield* b.repository.refresh).epoch, first.fence.term)
      assert.isFalse(first.fence.isOver())
    })))

  it.effect("what lies there by mistake stops nobody", () =>
    virtual(Effect.gen(function*() {
      const { objects, store } = yield* scene
      objects.set(ObjectKey.lease(1), Buffer.from("not a claim"))
      objects.set(ObjectKey.lease(2), new Uint8Array(0))
      objects.set(ObjectKey.lease(Number.MAX_SAFE_INTEGER), Buffer.from("nor this"))
      objects.set("lease/readme.txt", Buffer.from("hello"))
      const { fence, took } = yield* mine(yield* join(store, "a"))
      assert.isBelow(took, 100)
      assert.isBelow(fence.term, 10)
    })))

  it.effect("a lost reply to a claim is found by the next look", () =>
    virtual(Effect.gen(function*() {
      const { store } = yield* scene
      let puts = 0
      const faulty = FaultyStore.make(store, {
        decide: ({ key, operation }) =>
          operation === "put" && key.startsWith("lease/") && puts++ === 0 ? "lose" : undefined
      })
      const a = yield* join(faulty.store, "a")
      const { took } = yield* mine(a)
      assert.isBelow(took, 3000)
      assert.strictEqual((yield* a.lease.standing)._tag, "Active")
    })))

  for (let seed = 1; seed <= 40; seed++) {
    it.effect(`hosts in bad weather all get to write, one at a time (seed ${seed})`, () =>
      virtual(Effect.gen(function*() {
        const { store } = yield* scene
        const weather = { fail: 0.1, lose: 0.1, twice: 0.05, delay: 1500 }
        let inside = 0
        let most = 0
        const done: Array<number> = [0, 0, 0]
        const stores = done.map((_, i) => FaultyStore.make(store, { ...weather, seed: seed * 7 + i }).store)
        const work = Effect.fnUntraced(function*(i: number) {
          const host = yield* Effect.retry(join(stores[i]!, `h${i}`), { times: 50 })
          for (let round = 0; round < 4; round++) {
            yield* during(
              host.lease,
              Effect.gen(function*() {
                const { fence } = yield* mine(host)
                inside++
                most = Math.max(most, inside)
                yield* Effect.ensuring(Effect.sleep(3000), Effect.sync(() => inside--))
                yield* Effect.ignore(
                  host.repository.commit(
                    ({ folders }) =>
                      Effect.succeed(folders.has(`f${i}-${round}`) ? [] : [Hosts.addFolder(`f${i}-${round}`)]),
                    fence
                  )
                )
              })
            )
            done[i]!++
            yield* Effect.sleep("20 seconds")
          }
        })
        yield* Effect.all([work(0), work(1), work(2)].map((one) => Effect.retry(one, { times: 20 })), {
          concurrency: 3
        })
        assert.isTrue(done.every((count) => count >= 4))
        assert.strictEqual(most, 1)
      })))
  }
})
