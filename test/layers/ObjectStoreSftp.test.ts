/** The store over a server without a wire: the contract, what is durable when, and answers that are lost or mean several things. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreSftp from "../../src/layers/ObjectStoreSftp.ts"
import { ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as Process from "../harness/Process.ts"
import * as SftpDouble from "../harness/SftpDouble.ts"

const { lost, status } = SftpDouble

const layerAt = (path: string, double: SftpDouble.SftpDouble) =>
  ObjectStoreSftp.layer({ host: "double", port: 22, path }).pipe(Layer.provide(double.layer))

objectStoreContract(
  "sftp double",
  Layer.unwrap(
    Effect.map(Process.tempDirectory("sftp"), (path) => layerAt(Path.join(path, "a/store"), SftpDouble.make()))
  ),
  { small: true }
)

const opened = Effect.gen(function*() {
  const directory = yield* Process.tempDirectory("sftp")
  const path = Path.join(directory, "store")
  const double = SftpDouble.make()
  const store = Context.get(yield* Layer.build(layerAt(path, double)), ObjectStore)
  return { directory, path, double, store }
})

const body = [Uint8Array.of(1, 2, 3)]
const keysOf = (store: ObjectStore["Service"], prefix = "") =>
  Stream.runCollect(Stream.map(store.list(prefix), (entry) => entry.key))
const temporaries = (path: string) => Fs.readdirSync(Path.join(path, "tmp"))

/** What goes on by itself has ended: each answer takes a turn of the event loop, and for many none was asked for. */
const quiet = Effect.fnUntraced(function*(double: SftpDouble.SftpDouble) {
  for (let turns = 0, asked = -1; turns < 20; turns++) {
    if (double.calls.length !== asked) turns = 0
    asked = double.calls.length
    yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
  }
})

describe("ObjectStoreSftp", () => {
  it.live("makes everything durable in order: the bytes, then the name, and every new directory's name", () =>
    Effect.gen(function*() {
      const { directory, double, path, store } = yield* opened
      yield* store.put("pack/00/a", body)
      const told = () =>
        double.calls.splice(0).filter(({ name }) => !["lstat", "stat", "open"].includes(name)).map((
          { name, path: at }
        ) => `${name} ${at.startsWith(`${path}/tmp/`) ? "temporary" : Path.relative(directory, at)}`)
      const made = (at: string, parent: string) => [`mkdir ${at}`, `fsync ${parent}`]
      assert.deepStrictEqual(told().filter((call) => call !== "mkdir store/tmp" && call !== "mkdir store/pack/00"), [
        ...made("store", ""),
        "fsync store",
        "create temporary",
        "write temporary",
        "fsync temporary",
        ...made("store/pack", "store"),
        "fsync store/pack",
        "link store/pack/00/a",
        "fsync store/pack/00",
        "unlink temporary"
      ])
      // One that exists is durable when that is said: its writer may not have come so far yet.
      assert.strictEqual(yield* store.put("pack/00/a", body), "Exists")
      assert.deepStrictEqual(told(), ["create temporary", "fsync store/pack/00", "unlink temporary"])
      yield* store.remove(["pack/00/a"])
      assert.deepStrictEqual(told(), ["unlink store/pack/00/a", "fsync store/pack/00"])
    }).pipe(Effect.scoped))

  it.live("syncs the object itself where directories cannot be opened", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      const isDirectory = (at: string) => Fs.statSync(at, { throwIfNoEntry: false })?.isDirectory() === true
      double.before = ({ name, path }) => name === "open" && isDirectory(path) ? status(3) : undefined
      assert.strictEqual(yield* store.put("log/1", body), "Created")
      const synced = double.calls.flatMap(({ name, path: at }) => name === "fsync" ? [Path.relative(path, at)] : [])
      assert.strictEqual(synced.length, 2)
      assert.strictEqual(synced[1], "log/1")
      yield* store.remove(["log/1"])
    }).pipe(Effect.scoped))

  it.live("believes no put whose bytes or name were not synced", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      yield* store.put("log/0", body)
      double.before = ({ name, path: at }) => name === "fsync" && at.includes("/tmp/") ? status(4) : undefined
      assert.strictEqual((yield* Effect.flip(store.put("log/1", body)))._tag, "StoreUnavailable")
      assert.deepStrictEqual(yield* keysOf(store), ["log/0"])
      double.before = ({ name, path: at }) => name === "fsync" && at === Path.join(path, "log") ? status(4) : undefined
      for (let tries = 0; tries < 2; tries++) {
        const error = yield* Effect.flip(store.put("log/1", body))
        assert.include(error.message, "fsync")
      }
      double.before = undefined
      assert.strictEqual(yield* store.put("log/1", body), "Exists")
      assert.deepStrictEqual(temporaries(path), [])
    }).pipe(Effect.scoped))

  it.live("an answer that is lost leaves the outcome open, and whole objects only", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      const whole = [new Uint8Array(5000).fill(1), new Uint8Array(5000).fill(2)]
      yield* store.put("warm/up", body)
      const names = ["lstat", "create", "write", "fsync", "link", "open"] as const
      for (const [at, name] of names.entries()) {
        for (const when of ["before", "after"] as const) {
          const key = `warm/${at}-${when}`
          let armed = true
          double[when] = (call) => {
            if (!armed || call.name !== name) return undefined
            armed = false
            return lost
          }
          const error = yield* Effect.flip(store.put(key, whole))
          assert.strictEqual(error._tag, "StoreUnavailable", key)
          double[when] = undefined
          const found = yield* Effect.result(store.get(key))
          if (found._tag === "Success") assert.deepStrictEqual(found.success, Uint8Array.from(Buffer.concat(whole)))
          const again = yield* store.put(key, whole)
          assert.strictEqual(again, found._tag === "Success" ? "Exists" : "Created")
          for (const left of temporaries(path)) Fs.rmSync(Path.join(path, "tmp", left))
        }
      }
    }).pipe(Effect.scoped))

  it.live("looks up what a failed link means", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      yield* store.put("log/0", body)
      const failing = (code: number, inTmp: boolean) => {
        double.before = ({ name, path: at }) =>
          name === "link" && (inTmp || !at.startsWith(`${path}/tmp/`)) ? status(code) : undefined
      }
      const reasons: Array<string> = []
      for (const [code, inTmp] of [[4, false], [4, true], [3, true], [3, false], [8, true]] as const) {
        failing(code, inTmp)
        const error = yield* Effect.flip(store.put("log/1", body))
        reasons.push(error._tag === "StoreRefused" ? error.reason : error._tag)
      }
      const linkless = "there are no hard links here, by which an object appears whole or not at all"
      assert.deepStrictEqual(reasons, ["StoreUnavailable", linkless, linkless, "permission denied", linkless])
      // Another was faster: the failure is that the name exists, and nothing is guessed from the code.
      double.before = ({ name, path: at }) => {
        if (name === "link") Fs.writeFileSync(at, "theirs")
        return undefined
      }
      assert.strictEqual(yield* store.put("log/1", body), "Exists")
      double.before = undefined
      assert.deepStrictEqual(yield* store.get("log/1"), Uint8Array.from(Buffer.from("theirs")))
      assert.deepStrictEqual(temporaries(path), [])
    }).pipe(Effect.scoped))

  it.live("tells a full disk and a read-only one by looking", () =>
    Effect.gen(function*() {
      const { double, store } = yield* opened
      yield* store.put("log/0", body)
      double.before = ({ name }) => name === "write" ? status(4) : undefined
      const outcome = Effect.map(Effect.flip(store.put("log/1", body)), (error) => error._tag)
      assert.strictEqual(yield* outcome, "StoreUnavailable")
      double.space = { bytes: 4096, files: 10, readOnly: false, id: 1 }
      assert.strictEqual(yield* outcome, "StoreFull")
      double.space = { bytes: 1e12, files: 10, readOnly: true, id: 1 }
      assert.strictEqual(yield* outcome, "StoreRefused")
      double.space = undefined
      assert.strictEqual(yield* outcome, "StoreUnavailable")
    }).pipe(Effect.scoped))

  it.live("reads from a server that cannot hold a store, and puts nothing there", () =>
    Effect.gen(function*() {
      const { double, store } = yield* opened
      yield* store.put("log/0", body)
      for (const name of ["hardlink@openssh.com", "fsync@openssh.com"]) {
        double.offers = new Set(["hardlink@openssh.com", "fsync@openssh.com"].filter((other) => other !== name))
        assert.deepStrictEqual(yield* store.get("log/0"), body[0])
        assert.deepStrictEqual(yield* keysOf(store), ["log/0"])
        double.calls.length = 0
        for (const write of [store.put("log/1", body), store.put("log/0", body)]) {
          const error = yield* Effect.flip(write)
          assert.strictEqual(error._tag, "StoreRefused")
          assert.include(error.message, name)
        }
        assert.deepStrictEqual(double.calls, [])
      }
    }).pipe(Effect.scoped))

  it.live("a listing is whole or it fails", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      for (const key of ["a/1", "b/1", "c/1"]) yield* store.put(key, body)
      for (const error of [lost, status(4), status(3)]) {
        double.before = ({ name, path: at }) => name === "list" && at.endsWith("/b") ? error : undefined
        assert.notStrictEqual((yield* Effect.flip(keysOf(store)))._tag, "StoreFull")
      }
      // A directory that was seen a moment ago cannot vanish by our doing.
      double.before = ({ name, path: at }) => {
        if (name === "list" && at.endsWith("/b")) Fs.rmSync(at, { recursive: true })
        return undefined
      }
      assert.strictEqual((yield* Effect.flip(keysOf(store)))._tag, "StoreUnavailable")
      double.before = undefined
      assert.deepStrictEqual(yield* keysOf(store), ["a/1", "c/1"])
      // The disk goes while the last directory is read.
      double.after = ({ name, path: at }) => {
        if (name === "list" && at.endsWith("/c")) Fs.renameSync(path, `${path}-away`)
        return undefined
      }
      assert.strictEqual((yield* Effect.flip(keysOf(store)))._tag, "StoreUnavailable")
    }).pipe(Effect.scoped))

  it.live("makes tmp/ again when somebody tidied it away, in the operation that misses it", () =>
    Effect.gen(function*() {
      const { path, store } = yield* opened
      const tmp = Path.join(path, "tmp")
      yield* store.put("log/1", body)
      const gone = () => Fs.rmdirSync(tmp)
      gone()
      assert.deepStrictEqual(yield* keysOf(store), ["log/1"])
      assert.strictEqual((yield* Effect.flip(store.get("log/2")))._tag, "ObjectNotFound")
      yield* store.remove(["log/2"])
      assert.strictEqual(yield* store.put("log/2", body), "Created")
      gone()
      assert.strictEqual(yield* store.put("log/2", body), "Exists")
      assert.isAbove(yield* store.now, 0)
      gone()
      assert.isAbove(yield* store.now, 0)
      // The marker tells as much as the log.
      yield* store.put("repository", body)
      Fs.rmSync(Path.join(path, "log"), { recursive: true })
      gone()
      assert.strictEqual(yield* store.put("pack/00/a", body), "Created")
      assert.deepStrictEqual(temporaries(path), [])
    }).pipe(Effect.scoped))

  it.live("takes a directory with neither tmp/ nor a repository for what an unmounted disk leaves", () =>
    Effect.gen(function*() {
      const { path, store } = yield* opened
      yield* store.put("log/1", body)
      Fs.renameSync(path, `${path}-away`)
      Fs.mkdirSync(path)
      Fs.writeFileSync(Path.join(path, "README"), "mount the disk here")
      for (
        const operation of [store.put("log/2", body), store.get("log/2"), keysOf(store), store.now] as ReadonlyArray<
          Effect.Effect<unknown, StoreError>
        >
      ) assert.include((yield* Effect.flip(operation)).message, "is its disk mounted?")
      assert.deepStrictEqual(Fs.readdirSync(path), ["README"])
    }).pipe(Effect.scoped))

  it.live("another repository, or an older copy, behind a new session is not put to", () =>
    Effect.gen(function*() {
      const { directory, double, path, store } = yield* opened
      const at = (name: string) => Path.join(directory, name)
      const copy = (name: string) => Fs.cpSync(path, at(name), { recursive: true })
      yield* store.put(ObjectKey.marker, [Uint8Array.of(1)])
      yield* store.put(ObjectKey.log(1), [Uint8Array.of(1, 1)])
      copy("older")
      copy("other")
      Fs.writeFileSync(Path.join(at("other"), ObjectKey.marker), "theirs")
      yield* store.put(ObjectKey.log(2), [Uint8Array.of(1, 2)])
      copy("trimmed")
      Fs.renameSync(Path.join(at("trimmed"), ObjectKey.log(2)), Path.join(at("trimmed"), ObjectKey.log(4)))
      const reader = Context.get(yield* Layer.build(layerAt(path, double)), ObjectStore)
      for (const key of [ObjectKey.marker, ObjectKey.log(1), ObjectKey.log(2)]) yield* reader.get(key)
      for (const [name, words] of [["other", "another repository"], ["older", "an older copy"]] as const) {
        Fs.renameSync(path, at("away"))
        Fs.renameSync(at(name), path)
        double.reconnect()
        const before = Fs.readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted()
        // Nor is one known from then on because something was read in it.
        if (name === "other") Fs.writeFileSync(Path.join(path, ObjectKey.log(5)), "theirs")
        for (const one of [store, reader]) {
          for (
            const operation of [
              one.put(ObjectKey.log(3), body),
              ...(name === "other" ? [one.get(ObjectKey.log(5))] : []),
              one.remove([ObjectKey.log(1)]),
              one.now
            ] as ReadonlyArray<Effect.Effect<unknown, StoreError>>
          ) {
            const error = yield* Effect.flip(operation)
            assert.strictEqual(error._tag, "StoreUnavailable")
            assert.include(error.message, words)
          }
        }
        Fs.rmSync(Path.join(path, ObjectKey.log(5)), { force: true })
        assert.deepStrictEqual(Fs.readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted(), before)
        Fs.rmSync(path, { recursive: true })
        Fs.renameSync(at("away"), path)
        assert.isAbove(yield* store.now, 0, name)
      }
      // One that others went on with, trimming what was known.
      Fs.renameSync(path, at("away"))
      Fs.renameSync(at("trimmed"), path)
      double.reconnect()
      for (const one of [store, reader]) assert.isAbove(yield* one.now, 0)
    }).pipe(Effect.scoped))

  it.live("looks once a session whether it is the same repository, and only before it writes", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      yield* store.put(ObjectKey.marker, body)
      yield* store.put(ObjectKey.log(1), body)
      const looks = () =>
        double.calls.splice(0).flatMap(({ name, path: at }) => name === "read" ? [Path.relative(path, at)] : [])
      assert.deepStrictEqual(looks(), [])
      double.reconnect()
      yield* store.get("repository", { start: 0, end: 1 })
      assert.deepStrictEqual(looks(), [ObjectKey.marker])
      const keys = Array.from({ length: 8 }, (_, at) => `pack/00/${at}`)
      yield* Effect.forEach(keys, (key) => store.put(key, body), { concurrency: 8 })
      assert.deepStrictEqual(looks(), [ObjectKey.marker, ObjectKey.log(1)])
      yield* store.put(ObjectKey.log(2), body)
      yield* store.remove(keys)
      assert.deepStrictEqual(looks(), [])
      // An answer that is lost is asked for again.
      double.reconnect()
      double.before = ({ name }) => name === "read" ? lost : undefined
      assert.strictEqual((yield* Effect.flip(store.put(ObjectKey.log(3), body)))._tag, "StoreUnavailable")
      double.before = undefined
      assert.strictEqual(yield* store.put(ObjectKey.log(3), body), "Created")
    }).pipe(Effect.scoped))

  it.live("removes only temporary files of its own kind, and goes into no directory", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      yield* store.put("log/1", body)
      const names = ["1-old-1", "1-old-2-link", "copy-of-1-old-1", "probe-1-2", "1-old-x", "notes"]
      for (const name of names) Fs.writeFileSync(Path.join(path, "tmp", name), "")
      Fs.mkdirSync(Path.join(path, "tmp/1-dir-1"))
      Fs.writeFileSync(Path.join(path, "tmp/1-dir-1/1-old-1"), "")
      const longAgo = Date.now() / 1000 - 25 * 3600
      for (const name of [...names, "1-dir-1/1-old-1", "1-dir-1"]) {
        Fs.utimesSync(Path.join(path, "tmp", name), longAgo, longAgo)
      }
      yield* Effect.scoped(Effect.andThen(Layer.build(layerAt(path, double)), quiet(double)))
      const kept = ["1-dir-1", "1-old-x", "copy-of-1-old-1", "notes", "probe-1-2"]
      assert.deepStrictEqual(temporaries(path).toSorted(), kept)
      assert.deepStrictEqual(Fs.readdirSync(Path.join(path, "tmp/1-dir-1")), ["1-old-1"])
    }).pipe(Effect.scoped))

  it.live("interrupted between the answers it waits for, leaves no file open and none behind", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      yield* store.put("log/1", body)
      const operations = [
        // What is opened is there, and the answer about the name is not.
        [store.put("log/2", body), "lstat"],
        [store.get("log/1"), "lstat"],
        // A directory is open and is not yet synced.
        [store.put("log/1", body), "fsync"]
      ] as const
      for (const [operation, name] of operations) {
        double.calls.length = 0
        double.hold = (call) => call.name === name
        const running = yield* Effect.forkChild(operation)
        yield* turnsUntil(() => double.open().length > 0 && double.calls.some((call) => call.name === name))
        yield* Fiber.interrupt(running)
        double.hold = undefined
        assert.deepStrictEqual(double.open(), [])
        assert.deepStrictEqual(temporaries(path), [])
      }
      assert.deepStrictEqual(yield* keysOf(store), ["log/1"])
    }).pipe(Effect.scoped))

  it.live("tells a file that the server's disk cannot read from a disk that is away", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      yield* store.put("pack/00/a", body)
      let failures = Infinity
      double.before = ({ name, path: at }) =>
        name === "read" && at === Path.join(path, "pack/00/a") && failures-- > 0 ? status(4) : undefined
      const reads = () => double.calls.splice(0).filter(({ name }) => name === "read").length
      reads()
      const error = yield* Effect.flip(store.get("pack/00/a"))
      assert.strictEqual(error._tag, "ObjectUnreadable")
      assert.strictEqual(reads(), 2)
      for (const said of ["pack/00/a", "sftp://", "Failure", "--repair"]) assert.include(error.message, said)
      assert.deepStrictEqual(temporaries(path), [])
      failures = 1
      assert.deepStrictEqual(yield* store.get("pack/00/a"), body[0])
      // A full disk, or a read-only one, has answered.
      for (
        const space of [{ bytes: 0, files: 0, readOnly: false, id: 1 }, {
          bytes: 1e9,
          files: 1e6,
          readOnly: true,
          id: 1
        }]
      ) {
        double.space = space
        double.before = ({ name }) => name === "read" || name === "create" ? status(4) : undefined
        assert.strictEqual((yield* Effect.flip(store.get("pack/00/a")))._tag, "ObjectUnreadable")
      }
      double.space = { bytes: 1e9, files: 1e6, readOnly: false, id: 1 }
      for (const broken of ["write", "fsync", "create", "open"]) {
        double.before = ({ name }) => name === "read" || name === broken ? status(4) : undefined
        const away = yield* Effect.flip(store.get("pack/00/a"))
        assert.strictEqual(away._tag, "StoreUnavailable", broken)
      }
      // Without an answer nothing is known.
      double.before = ({ name }) => name === "read" ? lost : undefined
      assert.strictEqual((yield* Effect.flip(store.get("pack/00/a")))._tag, "StoreUnavailable")
      yield* quiet(double)
      assert.deepStrictEqual(double.open(), [])
    }).pipe(Effect.scoped))

  it.live("a file that is shorter than it said is no object", () =>
    Effect.gen(function*() {
      const { double, path, store } = yield* opened
      yield* store.put("a", [new Uint8Array(100)])
      double.before = ({ name }) => {
        if (name === "read") Fs.truncateSync(Path.join(path, "a"), 50)
        return undefined
      }
      assert.strictEqual((yield* Effect.flip(store.get("a")))._tag, "StoreUnavailable")
    }).pipe(Effect.scoped))
})

const turnsUntil = (condition: () => boolean) =>
  Effect.gen(function*() {
    for (let turns = 0; turns < 1000 && !condition(); turns++) {
      yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
    }
    assert.isTrue(condition(), "it never came so far")
  })
