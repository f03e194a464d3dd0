import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import { run } from "./fixture.ts"

const variables = [
  "BEPOSITORY_ENV_FILE",
  "BEPOSITORY_STORAGE_URI",
  "BEPOSITORY_MASTER_DEVICE_ID",
  "BEPOSITORY_LISTEN",
  "BEPOSITORY_MASTER_ADDRESS",
  "BEPOSITORY_DEVICE_NAME",
  "BEPOSITORY_CACHE_DIRECTORY",
  "BEPOSITORY_DAV_PASSWORD"
]

describe("command line", () => {
  it.effect("--help names every variable and command, with examples, on stdout", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(["--help"])
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      for (
        const word of [...variables, "EXAMPLES", "init", "serve", "status", "list-folders", "checkpoint", "get-id"]
      ) {
        assert.include(stdout, word)
      }
      // Not only what can be built again lies in it.
      assert.match(stdout, /BEPOSITORY_CACHE_DIRECTORY +.*what this host has seen/)
      assert.match(stdout, /--cache-dir .*clearing it loses the notes, and nothing stored/)
    }))

  it.effect.each([
    ["init", "EXAMPLES"],
    [
      "serve",
      "BEPOSITORY_LISTEN BEPOSITORY_MASTER_ADDRESS BEPOSITORY_DEVICE_NAME BEPOSITORY_MASTER_DEVICE_ID 127.0.0.1:22001 tcp://127.0.0.1:22000 EXAMPLES"
    ],
    ["status", "BEPOSITORY_STORAGE_URI --json EXAMPLES"],
    ["list-folders", "EXAMPLES"],
    ["get-id", "EXAMPLES"],
    ["checkpoint", "now list serve"],
    ["checkpoint serve", "BEPOSITORY_DAV_PASSWORD EXAMPLES"]
  ])("%s --help teaches", ([command, words]) =>
    Effect.gen(function*() {
      const { code, stdout } = yield* run([...command!.split(" "), "--help"])
      assert.strictEqual(code, 0)
      for (const word of words!.split(" ")) assert.include(stdout, word)
    }))

  it.effect("--version", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["--version"])
      assert.strictEqual(code, 0)
      assert.strictEqual(stdout, `bepository ${packageJson.version}`)
    }))

  it.effect.each([
    [[], /say what to do/],
    [["checkpoint"], /say what to do/],
    [["bogus"], /Unknown subcommand "bogus"/],
    [["status", "--bogus"], /--bogus/],
    [["status", "extra"], /extra/],
    [["checkpoint", "serve"], /address/],
    [["--log-level", "loud", "status"], /log-level/]
  ])("usage errors are 2 with help on stderr: %s", ([args, words]) =>
    Effect.gen(function*() {
      const { code, line, stderr, stdout } = yield* run(args as ReadonlyArray<string>)
      assert.strictEqual(code, 2)
      assert.isUndefined(line, "it was said already")
      assert.strictEqual(stdout, "")
      assert.match(stderr, /^DESCRIPTION/)
      const last = stderr.split("\n").at(-1)!
      assert.match(last, /^bepository: /)
      assert.match(last, words as RegExp)
    }))

  const env = {
    HOME: "/nonexistent",
    BEPOSITORY_ENV_FILE: "/dev/null",
    BEPOSITORY_STORAGE_URI: "/nonexistent/repository"
  }

  it.effect.each([
    [
      "no repository named",
      ["status"],
      { ...env, BEPOSITORY_STORAGE_URI: "" },
      /--storage-uri.*BEPOSITORY_STORAGE_URI/
    ],
    [
      "bad URI",
      ["get-id"],
      { ...env, BEPOSITORY_STORAGE_URI: "s3://bucket?regoin=x" },
      /^BEPOSITORY_STORAGE_URI "s3:\/\/bucket": the parameter "regoin" is not known .* "region"/
    ],
    ["flag over variable, after the command", ["get-id", "--storage-uri", "gs://b"], env, /^--storage-uri "gs:\/\/b"/],
    ["flag over variable, before the command", ["--storage-uri", "gs://b", "get-id"], env, /^--storage-uri "gs:\/\/b"/],
    [
      "unreadable env file",
      ["init"],
      { ...env, BEPOSITORY_ENV_FILE: "/nonexistent/env" },
      /^the environment file \/nonexistent\/env/
    ],
    ["no master", ["serve"], env, /^no master device: .*serve DEVICE_ID.*BEPOSITORY_MASTER_DEVICE_ID/],
    ["bad master", ["serve", "nonsense-1"], env, /^MASTER_DEVICE_ID "nonsense-1"/],
    ["bad listen address", ["serve", "--listen", "nowhere"], env, /^--listen "nowhere"/],
    ["no password", ["checkpoint", "serve", "127.0.0.1:0"], env, /^BEPOSITORY_DAV_PASSWORD is not set, or empty/],
    [
      "empty password",
      ["checkpoint", "serve", "127.0.0.1:0"],
      { ...env, BEPOSITORY_DAV_PASSWORD: "  " },
      /or empty/
    ],
    ["bad address", ["checkpoint", "serve", "8080"], { ...env, BEPOSITORY_DAV_PASSWORD: "x" }, /^ADDRESS "8080"/]
  ])("settings are checked before anything is done: %s", ([, args, env, words]) =>
    Effect.gen(function*() {
      const { code, line, stderr, stdout } = yield* run(args as Array<string>, env as Record<string, string>)
      assert.strictEqual(code, 2)
      assert.match(line!, words as RegExp)
      assert.strictEqual(stdout + stderr, "")
    }))
})
