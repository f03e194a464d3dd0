import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as DavPath from "../../../src/domain/dav/DavPath.ts"
import type { Checkpoint } from "../../../src/domain/repository/State.ts"

const checkpoint = (id: number, time: number, folder = "f", label = "F"): Checkpoint => ({
  id,
  folder,
  label,
  time,
  position: id,
  sequence: id,
  reason: "manual",
  segments: []
})

const names = (folders: ReadonlyArray<readonly [string, string]>): ReadonlyArray<string> => {
  const given = DavPath.folderNames(folders.map(([id, label]) => ({ id, label })))
  return folders.map(([id]) => Array.from(given).find(([, folder]) => folder.id === id)![0])
}

describe("DavPath", () => {
  const segments = Schema.Array(
    Schema.String.check(
      Schema.makeFilter((s) => s !== "" && s !== "." && s !== ".." && !/[/\0]/.test(s) && s.isWellFormed())
    )
  )
  it.prop("what is formatted is parsed, whatever the names", { path: segments }, ({ path }) => {
    for (const directory of [true, false]) {
      assert.deepStrictEqual(DavPath.parse(DavPath.format(path, directory)), Result.succeed(path))
    }
  })

  it("encodes what URLs reserve, and keeps composition as it is", () => {
    const decomposed = "e\u0301tude"
    assert.strictEqual(
      DavPath.format(["a b", "100%", "#1?", "back\\slash", "it's (1)!*", decomposed, "日本"], true),
      "/a%20b/100%25/%231%3F/back%5Cslash/it%27s%20%281%29%21%2A/e%CC%81tude/%E6%97%A5%E6%9C%AC/"
    )
    assert.strictEqual(DavPath.format([], true), "/")
    assert.strictEqual(DavPath.format(["x"], false), "/x")
  })

  it("takes raw UTF-8 bytes, double slashes and queries as they come", () => {
    assert.deepStrictEqual(DavPath.parse("//a///b/?x=1/2"), Result.succeed(["a", "b"]))
    assert.deepStrictEqual(DavPath.parse(`/${Buffer.from("日本").toString("latin1")}`), Result.succeed(["日本"]))
    assert.deepStrictEqual(DavPath.parse("/%EF%BB%BFbom"), Result.succeed(["\ufeffbom"]))
  })

  it("refuses what no name can be", () => {
    for (
      const target of [
        "",
        "*",
        "a",
        "/%",
        "/%2",
        "/%zz",
        "/%ff",
        "/%c3",
        "/a%2Fb",
        "/a%00b",
        "/.",
        "/..",
        "/%2e%2e/x",
        "/\ud800"
      ]
    ) {
      assert.isTrue(Result.isFailure(DavPath.parse(target)), target)
    }
  })

  it("names folders by label, by id where it is empty, by both where it is shared", () => {
    assert.deepStrictEqual(names([["a", "Photos"], ["b", "Docs"]]), ["Photos", "Docs"])
    assert.deepStrictEqual(names([["a", ""], ["b", "  "]]), ["a", "b"])
    assert.deepStrictEqual(names([["a", "Photos"], ["b", "Photos"]]), ["Photos (a)", "Photos (b)"])
    assert.deepStrictEqual(names([["a", "Photos"], ["b", "photos"]]), ["Photos (a)", "photos (b)"])
    assert.deepStrictEqual(names([["a", "\u00e9"], ["b", "e\u0301"]]), ["\u00e9 (a)", "e\u0301 (b)"])
  })

  it("makes labels safe", () => {
    assert.deepStrictEqual(names([["a", "x/y"], ["b", "back\\slash"], ["c", ".."], ["d", "tab\there"]]), [
      "x_y",
      "back_slash",
      "c",
      "tab_here"
    ])
    assert.deepStrictEqual(names([["a", "x/y"], ["b", "x_y"]]), ["x_y (a)", "x_y (b)"])
    assert.deepStrictEqual(names([["../..", ""], ["/", "."]]), [".._..", "_"])
  })

  it("stays unique when a made-up name is taken", () => {
    const given = names([["a", "x"], ["b", "x"], ["c", "x (a)"], ["d", "x (a) 2"], ["A", "x"]])
    assert.strictEqual(new Set(given.map((name) => name.toLowerCase())).size, 5)
    assert.strictEqual(given[2], "x (a)")
  })

  it("shows folders that only checkpoints remember, under their last label", () => {
    const folders = DavPath.folders([{ id: "b", label: "Now" }], [
      checkpoint(1, 0, "a", "Old"),
      checkpoint(2, 0, "b", "Then"),
      checkpoint(3, 0, "a", "New")
    ])
    assert.deepStrictEqual(folders.map((f) => [f.id, f.label, f.checkpoints.map((c) => c.id)]), [
      ["a", "New", [1, 3]],
      ["b", "Now", [2]]
    ])
  })

  it("tells checkpoints of one second apart, and finds them when others are gone", () => {
    const at = Date.UTC(2026, 10, 22, 11, 6, 0)
    const all = [checkpoint(3, at), checkpoint(4, at + 10), checkpoint(7, at + 999), checkpoint(8, at + 1000)]
    assert.deepStrictEqual(Array.from(DavPath.momentNames(all).keys()), [
      "2026-11-22T11-06-00Z",
      "2026-11-22T11-06-00Z-4",
      "2026-11-22T11-06-00Z-7",
      "2026-11-22T11-06-01Z"
    ])
    for (const [name, found] of DavPath.momentNames(all)) assert.strictEqual(DavPath.findMoment(all, name), found)
    assert.strictEqual(DavPath.findMoment(all, "latest")?.id, 8)
    assert.strictEqual(DavPath.findMoment(all.slice(1), "2026-11-22T11-06-00Z-4")?.id, 4)
    assert.isUndefined(DavPath.findMoment(all, "2026-11-22T11-06-00Z-9"))
    assert.isUndefined(DavPath.findMoment(all, "Latest"))
    assert.isUndefined(DavPath.findMoment([], "latest"))
  })
})
