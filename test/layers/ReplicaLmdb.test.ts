import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Runtime from "effect/Runtime"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as Keys from "../../src/domain/replica/Keys.ts"
import * as Rows from "../../src/domain/replica/Rows.ts"
import type { ReplicaUnusable } from "../../src/services/Replica.ts"
import { ReplicaFile } from "../../src/services/ReplicaFile.ts"
import { replicaContract } from "../contracts/ReplicaContract.ts"
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

/** Why the replica there cannot be used. */
const refusal = (directory: string, script: ScriptedRepository) =>
  ReplicaPlace.using(directory, script, (replica) => replica.catchUp()).pipe(
    Effect.flip,
    Effect.map((error) => error._tag === "ReplicaUnusable" ? error : assert.fail(error.message))
  )

const dataFile = (directory: string) => Path.join(directory, `replica-${Rows.format}`, "data.mdb")

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

const tombstones = (script: ScriptedRepository): number =>
  [...script.view("f").values()].filter(({ info }) => FileInfo.outline(info).deleted).length

describe("ReplicaLmdb", () => {
  it.effect("opens as it was left, without asking the store", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(5)
      yield* ReplicaPlace.using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          yield* History.receive(replica, 0)
        }))
      script.gets.length = 0
      yield* ReplicaPlace.using(directory, script, (replica) =>
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
      yield* ReplicaPlace.using(directory, ours, (replica) => replica.catchUp())
      const stranger = new ScriptedRepository(43)
      const error = yield* refusal(directory, stranger)
      assert.include(error.message, "belongs to another repository")
      assert.include(error.message, "remove it or choose another --cache-dir")
      assert.include(error.message, directory)
      assert.strictEqual(error[Runtime.errorExitCode], 22)
      const atOnce = yield* Effect.flip(ReplicaPlace.using(directory, stranger, () => Effect.void))
      assert.include(atOnce.message, "belongs to another repository", "before anything is asked of it")
      yield* ReplicaPlace.using(directory, ours, (replica) =>
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
        yield* ReplicaPlace.using(directory, History.begun(1), (replica) => replica.catchUp())
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
        yield* ReplicaPlace.using(directory, script, (replica) =>
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
      yield* ReplicaPlace.using(directory, script, (replica) => replica.catchUp())
      const whole = Fs.readFileSync(dataFile(directory))
      const headless = Buffer.from(whole).fill(9, 0, 8192)
      for (const damaged of [Buffer.alloc(100_000, 7), headless, whole.subarray(0, 40), whole.subarray(0, 16_384)]) {
        Fs.writeFileSync(dataFile(directory), damaged)
        const error = yield* refusal(directory, script)
        assert.include(error.message, "is damaged")
        assert.include(error.message, `delete ${Path.join(directory, `replica-${Rows.format}`)}`)
        assert.isFalse(error.full)
      }
      Fs.rmSync(Path.join(directory, `replica-${Rows.format}`), { recursive: true })
      yield* ReplicaPlace.using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    }))

  it.effect("reports a row that cannot be read, when it builds on it", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* ReplicaPlace.using(directory, script, (replica) => replica.catchUp())
      yield* tamper(directory, (file) => file.transact(({ state }) => state.put(Keys.totals(1), Uint8Array.of(0x80))))
      History.step(script, 3)
      assert.include((yield* refusal(directory, script)).message, "a row of totals")
    }))

  it.effect("begins again with a cache of another format", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* ReplicaPlace.using(directory, script, (replica) => replica.catchUp())
      yield* restamp(directory, (stamp) => ({ ...stamp, format: 99, nextPack: 1, nextFolder: 77 }))
      yield* tamper(directory, (file) => file.transact(({ packs }) => packs.put(Keys.uint32(1), Uint8Array.of(255))))
      yield* ReplicaPlace.using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    }))

  it.effect("is not misled by a process that read further in the log", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(6)
      yield* ReplicaPlace.using(directory, script, (replica) => replica.catchUp())
      script.known = script.head.position - 2
      yield* ReplicaPlace.using(directory, script, (replica) =>
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

  it.effect(
    "begins again if a commit it had begun is gone, and goes on with it if it is there",
    () =>
      Effect.gen(function*() {
        const directory = yield* ReplicaPlace.directory
        const script = History.begun(2)
        const before = script.head.position
        /** Applies the next commit, one of 4,000 records, until the store fails. */
        const begin = ReplicaPlace.using(directory, script, (replica) =>
          Effect.gen(function*() {
            yield* replica.catchUp()
            yield* History.receive(replica, 0)
            const name = (i: number) => ({ name: `large/${"x".repeat(i % 200)} ${i}` })
            const { commit } = script.changeBySegment("f", Array.from({ length: 4000 }, (_, i) => name(i)))
            const segment = commit.ops.flatMap((op) => op._tag === "SegmentAdded" ? [op.segment] : [])[0]
            const whole = [...script.objects].find(([key]) => key.endsWith(segment?.id ?? "none"))
            if (whole === undefined || segment === undefined) return assert.fail("there is no segment")
            const [key, bytes] = whole
            const cut = Uint8Array.from(bytes)
            const end = segment.size - segment.footerLength
            cut.fill(0, end - 100, end)
            script.objects.set(key, cut)
            assert.strictEqual((yield* Effect.flip(replica.catchUp()))._tag, "RepositoryCorrupt")
            script.objects.set(key, bytes)
            assert.isDefined(replica.recordUnsafe("f", name(1).name), "some records are in")
            assert.isUndefined(
              replica.recordsAfterUnsafe("f", 0, { records: 1e9, bytes: 1e9 }).records.find((record) =>
                record.name.startsWith("large")
              ),
              "none is listed"
            )
          }))
        yield* begin
        script.restore(before)
        yield* ReplicaPlace.using(directory, script, (replica) =>
          Effect.gen(function*() {
            yield* replica.catchUp()
            assert.strictEqual(yield* History.batches(replica), 0)
            agrees(replica, script)
          }))
        yield* begin
        script.known = before
        yield* ReplicaPlace.using(directory, script, (replica) =>
          Effect.gen(function*() {
            yield* replica.catchUp()
            assert.strictEqual(yield* History.batches(replica), 1, "nothing was built anew")
            script.known = Infinity
            yield* replica.catchUp()
            assert.strictEqual(yield* History.batches(replica), 1)
            assert.strictEqual(replica.totalsUnsafe("f").files, script.view("f").size - tombstones(script))
          }))
        script.restore(before)
        yield* begin
        script.restore(before)
        script.change("f", [{ name: "other" }])
        yield* ReplicaPlace.using(directory, script, (replica) =>
          Effect.gen(function*() {
            yield* replica.catchUp()
            agrees(replica, script)
          }))
      }),
    60_000
  )
})

/** A small file system of its own, gone with the scope. */
const tmpfs = (options: string) =>
  Effect.tap(ReplicaPlace.directory, (directory) =>
    Effect.acquireRelease(
      Effect.sync(() => void ChildProcess.execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory])),
      () => Effect.sync(() => void ChildProcess.execFileSync("umount", [directory]))
    ))
