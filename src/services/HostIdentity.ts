/** Who this host is among those that share a repository: random, and what its operator calls it. Nothing of the machine. */
import { Context } from "effect"

export class HostIdentity extends Context.Service<HostIdentity, {
  /** 32 random hex digits, the same for all processes of the host. */
  readonly id: string
  /** For people. */
  readonly label: string
  /** Number of this process. */
  readonly process: number
  /** Whether a process of this host still runs. */
  readonly isAlive: (process: number) => boolean
}>()("bepository/services/HostIdentity") {}
