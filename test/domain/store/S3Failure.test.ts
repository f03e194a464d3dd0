/** Every known reply of an S3 store, and what it means. */
import { assert, describe, it } from "@effect/vitest"
import * as S3Failure from "../../../src/domain/store/S3Failure.ts"

const place: S3Failure.Place = {
  bucket: "b",
  endpoint: "https://s3.example:9000",
  region: "us-east-1",
  credentials: "the environment"
}

type Row = readonly [operation: S3Failure.Operation, status: number, code: string | undefined, expected: string]

/** Verdicts: A absent, E exists, P past the end, F full, U unavailable, R refused and what it says. */
const rows: ReadonlyArray<Row> = [
  ["get", 404, "NoSuchKey", "A"],
  ["remove", 404, "NoSuchKey", "A"],
  ["put", 404, "NoSuchKey", "U"],
  ["get", 404, "NoSuchBucket", "R there is no bucket \"b\" at https://s3.example:9000"],
  ["put", 404, "NoSuchBucket", "R there is no bucket"],
  ["list", 404, "NoSuchBucket", "R there is no bucket"],
  ["remove", 404, "NoSuchBucket", "R there is no bucket"],
  ["get", 404, undefined, "U 404 without an S3 error document"],
  ["get", 404, "NoSuchUpload", "U"],
  ["put", 412, "PreconditionFailed", "E"],
  ["put", 412, undefined, "E"],
  ["get", 412, "PreconditionFailed", "R"],
  ["get", 416, "InvalidRange", "P"],
  ["get", 416, undefined, "P"],
  ["put", 416, "InvalidRange", "R"],
  ["put", 409, "ConditionalRequestConflict", "U"],
  ["put", 409, "OperationAborted", "U"],
  ["put", 409, undefined, "U"],
  ["put", 501, "NotImplemented", "R it cannot create an object only if it is absent"],
  ["put", 501, undefined, "R it cannot create an object only if it is absent"],
  ["list", 501, "NotImplemented", "R 501 NotImplemented"],
  ["list", 405, "MethodNotAllowed", "R 405 MethodNotAllowed"],
  ["list", 405, undefined, "U"],
  ["get", 503, "SlowDown", "U"],
  ["get", 503, undefined, "U"],
  ["get", 500, "InternalError", "U"],
  ["get", 500, "Whatever", "U"],
  ["get", 502, undefined, "U"],
  ["get", 429, "TooManyRequests", "U"],
  ["get", 400, "RequestTimeout", "U"],
  ["put", 400, "BadDigest", "U"],
  ["put", 400, "IncompleteBody", "U"],
  ["put", 400, "XAmzContentSHA256Mismatch", "U"],
  ["get", 307, "TemporaryRedirect", "U"],
  ["put", 403, "QuotaExceeded", "F"],
  ["put", 507, "XMinioStorageFull", "F"],
  ["put", 507, undefined, "F"],
  ["get", 403, "AccessDenied", "R 403 AccessDenied"],
  ["get", 403, undefined, "R 403 without an S3 error document"],
  ["get", 401, undefined, "R 401"],
  ["get", 403, "InvalidAccessKeyId", "R InvalidAccessKeyId"],
  ["get", 403, "SignatureDoesNotMatch", "R SignatureDoesNotMatch"],
  ["get", 400, "ExpiredToken", "R ExpiredToken"],
  ["get", 403, "RequestTimeTooSkewed", "R RequestTimeTooSkewed: this machine's clock"],
  ["get", 301, "PermanentRedirect", "R 301 PermanentRedirect: the bucket \"b\" is not in the region us-east-1"],
  ["get", 301, undefined, "R 301 without"],
  ["get", 400, "AuthorizationHeaderMalformed", "R 400 AuthorizationHeaderMalformed"],
  ["get", 403, "InvalidObjectState", "R InvalidObjectState: the object lies in an archive"],
  ["put", 400, "InvalidStorageClass", "R InvalidStorageClass"],
  ["put", 400, "KMS.DisabledException", "R"],
  ["put", 400, "InvalidArgument", "R 400 InvalidArgument"],
  ["get", 400, undefined, "U"]
]

const shown = (verdict: S3Failure.Verdict): string =>
  verdict._tag === "PastEnd"
    ? "P"
    : "reason" in verdict
    ? `${verdict._tag[0]} ${verdict.reason}`
    : verdict._tag[0] ?? ""

describe("S3Failure", () => {
  for (const [operation, status, code, expected] of rows) {
    it(`${operation} ${status} ${code ?? "without a document"}`, () => {
      const verdict = S3Failure.classify({ operation, status, code }, place)
      assert.strictEqual(shown(verdict).slice(0, expected.length), expected)
      if (verdict._tag === "Refused") assert.isAbove(verdict.mend.length, 20)
    })
  }

  it("says which region a bucket is in", () => {
    for (const code of ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"]) {
      const verdict = S3Failure.classify({ operation: "get", status: 400, code, region: "eu-north-1" }, place)
      assert.deepStrictEqual(verdict, {
        _tag: "Refused",
        reason: "the bucket \"b\" is in the region eu-north-1, not in us-east-1",
        mend: "write region=eu-north-1 in the URI"
      })
    }
  })

  it("tells what a connection failed of: certificates and protocols are mended, all else may pass", () => {
    const tag = (network: string) => S3Failure.classify({ operation: "get", network }, place)._tag
    for (
      const code of ["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "EPROTO"]
    ) {
      assert.strictEqual(tag(code), "Refused", code)
    }
    for (const code of ["ECONNRESET", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH", "EPIPE"]) {
      assert.strictEqual(tag(code), "Unavailable", code)
    }
  })

  it("a store that has answered is not given up for what somebody between says", () => {
    const verdict = (more: Partial<S3Failure.Failure>) =>
      S3Failure.classify({ operation: "put", ...more }, place, true)._tag
    for (
      const network of ["ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN", "CERT_NOT_YET_VALID", "EPROTO"]
    ) {
      assert.strictEqual(verdict({ network }), "Unavailable", network)
    }
    for (const status of [200, 301, 302, 400, 401, 403, 404, 405, 407, 451, 501, 502, 511]) {
      assert.strictEqual(verdict({ status }), "Unavailable", `${status}`)
    }
    assert.strictEqual(verdict({ status: 403, code: "AccessDenied" }), "Refused")
    assert.strictEqual(verdict({ status: 301, code: "PermanentRedirect" }), "Refused")
    assert.strictEqual(verdict({ status: 501, code: "NotImplemented" }), "Refused")
    assert.strictEqual(verdict({ status: 412 }), "Exists")
    assert.strictEqual(verdict({ status: 507 }), "Full")
  })

  it("never repeats what may hold keys, and little of anything else", () => {
    const message = `AKIDSECRET\n${"x".repeat(500)}`
    for (const code of ["SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthorizationHeaderMalformed"]) {
      assert.notInclude(
        JSON.stringify(S3Failure.classify({ operation: "get", status: 403, code, message }, place)),
        "AKID"
      )
    }
    const verdict = S3Failure.classify({ operation: "put", status: 400, code: "InvalidArgument", message }, place)
    assert.isBelow(shown(verdict).length, 200)
    assert.notInclude(shown(verdict), "\n")
  })

  it("reads the elements of a document", () => {
    const document = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Key>a&lt;&#xe9;&#233;&amp;lt;</Key></Error>"
    assert.strictEqual(S3Failure.element(document, "Code"), "NoSuchKey")
    assert.strictEqual(S3Failure.element(document, "Key"), "a<éé&lt;")
    assert.isUndefined(S3Failure.element(document, "Region"))
    assert.strictEqual(S3Failure.unescape("&#x110000;"), String.fromCodePoint(0x10ffff))
  })
})
