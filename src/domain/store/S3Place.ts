/**
 * Where in S3 a repository lies, and how it is spoken to there: the name that is shown, the address style, what is refused
 * before any request. What is shown never holds a user, a password or a parameter of the endpoint.
 */
import { Result } from "effect"

export interface Options {
  readonly bucket: string
  /** "" or ends in "/". */
  readonly prefix: string
  readonly region?: string | undefined
  /** Undefined for AWS itself. */
  readonly endpoint?: string | undefined
  /** The endpoint that the environment names for AWS's tools. It is part of where a repository lies, so it is never just used. */
  readonly configured?: string | undefined
  readonly storageClass?: string | undefined
  /** Buckets in the path instead of in the host name; by default with an endpoint of one's own. */
  readonly pathStyle?: boolean | undefined
}

export interface Place {
  readonly bucket: string
  readonly prefix: string
  /** Origin, and path if it has one, without a slash at its end. */
  readonly endpoint: string | undefined
  readonly pathStyle: boolean
  /** Over TLS the body need not be hashed a second time to be signed. */
  readonly secure: boolean
  readonly storageClass: string | undefined
  /** The redacted URI: bucket and prefix. */
  readonly location: string
}

export interface Problem {
  readonly reason: string
  readonly mend: string
}

/** Classes that cannot be read at once: a repository reads what it wrote. */
const frozen = new Set(["GLACIER", "DEEP_ARCHIVE"])

export const make = (options: Options): Result.Result<Place, Problem> => {
  const { bucket, prefix, storageClass } = options
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) {
    return Result.fail({ reason: `"${bucket}" is no name of a bucket`, mend: "correct it in the URI" })
  }
  if (bucket.endsWith("--x-s3")) {
    return Result.fail({
      reason: "a directory bucket (S3 Express One Zone) does not list names in order",
      mend: "use a general purpose bucket"
    })
  }
  if (storageClass !== undefined && frozen.has(storageClass)) {
    return Result.fail({
      reason: `what lies in the storage class ${storageClass} cannot be read at once`,
      mend: "use STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR, or leave storage-class out"
    })
  }
  if (options.endpoint === undefined && options.configured !== undefined) {
    return Result.fail({
      reason: "AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_S3 is set, and the URI has no endpoint",
      mend: "write it into the URI (endpoint=https://host:port), or unset the variable to mean AWS"
    })
  }
  const url = options.endpoint === undefined ? undefined : parse(options.endpoint)
  if (url === null || (url !== undefined && !/^https?:$/.test(url.protocol))) {
    return Result.fail({
      reason: "the endpoint is no http:// or https:// URL",
      mend: "write endpoint=https://host:port"
    })
  }
  if (url !== undefined && (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")) {
    return Result.fail({
      reason: "the endpoint holds a user, a password, a query or a fragment",
      mend: "write endpoint=https://host:port, and give credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    })
  }
  const endpoint = url === undefined ? undefined : url.origin + url.pathname.replace(/\/+$/, "")
  return Result.succeed({
    bucket,
    prefix,
    endpoint,
    // The host name bucket.with.dots.s3.… does not fit the certificate *.s3.….
    pathStyle: options.pathStyle ?? (endpoint !== undefined || bucket.includes(".")),
    secure: endpoint === undefined || endpoint.startsWith("https:"),
    storageClass,
    location: `s3://${bucket}/${prefix}`.replace(/\/$/, "")
  })
}

const parse = (text: string): URL | null => URL.parse(text)

/** The query of a request, as it is signed: "" or begins with "?". */
export const queryOf = (query: Readonly<Record<string, string | ReadonlyArray<string> | null>> = {}): string => {
  const escape = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${escape(name)}=${escape(one)}`)
  )
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}
