/**
 * The two contests, ours against a stock Syncthing, from the same sender and to the same kind of receiver:
 *
 * - `ingest`: A has the set, scanned and connected; A then shares the folder. Stock: until B says it is in sync. Ours: until A
 *   says that we hold everything, which we only announce when it is durable.
 * - `serving`: the source has the set; a fresh, connected B then adds the folder. Both: until B says it is in sync.
 *
 * A run's scratch directories lie beside the data, on the same disk.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../test/harness/Bepository.ts"
import * as Process from "../test/harness/Process.ts"
import * as Syncthing from "../test/harness/Syncthing.ts"
import * as Data from "./data.ts"
import * as Measure from "./measure.ts"

const folder = "bench"
const patience = 900

export interface Run extends Measure.Timed {
  /** Peak anonymous memory of the receiver (ingest) or the source (serving), bytes. */
  readonly memory: number
  /** Ours only: objects and bytes in the store by kind; for ingest, those that the run put. */
  readonly objects: ReturnType<typeof Bepository.objects>
}

export const scratch = (name: string) => {
  process.env.BEPOSITORY_TEST_TMP ??= Data.root
  Fs.mkdirSync(Data.root, { recursive: true })
  return Process.tempDirectory(`bench-${name}`)
}

/** A Syncthing with the set in a folder that is shared with nobody yet. */
export const source = Effect.fnUntraced(function*(set: Data.Set, version: Syncthing.Version) {
  const directory = yield* scratch("source")
  const tree = Path.join(directory, "tree")
  yield* Process.run("cp", ["-al", set.directory, tree])
  const a = yield* Syncthing.start({ version, name: "A", home: Path.join(directory, "home") })
  yield* a.share({ id: folder, path: tree, devices: [] })
  yield* a.rescan(folder)
  yield* a.untilInSync(folder, { localFiles: set.files }, patience)
  return { ...a, tree }
})

export type Source = Effect.Success<ReturnType<typeof source>>

const withDevice = (a: Source, device: string | undefined) =>
  a.patchFolder(folder, {
    devices: [a.id, ...(device === undefined ? [] : [device])].map((deviceID) => ({ deviceID }))
  })

const sink = Effect.fnUntraced(function*(directory: string, version: Syncthing.Version) {
  const tree = Path.join(directory, "sink")
  Fs.mkdirSync(tree)
  const b = yield* Syncthing.start({ version, name: "B", home: Path.join(directory, "home-B") })
  return { ...b, tree }
})

type Sink = Effect.Success<ReturnType<typeof sink>>

/** In sync by its own word. Looks when the folder goes idle; a busy Syncthing is not asked to count. */
const inSync = (b: Sink, set: Data.Set) =>
  Effect.gen(function*() {
    let since = 0
    while (true) {
      const events = yield* b.rest<ReadonlyArray<Syncthing.Event> | null>(
        "GET",
        `/rest/events?events=StateChanged&since=${since}&timeout=2`
      )
      const last = events?.at(-1)
      since = last?.id ?? since
      if (last !== undefined && last.data.to !== "idle") continue
      const status = yield* b.status(folder)
      if (
        status.state === "idle" && status.needTotalItems === 0 && status.localFiles === set.files &&
        status.inSyncBytes === status.globalBytes
      ) return
    }
  }).pipe(Process.within(patience, () => `B did not get ${set.name}`))

const updates = (a: Source, since: number, more: string) =>
  a.rest<ReadonlyArray<Syncthing.Event> | null>("GET", `/rest/events?events=RemoteIndexUpdated&since=${since}${more}`)

/** A says that the device holds everything. Asked after each index update that A got, at most every 100 ms. */
const held = (a: Source, device: string) =>
  Effect.gen(function*() {
    // Each selection of events has numbers of its own.
    let since = (yield* updates(a, 0, "&limit=1&timeout=0"))?.at(-1)?.id ?? 0
    while (true) {
      const seen = yield* a.completion(device, folder)
      if (Syncthing.isComplete(seen)) return
      yield* Effect.sleep(100)
      since = (yield* updates(a, since, "&timeout=1"))?.at(-1)?.id ?? since
    }
  }).pipe(Process.within(patience, () => "A does not see us at 100 %"))

const nothing: ReturnType<typeof Bepository.objects> = {}

export const ingestStock = (a: Source, set: Data.Set): Effect.Effect<Run, Process.HarnessError> =>
  Effect.gen(function*() {
    const directory = yield* scratch("stock")
    const b = yield* sink(directory, a.version)
    yield* b.share({ id: folder, path: b.tree, devices: [] })
    yield* Syncthing.meet(a, b)
    yield* b.patchFolder(folder, { devices: [{ deviceID: b.id }, { deviceID: a.id }] })
    yield* b.rest("GET", "/rest/events?events=StateChanged&since=0&timeout=0")
    const memory = yield* Measure.peakMemory(b.process.pid)
    const run = yield* Measure.timed(
      { A: a.process.pid, B: b.process.pid },
      Effect.andThen(withDevice(a, b.id), inSync(b, set))
    )
    yield* withDevice(a, undefined)
    yield* a.unpair(b.id)
    return { ...run, memory: memory(), objects: nothing }
  }).pipe(Effect.scoped)

/** What was put since. */
const grown = (before: Run["objects"], after: Run["objects"]): Run["objects"] =>
  Object.fromEntries(
    Object.entries(after).map(([kind, { bytes, count }]) => [
      kind,
      { bytes: bytes - (before[kind]?.bytes ?? 0), count: count - (before[kind]?.count ?? 0) }
    ])
  )

/** The repository that the run leaves in `place` can be served from afterwards. */
export const ingestOurs = (a: Source, place: Bepository.Place): Effect.Effect<Run, Process.HarnessError> =>
  Effect.gen(function*() {
    const ours = yield* Bepository.serve({ place, masters: [a.id], masterAddress: a.address })
    yield* a.pair(ours)
    yield* a.untilConnected(ours.id)
    yield* updates(a, 0, "&timeout=0")
    const before = Bepository.objects(place)
    const memory = yield* Measure.peakMemory(ours.process.pid)
    const run = yield* Measure.timed(
      { A: a.process.pid, ours: ours.process.pid },
      Effect.andThen(withDevice(a, ours.id), held(a, ours.id))
    )
    const objects = grown(before, Bepository.objects(place))
    yield* ours.process.stop("SIGTERM", 60)
    yield* withDevice(a, undefined)
    yield* a.unpair(ours.id)
    return { ...run, memory: memory(), objects }
  }).pipe(Effect.scoped)

/** B adds the folder: from then until it is in sync. */
const pull = (b: Sink, from: Syncthing.Peer, set: Data.Set) =>
  Effect.andThen(b.share({ id: folder, path: b.tree, devices: [from.id] }), inSync(b, set))

export const servingStock = (a: Source, set: Data.Set): Effect.Effect<Run, Process.HarnessError> =>
  Effect.gen(function*() {
    const directory = yield* scratch("stock")
    const b = yield* sink(directory, a.version)
    yield* Syncthing.meet(a, b)
    yield* withDevice(a, b.id)
    const memory = yield* Measure.peakMemory(a.process.pid)
    const run = yield* Measure.timed({ A: a.process.pid, B: b.process.pid }, pull(b, a, set))
    yield* withDevice(a, undefined)
    yield* a.unpair(b.id)
    return { ...run, memory: memory(), objects: nothing }
  }).pipe(Effect.scoped)

export const servingOurs = (
  place: Bepository.Place,
  set: Data.Set,
  version: Syncthing.Version
): Effect.Effect<Run, Process.HarnessError> =>
  Effect.gen(function*() {
    const directory = yield* scratch("ours")
    const b = yield* sink(directory, version)
    const ours = yield* Bepository.serve({ place, masters: [b.id], masterAddress: b.address })
    yield* b.pair(ours)
    yield* b.untilConnected(ours.id)
    const memory = yield* Measure.peakMemory(ours.process.pid)
    const run = yield* Measure.timed({ ours: ours.process.pid, B: b.process.pid }, pull(b, ours, set))
    return { ...run, memory: memory(), objects: Bepository.objects(place) }
  }).pipe(Effect.scoped)

/** The whole tree moves into a new directory: what the packs grow by, and how long until A sees us complete. */
export const rename = (
  a: Source,
  place: Bepository.Place
): Effect.Effect<Run & { readonly grown: number }, Process.HarnessError> =>
  Effect.gen(function*() {
    const ours = yield* Bepository.serve({ place, masters: [a.id], masterAddress: a.address })
    yield* a.pair(ours)
    yield* withDevice(a, ours.id)
    yield* a.untilConnected(ours.id)
    yield* updates(a, 0, "&timeout=0")
    yield* held(a, ours.id)
    const before = Bepository.objects(place)
    const moved = Path.join(a.tree, "moved")
    const names = Fs.readdirSync(a.tree).filter((name) => !name.startsWith(".st"))
    Fs.mkdirSync(moved)
    for (const name of names) Fs.renameSync(Path.join(a.tree, name), Path.join(moved, name))
    yield* a.rescan(folder)
    const memory = yield* Measure.peakMemory(ours.process.pid)
    const run = yield* Measure.timed({ A: a.process.pid, ours: ours.process.pid }, held(a, ours.id))
    const after = Bepository.objects(place)
    yield* ours.process.stop("SIGTERM", 60)
    yield* withDevice(a, undefined)
    yield* a.unpair(ours.id)
    for (const name of names) Fs.renameSync(Path.join(moved, name), Path.join(a.tree, name))
    Fs.rmdirSync(moved)
    return { ...run, memory: memory(), objects: after, grown: (after.pack?.bytes ?? 0) - (before.pack?.bytes ?? 0) }
  }).pipe(Effect.scoped)
