/**
 * Secrets in a storage URI are refused: a URI is logged, shown to others and seen in the list of processes. The refusal
 * says how to pass the secret instead, and never repeats it.
 */

const because = "secrets do not belong in a URI, which is logged and shown"

/** How each kind of store takes its secrets. */
const instead: Readonly<Record<string, string>> = {
  s3: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/credentials with profile=NAME",
  gs: "name the file of a service account's key in GOOGLE_APPLICATION_CREDENTIALS",
  sftp: "use a key (key=/path/of/the/private/key) or an agent (SSH_AUTH_SOCK)",
  file: "a directory needs none",
  memory: "it needs none"
}

const names =
  /^(aws[_-]?)?(access[_-]?key([_-]?id)?|secret([_-]?(access[_-]?)?key)?|session[_-]?token|(auth[_-]?)?token|pass(word|wd|phrase)?|pw|pwd|credentials?|private[_-]?key|api[_-]?key|sig(nature)?)$/i

/** Why the URI holds a secret, or undefined. `rest`: what follows the scheme's colon. */
export const problem = (scheme: string, rest: string): string | undefined => {
  const how = instead[scheme]
  const refusal = (what: string) => `it holds ${what}; ${because}${how === undefined ? "" : `: ${how}`}`
  const [before = "", ...queries] = rest.split(/[?#]/)
  const [, authority = "", path = ""] = /^\/*([^/]*)(.*)$/s.exec(before) ?? []
  // A password may hold a slash: then what follows it up to the "@" looks like a path.
  if (/^[^@]*:[^@]*@/.test(authority) || (!isHost(authority) && path.includes("@"))) return refusal("a password")
  if ((scheme === "s3" || scheme === "gs") && authority.includes("@")) {
    return refusal("an access key or user before the bucket")
  }
  for (const pair of queries.flatMap((query) => query.split("&"))) {
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? []
    if (names.test(name) || (name !== "key" && /(^|[_-])(secret|password|passphrase|token)([_-]|$)/i.test(name))) {
      return refusal("a secret as a parameter")
    }
    if (scheme !== "sftp" && name.toLowerCase() === "key") return refusal("a secret as a parameter")
    if (/-----BEGIN|PRIVATE(%20|\+| )KEY/i.test(value)) return refusal("a private key")
    if (/^https?(:|%3a)(\/|%2f){2}[^/?#]*(@|%40)/i.test(value)) return refusal("a user or password in an address")
  }
  return undefined
}

/**
 * What may be shown of a text that may not even parse: scheme, host and path; no user, no password, no parameters. Of a text
 * in which a password may hide, less.
 */
export const redact = (scheme: string, rest: string): string => {
  const [visible = ""] = rest.split(/[?#]/)
  const slashes = /^\/*/.exec(visible)![0]
  const body = visible.slice(slashes.length)
  const slash = body.indexOf("/")
  const authority = slash < 0 ? body : body.slice(0, slash)
  const path = slash < 0 ? "" : body.slice(slash)
  if (slashes.length > 2) return `${scheme}:${visible}`
  const at = authority.lastIndexOf("@")
  if (at >= 0) return `${scheme}:${slashes}${authority.slice(at + 1)}${path}`
  if (isHost(authority)) return `${scheme}:${slashes}${authority}${path}`
  const later = path.lastIndexOf("@")
  return `${scheme}:${slashes}${later < 0 ? "…" : path.slice(later + 1)}`
}

/** Whether the colons in it are those of an address or a port; another one would stand before a password. */
const isHost = (authority: string): boolean => /^(?:[^@]*@)?(?:\[[^\]]*\]|[^:[\]]*)(?::\d{1,5})?$/.test(authority)
