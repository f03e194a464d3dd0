/** Whose credentials are used, that nobody is asked for them, and what TLS changes. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, ConfigProvider, Context, Effect, Layer, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import * as Tls from "node:tls"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as Certificates from "../harness/Certificates.ts"
import { noLeaks } from "../harness/NoLeaks.ts"
import { tempDirectory } from "../harness/Process.ts"
import * as S3Double from "../harness/S3Double.ts"
import * as S3Store from "../harness/S3Store.ts"

const nowhere = { AWS_CONFIG_FILE: "/nonexistent/config", AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials" }
const { accessKeyId, secretAccessKey } = S3Double.defaults
const given = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }

const opened = (env: Record<string, string>, options: Partial<S3Store.Options> = {}) =>
  Layer.build(S3Store.layer({ bucket: "bucket", prefix: "", ambient: false, ...options })).pipe(
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...nowhere, ...env }))),
    Effect.map((context) => Context.get(context, ObjectStore))
  )

/** The environment that the SDK itself reads, for as long as the scope. */
const processEnvironment = (values: Record<string, string | undefined>): Effect.Effect<void, never, Scope.Scope> => {
  const set = (all: Record<string, string | undefined>) => {
    for (const [name, value] of Object.entries(all)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  return Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]))
      set(values)
      return before
    }),
    (before) => Effect.sync(() => set(before))
  ))
}

/** A server where a cloud's machine would find credentials, and what it was asked. */
const trap = (answer: (url: string) => string | undefined) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => {
        const server = Http.createServer((request, response) => {
          const body = answer(request.url ?? "")
          if (body === undefined) response.statusCode = 404
          response.end(body)
        })
        server.on("connection", () => asked.push("connection"))
        return new Promise<Http.Server>((resolve) => void server.listen(0, "127.0.0.1", () => resolve(server)))
      }),
      (server) =>
        Effect.promise(() =>
          new Promise<void>((resolve) => {
            server.close(() => resolve())
            server.closeAllConnections()
          })
        )
    )
    return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  })

/** Everything that makes an SDK ask the metadata service: there is nothing else to be found. */
const cloud = (url: string) =>
  processEnvironment({
    ...nowhere,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_EC2_METADATA_DISABLED: undefined,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
    AWS_EXECUTION_ENV: "AWS_ECS_EC2",
    AWS_DEFAULTS_MODE: "auto",
    AWS_REGION: undefined,
    AWS_DEFAULT_REGION: undefined
  })

const body = [Uint8Array.of(1, 2, 3)]

describe("credentials", () => {
  it.live("asks no metadata service and no container agent, unless ambient credentials are allowed", () =>
    Effect.gen(function*() {
      const sessionToken = "token/of+the=machine"
      const Expiration = new Date((yield* Clock.currentTimeMillis) + 3_600_000).toISOString()
      const found = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration }
      const machine = yield* trap((url) => url === "/creds" ? JSON.stringify(found) : undefined)
      yield* cloud(machine.url)
      yield* processEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${machine.url}/creds` })
      const { url: endpoint } = yield* S3Double.make({ buckets: ["bucket"], sessionToken })
      const error = yield* Effect.flip(opened({}, { endpoint }))
      assert.match(
        error.message,
        /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set.*nonexistent\/credentials is not there/
      )
      assert.match(error.message, /use_ambient_credentials=true/)
      const store = yield* opened({ ...given, AWS_SESSION_TOKEN: sessionToken }, { endpoint })
      yield* store.put("a", body)
      yield* store.now
      const none = yield* Effect.flip((yield* opened({ ...given, AWS_ACCESS_KEY_ID: "x" }, { endpoint })).get("a"))
      assert.strictEqual(none._tag, "StoreRefused")
      assert.deepStrictEqual(machine.asked, [])
      // The trap is one: with ambient credentials the same environment leads to it.
      const ambient = yield* opened({}, { endpoint, ambient: true })
      assert.strictEqual((yield* ambient.get("a")).length, 3)
      assert.isNotEmpty(machine.asked)
    }).pipe(Effect.scoped))

  it.live("says that a machine offers no credentials when it was allowed to ask", () =>
    Effect.gen(function*() {
      const machine = yield* trap(() => undefined)
      yield* cloud(machine.url)
      yield* processEnvironment({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${machine.url}/creds`,
        AWS_EC2_METADATA_DISABLED: "true"
      })
      const { url: endpoint } = yield* S3Double.make({ buckets: ["bucket"] })
      const error = yield* Effect.flip((yield* opened({}, { endpoint, ambient: true })).get("a"))
      assert.match(error.message, /this machine offers none.*give this machine a role/)
    }).pipe(Effect.scoped), 60_000)

  it.live("reads profiles from the files that are named, and their region", () =>
    Effect.gen(function*() {
      const directory = yield* tempDirectory("aws")
      const files = {
        AWS_SHARED_CREDENTIALS_FILE: Path.join(directory, "credentials"),
        AWS_CONFIG_FILE: Path.join(directory, "config")
      }
      const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
      Fs.writeFileSync(files.AWS_SHARED_CREDENTIALS_FILE, `[work]\n${keys}`)
      Fs.writeFileSync(files.AWS_CONFIG_FILE, "[profile work]\nregion = eu-west-1\n")
      const { url: endpoint } = yield* S3Double.make({ buckets: ["bucket"], region: "eu-west-1" })
      const named = yield* opened(files, { endpoint, profile: "work" })
      assert.strictEqual(yield* named.put("a", body), "Created")
      const chosen = yield* opened({ ...files, AWS_PROFILE: "work" }, { endpoint })
      assert.strictEqual(yield* chosen.put("a", body), "Exists")
      const located = yield* opened({ ...files, AWS_PROFILE: "work", AWS_REGION: "us-east-1" }, {
        endpoint,
        region: "eu-west-1"
      })
      assert.strictEqual(yield* located.put("a", body), "Exists")
      assert.match(
        (yield* Effect.flip(opened(files, { endpoint }))).message,
        /the profile "default" \(as AWS_PROFILE is not set\)/
      )
      Fs.rmSync(files.AWS_SHARED_CREDENTIALS_FILE)
      Fs.mkdirSync(files.AWS_SHARED_CREDENTIALS_FILE)
      assert.match((yield* Effect.flip(opened(files, { endpoint }))).message, /cannot be read from there \(EISDIR\)/)
    }).pipe(Effect.scoped))

  it.live("goes to no other server because of the environment: where a repository lies is in its URI", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* S3Double.make({ buckets: ["bucket"] })
      for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"]) {
        const error = yield* Effect.flip(opened({ ...given, [name]: url }))
        assert.match(error.message, /AWS_ENDPOINT_URL.*write it into the URI/)
      }
      assert.deepStrictEqual(requests, [])
      const store = yield* opened({ ...given, AWS_ENDPOINT_URL: "http://127.0.0.1:1" }, { endpoint: url })
      assert.strictEqual(yield* store.put("a", body), "Created")
    }).pipe(Effect.scoped))
})

describe("TLS", () => {
  const domain = "s3.test"
  const { certificate, privateKey } = Certificates.makeIdentity(domain)
  const tls = { key: Certificates.privateKeyPem(privateKey), cert: Certificates.certificatePem(certificate) }

  it.live("sends bodies unhashed over a connection that is proved, and refuses one that is not", () =>
    Effect.gen(function*() {
      yield* S3Double.resolving(domain)
      const double = yield* S3Double.make({ buckets: ["bucket"], tls })
      const endpoint = `https://${domain}:${double.port}`
      const refused = yield* Effect.flip((yield* opened(given, { endpoint })).put("a", body))
      assert.match(
        refused.message,
        /certificate of https:\/\/s3\.test.* is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\).*NODE_EXTRA_CA_CERTS/
      )
      assert.strictEqual(refused._tag, "StoreRefused")
      assert.deepStrictEqual(double.requests, [])
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = Tls.getCACertificates("default")
          Tls.setDefaultCACertificates([...before, tls.cert])
          return before
        }),
        (before) => Effect.sync(() => Tls.setDefaultCACertificates(before))
      )
      const store = yield* opened(given, { endpoint })
      const large = Array.from({ length: 30 }, (_, at) => new Uint8Array(100_000).fill(at))
      assert.strictEqual(yield* store.put("a", large), "Created")
      assert.strictEqual(double.requests[0]?.headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD")
      const into = new Uint8Array(3_000_000)
      const read = yield* store.get("a", undefined, into)
      assert.strictEqual(read.buffer, into.buffer)
      assert.strictEqual(read[2_950_000], 29)
      assert.isTrue(double.requests.every(({ connection }) => connection === double.requests[0]?.connection))
      const elsewhere = yield* Effect.flip((yield* opened(given, { endpoint: double.url })).get("a"))
      assert.match(elsewhere.message, /ERR_TLS_CERT_ALTNAME_INVALID/)
    }).pipe(Effect.scoped, noLeaks))

  it.live("says so when a server does not speak TLS", () =>
    Effect.gen(function*() {
      const double = yield* S3Double.make({ buckets: ["bucket"] })
      const store = yield* opened(given, { endpoint: double.url.replace("http:", "https:") })
      assert.match((yield* Effect.flip(store.get("a"))).message, /does not speak TLS.*http:\/\//)
    }).pipe(Effect.scoped))
})
