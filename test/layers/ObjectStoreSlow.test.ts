/**
 * Transfers to services over HTTP that are slow, and such that hang: what moves is let live, and what was cut while it was on
 * its way has more time. S3 by the test clock, with sockets of this machine; Google's library by a shorter patience.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Context, Effect, Fiber, Layer } from "effect"
import * as TestClock from "effect/testing/TestClock"
import type * as Http from "node:http"
import * as GcsCallsNode from "../../src/layers/GcsCallsNode.ts"
import * as GcsLoginFiles from "../../src/layers/GcsLoginFiles.ts"
import * as ObjectStoreGcs from "../../src/layers/ObjectStoreGcs.ts"
import { ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"
import { environment, listening, rig } from "../harness/GcsRig.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import * as S3Store from "../harness/S3Store.ts"

const mib = 1024 * 1024
const large = [new Uint8Array(16 * mib)]
/** Without it an answer is no store's. */
const etag = "\"1\""

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Waits in real time until it is so. */
const until = Effect.fnUntraced(function*(so: () => boolean) {
  for (let turns = 0; !so(); turns++) {
    if (turns > 200_000) return yield* Effect.die(new Error("it never was"))
    yield* turn
  }
})

/** Takes of every request's body what it is granted, and answers when it has all of it. */
const miser = Effect.fnUntraced(
  function*(answer: (request: Http.IncomingMessage, response: Http.ServerResponse) => void) {
    let granted = 0
    let received = 0
    const reading = new Set<Http.IncomingMessage>()
    const host = yield* listening((request, response) => {
      reading.add(request)
      request.on("data", (chunk: Uint8Array) => {
        received += chunk.length
        if (received >= granted) request.pause()
      })
      request.on("end", () => answer(request, response))
      request.on("close", () => reading.delete(request))
      if (received >= granted) request.pause()
    })
    const grant = (bytes: number) => {
      granted += bytes
      for (const request of reading) request.resume()
    }
    return { url: `http://${host}`, grant, received: () => received, reading: () => reading.size }
  }
)

const openS3 = (endpoint: string) =>
  Layer.build(S3Store.layer({ bucket: "bucket", prefix: "", endpoint, ambient: false })).pipe(
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({
      AWS_ACCESS_KEY_ID: "id",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_CONFIG_FILE: "/nonexistent/config",
      AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials"
    }))),
    Effect.map((context) => Context.get(context, ObjectStore))
  )

describe("S3 over a slow link", () => {
  it.effect("an object is got over hours, as long as something comes", () =>
    Effect.gen(function*() {
      const body = new Uint8Array(mib).fill(7)
      let reply: Http.ServerResponse | undefined
      const host = yield* listening((_, response) => {
        response.writeHead(200, { etag, "content-length": body.length }).flushHeaders()
        reply = response
      })
      const store = yield* openS3(`http://${host}`)
      const into = new Uint8Array(mib)
      const getting = yield* Effect.forkChild(store.get("a", undefined, into), { startImmediately: true })
      yield* until(() => reply !== undefined)
      // 5 KiB every 25 s: 0.2 KiB/s.
      const step = 5 * 1024
      for (let at = 0; at < body.length; at += step) {
        const end = Math.min(at + step, body.length)
        reply?.write(body.subarray(at, end))
        yield* until(() => into[end - 1] === 7)
        if (end < body.length) assert.isUndefined(getting.pollUnsafe(), `after ${end} bytes`)
        yield* TestClock.adjust("25 seconds")
      }
      reply?.end()
      assert.deepStrictEqual(yield* Fiber.join(getting), body)
      assert.isAbove(yield* Clock.currentTimeMillis, 5_000_000)
    }).pipe(Effect.scoped, noLeaks))

  it.effect("an object in one part is put, as long as something is taken", () =>
    Effect.gen(function*() {
      const { grant, reading, received, url } = yield* miser((_, response) => response.writeHead(200, { etag }).end())
      const store = yield* openS3(url)
      const putting = yield* Effect.forkChild(store.put("a", large), { startImmediately: true })
      yield* until(() => reading() === 1)
      // The system takes some of it beforehand.
      for (let taken = 1; taken <= 5; taken++) {
        grant(mib)
        yield* until(() => received() >= taken * mib)
        for (let turns = 0; turns < 100; turns++) yield* turn
        yield* TestClock.adjust("140 seconds")
        assert.isUndefined(putting.pollUnsafe(), `after ${taken} MiB`)
      }
      grant(Infinity)
      assert.strictEqual(yield* Fiber.join(putting), "Created")
    }).pipe(Effect.scoped, noLeaks))

  it.effect("what hangs is cut, later the next time, and as soon as ever after fast transfers", () =>
    Effect.gen(function*() {
      let open = false
      const { grant, url } = yield* miser((_, response) => open ? response.writeHead(200, { etag }).end() : undefined)
      const store = yield* openS3(url)
      const hanging = Effect.fnUntraced(function*(request: Effect.Effect<unknown, StoreError>) {
        const began = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.forkChild(Effect.flip(request), { startImmediately: true })
        while (fiber.pollUnsafe() === undefined) {
          for (let turns = 0; turns < 100; turns++) yield* turn
          if ((yield* Clock.currentTimeMillis) - began > 3_600_000) return yield* Effect.die(new Error("not cut"))
          yield* TestClock.adjust("1 second")
        }
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "StoreUnavailable")
        return ((yield* Clock.currentTimeMillis) - began) / 1000
      })
      // The first look, after five seconds, sees what the system took; the others that no more was taken.
      assert.approximately(yield* hanging(store.put("a", large)), 5 + 286, 2)
      assert.approximately(yield* hanging(store.put("a", large)), 5 + 542, 2)
      assert.approximately(yield* hanging(store.now), 30, 2)
      open = true
      grant(Infinity)
      for (let times = 0; times < 2; times++) assert.strictEqual(yield* store.put("a", large), "Created")
      open = false
      assert.approximately(yield* hanging(store.put("a", large)), 5 + 286, 2)
    }).pipe(Effect.scoped, noLeaks))
})

describe("Google's library over a slow link", () => {
  it.effect("nothing is cut for the time that it takes", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      double.decide = () => ({ delay: 300 })
      for (const request of [store.put("a", large), Effect.asVoid(store.get("a")), Effect.asVoid(store.now)]) {
        const count = double.asked.length
        const running = yield* Effect.forkChild(Effect.asVoid(request), { startImmediately: true })
        yield* until(() => double.asked.length > count)
        yield* TestClock.adjust("10 hours")
        yield* Fiber.join(running)
      }
    }).pipe(Effect.scoped, noLeaks))

  /** Milliseconds of patience, instead of minutes. */
  const hasty = (endpoint: string) => {
    const options = { bucket: "bucket", prefix: "", endpoint, ambient: false }
    const layer = ObjectStoreGcs.layer(options).pipe(
      Layer.provide(GcsLoginFiles.layer(options)),
      Layer.provide(GcsCallsNode.layerWith((sent, learnt) => 400 + (sent > 0 ? 100 * learnt : 0)))
    )
    return Layer.build(layer).pipe(
      Effect.provide(environment()),
      Effect.map((context) => Context.get(context, ObjectStore))
    )
  }

  it.live("what hangs is cut, and what was cut on its way has more time until it is done", () =>
    Effect.gen(function*() {
      let takes = 500
      let attempts = 0
      const host = yield* listening((request, response) => {
        attempts++
        // As a slow link does with what the system took already.
        request.pause()
        setTimeout(() => request.resume(), takes)
        request.on("end", () => {
          if (request.method !== "POST") return
          response.writeHead(200, { "content-type": "application/json" })
          response.end(JSON.stringify({ name: "a", size: "1000000" }))
        })
      })
      const store = yield* hasty(`http://${host}`)
      const took = Effect.fnUntraced(function*<A, E>(request: Effect.Effect<A, E>) {
        const began = performance.now()
        assert.include(String(yield* Effect.flip(request)), "silence of")
        return performance.now() - began
      })
      assert.isBelow(yield* took(store.get("a")), 2000)
      takes = 900
      attempts = 0
      const put = store.put("a", [new Uint8Array(1_000_000)])
      const done = yield* Effect.retry(put, { times: 8 })
      assert.strictEqual(done, "Created")
      assert.isAbove(attempts, 1)
      assert.isBelow(yield* took(store.get("a")), 2000)
    }).pipe(Effect.scoped, noLeaks))
})
