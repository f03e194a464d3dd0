/** `s3://bucket/prefix?…`: a bucket of AWS, or of whatever speaks its protocol at `endpoint`. */
import { Result } from "effect"
import * as Parameters from "./UriParameters.ts"
import * as UriText from "./UriText.ts"

export interface S3Uri {
  readonly _tag: "S3"
  readonly bucket: string
  /** "" or ends in "/". */
  readonly prefix: string
  readonly region?: string
  /** `http(s)://host[:port][/path]` */
  readonly endpoint?: string
  readonly storageClass?: string
  readonly pathStyle?: boolean
  readonly profile?: string
  /** May ask the machine it runs on (a cloud's metadata service) for credentials. */
  readonly ambient: boolean
}

const fields = {
  region: Parameters.text(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, "a region like eu-central-1 (R2: auto)"),
  endpoint: Parameters.endpoint,
  "storage-class": Parameters.text(
    /^(?!(GLACIER|DEEP_ARCHIVE)$)[A-Za-z][A-Za-z0-9_-]{0,63}$/i,
    "a storage class that can be read at once, like STANDARD, STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR " +
      "(objects of GLACIER and DEEP_ARCHIVE would have to be restored first)"
  ),
  "path-style": Parameters.flag,
  profile: Parameters.text(/^[^\s[\]=#;](?:[^[\]=#;\r\n]{0,126}[^\s[\]=#;])?$/, "the name of a profile"),
  use_ambient_credentials: Parameters.flag
}

/** What every store that speaks S3 may call a bucket, and what AWS does. */
const anyBucket = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/
const awsBucket = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export const parse = (rest: string): Result.Result<S3Uri, string> =>
  Result.gen(function*() {
    const { authority, path, query } = yield* UriText.split("s3", rest)
    const given = yield* Parameters.parse("s3", fields, query)
    if (authority === "") return yield* Result.fail("it names no bucket; write s3://bucket/prefix")
    if (authority.includes(":")) {
      return yield* Result.fail(
        "it has a host and a port where its bucket should be; write s3://bucket/prefix?endpoint=https://host:port"
      )
    }
    if (!(given.endpoint === undefined ? awsBucket : anyBucket).test(authority)) {
      return yield* Result.fail(
        "its bucket can be none: 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends"
      )
    }
    const prefix = yield* UriText.prefixOf(path)
    const known = given["storage-class"]?.toUpperCase()
    return {
      _tag: "S3" as const,
      bucket: authority,
      prefix,
      ...(given.region === undefined ? {} : { region: given.region }),
      ...(given.endpoint === undefined ? {} : { endpoint: given.endpoint }),
      ...(known === undefined ? {} : { storageClass: awsClasses.has(known) ? known : given["storage-class"]! }),
      ...(given["path-style"] === undefined ? {} : { pathStyle: given["path-style"] === "true" }),
      ...(given.profile === undefined ? {} : { profile: given.profile }),
      ambient: given.use_ambient_credentials === "true"
    }
  })

const awsClasses: ReadonlySet<string> = new Set([
  "STANDARD",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
  "REDUCED_REDUNDANCY",
  "EXPRESS_ONEZONE"
])

export const location = (uri: S3Uri): string =>
  `s3://${uri.bucket}${uri.prefix === "" ? "" : "/"}${UriText.formatPath(uri.prefix.slice(0, -1))}`

export const format = (uri: S3Uri): string =>
  location(uri) + Parameters.format([
    ["region", uri.region],
    ["endpoint", uri.endpoint],
    ["storage-class", uri.storageClass],
    ["path-style", uri.pathStyle === undefined ? undefined : String(uri.pathStyle)],
    ["profile", uri.profile],
    ["use_ambient_credentials", uri.ambient ? "true" : undefined]
  ])

/** Where it is, whoever asks and however: equal for two URIs of one place. */
export const place = (uri: S3Uri): string => location(uri) + Parameters.format([["endpoint", uri.endpoint]])
