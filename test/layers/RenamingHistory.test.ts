/**
 * Random histories in which packs are replaced, rows given new names, and redirects dropped, by hosts that die in the middle of
 * it. All the while a host follows that keeps its old rows: it must find every block, as must one that knows nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Layer, Stream } from "effect"
import { packOf } from "../../src/domain/repository/Record.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { Replica } from "../../src/services/Replica.ts"
import * as World from "../harness/CollectionWorld.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { inVirtualTime } from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as UpkeepClockTrusting from "../harness/UpkeepClockTrusting.ts"

const seeds = 24
const lives = 6
const steps = 18
const packSize = 1024 * 1024

/** What was done in all histories together. */
const sums = { renamed: 0, dropped: 0, forgotten: 0, crashes: 0 }

/** A host that only reads, and keeps what it read. */
const follower = Effect.fnUntraced(function*(store: Parameters<typeof World.open>[0]["store"], seed: number) {
  const { context, repository } = yield* World.open({ store, seed, packSize })
  const disk = MemoryReplicaFile.layer(MemoryReplicaFile.make())
  const replica = Context.get(
    yield* Layer.build(
      ReplicaLmdb.layer.pipe(Layer.provide(disk), Layer.provide(Layer.succeedContext(context)), Layer.fresh)
    ),
    Replica
  )
  const reader = Context.get(context, BlockReader)
  const follow = Effect.andThen(repository.refresh, replica.catchUp())
  yield* follow
  const serves = Effect.fnUntraced(function*(model: World.Files, label: string) {
    yield* follow
    for (const [name, labels] of Object.entries(model)) {
      for (const [i, block] of (labels ?? []).entries()) {
        const pack = packOf(replica.recordUnsafe(World.folder, name)!, i)!
        const moved = replica.movedUnsafe(pack)
        if (moved.length > 0) sums.forgotten++
        const places = moved.length > 0 ? moved : [pack]
        const read = yield* Effect.firstSuccessOf(places.map((place) => reader.read(place, World.hashOf(block))))
        assert.deepStrictEqual(Buffer.from(read), World.bytesOf(block), label)
      }
    }
  })
  return { follow, serves }
})

/** Until the host's crash, if it has one. */
const life = Effect.fnUntraced(function*(
  store: Parameters<typeof World.open>[0]["store"],
  seed: number,
  random: Seeded.Seeded,
  model: Record<string, ReadonlyArray<string> | null>,
  follow: Effect.Effect<unknown, unknown>
) {
  let left = Infinity
  const faulty = FaultyStore.make(store, {
    decide: () => left-- === 0 ? random.chance(0.5) ? "crash before" : "crash after" : undefined
  })
  const host = yield* World.open({ store: faulty.store, seed, packSize })
  const { round } = Context.get(
    yield* Layer.build(
      CompactorMerging.layer.pipe(
        Layer.provide(UpkeepClockTrusting.layer),
        Layer.provide(Layer.succeedContext(host.context)),
        Layer.fresh
      )
    ),
    Compactor
  )
  const known = new Map<string, string>()
  const change = (files: World.Files) =>
    Effect.andThen(World.put(host, files, known), Effect.sync(() => Object.assign(model, files)))
  const flush = Effect.flatMap(host.lease.fence, (fence) => host.repository.flush(fence))
  const saves = Effect.forEach(
    Array.from({ length: 1 + random.int(6) }, () => `f${random.int(30)}`),
    (name) => change({ [name]: World.labels(`${name} ${seed} ${random.int(4)}`, 1 + random.int(3)) })
  )
  const upkeep = {
    merge: round,
    collect: host.collector.run({ maxRewrite: 1 << 30, full: true })
  }
  for (let step = 0; step < steps; step++) {
    const roll = random.int(10)
    if (roll < 4) yield* Effect.andThen(saves, flush)
    else if (roll === 4) yield* change({ [`f${random.int(30)}`]: null })
    else if (roll === 5) {
      if (random.chance(0.5)) yield* World.checkpoint(host)
      else yield* World.removeCheckpoints(host, ...(yield* host.repository.head).checkpoints.map(({ id }) => id))
    } else {
      if (random.chance(0.2)) left = random.int(40)
      yield* roll < 8 ? Effect.asVoid(upkeep.merge) : Effect.asVoid(upkeep.collect)
      left = Infinity
    }
    if (random.chance(0.4)) yield* follow
    yield* Effect.sleep("2 hours")
  }
})

describe("histories with new names for packs", () => {
  it.effect.each(Array.from({ length: seeds }, (_, seed) => seed + 1))(
    "%d: every block is found",
    (seed) =>
      inVirtualTime(
        Effect.gen(function*() {
          const { store } = yield* World.bucket
          const random = Seeded.make(seed)
          const model: Record<string, ReadonlyArray<string> | null> = {}
          yield* Effect.scoped(
            Effect.flatMap(World.open({ store, seed: 900, packSize }), (host) => World.put(host, {}))
          )
          const { follow, serves } = yield* follower(store, 901)
          for (let n = 0; n < lives; n++) {
            const label = `life ${n}`
            const exit = yield* Effect.exit(Effect.scoped(life(store, seed * 100 + n, random, model, follow)))
            if (exit._tag === "Failure") {
              sums.crashes++
              assert.include(Cause.pretty(exit.cause), FaultyStore.crashed, label)
            }
            assert.deepStrictEqual((yield* World.audit(store, label)).files, World.shown(model), label)
            yield* serves(model, label)
          }
          const { repository } = yield* World.open({ store, seed: 902, packSize })
          yield* Stream.runForEach(repository.commitsAfter(0), ({ commit }) =>
            Effect.sync(() => {
              for (const op of commit.ops) {
                if (op._tag === "SegmentsMerged") sums.renamed += op.renamed?.records ?? 0
                if (op._tag === "RedirectsDropped") sums.dropped += op.packs.length
              }
            }))
        }),
        80_000
      ),
    60_000
  )

  it("and all of it has come to pass", () => {
    assert.isAbove(sums.renamed, 100, JSON.stringify(sums))
    assert.isAbove(sums.dropped, 100, JSON.stringify(sums))
    assert.isAbove(sums.forgotten, 20, JSON.stringify(sums))
    assert.isAbove(sums.crashes, 10, JSON.stringify(sums))
  })
})
