/**
 * `node bench/replica.ts [--entries 1000000] [--records 20000]`: the replica beside bare LMDB in the same run. Records
 * applied, batches received and settled, reads by name and by sequence, block look-ups that hit and miss, and the time to
 * read the block index into memory. Rates are per second of CPU time, all threads, so that a busy machine changes them
 * less; absolute figures are the machine's, read the ratios.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Logger, References } from "effect"
import * as Lmdb from "lmdb"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { Blocks } from "../src/domain/replica/Blocks.ts"
import * as Keys from "../src/domain/replica/Keys.ts"
import * as Rows from "../src/domain/replica/Rows.ts"
import type { Op } from "../src/domain/repository/Op.ts"
import { Replica } from "../src/services/Replica.ts"
import { ReplicaFile } from "../src/services/ReplicaFile.ts"
import * as History from "../test/harness/ReplicaHistory.ts"
import * as ReplicaPlace from "../test/harness/ReplicaPlace.ts"
import { infoOf, ScriptedRepository } from "../test/harness/ScriptedRepository.ts"
import { median } from "./measure.ts"

const flag = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(name)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const records = flag("--records", 20_000)
const entries = flag("--entries", 1_000_000)
const perCommit = 1000

const rows: Array<readonly [string, string, string]> = []
const report = (what: string, figure: string, ratio = "") => void rows.push([what, figure, ratio])
const rate = (count: number, seconds: number) => `${Math.round(count / seconds / 100) / 10} k/s`
/** CPU seconds of this process. */
const now = () => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1e6
}
const seconds = (began: number) => now() - began

const nameOf = (i: number) => `folder ${i % 97}/sub ${i % 13}/a file of some name ${String(i).padStart(7, "0")}.jpeg`
const format = { keyEncoding: "binary", encoding: "binary", cache: false } as const

/** The same keys and values as the replica's two tables, put by as little code as possible. */
const bare = (directory: string, infos: ReadonlyArray<Uint8Array>) =>
  Effect.gen(function*() {
    const root = Lmdb.open<Uint8Array, Uint8Array>({
      path: Path.join(directory, "bare"),
      ...format,
      eventTurnBatching: false,
      noMemInit: true
    })
    const files = root.openDB<Uint8Array, Uint8Array>("files", format)
    const sequences = root.openDB<Uint8Array, Uint8Array>("sequences", format)
    const began = now()
    for (let from = 0; from < records; from += perCommit) {
      yield* Effect.promise(() =>
        root.childTransaction(() => {
          for (let i = from; i < from + perCommit; i++) {
            const { key } = Keys.file(1, nameOf(i))
            void files.put(key, infos[i]!)
            void sequences.put(Keys.sequence(1, i + 1), key)
          }
        })
      )
    }
    const put = seconds(began)
    const again = now()
    for (let i = 0; i < records; i++) files.getBinaryFast(Keys.file(1, nameOf(i * 7919 % records)).key)
    const get = seconds(again)
    yield* Effect.promise(() => root.close())
    return { put, get }
  })

const replicated = (directory: string) =>
  Effect.gen(function*() {
    const script = new ScriptedRepository(7)
    script.openEpoch()
    script.addFolder("f")
    const known = Array.from({ length: records / perCommit }, (_, commit) => {
      const labels = Array.from({ length: perCommit }, (_, n) => `${commit} ${n}`)
      const pack = script.pack(labels)
      const entries = labels.map((label, n) => ({
        name: nameOf(commit * perCommit + n),
        blocks: [{ label, pack: pack.ref.id }]
      }))
      const added: Op = { _tag: "PacksAdded", packs: [pack.ref] }
      script.commit(added, script.filesChanged("f", entries))
      return new Map([[pack.ref.id, pack.contents]])
    })
    const newest = script.head.position
    script.known = newest - known.length
    return yield* Effect.gen(function*() {
      const replica = yield* Replica
      yield* replica.catchUp()
      const began = now()
      for (const fresh of known) {
        script.known++
        yield* replica.catchUp(fresh)
      }
      const put = seconds(began)
      if (replica.recordsAfterUnsafe("f", records - 1, { records: 9, bytes: 1e9 }).records.length !== 1) {
        throw new Error("not everything was applied")
      }
      const named = now()
      for (let i = 0; i < records; i++) replica.recordUnsafe("f", nameOf(i * 7919 % records))
      const get = seconds(named)
      const listed = now()
      for (let after = 0, count = 1; count > 0;) {
        const page = replica.recordsAfterUnsafe("f", after, { records: 500, bytes: 2e6 })
        count = page.records.length
        after = page.last
      }
      const list = seconds(listed)
      const infos = Array.from({ length: perCommit }, (_, n) => ({
        name: nameOf(n),
        info: infoOf({ name: nameOf(n), blocks: [{ label: "x", pack: "p" }] })
      }))
      const receiving = now()
      for (let from = 0; from < records; from += perCommit) {
        yield* replica.receive({
          device: History.device,
          folder: "f",
          entries: infos.map(({ info }, n) => ({ sequence: from + n + 1, name: nameOf(from + n), info })),
          settled: [],
          reset: false,
          mark: { indexId: 1n, sequence: from + perCommit }
        })
      }
      const receive = seconds(receiving)
      const settling = now()
      for (let from = 0; from < records; from += perCommit) {
        yield* replica.settle(History.device, "f", 1n, Array.from({ length: perCommit }, (_, n) => from + n + 1))
      }
      const settle = seconds(settling)
      const single = now()
      for (let i = 0; i < 200; i++) yield* replica.settle(History.device, "f", 1n, [i])
      const small = seconds(single)
      script.trim()
      script.known = Infinity
      return { put, get, list, receive, settle, small }
    }).pipe(
      Effect.provide(ReplicaPlace.layerAt(directory, script.layer)),
      Effect.flatMap((times) =>
        Effect.gen(function*() {
          const began = now()
          yield* Effect.flatMap(Replica, (replica) => replica.catchUp()).pipe(
            Effect.provide(ReplicaPlace.layerAt(Path.join(directory, "built"), script.layer))
          )
          return { ...times, build: seconds(began) }
        })
      )
    )
  })

/** Rows of a million blocks written by the replica's own code, then read and asked. */
const index = (directory: string) =>
  Effect.gen(function*() {
    const file = yield* ReplicaFile
    const hashes = new Uint8Array(entries * 32)
    for (let i = 0; i < entries; i++) hashes.set(Crypto.hash("sha256", `entry ${i}`, "buffer"), i * 32)
    const each = 256
    const writing = now()
    let row = 1
    for (let from = 0; from < entries; from += each * 64) {
      yield* file.transact(({ blocks }) => {
        for (let at = from; at < Math.min(entries, from + each * 64); at += Rows.hashesPerRow) {
          const end = Math.min(entries, at + Rows.hashesPerRow)
          blocks.put(Keys.uint32(row), Rows.encodeBlocks(1 + row % 100_000, hashes.subarray(at * 32, end * 32)))
          row++
        }
      })
    }
    report(`rows of ${entries / 1e6} M hashes written`, rate(entries, seconds(writing)))
    const loads: Array<number> = []
    let blocks = new Blocks([1, 2])
    for (let i = 0; i < 3; i++) {
      blocks = new Blocks([Crypto.randomInt(2 ** 31), Crypto.randomInt(2 ** 31)])
      const began = now()
      blocks.reserve(entries)
      while (blocks.follow(file.tables, row, 64)) continue
      loads.push(seconds(began))
    }
    const load = median(loads)
    const memory = `${Math.round(blocks.size.bytes / blocks.size.hashes * 10) / 10} B each`
    report(`block index read into memory (${memory})`, `${Math.round(load * 1000)} ms, ${rate(entries, load)}`)
    const asked = 200_000
    const live = () => true
    const missing = Crypto.randomBytes(asked * 32)
    const miss = now()
    for (let i = 0; i < asked; i++) blocks.find(file.tables, live, missing, i * 32)
    const misses = seconds(miss)
    const hit = now()
    let found = 0
    for (let i = 0; i < asked; i++) {
      if (blocks.find(file.tables, live, hashes, (i * 7919 % entries) * 32) > 0) found++
    }
    const hits = seconds(hit)
    if (found !== asked) throw new Error(`${asked - found} blocks were not found`)
    const raw = now()
    for (let i = 0; i < asked; i++) file.tables.blocks.get(Keys.uint32(1 + i * 7919 % (row - 1)))
    const gets = seconds(raw)
    report("look-ups that miss", rate(asked, misses))
    report(
      "look-ups that hit, full hash compared",
      rate(asked, hits),
      `${(gets / hits).toFixed(2)} × bare gets of a row`
    )
  }).pipe(Effect.provide(ReplicaPlace.fileAt(directory)))

interface Round {
  readonly floor: Effect.Success<ReturnType<typeof bare>>
  readonly ours: Effect.Success<ReturnType<typeof replicated>>
}

const program = Effect.acquireUseRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-bench-"))),
  (directory) =>
    Effect.gen(function*() {
      const info = infoOf({ name: nameOf(1), blocks: [{ label: "x", pack: "p" }] })
      const infos = Array.from({ length: records }, () => Uint8Array.from(info))
      const rounds: Array<Round> = []
      for (let round = 0; round < 3; round++) {
        const floor = yield* bare(Path.join(directory, `b${round}`), infos)
        rounds.push({ floor, ours: yield* replicated(Path.join(directory, `r${round}`)) })
      }
      const of = (pick: (round: Round) => number) => median(rounds.map(pick))
      const floorPut = of(({ floor }) => floor.put)
      const ratio = (pick: (round: Round) => number, base: (round: Round) => number) =>
        of((round) => base(round) / pick(round)).toFixed(2)
      report(`bare LMDB: ${records} × 2 puts, ${perCommit} a transaction`, rate(records, floorPut))
      const beside = [
        ["records applied, blocks told", ({ ours }) => ours.put],
        ["index entries received", ({ ours }) => ours.receive],
        ["index entries settled", ({ ours }) => ours.settle],
        ["replica built from a segment", ({ ours }) => ours.build]
      ] as const satisfies ReadonlyArray<readonly [string, (round: Round) => number]>
      for (const [what, pick] of beside) {
        report(what, rate(records, of(pick)), `${ratio(pick, ({ floor }) => floor.put)} × bare puts`)
      }
      report("transactions of one change, awaited", rate(200, of(({ ours }) => ours.small)))
      report("bare LMDB: gets", rate(records, of(({ floor }) => floor.get)))
      report(
        "records by name",
        rate(records, of(({ ours }) => ours.get)),
        `${ratio(({ ours }) => ours.get, ({ floor }) => floor.get)} × bare gets`
      )
      report(
        "records by sequence, pages of 500",
        rate(records, of(({ ours }) => ours.list)),
        `${ratio(({ ours }) => ours.list, ({ floor }) => floor.get)} × bare gets`
      )
      yield* index(Path.join(directory, "index"))
      const width = Math.max(...rows.map(([what]) => what.length))
      for (const [what, figure, ratio] of rows) {
        process.stdout.write(`${what.padEnd(width)}  ${figure.padStart(20)}  ${ratio}\n`)
      }
    }),
  (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true, force: true }))
)

NodeRuntime.runMain(program.pipe(
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  Effect.provideService(Logger.LogToStderr, true)
))
