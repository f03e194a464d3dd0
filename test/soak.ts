/**
 * `npm run soak [-- kills idle large many outages narrow hosts away]`: what takes too long for `npm test`, against real Syncthings. Prints
 * one line per finding and a closing line; exits 1 when something did not hold.
 *
 *   kills    20 × kill -9 at random moments of an ingest, then the tree is given to a Syncthing that never met the sender
 *   idle     20 minutes of nothing to do: no reconnects, no new objects, no growth
 *   large    a sparse file of 40 GiB in blocks of 16 MiB, there and back
 *   many     100,000 small files, there and back
 *   outages  the store is away for minutes, in four ways, on OpenSSH and on Ceph: half an hour
 *   narrow   the store is behind 1 MB/s and 200 ms, there and back: a quarter of an hour
 *   hosts    how long edits take from one host to another as the program comes: half an hour
 *   away     the directory of two hosts is away for ten minutes
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Random, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Measure from "../bench/measure.ts"
import * as Bepository from "./harness/Bepository.ts"
import * as Process from "./harness/Process.ts"
import type * as Syncthing from "./harness/Syncthing.ts"
import * as Tree from "./harness/Tree.ts"
import { type Actor, becomes, folder, serve, share, type Stage, stage, stored, syncthing } from "./interop/scene.ts"
import { close, finding, memoryBound, say } from "./soak/findings.ts"
import * as Hosts from "./soak/hosts.ts"
import * as Stores from "./soak/stores.ts"

const MiB = 1024 * 1024
/** How many entries the device has acknowledged. Syncthing says "needs nothing" of a device that has announced nothing. */
const held = (seen: Syncthing.Completion) => seen.sequence > 0 ? seen.globalItems - seen.needItems : 0

/** The same once its connection has settled: no news from it for two seconds. */
const settledHeld = (a: Actor, device: string) =>
  Effect.gen(function*() {
    let since = yield* a.lastEvent
    while (true) {
      const events = yield* a.events(since, 2)
      const news = events.filter((event) => event.type === "RemoteIndexUpdated")
      if (news.length === 0) return held(yield* a.completion(device, folder))
      since = events.at(-1)?.id ?? since
    }
  }).pipe(Process.within(120, () => "the index did not settle"))

const status = (stage: Stage) =>
  Bepository.json<{ readonly packs: { readonly blockBytes: number }; readonly position: number }>(
    { ...stage.place, cache: Path.join(stage.directory, "reader-cache") },
    ["status"]
  )

const setOptions = (a: Actor, change: Readonly<Record<string, unknown>>) =>
  a.rest("PATCH", "/rest/config/options", change)

const kills = Effect.gen(function*() {
  const here = yield* stage("soak-kills")
  const a = yield* syncthing(here, "A", "1.29")
  let unique = 0
  for (let i = 0; i < 2000; i++) {
    const size = i % 4 === 0 ? MiB : 1 + i * 37 % 60_000
    Tree.write(a.tree, `d${i % 50}/${i}.bin`, Tree.bytes(size, 70_000 + i))
    unique += size
  }
  // Slow enough that every kill comes in the middle of it.
  yield* setOptions(a, { maxSendKbps: 3 * 1024, limitBandwidthInLan: true })
  let ours = yield* serve(here, [a])
  yield* share(a, ours)
  let acknowledged = 0
  for (let round = 1; round <= 20; round++) {
    // Up to one and a half of the longest time between commits.
    yield* Effect.sleep(500 + (yield* Random.nextIntBetween(0, 15_000)))
    acknowledged = Math.max(acknowledged, held(yield* a.completion(ours.id, folder)))
    yield* ours.process.stop("SIGKILL")
    const { packs, position } = yield* status(here)
    ours = yield* serve(here, [a])
    yield* a.untilConnected(ours.id, 60)
    const after = yield* settledHeld(a, ours.id)
    yield* finding(
      `kill ${round}: position ${position}, ${(packs.blockBytes / MiB).toFixed(0)} of ${
        (unique / MiB).toFixed(0)
      } MiB committed; ` +
        `${acknowledged} entries acknowledged before, ${after} after`,
      after >= acknowledged
    )
  }
  yield* setOptions(a, { maxSendKbps: 0 })
  yield* stored(a, ours, 600)
  const { packs } = yield* status(here)
  yield* finding(
    `no block was stored twice: ${packs.blockBytes} bytes in packs, ${unique} bytes of unique data`,
    packs.blockBytes === unique
  )
  const failures = (yield* a.events(0, 0)).filter((event) => event.type === "Failure")
  yield* finding(`Syncthing reported ${failures.length} failures`, failures.length === 0)
  yield* ours.process.stop()
  yield* giveTo(here, a, "1.19")
})

/** A ends, and a Syncthing that never met it gets the very same tree. */
const giveTo = Effect.fnUntraced(function*(here: Stage, a: Actor, version: "1.19" | "1.29", seconds = 1200) {
  const tree = Tree.read(a.tree)
  yield* a.process.stop()
  const b = yield* syncthing(here, "B", version)
  const ours = yield* serve(here, [b])
  const memory = yield* Measure.peakMemory(ours.process.pid)
  yield* share(b, ours)
  yield* becomes(b, tree, seconds)
  yield* finding(`B has A's tree of ${tree.size} entries`, true)
  yield* finding(`peak RssAnon while serving: ${(memory() / 1e6).toFixed(0)} MB`, memory() <= memoryBound)
})

const idleMinutes = 20

const idle = Effect.gen(function*() {
  const here = yield* stage("soak-idle")
  const a = yield* syncthing(here, "A", "1.19")
  yield* Tree.make(a.tree, { sparse: false })
  const ours = yield* serve(here, [a])
  yield* share(a, ours)
  yield* stored(a, ours)
  // What is written when work pauses has been written by then, and the schedule finds nothing changed.
  yield* Effect.sleep(15_000)
  yield* Bepository.json(here.place, ["checkpoint", "now"])
  const objects = () => Object.values(Bepository.objects(here.place)).reduce((sum, kind) => sum + kind.count, 0)
  const [count, cpu, memory, since] = [
    objects(),
    Measure.cpuSeconds(ours.process.pid),
    Measure.anonymousBytes(ours.process.pid),
    yield* a.lastEvent
  ]
  yield* say(`idle for ${idleMinutes} minutes`)
  yield* Effect.sleep(idleMinutes * 60_000)
  const gone = (yield* a.events(since, 0)).filter((event) => event.type === "DeviceDisconnected")
  yield* finding(`${gone.length} disconnections`, gone.length === 0)
  yield* finding("still connected", yield* a.connected(ours.id))
  yield* finding(`${objects() - count} new objects`, objects() === count)
  const used = Measure.cpuSeconds(ours.process.pid) - cpu
  yield* finding(`${used.toFixed(1)} CPU seconds used`, used < idleMinutes * 60 * 0.01)
  const grown = Measure.anonymousBytes(ours.process.pid) - memory
  yield* finding(`anonymous memory grew by ${(grown / 1e6).toFixed(1)} MB`, grown < 20e6)
})

/** Ingest of what `fill` makes, and back to a fresh Syncthing; memory both ways. */
const thereAndBack = Effect.fnUntraced(function*(name: string, fill: (root: string) => void) {
  const here = yield* stage(`soak-${name}`)
  const a = yield* syncthing(here, "A", "1.29")
  fill(a.tree)
  yield* Effect.gen(function*() {
    const ours = yield* serve(here, [a])
    const memory = yield* Measure.peakMemory(ours.process.pid)
    yield* share(a, ours)
    yield* stored(a, ours, 1200)
    yield* finding(`peak RssAnon while storing: ${(memory() / 1e6).toFixed(0)} MB`, memory() <= memoryBound)
    const ended = yield* ours.process.stop()
    yield* finding(`ended with ${ended.code ?? ended.signal}`, ended.code === 0)
  }).pipe(Effect.scoped)
  yield* giveTo(here, a, "1.19")
})

const large = thereAndBack("large", (root) => {
  const file = Fs.openSync(Path.join(root, "large.img"), "w")
  const size = 40 * 1024 * MiB
  Fs.ftruncateSync(file, size)
  for (let island = 0; island < 40; island++) {
    Fs.writeSync(file, Tree.bytes(16 * MiB, 9000 + island), 0, 16 * MiB, island * 1024 * MiB + island * 77_777)
  }
  Fs.closeSync(file)
})

const many = thereAndBack("many", (root) => {
  for (let i = 0; i < 100_000; i++) {
    Tree.write(root, `${i % 300}/${i % 7}/file number ${i}.txt`, `${i}\n`.repeat(1 + i % 50))
  }
})

const soaks: Readonly<Record<string, Effect.Effect<void, Process.HarnessError, Scope.Scope>>> = {
  kills,
  idle,
  large,
  many,
  outages: Stores.outages,
  narrow: Stores.narrowLink,
  hosts: Hosts.travels,
  away: Hosts.storeAway
}

const main = Effect.gen(function*() {
  const args = process.argv.slice(2)
  for (const name of args.length > 0 ? args : Object.keys(soaks)) {
    const soak = soaks[name]
    if (soak === undefined) {
      return yield* new Process.HarnessError({
        message: `no soak "${name}"; there are: ${Object.keys(soaks).join(", ")}`
      })
    }
    yield* say(`== ${name}`)
    yield* Effect.scoped(soak).pipe(Effect.catch((error) => finding(`${name}: ${error.message}`, false)))
  }
  yield* close
})

NodeRuntime.runMain(main)
