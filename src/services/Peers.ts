/** The connections of this host, for status. */
import { Context, type Effect } from "effect"
import type { DeviceId } from "../domain/DeviceId.ts"

export interface PeerStatus {
  readonly device: DeviceId
  readonly address: string
  readonly direction: "incoming" | "outgoing"
  /** From its Hello; any of them may be empty. */
  readonly deviceName: string
  readonly clientName: string
  readonly clientVersion: string
  readonly folders: ReadonlyArray<string>
  /** Unix milliseconds. */
  readonly since: number
}

export class Peers extends Context.Service<Peers, {
  /** The address really listened on, `host:port`. */
  readonly listening: string
  readonly connected: Effect.Effect<ReadonlyArray<PeerStatus>>
}>()("bepository/services/Peers") {}
