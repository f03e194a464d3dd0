/** Who we are to an SFTP server, and which of its keys we believe. Passphrases and passwords stay `Redacted`. */
import { Context, type Effect, type Redacted } from "effect"
import type { Trust } from "../domain/store/SftpTrust.ts"
import type { StoreRefused } from "./ObjectStore.ts"

/** A private key as it lies in its file. */
export interface KeyFile {
  readonly file: string
  readonly bytes: Redacted.Redacted<Uint8Array>
  /** The operator named it, so one that cannot be used is an error and not passed over. */
  readonly named: boolean
}

export class SftpLogin extends Context.Service<SftpLogin, {
  readonly user: string
  /** To be shown in this order, before the agent. */
  readonly keys: ReadonlyArray<KeyFile>
  /** Opens keys that are encrypted. */
  readonly passphrase: Redacted.Redacted | undefined
  /** The socket of an agent. */
  readonly agent: string | undefined
  readonly password: Redacted.Redacted | undefined
  /** Keys of hosts, read anew so that a line may be added while the program runs. */
  readonly trust: Effect.Effect<Trust, StoreRefused>
}>()("bepository/services/SftpLogin") {}
