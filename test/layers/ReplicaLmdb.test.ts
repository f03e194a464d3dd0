import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream } from "effect"
import * as Runtime from "effect/Runtime"
import { TestClock } from "effect/testing"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Keys from "../../src/domain/replica/Keys.ts"
import * as Rows from "../../src/domain/replica/Rows.ts"
import { Replica, type ReplicaUnusable } from "../../src/services/Replica.ts"
import { ReplicaFile } from "../../src/services/ReplicaFile.ts"
import { replicaContract } from "../contracts/ReplicaContract.ts"
import * as Process from "../harness/Process.ts"
import { agrees } from "../harness/ReplicaAnswers.ts"
import * as History from "../harness/ReplicaHistory.ts"
import * as ReplicaPlace from "../harness/ReplicaPlace.ts"
import { hashOf, ScriptedRepository } from "../harness/ScriptedRepository.ts"

replicaContract(
  "LMDB",
  Effect.map(ReplicaPlace.directory, (directory) => ({
    layer: (script) => ReplicaPlace.layerAt(directory, script.layer),
    discard: Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true }))
  })),
  { histories: 40 }
)

type Service = Replica["Service"]

/** One process's work on the replica in the directory. */
const using = <A, E>(directory: string, script: ScriptedRepository, body: (replica: Service) => Effect.Effect<A, E>) =>
  Effect.flatMap(Replica, body).pipe(Effect.provide(ReplicaPlace.layerAt(directory, script.layer)))

/** Why the replica there cannot be used. */
const refusal = (directory: string, script: ScriptedRepository) =>
  using(directory, script, (replica) => replica.catchUp()).pipe(
    Effect.flip,
    Effect.map((error) => error._tag === "ReplicaUnusable" ? error : assert.fail(error.message))
  )

const dataFile = (directory: string) => Path.join(directory, "replica-1", "data.mdb")

/** Changes rows behind the replica's back. */
const tamper = (directory: string, change: (file: ReplicaFile["Service"]) => Effect.Effect<unknown, ReplicaUnusable>) =>
  Effect.flatMap(ReplicaFile, change).pipe(Effect.provide(ReplicaPlace.fileAt(directory)))

const restamp = (directory: string, change: (stamp: Rows.Stamp) => Rows.Stamp) =>
  tamper(directory, (file) =>
    file.transact(({ state }) => {
      const stamp = Rows.decodeStamp(state.get(Keys.stamp) ?? new Uint8Array(0))
      if (stamp === undefined) throw new Error("there is no stamp")
      state.put(Keys.stamp, Rows.encodeStamp(change(stamp)))
    }))

/** Starts another process on the replica. */
const child = (directory: string, what: "write" | "rebuild" | "look", from: number, to: number, stored = from) =>
  Process.start({
    name: `replica ${what}`,
    command: process.execPath,
    args: [
      Path.resolve(import.meta.dirname, "../harness/replica-process.ts"),
      directory,
      what,
      ...[from, to, stored].map(String)
    ],
    log: Path.join(directory, `${what}.log`)
  })

const allLabels = (steps: number) => Array.from({ length: steps }, (_, i) => History.labels(i)).flat()

describe("ReplicaLmdb", () => {
  it.effect("opens as it was left, without asking the store", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(5)
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          yield* History.receive(replica, 0)
        }))
      script.gets.length = 0
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          assert.strictEqual(replica.positionUnsafe(), script.head.position)
          yield* replica.catchUp()
          assert.strictEqual(yield* History.batches(replica), 1)
          assert.isDefined(replica.findBlockUnsafe(hashOf("block 3 5")))
          agrees(replica, script)
        }))
      assert.deepStrictEqual(script.gets, [])
    }))

  it.effect("does not touch the cache of another repository", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const ours = History.begun(2)
      yield* using(directory, ours, (replica) => replica.catchUp())
      const stranger = new ScriptedRepository(43)
      const error = yield* refusal(directory, stranger)
      assert.include(error.message, "belongs to another repository")
      assert.include(error.message, "remove it or choose another --cache-dir")
      assert.include(error.message, directory)
      assert.strictEqual(error[Runtime.errorExitCode], 22)
      yield* using(directory, ours, (replica) =>
        Effect.sync(() =>
          assert.strictEqual(replica.positionUnsafe(), ours.head.position)
        ))
    }))

  it.effect("says what is wrong with a directory that cannot be written", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      Fs.writeFileSync(Path.join(directory, "file"), "")
      const error = yield* refusal(Path.join(directory, "file", "cache"), History.begun(1))
      assert.include(error.message, "ENOTDIR")
      assert.include(error.message, "--cache-dir")
      assert.strictEqual(error[Runtime.errorExitCode], 22)
    }))

  it.effect.skipIf(process.getuid?.() !== 0)(
    "says so where the file system is read-only",
    () =>
      Effect.gen(function*() {
        const directory = yield* tmpfs("size=8m")
        yield* using(directory, History.begun(1), (replica) => replica.catchUp())
        ChildProcess.execFileSync("mount", ["-o", "remount,ro", directory])
        const error = yield* refusal(directory, History.begun(1))
        assert.match(error.message, /EROFS|[Rr]ead-only/)
        assert.strictEqual(error[Runtime.errorExitCode], 22)
      })
  )

  it.effect.skipIf(process.getuid?.() !== 0)(
    "stays whole on a full disk, and goes on when there is room",
    () =>
      Effect.gen(function*() {
        const directory = yield* tmpfs("size=12m")
        const ballast = Path.join(directory, "ballast")
        Fs.writeFileSync(ballast, Buffer.alloc(8 * 1024 * 1024))
        const script = History.begun(3)
        yield* using(directory, script, (replica) =>
          Effect.gen(function*() {
            yield* replica.catchUp()
            let received = 0
            const error = yield* Effect.flip(Effect.gen(function*() {
              while (received < 10_000) {
                yield* History.receive(replica, received)
                received++
              }
            }))
            assert.isTrue(error.full, error.message)
            assert.strictEqual(error[Runtime.errorExitCode], 23)
            assert.strictEqual(yield* History.batches(replica), received)
            History.step(script, 3)
            const again = yield* Effect.flip(replica.catchUp())
            assert.isTrue(again._tag === "ReplicaUnusable" && again.full)
            Fs.rmSync(ballast)
            yield* History.receive(replica, received)
            yield* replica.catchUp()
            agrees(replica, script)
            assert.strictEqual(yield* History.batches(replica), received + 1)
            assert.isDefined(replica.findBlockUnsafe(hashOf("block 3 5")))
          }))
        const { bavail, bsize } = Fs.statfsSync(directory)
        Fs.writeFileSync(ballast, Buffer.alloc(bavail * bsize - 64 * 1024))
        assert.strictEqual((yield* refusal(directory, script))[Runtime.errorExitCode], 23)
      })
  )

  it.effect("asks for a damaged file to be deleted", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(30)
      yield* using(directory, script, (replica) => replica.catchUp())
      const whole = Fs.readFileSync(dataFile(directory))
      const headless = Buffer.from(whole).fill(9, 0, 8192)
      for (const damaged of [Buffer.alloc(100_000, 7), headless, whole.subarray(0, 40), whole.subarray(0, 16_384)]) {
        Fs.writeFileSync(dataFile(directory), damaged)
        const error = yield* refusal(directory, script)
        assert.include(error.message, "is damaged")
        assert.include(error.message, `delete ${Path.join(directory, "replica-1")}`)
        assert.isFalse(error.full)
      }
      Fs.rmSync(Path.join(directory, "replica-1"), { recursive: true })
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    }))

  it.effect("reports a row that cannot be read, when it builds on it", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* using(directory, script, (replica) => replica.catchUp())
      yield* tamper(directory, (file) => file.transact(({ state }) => state.put(Keys.totals(1), Uint8Array.of(0x80))))
      History.step(script, 3)
      assert.include((yield* refusal(directory, script)).message, "a row of totals")
    }))

  it.effect("begins again with a cache of another format", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* using(directory, script, (replica) => replica.catchUp())
      yield* restamp(directory, (stamp) => ({ ...stamp, format: 99, nextPack: 1, nextFolder: 77 }))
      yield* tamper(directory, (file) => file.transact(({ packs }) => packs.put(Keys.uint32(1), Uint8Array.of(255))))
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    }))

  it.effect("is not misled by a process that read further in the log", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(6)
      yield* using(directory, script, (replica) => replica.catchUp())
      script.known = script.head.position - 2
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* History.receive(replica, 0)
          yield* replica.catchUp()
          assert.strictEqual(yield* History.batches(replica), 1, "nothing was built anew")
          script.known = Infinity
          yield* replica.catchUp()
          assert.strictEqual(yield* History.batches(replica), 1)
          agrees(replica, script)
        }))
    }))

  it.live("is whole after a process was killed at any moment", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      let from = 2
      for (const wait of [0, 9, 17, 30]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const writer = yield* child(directory, "write", from, 10_000)
          yield* writer.line(new RegExp(`at ${from + 3}$`))
          yield* Effect.sleep(wait)
          assert.strictEqual((yield* writer.stop("SIGKILL")).signal, "SIGKILL")
          from = Number(/\d+/.exec(writer.lines().findLast((line) => line.startsWith("at ")) ?? "")?.[0])
        }))
        const script = History.begun(from)
        yield* using(directory, script, (replica) =>
          Effect.gen(function*() {
            assert.isAtLeast(replica.positionUnsafe(), script.head.position - 1, "what was applied is still there")
            assert.isAtLeast(yield* History.batches(replica), 3)
            script.known = Math.max(replica.positionUnsafe(), script.head.position)
            while (script.head.position < script.known) {
              History.step(script, from)
              from++
            }
            yield* replica.catchUp()
            agrees(replica, script)
            for (const label of allLabels(from)) assert.isDefined(replica.findBlockUnsafe(hashOf(label)), label)
            yield* History.batches(replica)
          }))
      }
    }), 60_000)

  it.live("is built anew by whoever comes after a builder that was killed", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const steps = 60
      for (const wait of [10, 30]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const builder = yield* child(directory, "rebuild", steps, steps)
          yield* builder.line(/open/)
          yield* Effect.sleep(wait)
          yield* builder.stop("SIGKILL")
        }))
      }
      const script = History.begun(steps)
      script.trim()
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    }), 60_000)

  it.effect("waits for another process that builds, and takes over when nothing moves", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* using(directory, script, (replica) => replica.catchUp())
      yield* restamp(directory, (stamp) => ({ ...stamp, applied: undefined, builder: `${process.ppid} 5` }))
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          const run = yield* Effect.forkChild(replica.catchUp())
          for (let second = 0; second < 8; second++) {
            yield* TestClock.adjust("1 second")
            yield* settle
          }
          assert.isUndefined(run.pollUnsafe())
          for (let second = 0; second < 5; second++) {
            yield* TestClock.adjust("1 second")
            yield* settle
          }
          yield* Fiber.join(run)
          agrees(replica, script)
        }))
    }))

  it.live("follows what another process applies: records, blocks and news", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const news = yield* Effect.forkChild(Stream.runHead(replica.changes))
          yield* Effect.scoped(Effect.gen(function*() {
            const writer = yield* child(directory, "write", 3, 9)
            yield* writer.line(/done/)
          }))
          for (let i = 3; i < 9; i++) History.step(script, i)
          yield* replica.catchUp()
          agrees(replica, script)
          for (const label of allLabels(9)) assert.isDefined(replica.findBlockUnsafe(hashOf(label)), label)
          assert.strictEqual(yield* History.batches(replica), 6)
          const changed = Option.getOrUndefined(yield* Fiber.join(news))
          assert.deepStrictEqual([...changed ?? []], ["f"])
          History.step(script, 9)
          yield* replica.catchUp()
          for (const label of allLabels(10)) assert.isDefined(replica.findBlockUnsafe(hashOf(label)), label)
        }))
    }), 30_000)

  it.live("may be written by several processes at once", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const steps = 60
      const script = History.begun(steps)
      script.known = 3
      yield* using(directory, script, (replica) =>
        Effect.scoped(Effect.gen(function*() {
          yield* replica.catchUp()
          const others = yield* Effect.forEach([steps, 20], (from) => child(directory, "look", from, steps, steps))
          const writer = yield* child(directory, "write", 1, steps, steps)
          while (script.known < script.newest.position) {
            script.known++
            yield* replica.catchUp()
            yield* Effect.sleep("25 millis")
          }
          for (const other of [...others, writer]) yield* other.line(/done/)
          yield* replica.catchUp()
          agrees(replica, script)
          for (const label of allLabels(steps)) assert.isDefined(replica.findBlockUnsafe(hashOf(label)), label)
          assert.strictEqual(yield* History.batches(replica), steps - 1, "nothing was built anew")
        })))
    }), 60_000)
})

/** LMDB's own thread works in real time: gives it some. */
const settle = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))

/** A small file system of its own, gone with the scope. */
const tmpfs = (options: string) =>
  Effect.tap(ReplicaPlace.directory, (directory) =>
    Effect.acquireRelease(
      Effect.sync(() => void ChildProcess.execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory])),
      () => Effect.sync(() => void ChildProcess.execFileSync("umount", [directory]))
    ))
