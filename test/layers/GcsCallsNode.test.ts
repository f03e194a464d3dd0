/** Calls of Google's libraries: asked once, bounded, and gone when nobody waits for them. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Queue } from "effect"
import type * as Http from "node:http"
import type * as GcsDouble from "../harness/GcsDouble.ts"
import { body, listening, opened, refusal, requests, rig, trap } from "../harness/GcsRig.ts"
import { noLeaks } from "../harness/NoLeaks.ts"

describe("calls of Google's libraries", () => {
  it.live("a hung request ends when it is interrupted, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      double.decide = () => ({ hang: true })
      const fiber = yield* Effect.forkChild(store.put("x", [new Uint8Array(10_000_000)]), { startImmediately: true })
      while (double.asked.length === 0) yield* Effect.sleep("5 millis")
      yield* Fiber.interrupt(fiber)
      double.decide = () => undefined
      assert.strictEqual((yield* Effect.flip(store.get("x")))._tag, "ObjectNotFound")
    }).pipe(Effect.scoped, noLeaks))

  it.live("opens no more connections than its bound", () =>
    Effect.gen(function*() {
      const waiting: Array<Http.ServerResponse> = []
      const full = yield* Deferred.make<void>()
      let open = false
      const answer = (response: Http.ServerResponse) => response.writeHead(412).end()
      const server = yield* listening((request, response) => {
        request.resume().once("end", () => {
          if (open) return void answer(response)
          if (waiting.push(response) === 32) Deferred.doneUnsafe(full, Effect.void)
        })
      })
      const store = yield* opened({ endpoint: `http://${server}` })
      const many = Effect.forEach(Array.from({ length: 50 }, (_, at) => at), (at) => store.put(`${at}`, body), {
        concurrency: "unbounded"
      })
      const fiber = yield* Effect.forkChild(many, { startImmediately: true })
      yield* Deferred.await(full)
      yield* Effect.sleep("100 millis")
      assert.strictEqual(waiting.length, 32)
      open = true
      waiting.forEach(answer)
      assert.deepStrictEqual(new Set(yield* Fiber.join(fiber)), new Set(["Exists"]))
    }).pipe(Effect.scoped, noLeaks))

  it.live("asks once, whatever the answer is, and logs in once", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({ login: true })
      const asked = () => double.asked.length
      double.decide = () => ({ status: 503 })
      assert.include((yield* Effect.flip(store.get("x"))).message, "503")
      assert.strictEqual(asked(), 1)
      double.decide = () => undefined
      yield* store.put("x", body)
      for (const fault of [{ status: 503 }, { lose: true }, { cut: 1 }] satisfies ReadonlyArray<GcsDouble.Fault>) {
        double.decide = () => fault
        for (const request of requests(store)) {
          const before = asked()
          yield* Effect.exit(request)
          assert.strictEqual(asked() - before, 1, JSON.stringify(fault))
        }
      }
    }).pipe(Effect.scoped, noLeaks))

  it.live("an answer that leads elsewhere is none, and nobody goes there", () =>
    Effect.gen(function*() {
      const { host, visits } = yield* trap
      const { double, store } = yield* rig()
      for (const status of [301, 302, 303, 307, 308]) {
        double.decide = () => ({ answer: { status, headers: { location: `http://${host}/` }, body: "" } })
        for (const request of requests(store)) {
          assert.match(refusal(yield* Effect.flip(request)), new RegExp(`${status}`))
        }
      }
      assert.deepStrictEqual(visits, [])
    }).pipe(Effect.scoped, noLeaks))

  it.live("what ends one download leaves the other requests alone", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("x", [new Uint8Array(1 << 20)])
      double.decide = ({ method }) => method === "POST" ? { delay: 150 } : { cut: 100_000 }
      const puts = yield* Effect.forkChild(
        Effect.forEach(["a", "b", "c"], (key) => store.put(key, body), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      while (double.asked.length < 4) yield* Effect.sleep("5 millis")
      assert.strictEqual((yield* Effect.flip(store.get("x")))._tag, "StoreUnavailable")
      assert.deepStrictEqual(yield* Fiber.join(puts), ["Created", "Created", "Created"])
    }).pipe(Effect.scoped, noLeaks))

  it.live("a download that is interrupted on its way leaves nothing behind", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("x", [new Uint8Array(64 << 20)])
      const fiber = yield* Effect.forkChild(store.get("x"), { startImmediately: true })
      while (double.asked.length < 2) yield* Effect.sleep("1 millis")
      yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* store.get("x", { start: 5, end: 9 })).length, 4)
    }).pipe(Effect.scoped, noLeaks))

  it.live.each<[string, Record<string, string>]>([
    ["by its length", { "content-length": "1000" }],
    ["by its last chunk", { "transfer-encoding": "chunked" }]
  ])(
    "an object whose connection is closed politely before its end, as told %s, is none",
    ([, headers]) =>
      Effect.gen(function*() {
        const server = yield* listening((request, response) => {
          response.writeHead(200, headers)
          response.write("abc", () => request.socket.end())
        })
        const store = yield* opened({ endpoint: `http://${server}` })
        assert.strictEqual((yield* Effect.flip(store.get("x")))._tag, "StoreUnavailable")
        assert.strictEqual(
          (yield* Effect.flip(store.get("x", undefined, new Uint8Array(2000))))._tag,
          "StoreUnavailable"
        )
      }).pipe(Effect.scoped, noLeaks)
  )

  it.live("who answers before he heard all of it is not told the rest", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      let listen = () => {}
      const server = yield* listening((request, response) => {
        listen = () => request.resume()
        request.socket.once("close", () => Deferred.doneUnsafe(closed, Effect.void))
        const text = JSON.stringify({ error: { code: 403, errors: [{ reason: "forbidden" }] } })
        // Not ended: what comes in is not read then.
        response.writeHead(403, { "content-type": "application/json", "content-length": text.length }).write(text)
      })
      const store = yield* opened({ endpoint: `http://${server}` })
      const error = yield* Effect.flip(store.put("x", Array.from({ length: 64 }, () => new Uint8Array(1 << 20))))
      assert.strictEqual(error._tag, "StoreRefused")
      listen()
      yield* Deferred.await(closed)
    }).pipe(Effect.scoped, noLeaks))

  it.live("who does not answer hears that nobody waits any more", () =>
    Effect.gen(function*() {
      const arrived = yield* Queue.unbounded<void>()
      const closed = yield* Queue.unbounded<void>()
      const server = yield* listening((request) => {
        request.resume().once("end", () => Queue.offerUnsafe(arrived, undefined))
        request.socket.once("close", () => Queue.offerUnsafe(closed, undefined))
      })
      const store = yield* opened({ endpoint: `http://${server}` })
      for (const request of requests(store)) {
        const fiber = yield* Effect.forkChild(request, { startImmediately: true })
        yield* Queue.take(arrived)
        yield* Fiber.interrupt(fiber)
        yield* Queue.take(closed)
      }
    }).pipe(Effect.scoped, noLeaks))
})
