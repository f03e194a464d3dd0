/** Stores on a real OpenSSH: the contract, who is let in, whom we believe, and servers that fall silent, die or are full. */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type GetError, ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as FaultProxy from "../harness/FaultProxy.ts"
import * as FileStore from "../harness/FileStore.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import * as Process from "../harness/Process.ts"
import * as SftpStore from "../harness/SftpStore.ts"
import * as Sshd from "../harness/Sshd.ts"
import { suite } from "../harness/Suite.ts"

const { again, keysOf, opened, optionsOf } = SftpStore

const body = [Uint8Array.of(1, 2, 3)]
const big = (megabytes: number) =>
  Array.from({ length: megabytes }, (_, at) => new Uint8Array(1024 * 1024).fill(at + 1))

const refusal = <A>(store: Effect.Effect<A, GetError>) =>
  Effect.map(Effect.flip(store), (error) => {
    assert.strictEqual(error._tag, "StoreRefused", error.message)
    return error.message
  })

suite("a store on OpenSSH's SFTP server", ["sshd"], () => {
  objectStoreContract(
    "sftp",
    Layer.unwrap(
      Effect.map(
        Effect.orDie(Sshd.make()),
        (server) => SftpStore.layer(optionsOf(server, Path.join(server.root, "a/b")))
      )
    )
  )

  it.live("is a directory as ObjectStoreFile makes it, and the other way round", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const options = optionsOf(server, Path.join(server.root, "x/store"))
      const near = yield* opened(options)
      const local = Context.get(yield* Layer.build(FileStore.layer(options.path)), ObjectStore)
      assert.deepStrictEqual(yield* keysOf(near), [])
      assert.isFalse(Fs.existsSync(Path.join(server.root, "x")))
      for (const key of ["log/1", "pack/00/a", "pack/00-a"]) assert.strictEqual(yield* near.put(key, body), "Created")
      assert.strictEqual(yield* local.put("log/2", body), "Created")
      assert.strictEqual(yield* local.put("log/1", body), "Exists")
      assert.strictEqual(yield* near.put("log/2", body), "Exists")
      assert.deepStrictEqual(yield* near.get("log/2"), body[0])
      assert.deepStrictEqual(yield* local.get("pack/00/a"), body[0])
      assert.deepStrictEqual(yield* keysOf(near), ["log/1", "log/2", "pack/00-a", "pack/00/a"])
      assert.deepStrictEqual(yield* keysOf(local), yield* keysOf(near))
      assert.strictEqual(Fs.statSync(Path.join(options.path, "log/1")).mode & 0o777, 0o600)
      assert.strictEqual(Fs.statSync(options.path).mode & 0o777, 0o700)
      assert.strictEqual(Fs.statSync(Path.join(options.path, "log/1")).nlink, 1)
      assert.deepStrictEqual(Fs.readdirSync(Path.join(options.path, "tmp")), [])
      assert.strictEqual(near.location, `sftp://127.0.0.1:${server.port}${options.path}`)
      yield* near.now
      assert.deepStrictEqual(Fs.readdirSync(Path.join(options.path, "tmp")), [])
    }).pipe(Effect.scoped, noLeaks))

  it.live("races with ObjectStoreFile and with other connections for one name, and one of all wins", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const options = optionsOf(server)
      const stores = [
        yield* opened(options),
        yield* opened(options),
        Context.get(yield* Layer.build(FileStore.layer(options.path)), ObjectStore)
      ]
      for (let round = 0; round < 8; round++) {
        const outcomes = yield* Effect.forEach(
          Array.from({ length: 12 }, (_, racer) => racer),
          (racer) => stores[racer % stores.length]!.put(`race/${round}`, [new Uint8Array(1000 + racer).fill(racer)]),
          { concurrency: "unbounded" }
        )
        const winners = outcomes.flatMap((outcome, racer) => outcome === "Created" ? [racer] : [])
        assert.strictEqual(winners.length, 1)
        for (const store of stores) {
          assert.deepStrictEqual(
            yield* store.get(`race/${round}`),
            new Uint8Array(1000 + winners[0]!).fill(winners[0]!)
          )
        }
      }
    }).pipe(Effect.scoped))

  it.live("reads into the memory it is given, in pieces that fit and pieces that do not", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const store = yield* opened(optionsOf(server))
      const parts = big(5)
      const whole = Buffer.concat(parts)
      yield* store.put("big", parts)
      const into = new Uint8Array(5 * 1024 * 1024)
      const read = yield* store.get("big", { start: 1_000_001, end: 4_000_003 }, into)
      assert.strictEqual(read.buffer, into.buffer)
      assert.strictEqual(read.byteOffset, into.byteOffset)
      assert.isTrue(Buffer.from(read).equals(whole.subarray(1_000_001, 4_000_003)))
      const small = yield* store.get("big", undefined, new Uint8Array(10))
      assert.isTrue(Buffer.from(small).equals(whole))
    }).pipe(Effect.scoped))

  it.live("leaves temporary files of a crash invisible, and removes them after a day", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const options = optionsOf(server)
      yield* Effect.scoped(Effect.flatMap(opened(options), (store) => store.put("a", body)))
      const old = Path.join(options.path, "tmp/1-old-1")
      const fresh = Path.join(options.path, "tmp/1-fresh-1")
      for (const file of [old, fresh]) Fs.writeFileSync(file, "half")
      const now = Fs.statSync(fresh).mtimeMs / 1000
      Fs.utimesSync(old, now, now - 25 * 3600)
      Fs.utimesSync(fresh, now, now - 23 * 3600)
      const store = yield* opened(options)
      assert.deepStrictEqual(yield* keysOf(store), ["a"])
      // Nobody waits for the tidying.
      const left = () => Fs.readdirSync(Path.join(options.path, "tmp")).join(" ")
      for (let looks = 0; looks < 500 && left() !== "1-fresh-1"; looks++) yield* Effect.sleep("20 millis")
      assert.strictEqual(left(), "1-fresh-1")
    }).pipe(Effect.scoped))

  it.live("takes foreign files for objects, and follows no link", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const { path } = optionsOf(server)
      const store = yield* opened(optionsOf(server))
      yield* store.put("d/a", body)
      Fs.writeFileSync(Path.join(path, "foreign.txt"), "hello")
      Fs.symlinkSync(Path.join(path, "d/a"), Path.join(path, "link"))
      Fs.symlinkSync(path, Path.join(path, "loop"))
      assert.deepStrictEqual(yield* keysOf(store), ["d/a", "foreign.txt", "link", "loop"])
      assert.deepStrictEqual(yield* store.get("foreign.txt"), Uint8Array.from(Buffer.from("hello")))
      for (const key of ["link", "loop"]) assert.include(yield* refusal(store.get(key)), "symbolic link")
      assert.include(yield* refusal(store.put("d", body)), "a directory is where an object should be")
      assert.include(yield* refusal(store.put("foreign.txt/x/y", body)), "a part of the path is a file")
      assert.strictEqual(yield* store.put("link", body), "Exists")
      yield* store.remove(["d"])
      assert.deepStrictEqual(yield* keysOf(store, "d/"), ["d/a"])
    }).pipe(Effect.scoped))

  it.live("a directory that goes away is away, never empty; when it is back, so is the store", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const { path } = optionsOf(server)
      const store = yield* opened(optionsOf(server))
      yield* store.put("log/1", body)
      const expectAway = Effect.gen(function*() {
        for (
          const operation of [
            store.get("log/1"),
            store.get("log/2"),
            store.put("log/2", body),
            keysOf(store),
            keysOf(store, "log/"),
            keysOf(store, "base/"),
            store.remove(["log/1"]),
            store.now
          ] as ReadonlyArray<Effect.Effect<unknown, StoreError>>
        ) assert.strictEqual((yield* Effect.flip(operation))._tag, "StoreUnavailable")
      })
      Fs.renameSync(path, `${path}-away`)
      yield* expectAway
      Fs.mkdirSync(path)
      yield* expectAway
      assert.deepStrictEqual(Fs.readdirSync(path), [])
      Fs.rmdirSync(path)
      Fs.renameSync(`${path}-away`, path)
      assert.deepStrictEqual(yield* keysOf(store), ["log/1"])
      assert.strictEqual(yield* store.put("log/2", body), "Created")
      // A directory of it that someone tidied away is made again.
      Fs.rmSync(Path.join(path, "log"), { recursive: true })
      assert.strictEqual((yield* Effect.flip(store.put("log/3", body)))._tag, "StoreUnavailable")
      assert.strictEqual(yield* store.put("log/3", body), "Created")
      // Its tmp/ at once: by its log it is still the directory that was known.
      Fs.rmdirSync(Path.join(path, "tmp"))
      assert.strictEqual(yield* store.put("log/4", body), "Created")
    }).pipe(Effect.scoped))

  it.live(
    "fails what was under way when the server dies, and connects once for all who wait after",
    () =>
      Effect.gen(function*() {
        const server = yield* Sshd.make()
        const store = yield* opened(optionsOf(server))
        yield* store.put("a", body)
        const puts = [1, 2, 3].map((at) => Effect.flip(store.put(`big/${at}`, big(64))))
        const running = yield* Effect.forkChild(Effect.all(puts, { concurrency: "unbounded" }))
        yield* until(() => temporaryBytes(optionsOf(server).path) > 4 * 1024 * 1024)
        yield* server.kill
        for (const error of yield* Fiber.join(running)) assert.strictEqual(error._tag, "StoreUnavailable")
        const refused = yield* Effect.flip(store.get("a"))
        assert.include(refused.message, "nothing listens at that port")
        yield* server.start()
        const log = Path.join(server.directory, "sshd.log")
        const before = logins(log)
        yield* Effect.forEach(Array.from({ length: 40 }), () => store.get("a"), { concurrency: "unbounded" })
        assert.strictEqual(logins(log) - before, 1)
        // Nothing of the broken puts is an object.
        assert.deepStrictEqual(yield* keysOf(store), ["a"])
        assert.strictEqual(yield* store.put("big/1", big(2)), "Created")
      }).pipe(Effect.scoped, noLeaks),
    60_000
  )

  it.live("survives the process that serves its session, and a cut in the middle of a put", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const proxy = yield* FaultProxy.make({ port: server.port })
      const store = yield* opened({ ...optionsOf(server), port: proxy.port, hostKey: server.fingerprint })
      for (const round of [1, 2, 3]) {
        proxy.cutAfter(round * 700_000)
        assert.strictEqual((yield* Effect.flip(store.put("cut", big(4))))._tag, "StoreUnavailable")
        proxy.cutAfter(undefined)
        assert.strictEqual((yield* Effect.flip(again(store.get("cut"))))._tag, "ObjectNotFound")
      }
      for (const child of yield* server.children) {
        for (const pid of [child, ...Sshd.descendants(child)].toReversed()) process.kill(pid, "SIGKILL")
      }
      yield* until(() => proxy.connections() === 0)
      assert.strictEqual(yield* again(store.put("cut", big(1))), "Created")
      assert.strictEqual((yield* store.get("cut")).length, 1024 * 1024)
    }).pipe(Effect.scoped, noLeaks))

  it.live("gives up a server that falls silent, and comes back when it does", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const patience = { ping: 300, silence: 1000, connect: 3000 }
      const store = yield* opened(optionsOf(server), { patience })
      yield* store.put("a", body)
      const frozen = [yield* server.pid, ...Sshd.descendants(yield* server.pid)]
      for (const pid of frozen) process.kill(pid, "SIGSTOP")
      const error = yield* Effect.flip(store.get("a"))
      assert.include(error.message, "silent")
      // The frozen server takes connections and says nothing.
      const waits = yield* Effect.flip(store.get("a"))
      assert.strictEqual(waits._tag, "StoreUnavailable")
      for (const pid of frozen) process.kill(pid, "SIGCONT")
      assert.deepStrictEqual(yield* store.get("a"), body[0])
    }).pipe(Effect.scoped, noLeaks))

  it.live("waits for a slow answer as long as the machine lives, and no longer than it should", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const store = yield* opened(optionsOf(server), { patience: { ping: 200, silence: 700, reply: 2500 } })
      yield* store.put("a", body)
      const [child] = yield* server.children
      // The process that reads the disk hangs; the one that holds the connection answers what it is asked.
      const reader = Sshd.descendants(child!).at(-1)!
      process.kill(reader, "SIGSTOP")
      const waiting = yield* Effect.forkChild(store.get("a"))
      yield* Effect.sleep(1500)
      assert.isUndefined(waiting.pollUnsafe())
      process.kill(reader, "SIGCONT")
      assert.deepStrictEqual(yield* Fiber.join(waiting), body[0])
      process.kill(reader, "SIGSTOP")
      assert.include((yield* Effect.flip(store.get("a"))).message, "does not answer")
      process.kill(reader, "SIGCONT")
    }).pipe(Effect.scoped))

  it.live("leaves a connection that is not used, and is cut off by nothing but time", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const store = yield* opened(optionsOf(server), { patience: { ping: 100, idle: 300 } })
      yield* store.put("a", body)
      const log = Path.join(server.directory, "sshd.log")
      yield* until(() => /Disconnected from user|Connection closed/.test(Fs.readFileSync(log, "utf8")))
      const before = logins(log)
      assert.deepStrictEqual(yield* store.get("a"), body[0])
      assert.strictEqual(logins(log) - before, 1)
    }).pipe(Effect.scoped, noLeaks))

  it.live("can be interrupted, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const server = yield* Sshd.make()
      const { path } = optionsOf(server)
      const store = yield* opened(optionsOf(server))
      yield* store.put("a", body)
      const put = yield* Effect.forkChild(store.put("big", big(128)))
      yield* until(() => temporaryBytes(path) > 1024 * 1024)
      yield* Fiber.interrupt(put)
      yield* until(() => Fs.readdirSync(Path.join(path, "tmp")).length === 0)
      assert.deepStrictEqual(yield* keysOf(store), ["a"])
    }).pipe(Effect.scoped, noLeaks))
})

const until = (condition: () => boolean) =>
  Effect.gen(function*() {
    for (let turns = 0; turns < 2000; turns++) {
      if (condition()) return
      yield* Effect.sleep(5)
    }
    return yield* new Process.HarnessError({ message: `after 10 s not yet: ${String(condition)}` })
  })

/** Bytes of what is being written. */
const temporaryBytes = (path: string): number => {
  const tmp = Path.join(path, "tmp")
  return Fs.readdirSync(tmp).reduce((sum, name) => {
    const stats = Fs.statSync(Path.join(tmp, name), { throwIfNoEntry: false })
    return sum + (stats?.size ?? 0)
  }, 0)
}

/** How often someone was let in. */
const logins = (log: string): number => Fs.readFileSync(log, "utf8").split("Accepted publickey").length - 1
