import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer } from "effect"
import * as BucketRulesGcs from "../../src/layers/BucketRulesGcs.ts"
import * as GcsCallsNode from "../../src/layers/GcsCallsNode.ts"
import * as GcsLoginFiles from "../../src/layers/GcsLoginFiles.ts"
import { BucketRules } from "../../src/services/BucketRules.ts"
import * as GcsDouble from "../harness/GcsDouble.ts"

const look = (double: GcsDouble.GcsDouble, project?: string) =>
  Effect.gen(function*() {
    const options = { bucket: "bucket", prefix: "p/", endpoint: double.url, project, ambient: false }
    const layer = BucketRulesGcs.layer(options).pipe(
      Layer.provide(GcsLoginFiles.layer(options)),
      Layer.provide(GcsCallsNode.layer)
    )
    const context = yield* Layer.build(layer).pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/nonexistent" })))
    )
    const findings = yield* Context.get(context, BucketRules).findings
    for (const { mend, verdict } of findings) assert.strictEqual(mend === undefined, verdict === "ok")
    return findings.map(({ check, seen, verdict }) => `${verdict}: ${check}: ${seen}`)
  }).pipe(Effect.scoped)

describe("rules of a bucket of Google Cloud Storage", () => {
  it.live("are seen in its metadata, with one request", () =>
    Effect.gen(function*() {
      const double = yield* GcsDouble.make()
      assert.deepStrictEqual(yield* look(double, "payer"), [
        "ok: old versions: versioning is off: what is deleted leaves no version"
      ])
      assert.deepStrictEqual(
        double.asked.map(({ method, path, query }) => [method, path, query.get("userProject")]),
        [["GET", "/storage/v1/b/bucket", "payer"]]
      )
      const metadata: Record<string, unknown> = {
        versioning: { enabled: true },
        softDeletePolicy: { retentionDurationSeconds: "604800", effectiveTime: "2026-01-01T00:00:00Z" }
      }
      double.metadata.set("bucket", metadata)
      assert.deepStrictEqual(yield* look(double), [
        "advice: old versions: versioning is on, and nothing removes the versions of deleted objects; " +
        "soft delete keeps it for 7 days, which is paid for"
      ])
      metadata["lifecycle"] = {
        rule: [
          { action: { type: "Delete" }, condition: { daysSinceNoncurrentTime: 30 } },
          { action: { type: "Delete" }, condition: { age: 365, matchesPrefix: ["p/pack/"] } }
        ]
      }
      metadata["retentionPolicy"] = { retentionPeriod: "86400", isLocked: true }
      delete metadata["softDeletePolicy"]
      assert.deepStrictEqual(yield* look(double), [
        "failed: lifecycle rules: lifecycle rule 2 deletes objects of the repository, which loses what they hold",
        "advice: retention: nothing can be deleted for 24 h after it was written",
        "ok: old versions: versioning is on, and lifecycle rule 1 removes the versions of deleted objects"
      ])
    }).pipe(Effect.scoped))

  for (
    const [title, fault, seen] of [
      [
        "may not be seen",
        { status: 403, reason: "forbidden" },
        /cannot be seen: these credentials lack storage\.buckets\.get$/
      ],
      ["are asked for in an outage", { status: 503 }, /could not be asked for \(503\)/],
      ["are cut", { cut: 5 }, /could not be asked for \(/],
      ["are no bucket's", { answer: { status: 200, body: "[1]" } }, /could not be asked for \(an answer that is no/]
    ] as const
  ) {
    it.live(`that ${title}`, () =>
      Effect.gen(function*() {
        const double = yield* GcsDouble.make({ decide: () => fault })
        const [only, ...others] = yield* look(double)
        assert.match(only ?? "", /^advice: old versions: /)
        assert.match(only ?? "", seen)
        assert.deepStrictEqual(others, [])
      }).pipe(Effect.scoped))
  }
})
