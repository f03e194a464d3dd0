/** The S3 store with its client, as the program wires it. */
import { ConfigProvider, Context, Effect, Layer } from "effect"
import * as ObjectStoreS3 from "../../src/layers/ObjectStoreS3.ts"
import * as S3CallsSdk from "../../src/layers/S3CallsSdk.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as S3Double from "./S3Double.ts"

export type Options = S3CallsSdk.Options

export const layer = (options: Options) => ObjectStoreS3.layer.pipe(Layer.provide(S3CallsSdk.layer(options)))

/** A store of its own that does so with the condition of a put, and the store over it. */
export const conditional = Effect.fnUntraced(function*(conditional: "honoured" | "refused" | "ignored") {
  const double = yield* S3Double.make({ buckets: ["bucket"], conditional })
  const context = yield* Layer.build(
    layer({ bucket: "bucket", prefix: "p/", endpoint: double.url, ambient: false })
  ).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({
    AWS_ACCESS_KEY_ID: S3Double.defaults.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3Double.defaults.secretAccessKey
  }))))
  return { double, store: Context.get(context, ObjectStore) }
})
