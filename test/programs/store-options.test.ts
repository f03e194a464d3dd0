import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, FileSystem, Option } from "effect"
import * as Path from "node:path"
import * as Settings from "../../src/programs/settings.ts"
import * as Store from "../../src/programs/store-options.ts"
import * as Wiring from "../../src/programs/wiring.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { StoreMeter } from "../../src/services/StoreMeter.ts"

interface Given {
  readonly env?: Record<string, string>
  readonly file?: string
  readonly upload?: string
  readonly download?: string
  readonly requests?: string
  readonly retryFor?: string
}

const read = (given: Given) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const env: Record<string, string> = { ...given.env }
    if (given.file !== undefined) {
      env.BEPOSITORY_ENV_FILE = Path.join(yield* fs.makeTempDirectoryScoped(), "env")
      yield* fs.writeFileString(env.BEPOSITORY_ENV_FILE, given.file)
    }
    return yield* Effect.flatMap(Settings.environment, (environment) => Store.read(environment, 60_000)).pipe(
      Effect.provideService(Store.LimitUploadFlag, Option.fromUndefinedOr(given.upload)),
      Effect.provideService(Store.LimitDownloadFlag, Option.fromUndefinedOr(given.download)),
      Effect.provideService(Store.LimitRequestsFlag, Option.fromUndefinedOr(given.requests)),
      Effect.provideService(Store.RetryForFlag, Option.fromUndefinedOr(given.retryFor)),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
    )
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const numbers = ({ download, patience, requests, upload }: Store.StoreOptions) => [upload, download, requests, patience]

describe("store options", () => {
  it.effect("without anything there are no limits, and the command's patience", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(numbers(yield* read({})), [undefined, undefined, undefined, 60_000])
    }))

  it.effect("flags over environment over file", () =>
    Effect.gen(function*() {
      const file = `
BEPOSITORY_LIMIT_UPLOAD=1M
BEPOSITORY_LIMIT_DOWNLOAD=2M
BEPOSITORY_LIMIT_REQUESTS=3
BEPOSITORY_RETRY_FOR=4m
AWS_SECRET_ACCESS_KEY="from the file"
`
      const mebibyte = 1024 * 1024
      const lowest = yield* read({ file })
      assert.deepStrictEqual(numbers(lowest), [mebibyte, 2 * mebibyte, 3, 240_000])
      const middle = yield* read({ file, env: { BEPOSITORY_LIMIT_UPLOAD: "5M", BEPOSITORY_RETRY_FOR: "0" } })
      assert.deepStrictEqual(numbers(middle), [5 * mebibyte, 2 * mebibyte, 3, 0])
      const highest = yield* read({
        file,
        env: { BEPOSITORY_LIMIT_UPLOAD: "5M" },
        upload: "6M",
        download: "7M",
        requests: "0.5",
        retryFor: "2h"
      })
      assert.deepStrictEqual(numbers(highest), [6 * mebibyte, 7 * mebibyte, 0.5, 7_200_000])
    }))

  it.effect("stores look for credentials in the environment, then in the file", () =>
    Effect.gen(function*() {
      const file = "AWS_ACCESS_KEY_ID=file\nAWS_SECRET_ACCESS_KEY=file\n"
      const { config } = yield* read({ file, env: { AWS_ACCESS_KEY_ID: "environment" } })
      assert.isDefined(config)
      assert.strictEqual(yield* Config.String("AWS_ACCESS_KEY_ID").parse(config), "environment")
      assert.strictEqual(yield* Config.String("AWS_SECRET_ACCESS_KEY").parse(config), "file")
    }))

  it.effect.each<[string, Given, RegExp]>([
    ["a rate in bits", { upload: "2Mbit" }, /^--limit-upload "2Mbit": bits/],
    ["no rate", { env: { BEPOSITORY_LIMIT_DOWNLOAD: "fast" } }, /^BEPOSITORY_LIMIT_DOWNLOAD "fast": .*500K/],
    ["no number", { file: "BEPOSITORY_LIMIT_REQUESTS=many\n" }, /^BEPOSITORY_LIMIT_REQUESTS in \/.*env "many"/],
    ["no time", { retryFor: "15" }, /^--retry-for "15": .*15m/]
  ])("a problem: %s", ([, given, words]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(read(given))
      assert.match((error as { readonly message: string }).message, words)
    }))

  it.effect("a store is counted, and limited if that was asked for", () =>
    Effect.gen(function*() {
      const options = yield* read({ upload: "1M", requests: "100" })
      const counts = yield* Effect.gen(function*() {
        const store = yield* ObjectStore
        yield* store.put("log/1", [new Uint8Array(10)])
        yield* store.get("log/1")
        return (yield* (yield* StoreMeter).totals).counts.map(({ operation, requests }) => [operation, requests])
      }).pipe(
        Effect.provide(Wiring.objects({ _tag: "Memory", name: "" })),
        Effect.provideService(Store.StoreOptions, options)
      )
      assert.deepStrictEqual(counts, [["put", 1], ["get", 1]])
    }))

  it.effect("a bucket without credentials is refused at once, and says how to give them", () =>
    Effect.gen(function*() {
      const options = yield* read({ env: { HOME: "/nonexistent" } })
      const uri = { _tag: "S3", bucket: "bucket", prefix: "", endpoint: "http://127.0.0.1:9", ambient: false } as const
      const error = yield* Effect.flip(
        Effect.flatMap(ObjectStore, (store) => store.now).pipe(
          Effect.provide(Wiring.objects(uri)),
          Effect.provideService(Store.StoreOptions, options)
        )
      )
      assert.strictEqual(error._tag, "StoreRefused")
      assert.match(error.message, /AWS_ACCESS_KEY_ID/)
    }))
})
