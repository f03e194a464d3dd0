/**
 * Where a repository lies, as the operator writes it. Problems and the redacted form never repeat a query, a user name or
 * a password: such text ends up in logs and in other people's terminals.
 */
import { Result } from "effect"

/** `path` is as written and may be relative; who opens it resolves it. `Memory` lives as long as the process. */
export type StorageUri =
  | { readonly _tag: "File"; readonly path: string }
  | { readonly _tag: "Memory"; readonly name: string }

/** Kinds of stores that have a name here and no implementation yet. */
const later: Readonly<Record<string, string>> = {
  s3: "S3 buckets (s3://)",
  gs: "Google Cloud Storage (gs://)",
  sftp: "SFTP servers (sftp://)"
}
const schemePattern = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s
const help = "use file:///absolute/path or a plain path"

export const parse = (text: string): Result.Result<StorageUri, string> => {
  if (text.trim() === "") return Result.fail(`it is empty; ${help}`)
  if (text.includes("\0")) return Result.fail("it holds a NUL character")
  const found = schemePattern.exec(text)
  // "C:\…" and "name:…" without slashes are paths nobody means; a scheme of one letter is such a path too.
  if (found === null || text.startsWith("/") || text.startsWith(".")) return parsePath(text)
  const scheme = found[1]!.toLowerCase()
  const rest = found[2]!
  const secret = secretIn(rest)
  if (secret !== undefined) return Result.fail(secret)
  if (scheme === "file") return parseFile(rest)
  if (scheme === "memory") return parseMemory(rest)
  const name = later[scheme]
  if (name !== undefined) return Result.fail(`${name} are not in this version; ${help}`)
  return Result.fail(
    rest.startsWith("//")
      ? `the scheme "${scheme}" is not known; ${help}`
      : `it looks like a URI with the scheme "${scheme}", which is not known; ${help} (a path with a colon: ./${scheme}:…)`
  )
}

/** The canonical text; `parse` gives the same value again when the path is absolute. */
export const format = (uri: StorageUri): string =>
  uri._tag === "Memory"
    ? `memory://${uri.name}`
    : `file://${uri.path.split("/").map(encodeURIComponent).join("/")}`

/** What may be shown of a text that may not even parse: no user, no password, no parameters. */
export const redact = (text: string): string => {
  const found = schemePattern.exec(text)
  if (found === null) return text
  const [visible = ""] = found[2]!.split(/[?#]/)
  return `${found[1]!}:${visible.replace(/^\/\/[^/]*@/, "//")}`
}

const parsePath = (path: string): Result.Result<StorageUri, string> =>
  path === "~" || path.startsWith("~/")
    ? Result.fail("\"~\" is only understood by a shell; write the path in full")
    : Result.succeed({ _tag: "File", path })

const parseFile = (rest: string): Result.Result<StorageUri, string> => {
  const extra = extraIn(rest)
  if (extra !== undefined) return Result.fail(extra)
  const found = /^(?:\/\/([^/]*)|(?!\/\/))(\/.*)$/s.exec(rest)
  if (found === null) return Result.fail("a file:// URI needs an absolute path: file:///path")
  const host = found[1] ?? ""
  if (host !== "" && host !== "localhost") {
    return Result.fail(`a file:// URI has no host, and "${host}" stands where one would; write file:///path`)
  }
  const path = decode(found[2]!)
  return path === undefined
    ? Result.fail("a % in it is not followed by two hexadecimal digits of UTF-8; a % itself is written %25")
    : Result.succeed({ _tag: "File", path })
}

const parseMemory = (rest: string): Result.Result<StorageUri, string> => {
  const extra = extraIn(rest)
  if (extra !== undefined) return Result.fail(extra)
  return rest.startsWith("//")
    ? Result.succeed({ _tag: "Memory", name: rest.slice(2) })
    : Result.fail("write memory://name")
}

/** No store of this version takes parameters. */
const extraIn = (rest: string): string | undefined => {
  const at = rest.search(/[?#]/)
  if (at < 0) return undefined
  if (rest[at] === "#") return "a \"#\" in it is not allowed; one in a path is written %23"
  const name = /^[A-Za-z0-9_-]{1,40}/.exec(rest.slice(at + 1))?.[0]
  return name === undefined
    ? "a \"?\" in it is not allowed; one in a path is written %3F"
    : `the parameter "${name}" is not known (a "?" in a path is written %3F)`
}

const secretIn = (rest: string): string | undefined => {
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1] ?? ""
  if (/^[^@]*:[^@]*@/.test(authority)) {
    return "it holds a password; secrets do not belong in a URI, which is logged and shown"
  }
  const query = rest.slice(rest.indexOf("?") + 1)
  if (
    rest.includes("?") && /(^|[&_-])(secret|password|passphrase|passwd|token|key|access_key_id)[^=&]*=/i.test(query)
  ) {
    return "it holds a secret as a parameter; secrets do not belong in a URI, which is logged and shown"
  }
  return undefined
}

/** Percent-decoding; undefined if it is not UTF-8 or gives a NUL. */
const decode = (text: string): string | undefined => {
  const decoded = Result.getOrUndefined(Result.try(() => decodeURIComponent(text)))
  return decoded === undefined || decoded.includes("\0") ? undefined : decoded
}
