/**
 * What a failed request to Google Cloud Storage means: absent, there already, try again, or refused for good with what mends
 * it. A 404 is absence of an object only if the reply says so: with the bucket gone nothing is empty.
 * Sources: cloud.google.com/storage/docs/json_api/v1/status-codes, and what the service answers.
 */

export type Operation = "put" | "get" | "list" | "remove" | "now" | "log in"

export interface Reply {
  readonly operation: Operation
  readonly status: number
  /** The error document, or whatever came in its place. */
  readonly text: string
}

export type Verdict =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Exists" }
  /** A range that begins at the object's end or after it. */
  | { readonly _tag: "PastEnd" }
  | { readonly _tag: "Unavailable"; readonly reason: string }
  | { readonly _tag: "Refused"; readonly reason: string; readonly mend: string }

/** Reasons of a 403 that pass. */
const passing = new Set(["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "backendError"])

/** `account`: who asks, for mends; not a secret. */
export const classify = ({ operation, status, text }: Reply, bucket: string, account: string): Verdict => {
  const { message, reason } = errorIn(text)
  const said = `${status}${reason === "" ? "" : ` ${reason}`}`
  if (status === 412 && operation === "put") return { _tag: "Exists" }
  if (status === 416 && operation === "get") return { _tag: "PastEnd" }
  if (status === 404 && operation !== "log in") return notFound(operation, bucket, message)
  if (status === 408 || status === 429 || status >= 500 && status !== 501) return unavailable(said)
  // Of a download the reason is not given, only words.
  if (status === 403 && (passing.has(reason) || /rate ?limit|quota ?exceeded/i.test(message))) return unavailable(said)
  // A conditional put that another one overtook, a precondition where there was none: nothing is known.
  if (status === 409 || status === 412) return unavailable(said)
  if (operation === "log in") {
    return refused(`Google does not accept the credentials of ${account} (${said})`, credentialsMend)
  }
  if (status === 401) return refused(`the credentials of ${account} are not accepted (401)`, credentialsMend)
  if (reason === "userProjectMissing" || /requester pays|user ?project/i.test(message)) {
    return refused(
      "the bucket wants to know which project pays",
      "name it: gs://bucket/prefix?project=PROJECT; the account needs serviceusage.services.use in it"
    )
  }
  if (status === 403) {
    return refused(
      `${account} may not do that (403${reason === "" ? "" : ` ${reason}`})`,
      `grant it the role "Storage Object User" (roles/storage.objectUser) on the bucket ${bucket}, and check that billing is on`
    )
  }
  return refused(
    `an answer that cannot be helped (${said})`,
    "check the URI, its endpoint above all; --log-level debug shows more"
  )
}

const notFound = (operation: Operation, bucket: string, message: string): Verdict => {
  if (/bucket does not exist|bucket .*not found/i.test(message) || operation === "list" || operation === "put") {
    return refused(
      `there is no bucket ${bucket}, or nobody may know of it (404)`,
      "make the bucket, or correct its name; bepository makes none"
    )
  }
  if (/^No such object\b/i.test(message)) return { _tag: "Absent" }
  return refused("a 404 that does not say what is missing", "check that the endpoint is Google Cloud Storage")
}

/** `code` of Node, or our own words. */
export const ofNetwork = (code: string): Verdict =>
  code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID"
    ? refused(
      `the certificate of the endpoint ${code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet"}`,
      "have it renewed there; if this machine's clock is wrong, set it (timedatectl set-ntp true)"
    )
    : /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/.test(code)
    ? refused(
      `the certificate of the endpoint is not trusted (${code})`,
      "correct the endpoint, or name its authority's certificate in NODE_EXTRA_CA_CERTS"
    )
    : unavailable(code)

const credentialsMend = "check the file that GOOGLE_APPLICATION_CREDENTIALS names, and that its key was not deleted"

const unavailable = (reason: string): Verdict => ({ _tag: "Unavailable", reason })
const refused = (reason: string, mend: string): Verdict => ({ _tag: "Refused", reason, mend })

/** `reason` and `message` of an error document; of a text that is none, the text is the message. */
const errorIn = (text: string): { readonly reason: string; readonly message: string } => {
  const found = (name: string) => new RegExp(`"${name}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(text)?.[1]
  return {
    reason: /^[A-Za-z]{1,40}$/.exec(found("reason") ?? "")?.[0] ?? "",
    message: (found("message") ?? text.slice(0, 500)).trim()
  }
}
