/** The main job on real servers, and through a network that cuts, swallows and refuses while work is under way. */
import { expect, it } from "@effect/vitest"
import { Effect, Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import * as FaultProxy from "../harness/FaultProxy.ts"
import * as Process from "../harness/Process.ts"
import * as Radosgw from "../harness/Radosgw.ts"
import * as Sshd from "../harness/Sshd.ts"
import { suite } from "../harness/Suite.ts"
import type * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { becomes, folder, serve, share, stage, stored, syncthing } from "./scene.ts"
import { play } from "./story.ts"

const MiB = 1024 * 1024

/** A server with a store for us, reached through a proxy, that can be killed and started again. */
interface Service {
  readonly remote: Bepository.Remote
  readonly proxy: FaultProxy.FaultProxy
  readonly kill: Effect.Effect<void, Process.HarnessError>
  readonly start: Effect.Effect<void, Process.HarnessError>
  /** What lies under tmp/ of the store, where that can be seen. */
  readonly temporary: () => ReadonlyArray<string>
}

const sftp = Effect.gen(function*(): Effect.fn.Return<Service, Process.HarnessError, Scope.Scope> {
  const server = yield* Sshd.make()
  const proxy = yield* FaultProxy.make({ port: server.port })
  const uri =
    `sftp://${server.user}@127.0.0.1:${proxy.port}/${server.root}/store?key=${server.key}&host-key=${server.fingerprint}`
  // It must outlive the part of a test that starts it again.
  const scope = yield* Effect.scope
  return {
    remote: { uri, env: {} },
    proxy,
    kill: server.kill,
    start: Scope.provide(server.start(), scope),
    temporary: () => Fs.readdirSync(Path.join(server.root, "store", "tmp"))
  }
})

const s3 = Effect.gen(function*(): Effect.fn.Return<Service, Process.HarnessError, Scope.Scope> {
  const gateway = yield* Radosgw.make()
  yield* gateway.makeBucket("store")
  const proxy = yield* FaultProxy.make({ port: Number(new URL(gateway.url).port) })
  const uri = `s3://store/at/home?endpoint=http://127.0.0.1:${proxy.port}&region=${gateway.region}`
  const env = { AWS_ACCESS_KEY_ID: Radosgw.accessKeyId, AWS_SECRET_ACCESS_KEY: Radosgw.secretAccessKey }
  return { remote: { uri, env }, proxy, kill: gateway.kill, start: gateway.revive, temporary: () => [] }
})

/** The whole job; then the store is tried out, and the repository moves to a directory and is the same there. */
const playAndMove = Effect.fnUntraced(function*(
  make: Effect.Effect<Service, Process.HarnessError, Scope.Scope>,
  from: Syncthing.Version,
  to: Syncthing.Version
) {
  const { remote, temporary } = yield* make
  const place = yield* play(from, to, remote)
  const { findings, healthy } = yield* Bepository.json<{
    readonly healthy: boolean
    readonly findings: ReadonlyArray<{ readonly check: string; readonly verdict: string }>
  }>(place, ["doctor", "--size", "4"])
  expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([])
  expect(healthy).toBe(true)
  expect(temporary()).toEqual([])
  const here: Bepository.Place = { ...place, remote: { uri: `${place.repository}-moved`, env: remote.env } }
  yield* Bepository.json(place, ["copy", `${place.repository}-moved`])
  const status = (at: Bepository.Place) => Bepository.json<Record<string, unknown>>(at, ["status"])
  const [before, after] = [yield* status(place), yield* status(here)]
  for (const key of ["repository", "device", "position", "folders", "files", "bytes", "checkpoints", "packs"]) {
    expect(after[key]).toEqual(before[key])
  }
  // Nothing was left behind by the one or the other.
  expect(yield* Bepository.json(place, ["copy", `${place.repository}-moved`])).toMatchObject({ copiedObjects: 0 })
})

/** What happens to the store in the middle of an ingest, and how it ends. `seconds`: how long it lasts. */
const outages: ReadonlyArray<
  readonly [
    what: string,
    seconds: number,
    begin: (service: Service) => Effect.Effect<void, Process.HarnessError>,
    end: (
      service: Service
    ) => Effect.Effect<void, Process.HarnessError>
  ]
> = [
  ["the link is cut", 0, ({ proxy }) => Effect.sync(proxy.cut), () => Effect.void],
  [
    "the server is killed and comes back",
    5,
    (service) => Effect.andThen(service.kill, Effect.sync(service.proxy.cut)),
    (service) => service.start
  ],
  [
    "packets vanish",
    15,
    ({ proxy }) => Effect.sync(() => proxy.blackHole(true)),
    ({ proxy }) => Effect.sync(() => proxy.blackHole(false))
  ],
  [
    "the server refuses",
    10,
    ({ proxy }) =>
      Effect.sync(() => {
        proxy.refuse(true)
        proxy.cut()
      }),
    ({ proxy }) => Effect.sync(() => proxy.refuse(false))
  ]
]

/** One daemon lives through all of them; then a Syncthing that never met the sender gets everything. */
const endure = Effect.fnUntraced(function*(make: Effect.Effect<Service, Process.HarnessError, Scope.Scope>) {
  const service = yield* make
  const scene = yield* stage("outages", service.remote)
  const tree = yield* Effect.gen(function*() {
    const a = yield* syncthing(scene, "A", "1.29")
    Tree.write(a.tree, "first.txt", "before any trouble\n")
    const ours = yield* serve(scene, [a])
    yield* share(a, ours)
    yield* stored(a, ours)
    for (const [round, [what, seconds, begin, end]] of outages.entries()) {
      for (let file = 0; file < 40; file++) {
        Tree.write(a.tree, `${round}/${file}.bin`, Tree.bytes(MiB, round * 1000 + file))
      }
      const before = service.proxy.passed().up
      yield* a.rescan(folder)
      // Receipt: a part of it has gone to the store.
      yield* a.until(
        `nothing went to the store before: ${what}`,
        Effect.sync(() => service.proxy.passed().up > before + 2 * MiB ? true : undefined)
      )
      yield* begin(service)
      Tree.write(a.tree, `${round}/meanwhile.txt`, `${what}\n`)
      yield* a.rescan(folder)
      yield* Effect.sleep(seconds * 1000)
      yield* end(service)
      yield* stored(a, ours).pipe(
        Effect.mapError((error) => new Process.HarnessError({ message: `after "${what}": ${error.message}` }))
      )
    }
    expect(yield* ours.process.stop("SIGTERM")).toEqual({ code: 0, signal: null })
    return Tree.read(a.tree)
  }).pipe(Effect.scoped)
  Fs.rmSync(scene.place.cache, { recursive: true })
  const b = yield* syncthing(scene, "B", "1.19")
  yield* share(b, yield* serve(scene, [b]))
  yield* becomes(b, tree)
})

suite("Main job on SFTP", ["syncthing", "syncthing-1.29", "curl", "sshd"], () => {
  it.live(
    "from Syncthing 1.19 to Syncthing 1.29",
    () => Effect.scoped(playAndMove(sftp, "1.19", "1.29")),
    300_000
  )
  it.live("lives through outages of the store", () => Effect.scoped(endure(sftp)), 300_000)
})

suite("Main job on S3", ["syncthing", "syncthing-1.29", "curl", ...Radosgw.needs], () => {
  it.live(
    "from Syncthing 1.29 to Syncthing 1.19",
    () => Effect.scoped(playAndMove(s3, "1.29", "1.19")),
    300_000
  )
  it.live("lives through outages of the store", () => Effect.scoped(endure(s3)), 300_000)
})
