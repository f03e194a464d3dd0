/** Real servers with a store for us, behind a network that can fail: an OpenSSH, and Ceph's gateway. */
import { Effect, Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type * as Bepository from "../harness/Bepository.ts"
import * as FaultProxy from "../harness/FaultProxy.ts"
import type * as Process from "../harness/Process.ts"
import * as Radosgw from "../harness/Radosgw.ts"
import * as Sshd from "../harness/Sshd.ts"

/** A server with a store for us, reached through a proxy, that can be killed and started again. */
export interface Service {
  readonly name: "SFTP" | "S3"
  readonly remote: Bepository.Remote
  readonly proxy: FaultProxy.FaultProxy
  readonly kill: Effect.Effect<void, Process.HarnessError>
  readonly start: Effect.Effect<void, Process.HarnessError>
  /** What lies under tmp/ of the store, where that can be seen. */
  readonly temporary: () => ReadonlyArray<string>
}

export type Make = Effect.Effect<Service, Process.HarnessError, Scope.Scope>

export const sftp: Make = Effect.gen(function*() {
  const server = yield* Sshd.make()
  const proxy = yield* FaultProxy.make({ port: server.port })
  const uri =
    `sftp://${server.user}@127.0.0.1:${proxy.port}/${server.root}/store?key=${server.key}&host-key=${server.fingerprint}`
  // It must outlive the part of a test that starts it again.
  const scope = yield* Effect.scope
  return {
    name: "SFTP",
    remote: { uri, env: {} },
    proxy,
    kill: server.kill,
    start: Scope.provide(server.start(), scope),
    temporary: () => Fs.readdirSync(Path.join(server.root, "store", "tmp"))
  }
})

export const s3: Make = Effect.gen(function*() {
  const gateway = yield* Radosgw.make()
  yield* gateway.makeBucket("store")
  const proxy = yield* FaultProxy.make({ port: Number(new URL(gateway.url).port) })
  const uri = `s3://store/at/home?endpoint=http://127.0.0.1:${proxy.port}&region=${gateway.region}`
  const env = { AWS_ACCESS_KEY_ID: Radosgw.accessKeyId, AWS_SECRET_ACCESS_KEY: Radosgw.secretAccessKey }
  return { name: "S3", remote: { uri, env }, proxy, kill: gateway.kill, start: gateway.revive, temporary: () => [] }
})

/** What happens to the way to the store or to the store itself, and how it ends. */
export interface Outage {
  readonly what: string
  readonly begin: (service: Service) => Effect.Effect<void, Process.HarnessError>
  readonly end: (service: Service) => Effect.Effect<void, Process.HarnessError>
}

export const linkCut: Outage = {
  what: "the link is cut",
  begin: ({ proxy }) => Effect.sync(proxy.cut),
  end: () => Effect.void
}

export const serverKilled: Outage = {
  what: "the server is killed and comes back",
  begin: (service) => Effect.andThen(service.kill, Effect.sync(service.proxy.cut)),
  end: (service) => service.start
}

export const packetsVanish: Outage = {
  what: "packets vanish",
  begin: ({ proxy }) => Effect.sync(() => proxy.blackHole(true)),
  end: ({ proxy }) => Effect.sync(() => proxy.blackHole(false))
}

export const serverRefuses: Outage = {
  what: "the link is cut and the server refuses",
  begin: ({ proxy }) =>
    Effect.sync(() => {
      proxy.refuse(true)
      proxy.cut()
    }),
  end: ({ proxy }) => Effect.sync(() => proxy.refuse(false))
}

/** As when a laptop wakes up in another network: what was open is dead, and nobody said so. */
export const connectionsDie: Outage = {
  what: "packets vanish, and what was connected before stays dead",
  begin: ({ proxy }) =>
    Effect.sync(() => {
      proxy.lose()
      proxy.blackHole(true)
    }),
  end: ({ proxy }) => Effect.sync(() => proxy.blackHole(false))
}
