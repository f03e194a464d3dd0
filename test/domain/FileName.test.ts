import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { posix } from "node:path"
import * as FileName from "../../src/domain/FileName.ts"

describe("FileName.problem", () => {
  it.each([
    "foo",
    "foo/bar/baz",
    "foo/bar:baz",
    "\\",
    "\\..",
    ".foo",
    "foo..",
    "...",
    "..foo",
    "a/..b/c..",
    " ",
    "ä",
    "foo/..."
  ])(
    "accepts %j",
    (name) => assert.isUndefined(FileName.problem(name))
  )

  it.each([
    "",
    ".",
    "..",
    "/",
    "/foo",
    "./foo",
    "foo/",
    "foo/.",
    "foo/..",
    "foo//bar",
    "foo/../bar",
    "foo/./bar",
    "../foo",
    "../../foo",
    "foo\0bar",
    "\0"
  ])("refuses %j", (name) => assert.isString(FileName.problem(name)))

  it("refuses what is longer than 8 KiB in UTF-8 or has more than 4096 components", () => {
    assert.isUndefined(FileName.problem("x".repeat(8192)))
    assert.isString(FileName.problem("x".repeat(8193)))
    assert.isUndefined(FileName.problem("ä".repeat(4096)))
    assert.isString(FileName.problem("ä".repeat(4097)))
    assert.isString(FileName.problem("漢".repeat(2731)))
    assert.isUndefined(FileName.problem(Array.from({ length: 4096 }, () => "x").join("/")))
    assert.isString(FileName.problem(Array.from({ length: 4097 }, () => "").join("x/")))
  })

  it.prop(
    "accepts what path cleaning leaves alone and nothing else",
    [Schema.Array(Schema.Literals(["", ".", "..", "a", "...", ".b"])), Schema.Boolean],
    ([parts, rooted]) => {
      const name = (rooted ? "/" : "") + parts.join("/")
      const good = name !== "" && name !== "." && name !== ".." && !name.startsWith("/") && !name.startsWith("../") &&
        !name.endsWith("/") && posix.normalize(name) === name
      assert.strictEqual(FileName.problem(name) === undefined, good, name)
    },
    { arbitrary: { runs: 500 } }
  )
})

describe("FileName.isInternal", () => {
  it.each([
    ".stfolder",
    ".stfolder/x",
    ".stignore",
    ".stversions",
    ".stversions/a/b",
    ".syncthing.a.txt.tmp",
    "d/.syncthing.a.txt.tmp",
    "d/~syncthing~a.tmp"
  ])("%s is", (name) => assert.isTrue(FileName.isInternal(name)))
  it.each([
    ".stfolder2",
    "a/.stfolder",
    "a/.stversions/b",
    ".stignored",
    ".syncthing.a.txt",
    "syncthing.tmp",
    ".syncthing.d/x.tmp",
    "x.tmp"
  ])("%s is not", (name) => assert.isFalse(FileName.isInternal(name)))
})

it("FileName.split", () => {
  assert.deepStrictEqual(FileName.split("a/b/c"), { parent: "a/b", base: "c" })
  assert.deepStrictEqual(FileName.split("c"), { parent: "", base: "c" })
})
