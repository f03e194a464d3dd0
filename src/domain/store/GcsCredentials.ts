/**
 * Who speaks to Google Cloud Storage: a key file of a service account or of `gcloud auth application-default login`, and the
 * requests by which it becomes a token of an hour. Secrets stay inside: problems name files and fields, never values.
 */
import { Result, Schema } from "effect"
import { createPrivateKey, type KeyObject, sign } from "node:crypto"

export type Credentials =
  | {
    readonly _tag: "ServiceAccount"
    readonly account: string
    readonly key: KeyObject
    readonly keyId: string | undefined
    readonly tokenUri: string
  }
  | {
    readonly _tag: "User"
    readonly account: string
    readonly form: string
    readonly tokenUri: string
  }

const scope = "https://www.googleapis.com/auth/devstorage.read_write"
const usualTokenUri = "https://oauth2.googleapis.com/token"

const TokenUri = Schema.String.check(
  Schema.isPattern(/^(https:\/\/[^/@?#\s]+\/[^@?#\s]*|http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d+\/[^@?#\s]*)$/)
)

const ServiceAccount = Schema.Struct({
  type: Schema.Literal("service_account"),
  client_email: Schema.NonEmptyString,
  private_key: Schema.NonEmptyString,
  private_key_id: Schema.optionalKey(Schema.String),
  token_uri: Schema.optionalKey(TokenUri)
})

const User = Schema.Struct({
  type: Schema.Literal("authorized_user"),
  client_id: Schema.NonEmptyString,
  client_secret: Schema.NonEmptyString,
  refresh_token: Schema.NonEmptyString,
  token_uri: Schema.optionalKey(TokenUri)
})

const KeyFile = Schema.fromJsonString(Schema.Union([ServiceAccount, User]))
const AnyFile = Schema.fromJsonString(Schema.Struct({ type: Schema.String }))

/** The contents of a key file. */
export const parse = (text: string): Result.Result<Credentials, string> => {
  const file = Result.getOrUndefined(Schema.decodeResult(KeyFile)(text))
  if (file === undefined) {
    const type = Result.getOrUndefined(Schema.decodeResult(AnyFile)(text))?.type
    return Result.fail(
      type === undefined
        ? "it is no key file (JSON with a \"type\")"
        : type === "service_account" || type === "authorized_user"
        ? `a field of its type ${type} is missing or wrong`
        : /^[a-z_]{1,40}$/.test(type)
        ? `its type is ${type}; only service_account and authorized_user are understood`
        : "its type is not understood"
    )
  }
  const tokenUri = file.token_uri ?? usualTokenUri
  if (file.type === "authorized_user") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: file.client_id,
      client_secret: file.client_secret,
      refresh_token: file.refresh_token
    })
    return Result.succeed({ _tag: "User", account: "the user of gcloud", form: form.toString(), tokenUri })
  }
  const key = Result.getOrUndefined(Result.try(() => createPrivateKey(file.private_key)))
  if (key === undefined) return Result.fail("its private_key is none")
  return Result.succeed({
    _tag: "ServiceAccount",
    account: file.client_email,
    key,
    keyId: file.private_key_id,
    tokenUri
  })
}

/** The form to be posted to `tokenUri` (RFC 7523 §2.1, RFC 6749 §6). `now`: Unix milliseconds. */
export const form = (credentials: Credentials, now: number): string => {
  if (credentials._tag === "User") return credentials.form
  const seconds = Math.floor(now / 1000)
  const { account, key, keyId, tokenUri } = credentials
  const head = { alg: "RS256", typ: "JWT", ...(keyId === undefined ? {} : { kid: keyId }) }
  const claims = { iss: account, scope, aud: tokenUri, iat: seconds, exp: seconds + 3600 }
  const signed = `${base64(JSON.stringify(head))}.${base64(JSON.stringify(claims))}`
  const signature = sign("sha256", Buffer.from(signed), key).toString("base64url")
  return new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: `${signed}.${signature}`
  }).toString()
}

const base64 = (text: string): string => Buffer.from(text).toString("base64url")

export interface Token {
  readonly value: string
  /** Unix milliseconds, a minute before the service thinks so. */
  readonly expires: number
}

const TokenJson = Schema.fromJsonString(Schema.Struct({
  access_token: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/)),
  expires_in: Schema.Finite
}))

/** The reply of a token endpoint, or of a metadata service. */
export const parseToken = (text: string, now: number): Token | undefined => {
  const found = Result.getOrUndefined(Schema.decodeResult(TokenJson)(text))
  return found === undefined
    ? undefined
    : { value: found.access_token, expires: now + Math.max(0, found.expires_in - 60) * 1000 }
}
