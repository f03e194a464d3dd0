/**
 * S3 as the double plays it: the contract in both address styles, and all that a real server does only once in a while. Against
 * a real bucket, which must be empty below the prefix: BEPOSITORY_TEST_S3_URI=s3://bucket/prefix, credentials as always.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Context, Duration, Effect, Fiber, Layer, Result, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as StorageUri from "../../src/domain/StorageUri.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import { type GetError, ObjectStore } from "../../src/services/ObjectStore.ts"
import * as StoreProbe from "../../src/services/StoreProbe.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import * as S3Double from "../harness/S3Double.ts"
import type { Reply } from "../harness/S3DoubleBuckets.ts"
import * as S3Store from "../harness/S3Store.ts"

const environment = (more: Record<string, string> = {}) =>
  ConfigProvider.layer(ConfigProvider.fromEnvRecord({
    AWS_ACCESS_KEY_ID: S3Double.defaults.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3Double.defaults.secretAccessKey,
    AWS_CONFIG_FILE: "/nonexistent/config",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials",
    ...more
  }))

objectStoreContract(
  "S3 double, path style",
  Layer.unwrap(Effect.map(
    S3Double.make({ buckets: ["bucket"], pageSize: 50 }),
    ({ url }) => S3Store.layer({ bucket: "bucket", prefix: "", endpoint: url, ambient: false })
  )).pipe(Layer.provide(environment())),
  { small: true }
)

const domain = "s3.test"

objectStoreContract(
  "S3 double, virtual hosts, below a prefix, short pages",
  Layer.unwrap(Effect.gen(function*() {
    const { port } = yield* S3Double.make({ buckets: ["bucket"], pageSize: 7, needsMd5: true, domain })
    yield* S3Double.resolving(domain)
    const endpoint = `http://${domain}:${port}`
    return S3Store.layer({ bucket: "bucket", prefix: "a/b/", endpoint, pathStyle: false, ambient: false })
  })).pipe(Layer.provide(environment())),
  { small: true }
)

const real = process.env.BEPOSITORY_TEST_S3_URI
if (real !== undefined) {
  const uri = Result.getOrThrow(StorageUri.parse(real))
  if (uri._tag !== "S3") throw new Error("BEPOSITORY_TEST_S3_URI is no s3:// URI")
  const store = ObjectStoreRetrying.layer({ budget: Duration.minutes(1) }).pipe(
    Layer.provide(S3Store.layer({ ...uri, prefix: `${uri.prefix}test-${process.pid}/` }))
  )
  const timeout = 600_000
  objectStoreContract(`S3, ${StorageUri.location(uri)}`, store, { small: true, timeout, histories: 3 })

  it.live("the bucket creates only if absent, and nothing of the suite stays in it", () =>
    Effect.gen(function*() {
      const store = yield* ObjectStore
      const left = yield* Stream.runCollect(store.list(""))
      yield* store.remove(left.map(({ key }) => key))
      yield* StoreProbe.conditionalPut(store, `${process.pid}`)
      assert.deepStrictEqual([...(yield* Stream.runCollect(store.list("")))], [])
    }).pipe(Effect.provide(store), Effect.scoped), timeout)
}

const opened = (
  options: Partial<S3Store.Options>,
  env: Record<string, string> = {}
) =>
  Layer.build(S3Store.layer({ bucket: "bucket", prefix: "p/", ambient: false, ...options })).pipe(
    Effect.provide(environment(env)),
    Effect.map((context) => Context.get(context, ObjectStore))
  )

const body = [Uint8Array.of(1, 2), Uint8Array.of(3)]
const large = Array.from({ length: 40 }, (_, at) => new Uint8Array(100_000).fill(at))

/** A double with one bucket, and the store on it. */
const rig = Effect.fnUntraced(function*(
  options: S3Double.Options = {},
  store: Partial<S3Store.Options> = {},
  env: Record<string, string> = {}
) {
  const double = yield* S3Double.make({ buckets: ["bucket"], ...options })
  return { double, store: yield* opened({ endpoint: double.url, ...store }, env) }
})

/** The fault once, for the next request that fits. */
const once = (double: S3Double.S3Double, method: string, fault: S3Double.Fault) => {
  let used = false
  double.faults.push((request) => {
    if (used || request.method !== method) return undefined
    used = true
    return fault
  })
}

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** What a refusal says; what is none fits no pattern of one. */
const refusal = (error: GetError): string =>
  error._tag === "StoreRefused" ? `${error.reason}; ${error.mend}` : `${error._tag}: ${error.message}`

describe("what goes over the wire", () => {
  it.live("puts with one request that is signed, conditional and of known length", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      assert.strictEqual(yield* store.put("log/1", body), "Created")
      assert.deepStrictEqual(yield* store.get("log/1"), Uint8Array.of(1, 2, 3))
      const [put, get] = double.requests
      assert.strictEqual(double.requests.length, 2)
      assert.strictEqual(put?.headers["if-none-match"], "*")
      assert.strictEqual(put?.headers["content-length"], "3")
      assert.strictEqual(put?.headers["transfer-encoding"], undefined)
      assert.strictEqual(put?.headers["expect"], undefined)
      // Plain HTTP: the signature proves the body.
      assert.match(put?.headers["x-amz-content-sha256"]?.toString() ?? "", /^[0-9a-f]{64}$/)
      assert.strictEqual(get?.connection, put?.connection, "one connection is used again")
      assert.deepStrictEqual([...double.objects("bucket").keys()], ["p/log/1"])
      assert.notInclude(store.location, S3Double.defaults.accessKeyId)
      assert.strictEqual(store.location, "s3://bucket/p")
    }))

  it.live("gives the storage class to packs alone", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({}, { storageClass: "STANDARD_IA" })
      const pack = `pack/ab/1-${"ab".repeat(16)}`
      yield* store.put(pack, body)
      yield* store.put("log/00000000000000000001", body)
      assert.strictEqual(double.objects("bucket").get(`p/${pack}`)?.storageClass, "STANDARD_IA")
      assert.strictEqual(double.objects("bucket").get("p/log/00000000000000000001")?.storageClass, "STANDARD")
    }))

  it.live("deletes in batches of a thousand, with the digest that older stores want", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({ needsMd5: true })
      const keys = Array.from({ length: 2001 }, (_, at) => `gone/${at}&<é>`)
      yield* store.put(keys[2000]!, body)
      yield* store.put("kept", body)
      yield* store.remove(keys)
      assert.deepStrictEqual([...double.objects("bucket").keys()], ["p/kept"])
      assert.strictEqual(double.requests.filter(({ method }) => method === "POST").length, 3)
    }))

  it.live("does not list the mark of a folder that a console leaves at the prefix", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("a", body)
      double.objects("bucket").set("p/", { ...double.objects("bucket").get("p/a")!, bytes: Buffer.alloc(0) })
      const entries = yield* Stream.runCollect(store.list(""))
      assert.deepStrictEqual([...entries], [{ key: "a", size: 3 }])
    }))

  it.live("tells the store's time, not ours", () =>
    Effect.gen(function*() {
      const { store } = yield* rig({ ahead: 10 * 60_000 })
      const time = yield* store.now
      assert.isAtLeast(time - (yield* Clock.currentTimeMillis), 9 * 60_000)
    }))

  it.live("opens no more connections than its bound, and closes them with its scope", () =>
    Effect.gen(function*() {
      const double = yield* S3Double.make({ buckets: ["bucket"] })
      let release = () => {}
      const until = new Promise<void>((resolve) => {
        release = resolve
      })
      double.faults.push(({ method }) => method === "PUT" ? { _tag: "Delay", until } : undefined)
      yield* Effect.scoped(Effect.gen(function*() {
        const store = yield* opened({ endpoint: double.url })
        const putting = yield* Effect.forkChild(Effect.forEach(
          Array.from({ length: 100 }, (_, at) => at),
          (at) => store.put(`k/${at}`, body),
          { concurrency: "unbounded", discard: true }
        ))
        yield* Effect.promise(() => double.seen(() => double.requests.length === 32))
        // A request more would come at once: this one needs no answer to any of them.
        yield* Effect.promise(() => fetch(double.url).then((reply) => reply.text()))
        assert.strictEqual(double.requests.filter(({ method }) => method === "PUT").length, 32)
        release()
        yield* Fiber.join(putting)
      }))
      assert.strictEqual(double.objects("bucket").size, 100)
    }).pipe(Effect.scoped, noLeaks))
})

describe("lost replies, cuts and silence", () => {
  it.live("leaves it open whether a put took effect when the reply is lost, and finds it there the second time", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      once(double, "PUT", { _tag: "LoseReply" })
      assert.strictEqual((yield* Effect.flip(store.put("a", large)))._tag, "StoreUnavailable")
      assert.strictEqual(yield* store.put("a", large), "Exists")
      assert.strictEqual((yield* store.get("a")).length, 4_000_000)
    }).pipe(Effect.scoped, noLeaks))

  it.live("never gives a part of an object for the whole, however the reply ends", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("a", large)
      for (const after of [0, 1, 70_000, 3_999_999]) {
        for (const reset of [true, false]) {
          once(double, "GET", { _tag: "Cut", after, reset })
          const error = yield* Effect.flip(store.get("a"))
          assert.strictEqual(error._tag, "StoreUnavailable", `${after} ${reset}`)
          once(double, "GET", { _tag: "Cut", after: Math.min(after, 99), reset })
          const range = yield* Effect.flip(store.get("a", { start: 5, end: 105 }, new Uint8Array(200)))
          assert.strictEqual(range._tag, "StoreUnavailable")
        }
      }
      assert.strictEqual((yield* store.get("a")).length, 4_000_000)
    }).pipe(Effect.scoped, noLeaks))

  it.live("believes no bytes but those it asked for", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("a", [new Uint8Array(1000).fill(7)])
      const changed = (change: (reply: Reply) => Reply) => {
        once(double, "GET", { _tag: "Change", change })
        return Effect.flip(store.get("a", { start: 100, end: 200 }))
      }
      const range = (text: string) => (reply: Reply) => ({
        ...reply,
        headers: { ...reply.headers, "content-range": text }
      })
      for (const text of ["bytes 0-99/1000", "bytes 100-198/1000", "bytes 100-200/1000", "none"]) {
        assert.strictEqual((yield* changed(range(text)))._tag, "StoreUnavailable", text)
      }
      assert.strictEqual(
        (yield* changed((reply) => ({ ...reply, body: reply.body.subarray(1) })))._tag,
        "StoreUnavailable"
      )
      assert.strictEqual((yield* changed((reply) => ({ ...reply, status: 204 })))._tag, "StoreUnavailable")
      // All of the object is an answer to a range too.
      const all = Uint8Array.from({ length: 1000 }, (_, at) => at & 255)
      once(double, "GET", {
        _tag: "Change",
        change: () => ({ status: 200, headers: { etag: "\"1\"" }, body: all })
      })
      assert.deepStrictEqual(
        yield* store.get("a", { start: 100, end: 104 }, new Uint8Array(1000)),
        Uint8Array.of(100, 101, 102, 103)
      )
    }))

  it.live("never takes a cut listing for a short one", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* Effect.forEach(["a", "b", "c"], (key) => store.put(key, body))
      for (const after of [0, 1, 60, 200, 300, 400, 500, 600]) {
        for (const unstated of [true, false]) {
          once(double, "GET", { _tag: "Cut", after, unstated })
          const error = yield* Effect.flip(Stream.runCollect(store.list("")))
          assert.strictEqual(error._tag, "StoreUnavailable", `${after} ${unstated}`)
        }
      }
      once(double, "GET", { _tag: "Foreign", status: 200, body: "<html>hello</html>" })
      assert.strictEqual((yield* Effect.flip(Stream.runCollect(store.list(""))))._tag, "StoreUnavailable")
      once(double, "GET", { _tag: "Foreign", status: 200, body: "<Error><Code>InternalError</Code></Error>" })
      assert.strictEqual((yield* Effect.flip(Stream.runCollect(store.list(""))))._tag, "StoreUnavailable")
      assert.strictEqual((yield* Stream.runCollect(store.list(""))).length, 3)
    }))

  it.effect("cuts a request to a server that went silent, later for a body that may still be on its way", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("a", body)
      double.faults.push(() => ({ _tag: "Hang" }))
      for (
        const [run, seconds] of [
          [Effect.asVoid(store.get("a")), 30],
          [store.now, 30],
          [Effect.asVoid(store.put("b", large)), 275]
        ] as const
      ) {
        const count = double.requests.length
        const running = yield* Effect.forkChild(Effect.flip(run))
        yield* Effect.promise(() => double.seen(() => double.requests.length > count))
        yield* TestClock.adjust(`${seconds - 1} seconds`)
        assert.isUndefined(running.pollUnsafe())
        // Bytes that the system takes late begin the time anew.
        for (let waited = 0; waited <= seconds && running.pollUnsafe() === undefined; waited += 11) {
          yield* TestClock.adjust("11 seconds")
        }
        const error = yield* Fiber.join(running)
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.match(error.message, /no byte moved/)
      }
    }).pipe(Effect.scoped, noLeaks))

  it.effect("does not count the time that a request waits for its turn", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("a", body)
      let hanging = 32
      let release = () => {}
      const until = new Promise<void>((resolve) => {
        release = resolve
      })
      double.faults.push(() => hanging-- > 0 ? { _tag: "Hang" } : { _tag: "Delay", until })
      const getting = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 33 }), () => Effect.result(store.get("a")), { concurrency: "unbounded" })
      )
      yield* Effect.promise(() => double.seen(() => double.requests.length === 33))
      yield* TestClock.adjust("30 seconds")
      yield* Effect.promise(() => double.seen(() => double.requests.length === 34))
      yield* TestClock.adjust("29 seconds")
      release()
      const results = yield* Fiber.join(getting)
      assert.deepStrictEqual(
        results.map(({ _tag }) => _tag),
        [...Array.from({ length: 32 }, () => "Failure" as const), "Success"]
      )
    }).pipe(Effect.scoped, noLeaks))

  it.live("ends the connection of a request that is interrupted, or answered before all of it was sent", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      const closed = Effect.gen(function*() {
        for (let turns = 0; turns < 20_000 && double.connections() > 0; turns++) yield* turn
        assert.strictEqual(double.connections(), 0)
      })
      once(double, "GET", { _tag: "Hang" })
      const getting = yield* Effect.forkChild(store.get("a"))
      yield* Effect.promise(() => double.seen(() => true))
      yield* Fiber.interrupt(getting)
      yield* closed
      once(double, "PUT", { _tag: "Hang" })
      const putting = yield* Effect.forkChild(store.put("b", large))
      yield* Effect.promise(() => double.seen(({ method }) => method === "PUT"))
      yield* Fiber.interrupt(putting)
      yield* closed
      const headers = { connection: "keep-alive" }
      once(double, "PUT", { _tag: "Refuse", status: 403, code: "AccessDenied", early: true, headers })
      const huge = Array.from({ length: 10 }, () => large).flat()
      assert.match(refusal(yield* Effect.flip(store.put("c", huge))), /AccessDenied/)
      yield* closed
    }).pipe(Effect.scoped, noLeaks))
})

describe("what is refused, and with what advice", () => {
  it.live("tells absent objects from absent buckets and from other servers", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      assert.strictEqual((yield* Effect.flip(store.get("a")))._tag, "ObjectNotFound")
      const other = yield* opened({ endpoint: double.url, bucket: "other" })
      assert.match(refusal(yield* Effect.flip(other.get("a"))), /no bucket "other" at http.*create it/)
      assert.match(refusal(yield* Effect.flip(other.put("a", body))), /no bucket "other"/)
      assert.match(refusal(yield* Effect.flip(Stream.runCollect(other.list("")))), /no bucket "other"/)
      assert.match(refusal(yield* Effect.flip(other.remove(["a"]))), /no bucket "other"/)
      assert.match(refusal(yield* Effect.flip(other.remove(["a", "b"]))), /no bucket "other"/)
      assert.match(refusal(yield* Effect.flip(other.now)), /no bucket "other"/)
      for (const status of [404, 502, 503]) {
        once(double, "GET", { _tag: "Foreign", status, body: "404 page not found" })
        assert.strictEqual((yield* Effect.flip(store.get("a")))._tag, "StoreUnavailable")
      }
    }))

  it.live("a wrong secret, an unknown key, an expired token, a wrong clock, a wrong region", () =>
    Effect.gen(function*() {
      const { double } = yield* rig({ region: "eu-west-1" }, { region: "eu-west-1" })
      const { url: endpoint } = double
      const check = (store: ObjectStore["Service"], pattern: RegExp) =>
        Effect.gen(function*() {
          for (
            const run of [
              Effect.asVoid(store.get("a")),
              Effect.asVoid(store.put("a", body)),
              Stream.runDrain(store.list("")),
              Effect.asVoid(store.now)
            ]
          ) {
            const error = yield* Effect.flip(run)
            assert.match(refusal(error), pattern)
            assert.notInclude(error.message, S3Double.defaults.secretAccessKey)
          }
        })
      const region = "eu-west-1"
      yield* check(
        yield* opened({ endpoint, region }, { AWS_SECRET_ACCESS_KEY: "x" }),
        /secret key does not belong.*environment/
      )
      yield* check(
        yield* opened({ endpoint, region }, { AWS_ACCESS_KEY_ID: "AKIDOTHER" }),
        /does not know the access key/
      )
      yield* check(yield* opened({ endpoint, region }, { AWS_SESSION_TOKEN: "old" }), /no longer valid.*get new ones/)
      yield* check(yield* opened({ endpoint }), /is in the region eu-west-1, not in us-east-1; write region=eu-west-1/)
      const late = yield* S3Double.make({ buckets: ["bucket"], ahead: 3_600_000 })
      const error = yield* Effect.flip((yield* opened({ endpoint: late.url })).get("a"))
      assert.match(refusal(error), /clock.*15 minutes.*set the clock/)
      once(double, "PUT", {
        _tag: "Refuse",
        status: 301,
        code: "PermanentRedirect",
        headers: { "x-amz-bucket-region": "ap-south-1" }
      })
      const moved = yield* opened({ endpoint, region })
      assert.match(refusal(yield* Effect.flip(moved.put("a", body))), /region ap-south-1.*region=ap-south-1/)
    }))

  it.live("passes on what may pass: slow down, conflicts, errors of the server, also before all was sent", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      for (
        const [status, code] of [[503, "SlowDown"], [409, "ConditionalRequestConflict"], [
          500,
          "InternalError"
        ]] as const
      ) {
        for (const early of [false, true]) {
          once(double, "PUT", { _tag: "Refuse", status, code, early })
          const error = yield* Effect.flip(store.put("a", early ? large : body))
          assert.strictEqual(error._tag, "StoreUnavailable", code)
        }
      }
      once(double, "PUT", { _tag: "Refuse", status: 403, code: "QuotaExceeded" })
      assert.strictEqual((yield* Effect.flip(store.put("a", body)))._tag, "StoreFull")
      assert.strictEqual(yield* store.put("a", body), "Created")
    }))

  it.live("a batch that is refused in part", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      const parts = (code: string) => {
        const text = `<DeleteResult><Error><Key>p/b</Key><Code>${code}</Code></Error></DeleteResult>`
        once(double, "POST", { _tag: "Change", change: (reply) => ({ ...reply, body: Buffer.from(text) }) })
        return store.remove(["a", "b"])
      }
      assert.match(refusal(yield* Effect.flip(parts("AccessDenied"))), /s3:DeleteObject/)
      assert.strictEqual((yield* Effect.flip(parts("InternalError")))._tag, "StoreUnavailable")
      yield* parts("NoSuchKey")
    }))
})
