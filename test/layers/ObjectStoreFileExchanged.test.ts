/** A store in a directory in whose place another one appears while it is used. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"
import { extended, imageAt } from "../harness/Disks.ts"
import * as FileStore from "../harness/FileStore.ts"
import * as Process from "../harness/Process.ts"

const temporary = Process.tempDirectory("exchanged")

const keysOf = (store: ObjectStore["Service"]) => Stream.runCollect(store.list(""))

const opened = (path: string) =>
  Effect.map(Layer.build(FileStore.layer(path)), (context) => Context.get(context, ObjectStore))

const body = [Uint8Array.of(1, 2, 3)]

/** A repository as the store sees it: a marker, and a log that goes so far. */
const repository = (store: ObjectStore["Service"], marker: number, log: number) =>
  Effect.gen(function*() {
    yield* store.put(ObjectKey.marker, [Uint8Array.of(marker)])
    for (let at = 1; at <= log; at++) yield* store.put(ObjectKey.log(at), [Uint8Array.of(marker, at)])
  })

/** Nothing is put, removed or said to be missing. */
const refusesAll = Effect.fnUntraced(function*(store: ObjectStore["Service"], path: string, words: string) {
  const before = Fs.readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted()
  for (
    const operation of [
      store.put(ObjectKey.log(3), body),
      store.get(ObjectKey.log(9)),
      keysOf(store),
      store.remove([ObjectKey.log(9)]),
      store.now
    ] as ReadonlyArray<Effect.Effect<unknown, StoreError>>
  ) {
    const error = yield* Effect.flip(operation)
    assert.strictEqual(error._tag, "StoreUnavailable")
    assert.include(error.message, words)
  }
  assert.deepStrictEqual(Fs.readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted(), before)
})

describe("ObjectStoreFile", () => {
  it.live("another repository, or an older copy, in the place of the one that was known is not put to", () =>
    Effect.gen(function*() {
      const base = yield* temporary
      const path = Path.join(base, "store")
      const at = (name: string) => Path.join(base, name)
      const copy = (name: string) => Fs.cpSync(path, at(name), { recursive: true })
      const exchange = (name: string) => {
        Fs.renameSync(path, at("away"))
        Fs.renameSync(at(name), path)
      }
      const back = () => {
        Fs.rmSync(path, { recursive: true })
        Fs.renameSync(at("away"), path)
      }
      const writer = yield* opened(path)
      yield* repository(writer, 1, 1)
      copy("older")
      copy("forked")
      Fs.writeFileSync(Path.join(at("forked"), ObjectKey.log(2)), "theirs")
      yield* writer.put(ObjectKey.log(2), [Uint8Array.of(1, 2)])
      copy("trimmed")
      Fs.renameSync(Path.join(at("trimmed"), ObjectKey.log(2)), Path.join(at("trimmed"), ObjectKey.log(4)))
      copy("same")
      copy("unmarked")
      Fs.rmSync(Path.join(at("unmarked"), "repository"))
      yield* repository(yield* opened(at("other")), 2, 2)
      const reader = yield* opened(path)
      yield* reader.get(ObjectKey.marker)
      yield* reader.get(ObjectKey.log(1))
      yield* reader.get(ObjectKey.log(2))
      for (
        const [name, words] of [
          ["other", "another repository"],
          ["unmarked", "the repository is gone"],
          ["older", "an older copy of the repository"],
          ["forked", "another copy of the repository"]
        ] as const
      ) {
        exchange(name)
        for (const store of [writer, reader]) {
          yield* refusesAll(store, path, words)
          // Nor is it known from then on because something was read in it.
          if (name === "other") {
            Fs.writeFileSync(Path.join(path, ObjectKey.log(5)), "theirs")
            assert.strictEqual((yield* Effect.flip(store.get(ObjectKey.log(5))))._tag, "StoreUnavailable")
            Fs.rmSync(Path.join(path, ObjectKey.log(5)))
          }
        }
        back()
        assert.strictEqual((yield* Effect.flip(reader.get(ObjectKey.log(9))))._tag, "ObjectNotFound", name)
      }
      // The same one again, and one that others went on with meanwhile, trimming what was known.
      exchange("same")
      assert.strictEqual(yield* writer.put(ObjectKey.log(3), body), "Created")
      back()
      exchange("trimmed")
      for (const store of [writer, reader]) assert.isAbove(yield* store.now, 0)
    }))

  it.live("a repository that appears where there was none is another one", () =>
    Effect.gen(function*() {
      const path = Path.join(yield* temporary, "store")
      const store = yield* opened(path)
      yield* store.put("key/1", body)
      Fs.renameSync(path, `${path}-away`)
      yield* repository(yield* opened(path), 2, 2)
      yield* refusesAll(store, path, "a repository is there that was not")
    }))

  it.live.skipIf(process.getuid?.() !== 0)(
    "another disk at the same path is another one, though the system numbers both alike",
    () =>
      Effect.gen(function*() {
        const path = yield* temporary
        const other = yield* temporary
        yield* extended(path)
        const numbers = Fs.statSync(path)
        const store = yield* opened(path)
        yield* repository(store, 1, 2)
        execFileSync("umount", [path])
        // The time at which a file system was made has whole seconds.
        yield* Effect.sleep("1 second")
        const image = yield* Effect.acquireRelease(
          Effect.sync(() => imageAt(other)),
          (image) => Effect.sync(() => Fs.rmSync(image))
        )
        execFileSync("mount", ["-o", "loop", image, path])
        const { dev, ino } = Fs.statSync(path)
        assert.deepStrictEqual([dev, ino], [numbers.dev, numbers.ino])
        yield* repository(yield* opened(path), 2, 2)
        yield* refusesAll(store, path, "another repository")
      })
  )
})
