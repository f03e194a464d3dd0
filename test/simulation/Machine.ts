/**
 * The stage of a simulation: a bucket under a guard, the sky over it (what time it is), and hosts that are started, killed,
 * stopped and put to sleep. What happens when is the script's.
 */
import { Clock, Context, Effect, Exit, Layer, Result, Scope } from "effect"
import * as Conflict from "../../src/domain/Conflict.ts"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import * as UpkeepNotesMemory from "../../src/layers/UpkeepNotesMemory.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BootClock } from "../../src/services/BootClock.ts"
import { Fault } from "../../src/services/Fault.ts"
import { HostIdentity } from "../../src/services/HostIdentity.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Settings } from "../../src/services/Settings.ts"
import { type Notes, UpkeepNotes } from "../../src/services/UpkeepNotes.ts"
import { type Seen, Witness } from "../../src/services/Witness.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as HostClock from "../harness/HostClock.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as Audit from "./Audit.ts"
import { daemon, type Services } from "./Daemon.ts"
import * as Guard from "./Guard.ts"
import * as SimSettings from "./settings.ts"
import * as SimPeer from "./SimPeer.ts"

export interface Life {
  readonly scope: Scope.Closeable
  readonly faulty: FaultyStore.Faulty
  readonly dead: { now: boolean }
  context: Context.Context<Services> | undefined
  /** What it ended with by itself. */
  ended: string | undefined
}

export interface Host {
  readonly name: string
  readonly number: number
  /** Lives it had. */
  processes: number
  readonly address: string
  readonly clock: HostClock.HostClock
  readonly peer: SimPeer.SimPeer
  disk: MemoryReplicaFile.Disk
  readonly memory: Map<string, Seen>
  readonly notes: Map<string, Notes>
  life: Life | undefined
  suspended: boolean
  /** It does not reach the store; its Syncthing does reach it. */
  cutOff: boolean
}

export interface Options {
  readonly seed: number
  readonly hosts: number
  /** Names that each peer edits. */
  readonly names: number
  /** The repository is encrypted. */
  readonly passphrase?: string | undefined
  /** The rules by which the hosts' Syncthings take what is announced to them; absent: they take nothing. */
  readonly takes?: Conflict.Style
  /** Of each host. */
  readonly lease?: (host: number) => LeaseObjectStore.Options | "believed"
}

/** Built on the test clock of the fiber that makes it. */
export const make = Effect.fnUntraced(function*(options: Options) {
  const random = Seeded.make(options.seed ^ 0xface)
  const { passphrase } = options
  const { objects } = yield* (passphrase === undefined ? Hosts.bucket : Hosts.encryptedBucket(passphrase))
  const base = yield* Clock.Clock
  const sky: HostClock.Sky = { offset: 0 }
  const now = () => base.currentTimeMillisUnsafe() + sky.offset
  const { sealing, state } = yield* Effect.scoped(Effect.flatMap(
    Hosts.open({
      store: ObjectStoreMemory.make(objects),
      seed: 5,
      ...(passphrase === undefined ? {} : { passphrase })
    }),
    ({ repository }) => Effect.map(repository.head, (state) => ({ state, sealing: repository.sealing }))
  ))
  const us = DeviceId.fromCertificate(state.identity?.certificate ?? new Uint8Array(1))
  const guard = Guard.make(ObjectStoreMemory.make(objects), objects, sealing, now)
  guard.adopt()
  const network = PeerTransportPipe.makeNetwork({ capacity: 64 * 1024, pieceSize: () => 1 + random.int(8192) })
  const events: Record<string, number> = {}
  const history: Array<string> = []
  const known = Audit.memory()
  let lives = 0

  const happened = (what: string): void => {
    events[what] = (events[what] ?? 0) + 1
    history.push(`${now()} ${what}`)
  }

  const hosts = Array.from({ length: options.hosts }, (_, i): Host => {
    const { seed } = options
    const device = DeviceId.fromCertificate(Uint8Array.of(7, i, seed & 255, seed >> 8 & 255, seed >> 16))
    const address = `us${i}:22001`
    return {
      name: `host${i}`,
      number: i,
      processes: 0,
      address,
      clock: HostClock.make(base, sky),
      peer: SimPeer.make({
        device,
        us: () => us,
        transport: network.transport(device),
        address: `tcp://${address}`,
        seed: seed * 31 + i,
        names: options.names,
        ...(options.takes === undefined ? {} : { takes: options.takes })
      }),
      disk: MemoryReplicaFile.make(),
      memory: new Map(),
      notes: new Map(),
      life: undefined,
      suspended: false,
      cutOff: false
    }
  })
  const peers = hosts.map((host) => host.peer)

  const start = Effect.fnUntraced(function*(host: Host, weather: FaultyStore.Weather) {
    const dead = { now: false }
    const faulty = FaultyStore.make(guard.store, { ...weather, seed: options.seed * 1009 + lives })
    const process = ++host.processes
    const ground = Layer.mergeAll(
      Layer.succeed(ObjectStore, faulty.store),
      Layer.succeed(BootClock, { millisUnsafe: host.clock.bootMillisUnsafe }),
      Layer.succeed(HostIdentity, {
        id: Buffer.from(host.name.padEnd(16, "-")).toString("hex"),
        label: host.name,
        process,
        isAlive: (other) => other === process
      }),
      Hosts.randomLayer(options.seed * 7 + lives),
      Hosts.passphraseLayer(passphrase),
      Layer.succeed(Witness, WitnessMemory.make(mortal(host.memory, dead))),
      Layer.succeed(UpkeepNotes, UpkeepNotesMemory.make(mortal(host.notes, dead))),
      Layer.succeed(
        Settings,
        SimSettings.make({ masters: [host.peer.device], listen: host.address, deviceName: host.name })
      )
    )
    lives++
    const scope = yield* Scope.make()
    const life: Life = { scope, faulty, dead, context: undefined, ended: undefined }
    host.life = life
    const running = Layer.buildWithScope(
      daemon(
        network,
        ground,
        MemoryReplicaFile.layer(host.disk, dead),
        host.name,
        options.lease?.(host.number) ?? "believed"
      ),
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

  const wake = (host: Host): void => {
    if (host.suspended) host.clock.resume()
    host.suspended = false
  }

  const over = (host: Host, life: Life): void => {
    host.life = undefined
    life.dead.now = true
    life.faulty.crash()
    history.push(...life.faulty.history)
  }

  /** Ends the process without a word. */
  const kill = Effect.fnUntraced(function*(host: Host) {
    const { life } = host
    if (life === undefined) return
    over(host, life)
    network.cut(() => true)
    network.silence(host.address)
    wake(host)
    yield* Effect.forkDetach(Scope.close(life.scope, Exit.void).pipe(Effect.ignoreCause))
  })

  /** As by SIGTERM; it is killed if that takes too long, as a service manager does. */
  const stop = Effect.fnUntraced(function*(host: Host) {
    const { life } = host
    if (life === undefined) return
    wake(host)
    const closed = yield* Effect.timeoutOption(
      Effect.interruptible(Effect.exit(Scope.close(life.scope, Exit.void))),
      "90 seconds"
    )
    over(host, life)
    happened(closed._tag === "Some" ? "stop" : "stop too slow")
  })

  const suspend = (host: Host): void => {
    host.suspended = true
    host.clock.suspend()
  }

  /** Opens the bucket afresh: what is wrong with it. `all`: everything the peers have must be safe, promised or not. */
  const audit = Effect.fnUntraced(function*(all: boolean, fsck = false) {
    happened("audit")
    return yield* Audit.audit(objects, guard, peers, known, passphrase, all, fsck)
  })

  return { objects, sky, now, guard, hosts, peers, events, history, happened, start, kill, stop, wake, suspend, audit }
})

/** Two hosts that take turns by claims, beside Syncthings that take what is announced; these run for the scope. */
export const pair = Effect.fnUntraced(function*(seed: number, takes: Conflict.Style) {
  const machine = yield* make({
    seed,
    hosts: 2,
    names: 1,
    takes,
    lease: () => ({ ...LeaseObjectStore.defaults, version: "simulated" })
  })
  yield* Effect.forEach(machine.peers, (peer) => Effect.forkScoped(peer.run))
  const [one, other] = machine.hosts as [Host, Host]
  return { machine, one, other }
})

/** All that the peer has is stored, or has lost a conflict: these peers take nothing, so that stays in mind. */
export const taken = ({ life, peer }: Host): boolean => {
  if (life?.context === undefined) return false
  const replica = Context.get(life.context, Replica)
  const mark = replica.markUnsafe(peer.device, SimPeer.folder)
  if ((mark?.sequence ?? 0) < peer.sequence()) return false
  return replica.inboxUnsafe(peer.device, SimPeer.folder, 0, Infinity).every(({ info, name }) => {
    const held = replica.recordUnsafe(SimPeer.folder, name)
    const ours = held === undefined ? undefined : Result.getOrThrow(FileInfo.decode(held.info))
    return Conflict.decide(Result.getOrThrow(FileInfo.decode(info)), ours, "2.x")._tag === "Lose"
  })
}

/** What a dead process writes is not written. */
const mortal = <A>(memory: Map<string, A>, dead: { readonly now: boolean }): Map<string, A> =>
  new Proxy(memory, {
    get: (target, property) =>
      property === "set"
        ? (key: string, value: A) => dead.now ? target : target.set(key, value)
        : typeof Reflect.get(target, property) === "function"
        ? (Reflect.get(target, property) as (...args: ReadonlyArray<unknown>) => unknown).bind(target)
        : Reflect.get(target, property, target)
  })
