/** Listings that are believed, and the many ways in which one is not. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as S3Listing from "../../../src/domain/store/S3Listing.ts"

const entry = (key: string, size: number | string = 1) =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`
const whole = (inside: string, head = "<IsTruncated>false</IsTruncated>") =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>${head}${inside}</ListBucketResult>`

const read = (document: string): S3Listing.Page => {
  const result = S3Listing.parse(document)
  return Result.isSuccess(result) ? result.success : assert.fail(JSON.stringify(result.failure))
}
const doubted = (document: string): string => {
  const result = S3Listing.parse(document)
  if (Result.isSuccess(result)) return assert.fail(JSON.stringify(result.success))
  assert.strictEqual(result.failure._tag, "Unavailable")
  return "reason" in result.failure ? result.failure.reason : ""
}

describe("S3Listing.parse", () => {
  it("reads names, sizes and how it goes on, wherever they stand", () => {
    const page = read(whole(
      `${entry("p/a&amp;b&lt;&#233;", 0)}${entry("p/\u{1f600}", 123_456_789_012)}<KeyCount>2</KeyCount>`,
      "<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b=</NextContinuationToken>"
    ))
    assert.deepStrictEqual(page, {
      entries: [{ key: "p/a&b<é", size: 0 }, { key: "p/\u{1f600}", size: 123_456_789_012 }],
      count: 2,
      truncated: true,
      token: "a&b="
    })
    assert.deepStrictEqual(read(whole("")).entries, [])
  })

  it("believes no part of a document, wherever it was cut", () => {
    const document = whole(entry("a") + entry("b") + entry("c"))
    for (let length = 0; length < document.length; length++) doubted(document.slice(0, length))
    assert.strictEqual(read(`${document}\n`).entries.length, 3)
  })

  it("believes nothing else that comes with status 200", () => {
    doubted("")
    doubted("<html>hello</html>")
    assert.include(doubted("<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>"), "InternalError")
    doubted(whole("", ""))
    doubted(whole("", "<IsTruncated>maybe</IsTruncated>"))
    doubted(whole(entry("a", "")))
    doubted(whole(entry("a", -1)))
    doubted(whole("<Contents><Size>1</Size></Contents>"))
    doubted(whole(`<Contents><Key>a</Key></Contents>${entry("b")}`))
  })
})

describe("S3Listing.problem", () => {
  const page = (keys: ReadonlyArray<string>, more: Partial<S3Listing.Page> = {}): S3Listing.Page => ({
    entries: keys.map((key) => ({ key, size: 1 })),
    count: keys.length,
    truncated: false,
    token: undefined,
    ...more
  })
  const tag = (page: S3Listing.Page, prefix = "p/", after?: string) => S3Listing.problem(page, prefix, after)?._tag

  it("takes what is whole and in the order of bytes", () => {
    assert.isUndefined(tag(page([])))
    assert.isUndefined(tag(page(["p/a", "p/a\uffee", "p/a\u{1f600}", "p/b"])))
    assert.isUndefined(tag(page(["p/a"], { truncated: true, token: "t", count: undefined }), "p/", "p/"))
  })

  it("asks again for what is not whole", () => {
    assert.strictEqual(tag(page(["p/a"], { truncated: true })), "Unavailable")
    assert.strictEqual(tag(page(["p/a"], { count: 2 })), "Unavailable")
  })

  it("refuses a store that lists otherwise than S3", () => {
    assert.strictEqual(tag(page(["p/b", "p/a"])), "Refused")
    assert.strictEqual(tag(page(["p/a", "p/a"])), "Refused")
    assert.strictEqual(tag(page(["p/a\u{1f600}", "p/a\uffee"])), "Refused", "order of UTF-16")
    assert.strictEqual(tag(page(["q"])), "Refused")
    assert.strictEqual(tag(page(["p/a"]), "p/", "p/a"), "Refused")
    assert.strictEqual(tag(page(["p/a"]), "p/", "p/b"), "Refused")
  })
})
