/**
 * Whole daemons over one bucket in virtual time: one to three hosts, each with a Syncthing of its own, weather between them
 * and the store, crashes, sleeps of hours and weeks, clocks that step, caches that are lost or full. What happens follows
 * from the seed alone. A guard holds every write against the laws; audits open the bucket afresh.
 */
import { Clock, Effect, Fiber, Random } from "effect"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import * as Seeded from "../harness/Seeded.ts"
import type { Guard } from "./Guard.ts"
import * as Machine from "./Machine.ts"
import { flush, tasks, tidying } from "./Tasks.ts"

export interface Plan {
  readonly seed: number
  /** Things that happen before everything calms down. */
  readonly steps?: number
  /** The bucket is checked by a full fsck in the end. */
  readonly fsck?: boolean
  /** Instead of the seed's own, how long the repository was used before anything goes wrong: rounds of edits, each flushed. */
  readonly past?: number
  /** Instead of the seed's own, the probability that a listing leaves out its end. */
  readonly short?: number
}

export interface Outcome {
  readonly complaints: ReadonlyArray<string>
  readonly edits: number
  readonly acknowledged: number
  readonly commits: number
  /** Objects removed from the bucket. */
  readonly removed: number
  /** How many operations of each kind were committed. */
  readonly ops: Readonly<Record<string, number>>
  /** How often each kind of thing happened. */
  readonly events: Readonly<Record<string, number>>
  /** Equal for equal plans. */
  readonly history: ReadonlyArray<string>
}

/** Tries to pull from a host that may still be reading what there is. */
const patience = 150
const hour = 3_600_000
const day = 24 * hour
const shortestClaim = 60_000

/** Each seed has a climate of its own: bad days of every kind at once teach little. */
const climateOf = (random: Seeded.Seeded) => ({
  hosts: 1 + random.int(3),
  fail: random.chance(0.5) ? random.next() * 0.08 : 0,
  lose: random.chance(0.5) ? random.next() * 0.08 : 0,
  late: random.chance(0.3) ? random.next() * 0.05 : 0,
  twice: random.chance(0.2) ? random.next() * 0.05 : 0,
  absent: random.chance(0.1) ? random.next() * 0.03 : 0,
  flip: random.chance(0.1) ? random.next() * 0.03 : 0,
  torn: random.chance(0.1) ? random.next() * 0.05 : 0,
  short: random.chance(0.1) ? random.next() * 0.05 : 0,
  delay: [1, 40, 1500][random.int(3)]!,
  sleepy: random.chance(0.4),
  full: random.chance(0.15),
  /** Whether hosts take turns, or each writes when it likes: the laws hold all the same (law 8). */
  lease: random.chance(0.25) ? "believed" as const : {
    ...LeaseObjectStore.defaults,
    version: "simulated",
    duration: [10_000, 60_000, 180_000][random.int(3)]!,
    mode: random.chance(0.2) ? "always" as const : "on-demand" as const
  },
  ranked: random.chance(0.3)
})

/**
 * One in five has been used for a while: its store has much to tidy up, and its hosts do that more often than others. In one
 * of four hosts are cut off from the store for a time, each by itself.
 */
const moreOf = (seed: number): { readonly past: number; readonly parting: boolean } => {
  const random = Seeded.make(seed ^ 0x01d)
  return { past: random.chance(0.2) ? 8 + random.int(24) : 0, parting: random.chance(0.25) }
}

export const simulate = (plan: Plan): Effect.Effect<Outcome> =>
  Hosts.inVirtualTime(history(plan)).pipe(Random.withSeed(plan.seed), Effect.orDie)

const history = Effect.fnUntraced(function*(plan: Plan) {
  const random = Seeded.make(plan.seed ^ 0x5eed)
  const seeded = climateOf(random)
  // Nobody may set claims below a minute: where an answer takes three seconds they would be over before anything is done.
  const lease = seeded.lease === "believed" || seeded.delay < shortestClaim / 40
    ? seeded.lease
    : { ...seeded.lease, duration: Math.max(shortestClaim, seeded.lease.duration) }
  const climate = { ...seeded, lease, short: plan.short ?? seeded.short }
  const { parting, ...more } = moreOf(plan.seed)
  const past = plan.past ?? more.past
  const machine = yield* Machine.make({
    seed: plan.seed,
    hosts: climate.hosts,
    names: 8,
    // Both suites, by turns.
    passphrase: plan.seed % 2 === 0 ? "correct horse" : undefined,
    lease: (host) =>
      climate.lease === "believed" ? climate.lease : { ...climate.lease, priority: climate.ranked ? 100 + host : 100 }
  })
  const { guard, happened, hosts, kill, peers, sky, stop, wake } = machine
  const complaints: Array<string> = []
  const late: Array<Effect.Effect<void>> = []
  let edits = 0

  const start = (host: Machine.Host, calm: boolean) => {
    const crashAt = calm || random.chance(0.5) ? -1 : random.int(60)
    host.disk.full = () => !calm && climate.full && random.chance(0.02)
    return machine.start(host, {
      ...(calm ? {} : climate),
      delay: climate.delay,
      later: (request) => void late.push(request),
      decide: ({ index }) => {
        if (host.cutOff) return random.chance(0.2) ? "lose" : "fail"
        return index !== crashAt ? undefined : random.chance(0.5) ? "crash before" : "crash after"
      }
    })
  }

  /** A process that ended by itself, and whether it had a reason. */
  const bury = Effect.fnUntraced(function*(host: Machine.Host) {
    const ended = host.life?.ended
    if (ended === undefined) return
    const [kind = ""] = ended.split(":")
    const crashed = ended.includes(FaultyStore.crashed)
    if (!crashed && !reasonable(kind, climate)) complaints.push(`${host.name} ended: ${ended}`)
    happened(crashed ? "crash" : `ended by ${kind}`)
    yield* kill(host)
  })

  const check = (all: boolean, fsck = false) =>
    Effect.map(machine.audit(all, fsck), (found) => {
      complaints.push(...found)
    })

  const some = <A>(list: ReadonlyArray<A>): A | undefined => list[random.int(Math.max(1, list.length))]
  const up = () => hosts.filter((host) => host.life !== undefined && !host.suspended)

  const release = Effect.suspend(() => {
    const request = late.splice(random.int(late.length), 1)[0]
    return request ?? Effect.void
  })

  const pass = (milliseconds: number) => {
    sky.offset += milliseconds
  }

  const upkeep = Effect.fnUntraced(function*({ clock, life }: Machine.Host) {
    if (life?.context === undefined) return
    const task = some(past > 0 && random.chance(0.6) ? tidying : tasks)!
    happened(task.name)
    yield* Effect.forkIn(
      task.run(life.context, random, pass).pipe(Effect.provideService(Clock.Clock, clock.clock), Effect.ignoreCause),
      life.scope
    )
  })

  /** Fine days, that leave small packs and segments behind, and blocks that nobody needs. */
  const live = Effect.fnUntraced(function*(host: Machine.Host) {
    yield* machine.start(host, { delay: 1 })
    for (let seconds = 0; seconds < 60 && host.life?.context === undefined; seconds++) yield* Effect.sleep("1 second")
    const context = host.life?.context
    if (context === undefined) return void complaints.push("it does not start on a fine day")
    for (let round = 0; round < past; round++) {
      for (let burst = 1 + random.int(3); burst > 0; burst--) {
        yield* host.peer.edit
        edits++
      }
      for (let seconds = 0; seconds < 300 && !host.peer.settled(); seconds++) yield* Effect.sleep("1 second")
      if (!host.peer.settled()) complaints.push("not everything was acknowledged on a fine day")
      pass(random.int(3 * hour))
      yield* Effect.ignore(Effect.provideService(flush(context), Clock.Clock, host.clock.clock))
    }
    yield* stop(host)
  })

  const step = Effect.fnUntraced(function*() {
    for (const host of hosts) yield* bury(host)
    const dice = random.int(100)
    const host = some(hosts)!
    if (up().length === 0 && random.chance(0.6)) {
      const down = some(hosts.filter(({ life }) => life === undefined))
      if (down !== undefined) yield* start(down, false)
      else for (const host of hosts) wake(host)
    } else if (dice < (past > 0 ? 28 : 48)) {
      for (let burst = 1 + random.int(4); burst > 0; burst--) {
        yield* host.peer.edit
        edits++
      }
    } else if (dice < 66) {
      const running = some(up())
      if (running !== undefined) yield* upkeep(running)
    } else if (dice < 73) {
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
        machine.suspend(host)
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
    else if (dice < 97) yield* check(false)
    else if (parting) {
      happened(host.cutOff ? "reached again" : "cut off")
      host.cutOff = !host.cutOff
    }
    yield* Effect.sleep(50 + random.int(random.chance(0.2) ? 20_000 : 2500))
  })

  /** One host that reaches the store goes on, whatever the others hold, cut off in the middle of it. */
  const alone = Effect.fnUntraced(function*(host: Machine.Host | undefined) {
    if (host === undefined) return
    for (const other of hosts) other.cutOff = other !== host
    yield* kill(host)
    yield* start(host, true)
    yield* host.peer.edit
    edits++
    for (let seconds = 0; seconds < 900 && !Machine.taken(host); seconds += 2) yield* Effect.sleep("2 seconds")
    if (host.life?.ended !== undefined) complaints.push(`${host.name} ended while it was alone: ${host.life.ended}`)
    else if (!Machine.taken(host)) complaints.push(`${host.name} alone reaches the store, and does not go on`)
  })

  const running = yield* Effect.forEach(peers, (peer) => Effect.forkChild(peer.run))
  if (past > 0) yield* live(hosts[0]!)
  yield* start(hosts[0]!, false)
  const steps = plan.steps ?? 16 + random.int(16)
  for (let i = 0; i < steps; i++) yield* step()

  yield* alone(hosts.length > 1 ? some(hosts) : undefined)

  // Everything calms down: the hosts come up one after the other, and each must take in all that its peer has.
  for (const host of hosts) {
    host.cutOff = false
    yield* kill(host)
  }
  while (late.length > 0) yield* release
  yield* Effect.sleep("2 minutes")
  for (const host of hosts) {
    host.clock.error = 0
    yield* start(host, true)
    for (let seconds = 0; seconds < 900 && !Machine.taken(host); seconds += 2) yield* Effect.sleep("2 seconds")
    if (host.life?.ended !== undefined) complaints.push(`${host.name} ended in the calm: ${host.life.ended}`)
    else if (!Machine.taken(host)) complaints.push(`${host.name} did not take in all that its peer has`)
    // What was announced can be had, by whatever names the host remembers it.
    for (let tries = 0; tries < patience && host.life?.ended === undefined; tries++) {
      const pulled = yield* Effect.timeoutOption(Effect.exit(host.peer.pull), "5 minutes")
      if (pulled._tag === "Some" && pulled.value._tag === "Success") break
      if (tries === patience - 1) complaints.push(`${host.name} does not let itself be pulled from`)
      yield* Effect.sleep("2 seconds")
    }
    if (hosts.length === 1) {
      for (let seconds = 0; seconds < 60 && !host.peer.settled(); seconds += 2) yield* Effect.sleep("2 seconds")
      if (!host.peer.settled()) complaints.push("not everything was acknowledged in the end")
    }
    yield* stop(host)
  }
  // With several peers on one name, who lost a conflict makes the copy itself; these peers take nothing, and do not.
  yield* check(hosts.length === 1, plan.fsck)
  yield* Fiber.interruptAll(running)
  for (const peer of peers) complaints.push(...peer.complaints)
  complaints.push(...guard.complaints)
  return {
    complaints,
    edits,
    acknowledged: peers.reduce((sum, peer) => sum + peer.acknowledged.size, 0),
    commits: guard.commits.length,
    removed: guard.removed(),
    ops: opsOf(guard),
    events: machine.events,
    history: machine.history
  } satisfies Outcome
})

const opsOf = ({ commits }: Guard) => {
  const counts: Record<string, number> = {}
  const count = (what: string) => void (counts[what] = (counts[what] ?? 0) + 1)
  for (const op of commits.flatMap(({ ops }) => ops)) {
    count(op._tag)
    if (op._tag === "SegmentsMerged" && op.renamed !== undefined) count("SegmentsMerged, renaming")
  }
  return counts
}

/** Ends that a daemon may come to by itself: whoever runs it starts it again. */
const reasonable = (kind: string, climate: ReturnType<typeof climateOf>): boolean =>
  kind === "StoreUnavailable" || (kind === "ReplicaUnusable" && climate.full) ||
  (climate.absent + climate.flip + climate.short > 0 &&
    (kind === "RepositoryCorrupt" || kind === "RepositoryNewer" || kind === "RepositoryAbsent"))
