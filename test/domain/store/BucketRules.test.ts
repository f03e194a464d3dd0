import { assert, describe, it } from "@effect/vitest"
import * as BucketRules from "../../../src/domain/store/BucketRules.ts"

const verdicts = (rules: ReadonlyArray<BucketRules.Rule>, prefix = "a/b/", versioned = true) =>
  BucketRules.judge({ versioned: { known: versioned }, rules: { known: rules }, softDelete: 0, retention: 0 }, prefix)
    .map(({ check, verdict }) => `${check}: ${verdict}`)

const harm = (verdict: string) => `lifecycle rules: ${verdict}`
const kept = "old versions: advice"
const removed = "old versions: ok"

describe("rules of S3", () => {
  const enabled = { Status: "Enabled" }
  const old = { NoncurrentVersionExpiration: { NoncurrentDays: 30 } }
  const cases: ReadonlyArray<readonly [title: string, rule: BucketRules.S3Rule, expected: ReadonlyArray<string>]> = [
    ["old versions of all", { ...enabled, ...old }, [removed]],
    ["in the old notation", { ...enabled, Prefix: "a/", ...old }, [removed]],
    ["of a prefix with a condition", { ...enabled, Filter: { And: { Prefix: "a/b/" } }, ...old }, [removed]],
    ["of a part of the repository", { ...enabled, Filter: { Prefix: "a/b/log/" }, ...old }, [kept]],
    ["of what has a tag: nothing of ours", { ...enabled, Filter: { Tag: { Key: "k" } }, ...old }, [kept]],
    ["of what has tags", { ...enabled, Filter: { And: { Prefix: "", Tags: [{}] } }, ...old }, [kept]],
    ["of large objects", { ...enabled, Filter: { ObjectSizeGreaterThan: 1 }, ...old }, [kept]],
    [
      "but keep one, which is all there is",
      { ...enabled, NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 1 } },
      [kept]
    ],
    ["objects after days", { ...enabled, Expiration: { Days: 1 } }, [harm("failed"), kept]],
    ["objects at a date", { ...enabled, Expiration: { Date: new Date(0) } }, [harm("failed"), kept]],
    ["large objects", { ...enabled, Filter: { ObjectSizeGreaterThan: 1 }, Expiration: { Days: 1 } }, [
      harm("advice"),
      kept
    ]],
    ["markers of deletion alone", { ...enabled, Expiration: {} }, [kept]],
    ["unfinished uploads below tmp/", { ...enabled, Filter: { Prefix: "a/b/tmp/" }, Expiration: { Days: 1 } }, [kept]],
    ["objects elsewhere", { ...enabled, Filter: { Prefix: "a/bc/" }, Expiration: { Days: 1 } }, [kept]],
    ["to an archive", { ...enabled, Transitions: [{ StorageClass: "DEEP_ARCHIVE" }] }, [harm("failed"), kept]],
    ["to a class that is read at once", { ...enabled, Transitions: [{ StorageClass: "GLACIER_IR" }] }, [kept]],
    ["switched off", { Status: "Disabled", Expiration: { Days: 1 } }, [kept]]
  ]
  for (const [title, rule, expected] of cases) {
    it(title, () => assert.deepStrictEqual(verdicts(BucketRules.ofS3([rule])), expected))
  }

  it("harm without versioning too", () => {
    assert.deepStrictEqual(verdicts(BucketRules.ofS3([{ ...enabled, Expiration: { Days: 1 } }]), "", false), [
      harm("failed"),
      removed
    ])
  })
})

describe("rules of Google Cloud Storage", () => {
  const cases: ReadonlyArray<
    readonly [title: string, condition: object, expected: ReadonlyArray<string>, type?: string]
  > = [
    ["old versions after days", { daysSinceNoncurrentTime: 30 }, [removed]],
    ["what is not live", { isLive: false, age: 30 }, [removed]],
    ["of two prefixes", { isLive: false, matchesPrefix: ["x", "a/"] }, [removed]],
    ["with a newer version: a deleted object has none", { numNewerVersions: 1 }, [kept]],
    ["of one class", { isLive: false, matchesStorageClass: ["NEARLINE"] }, [kept]],
    ["until a date", { noncurrentTimeBefore: "2026-01-01" }, [kept]],
    ["objects by age", { age: 1 }, [harm("failed"), kept]],
    ["live objects", { isLive: true, age: 1 }, [harm("failed"), kept]],
    ["objects of one class", { age: 1, matchesStorageClass: ["NEARLINE"] }, [harm("advice"), kept]],
    ["objects elsewhere", { age: 1, matchesPrefix: ["a/c", "a/b/tmp/"] }, [kept]],
    ["objects with a time of their own", { daysSinceCustomTime: 1 }, [kept]],
    ["to another class", { age: 1 }, [kept], "SetStorageClass"]
  ]
  for (const [title, condition, expected, type = "Delete"] of cases) {
    it(title, () => {
      const { rules } = BucketRules.ofGcs({
        versioning: { enabled: true },
        lifecycle: { rule: [{ action: { type }, condition }] }
      })
      assert.deepStrictEqual(verdicts("known" in rules ? rules.known : []), expected)
    })
  }
})
