/** What the operator set, read once when layers are built: flags over environment over env file over defaults. */
import { Context, type Duration, type Redacted } from "effect"
import type { DeviceId } from "../domain/DeviceId.ts"

/** How this host takes turns with others that share the repository. */
export interface Turns {
  /** What this host is called; undefined: by a part of its random id. */
  readonly hostName: string | undefined
  /** Who has a higher one goes first. */
  readonly priority: number
  /** How long a claim on the term stands, milliseconds. */
  readonly lease: number
  /** `always`: the term is kept while nobody else wants it. */
  readonly mode: "on-demand" | "always"
  /** Between two looks at what other hosts did, milliseconds; undefined: more often while something moves. */
  readonly follow: number | undefined
}

export const aloneTurns: Turns = {
  hostName: undefined,
  priority: 100,
  lease: 180_000,
  mode: "on-demand",
  follow: undefined
}

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
  readonly turns: Turns
}>()("bepository/services/Settings") {}
