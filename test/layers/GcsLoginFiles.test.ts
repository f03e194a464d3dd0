/** Who may be asked for credentials, what for, and what is said if there are none. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as GcsDouble from "../harness/GcsDouble.ts"
import { body, opened, refusal, rig, trap } from "../harness/GcsRig.ts"
import { tempDirectory } from "../harness/Process.ts"

describe("credentials for GCS", () => {
  it.live("a login is asked for once, and again when the token is forgotten", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({ login: true })
      yield* Effect.forEach([1, 2, 3], (at) => store.put(`${at}`, body), { concurrency: "unbounded" })
      const logins = () => double.asked.filter(({ path }) => path === "/token").length
      assert.strictEqual(logins(), 1)
      double.forgetTokens()
      // A token that was given a moment ago and is refused is no accident.
      assert.strictEqual((yield* Effect.flip(store.get("1")))._tag, "StoreRefused")
    }).pipe(Effect.scoped))

  it.effect("a token that is no longer taken after a while is asked for anew", () =>
    Effect.gen(function*() {
      const { double, store } = yield* rig({ login: true })
      const logins = () => double.asked.filter(({ path }) => path === "/token").length
      yield* store.put("x", body)
      double.forgetTokens()
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* Effect.flip(store.get("x")))._tag, "StoreUnavailable")
      assert.deepStrictEqual(yield* store.get("x"), Uint8Array.of(1, 2, 3))
      assert.strictEqual(logins(), 2)
    }).pipe(Effect.scoped))

  it.live.each<[string, string | undefined, RegExp]>([
    ["none", undefined, /there are no credentials.*GOOGLE_APPLICATION_CREDENTIALS.*use_ambient_credentials=true/],
    ["an empty file", "", /no key file/],
    ["another kind", "{\"type\":\"external_account\"}", /type is external_account; only service_account/],
    ["a field missing", "{\"type\":\"service_account\",\"client_email\":\"a\"}", /field of its type service_account/],
    [
      "no key",
      "{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"hunter2\"}",
      /private_key is none/
    ],
    [
      "a login in the clear",
      "{\"type\":\"authorized_user\",\"client_id\":\"a\",\"client_secret\":\"b\",\"refresh_token\":\"hunter2\",\"token_uri\":\"http://h/t\"}",
      /field of its type authorized_user/
    ]
  ])("%s is refused before anybody is asked", ([, text, words]) =>
    Effect.gen(function*() {
      const { host, visits } = yield* trap
      const env: Record<string, string> = { GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: "ping-only" }
      if (text !== undefined) {
        env.GOOGLE_APPLICATION_CREDENTIALS = Path.join(yield* tempDirectory("gcs"), "key.json")
        Fs.writeFileSync(env.GOOGLE_APPLICATION_CREDENTIALS, text)
      }
      const error = yield* Effect.flip(opened({}, env))
      assert.match(refusal(error), words)
      assert.notInclude(error.message, "hunter2")
      assert.deepStrictEqual(visits, [])
    }).pipe(Effect.scoped))

  it.live("the machine is asked if that was allowed, and only then", () =>
    Effect.gen(function*() {
      const { host, visits } = yield* trap
      const double = yield* GcsDouble.make()
      const stranger = yield* opened({ endpoint: double.url }, { GCE_METADATA_HOST: host })
      yield* stranger.put("x", body)
      assert.deepStrictEqual(visits, [])
      const ambient = yield* opened({ endpoint: double.url, ambient: true }, { GCE_METADATA_HOST: host })
      yield* ambient.get("x")
      assert.strictEqual(visits.length, 1)
      assert.strictEqual(double.asked.at(-1)?.headers.authorization, "Bearer from-the-machine")
    }).pipe(Effect.scoped))

  it.live("the login of gcloud is found in the home directory", () =>
    Effect.gen(function*() {
      const double = yield* GcsDouble.make({ login: true })
      const home = yield* tempDirectory("gcs")
      const file = Path.join(home, ".config/gcloud/application_default_credentials.json")
      Fs.mkdirSync(Path.dirname(file), { recursive: true })
      const user = { type: "authorized_user", client_id: "a", client_secret: "b", token_uri: `${double.url}/token` }
      Fs.writeFileSync(file, JSON.stringify({ ...user, refresh_token: "refresh" }))
      const store = yield* opened({ endpoint: double.url }, { HOME: home })
      assert.strictEqual(yield* store.put("x", body), "Created")
      Fs.writeFileSync(file, JSON.stringify({ ...user, refresh_token: "revoked" }))
      const revoked = yield* opened({ endpoint: double.url }, { HOME: home })
      assert.match(refusal(yield* Effect.flip(revoked.get("x"))), /does not accept .* \(400\)/)
    }).pipe(Effect.scoped))

  it.live("a wrong key, a clock that is wrong: refused with what to check", () =>
    Effect.gen(function*() {
      const [double, other] = [yield* GcsDouble.make({ login: true }), yield* GcsDouble.make({ login: true })]
      const file = Path.join(yield* tempDirectory("gcs"), "key.json")
      Fs.writeFileSync(
        file,
        double.keyFile.replace(/"client_email":"[^"]*"/, "\"client_email\":\"somebody@example.com\"")
      )
      const store = yield* opened({ endpoint: other.url }, { GOOGLE_APPLICATION_CREDENTIALS: file })
      const error = yield* Effect.flip(store.get("x"))
      assert.match(refusal(error), /credentials of somebody@example.com .*key was not deleted/)
      assert.notInclude(error.message, "PRIVATE KEY")
    }).pipe(Effect.scoped))

  it.live("credentials are never shown to everybody on the way", () =>
    Effect.gen(function*() {
      const file = Path.join(yield* tempDirectory("gcs"), "key.json")
      Fs.writeFileSync(file, (yield* GcsDouble.make()).keyFile)
      const env = { GOOGLE_APPLICATION_CREDENTIALS: file }
      assert.match(refusal(yield* Effect.flip(opened({ endpoint: "http://storage.example" }, env))), /https:\/\//)
      for (const endpoint of ["https://storage.example", "http://127.0.0.1:9", "http://localhost:9"]) {
        assert.isTrue(Exit.isSuccess(yield* Effect.exit(opened({ endpoint }, env))), endpoint)
      }
    }).pipe(Effect.scoped))
})
