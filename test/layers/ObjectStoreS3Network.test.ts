/** What stands between us and an S3 store: connections that died unnoticed, portals and proxies that answer in its place. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Duration, Effect, Fiber, Layer, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as S3Wire from "../../src/domain/store/S3Wire.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import { type GetError, ObjectStore } from "../../src/services/ObjectStore.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import * as S3Double from "../harness/S3Double.ts"
import * as S3Store from "../harness/S3Store.ts"

const environment = ConfigProvider.layer(ConfigProvider.fromEnvRecord({
  AWS_ACCESS_KEY_ID: S3Double.defaults.accessKeyId,
  AWS_SECRET_ACCESS_KEY: S3Double.defaults.secretAccessKey,
  AWS_CONFIG_FILE: "/nonexistent/config",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials"
}))

const rig = Effect.gen(function*() {
  const double = yield* S3Double.make({ buckets: ["bucket"] })
  const layer = S3Store.layer({ bucket: "bucket", prefix: "", endpoint: double.url, ambient: false })
  const store = Context.get(yield* Effect.provide(Layer.build(layer), environment), ObjectStore)
  yield* store.put("a", [Uint8Array.of(1)])
  return { double, store }
})

/** Opens so many connections, which are kept; answers them. */
const keep = Effect.fnUntraced(function*({ double, store }: Effect.Success<typeof rig>, count: number) {
  let release = () => {}
  const until = new Promise<void>((resolve) => {
    release = resolve
  })
  const before = double.requests.length
  double.faults.push(() => ({ _tag: "Delay", until }))
  const getting = yield* Effect.forkChild(
    Effect.forEach(Array.from({ length: count }), () => store.get("a"), { concurrency: "unbounded", discard: true }),
    { startImmediately: true }
  )
  yield* Effect.promise(() => double.seen(() => double.requests.length === before + count))
  release()
  yield* Fiber.join(getting)
  double.faults.length = 0
  return new Set(double.requests.slice(before).map(({ connection }) => connection))
})

describe("connections that died", () => {
  it.effect("one silent connection costs one patience: the next request does not take another of that time", () =>
    Effect.gen(function*() {
      const found = yield* rig
      const { double, store } = found
      const dead = yield* keep(found, 6)
      assert.strictEqual(dead.size, 6)
      double.faults.push(({ connection }) => dead.has(connection) ? { _tag: "Hang" } : undefined)
      const count = double.requests.length
      const getting = yield* Effect.forkChild(Effect.flip(store.get("a")), { startImmediately: true })
      yield* Effect.promise(() => double.seen(() => double.requests.length > count))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* Fiber.join(getting))._tag, "StoreUnavailable")
      const again = yield* Effect.forkChild(store.get("a"), { startImmediately: true })
      yield* Effect.promise(() => double.seen(() => double.requests.length > count + 1))
      assert.isFalse(dead.has(double.requests.at(-1)?.connection ?? 0), "a new connection")
      yield* Fiber.join(again)
    }).pipe(Effect.scoped, noLeaks))

  it.live("a reset is a sign that the others are dead, too", () =>
    Effect.gen(function*() {
      const found = yield* rig
      const { double, store } = found
      const kept = yield* keep(found, 4)
      double.faults.push(({ connection }) => kept.has(connection) ? { _tag: "LoseReply" } : undefined)
      assert.strictEqual((yield* Effect.flip(store.get("a")))._tag, "StoreUnavailable")
      assert.strictEqual((yield* store.get("a")).length, 1)
      assert.isFalse(kept.has(double.requests.at(-1)?.connection ?? 0))
    }).pipe(Effect.scoped, noLeaks))

  it.live("an unused connection ends by itself; one in use does not, however long the answer takes", () =>
    Effect.promise(async () => {
      let answer = () => {}
      const server = Http.createServer({ keepAliveTimeout: 60_000 }, (_, response) => {
        answer = () => response.end("abc")
      })
      const closed = new Promise<void>((resolve) => server.on("connection", (socket) => socket.once("close", resolve)))
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const agent = new Http.Agent(S3Wire.agent(4, 30))
      const { port } = server.address() as AddressInfo
      const text = await new Promise<string>((resolve, reject) => {
        const sent = Http.get({ agent, port, host: "127.0.0.1" }, (reply) => {
          let all = ""
          reply.on("data", (chunk: Buffer) => {
            all += chunk.toString()
          })
          reply.on("end", () => resolve(all))
        })
        sent.on("error", reject)
        // The time of an unused connection is over, and this one is used.
        sent.once("timeout", () => answer())
      })
      assert.strictEqual(text, "abc")
      await closed
      agent.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    }))
})

describe("who answers in the store's place", () => {
  it.live("is the end before the store ever answered, and passes afterwards", () =>
    Effect.gen(function*() {
      const double = yield* S3Double.make({ buckets: ["bucket"] })
      const layer = S3Store.layer({ bucket: "bucket", prefix: "", endpoint: double.url, ambient: false })
      const store = Context.get(yield* Effect.provide(Layer.build(layer), environment), ObjectStore)
      const portal = () => {
        double.faults.push(() => ({ _tag: "Foreign", status: 403, body: "<html>log in first</html>" }))
      }
      portal()
      assert.strictEqual((yield* Effect.flip(store.get("a")))._tag, "StoreRefused")
      double.faults.length = 0
      // That an object is not there is an answer of the store.
      assert.strictEqual((yield* Effect.flip(store.get("a")))._tag, "ObjectNotFound")
      portal()
      for (const request of [store.get("a"), store.put("a", []), store.remove(["a"]), store.now]) {
        assert.strictEqual((yield* Effect.flip(Effect.asVoid(request)))._tag, "StoreUnavailable")
      }
      double.faults.length = 0
      double.faults.push(() => ({ _tag: "Refuse", status: 403, code: "AccessDenied" }))
      assert.strictEqual((yield* Effect.flip(store.get("a")))._tag, "StoreRefused")
    }).pipe(Effect.scoped, noLeaks))

  it.live("a page in the place of an answer is none, whatever its status", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig
      const operations: ReadonlyArray<readonly [string, Effect.Effect<unknown, GetError>]> = [
        ["put", store.put("b", [Uint8Array.of(2)])],
        ["get", store.get("a")],
        ["a range", store.get("a", { start: 0, end: 1 })],
        ["list", Stream.runCollect(store.list(""))],
        ["remove", store.remove(["a"])],
        ["now", store.now]
      ]
      const pages: ReadonlyArray<readonly [what: string, body: string, headers: Readonly<Record<string, string>>]> = [
        ["nothing", "", {}],
        ["a page", "<html>log in first</html>", {}],
        ["a page of a web server", "<!DOCTYPE html>", { "content-type": "Text/HTML; charset=utf-8", etag: "\"5f-3\"" }],
        ["another document", "<?xml version=\"1.0\"?><ListAllMyBucketsResult/>", { "content-type": "application/xml" }]
      ]
      for (const [what, body, headers] of pages) {
        for (const status of [200, 204]) {
          double.faults.push(() => ({ _tag: "Foreign", status, body, headers }))
          for (const [name, operation] of operations) {
            const error = yield* Effect.flip(operation)
            assert.strictEqual(error._tag, "StoreUnavailable", `${name}: ${what} ${status}`)
          }
          double.faults.length = 0
        }
      }
      assert.deepStrictEqual([...double.objects("bucket").keys()], ["a"])
      double.faults.push(() => ({ _tag: "Foreign", status: 200, body: "<html>log in first</html>" }))
      for (const [name, operation] of operations) {
        assert.include((yield* Effect.flip(operation)).message, "is there a proxy or portal in between?", name)
      }
    }).pipe(Effect.scoped, noLeaks))

  it.live("it is asked again until the store answers", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig
      const retrying = Context.get(
        yield* Layer.build(
          ObjectStoreRetrying.layer({ budget: Duration.minutes(1) }).pipe(
            Layer.provide(Layer.succeed(ObjectStore, store))
          )
        ),
        ObjectStore
      )
      let pages = 1
      double.faults.push(() =>
        pages-- > 0 ? { _tag: "Foreign", status: 200, body: "<html>log in first</html>" } : undefined
      )
      assert.strictEqual(yield* retrying.put("b", [Uint8Array.of(1)]), "Created")
      assert.isTrue(double.objects("bucket").has("b"))
    }).pipe(Effect.scoped, noLeaks))

  it.live("the time comes from a store that says who it is, or can list", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig
      yield* store.now
      assert.deepStrictEqual(double.requests.map(({ method }) => method), ["PUT", "HEAD"])
      double.faults.push(({ method }) =>
        method === "HEAD" ? { _tag: "Foreign", status: 200, body: "", headers: {} } : undefined
      )
      assert.isAbove(yield* store.now, 0)
      assert.deepStrictEqual(double.requests.map(({ method }) => method), ["PUT", "HEAD", "HEAD", "GET"])
    }).pipe(Effect.scoped, noLeaks))
})
