/** Several processes and one replica: they die at any moment, and they write at once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Stream } from "effect"
import * as Path from "node:path"
import * as Process from "../harness/Process.ts"
import { agrees } from "../harness/ReplicaAnswers.ts"
import * as History from "../harness/ReplicaHistory.ts"
import * as ReplicaPlace from "../harness/ReplicaPlace.ts"
import { hashOf } from "../harness/ScriptedRepository.ts"

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
        yield* ReplicaPlace.using(directory, script, (replica) =>
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
      yield* ReplicaPlace.using(directory, script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          agrees(replica, script)
        }))
    }), 60_000)

  it.live("follows what another process applies: records, blocks and news", () =>
    Effect.gen(function*() {
      const directory = yield* ReplicaPlace.directory
      const script = History.begun(3)
      yield* ReplicaPlace.using(directory, script, (replica) =>
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
      yield* ReplicaPlace.using(directory, script, (replica) =>
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
