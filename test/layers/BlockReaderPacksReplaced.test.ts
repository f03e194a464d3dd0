/** Blocks of packs that were replaced: found by their hash in the packs that took their place, whatever the reader knew. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { block, equal, idOf, large, plain, World } from "../harness/PackWorld.ts"

describe("BlockReaderPacks, replaced packs", () => {
  it.effect("finds each block in whichever of the new packs holds it", () => {
    const world = new World(plain)
    const blocks = large(6, 1)
    const old = world.pack(1, blocks)
    world.replace(old, [world.pack(2, blocks.slice(0, 3)), world.pack(3, blocks.slice(3))])
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      for (const { bytes, hash } of blocks.toReversed()) equal(yield* reader.read(old, hash), bytes)
      for (const { bytes, hash } of blocks) equal(reader.readCachedUnsafe(old, hash), bytes)
      assert.strictEqual(world.refreshes, 0)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("lends them, all at once and in any order", () => {
    const world = new World(plain)
    const blocks = large(8, 2)
    const old = world.pack(1, blocks)
    world.replace(old, [world.pack(2, blocks.slice(0, 4)), world.pack(3, blocks.slice(4))])
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      yield* Effect.forEach(
        blocks,
        ({ bytes, hash }) =>
          Effect.callback<void>((resume) =>
            reader.lendUnsafe(old, hash, (exit) => {
              assert.strictEqual(exit._tag, "Success")
              if (exit._tag === "Success") equal(exit.value, bytes)
              resume(Effect.void)
            })
          ),
        { concurrency: "unbounded" }
      )
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack that vanishes under a reader: the log is read again, and says where its blocks are", () => {
    const world = new World(plain)
    const blocks = large(24, 3)
    const old = world.pack(1, blocks)
    const next = world.pack(2, blocks)
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      // Its trailer is known by now, most of its frames are not.
      equal(yield* reader.read(old, blocks[0]!.hash), blocks[0]!.bytes)
      const ref = world.refs.get(old)!
      world.objects.delete(ObjectKey.pack(old))
      world.onRefresh = () => world.replace(old, [next])
      assert.isDefined(ref)
      const all = yield* Effect.forEach(blocks, ({ hash }) => reader.read(old, hash), { concurrency: "unbounded" })
      for (const [at, bytes] of all.entries()) equal(bytes, blocks[at]!.bytes)
      assert.strictEqual(world.refreshes, 1)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack that the known log names, and that is gone before it was opened", () => {
    const world = new World(plain)
    const blocks = large(3, 4)
    const old = world.pack(1, blocks)
    const next = world.pack(2, blocks)
    world.objects.delete(ObjectKey.pack(old))
    world.onRefresh = () => world.replace(old, [next])
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      equal(yield* reader.read(old, blocks[2]!.hash), blocks[2]!.bytes)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack that took another's place is replaced too: the redirect leads on, however late the reader looks", () => {
    const world = new World(plain)
    const blocks = large(12, 5)
    const old = world.pack(1, blocks)
    const second = world.pack(2, blocks)
    world.replace(old, [second])
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      equal(yield* reader.read(old, blocks[0]!.hash), blocks[0]!.bytes)
      const third = world.pack(3, blocks)
      world.replace(second, [third])
      // Nothing names the second by itself, so its own redirect goes.
      world.redirects.delete(second)
      for (const { bytes, hash } of blocks) equal(yield* reader.read(old, hash), bytes)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a redirect to a pack that was never opened, and was replaced since", () => {
    const world = new World(plain)
    const blocks = large(2, 6)
    const old = world.pack(1, blocks)
    const other = world.pack(9, large(1, 99))
    const second = world.pack(2, blocks)
    world.replace(old, [second])
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      // The state is looked at, and nothing of the second pack.
      equal(yield* reader.read(other, large(1, 99)[0]!.hash), large(1, 99)[0]!.bytes)
      world.replace(second, [world.pack(3, blocks)])
      world.redirects.delete(second)
      equal(yield* reader.read(old, blocks[1]!.hash), blocks[1]!.bytes)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a block that was dead when its pack was replaced is missing, under the name that was asked for", () => {
    const world = new World(plain)
    const blocks = large(3, 7)
    const old = world.pack(1, blocks)
    world.replace(old, [world.pack(2, blocks.slice(0, 1))])
    const empty = world.pack(4, [block(Buffer.from("gone"))])
    world.replace(empty, [])
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      const error = yield* Effect.flip(reader.read(old, blocks[2]!.hash))
      assert.strictEqual(error._tag, "BlockMissing")
      assert.include(error.message, idOf(1))
      const none = yield* Effect.flip(reader.read(empty, block(Buffer.from("gone")).hash))
      assert.strictEqual(none._tag, "BlockMissing")
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack in whose place the store has nothing is missing, after one more look at the log", () => {
    const world = new World(plain)
    const blocks = large(2, 8)
    const old = world.pack(1, blocks)
    const next = world.pack(2, blocks)
    world.replace(old, [next])
    world.objects.delete(ObjectKey.pack(next))
    return Effect.gen(function*() {
      const reader = yield* BlockReader
      for (const { hash } of blocks) {
        assert.strictEqual((yield* Effect.flip(reader.read(old, hash)))._tag, "BlockMissing")
      }
      assert.isAtMost(world.refreshes, 2)
    }).pipe(Effect.provide(world.layer))
  })

  describe("a block that two packs in the place of one hold", () => {
    const flip = (world: World, pack: string, at: number) => {
      const bytes = Uint8Array.from(world.objects.get(ObjectKey.pack(pack))!)
      const from = at < 0 ? bytes.length + at : at
      for (let i = from; i < from + 9; i++) bytes[i] = bytes[i]! ^ 255
      world.objects.set(ObjectKey.pack(pack), bytes)
    }
    const opened = (world: World) =>
      Effect.map(Layer.build(Layer.fresh(world.layer)), (context) => Context.get(context, BlockReader))
    const harms: Readonly<Record<string, (world: World, pack: string) => void>> = {
      "damaged in it": (world, pack) => flip(world, pack, 1000),
      "without a trailer that can be read": (world, pack) => flip(world, pack, -40),
      "gone": (world, pack) => world.objects.delete(ObjectKey.pack(pack)),
      "gone, and no commit knows of it": (world, pack) => {
        world.objects.delete(ObjectKey.pack(pack))
        world.refs.delete(pack)
      }
    }
    for (const [harm, to] of Object.entries(harms)) {
      it.effect(`is read from the second, and third, the first being ${harm}`, () => {
        const world = new World(plain)
        const [shared, ...others] = large(4, 9)
        const old = world.pack(1, [shared!])
        const places = others.map((other, n) => world.pack(2 + n, [shared!, other]))
        world.replace(old, places)
        return Effect.gen(function*() {
          for (const place of places.slice(0, 2)) {
            to(world, place)
            const reader = yield* opened(world)
            equal(yield* reader.read(old, shared!.hash), shared!.bytes)
            equal(yield* reader.read(old, shared!.hash), shared!.bytes)
          }
          to(world, places[2]!)
          const reader = yield* opened(world)
          const error = yield* Effect.flip(reader.read(old, shared!.hash))
          assert.strictEqual(error._tag, harm.startsWith("gone") ? "BlockMissing" : "RepositoryCorrupt")
          assert.include(error.message, harm.startsWith("gone") ? old : places[0]!)
          assert.isBelow(world.gets.length, 40)
        })
      })
    }

    it.effect("is the first one's damage, if the second does not have it", () => {
      const world = new World(plain)
      const [one, two] = large(2, 10)
      const old = world.pack(1, [one!, two!])
      const places = [world.pack(2, [one!]), world.pack(3, [two!])]
      world.replace(old, places)
      flip(world, places[0]!, 1000)
      return Effect.gen(function*() {
        const reader = yield* BlockReader
        const error = yield* Effect.flip(reader.read(old, one!.hash))
        assert.strictEqual(error._tag, "RepositoryCorrupt")
        assert.include(error.message, places[0]!)
        equal(yield* reader.read(old, two!.hash), two!.bytes)
      }).pipe(Effect.provide(world.layer))
    })
  })
})
