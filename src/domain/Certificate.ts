/**
 * The self-signed X.509 certificate a Syncthing device shows: made of fixed parts in DER, because nothing else of ASN.1
 * is needed. The device id is the hash of its bytes, so whoever re-encodes a certificate makes another device.
 */

export interface CertificateFields {
  /** Eight random bytes. */
  readonly serial: Uint8Array
  /** UTC, ISO 8601: `2026-11-23T00:00:00…`; whole seconds count. */
  readonly notBefore: string
  readonly notAfter: string
  /** SubjectPublicKeyInfo of a P-256 key, DER. */
  readonly publicKey: Uint8Array
}

/** Name and alternative name: what Syncthing expects a peer's certificate to be made out to. */
export const commonName = "syncthing"

/** The certificate, DER. `sign`: ECDSA with SHA-256 by the key's private half, as DER. */
export const make = (fields: CertificateFields, sign: (bytes: Uint8Array) => Uint8Array): Uint8Array => {
  const toBeSigned = sequence(
    tagged(0xa0, integer(Uint8Array.of(2))),
    integer(fields.serial),
    algorithm,
    name,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    name,
    fields.publicKey,
    tagged(0xa3, extensions)
  )
  return sequence(toBeSigned, algorithm, bitString(0, sign(toBeSigned)))
}

const tagged = (tag: number, ...contents: ReadonlyArray<Uint8Array>): Uint8Array => {
  const size = contents.reduce((total, content) => total + content.length, 0)
  const length: Array<number> = []
  for (let left = size; left > 0; left = Math.floor(left / 256)) length.unshift(left % 256)
  const head = size < 128 ? [tag, size] : [tag, 0x80 + length.length, ...length]
  return Buffer.concat([Uint8Array.from(head), ...contents])
}

const sequence = (...contents: ReadonlyArray<Uint8Array>): Uint8Array => tagged(0x30, ...contents)

/** A positive INTEGER, in its one shortest form. */
const integer = (bytes: Uint8Array): Uint8Array => {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from++
  const value = bytes.subarray(from)
  return (value[0] ?? 0) >= 0x80 ? tagged(0x02, Uint8Array.of(0), value) : tagged(0x02, value)
}

const bitString = (unused: number, bytes: Uint8Array): Uint8Array => tagged(0x03, Uint8Array.of(unused), bytes)

const octetString = (content: Uint8Array): Uint8Array => tagged(0x04, content)

const text = (tag: number, value: string): Uint8Array => tagged(tag, Buffer.from(value, "latin1"))

const oid = (...bytes: ReadonlyArray<number>): Uint8Array => tagged(0x06, Uint8Array.from(bytes))

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
const time = (iso: string): Uint8Array => {
  const digits = `${iso.slice(0, 19).replaceAll(/[-:T]/g, "")}Z`
  return digits < "2050" ? text(0x17, digits.slice(2)) : text(0x18, digits)
}

/** ecdsa-with-SHA256 */
const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

/** CN=syncthing, as UTF8String. */
const name = sequence(tagged(0x31, sequence(oid(0x55, 0x04, 0x03), text(0x0c, commonName))))

const critical = Uint8Array.of(0x01, 0x01, 0xff)
const extended = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03]

const extensions = sequence(
  // key usage: digital signature
  sequence(oid(0x55, 0x1d, 0x0f), critical, octetString(bitString(7, Uint8Array.of(0x80)))),
  // extended key usage: TLS server, TLS client
  sequence(oid(0x55, 0x1d, 0x25), octetString(sequence(oid(...extended, 0x01), oid(...extended, 0x02)))),
  // basic constraints: no authority
  sequence(oid(0x55, 0x1d, 0x13), critical, octetString(sequence())),
  // alternative name: a DNS name
  sequence(oid(0x55, 0x1d, 0x11), octetString(sequence(text(0x82, commonName))))
)
