/** What another process does to the tables at the worst moment, done here in between. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as ChildProcess from "node:child_process"
import * as Fault from "../../src/domain/replica/Fault.ts"
import * as Keys from "../../src/domain/replica/Keys.ts"
import * as Records from "../../src/domain/replica/Records.ts"
import * as Rows from "../../src/domain/replica/Rows.ts"
import { stampIn } from "../../src/domain/replica/Standing.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { ReplicaFile } from "../../src/services/ReplicaFile.ts"
import { Repository } from "../../src/services/Repository.ts"
import { agrees, begun } from "../harness/ReplicaAnswers.ts"
import * as History from "../harness/ReplicaHistory.ts"
import * as ReplicaPlace from "../harness/ReplicaPlace.ts"
import { hashOf, type ScriptedRepository } from "../harness/ScriptedRepository.ts"

const restamp = (directory: string, change: (stamp: Rows.Stamp) => Rows.Stamp, clear = false) =>
  Effect.flatMap(ReplicaFile, (file) =>
    file.transact((tables) => {
      const stamp = stampIn(tables)
      if (stamp === undefined) throw new Error("there is no stamp")
      if (clear) Records.clear(tables, false)
      tables.state.put(Keys.stamp, Rows.encodeStamp(change(stamp)))
    })).pipe(Effect.provide(ReplicaPlace.fileAt(directory)))

/** A process that has ended: nobody has its number. */
const deadPid = ChildProcess.spawnSync("true").pid

/** LMDB's own thread works in real time: gives it some. */
const settle = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))

/** Lets virtual time pass until the fiber ends; answers how many seconds that took. */
const passing = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.gen(function*() {
    let quarters = 0
    while (fiber.pollUnsafe() === undefined && quarters < 2000) {
      yield* TestClock.adjust("250 millis")
      yield* settle
      quarters++
    }
    yield* Fiber.join(fiber)
    return quarters / 4
  })

/** The scripted repository with something changed. */
const layerWith = (
  script: ScriptedRepository,
  changed: Partial<Repository["Service"]>
): Layer.Layer<Repository | ObjectStore> =>
  Layer.merge(Layer.succeed(Repository, { ...script.service, ...changed }), Layer.succeed(ObjectStore, script.store))

describe("ReplicaLmdb, shared", () => {
  it.effect("a folder that another process removed and took up again has another number here too", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const file = yield* Layer.build(ReplicaPlace.fileAt(directory))
      const process = (repository: Layer.Layer<Repository | ObjectStore>) =>
        Effect.map(
          Layer.build(
            Layer.fresh(ReplicaLmdb.layer).pipe(
              Layer.provide(SegmentReaderRanges.layer),
              Layer.provide(Layer.succeedContext(file)),
              Layer.provide(repository)
            )
          ),
          (context) => Context.get(context, Replica)
        )
      let again = begun("f")
      for (const until of ["before it looks", "while it follows"] as const) {
        const script = until === "before it looks" ? begun("f") : again
        const one = yield* process(script.layer)
        let meanwhile: Effect.Effect<void, unknown> = Effect.void
        const other = yield* process(
          layerWith(script, {
            head: Effect.sync(() => script.newest),
            commitsAfter: (position) =>
              Stream.unwrap(
                Effect.as(Effect.orDie(meanwhile), Stream.suspend(() => script.service.commitsAfter(position)))
              )
          })
        )
        script.change("f", [{ name: "old" }])
        yield* one.catchUp()
        yield* other.catchUp()
        assert.isDefined(other.recordUnsafe("f", "old"))
        script.removeFolder("f")
        const added = script.addFolder("f")
        if (until === "before it looks") yield* one.catchUp()
        else {
          meanwhile = Effect.suspend(() => {
            script.known = added.commit.position
            return Effect.ensuring(one.catchUp(), Effect.sync(() => (script.known = Infinity)))
          })
        }
        script.change("f", [{ name: "new" }])
        yield* other.catchUp()
        agrees(other, script)
        yield* one.catchUp()
        agrees(one, script)
        again = script
      }
    }).pipe(Effect.scoped))

  it.effect("a transaction whose body fails has no effect", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      yield* Effect.gen(function*() {
        const file = yield* ReplicaFile
        const error = yield* Effect.flip(file.transact(({ state }) => {
          state.put(Keys.uint32(1), Uint8Array.of(1))
          throw Fault.damaged("on purpose")
        }))
        assert.include(error.message, "on purpose")
        assert.isUndefined(yield* file.read(({ state }) => state.get(Keys.uint32(1))))
        const bug = yield* Effect.exit(file.transact(() => {
          throw new TypeError("a bug")
        }))
        assert.strictEqual(bug._tag === "Failure" && bug.cause.reasons[0]?._tag, "Die")
        yield* file.transact(({ state }) => state.put(Keys.uint32(1), Uint8Array.of(2)))
        assert.strictEqual(yield* file.read(({ state }) => state.get(Keys.uint32(1))?.[0]), 2)
      }).pipe(Effect.provide(ReplicaPlace.fileAt(directory)))
    }))

  it.effect("waits for another process that builds, and takes over when nothing moves", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* ReplicaPlace.using(directory, script, (replica) => replica.catchUp())
      yield* restamp(directory, (stamp) => ({ ...stamp, applied: undefined, builder: `${process.ppid} 5` }))
      yield* ReplicaPlace.using(directory, script, (replica) =>
        Effect.gen(function*() {
          const run = yield* Effect.forkChild(replica.catchUp())
          assert.isAtLeast(yield* passing(run), 10)
          agrees(replica, script)
        }))
    }))

  it.effect("does not wait for a builder that is dead", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* ReplicaPlace.using(directory, script, (replica) => replica.catchUp())
      yield* restamp(directory, (stamp) => ({ ...stamp, applied: undefined, builder: `${deadPid} 5` }))
      yield* ReplicaPlace.using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    }))

  it.effect("lets go of a building that another process took over", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      script.trim()
      script.change("f", [{ name: "after the base" }])
      let taken = false
      // When the segments are in and the log's tail is asked for.
      const meddling = layerWith(script, {
        commitsAfter: (position) =>
          Stream.unwrap(Effect.suspend(() => {
            const original = script.service.commitsAfter(position)
            if (taken) return Effect.succeed(original)
            taken = true
            const take = restamp(directory, (stamp) => ({ ...stamp, builder: `${process.ppid} 5`, progress: 1 }), true)
            return Effect.as(Effect.orDie(take), original)
          }))
      })
      yield* Effect.gen(function*() {
        const replica = yield* Replica
        const run = yield* Effect.forkChild(replica.catchUp())
        assert.isAtLeast(yield* passing(run), 10)
        assert.isTrue(taken)
        agrees(replica, script)
      }).pipe(Effect.provide(ReplicaPlace.layerAt(directory, meddling)))
    }))

  it.effect("tells of folders that another process's commits changed", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = begun("f", "g", "h")
      yield* ReplicaPlace.using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          const news = yield* Effect.forkChild(Stream.runHead(replica.changes))
          yield* settle
          script.change("g", [{ name: "theirs" }])
          yield* ReplicaPlace.using(directory, script, (other) => other.catchUp())
          script.change("f", [{ name: "ours" }])
          yield* replica.catchUp()
          agrees(replica, script)
          const folders = Option.getOrThrow(yield* Fiber.join(news))
          assert.isTrue(folders.has("f") && folders.has("g"), [...folders].join())
        }))
    }))

  it.effect("knows the blocks of a commit that another process applied at the same time", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = begun("f")
      let meddle = false
      const meddling = layerWith(script, {
        commitsAfter: (position) =>
          Stream.unwrap(Effect.suspend(() => {
            const original = script.service.commitsAfter(position)
            if (!meddle) return Effect.succeed(original)
            const theirs = ReplicaPlace.using(directory, script, (other) => other.catchUp())
            return Effect.as(Effect.orDie(theirs), original)
          }))
      })
      yield* Effect.gen(function*() {
        const replica = yield* Replica
        yield* replica.catchUp()
        meddle = true
        const pack = script.pack(["b"])
        script.commit(
          { _tag: "PacksAdded", packs: [pack.ref] },
          script.filesChanged("f", [{ name: "x", blocks: [{ label: "b", pack: pack.ref.id }] }])
        )
        yield* replica.catchUp()
        assert.strictEqual(replica.findBlockUnsafe(hashOf("b")), pack.ref.id)
        agrees(replica, script)
      }).pipe(Effect.provide(ReplicaPlace.layerAt(directory, meddling)))
    }))
})
