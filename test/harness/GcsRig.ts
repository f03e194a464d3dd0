/** The store on Google Cloud Storage as the program wires it, on a double, with an environment of its own. */
import { ConfigProvider, Context, Effect, Layer, Stream } from "effect"
import * as Fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import { vi } from "vitest"
import * as GcsCallsNode from "../../src/layers/GcsCallsNode.ts"
import * as GcsLoginFiles from "../../src/layers/GcsLoginFiles.ts"
import * as ObjectStoreGcs from "../../src/layers/ObjectStoreGcs.ts"
import { type GetError, ObjectStore } from "../../src/services/ObjectStore.ts"
import * as GcsDouble from "./GcsDouble.ts"
import { tempDirectory } from "./Process.ts"

export type Options = ObjectStoreGcs.Options & GcsLoginFiles.Options

export const environment = (variables: Record<string, string> = {}) =>
  ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/nonexistent", ...variables }))

export const layer = (options: Options) =>
  ObjectStoreGcs.layer(options).pipe(
    Layer.provide(GcsLoginFiles.layer(options)),
    Layer.provide(GcsCallsNode.layer)
  )

export const opened = (options: Partial<Options>, env: Record<string, string> = {}) =>
  Layer.build(layer({ bucket: "bucket", prefix: "p/", ambient: false, ...options })).pipe(
    Effect.provide(environment(env)),
    Effect.map((context) => Context.get(context, ObjectStore))
  )

/** A double, and a store on it that is let in. */
export const rig = Effect.fnUntraced(function*(options: GcsDouble.Options = {}, store: Partial<Options> = {}) {
  const double = yield* GcsDouble.make(options)
  const env: Record<string, string> = {}
  if (options.login === true) {
    env.GOOGLE_APPLICATION_CREDENTIALS = Path.join(yield* tempDirectory("gcs"), "key.json")
    Fs.writeFileSync(env.GOOGLE_APPLICATION_CREDENTIALS, double.keyFile)
  }
  return { double, store: yield* opened({ endpoint: double.url, ...store }, env) }
})

export const body = [Uint8Array.of(1, 2), Uint8Array.of(3)]

export type Request = Effect.Effect<unknown, GetError>

/** One request of each kind. */
export const requests = (store: ObjectStore["Service"]): ReadonlyArray<Request> => [
  store.put("x", body),
  store.get("x"),
  Stream.runDrain(store.list("")),
  store.remove(["x"]),
  store.now
]

/** The fault for the next request that fits, and none after it. */
export const once = (double: GcsDouble.GcsDouble, method: string, fault: GcsDouble.Fault) => {
  let used = false
  double.decide = (asked) => {
    if (used || asked.method !== method) return undefined
    used = true
    return fault
  }
}

export const refusal = (error: GetError): string =>
  error._tag === "StoreRefused" ? `${error.reason}; ${error.mend}` : `${error._tag}: ${error.message}`

/** For the scope; the libraries ask the process. */
export const stubEnv = (name: string, value: string) =>
  Effect.acquireRelease(
    Effect.sync(() => vi.stubEnv(name, value)),
    () => Effect.sync(() => vi.unstubAllEnvs())
  )

/** Host and port of a server that lives as long as the scope. */
export const listening = Effect.fnUntraced(function*(handle: Http.RequestListener) {
  const server = Http.createServer(handle)
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.promise(() =>
        new Promise<void>((resolve) => {
          server.closeAllConnections()
          server.close(() => resolve())
        })
      )
  )
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
})

/** Stands where the metadata service is, and says who came. */
export const trap = Effect.gen(function*() {
  const visits: Array<string> = []
  const host = yield* listening((request, response) => {
    visits.push(request.url ?? "")
    response.writeHead(200, { "content-type": "application/json", "metadata-flavor": "Google" })
    response.end(JSON.stringify({ access_token: "from-the-machine", expires_in: 3600 }))
  })
  yield* stubEnv("GCE_METADATA_HOST", host)
  return { visits, host }
})
