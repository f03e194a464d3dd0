/**
 * Who we are to an S3 store, from the environment and the files that AWS's own tools read; and the region. Nothing here
 * asks a server: a profile that would (a role, single sign-on, a process) is refused with the way to allow it.
 * Files: "Configuration and credential file settings" of the AWS SDKs reference guide.
 */
import { Result } from "effect"

/** Variables of the environment that count here; an empty one counts as absent. */
export const variables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CONFIG_FILE",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL"
] as const

export type Variables = Readonly<Partial<Record<(typeof variables)[number], string | undefined>>>

/** A file that was looked for; `text` is undefined if there is none. */
export interface FileSeen {
  readonly path: string
  readonly text: string | undefined
}

export interface Sources {
  readonly env: Variables
  readonly credentials: FileSeen
  readonly config: FileSeen
  /** The profile that the location names; before AWS_PROFILE. */
  readonly profile?: string | undefined
}

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface Found {
  readonly keys: Keys
  /** Where they come from, to be shown: never holds a secret. */
  readonly from: string
}

/** `indirect`: whoever allows `ambient` credentials may find some all the same. */
export interface Missing {
  readonly indirect: boolean
  readonly reason: string
  readonly mend: string
}

const ambientMend =
  "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write aws_access_key_id and aws_secret_access_key into a profile; " +
  "use_ambient_credentials=true allows whatever this machine offers (metadata services, roles, single sign-on)"

/**
 * In this order: the profile the location names; AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY; the profile AWS_PROFILE
 * names, else "default". Of a profile's two files the credentials file counts first. Half a pair is an error, never
 * passed over for the next source.
 */
export const find = (sources: Sources): Result.Result<Found, Missing> => {
  const { env, profile } = sources
  if (profile === undefined && (env.AWS_ACCESS_KEY_ID !== undefined || env.AWS_SECRET_ACCESS_KEY !== undefined)) {
    return ofPair("the environment", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], {
      id: env.AWS_ACCESS_KEY_ID,
      secret: env.AWS_SECRET_ACCESS_KEY,
      token: env.AWS_SESSION_TOKEN
    })
  }
  return ofProfile(sources)
}

/** The profile's own region, which counts after the location's and AWS_REGION's; AWS_DEFAULT_REGION is an older name. */
export const region = (sources: Sources): string | undefined => {
  const { env } = sources
  const name = profileOf(sources)
  if (env.AWS_REGION !== undefined) return env.AWS_REGION
  if (env.AWS_DEFAULT_REGION !== undefined) return env.AWS_DEFAULT_REGION
  const { config, credentials } = sections(sources)
  return config.get(name)?.["region"] ?? credentials.get(name)?.["region"]
}

export const profileOf = ({ env, profile }: Sources): string => profile ?? env.AWS_PROFILE ?? "default"

/** Keys of a profile that make its credentials come from somewhere else. */
const indirect: Readonly<Record<string, string>> = {
  role_arn: "takes a role",
  source_profile: "takes a role",
  credential_source: "takes a role",
  web_identity_token_file: "takes a role",
  sso_session: "uses single sign-on",
  sso_start_url: "uses single sign-on",
  credential_process: "runs a program",
  login_session: "uses a login"
}

const ofProfile = (sources: Sources): Result.Result<Found, Missing> => {
  const name = profileOf(sources)
  const { config, credentials } = sections(sources)
  for (
    const [file, section] of [
      [sources.credentials, credentials.get(name)],
      [sources.config, config.get(name)]
    ] as const
  ) {
    const id = section?.["aws_access_key_id"]
    const secret = section?.["aws_secret_access_key"]
    if (id === undefined && secret === undefined) continue
    const token = section?.["aws_session_token"]
    const where = `the profile "${name}" in ${file.path}`
    return ofPair(where, ["aws_access_key_id", "aws_secret_access_key"], { id, secret, token })
  }
  for (const section of [config.get(name), credentials.get(name)]) {
    const how = Object.entries(indirect).find(([key]) => section?.[key] !== undefined)
    if (how !== undefined) {
      return Result.fail({
        indirect: true,
        reason: `the profile "${name}" has no keys of its own: it ${how[1]} (${
          how[0]
        }), which asks other programs or servers`,
        mend: "use_ambient_credentials=true allows that"
      })
    }
  }
  return Result.fail({ indirect: true, reason: `no credentials: ${looked(sources, name)}`, mend: ambientMend })
}

/** What was looked for, exactly. */
const looked = (sources: Sources, name: string): string => {
  const files = [sources.credentials, sources.config].map(({ path, text }) =>
    text === undefined ? `${path} is not there` : `${path} has no keys for it`
  )
  const whose = sources.profile !== undefined
    ? "named in the location"
    : sources.env.AWS_PROFILE === undefined
    ? "as AWS_PROFILE is not set"
    : "from AWS_PROFILE"
  const environment = sources.profile === undefined
    ? "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, "
    : ""
  return `${environment}and for the profile "${name}" (${whose}) ${files.join(" and ")}`
}

const ofPair = (
  from: string,
  names: readonly [id: string, secret: string],
  pair: { readonly id: string | undefined; readonly secret: string | undefined; readonly token: string | undefined }
): Result.Result<Found, Missing> => {
  const { id, secret, token } = pair
  if (id === undefined || secret === undefined) {
    const [there, gone] = id === undefined ? [names[1], names[0]] : names
    return Result.fail({
      indirect: false,
      reason: `half of the credentials: ${from} has ${there} but not ${gone}`,
      mend: `set ${gone} too`
    })
  }
  const bad = [id, secret, token ?? ""].some((text) => !/^[\x21-\x7e]*$/.test(text))
  if (bad) {
    return Result.fail({
      indirect: false,
      reason: `the credentials of ${from} hold a space, a line break or another character no key has`,
      mend: "paste them again"
    })
  }
  return Result.succeed({
    from,
    keys: { accessKeyId: id, secretAccessKey: secret, ...(token === undefined ? {} : { sessionToken: token }) }
  })
}

type Sections = ReadonlyMap<string, Readonly<Record<string, string>>>

const sections = ({ config, credentials }: Sources): { readonly config: Sections; readonly credentials: Sections } => ({
  credentials: parse(credentials.text ?? "", (title) => title),
  config: parse(config.text ?? "", (title) => {
    if (title === "default") return title
    const named = /^profile\s+(.+)$/.exec(title)?.[1]
    return named?.replace(/^(["'])(.*)\1$/, "$2")
  })
})

/** The sections that are profiles, by name; a key given twice has its last value, an empty one counts as absent. */
const parse = (text: string, nameOf: (title: string) => string | undefined): Sections => {
  const found = new Map<string, Record<string, string>>()
  let current: Record<string, string> | undefined
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    // An indented line belongs to a nested setting, a comment to nobody.
    if (/^\s*([#;]|$)/.test(line) || /^\s/.test(line)) continue
    const title = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1]
    if (title !== undefined) {
      const name = nameOf(title)
      current = name === undefined ? undefined : found.get(name) ?? {}
      if (name !== undefined && current !== undefined) found.set(name, current)
      continue
    }
    const [, key, value] = /^([^=]+?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (current === undefined || key === undefined || value === undefined) continue
    const bare = value.replace(/\s[#;].*$/, "").trimEnd()
    if (bare === "") delete current[key.toLowerCase()]
    else current[key.toLowerCase()] = bare
  }
  return found
}
