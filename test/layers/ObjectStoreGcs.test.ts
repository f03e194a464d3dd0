/**
 * Google Cloud Storage as the double plays it: the contract, and all that the real service does only once in a while. Against
 * a real bucket, which must be empty below the prefix: BEPOSITORY_TEST_GCS_URI=gs://bucket/prefix, credentials as always.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Result, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as StorageUri from "../../src/domain/StorageUri.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as GcsDouble from "../harness/GcsDouble.ts"
import {
  body,
  environment,
  layer,
  once,
  type Options,
  refusal,
  requests,
  rig,
  stubEnv,
  trap
} from "../harness/GcsRig.ts"
import * as Hosts from "../harness/Hosts.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import { tempDirectory } from "../harness/Process.ts"

const pack = `pack/ab/1-${"ab".repeat(16)}`

objectStoreContract(
  "GCS double, without a login",
  Layer.unwrap(Effect.map(
    GcsDouble.make({ pageSize: 50 }),
    ({ url }) => layer({ bucket: "bucket", prefix: "", endpoint: url, ambient: false })
  )).pipe(Layer.provide(environment())),
  { small: true }
)

objectStoreContract(
  "GCS double, with a login, below a prefix, short pages",
  Layer.unwrap(Effect.gen(function*() {
    const double = yield* GcsDouble.make({ pageSize: 7, login: true })
    const file = Path.join(yield* tempDirectory("gcs"), "key.json")
    Fs.writeFileSync(file, double.keyFile)
    return layer({ bucket: "bucket", prefix: "ä b/#?/", endpoint: double.url, ambient: false }).pipe(
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
      Layer.provide(layer({ ...uri, prefix }))
    ),
    { small: true, timeout: 600_000, histories: 3 }
  )
}

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
        { answer: { status: 206, headers: { "content-range": "bytes 0-2/100000" }, body: "abc" } },
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
      for (const request of requests(store)) {
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

  it.live.each<[string, GcsDouble.Options, Partial<Options>, RegExp]>([
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
      const refused = yield* rig(options, store)
      for (const request of requests(refused.store)) {
        assert.match(refusal(yield* Effect.flip(request)), words)
      }
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

  it.live("names who pays in every request", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({}, { project: "payer" })
      yield* store.put("x", body)
      yield* store.get("x", { start: 0, end: 1 })
      yield* Stream.runDrain(store.list(""))
      yield* store.now
      yield* store.remove(["x"])
      assert.deepStrictEqual(
        double.asked.map(({ method, query }) => [method, query.get("userProject")]),
        ["POST", "GET", "GET", "GET", "DELETE"].map((method) => [method, "payer"])
      )
    }).pipe(Effect.scoped))

  it.live("a success that names another object, or another size, is none", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig()
      for (const json of [{}, { name: "p/y", size: "3" }, { name: "p/x", size: "2" }]) {
        once(double, "POST", { answer: { status: 200, body: JSON.stringify(json) } })
        assert.strictEqual((yield* Effect.flip(store.put("x", body)))._tag, "StoreUnavailable")
      }
      once(double, "POST", { answer: { status: 200, body: JSON.stringify({ name: "p/x", size: "3" }) } })
      assert.strictEqual(yield* store.put("x", body), "Created")
    }).pipe(Effect.scoped))

  it.live("no environment variable of the library sends objects elsewhere", () =>
    Effect.gen(function*() {
      const { host, visits } = yield* trap
      yield* stubEnv("STORAGE_EMULATOR_HOST", `http://${host}`)
      const { store } = yield* rig({ login: true })
      yield* store.put("x", body)
      assert.deepStrictEqual(yield* store.get("x"), Uint8Array.of(1, 2, 3))
      assert.strictEqual((yield* Stream.runCollect(store.list(""))).length, 1)
      yield* store.remove(["x"])
      assert.deepStrictEqual(visits, [])
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
