/**
 * One host over one bucket with simulated peers, in virtual time. The host is the real daemon but for its disk (the replica
 * lives in memory and dies with it), its network (pipes) and its store (memory, seen through seeded weather).
 */
import { Context, Duration, Effect, Exit, Fiber, Layer, Random, Result, Scope, Stream } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as Record from "../../src/domain/repository/Record.ts"
import * as BepConnectionPeer from "../../src/layers/BepConnectionPeer.ts"
import * as BepServer from "../../src/layers/BepServer.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as BlockServingReplica from "../../src/layers/BlockServingReplica.ts"
import * as BlockStorePacks from "../../src/layers/BlockStorePacks.ts"
import * as FaultDeferred from "../../src/layers/FaultDeferred.ts"
import * as FolderSyncReplica from "../../src/layers/FolderSyncReplica.ts"
import * as GroupCommitRepository from "../../src/layers/GroupCommitRepository.ts"
import * as IdentityRepository from "../../src/layers/IdentityRepository.ts"
import * as IndexSendingReplica from "../../src/layers/IndexSendingReplica.ts"
import * as IngestBlocks from "../../src/layers/IngestBlocks.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as ObjectStoreRetrying from "../../src/layers/ObjectStoreRetrying.ts"
import * as ObjectStoreTimed from "../../src/layers/ObjectStoreTimed.ts"
import * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as StagingCommits from "../../src/layers/StagingCommits.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { BlockReader } from "../../src/services/BlockReader.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import { Settings } from "../../src/services/Settings.ts"
import { type Seen, Witness } from "../../src/services/Witness.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as Hosts from "../harness/Hosts.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as Promises from "./Promises.ts"
import * as SimSettings from "./settings.ts"
import * as SimPeer from "./SimPeer.ts"

export interface Plan {
  readonly seed: number
  readonly peers: number
  /** Lives before the last one, each ended by a crash. */
  readonly crashes: number
  readonly fail: number
  readonly lose: number
  /** Longest delay of a request, milliseconds. */
  readonly delay: number
  /** The host asks its store again by itself, as of remote stores. */
  readonly patient?: boolean
  /** The repository is encrypted. */
  readonly passphrase?: string
}

export interface Outcome {
  readonly complaints: ReadonlyArray<string>
  readonly edits: number
  readonly acknowledged: number
  /** Conflict copies in the end. */
  readonly copies: number
  /** What the store was asked in each life, with times; equal for equal plans. */
  readonly history: ReadonlyArray<string>
}

const address = "us:22001"

export const daemon = (options: {
  readonly store: ObjectStore["Service"]
  readonly network: PeerTransportPipe.Network
  readonly masters: ReadonlyArray<DeviceId.DeviceId>
  readonly seed: number
  readonly memory: Map<string, Seen>
  readonly passphrase?: string | undefined
}) => {
  const settings = Layer.succeed(
    Settings,
    SimSettings.make({ masters: options.masters, listen: address, deviceName: "us" })
  )
  const ground = Layer.mergeAll(
    Layer.succeed(ObjectStore, options.store),
    Hosts.randomLayer(options.seed),
    Layer.succeed(Witness, WitnessMemory.make(options.memory)),
    Hosts.passphraseLayer(options.passphrase),
    settings
  )
  const syncing = IngestBlocks.layer.pipe(
    Layer.provideMerge(FolderSyncReplica.layer),
    Layer.provide(
      StagingCommits.layer.pipe(
        Layer.provide(GroupCommitRepository.layer.pipe(Layer.provide(SegmentReaderRanges.layer))),
        Layer.provide(BlockStorePacks.layer),
        Layer.provide(LeaseAlways.layer)
      )
    ),
    Layer.provideMerge(FaultDeferred.layer)
  )
  return BepServer.layer.pipe(
    Layer.provide(BepConnectionPeer.layer),
    Layer.provide(options.network.layer),
    Layer.provide(
      Layer.merge(IndexSendingReplica.layer, BlockServingReplica.layer.pipe(Layer.provide(BlockReaderPacks.layer)))
    ),
    Layer.provideMerge(syncing),
    Layer.provideMerge(ReplicaMemory.layer),
    Layer.provideMerge(IdentityRepository.layer),
    Layer.provideMerge(RepositoryLog.layerAs("host")),
    Layer.provideMerge(LogObjectsSealed.layer),
    Layer.provideMerge(ground)
  )
}

/** Everything that lies in the bucket, read by a host that knows nothing else. */
const reading = (store: ObjectStore["Service"], passphrase: string | undefined) =>
  Layer.merge(ReplicaMemory.layer, BlockReaderPacks.layer).pipe(
    Layer.provideMerge(RepositoryLog.layerAs("auditor")),
    Layer.provideMerge(LogObjectsSealed.layer),
    Layer.provideMerge(Layer.mergeAll(
      Layer.succeed(ObjectStore, store),
      Hosts.randomLayer(99),
      Hosts.passphraseLayer(passphrase),
      Layer.succeed(Witness, WitnessMemory.make(new Map()))
    ))
  )

/** Opens the bucket afresh and says what is wrong with it, given what peers were promised. */
const audit = Effect.fnUntraced(function*(
  store: ObjectStore["Service"],
  peers: ReadonlyArray<SimPeer.SimPeer>,
  passphrase: string | undefined
) {
  return yield* Effect.scoped(Effect.gen(function*() {
    const context = yield* Layer.build(reading(store, passphrase))
    const replica = Context.get(context, Replica)
    const reader = Context.get(context, BlockReader)
    const repository = Context.get(context, Repository)
    const state = yield* repository.head
    yield* replica.catchUp()
    const complaints: Array<string> = []
    const heads = new Map<string, FileInfo.FileInfo>()
    let copies = 0
    for (let after = 0;;) {
      const page = replica.recordsAfterUnsafe(SimPeer.folder, after, { records: 500, bytes: 1 << 20 })
      for (const record of page.records) {
        const info = Result.getOrThrow(FileInfo.decode(record.info))
        heads.set(record.name, info)
        if (record.name.includes(".sync-conflict-")) copies++
        if (record.sequence > (state.folders.get(SimPeer.folder)?.sequence ?? 0)) {
          complaints.push(`${record.name} has sequence ${record.sequence} above the folder's`)
        }
        if (info.deleted || info.size === 0) continue
        for (let i = 0; i < FileInfo.blockCount(info); i++) {
          const pack = Record.packOf(record, i)
          if (pack === undefined) complaints.push(`block ${i} of ${record.name} is in no pack`)
          else yield* reader.read(pack, FileInfo.blockHash(info, i))
        }
      }
      if (page.records.length === 0) break
      after = page.last
    }
    const edits = peers.flatMap((peer) => [...peer.edits.values()])
    const commits = yield* Stream.runCollect(repository.commitsAfter(0))
    const recorded = Promises.recorded(commits.map(({ commit }) => commit), complaints)
    for (const { acknowledged } of peers) {
      complaints.push(...Promises.broken(acknowledged, heads, recorded, edits))
    }
    return { complaints, copies }
  }))
})

const patient = (store: ObjectStore["Service"]) =>
  ObjectStoreRetrying.make(ObjectStoreTimed.make(store), { budget: Duration.minutes(15) })

export const simulate = Effect.fnUntraced(function*(plan: Plan) {
  const random = Seeded.make(plan.seed)
  const network = PeerTransportPipe.makeNetwork({ capacity: 64 * 1024, pieceSize: () => 1 + random.int(20_000) })
  const { store: bucket } = yield* plan.passphrase === undefined
    ? Hosts.bucket
    : Hosts.encryptedBucket(plan.passphrase)
  const memory = new Map<string, Seen>()
  let us: DeviceId.DeviceId | undefined
  const peers = Array.from({ length: plan.peers }, (_, i) => {
    const device = DeviceId.fromCertificate(Uint8Array.of(7, i, plan.seed & 255, plan.seed >> 8))
    return SimPeer.make({
      device,
      us: () => us ?? device,
      transport: network.transport(device),
      address: `tcp://${address}`,
      seed: plan.seed * 31 + i,
      names: 12
    })
  })
  const masters = peers.map((peer) => peer.device)
  const complaints: Array<string> = []
  const history: Array<string> = []
  let edits = 0
  let copies = 0

  const life = Effect.fnUntraced(function*(number: number, last: boolean) {
    const crashAt = 4 + random.int(40)
    const faulty = FaultyStore.make(bucket, {
      seed: plan.seed * 1009 + number,
      fail: last ? 0 : plan.fail,
      lose: last ? 0 : plan.lose,
      delay: plan.delay,
      decide: ({ index }) => last || index !== crashAt ? undefined : random.chance(0.5) ? "crash before" : "crash after"
    })
    const scope = yield* Scope.make()
    const built = yield* Effect.exit(
      Layer.buildWithScope(
        daemon({
          store: plan.patient === true ? patient(faulty.store) : faulty.store,
          network,
          masters,
          seed: plan.seed * 7 + number,
          memory,
          passphrase: plan.passphrase
        }),
        scope
      )
    )
    const rounds = last ? 400 : 10 + random.int(30)
    for (let round = 0; round < rounds; round++) {
      if (!last) {
        const peer = peers[random.int(peers.length)]
        if (peer === undefined) continue
        for (let burst = random.int(4); burst > 0; burst--) {
          yield* peer.edit
          edits++
        }
      } else if (peers.every((peer) => peer.settled()) || (plan.peers > 1 && round > 100)) break
      yield* Effect.sleep(100 + random.int(3000))
    }
    if (Exit.isSuccess(built) && last && plan.peers === 1 && !peers.every((peer) => peer.settled())) {
      complaints.push("not everything was acknowledged in the end")
    }
    faulty.crash()
    network.cut(() => true)
    yield* Effect.forkDetach(Scope.close(scope, Exit.void))
    yield* Effect.sleep("60 seconds")
    history.push(...faulty.history)
    const found = yield* audit(bucket, peers, plan.passphrase)
    complaints.push(...found.complaints.map((complaint) => `after life ${number}: ${complaint}`))
    copies = found.copies
  })

  const run = Effect.gen(function*() {
    const identity = yield* Effect.scoped(Effect.map(
      Layer.build(reading(bucket, plan.passphrase)),
      (context) => Context.get(context, Repository)
    ))
    const certificate = (yield* identity.head).identity?.certificate
    us = certificate === undefined ? undefined : DeviceId.fromCertificate(certificate)
    const running = yield* Effect.forEach(peers, (peer) => Effect.forkChild(peer.run))
    for (let number = 0; number <= plan.crashes; number++) yield* life(number, number === plan.crashes)
    yield* Fiber.interruptAll(running)
    for (const peer of peers) complaints.push(...peer.complaints)
    return {
      complaints,
      edits,
      acknowledged: peers.reduce((sum, peer) => sum + peer.acknowledged.size, 0),
      copies,
      history
    } satisfies Outcome
  })
  return yield* Hosts.inVirtualTime(run).pipe(Random.withSeed(plan.seed))
})
