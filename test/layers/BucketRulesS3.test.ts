import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bucketRulesContract, look } from "../contracts/BucketRulesS3Contract.ts"
import * as S3Double from "../harness/S3Double.ts"

const rig = Effect.map(S3Double.make({ buckets: ["bucket"] }), (double) => ({
  double,
  server: { ...S3Double.defaults, url: double.url, region: "us-east-1", bucket: "bucket" }
}))

describe("rules of an S3 bucket", () => {
  it.live("are seen as they are set", () =>
    Effect.flatMap(rig, ({ server }) => bucketRulesContract(server)).pipe(Effect.scoped))

  it.live("that may not be seen are said by the permission that lacks", () =>
    Effect.gen(function*() {
      const { double, server } = yield* rig
      let denied = ["versioning", "lifecycle"]
      double.faults.push(({ query }) =>
        denied.some((what) => query.has(what)) ? { _tag: "Refuse", status: 403, code: "AccessDenied" } : undefined
      )
      const cannot =
        "advice: old versions: what the bucket keeps of deleted objects cannot be seen: these credentials lack"
      assert.deepStrictEqual(yield* look(server), [`${cannot} s3:GetBucketVersioning and s3:GetLifecycleConfiguration`])
      denied = ["lifecycle"]
      assert.deepStrictEqual(yield* look(server), [`${cannot} s3:GetLifecycleConfiguration`])
    }).pipe(Effect.scoped))

  for (
    const [title, fault, seen] of [
      ["does not have them", { _tag: "Refuse", status: 501, code: "NotImplemented" }, /^ok: .*versioning is off/],
      [
        "is busy",
        { _tag: "Refuse", status: 503, code: "SlowDown" },
        /^advice: .*could not be asked for \(503 SlowDown\)/
      ],
      ["is none", { _tag: "Foreign", status: 200, body: "<html>" }, /^advice: .*could not be asked for \(/],
      ["loses the connection", { _tag: "Cut", after: 0, reset: true }, /^advice: .*could not be asked for \(/],
      ["has other keys", { _tag: "Refuse", status: 403, code: "InvalidAccessKeyId" }, /^advice: .*access key/]
    ] as const
  ) {
    it.live(`of a store that ${title}`, () =>
      Effect.gen(function*() {
        const { double, server } = yield* rig
        double.faults.push(() => fault)
        const [only, ...others] = yield* look(server)
        assert.match(only ?? "", seen)
        assert.deepStrictEqual(others, [])
      }).pipe(Effect.scoped))
  }
})
