/**
 * Throw-away TLS identities for tests: self-signed P-256 certificates, written by hand as DER.
 * `forged` is the attacker's tool: a key file that pretends to belong to a certificate whose key it does not have.
 */
import * as Crypto from "node:crypto"

export interface TestIdentity {
  /** DER. */
  readonly certificate: Uint8Array
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array
}

const tlv = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const body = Buffer.concat(parts)
  const n = body.length
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]
  return Buffer.concat([Uint8Array.of(tag, ...length), body])
}
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex")
const sequence = (...parts: ReadonlyArray<Uint8Array>) => tlv(0x30, ...parts)

const ecdsaWithSha256 = sequence(hex("06082a8648ce3d040302"))
const subjectAltName = hex("0603551d11")

/** A self-signed certificate for `CN=<name>`, SAN `DNS:<name>`, from 2025 on for 20 years, or `until` (`YYMMDD`). */
export const makeIdentity = (name = "syncthing", until = "450101"): TestIdentity => {
  const keys = Crypto.generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const subject = sequence(tlv(0x31, sequence(hex("0603550403"), tlv(0x0c, Buffer.from(name)))))
  const serial = Crypto.randomBytes(8)
  serial[0] = (serial[0] ?? 0) & 0x7f | 0x40
  const body = sequence(
    tlv(0xa0, hex("020102")),
    tlv(0x02, serial),
    ecdsaWithSha256,
    subject,
    sequence(tlv(0x17, Buffer.from("250101000000Z")), tlv(0x17, Buffer.from(`${until}000000Z`))),
    subject,
    keys.publicKey.export({ format: "der", type: "spki" }),
    tlv(0xa3, sequence(sequence(subjectAltName, tlv(0x04, sequence(tlv(0x82, Buffer.from(name)))))))
  )
  const signature = Crypto.sign("sha256", body, keys.privateKey)
  return {
    certificate: sequence(body, ecdsaWithSha256, tlv(0x03, Uint8Array.of(0), signature)),
    privateKey: keys.privateKey.export({ format: "der", type: "pkcs8" })
  }
}

export const certificatePem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`

export const privateKeyPem = (der: Uint8Array): string =>
  `-----BEGIN PRIVATE KEY-----\n${Buffer.from(der).toString("base64")}\n-----END PRIVATE KEY-----\n`

/**
 * A PEM key with the victim's public point and the thief's secret. OpenSSL compares only the points when it loads the
 * pair, so the handshake goes ahead and is signed with a key that does not belong to the certificate.
 */
export const forgedKeyPem = (victim: TestIdentity, thief: TestIdentity): string => {
  const load = (identity: TestIdentity) =>
    Crypto.createPrivateKey({ key: Buffer.from(identity.privateKey), format: "der", type: "pkcs8" }).export({
      format: "jwk"
    })
  const point = load(victim)
  const der = sequence(
    hex("020101"),
    tlv(0x04, Buffer.from(load(thief).d ?? "", "base64url")),
    tlv(0xa0, hex("06082a8648ce3d030107")),
    tlv(
      0xa1,
      tlv(0x03, hex("0004"), Buffer.from(point.x ?? "", "base64url"), Buffer.from(point.y ?? "", "base64url"))
    )
  )
  return `-----BEGIN EC PRIVATE KEY-----\n${Buffer.from(der).toString("base64")}\n-----END EC PRIVATE KEY-----\n`
}
