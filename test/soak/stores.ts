/**
 * What a real store that is away for minutes, or far away, does to the main job: on OpenSSH and on Ceph's gateway at once, each
 * with a daemon and Syncthings of its own.
 */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Measure from "../../bench/measure.ts"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import * as Tree from "../harness/Tree.ts"
import { type Actor, becomes, folder, serve, share, type Stage, stage, stored, syncthing } from "../interop/scene.ts"
import * as Stores from "../interop/stores.ts"
import { finding, memoryBound, say } from "./findings.ts"

const MiB = 1024 * 1024

/** How long each outage lasts. */
const outageSeconds = Number(process.env.BEPOSITORY_SOAK_OUTAGE ?? 190)
/**
 * Seconds until work goes on after the store is back: the longest pause between two attempts and the time to connect. A put
 * whose connection is dead without a sign waits for what the system took from it, were the link ever so slow (`Silence.limit`).
 */
const resumesWithin = (outage: Stores.Outage) => outage === Stores.connectionsDie ? 330 : 75
const patience = 900

const mebibytes = (bytes: number) => `${(bytes / MiB).toFixed(0)} MiB`

const seconds = (since: number) => Math.round((performance.now() - since) / 1000)

/** Fails when the daemon ends before the work does. */
const whileAlive = (ours: Bepository.Bepository) => <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(
    work,
    Effect.flatMap(ours.process.exited, ({ code, signal }) =>
      Effect.fail(new Process.HarnessError({ message: `serve has ended with ${code ?? signal}` })))
  )

const disconnections = (actor: Actor, since: number) =>
  Effect.map(actor.events(since, 0), (events) => events.filter(({ type }) => type === "DeviceDisconnected").length)

const count = (ours: Bepository.Bepository, text: string) =>
  ours.process.lines().filter((line) => line.includes(text)).length

interface Scene {
  readonly service: Stores.Service
  readonly here: Stage
}

/** The outage, from when its receipt came until the store is back; `meanwhile` is done three times in it. */
const endure = Effect.fnUntraced(function*(
  { service }: Scene,
  outage: Stores.Outage,
  ours: Bepository.Bepository,
  meanwhile: (time: number) => Effect.Effect<void, Process.HarnessError>
) {
  yield* say(`${service.name}: ${outage.what}, for ${outageSeconds} s`)
  yield* outage.begin(service)
  for (let time = 0; time < 3; time++) {
    yield* meanwhile(time)
    yield* whileAlive(ours)(Effect.sleep(outageSeconds * 1000 / 3))
  }
  yield* outage.end(service)
})

/** Something passed to the store again, or from it. */
const moves = (actor: Actor, { service: { proxy } }: Scene, direction: "up" | "down") => {
  const before = proxy.passed()[direction]
  return actor.until(
    "nothing passes any more",
    Effect.sync(() => proxy.passed()[direction] > before + MiB ? true : undefined),
    patience
  )
}

const inOutage = Effect.fnUntraced(function*(
  scene: Scene,
  a: Actor,
  ours: Bepository.Bepository,
  round: number,
  outage: Stores.Outage
) {
  const { service } = scene
  for (let file = 0; file < 60; file++) {
    Tree.write(a.tree, `${round}/${file}.bin`, Tree.bytes(MiB, round * 1000 + file))
  }
  const warned = count(ours, "the store does not answer")
  const before = service.proxy.passed().up
  yield* a.rescan(folder)
  yield* a.until(
    "nothing went to the store",
    Effect.sync(() => service.proxy.passed().up > before + 2 * MiB ? true : undefined),
    patience
  )
  const since = yield* a.lastEvent
  yield* endure(scene, outage, ours, (time) => {
    Tree.write(a.tree, `${round}/meanwhile ${time}.bin`, Tree.bytes(4 * MiB, round * 1000 + 100 + time))
    return a.rescan(folder)
  })
  const back = performance.now()
  yield* whileAlive(ours)(moves(a, scene, "up"))
  const resumed = seconds(back)
  yield* whileAlive(ours)(stored(a, ours, patience))
  const title = `${service.name}: ${outage.what}`
  yield* finding(
    `${title}: went on ${resumed} s after the store was back, complete after ${seconds(back)} s`,
    resumed <= resumesWithin(outage)
  )
  const gone = yield* disconnections(a, since)
  yield* finding(`${title}: ${gone} disconnections of the peer`, gone === 0)
  const told = count(ours, "the store does not answer") - warned
  // A connection that is merely silent may be given up only after the outage.
  yield* finding(`${title}: ${told} warnings`, told === 1 || (told === 0 && silent.has(outage)))
})

const kinds: ReadonlyArray<Stores.Outage> = [
  Stores.serverKilled,
  Stores.serverRefuses,
  Stores.packetsVanish,
  Stores.connectionsDie
]

const silent = new Set([Stores.packetsVanish, Stores.connectionsDie])

/** One daemon through every kind, another one of little patience through one; then a Syncthing that never met the sender. */
const outagesOf = Effect.fnUntraced(function*(make: Stores.Make) {
  const service = yield* make
  const here = yield* stage(`soak-outages-${service.name}`, service.remote)
  const scene: Scene = { service, here }
  const tree = yield* Effect.gen(function*() {
    const a = yield* syncthing(here, "A", "1.29")
    Tree.write(a.tree, "first.txt", "before any trouble\n")
    const life = Effect.fnUntraced(
      function*(place: Bepository.Place, outages: ReadonlyArray<Stores.Outage>, at: number) {
        const ours = yield* serve({ ...here, place }, [a])
        const memory = yield* Measure.peakMemory(ours.process.pid)
        yield* share(a, ours)
        yield* stored(a, ours)
        for (const [round, outage] of outages.entries()) yield* inOutage(scene, a, ours, at + round, outage)
        const peak = memory()
        yield* finding(`${service.name}: peak RssAnon ${(peak / 1e6).toFixed(0)} MB`, peak <= memoryBound)
        const { code, signal } = yield* ours.process.stop("SIGTERM")
        yield* finding(`${service.name}: serve ended with ${code ?? signal}`, code === 0)
      },
      Effect.scoped
    )
    yield* life(here.place, kinds, 0)
    yield* say(`${service.name}: a daemon whose patience ends after 30 s`)
    const env = { ...service.remote.env, BEPOSITORY_RETRY_FOR: "30s" }
    yield* life({ ...here.place, remote: { ...service.remote, env } }, [Stores.serverRefuses], kinds.length)
    return Tree.read(a.tree)
  }).pipe(Effect.scoped)
  Fs.rmSync(here.place.cache, { recursive: true })
  const b = yield* syncthing(here, "B", "1.19")
  const ours = yield* serve(here, [b])
  // So slow that the outage comes in the middle.
  service.proxy.slow({ bytesPerSecond: 20 * MiB })
  const since = yield* b.lastEvent
  const before = service.proxy.passed().down
  yield* share(b, ours)
  yield* b.until(
    "nothing came from the store",
    Effect.sync(() => service.proxy.passed().down > before + 32 * MiB ? true : undefined),
    patience
  )
  yield* endure(scene, Stores.packetsVanish, ours, () => Effect.void)
  const back = performance.now()
  yield* whileAlive(ours)(becomes(b, tree, patience))
  yield* finding(`${service.name}: B has A's tree of ${tree.size} entries ${seconds(back)} s after the outage`, true)
  const gone = yield* disconnections(b, since)
  yield* finding(`${service.name}: ${gone} disconnections of B`, gone === 0)
}, Effect.scoped)

/** A megabyte a second and 200 ms there and back, for longer than a peer waits for a sign of life (five minutes). */
const narrow = { latencyMs: 100, bytesPerSecond: 1_000_000 }
const narrowBytes = Number(process.env.BEPOSITORY_SOAK_NARROW ?? 400) * MiB

const narrowOf = Effect.fnUntraced(function*(make: Stores.Make) {
  const service = yield* make
  const here = yield* stage(`soak-narrow-${service.name}`, service.remote)
  const a = yield* syncthing(here, "A", "1.29")
  const files = Math.ceil(narrowBytes / (16 * MiB))
  for (let file = 0; file < files; file++) Tree.write(a.tree, `${file}.bin`, Tree.bytes(16 * MiB, file))
  // Twenty seconds of its own over such a link to SFTP, where a put takes many round trips.
  yield* Bepository.json(here.place, ["init"])
  service.proxy.slow(narrow)
  const tree = Tree.read(a.tree)
  const way = Effect.fnUntraced(function*(
    actor: Actor,
    direction: "up" | "down",
    done: (ours: Bepository.Bepository) => Effect.Effect<unknown, Process.HarnessError>
  ) {
    const ours = yield* serve(here, [actor])
    const memory = yield* Measure.peakMemory(ours.process.pid)
    const since = yield* actor.lastEvent
    const [began, before] = [performance.now(), service.proxy.passed()[direction]]
    yield* share(actor, ours)
    yield* whileAlive(ours)(done(ours))
    const took = (performance.now() - began) / 1000
    const moved = service.proxy.passed()[direction] - before
    const title = `${service.name}, ${direction === "up" ? "storing" : "serving"} over a narrow link`
    const used = moved / narrow.bytesPerSecond / took
    yield* finding(
      `${title}: ${mebibytes(narrowBytes)} in ${took.toFixed(0)} s, ${mebibytes(moved)} passed, ` +
        `${(used * 100).toFixed(0)} % of the link used`,
      used >= 0.75 && moved <= narrowBytes * 1.1
    )
    yield* finding(`${title}: peak RssAnon ${(memory() / 1e6).toFixed(0)} MB`, memory() <= memoryBound)
    const gone = yield* disconnections(actor, since)
    yield* finding(`${title}: ${gone} disconnections of the peer`, gone === 0)
    const told = count(ours, "the store does not answer")
    yield* finding(`${title}: ${told} times the store was thought to be away`, told === 0)
    yield* actor.process.stop()
    const ended = yield* ours.process.stop("SIGTERM", 120)
    yield* finding(`${title}: serve ended with ${ended.code ?? ended.signal}`, ended.code === 0)
  }, Effect.scoped)
  yield* way(a, "up", (ours) => stored(a, ours, 3 * patience))
  const b = yield* syncthing(here, "B", "1.19")
  yield* way(b, "down", () => becomes(b, tree, 3 * patience))
}, Effect.scoped)

const onBoth = (scene: (make: Stores.Make) => Effect.Effect<void, Process.HarnessError>) =>
  Effect.forEach(
    [["SFTP", Stores.sftp], ["S3", Stores.s3]] as const,
    ([name, make]) => scene(make).pipe(Effect.catch((error) => finding(`${name}: ${error.message}`, false))),
    {
      concurrency: 2,
      discard: true
    }
  )

export const outages: Effect.Effect<void, Process.HarnessError, Scope.Scope> = onBoth(outagesOf)

export const narrowLink: Effect.Effect<void, Process.HarnessError, Scope.Scope> = onBoth(narrowOf)
