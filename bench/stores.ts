/**
 * `npm run bench -- stores`: the main job's two ways on real stores (a directory, OpenSSH, Ceph's gateway) against rclone's copy
 * of the same files to and from the same store, in counterbalanced pairs; and what was asked of the store for it.
 *
 *   npm run bench -- stores [--pairs 2] [--sets "64 × 16 MiB,1 × 1 GiB"] [--stores "file,SFTP,S3"] [--link 1gbit] [--write]
 *
 * - `ingest`: A has the set, scanned and connected, and shares the folder: until A sees that we hold everything, durably.
 *   rclone: until `copy` ends; it syncs nothing.
 * - `serving`: a fresh, connected B adds the folder: until it is in sync. rclone: `copy` back into an empty directory.
 *
 * `--link RATE`: the servers are behind a link of that rate, as `tc` says it (`link.ts`; needs root), the Syncthings are not.
 *
 * Exits 1 when a bound (memory, requests) is broken; times are only reported.
 */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../test/harness/Bepository.ts"
import * as Process from "../test/harness/Process.ts"
import * as Programs from "../test/harness/Programs.ts"
import * as Radosgw from "../test/harness/Radosgw.ts"
import * as Sshd from "../test/harness/Sshd.ts"
import * as Contest from "./contest.ts"
import * as Data from "./data.ts"
import * as Link from "./link.ts"
import * as Measure from "./measure.ts"
import * as Report from "./report.ts"

const getsPerGiB = 2
const GiB = 1024 ** 3
/** The one that sends with less CPU: two cores are shared by it, us and the server. */
const version = "1.19"

interface Store {
  readonly name: string
  /** A repository of that name in it. */
  readonly remote: (name: string) => Bepository.Remote | undefined
  /** A directory of that name in it, as rclone says it. */
  readonly path: (name: string) => string
  /** Lines of rclone's configuration. */
  readonly config: ReadonlyArray<string>
}

/** `link`: what lies between us and its server. */
type Make = (directory: string, link: Link.Link | undefined) => Effect.Effect<Store, Process.HarnessError, Scope.Scope>

const file: Make = (directory) =>
  Effect.succeed({
    name: "file",
    remote: (name) => ({ uri: `file://${Path.join(directory, name)}`, env: {} }),
    path: (name) => Path.join(directory, name),
    config: []
  })

const sftp: Make = (_, link) =>
  Effect.map(Sshd.make(link === undefined ? {} : { host: link.address, wrap: link.wrap }), (server) => ({
    name: "SFTP",
    remote: (name) => ({
      uri: `sftp://${server.user}@${server.host}:${server.port}${server.root}/${name}?key=${server.key}` +
        `&host-key=${server.fingerprint}`,
      env: {}
    }),
    path: (name) => `store:${server.root}/${name}`,
    config: [
      "type = sftp",
      `host = ${server.host}`,
      `port = ${server.port}`,
      `user = ${server.user}`,
      `key_file = ${server.key}`,
      `known_hosts_file = ${server.knownHosts}`,
      // The server speaks SFTP alone.
      "shell_type = none",
      "disable_hashcheck = true"
    ]
  }))

const s3: Make = (_, link) =>
  Effect.gen(function*() {
    const behind = link === undefined ? {} : { host: link.address, wrap: link.wrap }
    const gateway = yield* Radosgw.make({ size: 40, ...behind })
    yield* gateway.makeBucket("bench")
    const env = { AWS_ACCESS_KEY_ID: Radosgw.accessKeyId, AWS_SECRET_ACCESS_KEY: Radosgw.secretAccessKey }
    return {
      name: "S3",
      remote: (name) => ({ uri: `s3://bench/${name}?endpoint=${gateway.url}&region=${gateway.region}`, env }),
      path: (name) => `store:bench/${name}`,
      config: [
        "type = s3",
        "provider = Ceph",
        `access_key_id = ${Radosgw.accessKeyId}`,
        `secret_access_key = ${Radosgw.secretAccessKey}`,
        `region = ${gateway.region}`,
        `endpoint = ${gateway.url}`,
        "no_check_bucket = true"
      ]
    }
  })

const stores: Readonly<Record<string, Make>> = { file, SFTP: sftp, S3: s3 }

interface Options {
  readonly pairs: number
  readonly sets: ReadonlyArray<Data.Name>
  readonly stores: ReadonlyArray<string>
  readonly link: string | undefined
  readonly write: boolean
}

const options = (args: ReadonlyArray<string>): Options => {
  const value = (flag: string) => args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined
  const sets = (value("--sets") ?? "64 × 16 MiB,1 × 1 GiB").split(",").map((name) => name.trim())
  const link = value("--link")
  const all = Object.keys(stores).filter((name) => link === undefined || name !== "file")
  const named = (value("--stores") ?? all.join(",")).split(",")
  const unknown = sets.find((name) => !Data.isName(name)) ?? named.find((name) => !(name in stores))
  if (unknown !== undefined) throw new Error(`there is no set or store "${unknown}"`)
  return {
    pairs: Number(value("--pairs") ?? 2),
    sets: sets.filter((name) => Data.isName(name)),
    stores: named,
    link,
    write: args.includes("--write")
  }
}

type Copy = (from: string, to: string) => Effect.Effect<Contest.Run, Process.HarnessError>

/** rclone as it comes, but for the remote; what this machine has configured stays out. */
const rclone = (store: Store, directory: string) => {
  const config = Path.join(directory, "rclone.conf")
  Fs.writeFileSync(config, ["[store]", ...store.config, ""].join("\n"))
  const env = Object.fromEntries(
    Object.keys(process.env).filter((name) => /^(AWS_|RCLONE_|.*_proxy$)/i.test(name)).map((name) => [name, undefined])
  )
  const run = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
    const ended = yield* Process.run(Programs.path("rclone"), ["--config", config, ...args], { env, seconds: 900 })
    if (ended.code !== 0) return yield* new Process.HarnessError({ message: `rclone ${args[0]}: ${ended.stderr}` })
  })
  const copy: Copy = Effect.fnUntraced(function*(from, to) {
    const before = Measure.endedSeconds(process.pid)
    const run_ = yield* Measure.timed({}, run("copy", from, to))
    const cpu = Measure.endedSeconds(process.pid) - before
    return { ...run_, cpu: { rclone: cpu }, besides: Math.max(0, run_.besides - cpu), memory: 0, objects: {} }
  })
  return { copy, purge: (path: string) => run("purge", path) }
}

/** Requests of a daemon's life, as it logged them when it ended. */
interface Asked {
  readonly put: number
  readonly get: number
  readonly list: number
}

/** The last one that ended. */
const asked = (place: Bepository.Place): Effect.Effect<Asked, Process.HarnessError> => {
  const line = Fs.readFileSync(place.log, "utf8").split("\n").findLast((line) => line.includes("the store was asked"))
  return line === undefined
    ? Effect.fail(new Process.HarnessError({ message: `serve did not say what it asked of the store: ${place.log}` }))
    : Effect.sync(() => (JSON.parse(line) as { readonly annotations: Asked }).annotations)
}

interface Ingest extends Contest.Run {
  /** For the data: more than what a life would ask in which one small file is stored. */
  readonly asked: Asked
  /** Of the whole life, from the start to the end. */
  readonly life: Asked
}

const tiny = "tiny"

/** A life in which one small file is stored. */
const tinyLife = Effect.fnUntraced(function*(a: Contest.Source, place: Bepository.Place, file: string) {
  const ours = yield* Bepository.serve({ place, masters: [a.id], masterAddress: a.address })
  yield* a.pair(ours)
  const path = Path.join(Path.dirname(place.cache), tiny)
  Fs.mkdirSync(path, { recursive: true })
  Fs.writeFileSync(Path.join(path, file), file)
  yield* a.share({ id: tiny, path, devices: [ours.id] })
  yield* a.rescan(tiny)
  yield* a.untilComplete(ours.id, tiny)
  yield* ours.process.stop("SIGTERM", 60)
  yield* a.removeFolder(tiny)
  yield* a.unpair(ours.id)
}, Effect.scoped)

const ingestOurs = Effect.fnUntraced(function*(a: Contest.Source, place: Bepository.Place) {
  yield* Bepository.json(place, ["init"])
  // Each opens what those before it left, and reads as many entries of the log more.
  yield* tinyLife(a, place, "first")
  yield* tinyLife(a, place, "second")
  const early = yield* asked(place)
  yield* tinyLife(a, place, "third")
  const least = yield* asked(place)
  const run = yield* Contest.ingestOurs(a, place)
  const life = yield* asked(place)
  const opening = least.get + (least.get - early.get)
  const data = { put: life.put - least.put, get: Math.max(0, life.get - opening), list: life.list - least.list }
  return { ...run, asked: data, life } satisfies Ingest
})

const oursCpu = (run: Contest.Run) => run.cpu["ours"] ?? 0

const throughput = (
  what: string,
  store: Store,
  set: Data.Set,
  pairs: ReadonlyArray<Report.Pair>,
  aim: string
): string => {
  const median = (value: (pair: Report.Pair) => number) => Measure.median(pairs.map(value))
  const time = (value: (pair: Report.Pair) => number) =>
    `${median(value).toFixed(2)} s, ${Report.rate(set, median(value))}`
  const perGiB = (value: (pair: Report.Pair) => number) => (median(value) / (set.bytes / GiB)).toFixed(1)
  return Report.row([
    what,
    store.name,
    set.name,
    time(({ ours }) => ours.seconds),
    time(({ other }) => other.seconds),
    `**${Measure.median(Report.ratios(pairs)).toFixed(2)}**`,
    Measure.minimum(Report.ratios(pairs)).toFixed(2),
    aim,
    perGiB(({ ours }) => oursCpu(ours)),
    perGiB(({ other }) => other.cpu["rclone"] ?? 0),
    `${perGiB(({ ours }) => ours.besides)}, ${perGiB(({ other }) => other.besides)}`,
    `${(Math.max(...pairs.map(({ ours }) => ours.memory)) / 1e6).toFixed(0)} MB`,
    pairs.map(({ other, ours }) => (ours.others + other.others).toFixed(1)).join(", ")
  ])
}

const benchSet = Effect.fnUntraced(function*(
  store: Store,
  name: Data.Name,
  { link, pairs }: Options,
  report: Report.Report
) {
  yield* Report.say(`\n${store.name}, ${name}`)
  const set = Data.make(name)
  const scratch = yield* Contest.scratch("stores")
  const tool = rclone(store, scratch)
  const a = yield* Contest.source(set, version)
  const inStore = (who: string, at: number) => `${who}-${name.replaceAll(/[^\w]+/g, "-")}-${at}`
  const place = (at: number) => Bepository.place(scratch, `ours-${at}`, store.remote(inStore("ours", at)))
  const removed = (who: string, at: number) => at < 0 ? Effect.void : tool.purge(store.path(inStore(who, at)))
  const runs: Array<Ingest> = []
  const ingested = yield* Report.contest(
    "ingest",
    pairs,
    "rclone",
    (at) =>
      removed("ours", at - 1).pipe(
        Effect.andThen(ingestOurs(a, place(at))),
        Effect.tap((run) => Effect.sync(() => runs.push(run)))
      ),
    (at) =>
      removed("rclone", at - 1).pipe(
        Effect.andThen(tool.copy(set.directory, store.path(inStore("rclone", at))))
      )
  )
  yield* a.process.stop()
  // An aim for what users wait for (docs/decisions/0024); loopback shows what the cores allow.
  report.throughput.push(throughput("ingest", store, set, ingested, link === undefined ? "" : "≥ 0.8"))
  const where = { name: `${store.name}, ${set.name}` }
  const perGiB = (kind: keyof Asked) => Math.max(...runs.map(({ asked }) => asked[kind])) / (set.bytes / GiB)
  const peak = (of: ReadonlyArray<Report.Pair>) => Math.max(...of.map(({ ours }) => ours.memory)) / 1e6
  Report.bound(report, "peak RssAnon, ingest", where, peak(ingested), Report.memoryBound / 1e6, " MB")
  Report.bound(report, "PUT per GiB, ingest", where, perGiB("put"), Report.putsPerGiB, "")
  Report.bound(report, "GET per GiB, ingest", where, perGiB("get"), getsPerGiB, "")
  report.bounds.push(Report.row(["LIST per GiB, ingest", where.name, perGiB("list").toFixed(1), "", ""]))
  const lives = (["put", "get", "list"] as const).map((kind) => Math.max(...runs.map(({ life }) => life[kind])))
  report.bounds.push(Report.row(["PUT, GET, LIST of the daemon's whole life", where.name, lives.join(", "), "", ""]))

  const last = pairs - 1
  const gets: Array<number> = []
  const back = Path.join(scratch, "back")
  const served = yield* Report.contest(
    "serving",
    pairs,
    "rclone",
    () =>
      Effect.tap(
        Contest.servingOurs(place(last), set, version),
        () => Effect.map(asked(place(last)), ({ get }) => void gets.push(get))
      ),
    () =>
      Effect.ensuring(
        tool.copy(store.path(inStore("rclone", last)), back),
        Effect.sync(() => Fs.rmSync(back, { recursive: true, force: true }))
      )
  )
  report.throughput.push(throughput("serving", store, set, served, ""))
  Report.bound(report, "peak RssAnon, serving", where, peak(served), Report.memoryBound / 1e6, " MB")
  const most = Math.max(...gets) / (set.bytes / GiB)
  report.bounds.push(Report.row(["GET per GiB, serving", where.name, most.toFixed(0), "", ""]))
  yield* removed("ours", last)
  yield* removed("rclone", last)
}, Effect.scoped)

export const bench = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const chosen = options(args)
  const report = Report.make()
  for (const name of chosen.stores) {
    yield* Effect.scoped(Effect.gen(function*() {
      const directory = yield* Contest.scratch("store")
      const link = chosen.link === undefined
        ? undefined
        : yield* Link.make(chosen.link, Path.join(directory, "link.log"))
      const store = yield* stores[name]!(directory, link)
      for (const set of chosen.sets) yield* benchSet(store, set, chosen, report)
    }))
  }
  if (chosen.link === undefined) yield* Report.boundIdleHour(report)
  const tool = (yield* Process.run(Programs.path("rclone"), ["version"])).stdout.split("\n")[0]
  const text = [
    `Syncthing ${version}, ${tool}, ${chosen.link === undefined ? "" : `a link of ${chosen.link}, `}${
      Report.machine(chosen.pairs)
    }`,
    "",
    ...Report.table([
      "what",
      "store",
      "data",
      "ours (median)",
      "rclone (median)",
      "rclone / ours, median",
      "minimum",
      "aim",
      "our CPU s per GiB",
      "rclone's",
      "CPU s per GiB of servers and Syncthing",
      "RssAnon",
      "others' CPU s per pair"
    ], report.throughput),
    "",
    ...Report.table(Report.boundsHead, report.bounds)
  ].join("\n")
  yield* Report.close(report, chosen.link === undefined ? "bench stores" : "bench link", text, chosen.write)
})
