/**
 * A repair that dies at any request or loses it, whose reads are damaged on the way, or that meets what the check did not see.
 * Whatever became of it: the repository opens, what was healthy is, and a second repair finishes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Layer } from "effect"
import * as Path from "node:path"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as RepairPlan from "../../src/domain/repository/RepairPlan.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import type { FsckReport } from "../../src/services/Fsck.ts"
import { Repair } from "../../src/services/Repair.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as BadSectors from "../harness/BadSectors.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as FileStore from "../harness/FileStore.ts"
import * as World from "../harness/FsckWorld.ts"
import { inVirtualTime } from "../harness/Hosts.ts"
import * as Process from "../harness/Process.ts"

type Objects = Map<string, Uint8Array>
const suite = "plain"

const flip = (objects: Objects, key: string, at: number) => {
  const bytes = Uint8Array.from(objects.get(key)!)
  bytes[at]! ^= 1
  objects.set(key, bytes)
}

/** What all these tests begin with, and where it lies. */
const history = Effect.gen(function*() {
  yield* World.write("a", {
    lost: World.noise(2, 1),
    sound: World.noise(2, 2),
    small: World.text(3000, 3),
    smaller: World.text(2000, 4)
  })
  yield* World.write("a", { other: World.noise(1, 5) })
  yield* World.flush
  yield* World.write("b", { pair: World.noise(2, 6), alone: World.noise(1, 7) })
  yield* World.write("b", { twin: World.noise(2, 6) })
  yield* World.write("c", { elsewhere: World.noise(1, 8) })
  yield* World.flush
  const state = yield* World.state
  const packOf = (folder: string, name: string) =>
    Effect.map(World.present(folder), (records) => ObjectKey.pack(records.get(name)!.runs[0]!.pack))
  return {
    lost: yield* packOf("a", "lost"),
    pair: yield* packOf("b", "pair"),
    segment: ObjectKey.segment(state.folders.get("c")!.segments[0]!),
    base: ObjectKey.base(state.basePosition)
  }
})

/** One file lost a block, another one that is found elsewhere; a segment is gone, and the newest base is damaged. */
const harmed = Effect.gen(function*() {
  const objects: Objects = new Map()
  const keys = yield* World.on(objects, suite, history)
  flip(objects, keys.lost, 200)
  flip(objects, keys.pair, 200)
  objects.delete(keys.segment)
  flip(objects, keys.base, 40)
  return objects
})

/** Files that lost something in a present state, or say so. */
const lostIn = ({ damage }: FsckReport): ReadonlyArray<string> =>
  [...new Set(damage.rows.filter(({ head }) => head).map(({ row }) => row.name))].toSorted()

const files = Effect.gen(function*() {
  const found = new Map<string, boolean>()
  for (const folder of ["a", "b", "c"]) {
    for (const [name, { info }] of yield* World.present(folder)) {
      const decoded = FileInfo.decode(info)
      if (decoded._tag === "Failure") return yield* Effect.die(new Error(decoded.failure))
      found.set(name, !decoded.success.invalid)
    }
  }
  return [...found].toSorted(([a], [b]) => a < b ? -1 : 1)
})

const expected = [
  ["alone", true],
  ["elsewhere", true],
  ["lost", false],
  ["other", true],
  ["pair", true],
  ["small", true],
  ["smaller", true],
  ["sound", true],
  ["twin", true]
]

const mend = Effect.gen(function*() {
  const report = yield* World.check()
  const outcome = yield* (yield* Repair).apply(RepairPlan.of(report.damage))
  return { report, outcome }
})

/** It opens, nothing healthy is lost, and another repair makes it what one without trouble would have. */
const finished = Effect.fnUntraced(function*(objects: Objects, label: string) {
  const { report } = yield* World.on(objects, suite, mend)
  for (const name of lostIn(report)) assert.include(["lost", "pair"], name, label)
  yield* World.strictly(objects, suite)
  const after = yield* World.on(objects, suite, Effect.all([World.check(), files]))
  assert.deepStrictEqual(lostIn(after[0]), ["lost"], label)
  assert.deepStrictEqual(after[1], expected, label)
  const kinds = after[0].findings.filter(({ severity }) => severity === "damage" || severity === "unavailable")
    .map(({ kind }) => kind)
  // A checkpoint of before keeps what was lost.
  for (const kind of kinds) assert.include(["blocks", "unavailable"], kind, label)
  assert.isTrue(RepairPlan.isEmpty(RepairPlan.of(after[0].damage)), label)
  return objects
})

const copy = (objects: Objects): Objects =>
  new Map(Array.from(objects, ([key, bytes]) => [key, Uint8Array.from(bytes)]))

/** A check without trouble and a repair with it. `decide` is asked for the requests of the repair alone. */
const troubled = (objects: Objects, decide: FaultyStore.Weather["decide"], seed = 0) => {
  let from = Infinity
  const faulty = FaultyStore.make(ObjectStoreMemory.make(objects), {
    seed,
    decide: (request) => request.index < from ? undefined : decide?.({ ...request, index: request.index - from })
  })
  const run = Effect.gen(function*() {
    const { damage } = yield* World.check()
    from = faulty.requests.length
    return yield* (yield* Repair).apply(RepairPlan.of(damage))
  })
  return Effect.map(
    Effect.exit(World.on(objects, suite, run, faulty.store)),
    (exit) => ({ exit, requests: faulty.requests.slice(from) })
  )
}

describe("a repair", () => {
  it.effect(
    "that dies at any one request, or loses it, loses nothing that was healthy, and is finished by a second",
    () =>
      Effect.gen(function*() {
        const objects = yield* inVirtualTime(harmed)
        const { requests } = yield* inVirtualTime(Effect.gen(function*() {
          const mine = copy(objects)
          const whole = yield* troubled(mine, undefined)
          assert.isTrue(Exit.isSuccess(whole.exit))
          yield* finished(mine, "no fault")
          return whole
        }))
        assert.isAbove(requests.length, 30)
        assert.isTrue(requests.some(({ operation }) => operation === "remove"))
        for (const [at, { key, operation }] of requests.entries()) {
          const writes = operation === "put" || operation === "remove"
          for (const fault of writes ? ["crash before", "crash after", "fail", "lose"] as const : ["fail"] as const) {
            const label = `${fault} request ${at}, ${operation} ${key}`
            yield* inVirtualTime(Effect.gen(function*() {
              const mine = copy(objects)
              const { exit } = yield* troubled(mine, ({ index }) => index === at ? fault : undefined)
              if (Exit.isFailure(exit)) {
                const told = Cause.pretty(exit.cause)
                assert.isTrue(told.includes(FaultyStore.crashed) || told.includes("lost"), `${label}: ${told}`)
              }
              yield* finished(mine, label)
            }))
          }
        }
      }),
    600_000
  )

  it.effect(
    "whose reads are damaged on the way, or find nothing once, drops no good block",
    () =>
      Effect.gen(function*() {
        const objects = yield* inVirtualTime(harmed)
        const { exit: undisturbed, requests } = yield* inVirtualTime(troubled(copy(objects), undefined))
        if (Exit.isFailure(undisturbed)) return assert.fail("no fault")
        const { before: _, ...whole } = undisturbed.value
        assert.deepStrictEqual([whole.packs, whole.files, whole.rebuilt, whole.left], [2, 1, 1, []])
        const reads = [...requests.entries()].filter(([, { operation }]) => operation === "get")
        assert.isAbove(reads.filter(([, { key }]) => key.startsWith("pack/")).length, 5)
        for (const [at, { key }] of reads) {
          for (const fault of ["flip", "absent"] as const) {
            const label = `${fault} request ${at}, ${key}`
            yield* inVirtualTime(Effect.gen(function*() {
              const mine = copy(objects)
              const { exit } = yield* troubled(mine, ({ index }) => index === at ? fault : undefined, at)
              // One bad read of a pack is no reason to leave it, or anything else.
              if (key.startsWith("pack/")) {
                assert.isTrue(Exit.isSuccess(exit), label)
                if (Exit.isSuccess(exit)) {
                  const { before: _, ...outcome } = exit.value
                  assert.deepStrictEqual(outcome, whole, label)
                }
              }
              yield* finished(mine, label)
            }))
          }
        }
      }),
    600_000
  )

  it.effect(
    "leaves a pack as it is that does not read as it did in the check, and whose files wait for it",
    () =>
      Effect.gen(function*() {
        const objects = yield* inVirtualTime(harmed)
        const keys = yield* inVirtualTime(Effect.gen(function*() {
          const { damage } = yield* World.on(copy(objects), suite, World.check())
          return new Map(RepairPlan.of(damage).packs.map(({ bad, old }) => [ObjectKey.pack(old), bad]))
        }))
        assert.strictEqual(keys.size, 2)
        for (const [pack] of keys) {
          for (const fault of ["flip", "absent"] as const) {
            // Its blocks, or its index.
            for (const part of ["blocks", "index"] as const) {
              const label = `${part} of ${pack}, ${fault}`
              yield* inVirtualTime(Effect.gen(function*() {
                const mine = copy(objects)
                let reads = 0
                const { exit } = yield* troubled(mine, ({ key, operation }) =>
                  operation === "get" && key === pack && (++reads > 1 || part === "index") ? fault : undefined)
                if (Exit.isFailure(exit)) {
                  // A flipped version in the header: nobody may mend what a newer program wrote.
                  assert.include(Cause.pretty(exit.cause), "RepositoryNewer", label)
                  assert.strictEqual(`${part}, ${fault}`, "index, flip", label)
                } else {
                  assert.deepStrictEqual(exit.value.left.map(ObjectKey.pack), [pack], label)
                  assert.strictEqual(exit.value.packs, 1, label)
                  const [, shown] = yield* World.on(
                    mine,
                    suite,
                    Effect.all([World.check({ level: "structural" }), files])
                  )
                  assert.strictEqual(
                    shown.filter(([, here]) =>
                      !here
                    ).length,
                    exit.value.files,
                    label
                  )
                }
                yield* finished(mine, label)
              }))
            }
          }
        }
      }),
    600_000
  )

  it.effect("leaves a pack and a segment that are there again", () =>
    inVirtualTime(Effect.gen(function*() {
      const objects: Objects = new Map()
      const keys = yield* World.on(objects, suite, history)
      const whole = copy(objects)
      objects.delete(keys.lost)
      objects.delete(keys.segment)
      const outcome = yield* World.on(
        objects,
        suite,
        Effect.gen(function*() {
          const plan = RepairPlan.of((yield* World.check()).damage)
          assert.isAbove(RepairPlan.marked(plan), 1)
          assert.strictEqual(plan.segments.length, 1)
          for (const key of [keys.lost, keys.segment]) objects.set(key, whole.get(key)!)
          return yield* (yield* Repair).apply(plan)
        })
      )
      assert.strictEqual(outcome.left.length, 1)
      assert.deepStrictEqual(
        [outcome.files, outcome.packs, outcome.rebuilt, outcome.dropped],
        [0, 0, 0, 0]
      )
      assert.deepStrictEqual(World.complaints(yield* World.on(objects, suite, World.check())), [])
    })))

  it.effect("saves a condemned pack whole or not at all, and deletion waits for that", () =>
    Effect.gen(function*() {
      const objects: Objects = new Map()
      const key = yield* inVirtualTime(Effect.gen(function*() {
        const { pair } = yield* World.on(objects, suite, history)
        const id = pair.slice(pair.lastIndexOf("/") + 1)
        yield* World.on(
          objects,
          suite,
          Effect.flatMap(Repository, ({ commit }) =>
            commit(() =>
              Effect.succeed([{
                _tag: "ObjectsCondemned",
                objects: [{ kind: "pack", id, size: objects.get(pair)!.length }]
              }])
            ))
        )
        return pair
      }))
      const { requests } = yield* inVirtualTime(troubled(copy(objects), undefined))
      const reads = [...requests.entries()].filter(([, request]) => request.operation === "get" && request.key === key)
      assert.isAbove(reads.length, 3)
      for (const [at] of reads) {
        for (const fault of ["flip", "absent"] as const) {
          yield* inVirtualTime(Effect.gen(function*() {
            const mine = copy(objects)
            const { exit } = yield* troubled(mine, ({ index }) => index === at ? fault : undefined, at)
            if (Exit.isFailure(exit)) return assert.fail(`${fault} ${at}`)
            const { deletionStopped } = yield* World.on(mine, suite, World.state)
            assert.strictEqual(deletionStopped !== undefined, exit.value.left.length > 0)
            if (exit.value.left.length > 0) yield* World.on(mine, suite, mend)
            // Deletion may come now.
            mine.delete(key)
            const report = yield* World.on(mine, suite, World.check())
            assert.deepStrictEqual(World.complaints(report), [], `${fault} ${at}`)
          }))
        }
      }
    }), 120_000)
})

describe("a disk with bad sectors", () => {
  it.live("is checked and repaired like any other damage, and at once", () =>
    Effect.gen(function*() {
      const root = Path.join(yield* Process.tempDirectory("sectors"), "store")
      const disk = yield* BadSectors.make
      const store = Layer.orDie(
        Layer.provide(ObjectStoreRetrying.layer({ budget: Duration.minutes(15) }), FileStore.layer(root))
      )
      const on = <A, E>(effect: Effect.Effect<A, E, World.All>) =>
        Effect.scoped(Effect.provide(effect, Layer.fresh(World.layer(store, suite))))
      const keys = yield* on(history)
      const began = Date.now()
      // One sector in the middle of a block; a whole segment; the newest base, without which only a check opens.
      disk.bad.set(Path.join(root, keys.lost), 70_000)
      disk.bad.set(Path.join(root, keys.segment), Infinity)
      disk.bad.set(Path.join(root, keys.base), Infinity)
      const { outcome, report } = yield* on(mend)
      const told = new Map(World.complaints(report).map((line) => [line.split(/[ :]/)[1], line]))
      for (const key of [keys.lost, keys.segment, keys.base]) assert.include(told.get(key), "cannot be read", key)
      assert.deepStrictEqual(lostIn(report), ["lost"])
      assert.deepStrictEqual([outcome.packs, outcome.files, outcome.rebuilt, outcome.left], [1, 1, 1, []])
      const [after, found] = yield* on(Effect.all([World.check(), files]))
      assert.deepStrictEqual(found, expected)
      assert.deepStrictEqual(lostIn(after), ["lost"])
      assert.isTrue(RepairPlan.isEmpty(RepairPlan.of(after.damage)))
      assert.isBelow(Date.now() - began, 30_000)
    }).pipe(Effect.scoped), 60_000)
})
