import { assert, describe, it } from "@effect/vitest"
import * as Listing from "../../../src/domain/dav/Listing.ts"

const row = (some: Partial<Listing.Row> & { readonly name: string }): Listing.Row => ({
  href: `/${encodeURIComponent(some.name)}`,
  kind: "file",
  size: 0,
  modified: undefined,
  note: undefined,
  ...some
})

const page = (rows: ReadonlyArray<Listing.Row>, segments: ReadonlyArray<string> = ["F", "latest"]): string =>
  Array.from(Listing.render({ segments, rows, order: "by-name", lead: undefined, empty: "Nothing here." })).join("")

describe("Listing", () => {
  it("puts directories first, then names as people sort them", () => {
    const text = page([
      row({ name: "beta 10" }),
      row({ name: "beta 9" }),
      row({ name: "zeta" }),
      row({ name: "Beta" }),
      row({ name: "alpha" }),
      row({ name: "sub", kind: "directory" })
    ])
    const order = Array.from(text.matchAll(/<a href="[^"]*"><bdi>([^<]*)<\/bdi>/g), (m) => m[1])
    assert.deepStrictEqual(order, ["F", "sub", "alpha", "Beta", "beta 9", "beta 10", "zeta"])
  })

  it("escapes every name", () => {
    const evil = `<script>alert(1)</script>"'&`
    const text = page([
      row({ name: evil }),
      row({ name: "l", kind: "symlink", href: undefined, note: evil })
    ], ["F", evil])
    assert.notInclude(text, "<script")
    assert.notInclude(text, `"'`)
    assert.include(text, "&#60;script&#62;")
  })

  it("says so when there is nothing", () => {
    const text = page([])
    assert.include(text, "Nothing here.")
    assert.notInclude(text, "<table")
  })

  it("shows where a link points without leading there", () => {
    const text = page([row({ name: "l", kind: "symlink", href: undefined, note: "../../etc/passwd" })])
    assert.include(text, "→ <bdi>../../etc/passwd</bdi>")
    assert.notInclude(text, `href="../`)
  })

  it("writes sizes for people", () => {
    const table: ReadonlyArray<readonly [number, string]> = [
      [0, "0 B"],
      [1023, "1023 B"],
      [1024, "1.0 KiB"],
      [1536, "1.5 KiB"],
      [10_240, "10 KiB"],
      [1_048_575, "1.0 MiB"],
      [5 * 2 ** 30, "5.0 GiB"],
      [2 ** 53, "8.0 PiB"]
    ]
    for (const [bytes, text] of table) assert.strictEqual(Listing.humanSize(bytes), text)
  })

  it("allows its own style and nothing else", () => {
    const text = page([])
    assert.match(Listing.contentSecurityPolicy, /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='/)
    assert.notInclude(text, "<script")
    assert.notMatch(text, /style="/)
  })
})
