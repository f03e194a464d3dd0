/** A passphrase, stretched by scrypt on a thread of Node's pool. */
import { Effect, Layer, Redacted } from "effect"
import { createSecretKey, scrypt } from "node:crypto"
import * as KeySlot from "../domain/repository/KeySlot.ts"
import { Passphrase } from "../services/Passphrase.ts"

export const make = (secret: Redacted.Redacted, cost = KeySlot.usualCost): Passphrase => ({
  cost,
  stretch: (salt, { logN, p, r }) =>
    Effect.callback((resume) => {
      // Node counts a little more than scrypt's 128·N·r.
      const maxmem = 256 * 2 ** logN * r
      const passphrase = KeySlot.passphraseBytes(Redacted.value(secret))
      scrypt(passphrase, salt, 32, { N: 2 ** logN, r, p, maxmem }, (error, key) => {
        resume(error === null ? Effect.succeed(createSecretKey(key)) : Effect.die(error))
      })
    })
})

export const layer = (secret: Redacted.Redacted | undefined): Layer.Layer<never> =>
  secret === undefined ? Layer.empty : Layer.succeed(Passphrase, make(secret))
