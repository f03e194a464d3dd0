/**
 * What stands behind a location: which client speaks to it, what every request to it passes through, and what is its own besides
 * objects. The clients are large, so each is loaded when it is used.
 */
import { ConfigProvider, Duration, Effect, Layer } from "effect"
import * as Fs from "node:fs"
import { dirname, join } from "node:path"
import type { StorageUri } from "../domain/StorageUri.ts"
import type { SftpUri } from "../domain/store/UriSftp.ts"
import * as DiskNode from "../layers/DiskNode.ts"
import * as ObjectStoreFile from "../layers/ObjectStoreFile.ts"
import * as ObjectStoreLimited from "../layers/ObjectStoreLimited.ts"
import * as ObjectStoreMemory from "../layers/ObjectStoreMemory.ts"
import * as ObjectStoreMetered from "../layers/ObjectStoreMetered.ts"
import * as ObjectStoreRetrying from "../layers/ObjectStoreRetrying.ts"
import * as ObjectStoreTimed from "../layers/ObjectStoreTimed.ts"
import { BucketRules } from "../services/BucketRules.ts"
import type { ObjectStore, StoreError } from "../services/ObjectStore.ts"
import type { StoreMeter } from "../services/StoreMeter.ts"
import { StoreOptions } from "./store-options.ts"

/** A connection to an SFTP server, and who logs in there. */
const connected = (uri: SftpUri) =>
  Layer.unwrap(Effect.gen(function*() {
    const session = yield* Effect.promise(() => import("../layers/SftpSsh2.ts"))
    const login = yield* Effect.promise(() => import("../layers/SftpLoginFiles.ts"))
    return session.layer(uri).pipe(Layer.provide(login.layer(uri)))
  }))

/** The bare store. */
const reached = (uri: StorageUri): Layer.Layer<ObjectStore, StoreError> => {
  switch (uri._tag) {
    case "S3":
      return Layer.unwrap(Effect.gen(function*() {
        const objects = yield* Effect.promise(() => import("../layers/ObjectStoreS3.ts"))
        const calls = yield* Effect.promise(() => import("../layers/S3CallsSdk.ts"))
        return objects.layer.pipe(Layer.provide(calls.layer(uri)))
      }))
    case "Gcs":
      return Layer.unwrap(Effect.gen(function*() {
        const objects = yield* Effect.promise(() => import("../layers/ObjectStoreGcs.ts"))
        const login = yield* Effect.promise(() => import("../layers/GcsLoginFiles.ts"))
        const calls = yield* Effect.promise(() => import("../layers/GcsCallsNode.ts"))
        return objects.layer(uri).pipe(Layer.provide(login.layer(uri)), Layer.provide(calls.layer))
      }))
    case "Sftp":
      return Layer.unwrap(Effect.map(
        Effect.promise(() => import("../layers/ObjectStoreSftp.ts")),
        (objects) => objects.layer(uri).pipe(Layer.provide(connected(uri)))
      ))
    case "File":
      return ObjectStoreFile.layer(uri.path).pipe(Layer.provide(DiskNode.layer))
    case "Memory":
      return ObjectStoreMemory.layer
  }
}

/** Requests to one store at a time. */
const concurrency: Readonly<Record<StorageUri["_tag"], number>> = { S3: 32, Gcs: 32, Sftp: 16, File: 64, Memory: 64 }

/**
 * The store as everything sees it. From below: counted (every attempt), cut when it hangs (waiting for a limit does not count),
 * limited (retries too), tried again. A local directory answers at once or is in trouble that waiting here does not mend.
 */
export const stored = (uri: StorageUri, options: StoreOptions): Layer.Layer<ObjectStore | StoreMeter, StoreError> => {
  const { config, download, patience, requests, upload } = options
  const remote = uri._tag !== "File" && uri._tag !== "Memory"
  const found = config === undefined ? reached(uri) : Layer.provide(reached(uri), ConfigProvider.layer(config))
  let store = ObjectStoreMetered.layer.pipe(Layer.provide(found))
  if (remote) store = Layer.provideMerge(ObjectStoreTimed.layer, store)
  if (remote || upload !== undefined || download !== undefined || requests !== undefined) {
    const limits = { upload, download, requests, concurrency: concurrency[uri._tag] }
    store = Layer.provideMerge(ObjectStoreLimited.layer(limits), store)
  }
  return remote
    ? Layer.provideMerge(ObjectStoreRetrying.layer({ budget: Duration.millis(patience) }), store)
    : store
}

/** What the bucket's own rules do. A directory has none. */
export const bucketRules = (uri: StorageUri): Layer.Layer<BucketRules, StoreError> => {
  const asked = Effect.gen(function*() {
    switch (uri._tag) {
      case "S3": {
        const rules = yield* Effect.promise(() => import("../layers/BucketRulesS3.ts"))
        const calls = yield* Effect.promise(() => import("../layers/S3CallsSdk.ts"))
        return rules.layer.pipe(Layer.provide(calls.layer(uri)))
      }
      case "Gcs": {
        const rules = yield* Effect.promise(() => import("../layers/BucketRulesGcs.ts"))
        const login = yield* Effect.promise(() => import("../layers/GcsLoginFiles.ts"))
        const calls = yield* Effect.promise(() => import("../layers/GcsCallsNode.ts"))
        return rules.layer(uri).pipe(Layer.provide(login.layer(uri)), Layer.provide(calls.layer))
      }
      default:
        return Layer.succeed(BucketRules, BucketRules.of({ findings: Effect.succeed([]) }))
    }
  })
  return Layer.unwrap(Effect.map(StoreOptions, ({ config }) => {
    const layer: Layer.Layer<BucketRules, StoreError> = Layer.unwrap(asked)
    return config === undefined ? layer : Layer.provide(layer, ConfigProvider.layer(config))
  }))
}

/** Directories outlive the objects in them: those that the scratch place of a directory store made are removed last. */
export const swept = (uri: StorageUri, name: string): Layer.Layer<never, StoreError> => {
  if (uri._tag === "Sftp") {
    return Layer.unwrap(Effect.map(
      Effect.promise(() => import("../layers/SftpSweep.ts")),
      (sweep) => sweep.layer(uri.path, `tmp/${name}`).pipe(Layer.provide(connected(uri)))
    ))
  }
  if (uri._tag !== "File") return Layer.empty
  const above = (path: string): ReadonlyArray<string> => Fs.existsSync(path) ? [] : [path, ...above(dirname(path))]
  return Layer.effectDiscard(
    Effect.acquireRelease(
      Effect.sync(() => above(join(uri.path, "tmp"))),
      (made) =>
        Effect.sync(() => {
          Fs.rmSync(join(uri.path, "tmp", name), { recursive: true, force: true })
          for (const directory of made) {
            // Others may have begun to use it.
            if (Fs.existsSync(directory) && Fs.readdirSync(directory).length === 0) Fs.rmdirSync(directory)
          }
        })
    )
  )
}
