import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { type Block, block, equal, idOf, large, plain, sealed, World } from "../harness/PackWorld.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as Tree from "../harness/Tree.ts"

const suites = [["plain", plain], ["aes-256-gcm", sealed]] as const

describe("BlockReaderPacks", () => {
  for (const [suite, sealing] of suites) {
    describe(suite, () => {
      it.effect("reads every block, large, small, compressible, in any order", () => {
        const world = new World(sealing)
        const random = Seeded.make(5)
        const blocks: Array<Block> = []
        for (let i = 0; i < 400; i++) {
          const size = random.chance(0.1) ? 200_000 + random.int(400_000) : 1 + random.int(9000)
          blocks.push(block(random.chance(0.5) ? Tree.bytes(size, i) : Buffer.alloc(size, `text ${i} `)))
        }
        const packs = [world.pack(1, blocks.slice(0, 200)), world.pack(2, blocks.slice(200))]
        return Effect.gen(function*() {
          const reader = yield* BlockReader
          for (let i = 0; i < 600; i++) {
            const n = random.int(blocks.length)
            equal(yield* reader.read(packs[n < 200 ? 0 : 1]!, blocks[n]!.hash), blocks[n]!.bytes)
          }
        }).pipe(Effect.provide(world.layer))
      })

      it.effect("names the pack of a damaged block, whatever byte is hit, and still reads the others", () => {
        const world = new World(sealing)
        const blocks = large(8, 1)
        const pack = world.pack(1, blocks)
        const object = world.objects.get(ObjectKey.pack(pack))!
        object[object.length >> 1]! ^= 1
        return Effect.gen(function*() {
          const reader = yield* BlockReader
          const exits = yield* Effect.forEach(blocks, ({ hash }) => Effect.exit(reader.read(pack, hash)))
          const failures = exits.filter((exit) => Exit.isFailure(exit))
          assert.strictEqual(failures.length, 1)
          const error = yield* Effect.flip(failures[0]!)
          assert.strictEqual(error._tag, "RepositoryCorrupt")
          assert.include(error.message, ObjectKey.pack(pack))
          assert.isUndefined(
            reader.readCachedUnsafe(pack, blocks[exits.findIndex((exit) => Exit.isFailure(exit))]!.hash)
          )
        }).pipe(Effect.provide(world.layer))
      })

      it.effect("a damaged trailer is damage of the pack", () => {
        const world = new World(sealing)
        const blocks = large(3, 2)
        const pack = world.pack(1, blocks)
        const object = world.objects.get(ObjectKey.pack(pack))!
        object[object.length - 40]! ^= 1
        return Effect.gen(function*() {
          const reader = yield* BlockReader
          const error = yield* Effect.flip(reader.read(pack, blocks[0]!.hash))
          assert.strictEqual(error._tag, "RepositoryCorrupt")
        }).pipe(Effect.provide(world.layer))
      })
    })
  }

  it.effect("an empty block needs no pack and no request", () => {
    const world = new World(plain)
    const { hash } = block(new Uint8Array(0))
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      assert.strictEqual((yield* reader.read("", hash)).length, 0)
      assert.strictEqual(reader.readCachedUnsafe("", hash)?.length, 0)
      assert.deepStrictEqual(world.gets, [])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("what was damaged on the way is fetched again", () => {
    const world = new World(plain)
    const blocks = large(8, 3)
    const pack = world.pack(1, blocks)
    const object = world.objects.get(ObjectKey.pack(pack))!
    object[100_000]! ^= 1
    world.gate = Effect.sync(() => {
      // The second window request sees the bytes as they are.
      if (world.gets.filter((get) => get.includes(" 24-")).length === 2) object[100_000]! ^= 1
    })
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      equal(yield* reader.read(pack, blocks[0]!.hash), blocks[0]!.bytes)
      assert.strictEqual(world.gets.filter((get) => get.includes(" 24-")).length, 2)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack is opened once and each window fetched once, however many ask at the same time", () => {
    const world = new World(plain)
    const blocks = large(16, 4)
    const pack = world.pack(1, blocks)
    return Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      world.gate = Deferred.await(gate)
      const reader = yield* BlockReader
      const readers = yield* Effect.forEach(
        [...blocks, ...blocks, ...blocks],
        ({ hash }) => Effect.forkChild(reader.read(pack, hash))
      )
      // The first to ask goes away; the others must not notice.
      yield* Effect.yieldNow
      yield* Fiber.interrupt(readers[0]!)
      yield* Deferred.succeed(gate, undefined)
      for (const [i, fiber] of readers.entries()) if (i > 0) equal(yield* Fiber.join(fiber), blocks[i % 16]!.bytes)
      assert.strictEqual(new Set(world.gets).size, world.gets.length)
      assert.isAtMost(world.mostActive, 4)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("fetches whole windows for who reads in order, and small packs with one request", () => {
    const world = new World(plain)
    const blocks = large(64, 5)
    const pack = world.pack(1, blocks)
    const small = block(Buffer.alloc(5000, "a"))
    const smallPack = world.pack(2, [small])
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      for (const { bytes, hash } of blocks) equal(yield* reader.read(pack, hash), bytes)
      // The trailer, two chunks until the reader is known, and then 1 MiB at a time.
      assert.strictEqual(world.gets.length, 1 + 2 + 8)
      equal(yield* reader.read(smallPack, small.hash), small.bytes)
      assert.strictEqual(world.gets.length, 12)
      for (const { bytes, hash } of blocks) equal(reader.readCachedUnsafe(pack, hash), bytes)
      equal(reader.readCachedUnsafe(smallPack, small.hash), small.bytes)
      assert.strictEqual(world.gets.length, 12)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("fetches ahead of a sequential reader, and not for a random one", () => {
    const world = new World(plain)
    const blocks = large(64, 6)
    const pack = world.pack(1, blocks)
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      for (const n of [62, 10, 50]) yield* reader.read(pack, blocks[n]!.hash)
      for (let i = 0; i < 20; i++) yield* Effect.yieldNow
      assert.strictEqual(world.gets.length, 4)
      assert.isUndefined(reader.readCachedUnsafe(pack, blocks[12]!.hash))
      for (const { hash } of blocks.slice(16, 20)) yield* reader.read(pack, hash)
      for (let i = 0; i < 20; i++) yield* Effect.yieldNow
      equal(reader.readCachedUnsafe(pack, blocks[27]!.hash), blocks[27]!.bytes)
      assert.isUndefined(reader.readCachedUnsafe(pack, blocks[45]!.hash))
      assert.isAtMost(world.gets.length, 4 + 4)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("keeps a bounded number of bytes", () => {
    const world = new World(plain)
    world.readAhead = 8 * 1024 * 1024
    const packs = Array.from({ length: 5 }, (_, n) => ({ n, blocks: large(160, 10 + n) }))
    const ids = packs.map(({ blocks, n }) => world.pack(n, blocks))
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      for (const [i, { blocks }] of packs.entries()) {
        for (const { hash } of blocks) yield* reader.read(ids[i]!, hash)
      }
      let cached = 0
      for (const [i, { blocks }] of packs.entries()) {
        for (const { hash } of blocks) cached += reader.readCachedUnsafe(ids[i]!, hash)?.length ?? 0
      }
      assert.isAtMost(cached, 64 * 1024 * 1024)
      assert.isAbove(cached, 40 * 1024 * 1024)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("an unknown pack: reads the log again, then says that the block is missing", () => {
    const world = new World(plain)
    const [first] = large(1, 7)
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      const error = yield* Effect.flip(reader.read(idOf(9), first!.hash))
      assert.strictEqual(error._tag, "BlockMissing")
      assert.strictEqual(world.refreshes, 1)
      yield* Effect.flip(reader.read(idOf(9), first!.hash))
      assert.strictEqual(world.refreshes, 1)
      world.position++
      world.onRefresh = () => void world.pack(9, [first!])
      equal(yield* reader.read(idOf(9), first!.hash), first!.bytes)
      assert.strictEqual(world.refreshes, 2)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack that the store lost costs one look at the log, however many ask, until the log moves", () => {
    const world = new World(plain)
    const blocks = large(200, 13)
    const pack = world.pack(1, blocks)
    const object = world.objects.get(ObjectKey.pack(pack))!
    world.objects.clear()
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      const ask = Effect.forEach(blocks, ({ hash }) => Effect.exit(reader.read(pack, hash)), {
        concurrency: "unbounded"
      })
      const failed = (exits: ReadonlyArray<Exit.Exit<Uint8Array, unknown>>) => exits.filter(Exit.isFailure).length
      for (let round = 0; round < 3; round++) {
        assert.strictEqual(failed(yield* ask), blocks.length)
        assert.deepStrictEqual([world.refreshes, world.gets.length], [1, 2])
      }
      world.position++
      assert.strictEqual(failed(yield* ask), blocks.length)
      assert.deepStrictEqual([world.refreshes, world.gets.length], [2, 4])
      // Put back from a copy, of which no commit tells.
      world.objects.set(ObjectKey.pack(pack), object)
      assert.strictEqual(failed(yield* ask), blocks.length)
      yield* TestClock.adjust("6 minutes")
      assert.strictEqual(failed(yield* ask), 0)
      assert.strictEqual(world.refreshes, 2)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack that goes while many of its windows are asked for: each window costs no request", () => {
    const world = new World(plain)
    const blocks = large(200, 14)
    const pack = world.pack(1, blocks)
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      equal(yield* reader.read(pack, blocks[0]!.hash), blocks[0]!.bytes)
      const before = world.gets.length
      world.objects.clear()
      const errors = yield* Effect.forEach(
        blocks.toReversed().filter((_, i) => i % 8 === 0),
        ({ hash }) => Effect.flip(reader.read(pack, hash)),
        { concurrency: "unbounded" }
      )
      for (const error of errors) assert.strictEqual(error._tag, "BlockMissing")
      assert.strictEqual(world.refreshes, 1)
      // As many as may be on their way, and one more try.
      assert.isAtMost(world.gets.length - before, 5)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("many packs that the store lost: who waits for the log to be read waits together", () => {
    const world = new World(plain)
    const blocks = large(40, 15)
    const packs = blocks.map((block, n) => world.pack(n, [block]))
    world.objects.clear()
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      const gate = yield* Deferred.make<void>()
      world.refreshGate = Deferred.await(gate)
      const fibers = yield* Effect.forEach(
        blocks,
        ({ hash }, n) => Effect.forkChild(Effect.flip(reader.read(packs[n]!, hash)))
      )
      for (let i = 0; i < 500; i++) yield* Effect.yieldNow
      yield* Deferred.succeed(gate, undefined)
      for (const fiber of fibers) assert.strictEqual((yield* Fiber.join(fiber))._tag, "BlockMissing")
      assert.isAtMost(world.refreshes, 2)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack that is gone from the store: reads the log again, then says so", () => {
    const world = new World(plain)
    const blocks = large(24, 8)
    const pack = world.pack(1, blocks)
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      equal(yield* reader.read(pack, blocks[0]!.hash), blocks[0]!.bytes)
      world.objects.clear()
      const error = yield* Effect.flip(reader.read(pack, blocks[23]!.hash))
      assert.strictEqual(error._tag, "BlockMissing")
      assert.isAtLeast(world.refreshes, 1)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a block the pack does not hold is missing", () => {
    const world = new World(plain)
    const pack = world.pack(1, large(2, 9))
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      const error = yield* Effect.flip(reader.read(pack, block(Buffer.from("other")).hash))
      assert.strictEqual(error._tag, "BlockMissing")
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("an unreachable store is said, and asked again next time", () => {
    const world = new World(plain)
    const blocks = large(8, 11)
    const pack = world.pack(1, blocks)
    let down = true
    const below = world.layer
    world.gate = Effect.suspend(() =>
      down ? Effect.fail(new StoreUnavailable({ operation: "get", key: "", reason: "down" })) : Effect.void
    )
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      assert.strictEqual((yield* Effect.flip(reader.read(pack, blocks[0]!.hash)))._tag, "StoreUnavailable")
      down = false
      equal(yield* reader.read(pack, blocks[0]!.hash), blocks[0]!.bytes)
    }).pipe(Effect.provide(below))
  })

  it.effect("closing the layer interrupts what is on its way", () => {
    const world = new World(plain)
    const blocks = large(8, 12)
    const pack = world.pack(1, blocks)
    return Effect.gen(function*() {
      let interrupted = false
      const begun = yield* Deferred.make<void>()
      world.gate = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Effect.sync(() => interrupted = true))
      )
      const fiber = yield* Effect.forkChild(
        Effect.flatMap(
          BlockReader,
          (reader) => Effect.raceFirst(reader.read(pack, blocks[0]!.hash), Deferred.await(begun))
        ).pipe(Effect.provide(world.layer))
      )
      yield* Fiber.join(fiber)
      assert.isTrue(interrupted)
    })
  })
})
