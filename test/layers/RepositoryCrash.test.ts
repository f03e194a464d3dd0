/**
 * A host that dies at any request of a working day, before or after the store carried it out. Whatever it was told is
 * there; the next host goes on where it stopped. Also two deaths in one day, and hosts that forget to close.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import type { Seen } from "../../src/services/Witness.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { addFolder, files, init, inVirtualTime, open, view } from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"

/** Files of the day, one commit each, with a flush after the third and the sixth. */
const names = Array.from({ length: 8 }, (_, at) => `file-${at}`)

/** Works through what is still missing; tells what the repository acknowledged. Can be begun anew by any host. */
const day = (store: ObjectStore["Service"], seed: number, memory: Map<string, Seen>, told: Set<string>) =>
  Effect.scoped(Effect.gen(function*() {
    yield* init({ store, seed })
    const { lease, repository } = yield* open({ store, seed: seed + 1, memory })
    const fence = yield* lease.fence
    yield* repository.commit((state) => Effect.succeed(state.folders.has("d") ? [] : [addFolder("d")]), fence)
    for (const [at, name] of names.entries()) {
      yield* repository.commit((state) =>
        // Planned from the state alone: a name once committed is not committed again.
        Effect.succeed((state.folders.get("d")?.sequence ?? 0) > at ? [] : [files(state, "d", [name])]), fence)
      told.add(name)
      if (at % 3 === 2) yield* repository.flush(fence)
    }
  }))

const check = Effect.fnUntraced(function*(store: ObjectStore["Service"], told: ReadonlySet<string>, label: string) {
  if (told.size === 0) return
  const { names: found, sequence } = yield* view(store, "d")
  assert.deepStrictEqual(
    [...found.keys()].toSorted((a, b) => a - b),
    Array.from({ length: sequence }, (_, at) => at + 1),
    label
  )
  for (const name of told) assert.include([...found.values()], name, label)
  assert.strictEqual(new Set(found.values()).size, sequence, label)
})

const crashes = (exit: { readonly _tag: string; readonly cause?: Cause.Cause<unknown> }) =>
  exit._tag === "Failure" && exit.cause !== undefined && Cause.pretty(exit.cause).includes(FaultyStore.crashed)

const fresh = () => ObjectStoreMemory.make(new Map())

const requestsOfADay = Effect.gen(function*() {
  const whole = FaultyStore.make(fresh())
  const told = new Set<string>()
  yield* day(whole.store, 1, new Map(), told)
  assert.strictEqual(told.size, names.length)
  return whole.requests.length
})

describe("a host that dies", () => {
  it.effect("at any one request loses nothing it was told", () =>
    Effect.gen(function*() {
      const requests = yield* inVirtualTime(requestsOfADay)
      assert.isAbove(requests, 50)
      for (let at = 0; at < requests; at++) {
        for (const fault of ["crash before", "crash after"] as const) {
          yield* inVirtualTime(Effect.gen(function*() {
            const store = fresh()
            const label = `${fault} request ${at}`
            const memory = new Map<string, Seen>()
            const told = new Set<string>()
            const faulty = FaultyStore.make(store, { decide: ({ index }) => index === at ? fault : undefined })
            const exit = yield* Effect.exit(day(faulty.store, 1, memory, told))
            // It may also die while it closes, with all its work done.
            assert.isTrue(crashes(exit) || told.size === names.length, label)
            yield* check(store, told, label)
            yield* day(store, 50, memory, told)
            yield* check(store, told, label)
            const { state } = yield* view(store, "d")
            assert.strictEqual(state.folders.get("d")?.sequence, names.length, label)
            assert.isBelow(state.epoch, 10, "a crash is no fork")
          }))
        }
      }
    }), 120_000)

  it.effect("again and again, in bad weather, gets its day's work done", () =>
    Effect.gen(function*() {
      for (let seed = 1; seed <= 100; seed++) {
        yield* inVirtualTime(Effect.gen(function*() {
          const store = fresh()
          const memory = new Map<string, Seen>()
          const told = new Set<string>()
          const random = Seeded.make(seed)
          for (let life = 0; told.size < names.length; life++) {
            assert.isBelow(life, 60, `seed ${seed}`)
            const last = 5 + random.int(100)
            const faulty = FaultyStore.make(store, {
              seed: seed * 100 + life,
              fail: 0.005,
              lose: 0.03,
              delay: 50,
              decide: ({ index }) => index === last ? (random.chance(0.5) ? "crash before" : "crash after") : undefined
            })
            yield* Effect.exit(day(faulty.store, seed * 100 + life, memory, told))
            yield* check(store, told, `seed ${seed} life ${life}`)
          }
        }))
      }
    }), 120_000)
})
