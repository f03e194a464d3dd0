import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as State from "../../src/domain/repository/State.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Copying from "../harness/Copying.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as World from "../harness/FsckWorld.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

type Objects = Copying.Objects
const { copy, seeded, text } = Copying

/** The head that a host finds there. */
const headOf = (objects: Objects) =>
  Effect.flatMap(Repository, ({ head }) => head).pipe(
    Effect.provide(SeedRepository.opened(Layer.succeed(ObjectStore, ObjectStoreMemory.make(objects)))),
    Effect.scoped
  )

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

  /** A whole copy, and a source that went on from it over another base, merges and collections. */
  const outrun = Effect.fnUntraced(function*(more: Effect.Effect<unknown, unknown, World.All>) {
    const objects = yield* World.objectsOf("young", "plain")
    yield* World.on(objects, "plain", World.flush)
    const to: Objects = new Map()
    yield* copy(ObjectStoreMemory.make(objects), ObjectStoreMemory.make(to))
    yield* World.on(objects, "plain", more)
    const last = (keys: Objects) => [...keys.keys()].filter((key) => key.startsWith("base/")).toSorted().at(-1)!
    assert.isTrue(last(objects) > last(to))
    return { objects, to }
  })

  /** It opens for those who forgive nothing, and a full check finds nothing. */
  const sound = Effect.fnUntraced(function*(to: Objects, label: string) {
    const { position } = yield* World.strictly(to, "plain")
    const report = yield* World.on(new Map(to), "plain", World.check())
    assert.deepStrictEqual(World.complaints(report), [], label)
    return position
  })

  const further = Effect.gen(function*() {
    yield* World.write("a", { new: World.noise(2, 77), "x/two": World.text(9000, 78) }, { segment: true })
    yield* World.flush
    yield* World.merge("a")
    yield* World.write("b", { more: World.noise(1, 79) })
    yield* World.flush
    yield* World.write("b", { last: World.noise(1, 80) })
  })

  it.live("that was whole stays good at every put of a refresh that dies", () =>
    Effect.gen(function*() {
      const { objects, to } = yield* outrun(further)
      const heads = new Set<number>()
      for (let cut = 0;; cut++) {
        for (const fault of ["crash before", "crash after"] as const) {
          const mine = new Map(to)
          let puts = 0
          const label = `${fault} put ${cut}`
          const dying = FaultyStore.make(ObjectStoreMemory.make(mine), {
            decide: ({ key, operation }) =>
              operation === "put" && !key.startsWith("tmp/") && puts++ === cut ? fault : undefined
          })
          const exit = yield* Effect.exit(copy(ObjectStoreMemory.make(objects), dying.store))
          heads.add(yield* sound(mine, label))
          yield* copy(ObjectStoreMemory.make(objects), ObjectStoreMemory.make(mine))
          assert.strictEqual(yield* sound(mine, `${label}, then`), (yield* headOf(objects)).position)
          if (Exit.isFailure(exit)) continue
          assert.isAbove(cut, 10)
          assert.isAbove(heads.size, 4)
          return
        }
      }
    }), 120_000)

  it.live("shows no commit whose objects went away while they were copied", () =>
    Effect.gen(function*() {
      const { objects, to } = yield* outrun(further)
      const { folders } = yield* headOf(objects)
      const old = folders.get("b")!.segments
      const source = ObjectStoreMemory.make(objects)
      // After the listing, and before any object is read: the folder's segments are merged into another, and collected.
      const collected = yield* Effect.cached(
        Effect.orDie(World.on(objects, "plain", Effect.andThen(World.merge("b"), World.collect(old))))
      )
      const busy = ObjectStore.of({
        ...source,
        get: (key, range) =>
          Effect.andThen(/^(pack|segment)\//.test(key) ? collected : Effect.void, source.get(key, range))
      })
      let bases = 0
      const dying = FaultyStore.make(ObjectStoreMemory.make(to), {
        decide: ({ key, operation }) =>
          operation === "put" && key.startsWith("base/") && bases++ === 0 ? "crash after" : undefined
      })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(copy(busy, dying.store))))
      assert.isFalse(old.every((id) => to.has(ObjectKey.segment(id))))
      assert.strictEqual(yield* sound(to, "cut off"), (yield* headOf(objects)).position)
    }), 120_000)

  it.live("skips what was trimmed at the source while it was refreshed", () =>
    Effect.gen(function*() {
      const { objects, to } = yield* outrun(further)
      const { position } = yield* World.strictly(to, "plain")
      const bases = [...objects.keys()].filter((key) => key.startsWith("base/")).toSorted()
      const bound = Number(bases.at(-2)!.slice("base/".length))
      assert.isAbove(bound, position)
      for (let cut = 0;; cut++) {
        const mine = new Map(to)
        const from = new Map(objects)
        let trimmed = false
        let puts = 0
        const busy = ObjectStore.of({
          ...ObjectStoreMemory.make(from),
          get: (key, range) =>
            Effect.suspend(() => {
              if (!trimmed && key === ObjectKey.log(position + 1)) {
                trimmed = true
                for (let at = 1; at <= bound; at++) from.delete(ObjectKey.log(at))
              }
              return ObjectStoreMemory.make(from).get(key, range)
            })
        })
        const dying = FaultyStore.make(ObjectStoreMemory.make(mine), {
          decide: ({ key, operation }) =>
            operation === "put" && !key.startsWith("tmp/") && puts++ === cut ? "crash before" : undefined
        })
        const exit = yield* Effect.exit(copy(busy, dying.store))
        const head = yield* World.strictly(mine, "plain")
        for (const id of State.referencedSegments(head)) assert.isTrue(mine.has(ObjectKey.segment(id)), `${cut}`)
        if (Exit.isFailure(exit)) continue
        assert.isTrue(trimmed)
        assert.strictEqual(head.position, (yield* headOf(objects)).position)
        return
      }
    }), 120_000)

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
