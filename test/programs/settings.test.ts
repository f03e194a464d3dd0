import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, FileSystem, Option, PlatformError, Redacted } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as Settings from "../../src/programs/settings.ts"

const device = (n: number) => DeviceId.fromBytes(new Uint8Array(32).fill(n))
const one = device(1)
const two = device(2)

interface Given {
  readonly env?: Record<string, string>
  /** Contents of the environment file that BEPOSITORY_ENV_FILE names. */
  readonly file?: string
  readonly storageUri?: string
  readonly cacheDir?: string
  readonly serve?: Partial<Settings.ServeFlags>
}

const read = (given: Given) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const env: Record<string, string> = { HOME: "/home/somebody", BEPOSITORY_STORAGE_URI: "/srv/r", ...given.env }
    if (given.file !== undefined) {
      env.BEPOSITORY_ENV_FILE = Path.join(yield* fs.makeTempDirectoryScoped(), "env")
      yield* fs.writeFileString(env.BEPOSITORY_ENV_FILE, given.file)
    }
    return yield* Effect.gen(function*() {
      const environment = yield* Settings.environment
      const uri = yield* Settings.storage(environment)
      const all = yield* Settings.all(environment, uri, { ...Settings.noServeFlags, ...given.serve })
      return { ...all, uri, file: env.BEPOSITORY_ENV_FILE }
    }).pipe(
      Effect.provideService(Settings.StorageUriFlag, Option.fromUndefinedOr(given.storageUri)),
      Effect.provideService(Settings.CacheDirFlag, Option.fromUndefinedOr(given.cacheDir)),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
    )
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const problem = (given: Given) =>
  Effect.map(Effect.flip(read(given)), (error) => (error as { message: string }).message)

describe("settings", () => {
  it.effect("defaults", () =>
    Effect.gen(function*() {
      const found = yield* read({ env: { XDG_CACHE_HOME: "/x" } })
      assert.deepStrictEqual(found.uri, { _tag: "File", path: "/srv/r" })
      assert.strictEqual(found.listen, "127.0.0.1:22001")
      assert.strictEqual(found.masterAddress, "tcp://127.0.0.1:22000")
      assert.deepStrictEqual(found.masters, [])
      assert.strictEqual(found.deviceName, `bepository on ${Os.hostname()}`)
      assert.isUndefined(found.davPassword)
      assert.strictEqual(found.packSize, 32 * 1024 * 1024)
      assert.strictEqual(Duration.toMillis(found.commitInterval), 10_000)
      assert.match(found.cacheDirectory, /^\/x\/bepository\/[0-9a-f]{16}$/)
    }))

  it.effect("flags over environment over file over defaults, each by itself", () =>
    Effect.gen(function*() {
      const file = `
BEPOSITORY_STORAGE_URI="file:///from/file"
BEPOSITORY_LISTEN=127.0.0.1:1111
BEPOSITORY_MASTER_ADDRESS='tcp://127.0.0.1:1'
BEPOSITORY_DEVICE_NAME=file
BEPOSITORY_DEVICE_NAME=file again
BEPOSITORY_CACHE_DIRECTORY=/cache/file
BEPOSITORY_MASTER_DEVICE_ID=${one}
BEPOSITORY_DAV_PASSWORD="from file"
`
      const lowest = yield* read({ file, env: { BEPOSITORY_STORAGE_URI: "" } })
      assert.deepStrictEqual(lowest.uri, { _tag: "File", path: "/from/file" })
      assert.deepStrictEqual(
        [lowest.listen, lowest.masterAddress, lowest.deviceName, lowest.masters],
        ["127.0.0.1:1111", "tcp://127.0.0.1:1", "file again", [one]]
      )
      assert.isTrue(lowest.cacheDirectory.startsWith("/cache/file/"))
      assert.strictEqual(Redacted.value(lowest.davPassword!), "from file")
      assert.notInclude(JSON.stringify(lowest), "from file\"}")

      const env = {
        BEPOSITORY_STORAGE_URI: "/from/env",
        BEPOSITORY_LISTEN: "127.0.0.1:2222",
        BEPOSITORY_MASTER_ADDRESS: "127.0.0.1:2",
        BEPOSITORY_DEVICE_NAME: "env",
        BEPOSITORY_CACHE_DIRECTORY: "/cache/env",
        BEPOSITORY_MASTER_DEVICE_ID: two
      }
      const middle = yield* read({ file, env })
      assert.deepStrictEqual(middle.uri, { _tag: "File", path: "/from/env" })
      assert.deepStrictEqual(
        [middle.listen, middle.masterAddress, middle.deviceName, middle.masters],
        ["127.0.0.1:2222", "tcp://127.0.0.1:2", "env", [two]]
      )
      assert.isTrue(middle.cacheDirectory.startsWith("/cache/env/"))

      const highest = yield* read({
        file,
        env,
        storageUri: "/from/flag",
        cacheDir: "/cache/flag",
        serve: {
          masters: [one],
          listen: Option.some("[::1]:0"),
          masterAddress: Option.some("none"),
          deviceName: Option.some("flag")
        }
      })
      assert.deepStrictEqual(highest.uri, { _tag: "File", path: "/from/flag" })
      assert.deepStrictEqual(
        [highest.listen, highest.masterAddress, highest.deviceName, highest.masters],
        ["[::1]:0", undefined, "flag", [one]]
      )
      assert.isTrue(highest.cacheDirectory.startsWith("/cache/flag/"))
    }))

  it.effect("several masters, by commas or blanks, once each", () =>
    Effect.gen(function*() {
      const found = yield* read({ env: { BEPOSITORY_MASTER_DEVICE_ID: ` ${one}, ${two.toLowerCase()}\n${one} ` } })
      assert.deepStrictEqual(found.masters, [one, two])
    }))

  it.effect("a cache directory per location", () =>
    Effect.gen(function*() {
      const cache = (storageUri: string) => Effect.map(read({ cacheDir: "/c", storageUri }), (_) => _.cacheDirectory)
      assert.strictEqual(yield* cache("/srv/r"), yield* cache("file:///srv/r"))
      assert.strictEqual(yield* cache("/srv/r"), yield* cache("/srv/../srv/r/"))
      assert.notStrictEqual(yield* cache("/srv/r"), yield* cache("/srv/r2"))
      const bucket = "s3://bucket/p?endpoint=https://one"
      assert.strictEqual(yield* cache(bucket), yield* cache(`${bucket}&profile=x&storage-class=STANDARD`))
      assert.notStrictEqual(yield* cache(bucket), yield* cache("s3://bucket/p?endpoint=https://two"))
    }))

  it.effect("without anything else root's cache is the system's, another's is at home", () =>
    Effect.gen(function*() {
      const found = yield* read({})
      assert.match(
        found.cacheDirectory,
        process.getuid?.() === 0 ? /^\/var\/cache\/bepository\// : /^\/home\/somebody\/.cache\/bepository\//
      )
      const managed = yield* read({ env: { CACHE_DIRECTORY: "/var/cache/one:/var/cache/two", XDG_CACHE_HOME: "/x" } })
      assert.match(managed.cacheDirectory, /^\/var\/cache\/one\/[0-9a-f]{16}$/)
    }))

  it.effect.each<[string, Given, RegExp]>([
    [
      "no repository",
      { env: { BEPOSITORY_STORAGE_URI: "" } },
      /^no repository is named: .*--storage-uri.*BEPOSITORY_STORAGE_URI/
    ],
    [
      "a bad URI in the environment",
      { env: { BEPOSITORY_STORAGE_URI: "s3://bucket?storage_clas=X" } },
      /^BEPOSITORY_STORAGE_URI "s3:\/\/bucket": the parameter .* did you mean "storage-class"/
    ],
    ["a bad URI in a flag", { storageUri: "x://y" }, /^--storage-uri "x:\/\/y": the scheme "x"/],
    [
      "a bad URI in the file",
      { file: "BEPOSITORY_STORAGE_URI=x://y", env: { BEPOSITORY_STORAGE_URI: "" } },
      /^BEPOSITORY_STORAGE_URI in \/.*env "x:\/\/y"/
    ],
    [
      "a secret in the URI",
      { storageUri: "s3://b?secret_access_key=hunter2" },
      /^--storage-uri "s3:\/\/b": it holds a secret/
    ],
    [
      "a listen address without a port",
      { env: { BEPOSITORY_LISTEN: "127.0.0.1" } },
      /^BEPOSITORY_LISTEN "127.0.0.1": .*127.0.0.1:22001/
    ],
    ["a listen URI", { env: { BEPOSITORY_LISTEN: "tcp://127.0.0.1:1" } }, /^BEPOSITORY_LISTEN .*example/],
    ["a port too high", { serve: { listen: Option.some("127.0.0.1:70000") } }, /^--listen .*65536/],
    [
      "an address that cannot be dialled",
      { serve: { masterAddress: Option.some("quic://127.0.0.1:1") } },
      /^--master-address .*tcp:\/\//
    ],
    ["port 0 cannot be dialled", { serve: { masterAddress: Option.some("tcp://127.0.0.1:0") } }, /must not be 0/],
    [
      "a mistyped device id",
      { env: { BEPOSITORY_MASTER_DEVICE_ID: one.replace(/^./, "B") } },
      /^BEPOSITORY_MASTER_DEVICE_ID ".*": .*check character/
    ],
    ["a cut device id", { serve: { masters: [one.slice(0, 30)] } }, /^MASTER_DEVICE_ID ".*": .*56 characters/],
    ["nobody's device id", { serve: { masters: ["="] } }, /no device/],
    ["a broken env file", { file: "# x\nBEPOSITORY_LISTEN\n" }, /^the environment file \/.*env, line 2: /],
    [
      "an absent env file that was named",
      { env: { BEPOSITORY_ENV_FILE: "/nonexistent/env" } },
      /^the environment file \/nonexistent\/env: there is no such file/
    ],
    [
      "an env file that is a directory",
      { env: { BEPOSITORY_ENV_FILE: "/tmp" } },
      /^the environment file \/tmp: it cannot be read/
    ]
  ])("a problem: %s", ([, given, words]) =>
    Effect.gen(function*() {
      const message = yield* problem(given)
      assert.match(message, words)
      assert.notInclude(message, "hunter2")
    }))

  it.effect("an unreadable default file is a problem, a missing one is not", () =>
    Effect.gen(function*() {
      const failing = (tag: "NotFound" | "PermissionDenied") =>
        Effect.provide(
          Settings.environment,
          FileSystem.layerNoop({
            readFileString: () =>
              Effect.fail(PlatformError.systemError({ _tag: tag, module: "FileSystem", method: "readFileString" }))
          })
        ).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord({})))
      yield* failing("NotFound")
      const error = yield* Effect.flip(failing("PermissionDenied"))
      assert.match(error.message, /^the environment file \/etc\/bepository\/env: .*permission denied/)
    }))

  it("masters are needed to serve", () => {
    const settings = { masters: [] } as unknown as Parameters<typeof Settings.requireMasters>[0]
    const error = Effect.runSync(Effect.flip(Settings.requireMasters(settings)))
    assert.match(error.message, /BEPOSITORY_MASTER_DEVICE_ID/)
    assert.match(error.message, /serve DEVICE_ID/)
  })
})

it("the test's own environment has no default file", () => {
  assert.isFalse(Fs.existsSync(Settings.defaultEnvFile), `${Settings.defaultEnvFile} exists: defaults are not tested`)
})
