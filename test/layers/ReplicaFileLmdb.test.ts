/** The directory of the replica's file: what older programs left in it goes, and nothing else. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import * as Lmdb from "lmdb"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Keys from "../../src/domain/replica/Keys.ts"
import * as Place from "../../src/domain/replica/Place.ts"
import { ReplicaFile } from "../../src/services/ReplicaFile.ts"
import * as ReplicaPlace from "../harness/ReplicaPlace.ts"

/** A cache as an older program left it, or is using it. */
const older = (path: string) => {
  const root = Lmdb.open<string, string>({ path, maxDbs: 16 })
  return { root, put: (value: string) => root.put("key", value), get: () => root.get("key") }
}

const opened = (directory: string) =>
  Effect.flatMap(ReplicaFile, ({ transact }) => transact(({ state }) => state.put(Keys.stamp, Uint8Array.of(1)))).pipe(
    Effect.provide(ReplicaPlace.fileAt(directory))
  )

const put = (directory: string, name: string, ...files: ReadonlyArray<string>) => {
  Fs.mkdirSync(Path.join(directory, name))
  for (const file of files) Fs.writeFileSync(Path.join(directory, name, file), "bytes")
}

describe("ReplicaFileLmdb", () => {
  it.live("removes the cache of an older format, under a process that goes on with it", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const path = Path.join(directory, "replica-1")
      const process = older(path)
      yield* Effect.addFinalizer(() => Effect.promise(() => process.root.close()))
      yield* Effect.promise(() => process.put("before"))
      yield* opened(directory)
      assert.deepStrictEqual(Fs.readdirSync(directory), [Place.directory])
      assert.strictEqual(process.get(), "before")
      yield* Effect.promise(() => process.put("after".repeat(100_000)))
      assert.strictEqual(process.get(), "after".repeat(100_000))
      // The next of its kind begins anew, and the two do not meet.
      const next = older(path)
      yield* Effect.addFinalizer(() => Effect.promise(() => next.root.close()))
      assert.isUndefined(next.get())
      yield* Effect.promise(() => next.put("its own"))
      assert.strictEqual(process.get(), "after".repeat(100_000))
    }))

  it.live("finishes a removal that was cut short", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      put(directory, "replica-1.gone", "lock.mdb")
      put(directory, "replica-1", "data.mdb", "lock.mdb")
      yield* opened(directory)
      assert.deepStrictEqual(Fs.readdirSync(directory), [Place.directory])
    }))

  it.live("leaves alone what is another's, or a newer program's", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const elsewhere = yield* ReplicaPlace.directory
      put(elsewhere, "cache", "data.mdb", "lock.mdb")
      put(directory, "replica-99", "data.mdb", "lock.mdb")
      put(directory, "replica-1", "data.mdb", "notes")
      Fs.writeFileSync(Path.join(directory, "replica-1.gone"), "")
      put(directory, "witness", "data.mdb")
      yield* opened(directory)
      assert.sameMembers(Fs.readdirSync(directory), [
        Place.directory,
        "replica-1",
        "replica-1.gone",
        "replica-99",
        "witness"
      ])
      assert.sameMembers(Fs.readdirSync(Path.join(directory, "replica-1")), ["data.mdb", "notes"])
      Fs.rmSync(Path.join(directory, "replica-1"), { recursive: true })
      Fs.symlinkSync(Path.join(elsewhere, "cache"), Path.join(directory, "replica-1"))
      yield* opened(directory)
      assert.isTrue(Fs.lstatSync(Path.join(directory, "replica-1")).isSymbolicLink())
      assert.sameMembers(Fs.readdirSync(Path.join(elsewhere, "cache")), ["data.mdb", "lock.mdb"])
    }))

  it.live("opens all the same if it cannot be removed, and says so", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      put(directory, "replica-1", "data.mdb", "lock.mdb")
      Fs.writeFileSync(Path.join(directory, "replica-1.gone"), "in its way")
      const said: Array<string> = []
      const logger = Logger.make(({ message }) => void said.push(String(message)))
      yield* opened(directory).pipe(Effect.provide(Logger.layer([logger])))
      assert.isTrue(said.some((line) => line.includes("cannot be removed")), said.join())
      assert.sameMembers(Fs.readdirSync(Path.join(directory, "replica-1")), ["data.mdb", "lock.mdb"])
    }))

  it.live("keeps it while its own cannot be opened", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      put(directory, "replica-1", "data.mdb", "lock.mdb")
      put(directory, Place.directory, "data.mdb")
      const error = yield* Effect.flip(opened(directory))
      assert.strictEqual(error._tag, "ReplicaUnusable")
      assert.sameMembers(Fs.readdirSync(Path.join(directory, "replica-1")), ["data.mdb", "lock.mdb"])
    }))
})
