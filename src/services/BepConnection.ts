/**
 * One connection to a master, from the exchanged Hellos to its end: reads, decides by `domain/bep/Session`, hands index
 * messages to `FolderSync`, responses to `Ingest`, requests to `BlockServing`, and tells our index by `IndexSending`.
 * Two connections of one device must not run at once: folders' indexes are taken in by one at a time.
 */
import { Context, type Effect } from "effect"
import type { Kind } from "../domain/bep/WriterQueue.ts"
import type { SharedFolder } from "./FolderSync.ts"
import type { PeerLink } from "./PeerTransport.ts"

/** The writing half of a connection. Everything but `until` is synchronous; nothing waits for the peer. */
export interface Outbox {
  /** Queues a whole frame. False if the bound of its kind would be passed; nothing is queued then. */
  readonly push: (kind: Kind, buffers: ReadonlyArray<Uint8Array>, tag?: string) => boolean
  /** Like `push`, of a copy: the buffers are the caller's again. */
  readonly pushCopy: (kind: Kind, buffers: ReadonlyArray<Uint8Array>) => boolean
  /** Bytes of the kind that may be pushed now. */
  readonly room: (kind: Kind) => number
  /** Bytes of the kind that wait or are being written. */
  readonly size: (kind: Kind) => number
  /** Forgets waiting entries with the tag. */
  readonly drop: (kind: Kind, tag: string) => void
  /** Waits until the condition holds; it is looked at after each write. */
  readonly until: (condition: () => boolean) => Effect.Effect<void>
}

/** What is agreed with a device, whichever of its connections agreed on it. Replaced as a whole, never changed. */
export interface Agreement {
  folders: ReadonlyMap<string, SharedFolder>
}

export interface Opened {
  readonly link: PeerLink
  readonly style: "1.x" | "2.x"
  /** What arrived behind the peer's Hello. */
  readonly rest: ReadonlyArray<Uint8Array>
  /** Outlives a connection that is replaced by another. */
  readonly agreement: Agreement
  /** Answers the reason when this side wants the connection ended. */
  readonly stop: Effect.Effect<string>
  /** Run when the connection touches nothing outside any more, before the last words are said. */
  readonly released: Effect.Effect<void>
}

export class BepConnection extends Context.Service<BepConnection, {
  /** Answers why the connection ended. If interrupted, says so to the peer first. The link is left to the caller. */
  readonly run: (opened: Opened) => Effect.Effect<string>
}>()("bepository/services/BepConnection") {}
