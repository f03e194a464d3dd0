/**
 * Signature Version 4 as an S3 server checks it, in the Authorization header or in the query: everything signed is computed
 * again from the request as it came. "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API reference.
 */
import { Schema } from "effect"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"

/** An error document. */
export class S3Problem extends Schema.TaggedError<S3Problem>()("S3Problem", {
  status: Schema.Int,
  code: Schema.String,
  said: Schema.String,
  /** Further elements of the document. */
  more: Schema.Record(Schema.String, Schema.String)
}) {}

export const s3Problem = (
  status: number,
  code: string,
  said = code,
  more: Readonly<Record<string, string>> = {}
): S3Problem => new S3Problem({ status, code, said, more })

export interface Authority {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Wanted in x-amz-security-token, if any. */
  readonly sessionToken?: string | undefined
  readonly region: string
  /** Milliseconds. */
  readonly now: () => number
}

/** Like encodeURIComponent, with the four characters that it leaves alone and signatures do not. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** Name and value of each parameter, decoded; "+" is itself. */
export const queryOf = (url: string): ReadonlyArray<readonly [string, string]> => {
  const text = url.split("?").slice(1).join("?")
  return text === "" ? [] : text.split("&").map((pair) => {
    const at = pair.indexOf("=")
    return at < 0
      ? [decodeURIComponent(pair), ""] as const
      : [decodeURIComponent(pair.slice(0, at)), decodeURIComponent(pair.slice(at + 1))] as const
  })
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()

interface Claim {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  readonly token: string | undefined
  readonly payload: string
  readonly query: ReadonlyArray<readonly [string, string]>
}

const claimOf = (request: IncomingMessage): Claim => {
  const header = request.headers.authorization
  const query = queryOf(request.url ?? "/")
  const parameter = (name: string) => query.find(([key]) => key === name)?.[1]
  if (header === undefined && parameter("X-Amz-Signature") !== undefined) {
    return {
      credential: parameter("X-Amz-Credential") ?? "",
      signedHeaders: parameter("X-Amz-SignedHeaders") ?? "",
      signature: parameter("X-Amz-Signature") ?? "",
      date: parameter("X-Amz-Date") ?? "",
      token: parameter("X-Amz-Security-Token"),
      payload: request.headers["x-amz-content-sha256"]?.toString() ?? "UNSIGNED-PAYLOAD",
      query: query.filter(([name]) => name !== "X-Amz-Signature")
    }
  }
  const found = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    header ?? ""
  )
  if (found === null) throw s3Problem(403, "AccessDenied", "Anonymous access is not allowed")
  const payload = request.headers["x-amz-content-sha256"]?.toString()
  if (payload === undefined) throw s3Problem(400, "InvalidRequest", "x-amz-content-sha256 is missing")
  return {
    credential: found[1] ?? "",
    signedHeaders: found[2] ?? "",
    signature: found[3] ?? "",
    date: request.headers["x-amz-date"]?.toString() ?? "",
    token: request.headers["x-amz-security-token"]?.toString(),
    payload,
    query
  }
}

/** Throws what S3 answers to a request that is not signed as it should be. */
export const verify = (request: IncomingMessage, authority: Authority): void => {
  const claim = claimOf(request)
  const [id = "", day = "", region = "", service = "", end = ""] = claim.credential.split("/")
  if (service !== "s3" || end !== "aws4_request") {
    throw s3Problem(400, "AuthorizationHeaderMalformed", "not for this service")
  }
  if (region !== authority.region) {
    throw s3Problem(
      400,
      "AuthorizationHeaderMalformed",
      `the region '${region}' is wrong; expecting '${authority.region}'`,
      { Region: authority.region }
    )
  }
  if (id !== authority.accessKeyId) {
    throw s3Problem(403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records.", {
      AWSAccessKeyId: id
    })
  }
  if (claim.token !== authority.sessionToken) {
    if (claim.token === undefined) throw s3Problem(403, "InvalidAccessKeyId", "a session token is missing")
    throw s3Problem(400, "ExpiredToken", "The provided token has expired.")
  }
  const signedHeaders = claim.signedHeaders.split(";")
  if (!signedHeaders.includes("host")) throw s3Problem(403, "AccessDenied", "the host is not signed")
  const loose = Object.keys(request.headers).find((name) => name.startsWith("x-amz-") && !signedHeaders.includes(name))
  if (loose !== undefined && request.headers.authorization !== undefined) {
    throw s3Problem(
      403,
      "AccessDenied",
      `There were headers present in the request which were not signed: ${loose}`
    )
  }
  const headerLines = signedHeaders.map((name) =>
    `${name}:${(request.headers[name] ?? "").toString().trim().replaceAll(/ +/g, " ")}`
  )
  const pairs = claim.query.map(([name, value]) => [encode(name), encode(value)] as const)
  const canonicalQuery = pairs
    .toSorted(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0)
    .map((pair) => pair.join("="))
    .join("&")
  const canonical = [
    request.method,
    (request.url ?? "/").split("?")[0],
    canonicalQuery,
    ...headerLines,
    "",
    claim.signedHeaders,
    claim.payload
  ].join("\n")
  const scope = `${day}/${region}/s3/aws4_request`
  const digest = createHash("sha256").update(canonical).digest("hex")
  const key = hmac(hmac(hmac(hmac(`AWS4${authority.secretAccessKey}`, day), region), "s3"), "aws4_request")
  const expected = hmac(key, ["AWS4-HMAC-SHA256", claim.date, scope, digest].join("\n"))
  const given = Buffer.from(claim.signature, "hex")
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw s3Problem(403, "SignatureDoesNotMatch", "The request signature we calculated does not match", {
      AWSAccessKeyId: id,
      StringToSign: canonical
    })
  }
  const time = Date.parse(claim.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"))
  if (!(Math.abs(time - authority.now()) <= 15 * 60 * 1000)) {
    throw s3Problem(
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the server's time is too large."
    )
  }
}
