/** The main job on real servers, and through a network that cuts, swallows and refuses while work is under way. */
import { expect, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as Fs from "node:fs"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import * as Radosgw from "../harness/Radosgw.ts"
import { suite } from "../harness/Suite.ts"
import type * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { becomes, folder, serve, share, stage, stored, syncthing } from "./scene.ts"
import { linkCut, type Make, type Outage, packetsVanish, s3, serverKilled, serverRefuses, sftp } from "./stores.ts"
import { play } from "./story.ts"

const MiB = 1024 * 1024

/** The whole job; then the store is tried out, and the repository moves to a directory and is the same there. */
const playAndMove = Effect.fnUntraced(function*(
  make: Make,
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
  // The daemon may be putting something at this very moment; nothing that anybody put stays.
  yield* Effect.sync(temporary).pipe(
    Effect.repeat({ until: (names) => names.length === 0, schedule: Schedule.spaced("100 millis") }),
    Process.within(20, () => `these stay in tmp/: ${temporary().join(", ")}`)
  )
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

/** What happens to the store in the middle of an ingest, and for how many seconds: for minutes in `npm run soak -- outages`. */
const outages: ReadonlyArray<readonly [seconds: number, outage: Outage]> = [
  [0, linkCut],
  [5, serverKilled],
  [15, packetsVanish],
  [10, serverRefuses]
]

/** One daemon lives through all of them; then a Syncthing that never met the sender gets everything. */
const endure = Effect.fnUntraced(function*(make: Make) {
  const service = yield* make
  const scene = yield* stage("outages", service.remote)
  const tree = yield* Effect.gen(function*() {
    const a = yield* syncthing(scene, "A", "1.29")
    Tree.write(a.tree, "first.txt", "before any trouble\n")
    const ours = yield* serve(scene, [a])
    yield* share(a, ours)
    yield* stored(a, ours)
    for (const [round, [seconds, { begin, end, what }]] of outages.entries()) {
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
