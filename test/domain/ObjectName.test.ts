import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import * as DirectoryListing from "../../src/domain/DirectoryListing.ts"
import * as ObjectName from "../../src/domain/ObjectName.ts"

const Text = Schema.String.check(Schema.isMaxLength(6))

it.prop("names sort as their bytes do", { a: Text, b: Text, common: Text }, ({ a, b, common }) => {
  const x = (common + a).toWellFormed()
  const y = (common + b).toWellFormed()
  assert.strictEqual(Math.sign(ObjectName.compare(x, y)), Buffer.compare(Buffer.from(x), Buffer.from(y)))
})

it("surrogates sort after everything below U+10000", () => {
  for (const unit of ["\u007f", "\u0080", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"]) {
    for (const other of ["\u007f", "\u0080", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"]) {
      assert.strictEqual(
        Math.sign(ObjectName.compare(unit, other)),
        Buffer.compare(Buffer.from(unit), Buffer.from(other))
      )
    }
  }
})

it("a name is safe as a path and short enough for every backend", () => {
  for (const good of ["a", "log/00000000000000000001", "a/b.c/é", "...", "a/..b", "x".repeat(255)]) {
    assert.isUndefined(ObjectName.problem(good), good)
  }
  for (
    const bad of ["", "/", "a/", "/a", "a//b", ".", "..", "a/./b", "a/..", "\0", "a\\b", "x".repeat(256), "\ud800x"]
  ) {
    assert.isString(ObjectName.problem(bad), JSON.stringify(bad))
  }
  assert.isString(ObjectName.problem(Array.from({ length: 300 }, () => "abc").join("/")))
})

it("directories sort as their names followed by a slash; tmp is invisible at the top only", () => {
  const entries = [
    { name: "b", directory: true },
    { name: "tmp", directory: true },
    { name: "lost+found", directory: true },
    { name: "b-x", directory: false },
    { name: "b0", directory: false },
    { name: "a", directory: false }
  ]
  const keys = (nodes: ReadonlyArray<DirectoryListing.Node>) => nodes.map((node) => node.key)
  assert.deepStrictEqual(keys(DirectoryListing.nodes("", entries, "", undefined)), ["a", "b-x", "b/", "b0"])
  assert.deepStrictEqual(keys(DirectoryListing.nodes("", entries, "b/x", undefined)), ["b/"])
  assert.deepStrictEqual(keys(DirectoryListing.nodes("", entries, "", "b/x")), ["b/", "b0"])
  assert.deepStrictEqual(keys(DirectoryListing.nodes("", entries, "", "b0")), [])
  assert.deepStrictEqual(keys(DirectoryListing.nodes("d/", entries.slice(1, 2), "d/", undefined)), ["d/tmp/"])
  assert.strictEqual(DirectoryListing.directoryOf("a/b/c"), "a/b/")
  assert.strictEqual(DirectoryListing.directoryOf("a"), "")
})
