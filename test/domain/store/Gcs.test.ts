import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import * as GcsCredentials from "../../../src/domain/store/GcsCredentials.ts"
import * as GcsFailure from "../../../src/domain/store/GcsFailure.ts"
import * as GcsReply from "../../../src/domain/store/GcsReply.ts"

const document = (reason: string, message = reason) =>
  JSON.stringify({ error: { code: 1, message, errors: [{ message, domain: "global", reason }] } })

const verdict = (operation: GcsFailure.Operation, status: number, text = "") => {
  const found = GcsFailure.classify({ operation, status, text }, "bucket", "me@x")
  return found._tag === "Refused" ? `Refused: ${found.reason}; ${found.mend}` : found._tag
}

describe("GcsFailure", () => {
  it.each<[GcsFailure.Operation, number, string, RegExp]>([
    ["put", 412, document("conditionNotMet"), /^Exists$/],
    ["get", 412, "", /^Unavailable$/],
    ["get", 416, "", /^PastEnd$/],
    ["get", 404, "No such object: bucket/x", /^Absent$/],
    ["get", 404, document("notFound", "No such object: bucket/x"), /^Absent$/],
    ["remove", 404, document("notFound", "No such object: bucket/x"), /^Absent$/],
    ["get", 404, document("notFound", "The specified bucket does not exist."), /no bucket bucket/],
    ["remove", 404, document("notFound", "The specified bucket does not exist."), /no bucket bucket/],
    ["now", 404, document("notFound", "No such object: bucket/x"), /^Absent$/],
    ["list", 404, document("notFound"), /no bucket bucket/],
    ["put", 404, document("notFound"), /no bucket bucket/],
    ["get", 404, "", /does not say what is missing/],
    ["get", 404, "<html>No such object</html>", /does not say what is missing/],
    ["put", 408, "", /^Unavailable$/],
    ["put", 429, "", /^Unavailable$/],
    ["put", 500, "", /^Unavailable$/],
    ["put", 503, "", /^Unavailable$/],
    ["put", 409, "", /^Unavailable$/],
    ["get", 403, document("userRateLimitExceeded"), /^Unavailable$/],
    ["get", 403, "Rate limit exceeded", /^Unavailable$/],
    ["get", 403, document("forbidden"), /me@x may not do that \(403 forbidden\).*objectUser.*bucket/],
    ["get", 401, "Anonymous caller", /not accepted \(401\)/],
    ["get", 400, document("userProjectMissing"), /which project pays/],
    ["log in", 400, "{\"error\":\"invalid_grant\"}", /does not accept the credentials of me@x/],
    ["log in", 404, "", /does not accept/],
    ["log in", 503, "", /^Unavailable$/],
    ["put", 501, "", /cannot be helped/],
    ["put", 302, "", /cannot be helped/]
  ])("%s, %d %s", (operation, status, text, expected) => {
    assert.match(verdict(operation, status, text), expected)
  })

  it.each<[string, string]>([
    ["ECONNREFUSED", "Unavailable"],
    ["ENOTFOUND", "Unavailable"],
    ["silence", "Unavailable"],
    ["CERT_HAS_EXPIRED", "Refused"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "Refused"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "Refused"]
  ])("the connection: %s", (code, tag) => {
    assert.strictEqual(GcsFailure.ofNetwork(code)._tag, tag)
  })
})

describe("GcsReply", () => {
  it("a page is read; what is none is not", () => {
    assert.deepStrictEqual(GcsReply.parsePage({}), { items: [], next: Option.none() })
    assert.deepStrictEqual(
      GcsReply.parsePage({ items: [{ name: "a", size: "12" }], nextPageToken: "t" }),
      { items: [{ name: "a", size: 12 }], next: Option.some("t") }
    )
    for (
      const json of [undefined, "", "<html>", [1], { items: [{ name: "a" }] }, { items: [{ name: "a", size: "-1" }] }]
    ) {
      assert.isUndefined(GcsReply.parsePage(json), JSON.stringify(json))
    }
  })

  it("an upload has succeeded if the reply names the object, and all of its bytes", () => {
    assert.isTrue(GcsReply.isCreated({ name: "a", size: "3", kind: "storage#object" }, "a", 3))
    for (const json of [undefined, "<html>", {}, { name: "b", size: "3" }, { name: "a", size: "2" }, { name: "a" }]) {
      assert.isFalse(GcsReply.isCreated(json, "a", 3), JSON.stringify(json))
    }
  })

  it.each<[number, string | undefined, readonly [number, number] | undefined, string, string | undefined]>([
    [200, undefined, undefined, "abcd", "abcd"],
    [200, undefined, [1, 3], "abcd", "bc"],
    [200, undefined, [9, 12], "abcd", ""],
    [206, "bytes 1-2/9", [1, 3], "bc", "bc"],
    [206, "bytes 1-2/*", [1, 3], "bc", "bc"],
    [206, "bytes 7-8/9", [7, 20], "yz", "yz"],
    [206, "bytes 3-3/9", [3, 3], "d", ""],
    [206, "bytes 0-1/9", [1, 3], "ab", undefined],
    [206, "bytes 1-2/9", [1, 3], "b", undefined],
    [206, "bytes 1-5/9", [1, 3], "bcdef", undefined],
    [206, "bytes 0-9/1000", [0, 100], "abcdefghij", undefined],
    [206, "bytes 7-8/10", [7, 20], "yz", undefined],
    [206, "bytes 7-8/*", [7, 20], "yz", undefined],
    [206, "bytes 3-2/9", [3, 5], "", undefined],
    [206, "bytes 3-4/9", [3, 3], "de", undefined],
    [206, undefined, [1, 3], "bc", undefined],
    [206, "bytes 0-3/4", undefined, "abcd", undefined],
    [204, undefined, undefined, "", undefined]
  ])("%d %s, asked for %j: %s", (status, contentRange, range, bytes, expected) => {
    const asked = range === undefined ? undefined : { start: range[0], end: range[1] }
    const found = GcsReply.ranged(status, contentRange, asked, Buffer.from(bytes))
    assert.strictEqual(found === undefined ? undefined : Buffer.from(found).toString(), expected)
  })
})

describe("GcsCredentials", () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" }
  })
  const file = { type: "service_account", client_email: "a@b", private_key: privateKey }

  it("what was read shows no secret", () => {
    const credentials = Result.getOrThrow(GcsCredentials.parse(JSON.stringify(file)))
    assert.strictEqual(credentials.tokenUri, "https://oauth2.googleapis.com/token")
    assert.notInclude(inspect(credentials, { depth: 9 }), "PRIVATE KEY")
    assert.notInclude(JSON.stringify(credentials), "PRIVATE KEY")
  })

  it.each(["http://example.com/token", "ftp://x/y", "https://me:pw@x/y"])("no token is asked for at %s", (tokenUri) => {
    assert.isTrue(Result.isFailure(GcsCredentials.parse(JSON.stringify({ ...file, token_uri: tokenUri }))))
  })
})
