/**
 * What each program is made of: the one file that knows which implementation stands behind a service. Layers are values,
 * so that what several parts need is built once; what is heavy and not everybody's (LMDB, X.509, HTTP) is loaded on use.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Effect, Layer } from "effect"
import { dirname } from "node:path"
import * as DeviceId from "../domain/DeviceId.ts"
import type { StorageUri } from "../domain/StorageUri.ts"
import * as BepConnectionPeer from "../layers/BepConnectionPeer.ts"
import * as BepServer from "../layers/BepServer.ts"
import * as BlockReaderPacks from "../layers/BlockReaderPacks.ts"
import * as BlockServingReplica from "../layers/BlockServingReplica.ts"
import * as BlockStorePacks from "../layers/BlockStorePacks.ts"
import * as CheckpointLoop from "../layers/CheckpointLoop.ts"
import * as CheckpointsRepository from "../layers/CheckpointsRepository.ts"
import * as DavTreeCheckpoints from "../layers/DavTreeCheckpoints.ts"
import * as FaultDeferred from "../layers/FaultDeferred.ts"
import * as FolderSyncReplica from "../layers/FolderSyncReplica.ts"
import * as IdentityRepository from "../layers/IdentityRepository.ts"
import * as IndexSendingReplica from "../layers/IndexSendingReplica.ts"
import * as IngestBlocks from "../layers/IngestBlocks.ts"
import * as LeaseAlways from "../layers/LeaseAlways.ts"
import * as LogObjectsSealed from "../layers/LogObjectsSealed.ts"
import * as ObjectStoreFile from "../layers/ObjectStoreFile.ts"
import * as ObjectStoreMemory from "../layers/ObjectStoreMemory.ts"
import * as PeerTransportTls from "../layers/PeerTransportTls.ts"
import * as RepositoryCopyObjects from "../layers/RepositoryCopyObjects.ts"
import * as RepositoryInitLog from "../layers/RepositoryInitLog.ts"
import * as RepositoryLog from "../layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../layers/SegmentReaderRanges.ts"
import * as SnapshotReaderSegments from "../layers/SnapshotReaderSegments.ts"
import * as StagingCommits from "../layers/StagingCommits.ts"
import * as WitnessFile from "../layers/WitnessFile.ts"
import * as WitnessMemory from "../layers/WitnessMemory.ts"
import { CertificateMaker } from "../services/CertificateMaker.ts"
import { Identity } from "../services/Identity.ts"
import { RepositoryInit } from "../services/RepositoryInit.ts"
import { Settings } from "../services/Settings.ts"

type Values = Settings["Service"]

const loaded = <A, E, R>(load: () => Promise<{ readonly layer: Layer.Layer<A, E, R> }>): Layer.Layer<A, E, R> =>
  Layer.unwrap(Effect.map(Effect.promise(load), ({ layer }) => layer))

const certificates = loaded(() => import("../layers/CertificateMakerX509.ts"))
const replicaFile = loaded(() => import("../layers/ReplicaFileLmdb.ts"))
const replicaTables = loaded(() => import("../layers/ReplicaLmdb.ts"))

/** Objects, and what everything needs. */
const ground = (uri: StorageUri) =>
  Layer.merge(uri._tag === "File" ? ObjectStoreFile.layer(uri.path) : ObjectStoreMemory.layer, NodeCrypto.layer)

/** The repository as it is in the store. */
const opened = RepositoryLog.layer.pipe(Layer.provideMerge(LogObjectsSealed.layer))

/** For commands that only look: they need no directory on this host. */
export const repository = (uri: StorageUri) =>
  opened.pipe(Layer.provideMerge(Layer.merge(WitnessMemory.layer, ground(uri))))

/** The same, with the device that the repository is. */
export const identity = (uri: StorageUri) => IdentityRepository.layer.pipe(Layer.provideMerge(repository(uri)))

const initialiser = RepositoryInitLog.layer.pipe(
  Layer.provideMerge(certificates),
  Layer.provideMerge(LogObjectsSealed.layer)
)

/** Makes the repository if there is none, and answers who it is. */
export const init = Effect.fn("wiring.init")(function*(uri: StorageUri) {
  return yield* Effect.gen(function*() {
    const made = yield* (yield* RepositoryInit).init
    const { device } = yield* Effect.provide(
      Identity,
      IdentityRepository.layer.pipe(Layer.provide(RepositoryLog.layer), Layer.provide(WitnessMemory.layer))
    )
    return { ...made, device }
  }).pipe(Effect.provide(initialiser.pipe(Layer.provideMerge(ground(uri)))))
})

/** What this host saw of the log lies in its cache directory, beside the replicas: discarding one keeps it. */
const host = (settings: Values) =>
  Layer.merge(WitnessFile.layer(dirname(settings.cacheDirectory)), Layer.succeed(Settings, settings))

/** For commands that write. */
export const checkpoints = (uri: StorageUri, settings: Values) =>
  CheckpointsRepository.layer.pipe(
    Layer.provideMerge(LeaseAlways.layer),
    Layer.provideMerge(opened),
    Layer.provideMerge(Layer.merge(host(settings), ground(uri)))
  )

/** Checkpoints over WebDAV at `address`; reads only, so it needs no directory either. */
export const dav = (uri: StorageUri, settings: Values, address: string) =>
  Layer.unwrap(Effect.map(Effect.promise(() => import("../layers/DavServer.ts")), ({ layer }) => layer(address))).pipe(
    Layer.provide(DavTreeCheckpoints.layer),
    Layer.provide(SnapshotReaderSegments.layer),
    Layer.provide(BlockReaderPacks.layer),
    Layer.provide(repository(uri)),
    Layer.provide(Layer.succeed(Settings, settings))
  )

/** Any location, as a store. */
export const objects = (uri: StorageUri) => ground(uri)

/** What copies the repository elsewhere. */
export const copying = (uri: StorageUri) =>
  RepositoryCopyObjects.layer.pipe(Layer.provide(LogObjectsSealed.layer), Layer.provide(ground(uri)))

/** Opens the repository, after making it in an empty location. */
const madeAndOpened = Layer.unwrap(
  Effect.gen(function*() {
    const { created } = yield* (yield* RepositoryInit).openOrInit
    if (created) yield* Effect.logInfo("a repository was made; it is not encrypted")
    return RepositoryLog.layer
  })
).pipe(Layer.provideMerge(initialiser))

const replica = replicaTables.pipe(
  Layer.provide(Layer.merge(replicaFile, SegmentReaderRanges.layer))
)

const storing = StagingCommits.layer.pipe(
  Layer.provide(BlockStorePacks.layer),
  Layer.provideMerge(CheckpointLoop.layer),
  Layer.provide(CheckpointsRepository.layer),
  Layer.provideMerge(LeaseAlways.layer)
)

const syncing = IngestBlocks.layer.pipe(
  Layer.provideMerge(FolderSyncReplica.layer),
  Layer.provide(storing),
  Layer.provideMerge(FaultDeferred.layer)
)

const serving = Layer.merge(
  IndexSendingReplica.layer,
  BlockServingReplica.layer.pipe(Layer.provide(BlockReaderPacks.layer))
)

/** Everything `serve` runs. Torn down from the top: connections end, then staged work is committed, then the store closes. */
export const daemon = (uri: StorageUri, settings: Values) =>
  BepServer.layer.pipe(
    Layer.provide(Layer.merge(BepConnectionPeer.layer, PeerTransportTls.layer)),
    Layer.provide(serving),
    Layer.provideMerge(syncing),
    Layer.provide(replica),
    Layer.provideMerge(IdentityRepository.layer),
    Layer.provideMerge(madeAndOpened),
    Layer.provideMerge(Layer.merge(host(settings), ground(uri)))
  )

/** A device that is nobody's, for the demo's scripted peer. */
export const stranger = PeerTransportTls.layer.pipe(
  Layer.provideMerge(Layer.effect(
    Identity,
    Effect.gen(function*() {
      const made = yield* (yield* CertificateMaker).make
      return Identity.of({ device: DeviceId.fromCertificate(made.certificate), ...made })
    })
  )),
  Layer.provide(certificates),
  Layer.provide(NodeCrypto.layer)
)
