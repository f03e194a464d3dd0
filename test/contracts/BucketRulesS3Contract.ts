/** What is seen of the rules of a bucket of a real S3 server, or of a double, as an operator sets them. */
import {
  DeleteBucketLifecycleCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client
} from "@aws-sdk/client-s3"
import { assert } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer } from "effect"
import * as BucketRulesS3 from "../../src/layers/BucketRulesS3.ts"
import * as S3CallsSdk from "../../src/layers/S3CallsSdk.ts"
import { BucketRules } from "../../src/services/BucketRules.ts"

export interface Server {
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** An own one, without rules. */
  readonly bucket: string
}

/** One line per finding of the repository at `p/`. */
export const look = ({ accessKeyId, bucket, region, secretAccessKey, url }: Server) =>
  Effect.gen(function*() {
    const options = { bucket, prefix: "p/", endpoint: url, region, ambient: false }
    const context = yield* Layer.build(BucketRulesS3.layer.pipe(Layer.provide(S3CallsSdk.layer(options)))).pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_CONFIG_FILE: "/nonexistent/config",
        AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials"
      })))
    )
    const findings = yield* Context.get(context, BucketRules).findings
    for (const { mend, verdict } of findings) assert.strictEqual(mend === undefined, verdict === "ok")
    return findings.map(({ check, seen, verdict }) => `${verdict}: ${check}: ${seen}`)
  }).pipe(Effect.scoped)

export const bucketRulesContract = Effect.fnUntraced(function*(server: Server) {
  const Bucket = server.bucket
  const client = yield* Effect.acquireRelease(
    Effect.sync(() =>
      new S3Client({ endpoint: server.url, region: server.region, forcePathStyle: true, credentials: server })
    ),
    (client) => Effect.sync(() => client.destroy())
  )
  const versioning = (Status: "Enabled" | "Suspended") =>
    Effect.promise(() => client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } })))
  const rules = (...Rules: ReadonlyArray<LifecycleRule>) =>
    Effect.promise(() =>
      client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [...Rules] } }))
    )
  const oldVersions = (name: string, prefix: string, NoncurrentDays = 30): LifecycleRule => ({
    ID: name,
    Status: "Enabled",
    Filter: { Prefix: prefix },
    NoncurrentVersionExpiration: { NoncurrentDays }
  })

  assert.deepStrictEqual(yield* look(server), [
    "ok: old versions: versioning is off: what is deleted leaves no version"
  ])
  yield* versioning("Enabled")
  const unmended = ["advice: old versions: versioning is on, and nothing removes the versions of deleted objects"]
  assert.deepStrictEqual(yield* look(server), unmended)
  yield* rules(oldVersions("elsewhere", "q/"), { ...oldVersions("off", ""), Status: "Disabled" })
  assert.deepStrictEqual(yield* look(server), unmended)
  yield* rules(oldVersions("after a month", ""))
  const mended = [
    "ok: old versions: versioning is on, and the lifecycle rule \"after a month\" removes the versions of deleted objects"
  ]
  assert.deepStrictEqual(yield* look(server), mended)
  yield* versioning("Suspended")
  assert.deepStrictEqual(yield* look(server), mended)
  yield* rules(oldVersions("after a month", ""), {
    ID: "tidy",
    Status: "Enabled",
    Filter: { Prefix: "p/log/" },
    Expiration: { Days: 90 }
  })
  assert.deepStrictEqual(yield* look(server), [
    "failed: lifecycle rules: the lifecycle rule \"tidy\" deletes objects of the repository, which loses what they hold",
    ...mended
  ])
  yield* Effect.promise(() => client.send(new DeleteBucketLifecycleCommand({ Bucket })))
  assert.deepStrictEqual(yield* look(server), unmended)
})
