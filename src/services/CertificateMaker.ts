/** Makes the self-signed certificate that becomes a device id. */
import { Context, type Effect } from "effect"

export interface MadeCertificate {
  /** DER. CN=syncthing, SAN DNS:syncthing, 20 years. */
  readonly certificate: Uint8Array
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array
}

export class CertificateMaker extends Context.Service<CertificateMaker, {
  readonly make: Effect.Effect<MadeCertificate>
}>()("bepository/services/CertificateMaker") {}
