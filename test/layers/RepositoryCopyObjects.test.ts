import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as RepositoryCopyObjects from "../../src/layers/RepositoryCopyObjects.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { RepositoryCopy } from "../../src/services/RepositoryCopy.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Process from "../harness/Process.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import * as Tree from "../harness/Tree.ts"

type Objects = Map<string, Uint8Array>

/** A repository of a small tree with a few packs, and a way to commit more. */
const seeded = Effect.fnUntraced(function*() {
  const objects: Objects = new Map()
  const directory = yield* Process.tempDirectory("copy")
  for (let at = 0; at < 12; at++) Tree.write(directory, `d/${at}.bin`, Tree.bytes(200_000, at))
  const context = yield* Layer.build(SeedRepository.inMemory(objects, { packSize: 512 * 1024 }))
  const seeder = yield* Effect.provideContext(SeedRepository.make, context)
  const commit = seeder.commit({ id: "photos", label: "Photos" }, directory)
  yield* commit
  return {
    objects,
    change: (name: string) =>
      Effect.andThen(Effect.sync(() => Tree.write(directory, name, Tree.bytes(150_000, name.length + 100))), commit)
  }
})

const copy = (from: ObjectStore["Service"], to: ObjectStore["Service"], verify = true) =>
  Effect.gen(function*() {
    const { copyTo } = yield* RepositoryCopy
    return Option.getOrThrow(yield* Stream.runLast(copyTo(to, { verify })))
  }).pipe(
    Effect.provide(RepositoryCopyObjects.layer.pipe(
      Layer.provide(LogObjectsSealed.layer),
      Layer.provide(Layer.succeed(ObjectStore, from))
    )),
    Effect.scoped
  )

/** The head that a host finds there. */
const headOf = (objects: Objects) =>
  Effect.flatMap(Repository, ({ head }) => head).pipe(
    Effect.provide(SeedRepository.opened(Layer.succeed(ObjectStore, ObjectStoreMemory.make(objects)))),
    Effect.scoped
  )

const text = (objects: Objects) =>
  [...objects].filter(([key]) => !key.startsWith("tmp/")).map(([key, bytes]) =>
    `${key} ${Buffer.from(bytes).toString("base64")}`
  ).toSorted()

describe("a copy of a repository", () => {
  it.live("is the same objects, and the same head", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      objects.set("notes.txt", Uint8Array.of(1))
      const to: Objects = new Map()
      const done = yield* copy(ObjectStoreMemory.make(objects), ObjectStoreMemory.make(to))
      objects.delete("notes.txt")
      assert.deepStrictEqual(text(to), text(objects))
      assert.deepStrictEqual(done.strange, ["notes.txt"])
      assert.strictEqual(done.copiedObjects, objects.size)
      assert.strictEqual(done.objects, objects.size)
      const head = yield* headOf(objects)
      assert.strictEqual(done.position, head.position)
      assert.deepStrictEqual((yield* headOf(to)).digest, head.digest)
      assert.isUndefined([...to.keys()].find((key) => key.startsWith("tmp/")))
    }).pipe(Effect.scoped))

  it.live(
    "that was cut off anywhere is no repository, and is gone on with; nothing is copied twice",
    () =>
      Effect.gen(function*() {
        const { objects } = yield* seeded()
        for (let cut = 0; cut < 200; cut++) {
          const to: Objects = new Map()
          let puts = 0
          const dying = FaultyStore.make(ObjectStoreMemory.make(to), {
            decide: ({ index }) => index === cut ? (cut % 2 === 0 ? "crash before" : "crash after") : undefined
          })
          const exit = yield* Effect.exit(copy(ObjectStoreMemory.make(objects), dying.store))
          const whole = to.has(ObjectKey.marker)
          if (Exit.isSuccess(exit)) {
            assert.isAbove(cut, 10)
            return
          }
          // With the marker everything is there already.
          if (whole) assert.deepStrictEqual(text(to), text(objects))
          const before = [...to.keys()].filter((key) => !key.startsWith("tmp/")).length
          const counting = FaultyStore.make(ObjectStoreMemory.make(to), {
            decide: ({ key, operation }) => {
              if (operation === "put" && !key.startsWith("tmp/") && key !== ObjectKey.marker) puts++
              return undefined
            }
          })
          yield* copy(ObjectStoreMemory.make(objects), counting.store)
          assert.deepStrictEqual(text(to), text(objects))
          assert.strictEqual(puts, objects.size - (whole ? before : before + 1), `cut at ${cut}`)
        }
        assert.fail("no copy came to its end")
      }).pipe(Effect.scoped),
    60_000
  )

  it.live("follows commits that are made meanwhile, and can be brought up to date", () =>
    Effect.gen(function*() {
      const { change, objects } = yield* seeded()
      const to: Objects = new Map()
      let changes = 0
      const source = ObjectStoreMemory.make(objects)
      // A commit between the listing and the end of each of the first rounds.
      const busy = ObjectStore.of({
        ...source,
        list: (prefix, after) =>
          Stream.concat(
            source.list(prefix, after),
            Stream.fromEffect(prefix === "" && changes < 3 ? change(`new/${changes++}.bin`) : Effect.void).pipe(
              Stream.drain
            )
          )
      })
      const done = yield* copy(busy, ObjectStoreMemory.make(to))
      assert.strictEqual(changes, 3)
      assert.deepStrictEqual(text(to), text(objects))
      assert.strictEqual(done.position, (yield* headOf(objects)).position)
      yield* change("later.bin")
      const again = yield* copy(source, ObjectStoreMemory.make(to))
      assert.isBelow(again.copiedObjects, 5)
      assert.deepStrictEqual((yield* headOf(to)).digest, (yield* headOf(objects)).digest)
    }).pipe(Effect.scoped))

  it.live("refuses a place that holds something else, and a copy that went on by itself", () =>
    Effect.gen(function*() {
      const { change, objects } = yield* seeded()
      const source = ObjectStoreMemory.make(objects)
      const other: Objects = new Map([["photo.jpg", Uint8Array.of(1, 2)]])
      const refused = yield* Effect.flip(copy(source, ObjectStoreMemory.make(other)))
      assert.strictEqual(refused._tag, "LocationNotEmpty")
      assert.strictEqual(other.size, 1)
      // Another repository has another marker and other names.
      const stranger = yield* seeded()
      const foreign = yield* Effect.flip(copy(source, ObjectStoreMemory.make(stranger.objects)))
      assert.strictEqual(foreign._tag, "LocationNotEmpty")

      // Nor one that has just been made, though its few objects have the same names and often the same sizes.
      for (let fresh = 0; fresh < 12; fresh++) {
        const made: Objects = new Map()
        yield* Effect.scoped(Layer.build(SeedRepository.inMemory(made)))
        const before = text(made)
        assert.strictEqual((yield* Effect.flip(copy(source, ObjectStoreMemory.make(made))))._tag, "LocationNotEmpty")
        made.delete(ObjectKey.marker)
        yield* Effect.flip(copy(source, ObjectStoreMemory.make(made)))
        assert.deepStrictEqual(text(made), before.filter((line) => !line.startsWith(`${ObjectKey.marker} `)))
      }

      const to: Objects = new Map(objects)
      yield* change("only at the source.bin")
      yield* copy(ObjectStoreMemory.make(to), ObjectStoreMemory.make(new Map(to)))
      const ahead = yield* Effect.flip(copy(ObjectStoreMemory.make(to), source))
      assert.strictEqual(ahead._tag, "CopyDiverged")
    }).pipe(Effect.scoped))

  it.live("refuses a whole copy that the log no longer reaches back to, and says so", () =>
    Effect.gen(function*() {
      const { change, objects } = yield* seeded()
      const to: Objects = new Map()
      const { position } = yield* copy(ObjectStoreMemory.make(objects), ObjectStoreMemory.make(to))
      for (const name of ["x", "y", "z"]) yield* change(name)
      // As trimming leaves it.
      for (let at = 1; at <= (position ?? 0) + 1; at++) objects.delete(ObjectKey.log(at))
      const before = text(to)
      const refused = yield* Effect.flip(copy(ObjectStoreMemory.make(objects), ObjectStoreMemory.make(to)))
      assert.strictEqual(refused._tag, "CopyDiverged")
      assert.include(refused.message, "was trimmed meanwhile")
      assert.deepStrictEqual(text(to), before)
    }).pipe(Effect.scoped))

  it.live("reads back what it wrote", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      const to: Objects = new Map()
      const store = ObjectStoreMemory.make(to)
      const rotten = ObjectStore.of({
        ...store,
        put: (key, body) =>
          store.put(key, key.startsWith("pack/") ? [...body.slice(0, -1), Uint8Array.from(body.at(-1)!).fill(0)] : body)
      })
      const error = yield* Effect.flip(copy(ObjectStoreMemory.make(objects), rotten))
      assert.strictEqual(error._tag, "CopyDamaged")
      assert.isFalse(to.has(ObjectKey.marker))
      to.clear()
      yield* copy(ObjectStoreMemory.make(objects), rotten, false)
      assert.isTrue(to.has(ObjectKey.marker))
    }).pipe(Effect.scoped))
})
