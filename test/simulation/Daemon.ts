/** A daemon as `serve` runs it, but for its ground: store, disk, network and randomness are the simulation's. */
import { Layer } from "effect"
import * as BepConnectionPeer from "../../src/layers/BepConnectionPeer.ts"
import * as BepServer from "../../src/layers/BepServer.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as BlockServingReplica from "../../src/layers/BlockServingReplica.ts"
import * as BlockStorePacks from "../../src/layers/BlockStorePacks.ts"
import * as CheckpointLoop from "../../src/layers/CheckpointLoop.ts"
import * as CheckpointsRepository from "../../src/layers/CheckpointsRepository.ts"
import * as CollectionLoop from "../../src/layers/CollectionLoop.ts"
import * as CollectorPacks from "../../src/layers/CollectorPacks.ts"
import * as CompactionLoop from "../../src/layers/CompactionLoop.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as FaultDeferred from "../../src/layers/FaultDeferred.ts"
import * as FolderSyncReplica from "../../src/layers/FolderSyncReplica.ts"
import * as FolderTotalsReplica from "../../src/layers/FolderTotalsReplica.ts"
import * as FollowLoop from "../../src/layers/FollowLoop.ts"
import * as GroupCommitRepository from "../../src/layers/GroupCommitRepository.ts"
import * as IdentityRepository from "../../src/layers/IdentityRepository.ts"
import * as IndexSendingReplica from "../../src/layers/IndexSendingReplica.ts"
import * as IngestBlocks from "../../src/layers/IngestBlocks.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import * as LeaseObjectStore from "../../src/layers/LeaseObjectStore.ts"
import * as LiveSetsFooters from "../../src/layers/LiveSetsFooters.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as LogTrimmerObjects from "../../src/layers/LogTrimmerObjects.ts"
import type * as PeerTransportPipe from "../../src/layers/PeerTransportPipe.ts"
import * as RepackerPacks from "../../src/layers/RepackerPacks.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import * as StagingCommits from "../../src/layers/StagingCommits.ts"
import * as TrimLoop from "../../src/layers/TrimLoop.ts"
import * as UpkeepClockNoted from "../../src/layers/UpkeepClockNoted.ts"
import type { BootClock } from "../../src/services/BootClock.ts"
import type { Checkpoints } from "../../src/services/Checkpoints.ts"
import type { Collector } from "../../src/services/Collector.ts"
import type { Compactor } from "../../src/services/Compactor.ts"
import type { Fault } from "../../src/services/Fault.ts"
import type { HostIdentity } from "../../src/services/HostIdentity.ts"
import type { Lease } from "../../src/services/Lease.ts"
import type { LogTrimmer } from "../../src/services/LogTrimmer.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import type { Replica } from "../../src/services/Replica.ts"
import type { ReplicaFile } from "../../src/services/ReplicaFile.ts"
import type { Repository } from "../../src/services/Repository.ts"
import type { Settings } from "../../src/services/Settings.ts"
import type { UpkeepNotes } from "../../src/services/UpkeepNotes.ts"
import type { Witness } from "../../src/services/Witness.ts"
import type * as Hosts from "../harness/Hosts.ts"

const collecting = CollectorPacks.layer.pipe(
  Layer.provide(RepackerPacks.layer),
  Layer.provide(Layer.mergeAll(BlockReaderPacks.layer, BlockStorePacks.layer, LiveSetsFooters.layer)),
  Layer.provide(SegmentReaderRanges.layer)
)

/** What the simulation asks of a running daemon. */
export type Services = Checkpoints | Collector | Compactor | Fault | Lease | LogTrimmer | Replica | Repository

export const daemon = (
  network: PeerTransportPipe.Network,
  ground: Layer.Layer<
    | BootClock
    | HostIdentity
    | ObjectStore
    | Settings
    | UpkeepNotes
    | Witness
    | Layer.Success<ReturnType<typeof Hosts.randomLayer>>
  >,
  disk: Layer.Layer<ReplicaFile>,
  name: string,
  /** `believed`: every host takes the term whenever it likes. */
  lease: LeaseObjectStore.Options | "believed"
) => {
  const storing = StagingCommits.layer.pipe(
    Layer.provide(GroupCommitRepository.layer.pipe(Layer.provide(SegmentReaderRanges.layer))),
    Layer.provide(BlockStorePacks.layer),
    Layer.provideMerge(Layer.mergeAll(CheckpointLoop.layer, FollowLoop.layer, TrimLoop.layer)),
    Layer.provideMerge(LogTrimmerObjects.layer),
    Layer.provideMerge(CheckpointsRepository.layer.pipe(Layer.provide(FolderTotalsReplica.layer))),
    Layer.provideMerge(CollectionLoop.layer),
    Layer.provideMerge(collecting),
    Layer.provideMerge(CompactionLoop.layer.pipe(Layer.provide(FolderTotalsReplica.layer))),
    Layer.provideMerge(CompactorMerging.layerWith({ smallTable: 0 }).pipe(Layer.provide(LiveSetsFooters.layer))),
    Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockNoted.layer)),
    Layer.provideMerge(lease === "believed" ? LeaseAlways.layer : LeaseObjectStore.layer(lease))
  )
  const syncing = IngestBlocks.layer.pipe(
    Layer.provideMerge(FolderSyncReplica.layer),
    Layer.provideMerge(storing),
    Layer.provideMerge(FaultDeferred.layer)
  )
  return BepServer.layer.pipe(
    Layer.provide(BepConnectionPeer.layer),
    Layer.provide(network.layer),
    Layer.provide(
      Layer.merge(IndexSendingReplica.layer, BlockServingReplica.layer.pipe(Layer.provide(BlockReaderPacks.layer)))
    ),
    Layer.provideMerge(syncing),
    Layer.provideMerge(ReplicaLmdb.layer.pipe(Layer.provide(Layer.merge(disk, SegmentReaderRanges.layer)))),
    Layer.provideMerge(IdentityRepository.layer),
    Layer.provideMerge(RepositoryLog.layerAs(name)),
    Layer.provideMerge(LogObjectsSealed.layer),
    Layer.provideMerge(ground)
  )
}
