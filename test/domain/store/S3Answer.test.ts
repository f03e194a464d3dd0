import { describe, expect, it } from "@effect/vitest"
import * as S3Answer from "../../../src/domain/store/S3Answer.ts"
import type { Operation } from "../../../src/domain/store/S3Failure.ts"

const etag = "\"5d41402abc4b2a76b9719d911017c592\""
const xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
const namespace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

describe("S3Answer", () => {
  const heads: ReadonlyArray<
    readonly [what: string, operation: Operation, headers: Record<string, string>, foreign: boolean]
  > = [
    ["a put of AWS", "put", { etag, "content-length": "0", "x-amz-request-id": "1" }, false],
    [
      "a put of a server in Python",
      "put",
      { etag, "content-length": "0", "content-type": "text/html; charset=UTF-8" },
      false
    ],
    ["a put without ETag", "put", { "content-length": "0" }, true],
    ["a page for a put", "put", { etag, "content-length": "9", "content-type": "text/html" }, true],
    ["an object", "get", { etag, "content-length": "9", "content-type": "application/octet-stream" }, false],
    ["an object of no type", "get", { etag }, false],
    ["a page for an object", "get", { etag, "content-type": "TEXT/HTML" }, true],
    ["something for an object", "get", { "content-length": "9" }, true],
    ["a listing has no ETag", "list", { "content-type": "application/xml" }, false],
    ["a HEAD has none", "now", {}, false]
  ]
  for (const [what, operation, headers, foreign] of heads) {
    it(`${what}: ${foreign ? "not a store's" : "a store's"}`, () => {
      expect(S3Answer.headProblem(operation, headers)).toBe(foreign ? S3Answer.foreign : undefined)
    })
  }

  const documents: ReadonlyArray<readonly [operation: Operation, document: string, problem: string | undefined]> = [
    ["remove", `${xml}\n<DeleteResult ${namespace}></DeleteResult>`, undefined],
    ["remove", `${xml}<DeleteResult ${namespace}/>\n`, undefined],
    ["remove", "\ufeff<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>", undefined],
    ["remove", `<DeleteResult ${namespace}><Error><Key>a`, "a DeleteResult that ends early"],
    ["remove", "", S3Answer.foreign],
    ["remove", "<html></html>", S3Answer.foreign],
    ["remove", "<!DOCTYPE html><DeleteResult/>", S3Answer.foreign],
    ["remove", `${xml}<ListBucketResult></ListBucketResult>`, S3Answer.foreign],
    ["remove", `${xml}<Error><Code>InternalError</Code></Error>`, "InternalError instead of a DeleteResult"],
    ["list", `${xml}<ListBucketResult ${namespace}></ListBucketResult>`, undefined],
    ["list", `<ListBucketResult>${"x".repeat(5000)}</ListBucketResult>`, undefined],
    ["list", `<ListBucketResult>${"x".repeat(5000)}`, "a ListBucketResult that ends early"],
    ["list", `${xml}<DeleteResult/>`, S3Answer.foreign],
    ["list", "{}", S3Answer.foreign],
    ["get", "<html>", undefined]
  ]
  for (const [operation, document, problem] of documents) {
    it(`${operation}: ${document.slice(0, 60)}`, () => {
      expect(S3Answer.documentProblem(operation, new Uint8Array(Buffer.from(document)))).toBe(problem)
    })
  }

  it("knows a store by any header of its own", () => {
    expect(S3Answer.isMarked({ date: "x", "x-amz-bucket-region": "us-east-1" })).toBe(true)
    expect(S3Answer.isMarked({ date: "x", server: "nginx" })).toBe(false)
  })
})
