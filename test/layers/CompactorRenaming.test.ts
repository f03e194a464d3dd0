/** Rows get the names that their packs have now, and redirects go: through real merges, repacking and collection. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import { packOf } from "../../src/domain/repository/Record.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { UpkeepClock } from "../../src/services/UpkeepClock.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as FsckWorld from "../harness/FsckWorld.ts"
import { inVirtualTime } from "../harness/Hosts.ts"
import * as UpkeepClockTrusting from "../harness/UpkeepClockTrusting.ts"

const whole = { maxRewrite: 1 << 30, full: true }

const compactor = (
  host: World.Host,
  clock: Layer.Layer<UpkeepClock, never, ObjectStore> = UpkeepClockTrusting.layer
) =>
  Effect.map(
    Layer.build(
      CompactorMerging.layer.pipe(
        Layer.provide(clock),
        Layer.provide(Layer.succeedContext(host.context)),
        Layer.fresh
      )
    ),
    (context) => Context.get(context, Compactor)
  )

/** Puts a file of one block, and moves its record to a segment. */
const save = Effect.fnUntraced(function*(host: World.Host, label: string) {
  yield* World.put(host, { [label]: [label] })
  yield* host.repository.flush(yield* host.lease.fence)
})

/** Reads each file as a host does that followed all the while: by its own rows. */
const served = Effect.fnUntraced(
  function*(replica: Replica["Service"], reader: BlockReader["Service"], labels: Iterable<string>) {
    let forgotten = 0
    for (const label of labels) {
      const pack = packOf(replica.recordUnsafe(World.folder, label)!, 0)!
      const moved = replica.movedUnsafe(pack)
      if (moved.length > 0) forgotten++
      const places = [...moved, pack]
      const read = places.map((place) => reader.read(place, World.hashOf(label)))
      assert.deepStrictEqual(Buffer.from(yield* Effect.firstSuccessOf(read)), World.bytesOf(label), label)
    }
    return forgotten
  }
)

describe("names of packs", () => {
  it.effect("that were replaced go with the next merge, and their redirects with the next run", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 1, packSize: 8 * 1024 * 1024 })
      const { round } = yield* compactor(host)
      const labels = World.labels("s", 12)
      for (const label of labels) yield* save(host, label)
      yield* host.collector.run(whole)
      assert.isAtLeast((yield* host.repository.head).redirects.size, 12)
      yield* save(host, "more")
      const merged = yield* round
      assert.isAtLeast(merged.reduce((sum, { renamed }) => sum + renamed, 0), 12)
      yield* Effect.sleep("2 hours")
      const { redirectsDropped } = yield* host.collector.run(whole)
      assert.isAtLeast(redirectsDropped, 12)
      assert.strictEqual((yield* host.repository.head).redirects.size, 0)
      const report = yield* Effect.provide(
        FsckWorld.check({ level: "full" }),
        FsckWorld.layer(Layer.succeed(ObjectStore, store), "plain")
      )
      assert.deepStrictEqual(FsckWorld.complaints(report), [])
      const files = Object.fromEntries([...labels, "more"].map((label) => [label, [label]]))
      assert.deepStrictEqual((yield* World.audit(store)).files, World.shown(files))
    })))

  describe("that were given, and were replaced and forgotten before the commit", () => {
    /** What it is armed with happens once, before the next segment is put: another pack takes the target's place. */
    const meddled = (store: ObjectStore["Service"]) => {
      let happens: Effect.Effect<unknown> = Effect.void
      const watched = World.watched(store, ({ key, operation }) =>
        Effect.suspend(() => {
          if (operation !== "put" || !key.startsWith("segment/")) return Effect.void
          const once = happens
          happens = Effect.void
          return Effect.asVoid(once)
        }))
      let commits = 0
      const forget = Effect.fnUntraced(function*(host: World.Host, labels: ReadonlyArray<string>) {
        const targets = [...new Set([...(yield* host.repository.head).redirects.values()].flat())]
        const fence = yield* host.lease.fence
        const packs = yield* World.partly(host, labels, fence)
        for (const old of targets) {
          yield* host.repository.commit((state) =>
            Effect.succeed<ReadonlyArray<Op>>([
              { _tag: "PackReplaced", old, packs, scanned: state.position }
            ]), fence)
        }
        yield* host.repository.commit(
          () => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "RedirectsDropped", packs: targets }]),
          fence
        )
        commits++
      })
      const arm = (host: World.Host, labels: ReadonlyArray<string>): void => {
        happens = Effect.orDie(forget(host, labels))
      }
      return { watched, arm, commits: () => commits }
    }

    it.effect("the merge came too late, and the next one gives others", () =>
      inVirtualTime(Effect.gen(function*() {
        const { store } = yield* World.bucket
        const { arm, commits, watched } = meddled(store)
        const host = yield* World.open({ store: watched, seed: 6, packSize: 8 * 1024 * 1024 })
        const { round } = yield* compactor(host)
        const labels = World.labels("s", 12)
        for (const label of labels) yield* save(host, label)
        yield* host.collector.run(whole)
        yield* save(host, "more")
        arm(host, labels)
        assert.deepStrictEqual(yield* round, [])
        assert.strictEqual(commits(), 1)
        const files = World.shown(Object.fromEntries([...labels, "more"].map((label) => [label, [label]])))
        assert.deepStrictEqual((yield* World.audit(store)).files, files)
        assert.isAtLeast((yield* round).reduce((sum, { renamed }) => sum + renamed, 0), 12)
        assert.deepStrictEqual((yield* World.audit(store)).files, files)
      })))

    it.effect("a table at rest is tried again", () =>
      inVirtualTime(Effect.gen(function*() {
        const { store } = yield* World.bucket
        const { arm, commits, watched } = meddled(store)
        const host = yield* World.open({ store: watched, seed: 7, packSize: 64 * 1024 * 1024 })
        const { rename } = yield* compactor(host)
        const labels = World.labels("s", 260)
        for (const label of labels) yield* World.put(host, { [label]: [label] })
        yield* host.repository.flush(yield* host.lease.fence)
        yield* host.collector.run(whole)
        const { segments } = (yield* host.repository.head).folders.get(World.folder)!
        arm(host, labels)
        assert.isUndefined(yield* rename)
        assert.strictEqual(commits(), 1)
        let renamed = 0
        for (let i = 0; i < segments.length; i++) renamed += (yield* rename)?.renamed ?? 0
        assert.isAtLeast(renamed, 256)
        assert.isUndefined(yield* rename)
        yield* World.audit(store)
      })), 20_000)
  })

  it.effect("of a checkpoint stay, and so do their redirects until it goes", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 2, packSize: 8 * 1024 * 1024 })
      const { round } = yield* compactor(host)
      const labels = World.labels("s", 12)
      for (const label of labels) yield* save(host, label)
      const id = yield* World.checkpoint(host)
      yield* host.collector.run(whole)
      yield* save(host, "more")
      yield* round
      yield* Effect.sleep("2 hours")
      yield* host.collector.run(whole)
      assert.isAtLeast((yield* host.repository.head).redirects.size, 12)
      const seen = yield* World.audit(store)
      assert.deepStrictEqual(
        seen.checkpoints.get(id),
        World.shown(Object.fromEntries(labels.map((one) => [one, [one]])))
      )
      yield* World.removeCheckpoints(host, id)
      yield* host.collector.run(whole)
      assert.strictEqual((yield* host.repository.head).redirects.size, 0)
      yield* World.audit(store)
    })))

  for (const harm of ["damaged", "without a trailer"] as const) {
    it.effect(`stay, with their redirect, where two have the block: one of them is ${harm}`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { objects, store } = yield* World.bucket
        const host = yield* World.open({ store, seed: 5, packSize: 8 * 1024 * 1024 })
        const { round } = yield* compactor(host)
        const fence = yield* host.lease.fence
        const [old] = yield* World.partly(host, ["b"], fence)
        const [bad] = yield* World.partly(host, ["b", "c"], fence)
        const [good] = yield* World.partly(host, ["b", "d"], fence)
        yield* World.put(host, { a: ["b"] }, new Map([["b", old!]]))
        yield* World.put(host, { other: ["c"] }, new Map([["c", bad!]]))
        yield* host.repository.flush(fence)
        yield* host.repository.commit((state) =>
          Effect.succeed<ReadonlyArray<Op>>([
            {
              _tag: "PackReplaced",
              old: old!,
              packs: harm === "damaged" ? [bad!, good!] : [good!, bad!],
              scanned: state.position
            }
          ]), fence)
        const key = ObjectKey.pack(bad!)
        const bytes = Uint8Array.from(objects.get(key)!)
        bytes.fill(0, harm === "damaged" ? 1000 : bytes.length - 100, harm === "damaged" ? 1100 : bytes.length)
        objects.set(key, bytes)
        for (const label of World.labels("more", 4)) yield* save(host, label)
        assert.deepStrictEqual((yield* round).map(({ renamed }) => renamed), [0])
        for (let run = 0; run < 2; run++) {
          yield* Effect.sleep("2 hours")
          yield* host.collector.run({ maxRewrite: 0, full: true })
        }
        const state = yield* host.repository.head
        assert.sameMembers([...state.redirects.get(old!)!], [bad!, good!])
        assert.isTrue(objects.has(ObjectKey.pack(good!)))
        const report = yield* Effect.provide(
          FsckWorld.check({ level: "full" }),
          FsckWorld.layer(Layer.succeed(ObjectStore, store), "plain")
        )
        assert.deepStrictEqual(
          report.damage.rows.map(({ row }) => row.name),
          harm === "damaged" ? [] : ["other"]
        )
      })))
  }

  it.effect("are changed in a table at rest when there are many; what cannot be changed is not tried again", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { objects, store } = yield* World.bucket
        const host = yield* World.open({ store, seed: 3, packSize: 64 * 1024 * 1024 })
        const { rename } = yield* compactor(host)
        const labels = World.labels("s", 260)
        for (const label of labels) yield* World.put(host, { [label]: [label] })
        yield* host.repository.flush(yield* host.lease.fence)
        assert.isUndefined(yield* rename)
        yield* host.collector.run(whole)
        const { redirects } = yield* host.repository.head
        assert.isAtLeast(redirects.size, 256)
        // One that is in the place of others cannot be read.
        const [place] = [...redirects.values()].flat()
        const key = [...objects.keys()].find((key) => key.endsWith(place!))!
        const sound = objects.get(key)!
        objects.set(key, new Uint8Array(sound.length))
        const puts = objects.size
        const { segments } = (yield* host.repository.head).folders.get(World.folder)!
        for (let i = 0; i < segments.length; i++) assert.isUndefined(yield* rename)
        assert.strictEqual(objects.size, puts)
        objects.set(key, sound)
        assert.isUndefined(yield* rename, "as long as the process lives")
        const next = yield* compactor(host)
        let renamed = 0
        for (let i = 0; i < segments.length; i++) renamed += (yield* next.rename)?.renamed ?? 0
        assert.isAtLeast(renamed, 256)
        assert.isUndefined(yield* next.rename)
        yield* host.collector.run(whole)
        assert.strictEqual((yield* host.repository.head).redirects.size, 0)
        yield* World.audit(store)
      }),
      20_000
    ))

  for (const [what, doubted, gone] of [["in doubt keeps", true, 0], ["believed drops", false, 10]] as const) {
    it.effect(`are changed in segments of which a clock that is ${what} the tombstones`, () =>
      inVirtualTime(
        Effect.gen(function*() {
          const { store } = yield* World.bucket
          const sky = { off: 0 }
          const ahead = ObjectStore.of({ ...store, now: Effect.map(store.now, (now) => now + sky.off) })
          const host = yield* World.open({ store: ahead, seed: 5, packSize: 64 * 1024 * 1024 })
          const deleted = World.labels("deleted", 10)
          yield* World.put(host, Object.fromEntries(deleted.map((name) => [name, null])))
          for (const label of World.labels("s", 260)) yield* World.put(host, { [label]: [label] })
          yield* host.repository.flush(yield* host.lease.fence)
          yield* Effect.sleep("8 days")
          yield* save(host, "later")
          const sure = yield* World.now
          sky.off = 500 * 86_400_000
          yield* save(host, "ahead")
          yield* host.collector.run(whole)
          const read = Effect.map(ahead.now, (now) => ({ now, sure: doubted ? sure : now, passed: 0 }))
          const { rename } = yield* compactor(host, Layer.succeed(UpkeepClock, { read }))
          let renamed = 0
          let tombstones = 0
          for (let done = yield* rename; done !== undefined; done = yield* rename) {
            renamed += done.renamed
            tombstones += done.tombstones
          }
          assert.isAtLeast(renamed, 256)
          assert.strictEqual(tombstones, gone)
        }),
        20_000
      ))
  }

  it.effect(
    "by many saves a day that stay never use up the room, and a host that follows serves them all",
    () =>
      inVirtualTime(
        Effect.gen(function*() {
          const { store } = yield* World.bucket
          const host = yield* World.open({ store, seed: 4, packSize: 8 * 1024 * 1024 })
          const { round } = yield* compactor(host)
          const follower = yield* Layer.build(
            Layer.merge(ReplicaMemory.layer, BlockReaderPacks.layer).pipe(
              Layer.provide(Layer.succeedContext(host.context)),
              Layer.fresh
            )
          )
          const replica = Context.get(follower, Replica)
          yield* replica.catchUp()
          const labels: Array<string> = []
          const checkpoints: Array<number> = []
          let most = 0
          let replaced = 0
          for (let day = 0; day < 40; day++) {
            for (const label of World.labels(`day ${day}`, 8)) {
              labels.push(label)
              yield* World.put(host, { [label]: [label] })
            }
            checkpoints.push(yield* World.checkpoint(host))
            if (checkpoints.length > 5) yield* World.removeCheckpoints(host, checkpoints.shift()!)
            yield* round
            replaced += (yield* host.collector.run(whole)).rewritten.count
            yield* replica.catchUp()
            most = Math.max(most, (yield* host.repository.head).redirects.size)
            yield* Effect.sleep("24 hours")
          }
          assert.isAbove(replaced, 300)
          assert.isBelow(most, 110)
          assert.isAbove(yield* served(replica, Context.get(follower, BlockReader), labels), 200)
          const seen = yield* World.audit(store)
          assert.deepStrictEqual(seen.files, World.shown(Object.fromEntries(labels.map((label) => [label, [label]]))))
        }),
        80_000
      ),
    120_000
  )
})
