/**
 * Authenticated byte streams to peers. The device id is proved by the handshake (the peer owns the key of the certificate
 * it showed); whether that device is wanted is not decided here.
 */
import { Context, type Effect, Schema, type Scope } from "effect"
import * as Runtime from "effect/Runtime"
import type { DeviceId } from "../domain/DeviceId.ts"

/** The connection ended: by the peer, by us, or by the network. */
export class PeerGone extends Schema.TaggedError<PeerGone>()("PeerGone", { reason: Schema.String }) {
  override get message() {
    return `the connection ended: ${this.reason}`
  }
}

/** A dial that did not become an authenticated connection. */
export class DialFailed extends Schema.TaggedError<DialFailed>()("DialFailed", {
  address: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot connect to ${this.address}: ${this.reason}`
  }
}

/** The port cannot be listened on. */
export class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", {
  address: Schema.String,
  reason: Schema.String
}) {
  override readonly [Runtime.errorExitCode] = 21
  override get message() {
    return `cannot listen on ${this.address}: ${this.reason}; choose another with --listen or stop what uses it`
  }
}

export interface PeerLink {
  readonly device: DeviceId
  /** host:port of the other side. */
  readonly address: string
  readonly direction: "incoming" | "outgoing"
  /**
   * What has arrived, at least one chunk; the chunks are valid until the next `receive`, copy what you keep. Nothing is
   * read ahead of it but a small buffer.
   */
  readonly receive: Effect.Effect<ReadonlyArray<Uint8Array>, PeerGone>
  /** Writes in order, waits while the socket's buffer is full. The buffers belong to the link until it answers. */
  readonly send: (buffers: ReadonlyArray<Uint8Array>) => Effect.Effect<void, PeerGone>
  /** Flushes what was sent (10 s at most) and ends the connection. Idempotent. */
  readonly close: Effect.Effect<void>
}

export class PeerTransport extends Context.Service<PeerTransport, {
  /**
   * Listens on `host:port` until the scope closes and calls `accept` in a fiber of its own for each authenticated
   * connection; the link is closed when `accept` ends. Port 0 picks one; answers the address really bound.
   */
  readonly listen: (
    address: string,
    accept: (link: PeerLink) => Effect.Effect<void>
  ) => Effect.Effect<string, ListenFailed, Scope.Scope>
  /** Connects to `tcp://host:port`; closed with the scope. */
  readonly dial: (address: string) => Effect.Effect<PeerLink, DialFailed, Scope.Scope>
}>()("bepository/services/PeerTransport") {}
