import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { inspect } from "node:util"
import * as KeySlot from "../../src/domain/repository/KeySlot.ts"
import * as PassphraseScrypt from "../../src/layers/PassphraseScrypt.ts"
import { keySlot, masterKey, ok, passphrase, repository, stretched } from "../domain/repository/fixtures.ts"

const secret = Redacted.make(passphrase)
const cheap: KeySlot.Cost = { logN: 10, r: 8, p: 2 }

it.live("is scrypt, at the cost the slot says", () =>
  Effect.gen(function*() {
    const made = PassphraseScrypt.make(secret)
    assert.deepStrictEqual(made.cost, KeySlot.usualCost)
    const salt = new Uint8Array(32).fill(3)
    for (const cost of [cheap, { logN: 11, r: 1, p: 1 }, { logN: 12, r: 64, p: 1 }]) {
      assert.isTrue((yield* made.stretch(salt, cost)).equals(stretched(passphrase, salt, cost)))
    }
  }))

it.live("opens the golden slot", () =>
  Effect.gen(function*() {
    const { about, object } = keySlot()
    const header = { suite: "aes-256-gcm", repository } as const
    const slot = ok(KeySlot.decode(header, about.id, object.bytes))
    const key = yield* PassphraseScrypt.make(secret).stretch(slot.salt, slot.cost)
    assert.isTrue(KeySlot.open(header, slot, key)?.equals(masterKey))
  }))

it("shows nothing of itself", () => {
  const made = PassphraseScrypt.make(secret)
  for (const text of [inspect(made, { depth: 9, showHidden: true }), JSON.stringify(made)]) {
    assert.notInclude(text, "correct horse")
  }
})
