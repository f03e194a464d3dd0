/** The device this repository is: one TLS certificate and key, kept in the repository's state, shared by all hosts. */
import { Context } from "effect"
import type { DeviceId } from "../domain/DeviceId.ts"

export class Identity extends Context.Service<Identity, {
  readonly device: DeviceId
  /** DER. */
  readonly certificate: Uint8Array
  /** PKCS#8 DER. Never logged. */
  readonly privateKey: Uint8Array
}>()("bepository/services/Identity") {}
