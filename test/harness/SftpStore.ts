/** A store on a throw-away server, made as the program makes it, with nothing of this machine's own keys, agent or hosts. */
import { ConfigProvider, Context, Effect, Layer, type Scope, Stream } from "effect"
import * as Path from "node:path"
import * as ObjectStoreSftp from "../../src/layers/ObjectStoreSftp.ts"
import * as SftpLoginFiles from "../../src/layers/SftpLoginFiles.ts"
import * as SftpSsh2 from "../../src/layers/SftpSsh2.ts"
import { ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"
import type * as Sshd from "./Sshd.ts"

export interface Given {
  /** The environment; HOME is no directory unless given. */
  readonly env?: Readonly<Record<string, string>>
  readonly patience?: Partial<SftpSsh2.Patience>
}

export const optionsOf = (server: Sshd.Sshd, path = Path.join(server.root, "store")): SftpLoginFiles.Options => ({
  host: server.host,
  port: server.port,
  user: server.user,
  path,
  key: server.key,
  knownHosts: server.knownHosts
})

export const layer = (
  options: SftpLoginFiles.Options,
  { env = {}, patience = {} }: Given = {}
): Layer.Layer<ObjectStore, StoreError> =>
  ObjectStoreSftp.layer(options).pipe(
    Layer.provide(SftpSsh2.layerWith(options, { ...SftpSsh2.defaults, ...patience })),
    Layer.provide(SftpLoginFiles.layer(options)),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HOME: "/dev/null", ...env })))
  )

export const opened = (
  options: SftpLoginFiles.Options,
  given: Given = {}
): Effect.Effect<ObjectStore["Service"], StoreError, Scope.Scope> =>
  Effect.map(Layer.build(layer(options, given)), (context) => Context.get(context, ObjectStore))

export const keysOf = (store: ObjectStore["Service"], prefix = "") =>
  Stream.runCollect(Stream.map(store.list(prefix), (entry) => entry.key))

/** A connection that was cut may be found out only by the next request. */
export const again = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.retry(effect, { while: (error) => error._tag === "StoreUnavailable", times: 2 })
