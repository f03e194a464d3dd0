/**
 * What each program is made of: here, and for stores in `wiring-store.ts`, it is known which implementation stands behind a
 * service. Layers are values, so that what several parts need is built once; what is heavy and not everybody's (LMDB, X.509,
 * HTTP) is loaded on use.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Effect, Layer, Redacted } from "effect"
import { dirname } from "node:path"
import packageJson from "../../package.json" with { type: "json" }
import * as DeviceId from "../domain/DeviceId.ts"
import type { StorageUri } from "../domain/StorageUri.ts"
import * as Scratch from "../domain/store/Scratch.ts"
import * as BepConnectionPeer from "../layers/BepConnectionPeer.ts"
import * as BepServer from "../layers/BepServer.ts"
import * as BlockReaderPacks from "../layers/BlockReaderPacks.ts"
import * as BlockServingReplica from "../layers/BlockServingReplica.ts"
import * as BlockStorePacks from "../layers/BlockStorePacks.ts"
import * as BootClockOs from "../layers/BootClockOs.ts"
import * as CheckpointKeepingRepository from "../layers/CheckpointKeepingRepository.ts"
import * as CheckpointLoop from "../layers/CheckpointLoop.ts"
import * as CheckpointsRepository from "../layers/CheckpointsRepository.ts"
import * as ClaimsObjects from "../layers/ClaimsObjects.ts"
import * as CollectionLoop from "../layers/CollectionLoop.ts"
import * as CollectorPacks from "../layers/CollectorPacks.ts"
import * as CompactionLoop from "../layers/CompactionLoop.ts"
import * as CompactorMerging from "../layers/CompactorMerging.ts"
import * as DavTreeCheckpoints from "../layers/DavTreeCheckpoints.ts"
import * as FaultDeferred from "../layers/FaultDeferred.ts"
import * as FoldersRepository from "../layers/FoldersRepository.ts"
import * as FolderSyncReplica from "../layers/FolderSyncReplica.ts"
import * as FolderTotalsReplica from "../layers/FolderTotalsReplica.ts"
import * as FolderTotalsSegments from "../layers/FolderTotalsSegments.ts"
import * as FollowLoop from "../layers/FollowLoop.ts"
import * as FsckRepository from "../layers/FsckRepository.ts"
import * as GroupCommitRepository from "../layers/GroupCommitRepository.ts"
import * as HoldingsLog from "../layers/HoldingsLog.ts"
import * as HostFilesNode from "../layers/HostFilesNode.ts"
import * as HostIdentityFile from "../layers/HostIdentityFile.ts"
import * as IdentityRepository from "../layers/IdentityRepository.ts"
import * as IndexSendingReplica from "../layers/IndexSendingReplica.ts"
import * as IngestBlocks from "../layers/IngestBlocks.ts"
import * as KeysObjects from "../layers/KeysObjects.ts"
import * as KnownRepositoryFile from "../layers/KnownRepositoryFile.ts"
import * as LeaseObjectStore from "../layers/LeaseObjectStore.ts"
import * as LiveSetsFooters from "../layers/LiveSetsFooters.ts"
import * as LogAuditObjects from "../layers/LogAuditObjects.ts"
import * as LogObjectsForgiving from "../layers/LogObjectsForgiving.ts"
import * as LogObjectsSealed from "../layers/LogObjectsSealed.ts"
import * as LogTrimmerObjects from "../layers/LogTrimmerObjects.ts"
import * as ObjectProofStore from "../layers/ObjectProofStore.ts"
import * as PackSalvageFrames from "../layers/PackSalvageFrames.ts"
import * as PassphraseScrypt from "../layers/PassphraseScrypt.ts"
import * as PeerTransportTls from "../layers/PeerTransportTls.ts"
import * as ProgressLoop from "../layers/ProgressLoop.ts"
import * as ReaderPinsRepository from "../layers/ReaderPinsRepository.ts"
import * as RepackerPacks from "../layers/RepackerPacks.ts"
import * as RepairRepository from "../layers/RepairRepository.ts"
import * as ReplicaSweeping from "../layers/ReplicaSweeping.ts"
import * as RepositoryCopyObjects from "../layers/RepositoryCopyObjects.ts"
import * as RepositoryInitLog from "../layers/RepositoryInitLog.ts"
import * as RepositoryLog from "../layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../layers/SegmentReaderRanges.ts"
import * as SnapshotReaderSegments from "../layers/SnapshotReaderSegments.ts"
import * as StagingCommits from "../layers/StagingCommits.ts"
import * as StoreCheckupObjects from "../layers/StoreCheckupObjects.ts"
import * as TrimLoop from "../layers/TrimLoop.ts"
import * as UpkeepClockNoted from "../layers/UpkeepClockNoted.ts"
import * as UpkeepNotesFile from "../layers/UpkeepNotesFile.ts"
import * as UpkeepNotesMemory from "../layers/UpkeepNotesMemory.ts"
import * as WitnessFile from "../layers/WitnessFile.ts"
import * as WitnessMemory from "../layers/WitnessMemory.ts"
import { CertificateMaker } from "../services/CertificateMaker.ts"
import { DavPasswordMissing } from "../services/Dav.ts"
import { Identity } from "../services/Identity.ts"
import { RepositoryInit } from "../services/RepositoryInit.ts"
import { Settings, type Turns } from "../services/Settings.ts"
import { Secrets } from "./secrets.ts"
import { placeName } from "./settings.ts"
import { StoreOptions } from "./store-options.ts"
import { stored, swept } from "./wiring-store.ts"

export { bucketRules } from "./wiring-store.ts"

type Values = Settings["Service"]

const loaded = <A, E, R>(load: () => Promise<{ readonly layer: Layer.Layer<A, E, R> }>): Layer.Layer<A, E, R> =>
  Layer.unwrap(Effect.map(Effect.promise(load), ({ layer }) => layer))

const certificates = loaded(() => import("../layers/CertificateMakerX509.ts"))
const replicaFile = loaded(() => import("../layers/ReplicaFileLmdb.ts"))
const replicaTables = loaded(() => import("../layers/ReplicaLmdb.ts"))

/** The passphrase, and what this host knows of the place; whoever looks only leaves no notes. */
const trusted = (uri: StorageUri, manner: "keep" | "look") =>
  Layer.unwrap(Effect.map(Secrets, ({ notes, passphrase }) =>
    Layer.merge(
      PassphraseScrypt.layer(passphrase),
      notes === undefined ? Layer.empty : KnownRepositoryFile.layer(placeName(uri), manner).pipe(
        Layer.provide(HostFilesNode.layer(notes))
      )
    )))

/** Objects, and what everything needs. */
const ground = (uri: StorageUri, manner: "keep" | "look" = "look") =>
  Layer.mergeAll(
    Layer.unwrap(Effect.map(StoreOptions, (options) => stored(uri, options))),
    trusted(uri, manner),
    NodeCrypto.layer
  )

/** The log for commands: whoever waits for one is told in the end that the outcome of a commit is unknown. */
const log = Layer.unwrap(Effect.map(StoreOptions, ({ patience }) => LogObjectsSealed.layerWith(patience)))

/** The repository as it is in the store. */
const opened = RepositoryLog.layer.pipe(Layer.provideMerge(log))

/** The same for those who look into damage: it stands on an older base where the newest cannot be read. */
const openedForgiving = RepositoryLog.layer.pipe(
  Layer.provideMerge(LogObjectsForgiving.layer.pipe(Layer.provide(log)))
)

/** For commands that only look: they need no directory on this host. */
export const repository = (uri: StorageUri) =>
  opened.pipe(Layer.provideMerge(Layer.merge(WitnessMemory.layer, ground(uri))))

/**
 * Fails if something in the repository is newer than this program, before what does not read the log changes anything. Damage
 * is told by whoever meets it.
 */
export const understood = (uri: StorageUri) =>
  Effect.scoped(Effect.asVoid(Layer.build(repository(uri)))).pipe(
    Effect.catchTags({ RepositoryAbsent: () => Effect.void, RepositoryCorrupt: () => Effect.void })
  )

/** The same, for commands that read segments, or commit what needs neither term nor cache. */
export const administration = (uri: StorageUri) =>
  Layer.mergeAll(CheckpointKeepingRepository.layer, FoldersRepository.layer, SegmentReaderRanges.layer).pipe(
    Layer.provideMerge(repository(uri))
  )

/** What holds how much, by footers. */
const holdings = HoldingsLog.layer.pipe(
  Layer.provide(LiveSetsFooters.layer),
  Layer.provide(SegmentReaderRanges.layer)
)

/** What checks it. */
export const fsck = (uri: StorageUri) =>
  FsckRepository.layer.pipe(
    Layer.provide(Layer.merge(LogAuditObjects.layer, ObjectProofStore.layer)),
    Layer.provideMerge(openedForgiving),
    Layer.provideMerge(Layer.merge(WitnessMemory.layer, ground(uri)))
  )

/** What this host noted of its upkeep, for whoever only looks. */
const noted = Layer.unwrap(
  Effect.map(Secrets, ({ notes }) =>
    notes === undefined
      ? UpkeepNotesMemory.layer
      : UpkeepNotesFile.layer.pipe(Layer.provide(HostFilesNode.layer(notes))))
)

/** The same, with the device that the repository is, and with what its bytes are held by. */
export const identity = (uri: StorageUri) =>
  Layer.mergeAll(IdentityRepository.layer, holdings, ClaimsObjects.layer(packageJson.version), noted).pipe(
    Layer.provideMerge(repository(uri))
  )

/** What takes away claims that stand no more. */
export const claims = (uri: StorageUri, settings: Values) =>
  ClaimsObjects.layer(packageJson.version).pipe(
    Layer.provideMerge(opened),
    Layer.provideMerge(Layer.merge(host(settings), ground(uri)))
  )

const initialiser = RepositoryInitLog.layer.pipe(Layer.provideMerge(certificates))

/** Makes the repository if there is none, and answers who it is. */
export const init = Effect.fn("wiring.init")(function*(uri: StorageUri) {
  return yield* Effect.gen(function*() {
    const made = yield* (yield* RepositoryInit).init
    const { device } = yield* Effect.provide(
      Identity,
      IdentityRepository.layer.pipe(Layer.provide(RepositoryLog.layer), Layer.provide(WitnessMemory.layer))
    )
    return { ...made, device }
  }).pipe(Effect.provide(initialiser.pipe(Layer.provideMerge(log), Layer.provideMerge(ground(uri)))))
})

/** What this host saw of the log lies in its cache directory, beside the replicas: discarding one keeps it. */
const host = (settings: Values) =>
  Layer.mergeAll(
    WitnessFile.layer,
    UpkeepNotesFile.layer,
    HostIdentityFile.layer(settings.turns.hostName).pipe(Layer.provide(NodeCrypto.layer)),
    BootClockOs.layer,
    Layer.succeed(Settings, settings)
  ).pipe(Layer.provide(HostFilesNode.layer(dirname(settings.cacheDirectory))))

/** Who writes. A person waits for a command: it goes before daemons of its host's rank, which are done with what they do in seconds. */
const lease = (turns: Turns, patience?: number) =>
  LeaseObjectStore.layer({
    priority: turns.priority + (patience === undefined ? 0 : 1),
    duration: turns.lease,
    mode: patience === undefined ? turns.mode : "on-demand",
    patience: patience ?? 0,
    announce: patience === undefined,
    version: packageJson.version
  })

const commandLease = (settings: Values) =>
  Layer.unwrap(Effect.map(StoreOptions, ({ patience }) => lease(settings.turns, patience)))

/** Takes away what nothing needs. Under a term. */
const collecting = CollectorPacks.layer.pipe(
  Layer.provide(RepackerPacks.layer),
  Layer.provide(Layer.mergeAll(BlockReaderPacks.layer, BlockStorePacks.layer, LiveSetsFooters.layer)),
  Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockNoted.layer))
)

const compacting = CompactorMerging.layer.pipe(
  Layer.provide(LiveSetsFooters.layer),
  Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockNoted.layer))
)

/** For `fsck --compact`. */
export const collector = (uri: StorageUri, settings: Values) =>
  Layer.mergeAll(collecting, compacting, holdings).pipe(
    Layer.provideMerge(commandLease(settings)),
    Layer.provideMerge(opened),
    Layer.provideMerge(Layer.merge(host(settings), ground(uri, "keep")))
  )

/** For commands that write. */
export const checkpoints = (uri: StorageUri, settings: Values) =>
  CheckpointsRepository.layer.pipe(
    Layer.provide(Layer.merge(FolderTotalsSegments.layer, UpkeepClockNoted.layer)),
    Layer.provideMerge(SegmentReaderRanges.layer),
    Layer.provideMerge(commandLease(settings)),
    Layer.provideMerge(opened),
    Layer.provideMerge(Layer.merge(host(settings), ground(uri, "keep")))
  )

/** What checks and mends. */
export const repairing = (uri: StorageUri, settings: Values) =>
  Layer.merge(FsckRepository.layer, RepairRepository.layer).pipe(
    Layer.provide(PackSalvageFrames.layer),
    Layer.provide(Layer.mergeAll(BlockStorePacks.layer, LogAuditObjects.layer, ObjectProofStore.layer)),
    Layer.provide(
      CheckpointsRepository.layer.pipe(
        Layer.provide(Layer.merge(FolderTotalsSegments.layer, UpkeepClockNoted.layer))
      )
    ),
    Layer.provide(SegmentReaderRanges.layer),
    Layer.provide(commandLease(settings)),
    Layer.provideMerge(openedForgiving),
    Layer.provideMerge(Layer.merge(host(settings), ground(uri)))
  )

/** What gives the repository another identity. */
export const regenerating = (uri: StorageUri) =>
  Layer.merge(certificates, NodeCrypto.layer).pipe(
    Layer.provideMerge(repository(uri))
  )

/** Checkpoints over WebDAV at `address`; commits only pins of what is read for long, so it needs no directory either. */
export const dav = (uri: StorageUri, settings: Values, address: string) =>
  Layer.unwrap(Effect.gen(function*() {
    // Before anything is opened: what is wrong here has nothing to do with the store.
    if (settings.davPassword === undefined || Redacted.value(settings.davPassword).trim() === "") {
      return yield* new DavPasswordMissing()
    }
    const { layer } = yield* Effect.promise(() => import("../layers/DavServer.ts"))
    return layer(address).pipe(
      Layer.provide(DavTreeCheckpoints.layer),
      Layer.provide(ReaderPinsRepository.layer.pipe(Layer.provide(CheckpointKeepingRepository.layer))),
      Layer.provide(SnapshotReaderSegments.layer),
      Layer.provide(BlockReaderPacks.layer),
      Layer.provide(repository(uri)),
      Layer.provide(Layer.succeed(Settings, settings))
    )
  }))

/** Any location, as a store. */
export const objects = (uri: StorageUri) => ground(uri)

/** What copies the repository elsewhere. */
export const copying = (uri: StorageUri) =>
  RepositoryCopyObjects.layer.pipe(Layer.provide(Layer.merge(log, NodeCrypto.layer)), Layer.provide(ground(uri)))

/** The keys of an encrypted repository. */
export const keys = (uri: StorageUri) => KeysObjects.layer.pipe(Layer.provide(log), Layer.provide(ground(uri)))

/** A passphrase that is not the one in use. */
export const newPassphrase = (secret: Redacted.Redacted) => PassphraseScrypt.make(secret)

/** What tries out the store, in a scratch place of that name. */
export const checkup = (uri: StorageUri, name: string) =>
  StoreCheckupObjects.layer.pipe(Layer.provide(ground(Scratch.below(uri, name))), Layer.provide(swept(uri, name)))

/** Opens the repository, after making it in an empty location. A daemon asks for outcomes until it knows them. */
const madeAndOpened = Layer.unwrap(
  Effect.gen(function*() {
    const { created, encrypted } = yield* (yield* RepositoryInit).openOrInit
    if (created) yield* Effect.logInfo(`a repository was made; it is ${encrypted ? "" : "not "}encrypted`)
    return RepositoryLog.layer
  })
).pipe(Layer.provideMerge(initialiser), Layer.provideMerge(LogObjectsSealed.layer))

const replica = ReplicaSweeping.layer.pipe(
  Layer.provideMerge(replicaTables),
  Layer.provide(Layer.merge(replicaFile, SegmentReaderRanges.layer))
)

const storing = (turns: Turns) =>
  StagingCommits.layer.pipe(
    Layer.provide(GroupCommitRepository.layer.pipe(Layer.provide(SegmentReaderRanges.layer))),
    Layer.provide(BlockStorePacks.layer),
    Layer.provideMerge(Layer.mergeAll(CheckpointLoop.layer, FollowLoop.layer, TrimLoop.layer)),
    Layer.provide(LogTrimmerObjects.layer),
    Layer.provide(CheckpointsRepository.layer.pipe(Layer.provide(FolderTotalsReplica.layer))),
    Layer.provideMerge(CollectionLoop.layer.pipe(Layer.provide(collecting))),
    Layer.provideMerge(CompactionLoop.layer.pipe(Layer.provide(Layer.merge(compacting, FolderTotalsReplica.layer)))),
    Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockNoted.layer)),
    Layer.provideMerge(lease(turns))
  )

const syncing = (turns: Turns) =>
  ProgressLoop.layer.pipe(
    Layer.provideMerge(IngestBlocks.layer),
    Layer.provideMerge(FolderSyncReplica.layer),
    Layer.provide(storing(turns)),
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
    Layer.provideMerge(syncing(settings.turns)),
    Layer.provide(replica),
    Layer.provideMerge(IdentityRepository.layer),
    Layer.provideMerge(madeAndOpened),
    Layer.provideMerge(Layer.merge(host(settings), ground(uri, "keep")))
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
