import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as StorageUri from "../../src/domain/StorageUri.ts"

const problem = (text: string): string => {
  const parsed = StorageUri.parse(text)
  return Result.isFailure(parsed) ? parsed.failure : `it parsed: ${JSON.stringify(parsed.success)}`
}

describe("StorageUri", () => {
  it.each<[string, StorageUri.StorageUri]>([
    ["/srv/backup", { _tag: "File", path: "/srv/backup" }],
    ["backup", { _tag: "File", path: "backup" }],
    ["./a:b", { _tag: "File", path: "./a:b" }],
    ["/srv/s3://x?token=y", { _tag: "File", path: "/srv/s3://x?token=y" }],
    ["file:///srv/backup", { _tag: "File", path: "/srv/backup" }],
    ["FILE:///srv", { _tag: "File", path: "/srv" }],
    ["file:/srv/b", { _tag: "File", path: "/srv/b" }],
    ["file://localhost/srv", { _tag: "File", path: "/srv" }],
    ["file:///a%20b/%C3%A4%3F", { _tag: "File", path: "/a b/ä?" }],
    ["memory://one", { _tag: "Memory", name: "one" }],
    ["memory://", { _tag: "Memory", name: "" }]
  ])("%s", (text, expected) => {
    assert.deepStrictEqual(Result.getOrThrow(StorageUri.parse(text)), expected)
  })

  it.each<[string, RegExp]>([
    ["", /empty/],
    ["  ", /empty/],
    ["/a\0b", /NUL/],
    ["~/backup", /shell/],
    ["s3://bucket/prefix", /S3 buckets .* not in this version/],
    ["gs://bucket", /Google .* not in this version/],
    ["sftp://me@host/dir", /SFTP .* not in this version/],
    ["https://host/x", /scheme "https" is not known/],
    ["c:backup", /scheme "c".*\.\/c:/],
    ["file://srv/backup", /no host, and "srv"/],
    ["file://", /absolute path/],
    ["file:backup", /absolute path/],
    ["file:///a?pack=1", /parameter "pack" is not known/],
    ["file:///a?", /"\?" in it/],
    ["file:///a#b", /%23/],
    ["file:///%zz", /%25/],
    ["file:///%ff", /%25/],
    ["file:///%00", /%25/],
    ["memory:x", /memory:\/\/name/],
    ["memory://x?y=1", /parameter "y"/]
  ])("a problem: %s", (text, words) => {
    assert.match(problem(text), words)
  })

  it.each([
    "s3://AKIA:hunter2@bucket/prefix",
    "s3://bucket?access_key_id=a&secret_access_key=hunter2",
    "gs://bucket?token=hunter2",
    "sftp://me:hunter2@host/dir",
    "file:///x?password=hunter2",
    "weird://u:hunter2@h"
  ])("secrets are refused and not repeated: %s", (text) => {
    assert.match(problem(text), /secrets do not belong/)
    assert.notInclude(problem(text), "hunter2")
    assert.notInclude(StorageUri.redact(text), "hunter2")
  })

  it("the redacted form keeps scheme, host and path only", () => {
    assert.strictEqual(StorageUri.redact("sftp://me@host:22/dir?x=1#y"), "sftp://host:22/dir")
    assert.strictEqual(StorageUri.redact("s3:b?secret=1"), "s3:b")
    assert.strictEqual(StorageUri.redact("/srv/me@x"), "/srv/me@x")
  })

  it("the canonical form parses to the same", () => {
    for (const text of ["/srv/a b/%41/ä?#", "file:///x%25", "memory://m"]) {
      const uri = Result.getOrThrow(StorageUri.parse(text))
      assert.deepStrictEqual(Result.getOrThrow(StorageUri.parse(StorageUri.format(uri))), uri)
    }
  })
})
