import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Result } from "effect"
import type { SecureRandom } from "effect/crypto/SecureRandom"
import * as TestClock from "effect/testing/TestClock"
import { createHash } from "node:crypto"
import type { Sealing } from "../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Pack from "../../src/domain/repository/Pack.ts"
import type { State } from "../../src/domain/repository/State.ts"
import * as BlockStorePacks from "../../src/layers/BlockStorePacks.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { BlockStore, type SealedPack } from "../../src/services/BlockStore.ts"
import { fenceOf, Lease } from "../../src/services/Lease.ts"
import {
  ObjectStore,
  type StoreError,
  StoreFull,
  StoreRefused,
  StoreUnavailable
} from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { Settings } from "../../src/services/Settings.ts"
import { randomLayer } from "../harness/Hosts.ts"
import * as Leases from "../harness/Leases.ts"
import * as Tree from "../harness/Tree.ts"

const sealing: Sealing = { suite: "plain", repository: "00112233445566778899aabbccddeeff" }

class World {
  readonly objects = new Map<string, Uint8Array>()
  readonly puts: Array<string> = []
  epoch = 3
  active = 0
  mostActive = 0
  /** Waited for by each PUT before it is carried out. */
  gate: (key: string) => Effect.Effect<void, StoreError> = () => Effect.void
  /** After it was carried out. */
  reply: (key: string) => Effect.Effect<void, StoreError> = () => Effect.void
  /** Whether it is told, without a look, that the name is taken. */
  taken: () => boolean = () => false
  random: Layer.Layer<SecureRandom> = NodeCrypto.layer
  readonly packSize: number

  constructor(packSize = 1024 * 1024) {
    this.packSize = packSize
  }

  get layer(): Layer.Layer<BlockStore> {
    const below = ObjectStoreMemory.make(this.objects)
    const store = ObjectStore.of({
      ...below,
      put: (key, body) =>
        Effect.gen({ self: this }, function*() {
          this.puts.push(`${key} ${createHash("sha256").update(Buffer.concat(body)).digest("hex")}`)
          this.mostActive = Math.max(this.mostActive, ++this.active)
          yield* this.gate(key)
          const outcome = this.taken() ? "Exists" : yield* below.put(key, body)
          yield* this.reply(key)
          return outcome
        }).pipe(Effect.ensuring(Effect.sync(() => this.active--)))
    })
    return BlockStorePacks.layer.pipe(Layer.provide([
      Layer.succeed(ObjectStore, store),
      Layer.mock(Repository, {
        id: sealing.repository,
        sealing,
        head: Effect.sync(() => ({ epoch: this.epoch }) as State)
      }),
      Layer.succeed(Lease, Leases.answering(Effect.sync(() => fenceOf(this.epoch)))),
      Layer.succeed(Settings, { packSize: this.packSize } as Settings["Service"]),
      this.random
    ]))
  }
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest()
const blockOf = (n: number, size = 131_072) => {
  const bytes = Tree.bytes(size, n)
  return { hash: hashOf(bytes), bytes }
}

/** Every block of the packs, proved. */
const hashesIn = (world: World, packs: ReadonlyArray<SealedPack>): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const { contents, ref } of packs) {
    const object = world.objects.get(ObjectKey.pack(ref.id))
    assert.isDefined(object)
    const trailer = Result.getOrThrow(Pack.readAll(sealing, ref.id, object))
    assert.deepStrictEqual(trailer.ref, ref)
    assert.deepStrictEqual(Buffer.from(trailer.hashes), Buffer.from(contents.hashes))
    for (let i = 0; i < ref.blocks; i++) {
      found.add(Buffer.from(contents.hashes.subarray(i * 32, i * 32 + 32)).toString("hex"))
    }
  }
  return found
}

const unavailable = new StoreUnavailable({ operation: "put", key: "", reason: "down" })

describe("BlockStorePacks", () => {
  it.effect("what was added is in the packs that seal returns, where find said", () => {
    const world = new World()
    return Effect.gen(function*() {
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      assert.strictEqual(builder.term, 3)
      const where = new Map<string, string>()
      let payload = 0
      for (let n = 0; n < 60; n++) {
        const { bytes, hash } = blockOf(n, n % 3 === 0 ? 131_072 : 1 + n * 97)
        yield* builder.awaitRoom(bytes.length)
        assert.isAtLeast(builder.room(), bytes.length)
        const pack = builder.add(hash, bytes)
        payload += bytes.length
        assert.strictEqual(builder.find(hash), pack)
        where.set(hash.toString("hex"), pack)
      }
      assert.strictEqual(builder.pending(), payload)
      const packs = yield* builder.seal
      assert.isAbove(packs.length, 2)
      assert.strictEqual(builder.pending(), 0)
      assert.deepStrictEqual(hashesIn(world, packs), new Set(where.keys()))
      for (const [hash, pack] of where) assert.include(packs.map(({ ref }) => ref.id), pack, hash)
      for (const { ref } of packs) assert.strictEqual(ObjectKey.parseId(ref.id)?.term, 3)
      assert.deepStrictEqual(yield* builder.seal, [])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("names are never drawn twice, by one builder or two", () => {
    const world = new World()
    return Effect.gen(function*() {
      const store = yield* BlockStore
      const ids: Array<string> = []
      for (let b = 0; b < 3; b++) {
        const builder = yield* store.builder
        for (let n = 0; n < 4; n++) {
          const { bytes, hash } = blockOf(n, 100)
          builder.add(hash, bytes)
          for (const { ref } of yield* builder.seal) ids.push(ref.id)
        }
      }
      assert.strictEqual(new Set(ids).size, 12)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("at most two uploads at a time, and room runs out at three packs", () => {
    const world = new World(4 * 1024 * 1024)
    return Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      world.gate = () => Deferred.await(gate)
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      let added = 0
      while (builder.room() >= 131_072 && added < 1000) {
        const { bytes, hash } = blockOf(added++)
        builder.add(hash, bytes)
      }
      assert.strictEqual(added, 3 * 32)
      const waiting = yield* Effect.forkChild(builder.awaitRoom(131_072))
      for (let i = 0; i < 10; i++) yield* Effect.yieldNow
      assert.isUndefined(waiting.pollUnsafe())
      assert.strictEqual(world.active, 2)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(waiting)
      assert.isAtLeast(builder.room(), 131_072)
      assert.strictEqual((yield* builder.seal).length, 3)
      assert.strictEqual(world.mostActive, 2)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a block of 16 MiB fits a lone builder, however small its packs", () => {
    const world = new World(64 * 1024)
    return Effect.gen(function*() {
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      const { bytes, hash } = blockOf(1, 16 * 1024 * 1024)
      yield* builder.awaitRoom(bytes.length)
      assert.isAtLeast(builder.room(), bytes.length)
      builder.add(hash, bytes)
      const packs = yield* builder.seal
      assert.isTrue(hashesIn(world, packs).has(hash.toString("hex")))
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("seal does not wait for packs closed after it was called", () => {
    const world = new World()
    return Effect.gen(function*() {
      const gates = new Map<string, Deferred.Deferred<void>>()
      const gateOf = (key: string) => {
        const gate = gates.get(key) ?? Deferred.makeUnsafe<void>()
        gates.set(key, gate)
        return gate
      }
      world.gate = (key) => Deferred.await(gateOf(key))
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      const first = builder.add(blockOf(1).hash, blockOf(1).bytes)
      const sealing = yield* Effect.forkChild(builder.seal, { startImmediately: true })
      let last = ""
      for (let n = 2; n < 12; n++) last = builder.add(blockOf(n).hash, blockOf(n).bytes)
      assert.notStrictEqual(last, first)
      yield* Deferred.succeed(gateOf(ObjectKey.pack(first)), undefined)
      assert.deepStrictEqual((yield* Fiber.join(sealing)).map(({ ref }) => ref.id), [first])
      assert.deepStrictEqual(yield* builder.take, [])
      assert.isAbove(builder.pending(), 0)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("an outage is waited out with the same bytes, and Exists after a lost reply is success", () => {
    const world = new World()
    let tries = 0
    world.gate = () =>
      Effect.suspend(() => ++tries <= 12 ? Effect.fail(tries % 2 === 0 ? unavailable : full) : Effect.void)
    let lost = false
    world.reply = () =>
      Effect.suspend(() => {
        if (lost) return Effect.void
        lost = true
        return Effect.fail(unavailable)
      })
    return Effect.gen(function*() {
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      const { bytes, hash } = blockOf(1)
      builder.add(hash, bytes)
      const sealing = yield* Effect.forkChild(builder.seal)
      yield* TestClock.adjust("10 seconds")
      assert.isUndefined(sealing.pollUnsafe())
      yield* TestClock.adjust("5 minutes")
      const packs = yield* Fiber.join(sealing)
      assert.isTrue(hashesIn(world, packs).has(hash.toString("hex")))
      assert.strictEqual(world.puts.length, 14)
      assert.strictEqual(new Set(world.puts).size, 1)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a pack whose name another one has is not stored: the builder fails, and the next one draws another", () => {
    // The machine was set back to a snapshot, and draws the same name for other blocks.
    const before = new World()
    before.random = randomLayer(1)
    const world = new World()
    world.random = randomLayer(1)
    const packed = (world: World, n: number) =>
      Effect.gen(function*() {
        const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
        const { bytes, hash } = blockOf(n)
        builder.add(hash, bytes)
        const packs = yield* builder.seal
        assert.isTrue(hashesIn(world, packs).has(hash.toString("hex")))
        return packs
      })
    return Effect.gen(function*() {
      yield* Effect.provide(packed(before, 1), before.layer)
      for (const [key, bytes] of before.objects) world.objects.set(key, bytes)
      const kept = new Map(world.objects)
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip(packed(world, 2))
        assert.strictEqual(error._tag, "StoreRefused")
        assert.match(error.message, /another object has this name.*snapshot/)
        assert.deepStrictEqual(world.objects, kept)
        assert.strictEqual((yield* packed(world, 2)).length, 1)
      }).pipe(Effect.provide(world.layer))
    })
  })

  it.effect("a pack that is said to exist, and is not there, is put again", () => {
    const world = new World()
    let told = 2
    world.taken = () => told-- > 0
    return Effect.gen(function*() {
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      const { bytes, hash } = blockOf(1)
      builder.add(hash, bytes)
      const sealing = yield* Effect.forkChild(builder.seal, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.isTrue(hashesIn(world, yield* Fiber.join(sealing)).has(hash.toString("hex")))
      assert.strictEqual(world.puts.length, 3)
      assert.strictEqual(new Set(world.puts).size, 1)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a refusal fails the builder and everyone who waits, and no other", () => {
    const world = new World()
    const refused = new StoreRefused({ operation: "put", location: "x", reason: "read-only", mend: "remount it" })
    world.gate = () => Effect.fail(refused)
    return Effect.gen(function*() {
      const store = yield* BlockStore
      const builder = yield* store.builder
      builder.add(blockOf(1).hash, blockOf(1).bytes)
      assert.strictEqual(yield* Effect.flip(builder.seal), refused)
      assert.strictEqual(yield* Effect.flip(builder.awaitRoom(1)), refused)
      assert.strictEqual(yield* Effect.flip(builder.seal), refused)
      world.gate = () => Effect.void
      const other = yield* store.builder
      other.add(blockOf(1).hash, blockOf(1).bytes)
      assert.strictEqual((yield* other.seal).length, 1)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("packs of a term that is over are not tried for ever", () => {
    const world = new World()
    world.gate = () => Effect.fail(unavailable)
    return Effect.gen(function*() {
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      builder.add(blockOf(1).hash, blockOf(1).bytes)
      const sealing = yield* Effect.forkChild(builder.seal)
      yield* TestClock.adjust("1 minute")
      world.epoch = 4
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(sealing), [])
      const tries = world.puts.length
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(world.puts.length, tries)
      assert.strictEqual((yield* Effect.flatMap(BlockStore, (store) => store.builder)).term, 4)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("forget drops what find knows of a pack, and only that", () => {
    const world = new World()
    return Effect.gen(function*() {
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      const one = builder.add(blockOf(1).hash, blockOf(1).bytes)
      yield* builder.seal
      const two = builder.add(blockOf(2).hash, blockOf(2).bytes)
      builder.add(blockOf(1).hash, blockOf(1).bytes)
      builder.forget([one])
      assert.strictEqual(builder.find(blockOf(1).hash), two)
      assert.strictEqual(builder.find(blockOf(2).hash), two)
      builder.forget([two])
      assert.isUndefined(builder.find(blockOf(1).hash))
      assert.isUndefined(builder.find(blockOf(2).hash))
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("drain waits for what is on its way and leaves the open pack open", () => {
    const world = new World()
    return Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      world.gate = () => Deferred.await(gate)
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      for (let n = 0; n < 12; n++) builder.add(blockOf(n).hash, blockOf(n).bytes)
      const draining = yield* Effect.forkChild(builder.drain)
      for (let i = 0; i < 10; i++) yield* Effect.yieldNow
      assert.isUndefined(draining.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual((yield* Fiber.join(draining)).map(({ ref }) => ref.blocks), [8])
      assert.strictEqual(builder.pending(), 4 * 131_072)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("take returns what is durable and leaves the open pack open", () => {
    const world = new World()
    return Effect.gen(function*() {
      const builder = yield* Effect.flatMap(BlockStore, (store) => store.builder)
      for (let n = 0; n < 12; n++) builder.add(blockOf(n).hash, blockOf(n).bytes)
      assert.strictEqual(builder.durable(), 0)
      for (let i = 0; i < 10; i++) yield* Effect.yieldNow
      assert.strictEqual(builder.durable(), 8 * 131_072)
      const taken = yield* builder.take
      assert.strictEqual(taken.length, 1)
      assert.strictEqual(builder.durable(), 0)
      assert.strictEqual(builder.pending(), 4 * 131_072)
      const rest = yield* builder.seal
      assert.strictEqual(rest.length, 1)
      assert.strictEqual(hashesIn(world, [...taken, ...rest]).size, 12)
    }).pipe(Effect.provide(world.layer))
  })
})

const full = new StoreFull({ key: "", location: "x" })
