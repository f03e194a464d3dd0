/**
 * Between fetched and committed: new blocks go into packs here, complete files wait here, and commits are made in groups.
 * The synchronous methods are for the hot path; they never wait.
 */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { Staged } from "../domain/sync/CommitDraft.ts"

/** Not everything that was staged is known to be committed. Nothing is lost: what is not is fetched again. */
export class NotCommitted extends Schema.TaggedError<NotCommitted>()("NotCommitted", {
  files: Schema.Int,
  reason: Schema.String
}) {
  override get message() {
    return `the last ${this.files} files were not committed, they will be fetched again: ${this.reason}`
  }
}

export class Staging extends Context.Service<Staging, {
  /** The pack that holds the block: durable and live, or being built in this term. */
  readonly find: (hash: Uint8Array) => string | undefined
  /** Copies a verified block into the open pack. Only while `room() >= bytes.length`. */
  readonly add: (hash: Uint8Array, bytes: Uint8Array) => string
  /** Bytes that may be added now; 0 until `open` has run in this term. */
  readonly room: () => number
  /** Waits until `room() >= bytes`: opens a term if there is none, waits for uploads if the packs are full. */
  readonly open: (bytes: number) => Effect.Effect<void>
  /** Complete files, to be committed with the next group. */
  readonly stage: (files: ReadonlyArray<Staged>) => void
  /** Told at each change: whether anything is being fetched or could be. `drained` lets the group be committed soon. */
  readonly activity: (drained: boolean) => void
  /** Emits what each commit dealt with, after the replica shows it. What is still in the inbox then has lost a conflict. */
  readonly settled: Stream.Stream<ReadonlyArray<Staged>>
  /**
   * Emits when what `find` and `add` answered earlier does not count any more (a newer term was opened, or a pack is
   * gone): everything not settled has to be admitted again.
   */
  readonly invalidated: Stream.Stream<void>
  /** Commits what is staged now and waits for it, through an outage of the store too, but no longer than 20 seconds. */
  readonly flush: Effect.Effect<void, NotCommitted>
}>()("bepository/services/Staging") {}
