/** The writing half of a connection, over a link that answers when the test says so. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Latch } from "effect"
import * as Messages from "../../src/domain/bep/Messages.ts"
import * as OutboxWriter from "../../src/services/OutboxWriter.ts"
import { PeerGone } from "../../src/services/PeerTransport.ts"

/** A link that takes one write each time `answer` is called, or breaks. */
const slowLink = Effect.gen(function*() {
  const sent: Array<string> = []
  const failures: Array<string> = []
  const gate = Latch.makeUnsafe()
  let broken: string | undefined
  const send = Effect.fnUntraced(function*(buffers: ReadonlyArray<Uint8Array>) {
    yield* gate.await
    gate.closeUnsafe()
    if (broken !== undefined) return yield* new PeerGone({ reason: broken })
    sent.push(Buffer.concat(buffers).toString("latin1"))
  })
  const writer = OutboxWriter.make({ send }, yield* Clock.Clock, (reason) => void failures.push(reason))
  const answer = Effect.suspend(() => {
    gate.openUnsafe()
    return Effect.yieldNow
  })
  const breakOff = (reason: string) => Effect.andThen(Effect.sync(() => broken = reason), answer)
  return { sent, failures, writer, answer, breakOff }
})

const bytes = (text: string, repeat = 1) => [Buffer.from(text.repeat(repeat), "latin1")]

describe("OutboxWriter", () => {
  it.effect("writes what is urgent first, and in order within a kind", () =>
    Effect.gen(function*() {
      const { answer, sent, writer } = yield* slowLink
      for (const [kind, text] of [["index", "i"], ["response", "a"], ["control", "c"], ["response", "b"]] as const) {
        writer.push(kind, bytes(text))
      }
      yield* Effect.forkChild(writer.loop, { startImmediately: true })
      yield* answer
      assert.deepStrictEqual(sent, ["cabi"])
    }))

  it.effect("counts bytes until the link has them, and wakes who waits for that", () =>
    Effect.gen(function*() {
      const { answer, writer } = yield* slowLink
      writer.push("index", bytes("x", 10))
      const room = yield* Effect.forkChild(writer.until(() => writer.size("index") === 0), { startImmediately: true })
      yield* Effect.forkChild(writer.loop, { startImmediately: true })
      yield* Effect.yieldNow
      assert.strictEqual(writer.size("index"), 10, "taken, and not written")
      assert.isUndefined(room.pollUnsafe())
      yield* answer
      yield* Fiber.join(room)
      assert.strictEqual(writer.size("index"), 0)
    }))

  it.effect("fails when a bound is passed, and queues nothing then", () =>
    Effect.gen(function*() {
      const { failures, writer } = yield* slowLink
      assert.isTrue(writer.push("index", [new Uint8Array(4 * 1024 * 1024)]), "one always fits")
      assert.isFalse(writer.push("index", bytes("x")))
      assert.deepStrictEqual(failures, ["too many bytes of index unsent"])
      assert.strictEqual(writer.size("index"), 4 * 1024 * 1024)
    }))

  it.effect("fails when the link does", () =>
    Effect.gen(function*() {
      const { breakOff, failures, writer } = yield* slowLink
      writer.push("request", bytes("q"))
      const loop = yield* Effect.forkChild(writer.loop, { startImmediately: true })
      yield* breakOff("reset by peer")
      yield* Fiber.join(loop)
      assert.deepStrictEqual(failures, ["reset by peer"])
    }))

  it.effect("ends with Close after what is being written, without what waits, and takes nothing more", () =>
    Effect.gen(function*() {
      const { answer, sent, writer } = yield* slowLink
      writer.push("response", bytes("a"))
      const loop = yield* Effect.forkChild(writer.loop, { startImmediately: true })
      yield* Effect.yieldNow
      writer.push("response", bytes("b"))
      writer.finish("over")
      assert.isFalse(writer.push("control", bytes("c")))
      yield* answer
      yield* answer
      yield* Fiber.join(loop)
      const close = Buffer.from(Messages.encodeFrame({ _tag: "Close", reason: "over" })).toString("latin1")
      assert.deepStrictEqual(sent, ["a", close])
    }))
})
