/**
 * What we know of the folders peers share with us, and what we want of them. Takes in cluster configs and indexes,
 * decides entry by entry (`domain/Conflict`), and keeps what is wanted in the replica's inbox for `Ingest`.
 * Index entries of one (device, folder) are received in order, by one caller at a time.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { ClusterConfig, Index, IndexUpdate } from "../domain/bep/Messages.ts"
import type { Style } from "../domain/Conflict.ts"
import type { DeviceId } from "../domain/DeviceId.ts"
import type { LeaseHeld } from "./Lease.ts"
import type { ReplicaUnusable } from "./Replica.ts"
import type { RepositoryError } from "./Repository.ts"

/** The peer broke the protocol; the reason goes into Close. */
export class PeerViolation extends Schema.TaggedError<PeerViolation>()("PeerViolation", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** One folder as agreed with one peer. */
export interface SharedFolder {
  readonly folder: string
  /** The peer paused it: send nothing, request nothing. */
  readonly paused: boolean
  /** Our sequence after which the peer lacks our entries; 0 means begin with a full Index. */
  readonly sendAfter: number
  /** The index id of ours in which `sendAfter` counts. */
  readonly indexId: bigint
}

export interface Wanted {
  readonly device: DeviceId
  readonly folder: string
  /** The device's index began anew: what was waiting before is gone. */
  readonly restarted: boolean
}

export class FolderSync extends Context.Service<FolderSync, {
  /**
   * Takes in a peer's cluster config (the whole picture): adds folders we do not have yet to the repository (but none
   * that was removed), relabels what the device has renamed, notices new index ids. Where nothing is to be added the store is
   * not waited for. `style` is the device's conflict rule, by its Hello. Answers what is shared now. Fails with a violation if a folder lacks either device.
   */
  readonly clusterConfig: (
    device: DeviceId,
    style: Style,
    theirs: ClusterConfig
  ) => Effect.Effect<ReadonlyArray<SharedFolder>, PeerViolation | LeaseHeld | ReplicaUnusable | RepositoryError>
  /** Ids of folders that the device shares, but that an operator removed here: nothing is taken in or told of them. */
  readonly removed: (device: DeviceId) => Effect.Effect<ReadonlyArray<string>>
  /** What we state to the device: every folder it shares with us, with index ids and sequences for both sides. */
  readonly ours: (device: DeviceId) => Effect.Effect<ClusterConfig, ReplicaUnusable | RepositoryError>
  /** By which rule conflicts in the folder are decided now: that of 1.x once a device that shares it is known to follow it. */
  readonly styleOf: (folder: string) => Style
  /** Takes in index entries. A bad entry is skipped and logged. */
  readonly index: (
    device: DeviceId,
    message: Index | IndexUpdate
  ) => Effect.Effect<void, PeerViolation | ReplicaUnusable | RepositoryError>
  /** Emits when entries were put into an inbox. Bounded: duplicates are merged. */
  readonly wanted: Stream.Stream<Wanted>
}>()("bepository/services/FolderSync") {}
