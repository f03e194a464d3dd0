/** Repositories in memory, and copies of them to other stores. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert } from "@effect/vitest"
import { Effect, Exit, Layer, Stream } from "effect"
import * as Parts from "../../src/domain/Parts.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepositoryCopyObjects from "../../src/layers/RepositoryCopyObjects.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore, ObjectUnreadable } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { RepositoryCopy } from "../../src/services/RepositoryCopy.ts"
import * as FaultyStore from "./FaultyStore.ts"
import * as Process from "./Process.ts"
import * as SeedRepository from "./SeedRepository.ts"
import * as Tree from "./Tree.ts"

export type Objects = Map<string, Uint8Array>

/** A repository of a small tree with a few packs, and a way to commit more. */
export const seeded = Effect.fnUntraced(function*() {
  const objects: Objects = new Map()
  const directory = yield* Process.tempDirectory("copy")
  for (let at = 0; at < 12; at++) Tree.write(directory, `d/${at}.bin`, Tree.bytes(200_000, at))
  const context = yield* Layer.build(SeedRepository.inMemory(objects, { packSize: 512 * 1024 }))
  const seeder = yield* Effect.provideContext(SeedRepository.make, context)
  const commit = seeder.commit({ id: "photos", label: "Photos" }, directory)
  yield* commit
  return {
    objects,
    /** Writes a base of what was committed. */
    flush: Effect.provideContext(
      Effect.flatMap(
        Repository,
        (repository) => Effect.flatMap(Lease, ({ fence }) => Effect.flatMap(fence, repository.flush))
      ),
      context
    ),
    change: (name: string) =>
      Effect.andThen(Effect.sync(() => Tree.write(directory, name, Tree.bytes(150_000, name.length + 100))), commit)
  }
})

/** All that it tells on its way. */
export const steps = (from: ObjectStore["Service"], to: ObjectStore["Service"], verify = true) =>
  Effect.gen(function*() {
    const { copyTo } = yield* RepositoryCopy
    return yield* Stream.runCollect(copyTo(to, { verify }))
  }).pipe(
    Effect.provide(RepositoryCopyObjects.layer.pipe(
      Layer.provide(LogObjectsSealed.layer),
      Layer.provide(NodeCrypto.layer),
      Layer.provide(Layer.succeed(ObjectStore, from))
    )),
    Effect.scoped
  )

export const copy = (from: ObjectStore["Service"], to: ObjectStore["Service"], verify = true) =>
  Effect.map(steps(from, to, verify), (all) => all.at(-1)!)

/** What is there, but for what is unfinished. */
export const text = (objects: Objects) =>
  [...objects].filter(([key]) => !key.startsWith("tmp/")).map(([key, bytes]) =>
    `${key} ${Buffer.from(bytes).toString("base64")}`
  ).toSorted()

/** A repository, a destination in memory, and what is read there. */
export const moving = Effect.fnUntraced(function*() {
  const { change, flush, objects } = yield* seeded()
  const to: Objects = new Map()
  const packs = [...objects.keys()].filter((key) => key.startsWith("pack/"))
  const from = ObjectStoreMemory.make(objects)
  const store = ObjectStoreMemory.make(to)
  const read = new Set<string>()
  const watched = ObjectStore.of({
    ...store,
    get: (key, range) =>
      Effect.suspend(() => {
        read.add(key)
        return store.get(key, range)
      })
  })
  /** Dies at the put of the object, else of the first pack, which lands as what `spoil` makes of it. */
  const die = (spoil: (bytes: Uint8Array) => Uint8Array, victim = packs[0]!) =>
    Effect.gen(function*() {
      const dying = FaultyStore.make(spoiling(store, victim, spoil), {
        decide: ({ key, operation }) => operation === "put" && key === victim ? "crash after" : undefined
      })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(copy(from, dying.store))))
      assert.isTrue(to.has(victim))
    })
  return { change, flush, objects, from, to, store, watched, read, die, pack: packs[0]!, packs }
})

/** One bit of it is another. */
export const rotten = (bytes: Uint8Array): Uint8Array => {
  const spoiled = Uint8Array.from(bytes)
  spoiled[Math.min(1000, bytes.length - 1)]! ^= 1
  return spoiled
}

/** Puts the victim as what `spoil` makes of it. */
export const spoiling = (store: ObjectStore["Service"], victim: string, spoil: (bytes: Uint8Array) => Uint8Array) =>
  ObjectStore.of({
    ...store,
    put: (key, body) => store.put(key, key === victim ? [spoil(Parts.concatenate(body))] : body)
  })

/** A disk on which an object cannot be read. */
export const torn = (from: ObjectStore["Service"], victim: string) =>
  ObjectStore.of({
    ...from,
    get: (key, range) =>
      key === victim
        ? Effect.fail(new ObjectUnreadable({ key, location: "memory:", reason: "EIO" }))
        : from.get(key, range)
  })
