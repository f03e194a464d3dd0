import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { execFileSync } from "node:child_process"
import { createPrivateKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto"
import * as Tls from "node:tls"
import * as Certificate from "../../src/domain/Certificate.ts"
import * as CertificateMakerX509 from "../../src/layers/CertificateMakerX509.ts"
import { CertificateMaker } from "../../src/services/CertificateMaker.ts"

const layer = Layer.provide(CertificateMakerX509.layer, NodeCrypto.layer)

const pem = (type: string, der: Uint8Array) =>
  `-----BEGIN ${type}-----\n${
    Buffer.from(der).toString("base64").replaceAll(/(.{64})/g, "$1\n")
  }\n-----END ${type}-----\n`

describe("CertificateMakerX509", () => {
  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("makes what node and Syncthing take for a device's certificate", () =>
      Effect.gen(function*() {
        const { certificate, privateKey } = yield* (yield* CertificateMaker).make
        const parsed = new X509Certificate(certificate)
        assert.isTrue(parsed.verify(parsed.publicKey))
        assert.isTrue(
          parsed.checkPrivateKey(createPrivateKey({ key: Buffer.from(privateKey), format: "der", type: "pkcs8" }))
        )
        assert.strictEqual(parsed.subject, "CN=syncthing")
        assert.strictEqual(parsed.issuer, "CN=syncthing")
        assert.strictEqual(parsed.subjectAltName, "DNS:syncthing")
        assert.deepStrictEqual(parsed.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"])
        assert.isFalse(parsed.ca)
        assert.strictEqual(parsed.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1")
        assert.strictEqual(parsed.checkHost("syncthing"), "syncthing")
        assert.isTrue(Buffer.from(parsed.raw).equals(certificate))
      }))

    it.effect("makes another device each time", () =>
      Effect.gen(function*() {
        const maker = yield* CertificateMaker
        const made = yield* Effect.all([maker.make, maker.make, maker.make])
        const serials = made.map(({ certificate }) => new X509Certificate(certificate).serialNumber)
        assert.strictEqual(new Set(serials).size, 3)
      }))

    it.effect("carries a TLS 1.3 session both ways", () =>
      Effect.gen(function*() {
        const maker = yield* CertificateMaker
        const [ours, theirs] = yield* Effect.all([maker.make, maker.make])
        const options = (made: typeof ours) => ({
          cert: pem("CERTIFICATE", made.certificate),
          key: pem("PRIVATE KEY", made.privateKey),
          minVersion: "TLSv1.3" as const,
          rejectUnauthorized: false
        })
        const seen = yield* Effect.promise(() =>
          new Promise<ReadonlyArray<Uint8Array>>((resolve, reject) => {
            const server = Tls.createServer({ ...options(ours), requestCert: true }, (socket) => {
              const peer = socket.getPeerX509Certificate()?.raw
              socket.on("data", () => {
                socket.end()
                server.close()
                resolve([peer ?? new Uint8Array(0), client.getPeerX509Certificate()?.raw ?? new Uint8Array(0)])
              })
            })
            let client: Tls.TLSSocket
            server.listen(0, "127.0.0.1", () => {
              const address = server.address()
              client = Tls.connect({
                ...options(theirs),
                host: "127.0.0.1",
                port: typeof address === "object" ? address!.port : 0
              })
              client.on("secureConnect", () => client.write("x"))
              client.on("error", reject)
            })
          })
        )
        assert.isTrue(Buffer.from(theirs.certificate).equals(seen[0]!))
        assert.isTrue(Buffer.from(ours.certificate).equals(seen[1]!))
      }))
  })

  it.effect("is valid from the day's beginning, for twenty years", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 10, 23, 4, 5, 6))
      const parsed = new X509Certificate((yield* (yield* CertificateMaker).make).certificate)
      assert.strictEqual(parsed.validFrom, "Nov 23 00:00:00 2026 GMT")
      assert.strictEqual(parsed.validTo, "Nov 23 00:00:00 2046 GMT")
    }).pipe(Effect.provide(layer)))

  it("encodes serials of any first byte as positive numbers, and years from 2050 in four digits", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    for (
      const serial of [[0, 0, 0, 0, 0, 0, 0, 1], [0, 0x80, 1, 1, 1, 1, 1, 1], [0xff, 1, 1, 1, 1, 1, 1, 1], [
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0
      ]]
    ) {
      const der = Certificate.make({
        serial: Uint8Array.from(serial),
        notBefore: "2049-12-31T23:59:59.999Z",
        notAfter: "2050-01-01T00:00:00.000Z",
        publicKey: publicKey.export({ type: "spki", format: "der" })
      }, (bytes) => sign("sha256", bytes, privateKey))
      const parsed = new X509Certificate(der)
      assert.isTrue(parsed.verify(publicKey))
      assert.strictEqual(BigInt(`0x${parsed.serialNumber}`), BigInt(`0x${Buffer.from(serial).toString("hex")}`))
      assert.strictEqual(parsed.validFrom, "Dec 31 23:59:59 2049 GMT")
      assert.strictEqual(parsed.validTo, "Jan  1 00:00:00 2050 GMT")
    }
  })

  it.live("openssl agrees, byte for byte", () =>
    Effect.gen(function*() {
      const { certificate } = yield* (yield* CertificateMaker).make
      const text = execFileSync("openssl", ["x509", "-inform", "der", "-noout", "-text"], { input: certificate })
        .toString()
      for (
        const line of [
          "Version: 3 (0x2)",
          "ecdsa-with-SHA256",
          "CN = syncthing",
          "Digital Signature",
          "CA:FALSE",
          "TLS Web Server Authentication, TLS Web Client Authentication",
          "DNS:syncthing"
        ]
      ) {
        assert.include(text, line)
      }
      const again = execFileSync("openssl", ["x509", "-inform", "der", "-outform", "der"], { input: certificate })
      assert.isTrue(again.equals(certificate))
    }).pipe(Effect.provide(layer)))
})
