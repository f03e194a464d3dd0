/**
 * OpenSSH's known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): which key proves which host. A key is compared by its bytes,
 * never by its fingerprint's text, and a revoked one is refused whatever else the files say.
 */
import { Result } from "effect"
import { createHash, createHmac } from "node:crypto"

/** One line that names hosts and a key. */
export interface Entry {
  /** `FILE:line`, for messages. */
  readonly at: string
  readonly marker: "" | "revoked" | "cert-authority"
  /** As written: patterns separated by commas, or one hashed name. */
  readonly hosts: string
  readonly type: string
  readonly key: Uint8Array
}

export interface KnownHosts {
  readonly entries: ReadonlyArray<Entry>
  /** Lines that say nothing, and why: `FILE:line: reason`. */
  readonly problems: ReadonlyArray<string>
}

/** What the files say of a host's key. */
export type Verdict =
  | { readonly _tag: "Known"; readonly at: string }
  /** No line names the host. `notes`: lines that name it and do not count, with the reason. */
  | { readonly _tag: "Unknown"; readonly notes: ReadonlyArray<string> }
  /** Lines name the host, none of them with this key. */
  | { readonly _tag: "Changed"; readonly at: ReadonlyArray<string> }
  | { readonly _tag: "Revoked"; readonly at: string }

const defaultPort = 22

export const parse = (text: string, file: string): KnownHosts => {
  const entries: Array<Entry> = []
  const problems: Array<string> = []
  for (const [index, line] of text.split("\n").entries()) {
    const at = `${file}:${index + 1}`
    const parsed = parseLine(line.trim(), at)
    if (Result.isFailure(parsed)) problems.push(`${at}: ${parsed.failure}`)
    else if (parsed.success !== undefined) entries.push(parsed.success)
  }
  return { entries, problems }
}

const markers: Readonly<Record<string, "revoked" | "cert-authority">> = {
  "@revoked": "revoked",
  "@cert-authority": "cert-authority"
}

const parseLine = (line: string, at: string): Result.Result<Entry | undefined, string> => {
  if (line === "" || line.startsWith("#")) return Result.succeed(undefined)
  const fields = line.split(/[ \t]+/)
  const marker = line.startsWith("@") ? markers[fields.shift()!] : ""
  if (marker === undefined) return Result.fail("a marker that is not known")
  const [hosts, type, written] = fields
  if (hosts === undefined || type === undefined || written === undefined) return Result.fail("a field is missing")
  if (/^\d+$/.test(type)) return Result.fail("a key of SSH protocol 1, which no server speaks any more")
  const key = decodeKey(written)
  if (key === undefined) return Result.fail("the key is not base64")
  if (typeOf(key) !== type) return Result.fail(`the key is not of the type ${printable(type)}`)
  if (hosts.startsWith("|") && hashed(hosts) === undefined) return Result.fail("a hash that is not known")
  return Result.succeed({ at, marker, hosts, type, key })
}

const decodeKey = (text: string): Uint8Array | undefined =>
  /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? new Uint8Array(Buffer.from(text, "base64")) : undefined

const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, "?").slice(0, 64)

/** The type that a key in SSH's wire format begins with; "" if it begins with none. */
export const typeOf = (key: Uint8Array): string => {
  if (key.length < 4) return ""
  const length = new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0)
  return length > 0 && length <= 64 && 4 + length <= key.length
    ? printable(Buffer.from(key.subarray(4, 4 + length)).toString("latin1"))
    : ""
}

/** As `ssh-keygen -l` shows it: `SHA256:` and 43 characters of base64. */
export const fingerprint = (key: Uint8Array): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`

/** How the files name the host. */
export const nameOf = (host: string, port: number): string => port === defaultPort ? host : `[${host}]:${port}`

/** The line that makes the key known. */
export const lineFor = (host: string, port: number, key: Uint8Array): string =>
  `${nameOf(host.toLowerCase(), port)} ${typeOf(key)} ${Buffer.from(key).toString("base64")}`

/**
 * What the entries say of the key that the host shows. As in OpenSSH, a host at another port than 22 is also known by a line
 * without a port that has its very key, but no such line can make its key a changed one.
 */
export const check = (entries: ReadonlyArray<Entry>, host: string, port: number, key: Uint8Array): Verdict => {
  const exact: Array<Entry> = []
  const bare: Array<Entry> = []
  for (const entry of entries) {
    if (matches(entry.hosts, nameOf(host, port))) exact.push(entry)
    else if (port !== defaultPort && matches(entry.hosts, host)) bare.push(entry)
  }
  const shown = (entry: Entry) => Buffer.from(entry.key).equals(key)
  const named = [...exact, ...bare]
  const revoked = named.find((entry) => entry.marker === "revoked" && shown(entry))
  if (revoked !== undefined) return { _tag: "Revoked", at: revoked.at }
  const known = named.find((entry) => entry.marker === "" && shown(entry))
  if (known !== undefined) return { _tag: "Known", at: known.at }
  const others = exact.filter((entry) => entry.marker === "")
  if (others.length > 0) return { _tag: "Changed", at: others.map((entry) => `${entry.at} (${entry.type})`) }
  return {
    _tag: "Unknown",
    notes: named.filter((entry) => entry.marker === "cert-authority")
      .map((entry) => `${entry.at} names an authority for it, and certificates of hosts are not understood`)
  }
}

/** The types of the keys that are known of the host: the server must be asked for one of these, or it may show another. */
export const typesOf = (entries: ReadonlyArray<Entry>, host: string, port: number): ReadonlySet<string> =>
  new Set(
    entries.filter((entry) =>
      entry.marker === "" &&
      (matches(entry.hosts, nameOf(host, port)) || (port !== defaultPort && matches(entry.hosts, host)))
    ).map((entry) => entry.type)
  )

/** Whether the field names the host: one pattern does and none that is negated. */
const matches = (hosts: string, name: string): boolean => {
  const wanted = name.toLowerCase()
  const hash = hashed(hosts)
  if (hash !== undefined) return createHmac("sha1", hash.salt).update(wanted).digest().equals(hash.hash)
  let found = false
  for (const written of hosts.toLowerCase().split(",")) {
    const negated = written.startsWith("!")
    if (!matchesPattern(negated ? written.slice(1) : written, wanted)) continue
    if (negated) return false
    found = true
  }
  return found
}

/** `*` stands for any text, `?` for one character; linear but for the last star, to which it goes back. */
const matchesPattern = (pattern: string, text: string): boolean => {
  let at = 0
  let from = 0
  let star = -1
  let retry = 0
  while (at < text.length) {
    if (pattern[from] === "*") {
      star = from++
      retry = at
    } else if (from < pattern.length && (pattern[from] === "?" || pattern[from] === text[at])) {
      from++
      at++
    } else if (star >= 0) {
      from = star + 1
      at = ++retry
    } else return false
  }
  while (pattern[from] === "*") from++
  return from === pattern.length
}

const hashed = (hosts: string): { readonly salt: Buffer; readonly hash: Buffer } | undefined => {
  const found = /^\|1\|([A-Za-z0-9+/]{27}=)\|([A-Za-z0-9+/]{27}=)$/.exec(hosts)
  return found === null
    ? undefined
    : { salt: Buffer.from(found[1]!, "base64"), hash: Buffer.from(found[2]!, "base64") }
}
