/**
 * A collecting host that dies at any request, or whose request is lost before or after it was carried out. Whatever became
 * of it: all that is reachable can be read, and the next host finishes the work.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { bucket, inVirtualTime } from "../harness/Hosts.ts"

const packSize = 512 * 1024
const run = { maxRewrite: 1 << 30, full: true }
const current: World.Files = { a: ["a 0"], b: ["b 0", "b 1"], small: ["small"], last: ["last"] }
const old: World.Files = { a: World.labels("a", 9), b: ["b 0", "b 1"], gone: World.labels("gone", 5) }

/** A bucket with dead, sparse and small packs, unused segments, an orphan and a checkpoint. */
const prepared = Effect.gen(function*() {
  const { objects, store } = yield* bucket
  const ids = yield* Effect.scoped(Effect.gen(function*() {
    const host = yield* World.open({ store, seed: 1, packSize })
    const known = new Map<string, string>()
    yield* World.put(host, { early: World.labels("early", 4) }, known)
    yield* World.put(host, old, known)
    yield* World.put(host, { early: null }, known)
    yield* World.merge(host)
    const kept = yield* World.checkpoint(host)
    yield* World.put(host, { a: ["a 0"], gone: null, small: ["small"], dead: ["dead"] }, known)
    yield* World.merge(host)
    yield* World.put(host, { dead: null, last: ["last"] }, known)
    const { term } = yield* host.lease.fence
    objects.set(`pack/aa/${term}-${"aa".repeat(16)}`, new Uint8Array(3000))
    return { kept }
  }))
  return { objects, ...ids }
})

/** Two runs, a grace apart, with a checkpoint that goes between them. */
const day = (store: ObjectStore["Service"], seed: number, kept: number) =>
  Effect.scoped(Effect.gen(function*() {
    const host = yield* World.open({ store, seed, packSize })
    yield* host.collector.run(run)
    yield* Effect.sleep("2 hours")
    yield* host.collector.run(run)
    const state = yield* host.repository.refresh
    if (state.checkpoints.some(({ id }) => id === kept)) yield* World.removeCheckpoints(host, kept)
    yield* host.collector.run(run)
    yield* Effect.sleep("2 hours")
    yield* host.collector.run(run)
  }))

const check = Effect.fnUntraced(function*(store: ObjectStore["Service"], kept: number, label: string) {
  const seen = yield* World.audit(store, label)
  assert.deepStrictEqual(seen.files, World.shown(current), label)
  if (seen.checkpoints.has(kept)) assert.deepStrictEqual(seen.checkpoints.get(kept), World.shown(old), label)
  assert.isUndefined(seen.state.deletionStopped, label)
  return seen
})

/** Nothing is left that nothing needs: what the log names is what there is. */
const clean = (objects: ReadonlyMap<string, Uint8Array>, seen: World.Audited, label: string) => {
  const { packs } = seen.state
  assert.strictEqual(World.packsIn(objects).length, packs.inline.size + packs.flushed.size, label)
  assert.isAtMost(World.bytesIn(objects), 10 * 131_072, label)
}

const copy = (objects: ReadonlyMap<string, Uint8Array>) =>
  new Map(Array.from(objects, ([key, bytes]) => [key, Uint8Array.from(bytes)]))

const faults = ["crash before", "crash after", "fail", "lose"] as const

describe("a collecting host", () => {
  it.effect("that dies at any one request, or loses it, takes nothing that is needed", () =>
    Effect.gen(function*() {
      const { kept, objects } = yield* inVirtualTime(prepared)
      const requests = yield* inVirtualTime(Effect.gen(function*() {
        const mine = copy(objects)
        const whole = FaultyStore.make(ObjectStoreMemory.make(mine))
        yield* day(whole.store, 2, kept)
        clean(mine, yield* check(ObjectStoreMemory.make(mine), kept, "no fault"), "no fault")
        return whole.requests
      }))
      assert.isAbove(requests.length, 60)
      assert.isTrue(requests.some(({ operation }) => operation === "remove"))
      for (const { index: at, operation } of requests) {
        // What only reads is the same before and after.
        const reads = operation === "get" || operation === "list" || operation === "now"
        for (const fault of reads ? ["crash before", "fail"] as const : faults) {
          yield* inVirtualTime(
            Effect.gen(function*() {
              const mine = copy(objects)
              const store = ObjectStoreMemory.make(mine)
              const label = `${fault} request ${at}, ${requests[at]?.operation} ${requests[at]?.key}`
              const faulty = FaultyStore.make(store, { decide: ({ index }) => index === at ? fault : undefined })
              const exit = yield* Effect.exit(day(faulty.store, 2, kept))
              if (exit._tag === "Failure") {
                const told = Cause.pretty(exit.cause)
                assert.isTrue(told.includes(FaultyStore.crashed) || told.includes("lost"), `${label}: ${told}`)
              }
              yield* check(store, kept, label)
              yield* day(store, 50, kept)
              yield* day(store, 60, kept)
              clean(mine, yield* check(store, kept, `${label}, then`), label)
            }),
            20_000
          )
        }
      }
    }), 600_000)

  it.effect("beside a second one, both in bad weather, takes nothing that is needed", () =>
    Effect.gen(function*() {
      const { kept, objects } = yield* inVirtualTime(prepared)
      for (let seed = 1; seed <= 25; seed++) {
        yield* inVirtualTime(
          Effect.gen(function*() {
            const mine = copy(objects)
            const store = ObjectStoreMemory.make(mine)
            const host = (number: number) => {
              const faulty = FaultyStore.make(store, {
                seed: seed * 10 + number,
                fail: 0.01,
                lose: 0.02,
                delay: 60_000
              })
              return Effect.exit(day(faulty.store, seed * 10 + number, kept))
            }
            yield* Effect.all([host(1), host(2), host(3)], { concurrency: "unbounded" })
            yield* check(store, kept, `seed ${seed}`)
            yield* day(store, 500, kept)
            yield* day(store, 600, kept)
            clean(mine, yield* check(store, kept, `seed ${seed}, then`), `seed ${seed}`)
          }),
          60_000
        )
      }
    }), 600_000)
})
