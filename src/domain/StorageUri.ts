/**
 * Where a repository lies, as the operator writes it. Problems, `redact` and `location` never repeat a user name, a password
 * or a parameter: such text ends up in logs, in the store and in other people's terminals. `format` may: it is for the
 * operator alone.
 */
import { Result } from "effect"
import * as UriGcs from "./store/UriGcs.ts"
import { parse as parseParameters } from "./store/UriParameters.ts"
import * as UriS3 from "./store/UriS3.ts"
import * as UriSecrets from "./store/UriSecrets.ts"
import * as UriSftp from "./store/UriSftp.ts"

/** `path` of a `File` is as written and may be relative; who opens it resolves it. `Memory` lives as long as the process. */
export type StorageUri =
  | { readonly _tag: "File"; readonly path: string }
  | { readonly _tag: "Memory"; readonly name: string }
  | UriS3.S3Uri
  | UriGcs.GcsUri
  | UriSftp.SftpUri

const schemePattern = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s
const help = "use s3://bucket/prefix, gs://bucket/prefix, sftp://user@host/path, file:///path or a plain path"

export const parse = (text: string): Result.Result<StorageUri, string> => {
  if (text.trim() === "") return Result.fail(`it is empty; ${help}`)
  if (text.includes("\0")) return Result.fail("it holds a NUL character")
  const found = schemePattern.exec(text)
  // "C:\…" and "name:…" without slashes are paths nobody means; a scheme of one letter is such a path too.
  if (found === null || text.startsWith("/") || text.startsWith(".")) return parsePath(text)
  const scheme = found[1]!.toLowerCase()
  const rest = found[2]!
  const secret = UriSecrets.problem(scheme, rest)
  if (secret !== undefined) return Result.fail(secret)
  switch (scheme) {
    case "s3":
      return UriS3.parse(rest)
    case "gs":
      return UriGcs.parse(rest)
    case "sftp":
      return UriSftp.parse(rest)
    case "file":
      return parseFile(rest)
    case "memory":
      return parseMemory(rest)
  }
  // `user@host:path`: what stands before the colon may be anything.
  const name = rest.includes("@") ? "" : ` "${scheme}"`
  const known = spellings[scheme]
  if (known !== undefined) return Result.fail(`the scheme${name} is not known; did you mean ${known}://?`)
  return Result.fail(
    rest.startsWith("//")
      ? `the scheme${name} is not known; ${help}`
      : `it looks like a URI with the scheme${name}, which is not known; ${help} (a path with a colon: ./${scheme}:…)`
  )
}

/** What the same thing is called elsewhere. */
const spellings: Readonly<Record<string, string>> = { gcs: "gs", s3a: "s3", ssh: "sftp", scp: "sftp", mem: "memory" }

/** The canonical text; `parse` gives the same value again when the path of a `File` is absolute. */
export const format = (uri: StorageUri): string => {
  switch (uri._tag) {
    case "S3":
      return UriS3.format(uri)
    case "Gcs":
      return UriGcs.format(uri)
    case "Sftp":
      return UriSftp.format(uri)
    default:
      return location(uri)
  }
}

/** What may be shown to anybody: scheme, bucket or host, path. */
export const location = (uri: StorageUri): string => {
  switch (uri._tag) {
    case "S3":
      return UriS3.location(uri)
    case "Gcs":
      return UriGcs.location(uri)
    case "Sftp":
      return UriSftp.location(uri)
    case "Memory":
      return `memory://${uri.name}`
    case "File":
      return `file://${uri.path.split("/").map(encodeURIComponent).join("/")}`
  }
}

/** Equal for two URIs of one place, however it is reached: what this host keeps of a repository is kept by it. */
export const place = (uri: StorageUri): string => {
  switch (uri._tag) {
    case "S3":
      return UriS3.place(uri)
    case "Gcs":
      return UriGcs.place(uri)
    case "Sftp":
      return UriSftp.place(uri)
    default:
      return location(uri)
  }
}

/** What may be shown of a text that may not even parse: no user, no password, no parameters. */
export const redact = (text: string): string => {
  const found = schemePattern.exec(text)
  return found === null || text.startsWith("/") || text.startsWith(".") ? text : UriSecrets.redact(found[1]!, found[2]!)
}

const parsePath = (path: string): Result.Result<StorageUri, string> =>
  path === "~" || path.startsWith("~/")
    ? Result.fail("\"~\" is only understood by a shell; write the path in full")
    : Result.succeed({ _tag: "File", path })

const parseFile = (rest: string): Result.Result<StorageUri, string> => {
  const [path, extra] = cut(rest)
  const problem = extraProblem("file", extra)
  if (problem !== undefined) return Result.fail(problem)
  const found = /^(?:\/\/([^/]*)|(?!\/\/))(\/.*)$/s.exec(path)
  if (found === null) return Result.fail("a file:// URI needs an absolute path: file:///path")
  const host = found[1] ?? ""
  if (host !== "" && host !== "localhost") {
    return Result.fail(
      `a file:// URI has no host, and ${
        host.includes("@") ? "something" : `"${host}"`
      } stands where one would; write file:///path`
    )
  }
  const decoded = Result.getOrUndefined(Result.try(() => decodeURIComponent(found[2]!)))
  return decoded === undefined || decoded.includes("\0")
    ? Result.fail("a % in it is not followed by two hexadecimal digits of UTF-8; a % itself is written %25")
    : Result.succeed({ _tag: "File", path: decoded })
}

const parseMemory = (rest: string): Result.Result<StorageUri, string> => {
  const [name, extra] = cut(rest)
  const problem = extraProblem("memory", extra)
  if (problem !== undefined) return Result.fail(problem)
  return name.startsWith("//")
    ? Result.succeed({ _tag: "Memory", name: name.slice(2) })
    : Result.fail("write memory://name")
}

/** Up to the first "?" or "#", and from there on. */
const cut = (rest: string): readonly [string, string | undefined] => {
  const at = rest.search(/[?#]/)
  return at < 0 ? [rest, undefined] : [rest.slice(0, at), rest.slice(at)]
}

/** Neither has parameters; a "?" is more likely part of a name. */
const extraProblem = (scheme: string, extra: string | undefined): string | undefined => {
  if (extra === undefined) return undefined
  if (extra.startsWith("#")) return "a \"#\" in it is not allowed; one in a path is written %23"
  if (!extra.includes("=")) return "a \"?\" in it is not allowed; one in a path is written %3F"
  const parsed = parseParameters(scheme, {}, extra.slice(1))
  return `${Result.isFailure(parsed) ? parsed.failure : "it has parameters"} (a "?" in a path is written %3F)`
}
