/** S3 as the double plays it: the contract in both address styles, and all that a real server does only once in a while. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer } from "effect"
import * as ObjectStoreS3 from "../../src/layers/ObjectStoreS3.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { objectStoreContract } from "../contracts/ObjectStoreContract.ts"
import * as S3Double from "../harness/S3Double.ts"

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
    S3Double.make({ buckets: ["bucket"], pageSize: 1000 }),
    ({ url }) => ObjectStoreS3.layer({ bucket: "bucket", prefix: "", endpoint: url, ambient: false })
  )).pipe(Layer.provide(environment()))
)

const domain = "s3.test"

objectStoreContract(
  "S3 double, virtual hosts, below a prefix, short pages",
  Layer.unwrap(Effect.gen(function*() {
    const { port } = yield* S3Double.make({ buckets: ["bucket"], pageSize: 7, needsMd5: true, domain })
    yield* S3Double.resolving(domain)
    const endpoint = `http://${domain}:${port}`
    return ObjectStoreS3.layer({ bucket: "bucket", prefix: "a/b/", endpoint, pathStyle: false, ambient: false })
  })).pipe(Layer.provide(environment())),
  { small: true }
)

const opened = (options: Partial<ObjectStoreS3.Options> & { readonly endpoint: string }, env = environment()) =>
  Layer.build(ObjectStoreS3.layer({ bucket: "bucket", prefix: "p/", ambient: false, ...options })).pipe(
    Effect.provide(env),
    Effect.map((context) => Context.get(context, ObjectStore))
  )

describe("ObjectStoreS3", () => {
  it.live("x", () =>
    Effect.gen(function*() {
      const double = yield* S3Double.make({ buckets: ["bucket"] })
      const store = yield* opened({ endpoint: double.url })
      assert.strictEqual(yield* store.put("a", [Uint8Array.of(1)]), "Created")
    }))
})
