import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Retention from "../../src/domain/repository/Retention.ts"
import * as State from "../../src/domain/repository/State.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as World from "../harness/FsckWorld.ts"

describe.each(World.suites)("a healthy repository, %s", (suite) => {
  for (const age of World.ages) {
    it.live(`${age}: nothing is found at any level`, () =>
      Effect.gen(function*() {
        const objects = yield* World.objectsOf(age, suite)
        const before = new Map(objects)
        for (const level of ["quick", "structural", "full"] as const) {
          const report = yield* World.on(objects, suite, World.check({ level }))
          assert.deepStrictEqual(World.complaints(report), [], level)
        }
        assert.deepStrictEqual([...objects.keys()], [...before.keys()], "a check changes nothing")
        for (const [key, bytes] of objects) assert.strictEqual(bytes, before.get(key))
      }))
  }
})

describe("a check while others write", () => {
  /** Another host: new files, a repack with the deletion of what it left, a merge with that of its inputs. */
  const busy = (objects: Map<string, Uint8Array>) =>
    World.on(
      objects,
      "plain",
      Effect.gen(function*() {
        const { folders } = yield* World.state
        const before = folders.get("a")!.segments
        yield* World.write("a", { "x/one": World.noise(2, 77), "new/file": World.noise(3, 78) })
        yield* World.flush
        const records = yield* World.rowsOf(before[0]!)
        const live = records.flatMap(({ runs }) => runs.map((run) => run.pack))
        const state = yield* World.state
        yield* World.repack(live.find((pack) => State.isLive(state, pack))!)
        yield* World.merge("a")
        yield* World.collect(before)
      })
    )

  for (
    const [moment, isIt] of Object.entries({
      "before its listing": (request: string) => request === "list ",
      "at the first pack": (request: string) => request.startsWith("get pack/"),
      "at the first segment": (request: string) => request.startsWith("get segment/"),
      "at the last base": (request: string) => request.startsWith("get base/")
    })
  ) {
    it.live(`finds nothing, if they write ${moment}`, () =>
      Effect.gen(function*() {
        const objects = yield* World.objectsOf("flushed", "plain")
        const below = ObjectStoreMemory.make(objects)
        let armed = false
        let done = 0
        const hook = (request: string) =>
          Effect.suspend(() => {
            if (!armed || !isIt(request)) return Effect.void
            armed = false
            done++
            return Effect.orDie(busy(objects))
          })
        const report = yield* World.on(
          objects,
          "plain",
          Effect.gen(function*() {
            armed = true
            return yield* World.check()
          }),
          {
            get: (key, range) => Effect.andThen(hook(`get ${key}`), below.get(key, range)),
            list: (prefix, after) => Stream.unwrap(Effect.as(hook(`list ${prefix}`), below.list(prefix, after)))
          }
        )
        assert.strictEqual(done, 1)
        assert.deepStrictEqual(World.complaints(report), [])
      }))
  }
})

describe("a log that was trimmed", () => {
  const young = Effect.gen(function*() {
    const objects = yield* World.objectsOf("aged", "plain")
    const positions = [...objects.keys()].flatMap((key) => ObjectKey.parse(key) ?? [])
    const bases = positions.flatMap((key) => key._tag === "Base" ? [key.position] : []).toSorted((a, b) => a - b)
    return { objects, older: bases.at(-2)!, log: (position: number) => ObjectKey.log(position) }
  })
  const month = { now: Effect.map(Clock.currentTimeMillis, (now) => now + 30 * Retention.day) }

  it.live("is in order, also where a round of it died half-way", () =>
    Effect.gen(function*() {
      const { log, objects, older } = yield* young
      assert.isAbove(older, 6)
      for (const gone of [[1, 2, 3], [1, 2, 3, 5], Array.from({ length: older - 1 }, (_, at) => at + 1)]) {
        const trimmed = new Map(objects)
        for (const position of gone) trimmed.delete(log(position))
        const report = yield* World.on(trimmed, "plain", World.check(), month)
        assert.deepStrictEqual(World.complaints(report), [], gone.join())
      }
    }))

  it.live("is damaged where nothing may have been trimmed yet, or ever", () =>
    Effect.gen(function*() {
      const { log, objects, older } = yield* young
      for (const [position, change] of [[5, {}], [older + 1, month]] as const) {
        const broken = new Map(objects)
        broken.delete(log(position))
        const report = yield* World.on(broken, "plain", World.check({ level: "quick" }), change)
        assert.deepStrictEqual(World.complaints(report), [`log ${log(position)}: it is not in the store`])
      }
    }))
})

describe("a segment whose page was damaged on the way", () => {
  it.live("is in order when it is read again, and counted once", () =>
    Effect.gen(function*() {
      const made = new Map<string, Uint8Array>()
      const names = Array.from({ length: 2000 }, (_, at) => `many/${at}`)
      const objects = yield* World.on(
        made,
        "plain",
        Effect.gen(function*() {
          yield* World.write("a", Object.fromEntries(names.map((name) => [name, Buffer.from(name)])), { segment: true })
          return new Map(made)
        })
      )
      const below = ObjectStoreMemory.make(objects)
      const check = (harms: (key: string, bytes: Uint8Array) => boolean) =>
        World.on(objects, "plain", World.check({ level: "structural" }), {
          get: (key, range) =>
            Effect.map(below.get(key, range), (bytes) => {
              if (!harms(key, bytes)) return bytes
              const harmed = Uint8Array.from(bytes)
              harmed[Math.floor(bytes.length / 2)]! ^= 1
              return harmed
            })
        })
      const sound = yield* check(() => false)
      assert.isAbove(sound.counts.records, 2000 - 1)
      // The whole table, of several pages: the first of them is sound.
      let harmed = 0
      const report = yield* check((key, bytes) => key.startsWith("segment/") && bytes.length > 60_000 && harmed++ === 0)
      assert.isAbove(harmed, 1, "it was read again")
      assert.deepStrictEqual(World.complaints(report), [])
      assert.deepStrictEqual(report.counts, sound.counts)
    }))
})
