/** Makes certificates with the keys of `node:crypto`: P-256, valid for 20 years. Every call makes another device. */
import { DateTime, Effect, Layer } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { generateKeyPairSync, sign } from "node:crypto"
import * as Certificate from "../domain/Certificate.ts"
import { CertificateMaker } from "../services/CertificateMaker.ts"

export const layer: Layer.Layer<CertificateMaker, never, SecureRandom.SecureRandom> = Layer.effect(
  CertificateMaker,
  Effect.gen(function*() {
    const random = yield* SecureRandom.SecureRandom
    return CertificateMaker.of({
      make: Effect.gen(function*() {
        const serial = yield* random.randomBytes(8)
        // From the day's beginning: a peer whose clock is a little behind must find it valid.
        const today = DateTime.startOf(yield* DateTime.now, "day")
        return yield* Effect.sync(() => {
          const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
          const certificate = Certificate.make({
            serial,
            notBefore: DateTime.formatIso(today),
            notAfter: DateTime.formatIso(DateTime.add(today, { years: 20 })),
            publicKey: publicKey.export({ type: "spki", format: "der" })
          }, (bytes) => sign("sha256", bytes, privateKey))
          return { certificate, privateKey: privateKey.export({ type: "pkcs8", format: "der" }) }
        })
      })
    })
  })
)
