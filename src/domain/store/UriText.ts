/**
 * The parts that storage URIs are made of: authority, path, query. Nothing here repeats what it was given: a text that does
 * not parse may hold a secret anywhere.
 */
import { Result } from "effect"
import * as ObjectName from "../ObjectName.ts"
import { decoded, encoded, hasControl } from "./UriParameters.ts"

export interface Parts {
  readonly authority: string
  /** As written: "" or beginning with "/". */
  readonly path: string
  /** What follows "?", undefined without one. */
  readonly query: string | undefined
}

/** `rest`: what follows the scheme's colon. */
export const split = (scheme: string, rest: string): Result.Result<Parts, string> => {
  if (rest.includes("#")) return Result.fail("a \"#\" in it is not allowed; one in a path is written %23")
  const found = /^\/\/([^/?]*)([^?]*)(?:\?(.*))?$/s.exec(rest)
  if (found === null) return Result.fail(`it must begin with ${scheme}://`)
  return Result.succeed({ authority: found[1]!, path: found[2]!, query: found[3] })
}

/** Longest prefix: the longest object name of a repository must fit behind it. */
const longestPrefix = ObjectName.maxBytes - 128

/** What stands before every object's name in a bucket: "" or a text that ends in "/". */
export const prefixOf = (path: string): Result.Result<string, string> => {
  const inner = path.replace(/^\//, "").replace(/\/$/, "")
  if (inner === "") return path.length > 1 ? Result.fail(emptySegment) : Result.succeed("")
  const segments = segmentsOf(inner)
  if (Result.isFailure(segments)) return Result.fail(segments.failure)
  const prefix = segments.success.join("/")
  if (new TextEncoder().encode(prefix).length > longestPrefix) {
    return Result.fail(`its path is longer than ${longestPrefix} bytes`)
  }
  return Result.succeed(`${prefix}/`)
}

const emptySegment = "its path holds an empty segment (//)"

/** The decoded segments of a path without slashes around it. */
export const segmentsOf = (path: string): Result.Result<ReadonlyArray<string>, string> => {
  const segments: Array<string> = []
  for (const written of path.split("/")) {
    if (written === "") return Result.fail(emptySegment)
    const segment = decoded(written)
    if (segment === undefined) {
      return Result.fail("a % in it is not followed by two hexadecimal digits of UTF-8; a % itself is written %25")
    }
    if (segment === "." || segment === "..") return Result.fail(`its path holds the segment "${segment}"`)
    if (segment.includes("/")) return Result.fail("its path holds a %2F, which no name may hold")
    if (hasControl(segment) || ObjectName.problem(segment) !== undefined) {
      return Result.fail("its path holds a segment that can be no name (a control character, a backslash, or too long)")
    }
    segments.push(segment)
  }
  return Result.succeed(segments)
}

export const formatPath = (path: string): string => path.split("/").map(encoded).join("/")

export interface Authority {
  readonly user: string | undefined
  /** A name in lower case or an address, an IPv6 address without brackets. */
  readonly host: string
  readonly port: number | undefined
}

const authorityPattern =
  /^(?:([^@:]*)@)?(?:\[([0-9A-Fa-f:.]+)(?:%(?:25)?([A-Za-z0-9_.-]+))?\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]*)))(?::(\d{1,5}))?$/

/** `[user@]host[:port]`. */
export const parseAuthority = (text: string): Result.Result<Authority, string> => {
  const found = authorityPattern.exec(text)
  if (found === null) {
    return Result.fail(
      "what stands before its path must be host, host:port or user@host:port; an IPv6 address in brackets"
    )
  }
  const [, writtenUser, v6, zone, name, writtenPort] = found
  const user = writtenUser === undefined ? undefined : decoded(writtenUser)
  if (writtenUser !== undefined && (user === undefined || user === "" || /[/:@\s]/.test(user))) {
    return Result.fail("the user name in it is none")
  }
  const port = writtenPort === undefined ? undefined : Number(writtenPort)
  if (port !== undefined && (port < 1 || port > 65_535)) return Result.fail("its port must be between 1 and 65535")
  if (name !== undefined) return Result.succeed({ user, host: name.toLowerCase(), port })
  const address = URL.canParse(`http://[${v6}]/`) ? new URL(`http://[${v6}]/`).hostname.slice(1, -1) : undefined
  if (address === undefined) return Result.fail("the IPv6 address in it is none")
  return Result.succeed({ user, host: zone === undefined ? address : `${address}%${zone}`, port })
}

export const formatAuthority = ({ host, port, user }: Authority): string => {
  const shown = host.includes(":") ? `[${host.replace("%", "%25")}]` : host
  return `${user === undefined ? "" : `${encodeURIComponent(user)}@`}${shown}${port === undefined ? "" : `:${port}`}`
}
