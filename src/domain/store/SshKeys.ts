/**
 * ssh2 makes one cipher for each packet from the bytes of the key, which costs Node more than to encrypt 32 KiB with a key it
 * knows already. The keys in its ciphers are exchanged for such; where they are not found everything works, only slower.
 */
import { createSecretKey, KeyObject } from "node:crypto"

/** Hidden parts of ssh2's protocol object: its ciphers of the moment, made anew whenever the keys change. */
interface Ciphers {
  readonly _cipher?: Record<string, unknown>
  readonly _decipher?: Record<string, unknown>
}

/** How many of the two keys Node knows now. */
export const known = (protocol: object | undefined): number => {
  const { _cipher, _decipher } = (protocol ?? {}) as Ciphers
  return exchange(_cipher, "_encKey") + exchange(_decipher, "_decipherKey")
}

const exchange = (cipher: Record<string, unknown> | undefined, field: string): number => {
  const key = cipher?.[field]
  if (cipher === undefined) return 0
  if (Buffer.isBuffer(key)) cipher[field] = createSecretKey(key)
  return cipher[field] instanceof KeyObject ? 1 : 0
}
