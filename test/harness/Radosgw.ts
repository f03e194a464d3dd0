/**
 * A real S3 server: the gateway of Ceph, with one monitor and one store of objects on a file in a temporary directory.
 * Nothing of it outlives its scope. The gateway alone can be killed and started again, which keeps every object.
 */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3"
import { Effect, Schedule, Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Ports from "./Ports.ts"
import { HarnessError, type Process, run, start, tempDirectory } from "./Process.ts"
import * as Programs from "./Programs.ts"

/** `ceph` brings `ceph-authtool`, `monmaptool` and `radosgw-admin` is the gateway's own. */
export const needs = ["radosgw", "ceph-mon", "ceph-osd", "ceph"] as const

export const accessKeyId = "bepository"
export const secretAccessKey = "bepository-secret"
const region = "us-east-1"

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Radosgw {
  /** `http://127.0.0.1:port`, or as in `Options`; buckets are in the path. */
  readonly url: string
  readonly region: string
  /** Of the one user, or of the one with these keys. */
  readonly makeBucket: (name: string, keys?: Keys) => Effect.Effect<void, HarnessError>
  /** `radosgw-admin` with these arguments; what it prints. */
  readonly admin: (...args: ReadonlyArray<string>) => Effect.Effect<string, HarnessError>
  /** Ends the gateway as a power cut would. */
  readonly kill: Effect.Effect<void, HarnessError>
  /** Starts it again, and waits until it answers. */
  readonly revive: Effect.Effect<void, HarnessError>
}

const gib = 1024 ** 3

export interface Options {
  /** GiB its file may grow to. */
  readonly size?: number
  /** Where the gateway listens. */
  readonly host?: string
  /** How every program of it is started: `[program, ...arguments]` before its own. */
  readonly wrap?: ReadonlyArray<string>
}

/** Up in about fifteen seconds, more on a busy machine. */
export const make = (options: Options = {}): Effect.Effect<Radosgw, HarnessError, Scope.Scope> =>
  Effect.gen(function*() {
    const directory = yield* tempDirectory("radosgw")
    const at = (...parts: ReadonlyArray<string>) => Path.join(directory, ...parts)
    for (const name of ["mon", "osd", "rgw", "run", "log"]) Fs.mkdirSync(at(name))
    const port = yield* Ports.free
    const host = options.host ?? "127.0.0.1"
    const wrapped = (program: string, args: ReadonlyArray<string>): readonly [string, ReadonlyArray<string>] => {
      const [first, ...before] = options.wrap ?? []
      return first === undefined ? [program, args] : [first, [...before, program, ...args]]
    }
    const monitor = yield* Ports.free
    const uuid = () => Fs.readFileSync("/proc/sys/kernel/random/uuid", "utf8").trim()
    const fsid = uuid()
    const conf = at("ceph.conf")
    Fs.writeFileSync(conf, configuration({ directory, fsid, host, monitor, port, bytes: (options.size ?? 4) * gib }))

    const ceph = Effect.fnUntraced(function*(program: string, args: ReadonlyArray<string>, seconds = 60) {
      const ended = yield* run(...wrapped(program, args), { seconds })
      if (ended.code === 0) return ended.stdout
      return yield* new HarnessError({ message: `${program} ${args.join(" ")}: ${ended.code} ${ended.stderr}` })
    })
    const daemon = (name: string, program: Programs.Need, own: ReadonlyArray<string>) => {
      const [command, args] = wrapped(Programs.path(program), ["-c", conf, "-f", ...own])
      return start({ name, command, args, log: at("log", `${name}.log`) })
    }

    const keyring = at("keyring")
    const all = ["mon", "osd", "mds", "mgr"].flatMap((service) => ["--cap", service, "allow *"])
    yield* ceph("ceph-authtool", ["--create-keyring", "--gen-key", "--name=mon.", keyring, "--cap", "mon", "allow *"])
    yield* ceph("ceph-authtool", ["--gen-key", "--name=client.admin", ...all, keyring])
    const map = at("monmap")
    yield* ceph("monmaptool", ["--create", "--fsid", fsid, "--addv", "a", `[v2:127.0.0.1:${monitor}/0]`, map])
    yield* ceph("ceph-mon", [
      "-c",
      conf,
      "--mkfs",
      "-i",
      "a",
      "--monmap",
      map,
      "--mon-data",
      at("mon"),
      "--keyring",
      keyring
    ])
    yield* daemon("mon", "ceph-mon", ["-i", "a", "--mon-data", at("mon")])

    const osd = uuid()
    const secret = (yield* ceph("ceph-authtool", ["--gen-print-key"])).trim()
    Fs.writeFileSync(at("osd.json"), JSON.stringify({ cephx_secret: secret }))
    yield* ceph("ceph", ["-c", conf, "osd", "new", osd, "-i", at("osd.json")])
    Fs.writeFileSync(at("osd", "keyring"), `[osd.0]\nkey = ${secret}\n`)
    yield* ceph("ceph-osd", ["-c", conf, "-i", "0", "--mkfs", "--osd-uuid", osd])
    yield* daemon("osd", "ceph-osd", ["-i", "0"])

    const admin = (...args: ReadonlyArray<string>) => ceph("radosgw-admin", ["-c", conf, ...args], 120)
    const keys = [`--access-key=${accessKeyId}`, `--secret=${secretAccessKey}`]
    const create = admin("user", "create", "--uid=bep", "--display-name=bep", ...keys)
    // On a busy machine it loses its connection to a daemon that has just started, and aborts; perhaps after the work was done.
    yield* create.pipe(
      Effect.catch(() => admin("user", "info", "--uid=bep").pipe(Effect.catch(() => create)))
    )

    const url = `http://${host}:${port}`
    const answering = Effect.tryPromise({
      try: () => fetch(url).then((reply) => reply.text()),
      catch: () => new HarnessError({ message: `radosgw does not answer at ${url}` })
    }).pipe(Effect.retry({ schedule: Schedule.spaced(100), times: 600 }))
    const gateway = daemon("rgw", "radosgw", ["-n", "client.admin"])
    let running: Process = yield* gateway
    yield* answering
    const scope = yield* Effect.scope
    const makeBucket = (name: string, credentials: Keys = { accessKeyId, secretAccessKey }) =>
      Effect.acquireUseRelease(
        Effect.sync(() =>
          new S3Client({
            region,
            endpoint: url,
            forcePathStyle: true,
            credentials,
            requestChecksumCalculation: "WHEN_REQUIRED"
          })
        ),
        (client) =>
          Effect.tryPromise({
            try: () => client.send(new CreateBucketCommand({ Bucket: name })),
            catch: (cause) => new HarnessError({ message: `radosgw makes no bucket: ${String(cause)}` })
          }),
        (client) => Effect.sync(() => client.destroy())
      )
    return {
      url,
      region,
      makeBucket,
      admin,
      kill: Effect.suspend(() => Effect.asVoid(running.stop("SIGKILL"))),
      revive: Effect.gen(function*() {
        running = yield* gateway.pipe(Scope.provide(scope))
        yield* answering
      })
    }
  })

const configuration = (
  { bytes, directory, fsid, host, monitor, port }: {
    readonly directory: string
    readonly fsid: string
    readonly host: string
    readonly monitor: number
    readonly port: number
    readonly bytes: number
  }
): string => `
[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${monitor}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${directory}/keyring
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon pg warn min per osd = 0
mon data avail crit = 1
mon cluster log file = ${directory}/log/cluster.txt
log file = ${directory}/log/$name.txt
run dir = ${directory}/run
admin socket = ${directory}/run/$name.asok
pid file = ${directory}/run/$name.pid
ms bind ipv6 = false
ms type = async+posix
[osd]
keyring = ${directory}/osd/keyring
osd data = ${directory}/osd
osd objectstore = bluestore
bluestore block create = true
bluestore block size = ${bytes}
osd memory target = 1073741824
osd max object size = 134217728
# A killed gateway's watches end soon: its successor waits for that.
osd client watch timeout = 3
[client]
rgw frontends = beast endpoint=${host}:${port}
rgw data = ${directory}/rgw
rgw enable usage log = false
rgw gc obj min wait = 60
rgw init timeout = 60
`
