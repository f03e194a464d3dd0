/** A check, while the records that it began with go on to other segments, and what they name to other packs. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as RepairPlan from "../../src/domain/repository/RepairPlan.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as Collection from "../harness/CollectionWorld.ts"
import * as World from "../harness/FsckWorld.ts"
import { inVirtualTime } from "../harness/Hosts.ts"
import * as UpkeepClockTrusting from "../harness/UpkeepClockTrusting.ts"

describe("what is sound", () => {
  const merges = (host: Collection.Host) =>
    CompactorMerging.layer.pipe(
      Layer.provide(UpkeepClockTrusting.layer),
      Layer.provide(Layer.succeedContext(host.context)),
      Layer.fresh,
      Layer.build,
      Effect.flatMap((context) => Context.get(context, Compactor).round),
      Effect.map((merged) => merged.reduce((sum, { renamed }) => sum + renamed, 0)),
      Effect.scoped
    )

  for (const renames of [false, true]) {
    it.effect(`in a commit: it is flushed, its packs are put together${renames ? ", its rows get other names" : ""}`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { store } = yield* Collection.bucket
        const host = yield* Collection.open({ store, seed: 1, packSize: 8 * 1024 * 1024 })
        const whole = { maxRewrite: 1 << 30, full: true }
        for (const label of Collection.labels("s", 12)) yield* Collection.put(host, { [label]: [label] })
        assert.isAbove((yield* host.repository.head).folders.get(Collection.folder)!.inline.length, 0)
        let armed = true
        let renamed = 0
        let dropped = 0
        const busy = Effect.gen(function*() {
          yield* host.repository.flush(yield* host.lease.fence)
          assert.isAbove((yield* host.collector.run(whole)).rewritten.count, 0)
          for (const label of renames ? Collection.labels("more", 4) : []) {
            yield* Collection.put(host, { [label]: [label] })
            yield* host.repository.flush(yield* host.lease.fence)
          }
          if (renames) renamed = yield* merges(host)
          yield* Effect.sleep("2 hours")
          dropped = (yield* host.collector.run(whole)).redirectsDropped
        })
        const watched = Collection.watched(store, ({ key, operation }) =>
          Effect.suspend(() => {
            if (!armed || operation !== "get" || !key.startsWith("pack/")) return Effect.void
            armed = false
            return Effect.orDie(busy)
          }))
        const report = yield* Effect.provide(
          World.check(),
          World.layer(Layer.succeed(ObjectStore, watched), "plain")
        )
        assert.deepStrictEqual([armed, renamed, dropped], renames ? [false, 12, 12] : [false, 0, 0])
        assert.deepStrictEqual(World.complaints(report), [])
        assert.isTrue(RepairPlan.isEmpty(RepairPlan.of(report.damage)))
      })))
  }
})

describe("what is lost", () => {
  /** Two files, the pack of one of them in ruins; nothing of it is flushed unless that was asked for. */
  const ruined = Effect.fnUntraced(function*(settle: typeof World.flush | Effect.Effect<void>) {
    const made = new Map<string, Uint8Array>()
    const { objects, pack } = yield* World.on(
      made,
      "plain",
      Effect.gen(function*() {
        for (const [at, name] of ["lost", "sound"].entries()) {
          yield* World.write("a", { [name]: World.noise(2, at) })
          yield* settle
        }
        const [run] = (yield* World.present("a")).get("lost")!.runs
        // Whoever ends flushes.
        return { objects: new Map(made), pack: run!.pack }
      })
    )
    const key = ObjectKey.pack(pack)
    objects.set(key, new Uint8Array(objects.get(key)!.length))
    return objects
  })

  const checked = Effect.fnUntraced(function*(
    objects: Map<string, Uint8Array>,
    happens: (key: string) => Effect.Effect<void>
  ) {
    const below = ObjectStoreMemory.make(objects)
    let armed = false
    return yield* World.on(
      objects,
      "plain",
      Effect.gen(function*() {
        armed = true
        return yield* World.check({ level: "structural" })
      }),
      {
        get: (key, range) =>
          Effect.andThen(Effect.suspend(() => armed ? happens(key) : Effect.void), below.get(key, range))
      }
    )
  })

  const found = ({ damage }: Effect.Success<ReturnType<typeof checked>>) =>
    damage.rows.map(({ head, row: { name, source } }) => [name, head, source !== ""])

  it.live("in a commit is found", () =>
    Effect.gen(function*() {
      const objects = yield* ruined(Effect.void)
      assert.deepStrictEqual(found(yield* checked(objects, () => Effect.void)), [["lost", true, false]])
    }))

  for (
    const [what, settle, meanwhile] of [
      ["in a commit is found, though that is flushed", Effect.void, World.flush],
      ["in a segment is found, though that is merged", World.flush, World.merge("a")]
    ] as const
  ) {
    it.live(`${what} just before its pack is read`, () =>
      Effect.gen(function*() {
        const objects = yield* ruined(settle)
        let done = 0
        const report = yield* checked(objects, (key) =>
          key.startsWith("pack/") && done++ === 0
            ? Effect.orDie(World.on(objects, "plain", meanwhile))
            : Effect.void)
        assert.isAbove(done, 0)
        assert.deepStrictEqual(found(report), [["lost", true, true]])
      }))
  }

  it.live("is all that is found, though others save another file whenever a segment is read", () =>
    Effect.gen(function*() {
      const objects = yield* ruined(World.flush)
      const read = new Set<string>()
      const save = (name: string) => World.write("a", { [name]: World.noise(2, 100 + read.size) }, { segment: true })
      const report = yield* checked(objects, (key) => {
        if (!key.startsWith("segment/") || read.has(key)) return Effect.void
        read.add(key)
        return Effect.orDie(World.on(objects, "plain", save(`new ${read.size}`)))
      })
      assert.strictEqual(read.size, 8)
      assert.deepStrictEqual(found(report), [["lost", true, true]])
    }))
})
