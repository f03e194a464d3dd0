/**
 * Google Cloud Storage as the double plays it: the contract, and all that the real service does only once in a while. Against
 * a real bucket, which must be empty below the prefix: BEPOSITORY_TEST_GCS_URI=gs://bucket/prefix, credentials as always.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Context, Duration, Effect, Exit, Fiber, Layer, Result, Stream } from "effect"
import * as Fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import * as StorageUri from "../../src/domain/StorageUri.ts"
import * as ObjectStoreGcs from "../../src/layers/ObjectStoreGcs.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import { type ObjectNotFound, ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as GcsDouble from "../harness/GcsDouble.ts"
import * as Hosts from "../harness/Hosts.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import { tempDirectory } from "../harness/Process.ts"

const environment = (variables: Record<string, string> = {}) =>
  ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/nonexistent", ...variables }))

objectStoreContract(
  "GCS double, without a login",
  Layer.unwrap(Effect.map(
    GcsDouble.make({ pageSize: 50 }),
    ({ url }) => ObjectStoreGcs.layer({ bucket: "bucket", prefix: "", endpoint: url, ambient: false })
  )).pipe(Layer.provide(environment())),
  { small: true }
)

objectStoreContract(
  "GCS double, with a login, below a prefix, short pages",
  Layer.unwrap(Effect.gen(function*() {
    const double = yield* GcsDouble.make({ pageSize: 7, login: true })
    const file = Path.join(yield* tempDirectory("gcs"), "key.json")
    Fs.writeFileSync(file, double.keyFile)
    return ObjectStoreGcs.layer({ bucket: "bucket", prefix: "ä b/#?/", endpoint: double.url, ambient: false }).pipe(
      Layer.provide(environment({ GOOGLE_APPLICATION_CREDENTIALS: file }))
    )
  })),
  { small: true }
)

const real = process.env.BEPOSITORY_TEST_GCS_URI
if (real !== undefined) {
  const uri = Result.getOrThrow(StorageUri.parse(real))
  if (uri._tag !== "Gcs") throw new Error("BEPOSITORY_TEST_GCS_URI is no gs:// URI")
  const prefix = `${uri.prefix}test-${process.pid}/`
  objectStoreContract(
    `GCS, ${StorageUri.location(uri)}`,
    ObjectStoreRetrying.layer({ budget: Duration.minutes(1) }).pipe(
      Layer.provide(ObjectStoreGcs.layer({ ...uri, prefix }))
    ),
    { small: true, timeout: 600_000, histories: 3 }
  )
}

const opened = (options: Partial<ObjectStoreGcs.Options>, env: Record<string, string> = {}) =>
  Layer.build(ObjectStoreGcs.layer({ bucket: "bucket", prefix: "p/", ambient: false, ...options })).pipe(
    Effect.provide(environment(env)),
    Effect.map((context) => Context.get(context, ObjectStore))
  )

const rig = Effect.fnUntraced(function*(
  options: GcsDouble.Options = {},
  store: Partial<ObjectStoreGcs.Options> = {}
) {
  const double = yield* GcsDouble.make(options)
  const env: Record<string, string> = {}
  if (options.login === true) {
    env.GOOGLE_APPLICATION_CREDENTIALS = Path.join(yield* tempDirectory("gcs"), "key.json")
    Fs.writeFileSync(env.GOOGLE_APPLICATION_CREDENTIALS, double.keyFile)
  }
  return { double, store: yield* opened({ endpoint: double.url, ...store }, env) }
})

const body = [Uint8Array.of(1, 2), Uint8Array.of(3)]
const pack = `pack/ab/1-${"ab".repeat(16)}`

/** The fault for the next request that fits, and none after it. */
const once = (double: GcsDouble.GcsDouble, method: string, fault: GcsDouble.Fault) => {
  let used = false
  double.decide = (asked) => {
    if (used || asked.method !== method) return undefined
    used = true
    return fault
  }
}

const refusal = (error: StoreError | ObjectNotFound): string =>
  error._tag === "StoreRefused" ? `${error.reason}; ${error.mend}` : `${error._tag}: ${error.message}`

type Request = Effect.Effect<unknown, StoreError | ObjectNotFound>

/** A server that fails the test that anybody speaks to. */
const trap = Effect.gen(function*() {
  const visits: Array<string> = []
  const server = Http.createServer((request, response) => {
    visits.push(request.url ?? "")
    response.writeHead(200, { "content-type": "application/json" })
    response.end(JSON.stringify({ access_token: "from-the-machine", expires_in: 3600 }))
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.promise(() =>
        new Promise<void>((resolve) => {
          server.closeAllConnections()
          server.close(() => resolve())
        })
      )
  )
  return { visits, host: `127.0.0.1:${(server.address() as AddressInfo).port}` }
})

describe("GCS over the wire", () => {
  it.live("puts with one conditional request, also when it is large", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({}, { project: "payer" })
      const large = Array.from({ length: 40 }, (_, at) => new Uint8Array(1 << 20).fill(at))
      assert.strictEqual(yield* store.put("log/1", large), "Created")
      assert.strictEqual(double.asked.length, 1)
      const [put] = double.asked
      assert.strictEqual(put?.query.get("ifGenerationMatch"), "0")
      assert.strictEqual(put?.query.get("uploadType"), "multipart")
      assert.strictEqual(put?.query.get("userProject"), "payer")
      assert.strictEqual(put?.headers["transfer-encoding"], undefined)
      assert.isTrue(Buffer.concat(large).equals(yield* store.get("log/1")))
      assert.deepStrictEqual([...double.buckets.get("bucket")!.keys()], ["p/log/1"])
      assert.strictEqual(store.location, "gs://bucket/p")
    }).pipe(Effect.scoped, noLeaks))

  it.live("gives the storage class to packs alone", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({}, { storageClass: "NEARLINE" })
      yield* store.put(pack, body)
      yield* store.put("log/00000000000000000001", body)
      const classOf = (key: string) => double.buckets.get("bucket")?.get(`p/${key}`)?.storageClass
      assert.deepStrictEqual([classOf(pack), classOf("log/00000000000000000001")], ["NEARLINE", "STANDARD"])
    }).pipe(Effect.scoped))

  it.live("puts what it gets where it is told to", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("x", body)
      const into = new Uint8Array(10)
      const got = yield* store.get("x", { start: 1, end: 9 }, into)
      assert.strictEqual(got.buffer, into.buffer)
      assert.deepStrictEqual(got, Uint8Array.of(2, 3))
      const small = yield* store.get("x", undefined, new Uint8Array(2))
      assert.deepStrictEqual(small, Uint8Array.of(1, 2, 3))
      // Somebody on the way who ignores the range: the whole object is no reason to write beside what was asked for.
      once(double, "GET", { answer: { status: 200, body: "0123456789" } })
      const whole = yield* store.get("x", { start: 4, end: 6 }, into.fill(0))
      assert.strictEqual(Buffer.from(whole).toString(), "45")
      assert.deepStrictEqual(into, new Uint8Array(10))
    }).pipe(Effect.scoped))

  it.live("does not list the mark of a folder that a console leaves at the prefix", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("a", body)
      const objects = double.buckets.get("bucket")!
      objects.set("p/", { ...objects.get("p/a")!, bytes: new Uint8Array(0) })
      objects.set("other", objects.get("p/a")!)
      assert.deepStrictEqual(yield* Stream.runCollect(store.list("")), [{ key: "a", size: 3 }])
    }).pipe(Effect.scoped))

  it.live("tells the store's time, not ours, by whatever it answers", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      assert.isBelow(Math.abs((yield* store.now) - (yield* Clock.currentTimeMillis)), 10_000)
      const date = "Sun, 06 Nov 1994 08:49:37 GMT"
      once(double, "GET", { answer: { status: 200, headers: { date }, body: "{}" } })
      assert.strictEqual(yield* store.now, 784_111_777_000)
      once(double, "GET", { answer: { status: 200, headers: { date: "never" }, body: "{}" } })
      assert.strictEqual((yield* Effect.flip(store.now))._tag, "StoreUnavailable")
    }).pipe(Effect.scoped))

  it.live("a lost answer leaves it unknown; asked again the store says that it exists", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      once(double, "POST", { lose: true })
      assert.strictEqual((yield* Effect.flip(store.put("x", body)))._tag, "StoreUnavailable")
      assert.strictEqual(yield* store.put("x", body), "Exists")
    }).pipe(Effect.scoped))

  it.live("an answer that is cut off, or is another one, is no answer", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      yield* store.put("x", [new Uint8Array(100_000)])
      const faults: ReadonlyArray<GcsDouble.Fault> = [
        { cut: 2 },
        { cut: 0 },
        { answer: { status: 206, headers: { "content-range": "bytes 1-4/100000" }, body: "abcd" } },
        { answer: { status: 206, headers: { "content-range": "bytes 0-3/100000" }, body: "abc" } },
        { answer: { status: 206, body: "abcd" } },
        { answer: { status: 204, body: "" } }
      ]
      for (const fault of faults) {
        once(double, "GET", fault)
        const error = yield* Effect.flip(store.get("x", { start: 0, end: 4 }))
        assert.strictEqual(error._tag, "StoreUnavailable", JSON.stringify(fault))
      }
      once(double, "GET", { answer: { status: 200, body: "<html>" } })
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(store.list(""))))._tag, "StoreUnavailable")
    }).pipe(Effect.scoped))

  it.live.each<[number, string]>([
    [408, "timeout"],
    [429, "rateLimitExceeded"],
    [403, "rateLimitExceeded"],
    [500, "backendError"],
    [502, ""],
    [503, "backendError"],
    [504, ""],
    [409, "conflict"]
  ])("%s passes, whatever is asked", ([status, reason]) =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      double.decide = () => ({ status, reason })
      const requests: ReadonlyArray<Request> = [
        store.put("x", body),
        store.get("x"),
        Stream.runDrain(store.list("")),
        store.remove(["x"]),
        store.now
      ]
      for (const request of requests) {
        const error = yield* Effect.flip(request)
        assert.strictEqual(error._tag, "StoreUnavailable")
        assert.include(error.message, String(status))
      }
    }).pipe(Effect.scoped))

  it.live("the retrying decorator carries requests over bad weather", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      const patient = ObjectStoreRetrying.make(store, { budget: Duration.seconds(30) })
      const faults: Array<GcsDouble.Fault> = [{ lose: true }, { status: 429 }]
      double.decide = () => faults.shift()
      assert.strictEqual(yield* patient.put("x", body), "Exists")
      assert.deepStrictEqual(yield* patient.get("x"), Uint8Array.of(1, 2, 3))
    }).pipe(Effect.scoped))

  it.live.each<[string, GcsDouble.Options, Partial<ObjectStoreGcs.Options>, RegExp]>([
    ["no such bucket", {}, { bucket: "other" }, /there is no bucket other.*make the bucket/],
    ["no permission", { decide: () => ({ status: 403, reason: "forbidden" }) }, {}, /nobody may not.*objectUser/],
    ["wrong token", { decide: () => ({ status: 401, reason: "authError" }) }, {}, /not accepted.*GOOGLE_APPLICATION/],
    [
      "requester pays",
      {
        decide: () => ({
          status: 400,
          reason: "required",
          message: "Bucket is requester pays bucket but no user project"
        })
      },
      {},
      /which project pays.*project=PROJECT/
    ],
    ["no GCS at all", { decide: () => ({ answer: { status: 404, body: "<html>nginx" } }) }, {}, /404/]
  ])("%s is refused at once, with what mends it", ([, options, store, words]) =>
    Effect.gen(function*() {
      const { store: opened } = yield* rig(options, store)
      const requests: ReadonlyArray<Request> = [
        opened.put("x", body),
        opened.get("x"),
        Stream.runDrain(opened.list("")),
        opened.now
      ]
      for (const request of requests) {
        assert.match(refusal(yield* Effect.flip(request)), words)
      }
    }).pipe(Effect.scoped))

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
      const { double, store } = yield* rig()
      const held: Array<string> = []
      double.decide = ({ path }) => {
        held.push(path)
        return { delay: 200 }
      }
      const many = Effect.forEach(Array.from({ length: 50 }, (_, at) => at), (at) => store.put(`${at}`, body), {
        concurrency: "unbounded"
      })
      const fiber = yield* Effect.forkChild(many)
      yield* Effect.sleep("150 millis")
      assert.strictEqual(held.length, 32)
      assert.strictEqual(new Set(yield* Fiber.join(fiber)).size, 1)
    }).pipe(Effect.scoped))

  it.live("a race has one winner; the others are told so", () =>
    Effect.gen(function*() {
      const { store } = yield* rig()
      for (let round = 0; round < 5; round++) {
        const outcomes = yield* Effect.forEach(Array.from({ length: 20 }, (_, at) => at), (at) =>
          store.put(`race/${round}`, [Uint8Array.of(at)]), { concurrency: "unbounded" })
        assert.strictEqual(
          outcomes.filter((outcome) =>
            outcome === "Created"
          ).length,
          1
        )
      }
    }).pipe(Effect.scoped))

  it.live("a store that overwrites is refused at init", () =>
    Effect.gen(function*() {
      const { store } = yield* rig({ overwrites: true })
      const error = yield* Effect.flip(Hosts.init({ store }))
      assert.match((error as { readonly message: string }).message, /overwrites objects.*ifGenerationMatch/)
      const good = yield* rig()
      assert.isTrue((yield* Hosts.init({ store: good.store })).created)
    }).pipe(Effect.scoped))
})

describe("credentials for GCS", () => {
  it.live("a login is asked for once, and again when the token is forgotten", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({ login: true })
      yield* Effect.forEach([1, 2, 3], (at) => store.put(`${at}`, body), { concurrency: "unbounded" })
      const logins = () => double.asked.filter(({ path }) => path === "/token").length
      assert.strictEqual(logins(), 1)
      double.forgetTokens()
      // A token that was given a moment ago and is refused is no accident.
      assert.strictEqual((yield* Effect.flip(store.get("1")))._tag, "StoreRefused")
    }).pipe(Effect.scoped))

  it.live.each<[string, string | undefined, RegExp]>([
    ["none", undefined, /there are no credentials.*GOOGLE_APPLICATION_CREDENTIALS.*use_ambient_credentials=true/],
    ["an empty file", "", /no key file/],
    ["another kind", "{\"type\":\"external_account\"}", /type is external_account; only service_account/],
    ["a field missing", "{\"type\":\"service_account\",\"client_email\":\"a\"}", /field of its type service_account/],
    [
      "no key",
      "{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"hunter2\"}",
      /private_key is none/
    ],
    [
      "a login in the clear",
      "{\"type\":\"authorized_user\",\"client_id\":\"a\",\"client_secret\":\"b\",\"refresh_token\":\"hunter2\",\"token_uri\":\"http://h/t\"}",
      /field of its type authorized_user/
    ]
  ])("%s is refused before anybody is asked", ([, text, words]) =>
    Effect.gen(function*() {
      const { host, visits } = yield* trap
      const env: Record<string, string> = { GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: "ping-only" }
      if (text !== undefined) {
        env.GOOGLE_APPLICATION_CREDENTIALS = Path.join(yield* tempDirectory("gcs"), "key.json")
        Fs.writeFileSync(env.GOOGLE_APPLICATION_CREDENTIALS, text)
      }
      const error = yield* Effect.flip(opened({}, env))
      assert.match(refusal(error), words)
      assert.notInclude(error.message, "hunter2")
      assert.deepStrictEqual(visits, [])
    }).pipe(Effect.scoped))

  it.live("the machine is asked if that was allowed, and only then", () =>
    Effect.gen(function*() {
      const { host, visits } = yield* trap
      const double = yield* GcsDouble.make()
      const stranger = yield* opened({ endpoint: double.url }, { GCE_METADATA_HOST: host })
      yield* stranger.put("x", body)
      assert.deepStrictEqual(visits, [])
      const ambient = yield* opened({ endpoint: double.url, ambient: true }, { GCE_METADATA_HOST: host })
      yield* ambient.get("x")
      assert.strictEqual(visits.length, 1)
      assert.strictEqual(double.asked.at(-1)?.headers.authorization, "Bearer from-the-machine")
    }).pipe(Effect.scoped))

  it.live("the login of gcloud is found in the home directory", () =>
    Effect.gen(function*() {
      const double = yield* GcsDouble.make({ login: true })
      const home = yield* tempDirectory("gcs")
      const file = Path.join(home, ".config/gcloud/application_default_credentials.json")
      Fs.mkdirSync(Path.dirname(file), { recursive: true })
      const user = { type: "authorized_user", client_id: "a", client_secret: "b", token_uri: `${double.url}/token` }
      Fs.writeFileSync(file, JSON.stringify({ ...user, refresh_token: "refresh" }))
      const store = yield* opened({ endpoint: double.url }, { HOME: home })
      assert.strictEqual(yield* store.put("x", body), "Created")
      Fs.writeFileSync(file, JSON.stringify({ ...user, refresh_token: "revoked" }))
      const revoked = yield* opened({ endpoint: double.url }, { HOME: home })
      assert.match(refusal(yield* Effect.flip(revoked.get("x"))), /does not accept .* \(400\)/)
    }).pipe(Effect.scoped))

  it.live("a wrong key, a clock that is wrong: refused with what to check", () =>
    Effect.gen(function*() {
      const [double, other] = [yield* GcsDouble.make({ login: true }), yield* GcsDouble.make({ login: true })]
      const file = Path.join(yield* tempDirectory("gcs"), "key.json")
      Fs.writeFileSync(
        file,
        double.keyFile.replace(/"client_email":"[^"]*"/, "\"client_email\":\"somebody@example.com\"")
      )
      const store = yield* opened({ endpoint: other.url }, { GOOGLE_APPLICATION_CREDENTIALS: file })
      const error = yield* Effect.flip(store.get("x"))
      assert.match(refusal(error), /credentials of somebody@example.com .*key was not deleted/)
      assert.notInclude(error.message, "PRIVATE KEY")
    }).pipe(Effect.scoped))

  it.live("credentials are never shown to everybody on the way", () =>
    Effect.gen(function*() {
      const file = Path.join(yield* tempDirectory("gcs"), "key.json")
      Fs.writeFileSync(file, (yield* GcsDouble.make()).keyFile)
      const env = { GOOGLE_APPLICATION_CREDENTIALS: file }
      assert.match(refusal(yield* Effect.flip(opened({ endpoint: "http://storage.example" }, env))), /https:\/\//)
      for (const endpoint of ["https://storage.example", "http://127.0.0.1:9", "http://localhost:9"]) {
        assert.isTrue(Exit.isSuccess(yield* Effect.exit(opened({ endpoint }, env))), endpoint)
      }
    }).pipe(Effect.scoped))
})
