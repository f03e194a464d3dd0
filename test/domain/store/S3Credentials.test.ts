/** Where credentials are looked for, in which order, and what is said when there are none. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as S3Credentials from "../../../src/domain/store/S3Credentials.ts"

const sources = (more: {
  readonly env?: S3Credentials.Variables
  readonly credentials?: string
  readonly config?: string
  readonly profile?: string
} = {}): S3Credentials.Sources => ({
  env: more.env ?? {},
  credentials: { path: "/home/u/.aws/credentials", text: more.credentials },
  config: { path: "/home/u/.aws/config", text: more.config },
  profile: more.profile
})

const found = (of: S3Credentials.Sources) => {
  const result = S3Credentials.find(of)
  return Result.isSuccess(result) ? result.success : assert.fail(result.failure.reason)
}
const missing = (of: S3Credentials.Sources) => {
  const result = S3Credentials.find(of)
  return Result.isFailure(result) ? result.failure : assert.fail(`found in ${result.success.from}`)
}

const credentials = `
# a comment
[default]
aws_access_key_id = DEFAULT
aws_secret_access_key=s/ecret+=
region = eu-central-1

[work]
aws_access_key_id=WORK
aws_secret_access_key = other   ; with a comment
aws_session_token = token==
s3 =
    aws_access_key_id = nested
`

const config =
  `\ufeff[default]\r\nregion = us-west-2\r\n[profile "old one"]\r\nAWS_ACCESS_KEY_ID = OLD\r\naws_secret_access_key = o\r
[profile sso]
sso_session = corp
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = default
[profile process]
credential_process = /bin/false
[profile work]
aws_access_key_id = CONFIG
aws_secret_access_key = c
region = ap-south-1
[sso-session corp]
aws_access_key_id = NOT-A-PROFILE
`

describe("S3Credentials", () => {
  const env = { AWS_ACCESS_KEY_ID: "ENV", AWS_SECRET_ACCESS_KEY: "e", AWS_SESSION_TOKEN: "t" }

  it("takes the environment before the files, with its token", () => {
    const { from, keys } = found(sources({ env, credentials, config }))
    assert.deepStrictEqual(keys, { accessKeyId: "ENV", secretAccessKey: "e", sessionToken: "t" })
    assert.strictEqual(from, "the environment")
  })

  it("takes a profile the location names before the environment", () => {
    const { from, keys } = found(sources({ env, credentials, config, profile: "work" }))
    assert.deepStrictEqual(keys, { accessKeyId: "WORK", secretAccessKey: "other", sessionToken: "token==" })
    assert.strictEqual(from, "the profile \"work\" in /home/u/.aws/credentials")
  })

  it("takes AWS_PROFILE's profile, else the default one, the credentials file first", () => {
    assert.deepStrictEqual(found(sources({ credentials, config })).keys, {
      accessKeyId: "DEFAULT",
      secretAccessKey: "s/ecret+="
    })
    assert.strictEqual(found(sources({ env: { AWS_PROFILE: "work" }, config })).keys.accessKeyId, "CONFIG")
    assert.strictEqual(found(sources({ env: { AWS_PROFILE: "old one" }, credentials, config })).keys.accessKeyId, "OLD")
  })

  it("says exactly what it looked for", () => {
    const none = missing(sources({ config: "[default]\nregion=x\n" }))
    assert.strictEqual(
      none.reason,
      "no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and for the profile \"default\" (as " +
        "AWS_PROFILE is not set) /home/u/.aws/credentials is not there and /home/u/.aws/config has no keys for it"
    )
    assert.match(none.mend, /AWS_ACCESS_KEY_ID.*use_ambient_credentials=true/)
    assert.match(missing(sources({ env: { AWS_PROFILE: "x" }, credentials })).reason, /"x" \(from AWS_PROFILE\)/)
    const named = missing(sources({ env, profile: "x", credentials })).reason
    assert.match(named, /"x" \(named in the location\)/)
    assert.notInclude(named, "are not set")
    assert.isTrue(none.indirect)
  })

  it("refuses half a pair, whatever lies behind it", () => {
    for (const half of [{ AWS_ACCESS_KEY_ID: "x" }, { AWS_SECRET_ACCESS_KEY: "hidden" }]) {
      const problem = missing(sources({ env: half, credentials }))
      assert.match(problem.reason, /half of the credentials/)
      assert.isFalse(problem.indirect)
      assert.notInclude(JSON.stringify(problem), "hidden")
    }
    const file = missing(sources({ credentials: "[default]\naws_access_key_id = x\n", config }))
    assert.match(file.reason, /credentials has aws_access_key_id but not aws_secret_access_key/)
  })

  it("refuses keys that were pasted with something else", () => {
    const problem = missing(sources({ env: { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "hidden key" } }))
    assert.match(problem.reason, /a space/)
    assert.notInclude(JSON.stringify(problem), "hidden")
  })

  it("asks nobody for what a profile only points to", () => {
    for (
      const [profile, how] of [["sso", "single sign-on"], ["role", "takes a role"], [
        "process",
        "runs a program"
      ]] as const
    ) {
      const problem = missing(sources({ config, profile }))
      assert.include(problem.reason, how)
      assert.include(problem.mend, "use_ambient_credentials=true")
      assert.isTrue(problem.indirect)
    }
  })

  it("finds the region: AWS_REGION, AWS_DEFAULT_REGION, then the profile's", () => {
    const all = { AWS_REGION: "r1", AWS_DEFAULT_REGION: "r2" }
    assert.strictEqual(S3Credentials.region(sources({ env: all, config, credentials })), "r1")
    assert.strictEqual(S3Credentials.region(sources({ env: { AWS_DEFAULT_REGION: "r2" }, config })), "r2")
    assert.strictEqual(S3Credentials.region(sources({ config, credentials })), "us-west-2")
    assert.strictEqual(S3Credentials.region(sources({ credentials })), "eu-central-1")
    assert.strictEqual(S3Credentials.region(sources({ config, profile: "work" })), "ap-south-1")
    assert.isUndefined(S3Credentials.region(sources({ profile: "absent", config })))
  })
})
