import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import * as RepairPlan from "../../src/domain/repository/RepairPlan.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import type { Level } from "../../src/services/Fsck.ts"
import { Repair } from "../../src/services/Repair.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as World from "../harness/FsckWorld.ts"

type Objects = Map<string, Uint8Array>

const infoOf = (record: FileRecord | undefined) => {
  const info = FileInfo.decode(record!.info)
  if (info._tag === "Failure") throw new Error(info.failure)
  return info.success
}

const mend = (level: Level = "full") =>
  Effect.gen(function*() {
    const report = yield* World.check({ level })
    const plan = RepairPlan.of(report.damage)
    return { report, plan, outcome: yield* (yield* Repair).apply(plan) }
  })

describe.each(World.suites)("repair, %s", (suite) => {
  const on = <A, E, R>(objects: Objects, effect: Effect.Effect<A, E, R>) => World.on(objects, suite, effect)

  for (const age of World.ages) {
    it.live(`${age}, healthy: nothing is planned, and nothing is done`, () =>
      Effect.gen(function*() {
        const objects = yield* World.objectsOf(age, suite)
        const before = [...objects.keys()]
        const { plan } = yield* on(
          objects,
          Effect.map(World.check(), ({ damage }) => ({ plan: RepairPlan.of(damage) }))
        )
        assert.isTrue(RepairPlan.isEmpty(plan))
        assert.deepStrictEqual([...objects.keys()], before)
      }))
  }

  /** Two files of a pack, of which one loses a block. */
  const harmed = Effect.gen(function*() {
    const objects: Objects = new Map()
    const pack = yield* on(
      objects,
      Effect.gen(function*() {
        yield* World.write("a", { lost: World.noise(2, 1), sound: World.noise(1, 2) })
        yield* World.write("a", { other: World.noise(1, 3) })
        return (yield* World.present("a")).get("lost")!.runs[0]!.pack
      })
    )
    return { objects, key: ObjectKey.pack(pack), pack }
  })

  const break_ = (objects: Objects, key: string, at: number) => {
    const bytes = Uint8Array.from(objects.get(key)!)
    bytes[at]! ^= 1
    objects.set(key, bytes)
  }

  it.live("a block is lost: the pack is replaced by its good blocks, the file is marked, all else stays", () =>
    Effect.gen(function*() {
      const { key, objects, pack } = yield* harmed
      break_(objects, key, 200)
      const { outcome, plan, report } = yield* on(objects, mend())
      assert.strictEqual(report.findings.filter(({ severity }) => severity === "damage").length, 1)
      assert.deepStrictEqual(report.findings[0]!.files, { count: 1, examples: [{ folder: "a", name: "lost" }] })
      assert.deepStrictEqual(plan.packs, [{ old: pack, copy: true, bad: new Set([0]), elsewhere: [] }])
      assert.deepStrictEqual({ ...outcome, before: outcome.before.length }, {
        packs: 1,
        blocks: 2,
        files: 1,
        rebuilt: 0,
        dropped: 0,
        entries: 0,
        before: 1,
        left: []
      })
      yield* on(
        objects,
        Effect.gen(function*() {
          const records = yield* World.present("a")
          assert.isTrue(infoOf(records.get("lost")).invalid)
          assert.strictEqual(infoOf(records.get("lost")).hashes.length, 64)
          assert.isFalse(infoOf(records.get("sound")).invalid)
          const state = yield* World.state
          assert.strictEqual(state.folders.get("a")!.remotes.size, 0)
          assert.deepStrictEqual(state.checkpoints[0]!.pins?.map(({ holder }) => holder), ["repair"])
          assert.strictEqual(state.checkpoints[0]!.reason, "schedule", "it goes when the pin has ended")
          const after = yield* World.check()
          assert.deepStrictEqual(
            after.findings.filter(({ severity }) => severity !== "untidy").map(({ kind }) => kind),
            [
              "blocks",
              "unavailable"
            ]
          )
          assert.isTrue(RepairPlan.isEmpty(RepairPlan.of(after.damage)), "once is enough")
        })
      )
    }))

  it.live("the content comes again: the present is whole at once, and a second repair mends the checkpoints", () =>
    Effect.gen(function*() {
      const { key, objects } = yield* harmed
      break_(objects, key, 200)
      yield* on(objects, mend())
      yield* on(objects, World.write("a", { lost: World.noise(2, 1) }))
      const { plan, report } = yield* on(objects, mend())
      assert.deepStrictEqual(World.complaints(report).length, 1)
      assert.deepStrictEqual(report.findings.find(({ severity }) => severity === "damage")!.checkpoints, [1])
      assert.strictEqual(plan.files.size, 0)
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
    }))

  it.live("another pack holds the lost block: nothing is marked", () =>
    Effect.gen(function*() {
      const { key, objects } = yield* harmed
      yield* on(objects, World.write("a", { twin: World.noise(2, 1) }))
      break_(objects, key, 200)
      const { outcome } = yield* on(objects, mend())
      assert.strictEqual(outcome.files, 0)
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
    }))

  it.live("a whole pack is gone: all its files are marked", () =>
    Effect.gen(function*() {
      const { key, objects } = yield* harmed
      objects.delete(key)
      const { outcome } = yield* on(objects, mend("structural"))
      assert.strictEqual(outcome.files, 2)
      yield* on(
        objects,
        Effect.gen(function*() {
          const records = yield* World.present("a")
          assert.isTrue(infoOf(records.get("sound")).invalid)
          assert.isFalse(infoOf(records.get("other")).invalid)
        })
      )
    }))

  it.live("a file that changed since it was planned is left alone", () =>
    Effect.gen(function*() {
      const { key, objects } = yield* harmed
      objects.delete(key)
      yield* on(
        objects,
        Effect.gen(function*() {
          const plan = RepairPlan.of((yield* World.check({ level: "structural" })).damage)
          yield* World.write("a", { lost: World.noise(1, 9) })
          assert.strictEqual((yield* (yield* Repair).apply(plan)).files, 1)
          const records = yield* World.present("a")
          assert.isFalse(infoOf(records.get("lost")).invalid)
          assert.isTrue(infoOf(records.get("sound")).invalid)
        })
      )
    }))

  it.live("a lost segment is written again from the log, row for row", () =>
    Effect.gen(function*() {
      const { objects } = yield* harmed
      yield* on(objects, World.flush)
      const before = yield* on(objects, World.present("a"))
      const { folders } = yield* on(objects, World.state)
      objects.delete(ObjectKey.segment(folders.get("a")!.segments[0]!))
      const { outcome } = yield* on(objects, mend("structural"))
      assert.strictEqual(outcome.rebuilt, 1)
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
      assert.deepStrictEqual(
        [...yield* on(objects, World.present("a"))].map(String).toSorted(),
        [...before].map(String).toSorted()
      )
    }))

  it.live("a lost segment that no log proves is given up, every device is asked again, and told under another id", () =>
    Effect.gen(function*() {
      const objects: Objects = new Map()
      yield* on(objects, World.write("a", { one: World.noise(1, 1) }, { segment: true }))
      const { folders } = yield* on(objects, World.state)
      objects.delete(ObjectKey.segment(folders.get("a")!.segments[0]!))
      const { outcome, plan, report } = yield* on(objects, mend("structural"))
      assert.deepStrictEqual(report.findings[0]!.folders, ["a"])
      assert.strictEqual(RepairPlan.atStake(plan), 1)
      assert.deepStrictEqual([outcome.dropped, outcome.entries], [1, 1])
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
      const after = (yield* on(objects, World.state)).folders.get("a")!
      assert.strictEqual(after.remotes.size, 0)
      assert.notStrictEqual(after.indexId, folders.get("a")!.indexId)
      assert.isAbove(after.sequence, folders.get("a")!.sequence, "no checkpoint of before stands for it")
    }))

  it.live("of a segment with a damaged page the rows of all others stay", () =>
    Effect.gen(function*() {
      const objects: Objects = new Map()
      const names = Array.from({ length: 2000 }, (_, at) => `many/${at}`)
      const files = Object.fromEntries(names.map((name) => [name, Buffer.from(name)]))
      yield* on(objects, World.write("a", files, { segment: true }))
      const before = yield* on(objects, World.present("a"))
      const { folders } = yield* on(objects, World.state)
      const key = ObjectKey.segment(folders.get("a")!.segments[0]!)
      break_(objects, key, Math.floor(objects.get(key)!.length / 3))
      const { outcome } = yield* on(objects, mend("structural"))
      const after = yield* on(objects, World.present("a"))
      assert.strictEqual(outcome.dropped, 1)
      assert.isAbove(outcome.entries, 0)
      assert.isBelow(outcome.entries, 1000)
      assert.strictEqual(after.size, before.size - outcome.entries)
      for (const [name, record] of after) assert.deepStrictEqual(record, before.get(name))
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
    }))

  /** A base cannot be read, or its pack table: the log is read from an older one, or from its beginning. */
  const rebuilt = (objects: Objects, key: string, change: (bytes: Uint8Array) => Uint8Array | undefined) =>
    Effect.gen(function*() {
      const bytes = change(objects.get(key)!)
      if (bytes === undefined) objects.delete(key)
      else objects.set(key, bytes)
      const { plan, report } = yield* on(objects, mend("structural"))
      assert.include(report.findings.map((finding) => finding.key), key)
      assert.isFalse(RepairPlan.isEmpty(plan))
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
      // And so for those who forgive nothing.
      yield* World.strictly(objects, suite)
    })

  it.live("a base that cannot be read is written again, and taken away", () =>
    Effect.gen(function*() {
      const { objects } = yield* harmed
      yield* on(objects, World.flush)
      const key = [...objects.keys()].filter((one) => one.startsWith("base/")).toSorted().at(-1)!
      yield* rebuilt(objects, key, (bytes) => bytes.with(40, bytes[40]! ^ 1))
      assert.isFalse(objects.has(key))
    }))

  it.live("a base that cannot be read where the trimmed log begins is taken away, and others lead there", () =>
    Effect.gen(function*() {
      const { objects } = yield* harmed
      yield* on(objects, World.flush)
      yield* on(objects, Effect.andThen(World.write("a", { next: World.noise(1, 40) }), World.flush))
      const bases = [...objects.keys()].filter((one) => one.startsWith("base/")).toSorted()
      const older = bases.at(-2)!
      for (let at = 1; at <= Number(older.slice("base/".length)); at++) objects.delete(ObjectKey.log(at))
      for (const base of bases.slice(0, -2)) objects.delete(base)
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
      const before = yield* on(objects, World.state)
      yield* rebuilt(objects, older, (bytes) => bytes.with(40, bytes[40]! ^ 1))
      assert.isFalse(objects.has(older))
      const left = [...objects.keys()].filter((one) => one.startsWith("base/"))
      assert.isAbove(left.length, 1)
      const after = yield* World.strictly(objects, suite)
      assert.deepStrictEqual([...after.segments.keys()], [...before.segments.keys()])
      // The newest lost as well: the one that was written for it opens the repository.
      objects.delete(left.toSorted().at(-1)!)
      yield* World.strictly(objects, suite)
    }))

  it.live("of bases that cannot be read, the newest stays until another one lies above it", () =>
    Effect.gen(function*() {
      const { objects } = yield* harmed
      yield* on(objects, World.flush)
      const [key] = [...objects.keys()].filter((one) => one.startsWith("base/")).toSorted().slice(-1)
      objects.set(key!, objects.get(key!)!.with(40, objects.get(key!)![40]! ^ 1))
      // The new one does not arrive as it was sent.
      const store = ObjectStoreMemory.make(objects)
      const spoiling = {
        put: (name: string, body: ReadonlyArray<Uint8Array>) =>
          store.put(
            name,
            name.startsWith("base/") ? body.map((part) => part.with(part.length - 1, part.at(-1)! ^ 1)) : body
          )
      }
      const exit = yield* Effect.exit(World.on(objects, suite, mend("structural"), spoiling))
      assert.strictEqual(exit._tag, "Failure")
      assert.isTrue(objects.has(key!))
      // And a second repair finishes.
      yield* on(objects, mend("structural"))
      assert.deepStrictEqual(World.complaints(yield* on(objects, World.check())), [])
      yield* World.strictly(objects, suite)
    }))

  it.live("a pack table that is lost is written again from what the log says", () =>
    Effect.gen(function*() {
      const { objects } = yield* harmed
      yield* on(objects, World.manyPacks)
      const { packs } = yield* on(objects, World.state)
      assert.isAbove(packs.flushed.size, 500)
      yield* rebuilt(objects, ObjectKey.segment(packs.segments[0]!), () => undefined)
    }))

  it.live("a condemned pack that records name is saved before it goes", () =>
    Effect.gen(function*() {
      const { key, objects, pack } = yield* harmed
      yield* on(
        objects,
        Effect.flatMap(Repository, ({ commit }) =>
          commit(() =>
            Effect.succeed([{
              _tag: "ObjectsCondemned",
              objects: [{ kind: "pack", id: pack, size: objects.get(key)!.length }]
            }])
          ))
      )
      const { outcome, report } = yield* on(objects, mend())
      assert.deepStrictEqual(World.complaints(report), [`condemned ${key}: it is condemned, and records name it`])
      assert.strictEqual(outcome.blocks, 3)
      assert.strictEqual(outcome.files, 0)
      objects.delete(key)
      // As if it had been cut off before its last commit.
      yield* on(
        objects,
        Effect.flatMap(Repository, ({ commit }) =>
          commit(() => Effect.succeed([{ _tag: "DeletionStopped", reason: "x" }])))
      )
      assert.isTrue((yield* on(objects, mend("structural"))).plan.resume)
      yield* on(
        objects,
        Effect.gen(function*() {
          const state = yield* World.state
          assert.isUndefined(state.deletionStopped)
          assert.isTrue(state.condemned.has(key))
          assert.deepStrictEqual(World.complaints(yield* World.check()), [])
        })
      )
    }))
})
