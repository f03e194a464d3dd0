/**
 * New blocks on their way into packs. A block counts only once a commit names its pack; `seal` is the barrier between
 * "added" and "uploaded".
 */
import { Context, type Effect } from "effect"
import type { PackContents, PackRef } from "../domain/repository/State.ts"
import type { LeaseHeld } from "./Lease.ts"
import type { RepositoryError } from "./Repository.ts"

/** A pack that is durable in the store, with the block hashes it holds (32 bytes each, in order of `hashes`). */
export interface SealedPack {
  readonly ref: PackRef
  readonly contents: PackContents
}

export class BlockStore extends Context.Service<BlockStore, {
  /**
   * Opens a place to build packs under the current term. Packs of a builder are named by that term; when a commit answers
   * Fenced, abandon the builder and open another: its packs may not be named any more (law 12).
   */
  readonly builder: Effect.Effect<PackBuilderHandle, LeaseHeld | RepositoryError>
}>()("bepository/services/BlockStore") {}

/** Used by one fiber at a time. */
export interface PackBuilderHandle {
  readonly term: number
  /**
   * Copies the block into the open pack and returns the pack's id. The caller has verified the hash. Synchronous; when
   * the pack is full it is closed and uploaded in the background. Call only while `room() >= bytes.length`.
   */
  readonly add: (hash: Uint8Array, bytes: Uint8Array) => string
  /** The pack that holds the block, if it was added to this builder and not yet dropped by `forget`. */
  readonly find: (hash: Uint8Array) => string | undefined
  /** Bytes that can be added now without exceeding the bound on buffered packs. */
  readonly room: () => number
  /** Waits until `room() >= bytes`; fails when the store refuses the packs for good. */
  readonly awaitRoom: (bytes: number) => Effect.Effect<void, RepositoryError>
  /** Closes the open pack, waits for every upload, and returns all packs uploaded since the last `seal`. */
  readonly seal: Effect.Effect<ReadonlyArray<SealedPack>, RepositoryError>
  /** The same, but the open pack stays open. */
  readonly drain: Effect.Effect<ReadonlyArray<SealedPack>, RepositoryError>
  /** Packs already durable and not yet returned by any of these; does not close the open pack. */
  readonly take: Effect.Effect<ReadonlyArray<SealedPack>>
  /** Drops what `find` remembers of packs that the replica knows by now. */
  readonly forget: (packs: ReadonlyArray<string>) => void
  /** Payload bytes in packs not yet returned. */
  readonly pending: () => number
  /** Of these, what `take` would return now. */
  readonly durable: () => number
}
