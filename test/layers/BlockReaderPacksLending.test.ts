import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { type BlockError, BlockReader } from "../../src/services/BlockReader.ts"
import { StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { equal, idOf, large, plain, World } from "../harness/PackWorld.ts"
import * as Seeded from "../harness/Seeded.ts"

describe("BlockReaderPacks lends", () => {
  it.effect("fetches together what is waited for together", () => {
    const world = new World(plain)
    const blocks = large(64, 16)
    const pack = world.pack(1, blocks)
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      yield* reader.read(pack, blocks[40]!.hash)
      const gate = yield* Deferred.make<void>()
      world.gate = Deferred.await(gate)
      const random = Seeded.make(3)
      const order = blocks.map((_, i) => i).filter((i) => i < 32).toSorted(() => random.int(3) - 1)
      const fibers = yield* Effect.forEach(order, (i) => Effect.forkChild(reader.read(pack, blocks[i]!.hash)))
      for (let i = 0; i < 20; i++) yield* Effect.yieldNow
      yield* Deferred.succeed(gate, undefined)
      for (const [at, fiber] of fibers.entries()) equal(yield* Fiber.join(fiber), blocks[order[at]!]!.bytes)
      // 16 chunks: the first four go alone, for nothing else was known.
      assert.isAtMost(world.gets.length, 2 + 4 + 6)
      assert.isAtMost(world.mostActive, 4)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("lends what is there at once, and the rest in the order in which it comes", () => {
    const world = new World(plain)
    const blocks = large(64, 17)
    const pack = world.pack(1, blocks)
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      yield* reader.read(pack, blocks[0]!.hash)
      const slow = yield* Deferred.make<void>()
      const all = yield* Deferred.make<void>()
      const answered: Array<number> = []
      const ask = (n: number, expected = 4) =>
        reader.lendUnsafe(pack, blocks[n]!.hash, (exit) => {
          assert(Exit.isSuccess(exit))
          equal(exit.value, blocks[n]!.bytes)
          answered.push(n)
          if (answered.length === expected) Deferred.doneUnsafe(all, Effect.void)
        })
      world.gate = Effect.suspend(() => world.gets.length === 3 ? Deferred.await(slow) : Effect.void)
      ask(30)
      for (let i = 0; i < 5; i++) yield* Effect.yieldNow
      ask(0)
      assert.deepStrictEqual(answered, [0])
      ask(60)
      for (let i = 0; i < 20; i++) yield* Effect.yieldNow
      assert.deepStrictEqual(answered, [0, 60])
      ask(31)
      yield* Deferred.succeed(slow, undefined)
      yield* Deferred.await(all)
      assert.deepStrictEqual(answered, [0, 60, 30, 31])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a damaged, a missing and an unreachable block are answered to whom they were to be lent", () => {
    const world = new World(plain)
    const blocks = large(32, 18)
    const pack = world.pack(1, blocks)
    const object = world.objects.get(ObjectKey.pack(pack))!
    object[100_000]! ^= 1
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      const lent = (id: string, hash: Uint8Array) =>
        Effect.callback<Uint8Array, BlockError>((resume) =>
          reader.lendUnsafe(id, hash, (exit) => resume(Exit.map(exit, (bytes) => new Uint8Array(bytes))))
        )
      equal(yield* lent(pack, blocks[31]!.hash), blocks[31]!.bytes)
      assert.strictEqual((yield* Effect.flip(lent(pack, blocks[0]!.hash)))._tag, "RepositoryCorrupt")
      equal(yield* lent(pack, blocks[1]!.hash), blocks[1]!.bytes)
      assert.strictEqual((yield* Effect.flip(lent(pack, Buffer.alloc(32, 1))))._tag, "BlockMissing")
      assert.strictEqual((yield* Effect.flip(lent(idOf(7), blocks[0]!.hash)))._tag, "BlockMissing")
      world.gate = Effect.fail(new StoreUnavailable({ operation: "get", key: "", reason: "down" }))
      assert.strictEqual((yield* Effect.flip(lent(pack, blocks[12]!.hash)))._tag, "StoreUnavailable")
      world.gate = Effect.die(new Error("a bug of the store"))
      assert.isTrue(Exit.hasDies(yield* Effect.exit(lent(pack, blocks[12]!.hash))))
      world.gate = Effect.void
      equal(yield* lent(pack, blocks[12]!.hash), blocks[12]!.bytes)
      world.objects.clear()
      assert.strictEqual((yield* Effect.flip(lent(pack, blocks[20]!.hash)))._tag, "BlockMissing")
    }).pipe(Effect.provide(world.layer))
  })

  for (const fills of [true, false]) {
    it.effect(`what was read stays as it is while others are fetched, ${fills ? "into the same memory" : "or not"}`, () => {
      const world = new World(plain)
      world.fills = fills
      const packs = Array.from({ length: 4 }, (_, n) => ({ n, blocks: large(240, 20 + n) }))
      const ids = packs.map(({ blocks, n }) => world.pack(n, blocks))
      return Effect.gen(function*() {
        const reader = yield* BlockReader
        const random = Seeded.make(9)
        const kept: Array<readonly [Uint8Array, Uint8Array]> = []
        const buffers = new Set<ArrayBufferLike>()
        for (let round = 0; round < 1500; round++) {
          const n = random.int(4)
          const { bytes, hash } = packs[n]!.blocks[random.int(240)]!
          if (round % 10 === 0) kept.push([yield* reader.read(ids[n]!, hash), bytes])
          else {
            // Eight at a time, so that what is lent is put out by what is asked for meanwhile.
            const copy = yield* Effect.callback<Uint8Array, BlockError>((resume) =>
              reader.lendUnsafe(ids[n]!, hash, (exit) => {
                for (let i = 0; i < 8; i++) {
                  reader.lendUnsafe(ids[i % 4]!, packs[i % 4]!.blocks[random.int(240)]!.hash, () => {})
                }
                if (Exit.isSuccess(exit)) buffers.add(exit.value.buffer)
                resume(Exit.map(exit, (bytes) => new Uint8Array(bytes)))
              })
            )
            equal(copy, bytes)
          }
        }
        for (const [seen, bytes] of kept) equal(seen, bytes)
        // 120 MiB of blocks went through a cache of 64: hardly more memory was used than what it holds and what was shown.
        if (fills) assert.isBelow(buffers.size, 600)
        else assert.isAbove(buffers.size, 600)
      }).pipe(Effect.provide(world.layer))
    })
  }
})
