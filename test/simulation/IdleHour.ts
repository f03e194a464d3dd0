/** What daemons ask of their store while little or nothing is to be done: all their loops, a connected peer each, virtual time. */
import { Clock, Context, Effect, Layer, Random } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import * as UpkeepNotesMemory from "../../src/layers/UpkeepNotesMemory.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BootClock } from "../../src/services/BootClock.ts"
import { HostIdentity } from "../../src/services/HostIdentity.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Settings } from "../../src/services/Settings.ts"
import { Witness } from "../../src/services/Witness.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import { daemon } from "./Daemon.ts"
import * as SimSettings from "./settings.ts"
import * as SimPeer from "./SimPeer.ts"

/** Requests by operation and kind of object, for example `get log`. */
export type Requests = Readonly<Record<string, number>>

export interface IdleHour {
  /** The median of twelve hours: in one of them the day's collection may be due. */
  readonly requests: Requests
  readonly total: number
  /** Of all twelve, whatever was due. */
  readonly average: number
  /** Requests before it: the work, its commits, and the checkpoint of it. */
  readonly before: number
  readonly acknowledged: number
}

const counted = (requests: ReadonlyArray<FaultyStore.Request>): Requests => {
  const counts: Record<string, number> = {}
  for (const { key, operation } of requests) {
    const kind = `${operation} ${key.split("/")[0] ?? ""}`.trim()
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** Daemons on one bucket, each with a peer of its own, and other folders that nobody touches. */
const scene = Effect.fnUntraced(function*(hosts: number, folders: number) {
  const clock = yield* Clock.Clock
  const { objects, store } = yield* Hosts.bucket
  const us = yield* Effect.scoped(Effect.gen(function*() {
    const { repository } = yield* Hosts.open({ store, seed: 77 })
    for (let i = 1; i < folders; i++) {
      yield* repository.commit(() => Effect.succeed([Hosts.addFolder(`other${i}`)]))
      yield* repository.commit(Hosts.adding(`other${i}`, "one", "two"))
    }
    const { identity } = yield* repository.head
    return DeviceId.fromCertificate(identity?.certificate ?? new Uint8Array(1))
  }))
  return yield* Effect.forEach(
    Array.from({ length: hosts }, (_, i) => i),
    Effect.fnUntraced(function*(i) {
      let bytes = 0
      const counting = FaultyStore.make({
        ...store,
        put: (key, body) =>
          Effect.tap(store.put(key, body), () =>
            Effect.sync(() => {
              bytes += objects.get(key)?.length ?? 0
            }))
      })
      const network = PeerTransportPipe.makeNetwork({ capacity: 64 * 1024, pieceSize: () => 4096 })
      const device = DeviceId.fromCertificate(Uint8Array.of(1, 2, 3, i))
      const listen = `us${i}:22001`
      const peer = SimPeer.make({
        device,
        us: () => us,
        transport: network.transport(device),
        address: `tcp://${listen}`,
        seed: i + 1,
        names: 50
      })
      const ground = Layer.mergeAll(
        Layer.succeed(ObjectStore, counting.store),
        Hosts.randomLayer(i + 1),
        Layer.succeed(Witness, WitnessMemory.make(new Map())),
        UpkeepNotesMemory.layer,
        Layer.succeed(BootClock, { millisUnsafe: () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n) }),
        Layer.succeed(HostIdentity, { id: `a${i}`.repeat(16), label: `h${i}`, process: 1, isAlive: () => false }),
        Layer.succeed(Settings, SimSettings.make({ masters: [device], listen, deviceName: "us" }))
      )
      const lease = { ...LeaseObjectStore.defaults, announce: true, version: "idle" }
      const whole = daemon(network, ground, MemoryReplicaFile.layer(MemoryReplicaFile.make()), `h${i}`, lease)
      yield* Effect.map(Layer.build(whole), () => Context.empty())
      yield* Effect.forkChild(peer.run)
      return { peer, counting, bytes: () => bytes }
    })
  )
})

/** Twelve idle hours from the third on, of each host; the first has stored what its peer has, others stood by. */
export const measureAll = (hosts: number, folders: number) =>
  Hosts.inVirtualTime(Effect.gen(function*() {
    const members = yield* scene(hosts, folders)
    const [first] = members
    for (let edits = 0; edits < 100; edits++) yield* first!.peer.edit
    for (let seconds = 0; seconds < 600 && !first!.peer.settled(); seconds++) yield* Effect.sleep("1 second")
    yield* Effect.sleep("2 hours")
    const rows = members.map(({ counting, peer }) => ({
      counting,
      peer,
      before: counting.requests.length,
      hours: [] as Array<ReadonlyArray<FaultyStore.Request>>
    }))
    for (let hour = 0; hour < 12; hour++) {
      const from = rows.map(({ counting }) => counting.requests.length)
      yield* Effect.sleep("1 hour")
      for (const [i, row] of rows.entries()) {
        row.hours.push(row.counting.requests.slice(from[i]))
      }
    }
    return rows.map(({ before, hours, peer }): IdleHour => {
      const median = hours.toSorted((a, b) => a.length - b.length)[6] ?? []
      return {
        requests: counted(median),
        total: median.length,
        average: hours.reduce((sum, { length }) => sum + length, 0) / hours.length,
        before,
        acknowledged: peer.acknowledged.size
      }
    })
  })).pipe(Random.withSeed(1))

/** Of one host with one folder. */
export const measure = Effect.map(measureAll(1, 1), ([host]) => host!)

/** A day on which each of two hosts has twenty small edits an hour: requests of both, and bytes put. */
export const lightDay = Hosts.inVirtualTime(Effect.gen(function*() {
  const members = yield* scene(2, 1)
  yield* Effect.sleep("10 minutes")
  const from = members.map(({ counting }) => counting.requests.length)
  for (let edit = 0; edit < 24 * 20; edit++) {
    for (const { peer } of members) {
      yield* peer.edit
      yield* Effect.sleep("90 seconds")
    }
  }
  yield* Effect.sleep("5 minutes")
  return {
    hosts: members.map(({ counting }, i) => counted(counting.requests.slice(from[i]))),
    bytes: members.reduce((sum, { bytes }) => sum + bytes(), 0)
  }
})).pipe(Random.withSeed(1))
