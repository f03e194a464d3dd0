/**
 * What the operator knows and nobody else: a passphrase, as that which keys are made of. Never shown, logged or compared.
 * Without one, only repositories that are not encrypted can be opened or made.
 */
import { Context, type Effect } from "effect"
import type { Cost, Key } from "../domain/repository/KeySlot.ts"

export interface Passphrase {
  /** For new key slots. */
  readonly cost: Cost
  /** What scrypt makes of it: 32 bytes. Takes memory and time, as the cost says. */
  readonly stretch: (salt: Uint8Array, cost: Cost) => Effect.Effect<Key>
}

export const Passphrase: Context.Reference<Passphrase | undefined> = Context.Reference(
  "bepository/services/Passphrase",
  { defaultValue: (): Passphrase | undefined => undefined }
)
