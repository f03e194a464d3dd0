import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import * as Mime from "effect/http/Mime"
import * as ContentType from "../../../src/domain/dav/ContentType.ts"

const of = (name: string) => ContentType.of(name, (name) => Option.getOrUndefined(Mime.getType(name)))

describe("ContentType", () => {
  const table: ReadonlyArray<readonly [string, string]> = [
    ["a.txt", "text/plain; charset=utf-8"],
    ["NOTES.MD", "text/markdown; charset=utf-8"],
    ["a.html", "text/html"],
    ["a.svg", "image/svg+xml"],
    ["a.jpg", "image/jpeg"],
    ["a.pdf", "application/pdf"],
    ["a.mp4", "video/mp4"],
    ["a", "application/octet-stream"],
    [".bashrc", "application/octet-stream"],
    ["a.unheard-of", "application/octet-stream"]
  ]
  for (const [name, type] of table) {
    it(`${name} is ${type}`, () => {
      assert.strictEqual(of(name), type)
    })
  }

  it("puts in a sandbox whatever could run", () => {
    for (const name of ["a.html", "a.HTM", "a.xhtml", "a.svg", "a.xml", "a.rdf"]) {
      assert.match(ContentType.policy(of(name)), /^sandbox; default-src 'none'/, name)
    }
    for (const name of ["a.txt", "a.jpg", "a.js", "a.css", "a.mp4", "a"]) {
      assert.match(ContentType.policy(of(name)), /^default-src 'none'/, name)
      assert.notInclude(ContentType.policy(of(name)), "script-src", name)
    }
  })
})
