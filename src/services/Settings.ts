/** What the operator set, read once when layers are built: flags over environment over env file over defaults. */
import { Context, type Duration, type Redacted } from "effect"
import type { DeviceId } from "../domain/DeviceId.ts"

export class Settings extends Context.Service<Settings, {
  readonly cacheDirectory: string
  /** Device ids that may connect; empty for commands that talk to no peer. */
  readonly masters: ReadonlyArray<DeviceId>
  /** host:port */
  readonly listen: string
  /** `tcp://host:port`, dialled while no master is connected; undefined: never dial. */
  readonly masterAddress: string | undefined
  readonly deviceName: string
  readonly davPassword: Redacted.Redacted | undefined
  /** Target payload of a pack, bytes. */
  readonly packSize: number
  /** Longest time staged work waits for its commit under load. */
  readonly commitInterval: Duration.Duration
  /** Payload bytes after which staged work is committed under load. */
  readonly commitBytes: number
}>()("bepository/services/Settings") {}
