/**
 * Who speaks to Google Cloud Storage: a key file of a service account or of `gcloud auth application-default login`. Secrets
 * stay inside: problems name files and fields, never values. What is read is for the login alone, and never logged.
 */
import { Result, Schema } from "effect"
import { createPrivateKey, type KeyObject } from "node:crypto"

export type Credentials =
  | {
    readonly _tag: "ServiceAccount"
    readonly account: string
    readonly key: KeyObject
    readonly tokenUri: string
  }
  | {
    readonly _tag: "User"
    readonly account: string
    readonly clientId: string
    readonly clientSecret: string
    readonly refreshToken: string
    readonly tokenUri: string
  }

const usualTokenUri = "https://oauth2.googleapis.com/token"

const TokenUri = Schema.String.check(
  Schema.isPattern(/^(https:\/\/[^/@?#\s]+\/[^@?#\s]*|http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d+\/[^@?#\s]*)$/)
)

const ServiceAccount = Schema.Struct({
  type: Schema.Literal("service_account"),
  client_email: Schema.NonEmptyString,
  private_key: Schema.NonEmptyString,
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
    return Result.succeed({
      _tag: "User",
      account: "the user of gcloud",
      clientId: file.client_id,
      clientSecret: file.client_secret,
      refreshToken: file.refresh_token,
      tokenUri
    })
  }
  const key = Result.getOrUndefined(Result.try(() => createPrivateKey(file.private_key)))
  if (key === undefined) return Result.fail("its private_key is none")
  return Result.succeed({ _tag: "ServiceAccount", account: file.client_email, key, tokenUri })
}
