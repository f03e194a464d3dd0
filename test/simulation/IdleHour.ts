/** What an idle daemon asks of its store: one host with all its loops, one connected peer, nothing to do, virtual time. */
import { Clock, Duration, Effect, Fiber, Layer, Random } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import * as UpkeepNotesMemory from "../../src/layers/UpkeepNotesMemory.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BootClock } from "../../src/services/BootClock.ts"
import { HostIdentity } from "../../src/services/HostIdentity.ts"
import { Identity } from "../../src/services/Identity.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { aloneTurns, Settings } from "../../src/services/Settings.ts"
import { Witness } from "../../src/services/Witness.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as MemoryReplicaFile from "../harness/MemoryReplicaFile.ts"
import { daemon } from "./Daemon.ts"
import * as SimPeer from "./SimPeer.ts"

export interface IdleHour {
  /** Requests by operation and kind of object, for example `get log`. */
  readonly requests: Readonly<Record<string, number>>
  readonly total: number
  /** Requests before it: the work, its commits, and the checkpoint of it. */
  readonly before: number
  readonly acknowledged: number
}

/** The third hour after the work was done: by then the hour's checkpoint is made. */
export const measure = Hosts.inVirtualTime(Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const { store } = yield* Hosts.bucket
  const counting = FaultyStore.make(store)
  const network = PeerTransportPipe.makeNetwork({ capacity: 64 * 1024, pieceSize: () => 4096 })
  const device = DeviceId.fromCertificate(Uint8Array.of(1, 2, 3))
  let us = device
  const peer = SimPeer.make({
    device,
    us: () => us,
    transport: network.transport(device),
    address: "tcp://us:22001",
    seed: 1,
    names: 50
  })
  const ground = Layer.mergeAll(
    Layer.succeed(ObjectStore, counting.store),
    Hosts.randomLayer(1),
    Layer.succeed(Witness, WitnessMemory.make(new Map())),
    UpkeepNotesMemory.layer,
    Layer.succeed(BootClock, { millisUnsafe: () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n) }),
    Layer.succeed(HostIdentity, { id: "ab".repeat(16), label: "us", process: 1, isAlive: () => false }),
    Layer.succeed(Settings, {
      cacheDirectory: "/memory",
      masters: [device],
      listen: "us:22001",
      masterAddress: undefined,
      deviceName: "us",
      turns: aloneTurns,
      davPassword: undefined,
      packSize: 256 * 1024,
      commitInterval: Duration.seconds(10),
      commitBytes: 1024 * 1024
    })
  )
  const lease = { ...LeaseObjectStore.defaults, version: "idle" }
  const whole = daemon(network, ground, MemoryReplicaFile.layer(MemoryReplicaFile.make()), "us", lease)
  return yield* Effect.gen(function*() {
    us = (yield* Identity).device
    const running = yield* Effect.forkChild(peer.run)
    for (let edits = 0; edits < 100; edits++) yield* peer.edit
    for (let seconds = 0; seconds < 600 && !peer.settled(); seconds++) yield* Effect.sleep("1 second")
    yield* Effect.sleep("2 hours")
    const before = counting.requests.length
    yield* Effect.sleep("1 hour")
    const hour = counting.requests.slice(before)
    yield* Fiber.interrupt(running)
    const requests: Record<string, number> = {}
    for (const { key, operation } of hour) {
      const kind = `${operation} ${key.split("/")[0] ?? ""}`.trim()
      requests[kind] = (requests[kind] ?? 0) + 1
    }
    return { requests, total: hour.length, before, acknowledged: peer.acknowledged.size } satisfies IdleHour
  }).pipe(Effect.provide(whole))
})).pipe(Random.withSeed(1))
