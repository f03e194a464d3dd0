/** Commands on stores that are no directory: chosen by the URI, with settings from where a command takes them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as GcsDouble from "../harness/GcsDouble.ts"
import { tempDirectory } from "../harness/Process.ts"
import * as S3Double from "../harness/S3Double.ts"
import { run } from "./fixture.ts"

/** The commands that make and look at a repository, and what must hold of them on any store. */
const story = Effect.fnUntraced(function*(uri: string, location: string, env: Record<string, string>) {
  const flags = ["--storage-uri", uri]
  assert.deepInclude(yield* run(["status", ...flags], env), { code: 10, stdout: "" })
  const made = yield* run(["init", ...flags, "--json"], env)
  assert.strictEqual(made.code, 0, made.line)
  const { created, device, location: shown, ...rest } = JSON.parse(made.stdout) as Record<string, unknown>
  assert.deepStrictEqual([created, shown], [true, location])
  const again = yield* run(["init", ...flags, "--json"], env)
  assert.deepStrictEqual(JSON.parse(again.stdout), { created: false, device, location, ...rest })
  const id = yield* run(["get-id", ...flags], env)
  assert.strictEqual(id.stdout, device)
  const status = yield* run(["status", ...flags, "--json"], env)
  return { status: JSON.parse(status.stdout) as Record<string, unknown>, text: yield* run(["status", ...flags], env) }
})

describe("commands on other stores", () => {
  it.live("Google Cloud Storage, its credentials named in the environment file", () =>
    Effect.gen(function*() {
      const double = yield* GcsDouble.make({ login: true })
      const directory = yield* tempDirectory("gcs")
      const [key, file] = [Path.join(directory, "key.json"), Path.join(directory, "env")]
      Fs.writeFileSync(key, double.keyFile)
      Fs.writeFileSync(file, `GOOGLE_APPLICATION_CREDENTIALS=${key}\n`)
      const env = { HOME: directory, BEPOSITORY_ENV_FILE: file }
      const { status, text } = yield* story(`gs://bucket/p?endpoint=${double.url}`, "gs://bucket/p", env)
      assert.isNull(status.cost)
      assert.match(text.stdout, /at gs:\/\/bucket\/p /)
      assert.match(text.stdout, /^this command {4}\d+ get \(.*\), \d+ list$/m)
      double.metadata.set("bucket", { versioning: { enabled: true } })
      const doctor = yield* run(["doctor", "--size", "0", "--storage-uri", `gs://bucket/p?endpoint=${double.url}`], env)
      assert.strictEqual(doctor.code, 0, doctor.line)
      assert.match(doctor.stdout, /^note {4}old versions {10}versioning is on, and nothing removes the versions/m)
    }).pipe(Effect.scoped))

  it.live("S3, its credentials in the environment", () =>
    Effect.gen(function*() {
      const double = yield* S3Double.make({ buckets: ["bucket"] })
      const env = {
        HOME: "/nonexistent",
        AWS_ACCESS_KEY_ID: S3Double.defaults.accessKeyId,
        AWS_SECRET_ACCESS_KEY: S3Double.defaults.secretAccessKey
      }
      const uri = `s3://bucket/p?endpoint=${double.url}`
      yield* story(uri, "s3://bucket/p", env)
      const doctor = yield* run(["doctor", "--size", "0", "--storage-uri", uri], env)
      assert.strictEqual(doctor.code, 0, doctor.line)
      assert.match(doctor.stdout, /^ok {6}old versions {10}versioning is off/m)
      // Where nothing can be written nobody asks for the rules.
      double.faults.push(({ method }) =>
        method === "PUT" ? { _tag: "Refuse", status: 403, code: "AccessDenied" } : undefined
      )
      const before = double.requests.length
      const sick = yield* run(["doctor", "--size", "0", "--storage-uri", uri], env)
      assert.strictEqual(sick.code, 3)
      assert.isFalse(double.requests.slice(before).some(({ query }) => query.has("versioning")))
    }).pipe(Effect.scoped))

  it.live("a store that is away is asked for as long as was said, then the command ends with 20", () =>
    Effect.gen(function*() {
      const double = yield* GcsDouble.make({ decide: () => ({ status: 503 }) })
      const uri = `gs://bucket/p?endpoint=${double.url}`
      const env = { HOME: "/nonexistent" }
      const none = yield* run(["get-id", "--storage-uri", uri, "--retry-for", "0"], env)
      assert.strictEqual(none.code, 20)
      assert.strictEqual(double.asked.length, 1)
      const some = yield* run(["get-id", "--storage-uri", uri, "--retry-for", "1s"], env)
      assert.strictEqual(some.code, 20)
      assert.match(some.line ?? "", /503, \d+ times in 1 s/)
      assert.isAbove(double.asked.length, 2)
    }).pipe(Effect.scoped))

  it.live("a command whose commit got no answer ends with 20, says that its outcome is unknown, and may be run again", () =>
    Effect.gen(function*() {
      const double = yield* S3Double.make({ buckets: ["bucket"] })
      const env = {
        HOME: "/nonexistent",
        AWS_ACCESS_KEY_ID: S3Double.defaults.accessKeyId,
        AWS_SECRET_ACCESS_KEY: S3Double.defaults.secretAccessKey
      }
      const flags = ["init", "--storage-uri", `s3://bucket/p?endpoint=${double.url}`, "--retry-for", "1s"]
      const refuse: S3Double.Fault = { _tag: "Refuse", status: 503, code: "ServiceUnavailable" }
      let puts = 0
      double.faults.push(({ key, method }) => {
        if (method === "PUT" && key.startsWith("p/log/")) puts++
        if (puts === 0) return undefined
        return puts === 1 ? { _tag: "LoseReply" } : refuse
      })
      const first = yield* run(flags, env)
      assert.strictEqual(first.code, 20)
      assert.match(
        first.line ?? "",
        /log\/0+1: .*; it is not known whether the commit was made; running this again is safe/
      )
      assert.isAbove(puts, 1)
      assert.isTrue([...double.objects("bucket").keys()].some((key) => key.startsWith("p/log/")), "it was made")
      double.faults.length = 0
      const again = yield* run([...flags, "--json"], env)
      assert.strictEqual(again.code, 0, again.line)
      assert.strictEqual((JSON.parse(again.stdout) as { readonly created: boolean }).created, false)
    }).pipe(Effect.scoped))
})
