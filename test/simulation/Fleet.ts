/**
 * Whole daemons over one bucket in virtual time: one to three hosts, each with a Syncthing of its own, weather between them
 * and the store, crashes, sleeps of hours and weeks, clocks that step, caches that are lost or full. What happens follows
 * from the seed alone. A guard holds every write against the laws; audits open the bucket afresh.
 */
import { Clock, Context, Duration, Effect, Exit, Fiber, Layer, Random, Scope } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import type { Sealing } from "../../src/domain/repository/Envelope.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { Fault } from "../../src/services/Fault.ts"
import { ObjectStore, type StoreError } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Settings } from "../../src/services/Settings.ts"
import { type Seen, Witness } from "../../src/services/Witness.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as HostClock from "../harness/HostClock.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as Audit from "./Audit.ts"
import { daemon, type Services } from "./Daemon.ts"
import * as Guard from "./Guard.ts"
import * as SimPeer from "./SimPeer.ts"
import { tasks } from "./Tasks.ts"

export interface Plan {
  readonly seed: number
  /** Things that happen before everything calms down. */
  readonly steps?: number
}

export interface Outcome {
  readonly complaints: ReadonlyArray<string>
  readonly edits: number
  readonly acknowledged: number
  readonly commits: number
  /** Objects removed from the bucket. */
  readonly removed: number
  /** How often each kind of thing happened. */
  readonly events: Readonly<Record<string, number>>
  /** Equal for equal plans. */
  readonly history: ReadonlyArray<string>
}

const hour = 3_600_000
const day = 24 * hour

interface Life {
  readonly scope: Scope.Closeable
  readonly faulty: FaultyStore.Faulty
  readonly dead: { now: boolean }
  context: Context.Context<Services> | undefined
  /** What it ended with by itself. */
  ended: string | undefined
}

interface Host {
  readonly name: string
  readonly address: string
  readonly clock: HostClock.HostClock
  readonly peer: SimPeer.SimPeer
  disk: MemoryReplicaFile.Disk
  readonly memory: Map<string, Seen>
  life: Life | undefined
  suspended: boolean
}

export const simulate = Effect.fnUntraced(function*(plan: Plan) {
  const random = Seeded.make(plan.seed ^ 0x5eed)
  const { objects } = yield* Hosts.bucket
  const run = Effect.gen(function*() {
    const base = yield* Clock.Clock
    const sky: HostClock.Sky = { offset: 0 }
    const now = () => base.currentTimeMillisUnsafe() + sky.offset
    const repository = yield* Effect.scoped(Effect.flatMap(
      Hosts.open({ store: ObjectStoreMemory.make(objects), seed: 5 }),
      (host) => Effect.map(host.repository.head, (state) => ({ state, sealing: host.repository.sealing }))
    ))
    const sealing: Sealing = repository.sealing
    const certificate = repository.state.identity?.certificate
    const us = DeviceId.fromCertificate(certificate ?? new Uint8Array(1))
    const guard = Guard.make(ObjectStoreMemory.make(objects), objects, sealing, now)
    guard.adopt()
    const network = PeerTransportPipe.makeNetwork({ capacity: 64 * 1024, pieceSize: () => 1 + random.int(8192) })
    const complaints: Array<string> = []
    const events: Record<string, number> = {}
    const history: Array<string> = []
    const known = Audit.memory()
    const late: Array<Effect.Effect<void, StoreError>> = []
    let lives = 0
    let edits = 0

    const happened = (what: string) => {
      events[what] = (events[what] ?? 0) + 1
      history.push(`${now()} ${what}`)
    }

    // Each seed has a climate of its own: bad days of every kind at once teach little.
    const climate = {
      hosts: 1 + random.int(3),
      fail: random.chance(0.5) ? random.next() * 0.08 : 0,
      lose: random.chance(0.5) ? random.next() * 0.08 : 0,
      late: random.chance(0.3) ? random.next() * 0.05 : 0,
      twice: random.chance(0.2) ? random.next() * 0.05 : 0,
      absent: random.chance(0.1) ? random.next() * 0.03 : 0,
      flip: random.chance(0.1) ? random.next() * 0.03 : 0,
      delay: [1, 40, 1500][random.int(3)]!,
      sleepy: random.chance(0.4),
      full: random.chance(0.15)
    }
    const lies = climate.absent > 0 || climate.flip > 0

    const hosts = Array.from({ length: climate.hosts }, (_, i): Host => {
      const device = DeviceId.fromCertificate(
        Uint8Array.of(7, i, plan.seed & 255, plan.seed >> 8 & 255, plan.seed >> 16)
      )
      const address = `us${i}:22001`
      return {
        name: `host${i}`,
        address,
        clock: HostClock.make(base, sky),
        peer: SimPeer.make({
          device,
          us: () => us,
          transport: network.transport(device),
          address: `tcp://${address}`,
          seed: plan.seed * 31 + i,
          names: 8
        }),
        disk: MemoryReplicaFile.make(),
        memory: new Map(),
        life: undefined,
        suspended: false
      }
    })
    const peers = hosts.map((host) => host.peer)

    const start = Effect.fnUntraced(function*(host: Host, calm: boolean) {
      const dead = { now: false }
      const crashAt = calm || random.chance(0.5) ? -1 : random.int(60)
      const faulty = FaultyStore.make(guard.store, {
        ...(calm ? {} : climate),
        delay: climate.delay,
        seed: plan.seed * 1009 + lives,
        later: (request) => void late.push(request),
        decide: ({ index }) => index !== crashAt ? undefined : random.chance(0.5) ? "crash before" : "crash after"
      })
      const ground = Layer.mergeAll(
        Layer.succeed(ObjectStore, faulty.store),
        Hosts.randomLayer(plan.seed * 7 + lives),
        Layer.succeed(Witness, WitnessMemory.make(mortal(host.memory, dead))),
        Layer.succeed(Settings, {
          cacheDirectory: "/memory",
          masters: [host.peer.device],
          listen: host.address,
          masterAddress: undefined,
          deviceName: host.name,
          davPassword: undefined,
          packSize: 256 * 1024,
          commitInterval: Duration.seconds(10),
          commitBytes: 1024 * 1024
        })
      )
      lives++
      host.disk.full = () => !calm && climate.full && random.chance(0.02)
      const scope = yield* Scope.make()
      const life: Life = { scope, faulty, dead, context: undefined, ended: undefined }
      host.life = life
      const running = Layer.buildWithScope(
        daemon(network, ground, MemoryReplicaFile.layer(host.disk, dead), host.name),
        scope
      ).pipe(
        Effect.tap((context) =>
          Effect.sync(() => {
            life.context = context
          })
        ),
        Effect.flatMap((context) => Context.get(context, Fault).raised),
        Effect.onExit((exit) =>
          Effect.sync(() => {
            if (dead.now || exit._tag === "Success") return
            const reason = exit.cause.reasons[0]
            if (reason?._tag === "Fail") life.ended = `${reason.error._tag}: ${reason.error.message}`
            else if (reason?._tag === "Die") life.ended = `bug: ${String(reason.defect)}`
          })
        ),
        Effect.provideService(Clock.Clock, host.clock.clock)
      )
      yield* Effect.forkIn(Effect.ignoreCause(running), scope)
      happened("start")
    })

    /** Ends the process without a word. */
    const kill = Effect.fnUntraced(function*(host: Host) {
      const { life } = host
      if (life === undefined) return
      host.life = undefined
      life.dead.now = true
      life.faulty.crash()
      network.cut(() => true)
      wake(host)
      history.push(...life.faulty.history)
      yield* Effect.forkDetach(Scope.close(life.scope, Exit.void).pipe(Effect.ignoreCause))
    })

    const wake = (host: Host) => {
      if (host.suspended) host.clock.resume()
      host.suspended = false
    }

    /** As by SIGTERM; it is killed if that takes too long, as a service manager does. */
    const stop = Effect.fnUntraced(function*(host: Host) {
      const { life } = host
      if (life === undefined) return
      wake(host)
      const closed = yield* Effect.timeoutOption(
        Effect.interruptible(Effect.exit(Scope.close(life.scope, Exit.void))),
        "90 seconds"
      )
      history.push(...life.faulty.history)
      life.dead.now = true
      life.faulty.crash()
      host.life = undefined
      happened(closed._tag === "Some" ? "stop" : "stop too slow")
    })

    /** A process that ended by itself, and whether it had a reason. */
    const bury = Effect.fnUntraced(function*(host: Host) {
      const ended = host.life?.ended
      if (ended === undefined) return
      const [kind = ""] = ended.split(":")
      const crashed = ended.includes(FaultyStore.crashed)
      if (!crashed && !reasonable(kind, lies, climate.full)) complaints.push(`${host.name} ended: ${ended}`)
      happened(crashed ? "crash" : `ended by ${kind}`)
      yield* kill(host)
    })

    const check = Effect.fnUntraced(function*(all = false) {
      happened("audit")
      complaints.push(...(yield* Audit.audit(objects, guard, peers, known, all)))
    })

    const some = <A>(list: ReadonlyArray<A>): A | undefined => list[random.int(Math.max(1, list.length))]
    const up = () => hosts.filter((host) => host.life !== undefined && !host.suspended)

    const release = Effect.suspend(() => {
      const request = late.splice(random.int(late.length), 1)[0]
      return request === undefined ? Effect.void : Effect.ignore(request)
    })

    /** What an operator, or a loop, asks of a running daemon. It may fail; it may not do harm. */
    const upkeep = Effect.fnUntraced(function*(host: Host) {
      const context = host.life?.context
      if (context === undefined) return
      const task = some(tasks)!
      happened(task.name)
      const { clock } = host.clock
      yield* Effect.forkIn(
        task.run(context, random).pipe(Effect.provideService(Clock.Clock, clock), Effect.ignoreCause),
        host.life!.scope
      )
    })

    const step = Effect.fnUntraced(function*() {
      for (const host of hosts) yield* bury(host)
      const dice = random.int(100)
      const host = some(hosts)!
      if (up().length === 0 && random.chance(0.6)) {
        const down = some(hosts.filter(({ life }) => life === undefined))
        if (down !== undefined) yield* start(down, false)
        else for (const host of hosts) wake(host)
      } else if (dice < 48) {
        for (let burst = 1 + random.int(4); burst > 0; burst--) {
          yield* host.peer.edit
          edits++
        }
      } else if (dice < 64) {
        const running = some(up())
        if (running !== undefined) yield* upkeep(running)
      } else if (dice < 72) {
        if (host.life === undefined) {
          if (random.chance(0.3)) {
            host.disk = MemoryReplicaFile.make()
            happened("cache lost")
          }
          yield* start(host, false)
        } else if (random.chance(0.5)) {
          happened("kill")
          yield* kill(host)
        } else yield* stop(host)
      } else if (dice < 80 && climate.sleepy) {
        if (host.suspended) {
          happened("resume")
          wake(host)
        } else if (host.life !== undefined) {
          happened("suspend")
          host.suspended = true
          host.clock.suspend()
        }
      } else if (dice < 88) {
        const jump = climate.sleepy
          ? [hour, 3 * hour, day, 8 * day, 30 * day][random.int(5)]!
          : [60_000, hour, 3 * hour][random.int(3)]!
        happened("time passes")
        sky.offset += random.int(jump)
      } else if (dice < 91) {
        happened("clock step")
        host.clock.error = random.chance(0.3) ? 0 : (random.next() - 0.5) * 4 * day
      } else if (dice < 95) yield* release
      else if (dice < 97) yield* check()
      yield* Effect.sleep(50 + random.int(random.chance(0.2) ? 20_000 : 2500))
    })

    const running = yield* Effect.forEach(peers, (peer) => Effect.forkChild(peer.run))
    yield* start(hosts[0]!, false)
    const steps = plan.steps ?? 16 + random.int(16)
    for (let i = 0; i < steps; i++) yield* step()

    // Everything calms down: the hosts come up one after the other, and each peer must be told that all it has is safe.
    for (const host of hosts) yield* kill(host)
    while (late.length > 0) yield* release
    yield* Effect.sleep("2 minutes")
    for (const host of hosts) {
      host.clock.error = 0
      yield* start(host, true)
      for (let seconds = 0; seconds < 900 && !taken(host); seconds += 2) yield* Effect.sleep("2 seconds")
      if (host.life?.ended !== undefined) complaints.push(`${host.name} ended in the calm: ${host.life.ended}`)
      else if (!taken(host)) complaints.push(`${host.name} did not take in all that its peer has`)
      if (hosts.length === 1) {
        for (let seconds = 0; seconds < 60 && !host.peer.settled(); seconds += 2) yield* Effect.sleep("2 seconds")
        if (!host.peer.settled()) complaints.push("not everything was acknowledged in the end")
      }
      yield* stop(host)
    }
    // With several peers on one name, who lost a conflict makes the copy itself; these peers take nothing, and do not.
    yield* check(hosts.length === 1)
    yield* Fiber.interruptAll(running)
    for (const peer of peers) complaints.push(...peer.complaints)
    complaints.push(...guard.complaints)
    return {
      complaints,
      edits,
      acknowledged: peers.reduce((sum, peer) => sum + peer.acknowledged.size, 0),
      commits: guard.commits.length,
      removed: guard.removed(),
      events,
      history
    } satisfies Outcome
  })
  return yield* Hosts.inVirtualTime(run).pipe(Random.withSeed(plan.seed))
})

/** Nothing of the peer's is waiting. What lost a conflict is told under another name: the audit looks for it. */
const taken = ({ life, peer }: Host): boolean => {
  if (life?.context === undefined) return false
  const replica = Context.get(life.context, Replica)
  const mark = replica.markUnsafe(peer.device, SimPeer.folder)
  return (mark?.sequence ?? 0) >= peer.sequence() && replica.inboxSizeUnsafe(peer.device, SimPeer.folder) === 0
}

/** Ends that a daemon may come to by itself: whoever runs it starts it again. */
const reasonable = (kind: string, lies: boolean, full: boolean): boolean =>
  kind === "StoreUnavailable" || (kind === "ReplicaUnusable" && full) ||
  (lies && (kind === "RepositoryCorrupt" || kind === "RepositoryNewer" || kind === "RepositoryAbsent"))

/** What a dead process writes is not written. */
const mortal = (memory: Map<string, Seen>, dead: { readonly now: boolean }): Map<string, Seen> =>
  new Proxy(memory, {
    get: (target, property) =>
      property === "set"
        ? (key: string, value: Seen) => dead.now ? target : target.set(key, value)
        : typeof Reflect.get(target, property) === "function"
        ? (Reflect.get(target, property) as (...args: ReadonlyArray<unknown>) => unknown).bind(target)
        : Reflect.get(target, property, target)
  })
