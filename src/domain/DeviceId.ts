/**
 * A device id: the SHA-256 of a peer's certificate. The value is always the canonical 63-character text with check
 * characters, so two ids are the same device exactly when the strings are equal; text from outside goes through `parse`.
 */
import { Result } from "effect"
import { hash } from "node:crypto"

export type DeviceId = string & { readonly DeviceId: unique symbol }

/** The id in any spelling Syncthing accepts (BEP sheet §1.3): 56 characters with, 52 without check characters; "" is the all-zero id. */
export const parse = (text: string): Result.Result<DeviceId, string> => {
  const plain = text.replace(/^=+|=+$/g, "").replace(/[a-z018 -]/g, (c) => typos[c] ?? c.toUpperCase())
  if (plain.length === 0) return Result.succeed(fromBytes(new Uint8Array(32)))
  if (!/^[A-Z2-7]*$/.test(plain)) return Result.fail("a device id consists of letters A-Z and digits 2-7")
  if (plain.length === 52) return Result.succeed(fromBytes(decode(plain)))
  if (plain.length !== 56) return Result.fail(`a device id has 56 characters besides hyphens, not ${plain.length}`)
  let digits = ""
  for (let at = 0; at < 56; at += 14) {
    const group = plain.slice(at, at + 13)
    if (checkCharacter(group) !== plain[at + 13]) {
      return Result.fail("a check character of the device id does not match: it was mistyped")
    }
    digits += group
  }
  return Result.succeed(fromBytes(decode(digits)))
}

/** From the 32 raw bytes that travel in messages. */
export const fromBytes = (bytes: Uint8Array): DeviceId => {
  const digits = encode(bytes)
  let checked = ""
  for (let at = 0; at < 52; at += 13) {
    const group = digits.slice(at, at + 13)
    checked += group + checkCharacter(group)
  }
  return (checked.match(/.{7}/g) ?? []).join("-") as DeviceId
}

/** The 32 raw bytes. */
export const toBytes = (id: DeviceId): Uint8Array => {
  const checked = id.replaceAll("-", "")
  return decode(checked.slice(0, 13) + checked.slice(14, 27) + checked.slice(28, 41) + checked.slice(42, 55))
}

/** Of the holder of a certificate, given as DER. */
export const fromCertificate = (der: Uint8Array): DeviceId => fromBytes(hash("sha256", der, "buffer"))

/** The first 64 bits: what version vectors and `modified_by` name a device by. */
export const short = (id: DeviceId): bigint => {
  const bytes = toBytes(id)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0)
}

/** Seven characters, as in the first group of the long form; "" for 0n, as in Syncthing's conflict names. */
export const shortText = (short: bigint): string => {
  if (short === 0n) return ""
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, short)
  return encode(bytes).slice(0, 7)
}

/**
 * The check character of a base32 string: Syncthing's own variant of Luhn mod 32, factors 1, 2, 1, 2 … from the left.
 * `digits` must be in A-Z2-7.
 */
export const checkCharacter = (digits: string): string => {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const value = (i % 2 + 1) * alphabet.indexOf(digits.charAt(i))
    sum += Math.floor(value / 32) + value % 32
  }
  return alphabet.charAt((32 - sum % 32) % 32)
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

const typos: Record<string, string> = { "0": "O", "1": "I", "8": "B", "-": "", " ": "" }

const encode = (bytes: Uint8Array): string => {
  let text = ""
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = held << 8 | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt(held >>> bits & 31)
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet.charAt(held << 5 - bits & 31)
}

const decode = (digits: string): Uint8Array => {
  const bytes = new Uint8Array(32)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < digits.length; i++) {
    held = held << 5 | alphabet.indexOf(digits.charAt(i))
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = held >>> bits
      held &= (1 << bits) - 1
    }
  }
  return bytes
}
