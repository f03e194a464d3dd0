/**
 * `sftp://user@host:port/path?…`: a directory of a server. The path is absolute, with one slash or two before it; `/~/path`
 * is below the directory in which the login ends.
 */
import { Result } from "effect"
import * as Parameters from "./UriParameters.ts"
import * as UriText from "./UriText.ts"

export interface SftpUri {
  readonly _tag: "Sftp"
  readonly user?: string
  /** A name in lower case or an address, an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
  /** Absolute, or relative to where the login ends ("." is that directory). No slash at its end unless it is "/". */
  readonly path: string
  /** A file of this host with a private key. */
  readonly key?: string
  /** `SHA256:` and the fingerprint that `ssh-keygen -l` shows. */
  readonly hostKey?: string
  /** A file of this host with known hosts. */
  readonly knownHosts?: string
}

export const defaultPort = 22

const fields = {
  key: Parameters.file,
  "host-key": Parameters.text(
    /^SHA256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?$/,
    "SHA256: and 43 characters, as `ssh-keygen -lf` prints it"
  ),
  "known-hosts": Parameters.file
}

export const parse = (rest: string): Result.Result<SftpUri, string> =>
  Result.gen(function*() {
    const { authority, path, query } = yield* UriText.split("sftp", rest)
    const given = yield* Parameters.parse("sftp", fields, query)
    if (authority === "") return yield* Result.fail("it names no host; write sftp://user@host/path")
    const { host, port, user } = yield* UriText.parseAuthority(authority)
    if (path === "") return yield* Result.fail("it names no directory of the server; write sftp://user@host/path")
    const hostKey = given["host-key"]?.replace(/=$/, "")
    return {
      _tag: "Sftp" as const,
      ...(user === undefined ? {} : { user }),
      host,
      port: port ?? defaultPort,
      path: yield* pathOf(path),
      ...(given.key === undefined ? {} : { key: given.key }),
      ...(hostKey === undefined ? {} : { hostKey }),
      ...(given["known-hosts"] === undefined ? {} : { knownHosts: given["known-hosts"] })
    }
  })

const pathOf = (written: string): Result.Result<string, string> => {
  const inner = written.replace(/^\/\/?/, "").replace(/\/$/, "")
  if (inner === "") return Result.succeed("/")
  if (inner === "~") return Result.succeed(".")
  const relative = inner.startsWith("~/")
  return Result.flatMap(UriText.segmentsOf(relative ? inner.slice(2) : inner), (segments) => {
    const path = segments.join("/")
    if (!relative && segments[0]?.startsWith("~") === true && !inner.startsWith("%7E")) {
      return Result.fail("a path below another user's home cannot be named; write it in full (a name with ~ : %7E)")
    }
    return Result.succeed(relative ? path : `/${path}`)
  })
}

const formatPath = (path: string): string => {
  if (path === ".") return "/~"
  if (path.startsWith("/")) return UriText.formatPath(path).replace(/^\/~/, "/%7E")
  return `/~/${UriText.formatPath(path)}`
}

const withUser = (uri: SftpUri, user: string | undefined): string =>
  `sftp://${UriText.formatAuthority({ user, host: uri.host, port: uri.port === defaultPort ? undefined : uri.port })}${
    formatPath(uri.path)
  }`

export const location = (uri: SftpUri): string => withUser(uri, undefined)

export const format = (uri: SftpUri): string =>
  withUser(uri, uri.user) + Parameters.format([
    ["key", uri.key],
    ["host-key", uri.hostKey],
    ["known-hosts", uri.knownHosts]
  ])

/** Where it is, however it is asked; another user may see another directory under one path. */
export const place = (uri: SftpUri): string => withUser(uri, uri.user)
