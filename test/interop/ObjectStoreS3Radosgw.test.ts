/** The S3 store on Ceph's gateway, and against rclone as another client: the double is only as good as it agrees with these. */
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Stream } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as StoreProbe from "../../src/services/StoreProbe.ts"
import { bucketRulesContract } from "../contracts/BucketRulesS3Contract.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import { tempDirectory } from "../harness/Process.ts"
import * as Radosgw from "../harness/Radosgw.ts"
import * as Rclone from "../harness/Rclone.ts"
import * as S3Double from "../harness/S3Double.ts"
import * as S3Store from "../harness/S3Store.ts"
import { suite } from "../harness/Suite.ts"

/** Long enough for a gateway that starts beside other suites. */
const timeout = 240_000

const environment = (id: string, secret: string) =>
  ConfigProvider.layer(ConfigProvider.fromEnvRecord({
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_CONFIG_FILE: "/nonexistent/config",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials"
  }))

interface Server extends Rclone.Server {
  readonly bucket: string
}

const opened = (server: Server, prefix = "p/") =>
  Layer.build(
    S3Store.layer({ bucket: server.bucket, prefix, endpoint: server.url, region: server.region, ambient: false })
  ).pipe(
    Effect.provide(environment(server.accessKeyId, server.secretAccessKey)),
    Effect.map((context) => Context.get(context, ObjectStore))
  )

const onDouble: Effect.Effect<Server, never, Effect.Services<ReturnType<typeof S3Double.make>>> = Effect.map(
  S3Double.make({ buckets: ["bucket"], pageSize: 3 }),
  ({ url }) => ({ ...S3Double.defaults, url, region: "us-east-1", provider: "Other", bucket: "bucket" })
)

const bytes = (size: number, seed: number) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed) & 255)

/** Objects of ours copied out by rclone, and files copied in by rclone read as objects: byte for byte. */
const exchange = Effect.fnUntraced(function*(server: Server) {
  const directory = yield* tempDirectory("s3")
  const rclone = yield* Rclone.make(server)
  const store = yield* opened(server)
  const objects = new Map([["log/00000000000000000001", bytes(10, 1)], ["pack/ab/1-x", bytes(3_000_000, 2)], [
    "é",
    bytes(0, 3)
  ]])
  for (const [key, body] of objects) yield* store.put(key, [body.subarray(0, 5), body.subarray(5)])
  const out = Path.join(directory, "out")
  yield* rclone("copy", `s3:${server.bucket}/p`, out)
  for (const [key, body] of objects) {
    assert.deepStrictEqual(new Uint8Array(Fs.readFileSync(Path.join(out, key))), body, key)
  }
  yield* rclone("check", "--download", out, `s3:${server.bucket}/p`)

  const files = new Map([["a.bin", bytes(100, 4)], ["b/c d.bin", bytes(6_000_000, 5)], ["b/e&<f>.bin", bytes(1, 6)]])
  const source = Path.join(directory, "in")
  for (const [name, body] of files) {
    Fs.mkdirSync(Path.dirname(Path.join(source, name)), { recursive: true })
    Fs.writeFileSync(Path.join(source, name), body)
  }
  // Multipart uploads too: what others put beside us.
  yield* rclone("copy", "--s3-upload-cutoff", "5Mi", "--s3-chunk-size", "5Mi", source, `s3:${server.bucket}/q`)
  yield* rclone("check", "--download", source, `s3:${server.bucket}/q`)
  const other = yield* opened(server, "q/")
  const listed = yield* Stream.runCollect(other.list(""))
  assert.deepStrictEqual([...listed], [...files].map(([key, body]) => ({ key, size: body.length })))
  for (const [key, body] of files) assert.deepStrictEqual(yield* other.get(key), body, key)
  assert.strictEqual(yield* other.put("a.bin", [bytes(1, 1)]), "Exists")
  yield* rclone("purge", `s3:${server.bucket}/p`)
  assert.deepStrictEqual([...(yield* Stream.runCollect(store.list("")))], [])
})

suite("S3 double and rclone", ["rclone"], () => {
  it.live("each reads what the other wrote", () => Effect.flatMap(onDouble, exchange).pipe(Effect.scoped), timeout)
})

suite("S3 on Ceph", Radosgw.needs, () => {
  const server = Effect.gen(function*() {
    const gateway = yield* Radosgw.make()
    yield* gateway.makeBucket("bucket")
    return gateway
  })

  objectStoreContract(
    "Ceph's gateway",
    Layer.unwrap(
      Effect.map(
        server,
        ({ region, url }) =>
          S3Store.layer({ bucket: "bucket", prefix: "contract/", endpoint: url, region, ambient: false })
      )
    ).pipe(
      Layer.provide(environment(Radosgw.accessKeyId, Radosgw.secretAccessKey)),
      Layer.orDie
    ),
    { small: true, timeout, histories: 5 }
  )
})

suite("rules of a bucket on Ceph", Radosgw.needs, () => {
  it.live("are seen as they are set", () =>
    Effect.gen(function*() {
      const { makeBucket, region, url } = yield* Radosgw.make()
      yield* makeBucket("bucket")
      const { accessKeyId, secretAccessKey } = Radosgw
      yield* bucketRulesContract({ url, region, accessKeyId, secretAccessKey, bucket: "bucket" })
    }).pipe(Effect.scoped), timeout)
})

suite("S3 on Ceph and rclone", [...Radosgw.needs, "rclone"], () => {
  it.live("each reads what the other wrote; the probe passes; an outage is an outage", () =>
    Effect.gen(function*() {
      const gateway = yield* Radosgw.make()
      const server = {
        accessKeyId: Radosgw.accessKeyId,
        secretAccessKey: Radosgw.secretAccessKey,
        region: gateway.region,
        url: gateway.url,
        provider: "Ceph",
        bucket: "bucket"
      }
      const absent = yield* Effect.flip((yield* opened(server)).get("a"))
      assert.match(absent.message, /there is no bucket "bucket"/)
      yield* gateway.makeBucket("bucket")
      const store = yield* opened(server, "probe/")
      yield* StoreProbe.conditionalPut(store, "abc")
      assert.deepStrictEqual([...(yield* Stream.runCollect(store.list("")))], [])
      yield* exchange(server)

      const wrong = yield* opened({ ...server, secretAccessKey: "x" })
      assert.match((yield* Effect.flip(wrong.get("a"))).message, /secret key does not belong/)
      const unknown = yield* opened({ ...server, accessKeyId: "x" })
      assert.match((yield* Effect.flip(unknown.now)).message, /does not know the access key/)

      yield* store.put("kept", [bytes(1_000_000, 1)])
      yield* gateway.kill
      for (
        const run of [
          Effect.asVoid(store.get("kept")),
          Effect.asVoid(store.put("more", [bytes(9, 9)])),
          Stream.runDrain(store.list("")),
          Effect.asVoid(store.now)
        ]
      ) assert.strictEqual((yield* Effect.flip(run))._tag, "StoreUnavailable")
      yield* gateway.revive
      assert.deepStrictEqual(yield* store.get("kept"), bytes(1_000_000, 1))
      assert.strictEqual(yield* store.put("more", [bytes(9, 9)]), "Created")
    }).pipe(Effect.scoped), timeout)
})
