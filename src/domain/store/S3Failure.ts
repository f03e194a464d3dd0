/**
 * What a failed S3 request means: absent, there already, try again, full, or refused for good with what mends it. Only
 * `NoSuchKey` is absence: any other 404 may be another bucket, or no S3 at all, and what is not there then is not empty.
 * Codes: "Error responses" of the Amazon S3 API reference, and those of Ceph, MinIO, Garage, R2, Wasabi, B2 and Swift.
 */

export type Operation = "put" | "get" | "list" | "remove" | "now" | "look"

/** What came back: a reply with a status and perhaps an error document, or a connection that failed. */
export interface Failure {
  readonly operation: Operation
  readonly status?: number | undefined
  /** `Code` of the error document. */
  readonly code?: string | undefined
  /** `Message` of the error document; may repeat what was sent, so little of it is shown. */
  readonly message?: string | undefined
  /** Where the store says that the bucket is: `x-amz-bucket-region`, or `Region` of the error document. */
  readonly region?: string | undefined
  /** How the connection failed: a code of Node, or our own words. */
  readonly network?: string | undefined
}

/** What the mends speak of. Holds no secret. */
export interface Place {
  readonly bucket: string
  /** Undefined for AWS itself. */
  readonly endpoint?: string | undefined
  readonly region: string
  /** Where the credentials were found, as `S3Credentials` says it. */
  readonly credentials: string
}

export type Verdict =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Exists" }
  /** A range that begins at the object's end or after it. */
  | { readonly _tag: "PastEnd" }
  | { readonly _tag: "Full" }
  | { readonly _tag: "Unavailable"; readonly reason: string }
  | { readonly _tag: "Refused"; readonly reason: string; readonly mend: string }

/** What to do about a store that cannot create only if absent: the one thing this program cannot do without. */
export const conditionalMend =
  "use a store whose PutObject honours If-None-Match: * (AWS, Cloudflare R2, Ceph 16 or newer, a current MinIO); " +
  "the S3 interfaces of Backblaze B2 and of OpenStack Swift do not have it, and MinIO before 2024 ignores it"

/**
 * `met`: whether the store has answered this process before. Then a certificate that is not its own, or a reply that no S3
 * server made, is somebody else's who stands between for a while (a portal, a proxy); before, it is a mistake in the URI.
 */
export const classify = (failure: Failure, place: Place, met = false): Verdict => {
  if (failure.network !== undefined) {
    return met ? { _tag: "Unavailable", reason: failure.network } : ofNetwork(failure.network, place)
  }
  const { status = 0, code = "", operation } = failure
  if (code === "NoSuchKey" && (operation === "get" || operation === "remove")) return { _tag: "Absent" }
  if (operation === "put" && (status === 412 || code === "PreconditionFailed")) return { _tag: "Exists" }
  if (operation === "get" && (status === 416 || code === "InvalidRange")) return { _tag: "PastEnd" }
  if (full.has(code) || status === 507) return { _tag: "Full" }
  if (transient.has(code)) return unavailable(failure)
  const known = refusals[code]
  if (known !== undefined) return refused(known(place, failure))
  if (met && code === "") return unavailable(failure)
  if (status === 501 && operation === "put") return refused(unconditional)
  if (status === 301) return refused(elsewhere(place, failure))
  if (status === 401 || status === 403) return refused(denied(place, failure))
  if (code !== "" && (status === 501 || status === 405)) return refused(incomplete(place, failure))
  // Without an error document a reply does not come from an S3 server, but from what stands before it, perhaps for a moment.
  if (code === "" || status < 400 || status >= 500 || passing.has(status)) return unavailable(failure)
  return refused([said(failure), "see docs/stores.md for what this program asks of an S3 store"])
}

/** Whether the store shows by it that it is there, and that it knows us. */
export const isAnswer = ({ _tag }: Verdict): boolean => _tag === "Absent" || _tag === "Exists" || _tag === "PastEnd"

/** The text of an element of a document, which has no attributes and does not nest; undefined if there is none. */
export const element = (document: string, name: string): string | undefined => {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1]
  return text === undefined ? undefined : unescape(text)
}

/** The text that markup stands for. */
export const unescape = (markup: string): string =>
  markup.includes("&")
    ? markup.replaceAll(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/g, (_, hex, decimal, name) =>
      name === undefined
        ? String.fromCodePoint(Math.min(0x10ffff, hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)))
        : entities[name] ?? "")
    : markup

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'" }

type Refusal = readonly [reason: string, mend: string]

const refused = ([reason, mend]: Refusal): Verdict => ({ _tag: "Refused", reason, mend })

const unavailable = (failure: Failure): Verdict => ({ _tag: "Unavailable", reason: said(failure) })

/** Statuses that pass by themselves, whatever the code: time-out, conflict, gone away, too early, too many. */
const passing = new Set([404, 408, 409, 425, 429])

const full = new Set([
  "QuotaExceeded",
  "XMinioStorageFull",
  "XMinioAdminBucketQuotaExceeded",
  "InsufficientStorage",
  "StorageQuotaExceeded"
])

const transient = new Set([
  "SlowDown",
  "Slowdown",
  "SlowDownRead",
  "SlowDownWrite",
  "ServiceUnavailable",
  "InternalError",
  "RequestTimeout",
  "RequestTimedOut",
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
  "TooManyRequests",
  "TemporaryRedirect",
  "OperationAborted",
  "ConditionalRequestConflict",
  "Busy",
  // The bytes did not arrive as they were sent: the same bytes may, the next time.
  "BadDigest",
  "IncompleteBody",
  "XAmzContentSHA256Mismatch",
  "XAmzContentChecksumMismatch",
  "MissingContentLength"
])

const serverOf = (place: Place): string => place.endpoint ?? "AWS"

const noBucket = (place: Place): Refusal => [
  `there is no bucket "${place.bucket}" at ${serverOf(place)}`,
  "create it, or correct the bucket's name or the endpoint in the URI"
]

const denied = (place: Place, failure: Failure): Refusal => [
  said(failure),
  `let the credentials of ${place.credentials} list the bucket "${place.bucket}" and get, put and delete its objects ` +
  "(s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject; the policy is in docs/stores.md)"
]

const unknownKey = (place: Place, failure: Failure): Refusal => [
  `${failure.code}: ${serverOf(place)} does not know the access key`,
  `check the credentials of ${place.credentials}; temporary ones also need AWS_SESSION_TOKEN (aws_session_token in a file)`
]

const wrongSecret = (place: Place, failure: Failure): Refusal => [
  `${failure.code}: the secret key does not belong to the access key`,
  `check the credentials of ${place.credentials} for a cut or mixed-up secret key; behind a proxy, see that it passes the ` +
  "Host header and the path on unchanged"
]

const expired = (place: Place, failure: Failure): Refusal => [
  `${failure.code}: the temporary credentials are no longer valid`,
  `get new ones for ${place.credentials} and start again, or use lasting ones`
]

const skewed = (_: Place, failure: Failure): Refusal => [
  `${failure.code}: this machine's clock and the store's differ by more than the store allows (15 minutes)`,
  "set the clock (timedatectl set-ntp true), then start again"
]

const elsewhere = (place: Place, failure: Failure): Refusal => {
  const known = failure.region !== undefined && failure.region !== place.region
  return [
    known
      ? `the bucket "${place.bucket}" is in the region ${failure.region}, not in ${place.region}`
      : `${said(failure)}: the bucket "${place.bucket}" is not in the region ${place.region}`,
    known ? `write region=${failure.region} in the URI` : "write its region in the URI: region=…"
  ]
}

/** The signature's region is wrong, or the header came through something that changed it. */
const malformed = (place: Place, failure: Failure): Refusal =>
  failure.region !== undefined && failure.region !== place.region ? elsewhere(place, failure) : [
    said(failure),
    `check the region (${place.region}) and the credentials of ${place.credentials}`
  ]

const archived = (): Refusal => [
  "InvalidObjectState: the object lies in an archive that must be thawed before it can be read",
  "restore it to a class that is read at once; objects of a repository may not be moved to an archive class"
]

const unconditional: Refusal = ["it cannot create an object only if it is absent (501 NotImplemented)", conditionalMend]

const incomplete = (place: Place, failure: Failure): Refusal => [
  said(failure),
  `see that ${
    serverOf(place)
  } is the S3 endpoint and not a web page or a console, and that it has what docs/stores.md asks for`
]

const invalidClass = (): Refusal => [
  "InvalidStorageClass: the store does not have this storage class",
  "correct storage-class in the URI or leave it out"
]

const encryption = (place: Place, failure: Failure): Refusal => [
  said(failure),
  `let the credentials of ${place.credentials} use the bucket's encryption key, and see that it is enabled`
]

const payer = (_: Place, failure: Failure): Refusal => [said(failure), "settle it with the store's provider"]

const refusals: Readonly<Record<string, (place: Place, failure: Failure) => Refusal>> = {
  NoSuchBucket: noBucket,
  InvalidBucketName: noBucket,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  Forbidden: denied,
  InvalidAccessKeyId: unknownKey,
  InvalidToken: unknownKey,
  InvalidClientTokenId: unknownKey,
  UnrecognizedClientException: unknownKey,
  SignatureDoesNotMatch: wrongSecret,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  RequestTimeTooSkewed: skewed,
  RequestExpired: skewed,
  PermanentRedirect: elsewhere,
  IllegalLocationConstraintException: elsewhere,
  AuthorizationHeaderMalformed: malformed,
  InvalidObjectState: archived,
  InvalidStorageClass: invalidClass,
  AccountProblem: payer,
  NotSignedUp: payer,
  InvalidPayer: payer,
  "KMS.DisabledException": encryption,
  "KMS.NotFoundException": encryption,
  "KMS.KMSInvalidStateException": encryption,
  "KMS.AccessDeniedException": encryption
}

const certificates = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/

const ofNetwork = (network: string, place: Place): Verdict => {
  if (network === "CERT_HAS_EXPIRED" || network === "CERT_NOT_YET_VALID") {
    return refused([
      `the certificate of ${serverOf(place)} ${network === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet"}`,
      "have it renewed there; if this machine's clock is wrong, set it (timedatectl set-ntp true)"
    ])
  }
  if (network === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return refused([
      `the certificate of ${serverOf(place)} is for other host names (${network})`,
      "write the endpoint with a host name that it is for; with an endpoint of your own leave path-style=false out"
    ])
  }
  if (certificates.test(network)) {
    return refused([
      `the certificate of ${serverOf(place)} is not trusted (${network})`,
      "if the authority is your own, name its certificate in NODE_EXTRA_CA_CERTS"
    ])
  }
  if (network === "EPROTO" || network === "ERR_SSL_WRONG_VERSION_NUMBER") {
    return refused([
      `${serverOf(place)} does not speak TLS`,
      "write the endpoint with http:// if it is meant to be unencrypted, or with the port that speaks TLS"
    ])
  }
  return { _tag: "Unavailable", reason: network }
}

/** The reply in a few words: status, code and the beginning of its message, on one line. */
const said = ({ status, code, message }: Failure): string => {
  const head = [status, code].filter((part) => part !== undefined && part !== "").join(" ")
  const text = short(message ?? "")
  if (code === undefined || code === "") return `${head} without an S3 error document`
  return text === "" || text === code || hiding.has(code) ? head : `${head}: ${text}`
}

/** The beginning of a text from elsewhere, on one line. */
export const short = (text: string): string => text.replaceAll(/[^\x20-\x7e]+/g, " ").trim().slice(0, 120)

/** Codes whose message repeats keys or what was signed. */
const hiding = new Set(["SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthorizationHeaderMalformed"])
