/** `gs://bucket/prefix?…`: a bucket of Google Cloud Storage. */
import { Result } from "effect"
import * as Parameters from "./UriParameters.ts"
import * as UriText from "./UriText.ts"

export interface GcsUri {
  readonly _tag: "Gcs"
  readonly bucket: string
  /** "" or ends in "/". */
  readonly prefix: string
  /** The project that pays for requests, where a bucket demands one. */
  readonly project?: string
  readonly endpoint?: string
  readonly storageClass?: StorageClass
  /** May ask the machine it runs on (a cloud's metadata service) for credentials. */
  readonly ambient: boolean
}

const storageClasses = ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"] as const
export type StorageClass = (typeof storageClasses)[number]

const fields = {
  project: Parameters.text(/^[a-z0-9](?:[a-z0-9.:-]{0,98}[a-z0-9])?$/, "the id of a project, like my-project-123"),
  endpoint: Parameters.endpoint,
  "storage-class": Parameters.oneOf(storageClasses),
  use_ambient_credentials: Parameters.flag
}

/** A name with dots may be longer: each part has 63 characters. */
const bucketPattern = /^(?=.{3,222}$)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/

export const parse = (rest: string): Result.Result<GcsUri, string> =>
  Result.gen(function*() {
    const { authority, path, query } = yield* UriText.split("gs", rest)
    const given = yield* Parameters.parse("gs", fields, query)
    if (authority === "") return yield* Result.fail("it names no bucket; write gs://bucket/prefix")
    if (!bucketPattern.test(authority)) {
      return yield* Result.fail(
        "its bucket can be none: 3 to 63 lower-case letters, digits, dots, hyphens and underscores, with a letter or digit at both ends"
      )
    }
    const prefix = yield* UriText.prefixOf(path)
    return {
      _tag: "Gcs" as const,
      bucket: authority,
      prefix,
      ...(given.project === undefined ? {} : { project: given.project }),
      ...(given.endpoint === undefined ? {} : { endpoint: given.endpoint }),
      ...(given["storage-class"] === undefined ? {} : { storageClass: given["storage-class"] }),
      ambient: given.use_ambient_credentials === "true"
    }
  })

export const location = (uri: GcsUri): string =>
  `gs://${uri.bucket}${uri.prefix === "" ? "" : "/"}${UriText.formatPath(uri.prefix.slice(0, -1))}`

export const format = (uri: GcsUri): string =>
  location(uri) + Parameters.format([
    ["project", uri.project],
    ["endpoint", uri.endpoint],
    ["storage-class", uri.storageClass],
    ["use_ambient_credentials", uri.ambient ? "true" : undefined]
  ])

/** Where it is, whoever asks and however: equal for two URIs of one place. */
export const place = (uri: GcsUri): string => location(uri) + Parameters.format([["endpoint", uri.endpoint]])
