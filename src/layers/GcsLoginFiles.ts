/**
 * Who speaks to Google Cloud Storage: found once, when the store is opened, and handed to the library, which thus never looks
 * for anybody itself. The machine's metadata service is asked only if that was allowed.
 */
import { Clock, Config, Effect, Layer, Option, Result, Semaphore } from "effect"
import { Compute, JWT, type OAuth2Client, PassThroughClient, UserRefreshClient } from "google-auth-library"
import * as Fs from "node:fs/promises"
import { homedir } from "node:os"
import * as Path from "node:path"
import * as GcsCredentials from "../domain/store/GcsCredentials.ts"
import * as GcsFailure from "../domain/store/GcsFailure.ts"
import { GcsCalls } from "../services/GcsCalls.ts"
import { GcsLogin } from "../services/GcsLogin.ts"
import { type StoreError, StoreRefused } from "../services/ObjectStore.ts"

const scope = "https://www.googleapis.com/auth/devstorage.read_write"
/** Milliseconds before its end at which a token is renewed. */
const eagerness = 60_000
/** Milliseconds that a token that was refused must be old for another one to be asked for. */
const freshToken = 60_000

export interface Options {
  readonly bucket: string
  readonly prefix: string
  /** Instead of Google's; without credentials it is spoken to without any. */
  readonly endpoint?: string | undefined
  /** Whether the metadata service of the machine may be asked for credentials. */
  readonly ambient: boolean
}

/** Reads files when it is built; asks nobody before its first use. */
export const layer = (options: Options): Layer.Layer<GcsLogin, StoreError, GcsCalls> =>
  Layer.effect(GcsLogin, make(options))

const make = Effect.fnUntraced(function*(options: Options) {
  const { call } = yield* GcsCalls
  const location = `gs://${options.bucket}/${options.prefix}`.replace(/\/$/, "")
  const refuse = (reason: string, mend: string) => new StoreRefused({ operation: "open", location, reason, mend })
  const found = yield* findKeyFile(refuse)

  if (found === undefined && !options.ambient && isGoogle(options.endpoint)) {
    return yield* refuse(
      "there are no credentials",
      "name a key file in GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`, or let the " +
        "machine's own service account be used: use_ambient_credentials=true"
    )
  }
  if (found === undefined && !options.ambient) {
    const client = new PassThroughClient()
    return GcsLogin.of({ account: "nobody", client, ready: Effect.void, forget: Effect.succeed(false) })
  }
  if (
    options.endpoint !== undefined && !/^(https:|http:\/\/(127\.|localhost[:/]|\[::1\]))/.test(`${options.endpoint}/`)
  ) {
    return yield* refuse("its endpoint would show the credentials to everybody on the way", "use an https:// endpoint")
  }

  const account = found === undefined ? "this machine's service account" : found.account
  const client = found === undefined ? new Compute({ eagerRefreshThresholdMillis: eagerness }) : clientOf(found)
  const turn = yield* Semaphore.make(1)
  let since = 0

  const lasts = (time: number) =>
    typeof client.credentials.access_token === "string" && (client.credentials.expiry_date ?? 0) > time + eagerness
  const renew = Effect.fnUntraced(function*(time: number) {
    const token = yield* call(0, () => client.getAccessToken()).pipe(
      Effect.mapError(({ status, text }) =>
        status === undefined
          ? GcsFailure.ofNetwork(text)
          : GcsFailure.classify({ operation: "log in", status, text }, "", account)
      )
    )
    if (typeof token.token !== "string") {
      return yield* Effect.fail<GcsFailure.Verdict>({ _tag: "Unavailable", reason: "a login that gave no token" })
    }
    since = time
  })

  return GcsLogin.of({
    account,
    client,
    ready: Effect.flatMap(Clock.currentTimeMillis, (time) =>
      lasts(time)
        ? Effect.void
        : turn.withPermit(Effect.suspend(() => lasts(time) ? Effect.void : renew(time)))),
    forget: Effect.map(Clock.currentTimeMillis, (time) => {
      const old = time - since >= freshToken
      if (old) client.setCredentials({ ...client.credentials, expiry_date: 1 })
      return old
    })
  })
})

/** A client that asks the file's own token endpoint, and asks once. */
const clientOf = (found: GcsCredentials.Credentials): OAuth2Client => {
  const client = found._tag === "User"
    ? new UserRefreshClient({
      clientId: found.clientId,
      clientSecret: found.clientSecret,
      refreshToken: found.refreshToken,
      eagerRefreshThresholdMillis: eagerness
    })
    : new JWT({
      email: found.account,
      key: found.key.export({ type: "pkcs8", format: "pem" }).toString(),
      scopes: [scope],
      additionalClaims: { aud: found.tokenUri },
      eagerRefreshThresholdMillis: eagerness
    })
  client.transporter.interceptors.request.add({
    resolved: (request) =>
      Promise.resolve(Object.assign(request, {
        url: new URL(found.tokenUri),
        retry: false,
        retryConfig: { retry: 0, noResponseRetries: 0 }
      }))
  })
  return client
}

const isGoogle = (endpoint: string | undefined): boolean =>
  endpoint === undefined || /(^|\.)googleapis\.com$/.test(URL.parse(endpoint)?.hostname ?? "")

const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.option(Config.String(name)).pipe(
    Effect.map((found) => Option.getOrUndefined(Option.filter(found, (text) => text !== ""))),
    Effect.orElseSucceed(() => undefined)
  )

/** The file that GOOGLE_APPLICATION_CREDENTIALS names, else the one that `gcloud auth application-default login` writes. */
const findKeyFile = Effect.fnUntraced(function*(refuse: (reason: string, mend: string) => StoreRefused) {
  const named = yield* variable("GOOGLE_APPLICATION_CREDENTIALS")
  const home = (yield* variable("HOME")) ?? homedir()
  const path = named ?? Path.join(home, ".config/gcloud/application_default_credentials.json")
  const mend = "correct GOOGLE_APPLICATION_CREDENTIALS, or unset it to use the login of gcloud"
  const text = yield* Effect.tryPromise({
    try: () => Fs.readFile(path, "utf8"),
    catch: (cause) => (cause as NodeJS.ErrnoException).code ?? String(cause)
  }).pipe(Effect.catch((code) =>
    named === undefined && (code === "ENOENT" || code === "ENOTDIR")
      ? Effect.undefined
      : Effect.fail(refuse(`the key file ${path} cannot be read (${code})`, mend))
  ))
  if (text === undefined) return undefined
  return yield* Effect.fromResult(
    Result.mapError(GcsCredentials.parse(text), (problem) => refuse(`the key file ${path}: ${problem}`, mend))
  )
})
