/**
 * `node bench/million.ts [--files 1000000] [--directory DIR]`: a repository of a million files and ten million blocks, made by the real
 * code over a directory, its packs sparse files of the right size; then what opening it, looking into it and keeping it
 * costs, each in a process of its own. Bounds fail it, times are only reported. Kept in DIR if that is given, and used again.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer, Logger, Option, References, Stream } from "effect"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as BlockReaderPacks from "../src/layers/BlockReaderPacks.ts"
import * as CompactorMerging from "../src/layers/CompactorMerging.ts"
import * as DavTreeCheckpoints from "../src/layers/DavTreeCheckpoints.ts"
import * as FsckRepository from "../src/layers/FsckRepository.ts"
import * as LiveSetsFooters from "../src/layers/LiveSetsFooters.ts"
import * as LogAuditObjects from "../src/layers/LogAuditObjects.ts"
import * as LogObjectsSealed from "../src/layers/LogObjectsSealed.ts"
import * as ObjectProofStore from "../src/layers/ObjectProofStore.ts"
import * as ObjectStoreMetered from "../src/layers/ObjectStoreMetered.ts"
import * as ReplicaLmdb from "../src/layers/ReplicaLmdb.ts"
import * as RepositoryLog from "../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../src/layers/SegmentReaderRanges.ts"
import * as SnapshotReaderSegments from "../src/layers/SnapshotReaderSegments.ts"
import * as WitnessMemory from "../src/layers/WitnessMemory.ts"
import { Checkpoints } from "../src/services/Checkpoints.ts"
import { Compactor } from "../src/services/Compactor.ts"
import { DavTree } from "../src/services/DavTree.ts"
import { Fsck, type Level } from "../src/services/Fsck.ts"
import { Lease } from "../src/services/Lease.ts"
import { Replica } from "../src/services/Replica.ts"
import { ReplicaFile } from "../src/services/ReplicaFile.ts"
import { Repository } from "../src/services/Repository.ts"
import { SegmentReader } from "../src/services/SegmentReader.ts"
import { StoreMeter } from "../src/services/StoreMeter.ts"
import * as Bepository from "../test/harness/Bepository.ts"
import * as FileStore from "../test/harness/FileStore.ts"
import * as ReplicaPlace from "../test/harness/ReplicaPlace.ts"
import * as SeedRepository from "../test/harness/SeedRepository.ts"
import * as UpkeepClockTrusting from "../test/harness/UpkeepClockTrusting.ts"
import { halved } from "./halved.ts"
import { anonymousBytes } from "./measure.ts"
import { blockSize, blocksPerFile, build, filesPerCommit, folder, hashesOf, path } from "./synthetic.ts"

const flag = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(name)
  return at < 0 ? fallback : process.argv[at + 1] ?? fallback
}

interface Answer {
  readonly seconds: number
  readonly [figure: string]: number
}

const store = (directory: string) =>
  ObjectStoreMetered.layer.pipe(Layer.provide(FileStore.layer(Path.join(directory, "store"))))

/** What writes, and the counter below it. */
const metered = (directory: string) => {
  const ground = store(directory).pipe(Layer.orDie)
  return Layer.merge(SeedRepository.opened(ground), ground)
}

const opened = (directory: string) =>
  RepositoryLog.layerAs("bench").pipe(
    Layer.provideMerge(LogObjectsSealed.layer),
    Layer.provideMerge(Layer.mergeAll(store(directory), NodeCrypto.layer, WitnessMemory.layer)),
    Layer.orDie
  )

const requests = Effect.gen(function*() {
  const { counts } = yield* (yield* StoreMeter).totals
  return counts.reduce((sum, count) => count.operation === "now" ? sum : sum + count.requests, 0)
})

const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const began = performance.now()
    const value = yield* work
    return { value, seconds: (performance.now() - began) / 1000 }
  })

const seconds = (milliseconds: number): number => Math.round(milliseconds / 100) / 10

/** The tables of a replica, and the milliseconds that transactions took there, of which their bodies. */
const spending = (directory: string, spent: { body: number; transaction: number }) =>
  Layer.effect(
    ReplicaFile,
    Effect.map(ReplicaFile, (file) =>
      ReplicaFile.of({
        ...file,
        transact: (body) =>
          Effect.suspend(() => {
            const began = performance.now()
            return file.transact((tables) => {
              const entered = performance.now()
              const answer = body(tables)
              spent.body += performance.now() - entered
              return answer
            }).pipe(Effect.tap(() =>
              Effect.sync(() => {
                spent.transaction += performance.now() - began
              })
            ))
          })
      }))
  ).pipe(Layer.provide(ReplicaPlace.fileAt(directory)))

const checked = (directory: string, level: Level) =>
  timed(
    Effect.gen(function*() {
      const last = yield* Stream.runLast((yield* Fsck).check({ level }))
      if (Option.isNone(last) || last.value._tag !== "Report") return yield* Effect.die(new Error("no report"))
      const { counts, findings } = last.value
      const found = findings.filter(({ severity }) => severity === "damage").length
      return { findings: found, records: counts.records, blocks: counts.blocks, requests: yield* requests }
    }).pipe(
      Effect.provide(
        FsckRepository.layer.pipe(
          Layer.provide(Layer.merge(LogAuditObjects.layer, ObjectProofStore.layer)),
          Layer.provideMerge(opened(directory))
        )
      )
    )
  ).pipe(Effect.map(({ seconds, value }) => ({ ...value, seconds })))

const children: Readonly<Record<string, (directory: string) => Effect.Effect<Answer, unknown>>> = {
  build: (directory) =>
    Effect.gen(function*() {
      const { seconds } = yield* timed(build(directory, Number(flag("--files", "1000000"))))
      return { seconds }
    }).pipe(
      Effect.provide(SeedRepository.over(FileStore.layer(Path.join(directory, "store")).pipe(Layer.orDie)))
    ),
  open: (directory) =>
    Effect.gen(function*() {
      const { seconds } = yield* timed(Repository)
      return { seconds, requests: yield* requests }
    }).pipe((use) => timed(Effect.provide(use, opened(directory)))).pipe(
      Effect.map(({ seconds, value }) => ({ ...value, seconds }))
    ),
  /** What building the replica begins with: every row of the segments, fetched, checked and decoded. */
  rows: (directory) =>
    Effect.gen(function*() {
      const reader = yield* SegmentReader
      const { folders, segments } = yield* (yield* Repository).head
      const refs = [...folders.values()].flatMap((each) => each.segments.flatMap((id) => segments.get(id) ?? []))
      let rows = 0
      const { seconds } = yield* timed(Effect.forEach(refs, (ref) =>
        Stream.runForEach(reader.records(ref), (records) =>
          Effect.sync(() => {
            rows += records.length
          })), { discard: true }))
      return { rows, segments: refs.length, seconds }
    }).pipe(Effect.provide(SegmentReaderRanges.layer.pipe(Layer.provideMerge(opened(directory))))),
  replica: (directory) => {
    const spent = { body: 0, transaction: 0 }
    return timed(
      Effect.gen(function*() {
        const replica = yield* Replica
        yield* replica.catchUp()
        const { files } = replica.totalsUnsafe(folder)
        return {
          files,
          requests: yield* requests,
          "block found": replica.findBlockUnsafe(hashesOf(5)) === undefined ? 0 : 1,
          "s of it putting rows into tables": seconds(spent.body),
          "s of it waiting for their transactions": seconds(spent.transaction - spent.body)
        }
      }).pipe(
        Effect.provide(
          ReplicaLmdb.layer.pipe(
            Layer.provide(SegmentReaderRanges.layer),
            Layer.provide(spending(Path.join(directory, "cache"), spent)),
            Layer.provideMerge(opened(directory)),
            Layer.fresh
          )
        )
      )
    ).pipe(Effect.map(({ seconds, value }) => ({ ...value, seconds })))
  },
  quick: (directory) => checked(directory, "quick"),
  structural: (directory) => checked(directory, "structural"),
  /** What the daemon's loops do beside the commits, here after them. */
  compact: (directory) =>
    timed(
      Effect.gen(function*() {
        const compactor = yield* Compactor
        const repository = yield* Repository
        const fence = yield* (yield* Lease).fence
        yield* repository.refresh
        const delay = monitorEventLoopDelay({ resolution: 1 })
        delay.enable()
        const done = yield* compactor.round
        delay.disable()
        const state = yield* repository.head
        const asked = yield* requests
        yield* (yield* Checkpoints).create(undefined, "manual")
        const checkpoint = (yield* requests) - asked
        yield* repository.flush(fence)
        return {
          merges: done.length,
          records: done.reduce((sum, { output }) => sum + (output?.records ?? 0), 0),
          "bytes in the largest": done.reduce((most, { output }) => Math.max(most, output?.size ?? 0), 0),
          segments: state.folders.get(folder)?.segments.length ?? 0,
          "requests for a checkpoint": checkpoint,
          "ms for which the loop was busy at most": Math.round(delay.max / 1e6),
          "ms at the 99th percentile": Math.round(delay.percentile(99) / 1e6)
        }
      }).pipe(
        Effect.provide(
          CompactorMerging.layer.pipe(
            Layer.provide(LiveSetsFooters.layer),
            Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockTrusting.layer)),
            Layer.provideMerge(metered(directory))
          )
        )
      )
    ).pipe(Effect.map(({ seconds, value }) => ({ ...value, seconds }))),
  /** The published program, if it was built, its start included, on a host that has no cache. */
  list: (directory) =>
    timed(
      Effect.gen(function*() {
        const built = Path.resolve(import.meta.dirname, "../dist/main.js")
        if (Fs.existsSync(built)) process.env["BEPOSITORY_TEST_PROGRAM"] ??= built
        const place = {
          ...Bepository.place(directory, "lister"),
          repository: Path.join(directory, "store")
        }
        return yield* Bepository.json<{ readonly checkpoints: ReadonlyArray<unknown> }>(place, ["checkpoint", "list"])
      })
    ).pipe(Effect.map(({ seconds, value }) => ({ checkpoints: value.checkpoints.length, seconds }))),
  halved: (directory) =>
    timed(
      halved(FileStore.layer(Path.join(directory, "store")).pipe(Layer.orDie), {
        folder,
        files: Number(flag("--files", "1000000")),
        filesPerCommit,
        bytesPerFile: blocksPerFile * blockSize,
        nameOf: path
      })
    ).pipe(Effect.map(({ seconds, value }) => ({ ...value, seconds }))),
  dav: (directory) =>
    timed(
      Effect.gen(function*() {
        const tree = yield* DavTree
        const root = yield* tree.find([])
        const folders = root === undefined ? [] : yield* root.children
        const found = yield* requests
        const name = folders[0]?.name ?? ""
        const moments = yield* (yield* tree.find([name]))?.children ?? Effect.succeed([])
        const moment = moments.find(({ name }) => name !== "latest")
        const place = yield* tree.find([name, moment?.name ?? ""])
        const entries = place === undefined ? [] : yield* place.children
        return {
          requests: found,
          entries: entries.length,
          "requests for a checkpoint's own root": (yield* requests) - found
        }
      }).pipe(
        Effect.provide(
          DavTreeCheckpoints.layer.pipe(
            Layer.provide(SnapshotReaderSegments.layer),
            Layer.provide(BlockReaderPacks.layer),
            Layer.provideMerge(opened(directory))
          )
        )
      )
    ).pipe(Effect.map(({ seconds, value }) => ({ ...value, seconds })))
}

/** Runs the part in a process of its own: what it found, and the most anonymous memory it had. */
const part = (name: string, directory: string): Promise<Answer & { readonly memory: number }> =>
  new Promise((resolve, reject) => {
    const args = [
      // As the program sets them for itself.
      ...(["compact", "halved", "quick", "replica", "rows", "structural"].includes(name)
        ? ["--max-semi-space-size=8", "--heap-growing-percent=50"]
        : []),
      import.meta.filename,
      "--child",
      name,
      "--directory",
      directory,
      "--files",
      flag("--files", "1000000")
    ]
    const env = { MALLOC_ARENA_MAX: "1", ...process.env }
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env })
    let out = ""
    let memory = 0
    const look = setInterval(() => {
      if (child.pid !== undefined && Fs.existsSync(`/proc/${child.pid}/status`)) {
        memory = Math.max(memory, anonymousBytes(child.pid))
      }
    }, 20)
    child.stdout.on("data", (data) => {
      out += String(data)
    })
    child.on("exit", (code) => {
      clearInterval(look)
      if (code === 0) resolve({ ...JSON.parse(out) as Answer, memory })
      else reject(new Error(`${name} ended with ${code}`))
    })
  })

const sizes = (directory: string): Readonly<Record<string, number>> => {
  const all: Record<string, number> = {}
  for (const entry of Fs.readdirSync(Path.join(directory, "store"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = Path.join(entry.parentPath, entry.name)
    const kind = Path.relative(Path.join(directory, "store"), file).split("/")[0] ?? ""
    all[kind] = (all[kind] ?? 0) + Fs.statSync(file).size
  }
  return all
}

const main = Effect.gen(function*() {
  const kept = flag("--directory", "")
  const directory = kept || Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-million-"))
  const run = (name: string) => Effect.promise(() => part(name, directory))
  const broken: Array<string> = []
  const bound = (what: string, value: number, most: number, unit = "") => {
    console.log(
      `${value <= most ? "held  " : "BROKEN"} ${what}: ${Math.round(value * 100) / 100}${unit} (at most ${most}${unit})`
    )
    if (value > most) broken.push(what)
  }
  const say = (what: string, { memory, seconds, ...more }: Answer & { readonly memory: number }) => {
    const figures = Object.entries(more).map(([figure, value]) => `, ${value} ${figure}`).join("")
    console.log(`       ${what}: ${seconds.toFixed(2)} s, ${(memory / 1e6).toFixed(0)} MB anonymous${figures}`)
  }
  yield* Effect.gen(function*() {
    if (!Fs.existsSync(Path.join(directory, "store", "repository"))) say("made", yield* run("build"))
    const { pack, ...metadata } = sizes(directory)
    const total = Object.values(metadata).reduce((sum, bytes) => sum + bytes, 0)
    console.log(`       ${((pack ?? 0) / 1e12).toFixed(2)} TB in packs; ${JSON.stringify(metadata)}`)
    bound("metadata in the store", total / 1e6, 600, " MB")
    const compact = yield* run("compact")
    say("merging its segments", compact)
    bound("segments after merging", compact["segments"] ?? Infinity, 12)
    bound("requests for a checkpoint", compact["requests for a checkpoint"] ?? Infinity, 3)
    const list = yield* run("list")
    say("checkpoint list", list)
    bound("seconds, checkpoint list", list.seconds, 1, " s")
    bound("anonymous memory, merging", compact.memory / 1e6, 300, " MB")
    const open = yield* run("open")
    say("open without a cache of records", open)
    say("its part: every row read", yield* run("rows"))
    Fs.rmSync(Path.join(directory, "cache"), { recursive: true, force: true })
    const cold = yield* run("replica")
    say("cold: opened and the replica built", cold)
    bound("anonymous memory, cold", cold.memory / 1e6, 300, " MB")
    const warm = yield* run("replica")
    say("warm: opened with its replica", warm)
    bound("anonymous memory, warm", warm.memory / 1e6, 300, " MB")
    bound("requests, warm", warm["requests"] ?? Infinity, 5)
    const dav = yield* run("dav")
    say("the WebDAV root on a fresh host", dav)
    bound("requests, the WebDAV root on a fresh host", dav["requests"] ?? Infinity, 6)
    const quick = yield* run("quick")
    say("fsck --check quick", quick)
    bound("seconds, fsck quick", quick.seconds, 10, " s")
    const structural = yield* run("structural")
    say("fsck --check structural", structural)
    bound("anonymous memory, fsck structural", structural.memory / 1e6, 300, " MB")
    bound("false alarms", quick["findings"]! + structural["findings"]!, 0)
    const collection = yield* run("halved")
    say("half of the files deleted, and collected", collection)
    bound("bytes rewritten / bytes freed", collection["rewritten / freed"] ?? Infinity, 0.3)
    bound("anonymous memory, collecting", collection.memory / 1e6, 300, " MB")
    const after = yield* run("structural")
    say("fsck --check structural after that", after)
    bound("false alarms after that", after["findings"] ?? Infinity, 0)
  }).pipe(
    Effect.ensuring(Effect.sync(() => {
      if (kept === "") Fs.rmSync(directory, { recursive: true, force: true })
    }))
  )
  if (broken.length > 0) process.exitCode = 1
})

const child = flag("--child", "")
if (child === "") NodeRuntime.runMain(main)
else {
  const work = children[child]
  if (work === undefined) throw new Error(`no part ${child}`)
  NodeRuntime.runMain(
    Effect.flatMap(work(flag("--directory", "")), (answer) => Effect.sync(() => console.log(JSON.stringify(answer))))
      .pipe(
        Effect.provideService(References.MinimumLogLevel, "Warn"),
        Effect.provide(Layer.succeed(Logger.LogToStderr, true))
      )
  )
}
