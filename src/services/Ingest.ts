/**
 * Turns what is wanted into commits: finds blocks in the repository, requests the others, packs them, commits in groups.
 * Nothing is announced here: an entry becomes visible to peers when the replica applies its commit.
 */
import { Context, type Effect, type Scope } from "effect"
import type { DownloadProgress, Request, Response } from "../domain/bep/Messages.ts"
import type { DeviceId } from "../domain/DeviceId.ts"
import type { NotCommitted } from "./Staging.ts"

/** A connected peer that can be asked for blocks. */
export interface BlockSource {
  readonly device: DeviceId
  /** Folders that may be requested now: shared and not paused by either side. Read at each use. */
  readonly folders: () => ReadonlySet<string>
  /** Hands requests to the connection's writer. Synchronous, never waits; the caller bounds what is outstanding. */
  readonly request: (requests: ReadonlyArray<Request>) => void
  /** Hands a progress message to the writer; may drop it when the writer is busy. */
  readonly progress: (message: DownloadProgress) => void
}

export interface Attachment {
  /** Synchronous hand-over of a batch of responses, in the reader's own fiber. Unknown ids are ignored. */
  readonly responses: (batch: ReadonlyArray<Response>) => void
  /** The set of folders changed, or entries may have become available again. */
  readonly wake: () => void
}

export interface IngestProgress {
  readonly folder: string
  readonly device: DeviceId
  /** Entries still to be stored, staged ones included. What lost a conflict is not, once the inbox was looked through. */
  readonly waiting: number
  /** Since this process began. */
  readonly files: number
  readonly bytesReceived: number
  readonly bytesReused: number
  /** Entries that failed and wait for a retry. */
  readonly failed: number
}

export class Ingest extends Context.Service<Ingest, {
  /** Works through the device's inbox with this source until the scope closes; in-flight blocks are then dropped. */
  readonly attach: (source: BlockSource) => Effect.Effect<Attachment, never, Scope.Scope>
  /** Commits what is staged now and waits for it, through an outage of the store too, but no longer than 20 seconds. */
  readonly flush: Effect.Effect<void, NotCommitted>
  readonly progress: Effect.Effect<ReadonlyArray<IngestProgress>>
}>()("bepository/services/Ingest") {}
