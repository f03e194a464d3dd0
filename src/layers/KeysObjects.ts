/**
 * Key slots as objects. What is removed is older than a slot that is there, so the newest of all is never removed by anybody;
 * and no new slot is relied on before it was read back from the store and gave the master key.
 */
import { Effect, Layer, Result } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { hostname } from "node:os"
import type { Sealing } from "../domain/repository/Envelope.ts"
import * as KeySlot from "../domain/repository/KeySlot.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import { KeyRefused, Keys, type Slot } from "../services/Keys.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Passphrase } from "../services/Passphrase.ts"
import { RepositoryAbsent, RepositoryCorrupt, unreadable } from "../services/Repository.ts"

type Encrypted = Extract<Sealing, { readonly suite: "aes-256-gcm" }>

/** Slots that every opening may have to try. */
const mostSlots = 64

export const layer: Layer.Layer<Keys, never, LogObjects | ObjectStore | SecureRandom.SecureRandom> = Layer.effect(
  Keys,
  Effect.gen(function*() {
    const log = yield* LogObjects
    const store = yield* ObjectStore
    const random = yield* SecureRandom.SecureRandom
    const passphrase = yield* Passphrase
    const refuse = (reason: string) => new KeyRefused({ reason })
    const notEncrypted = refuse(
      `the repository at ${store.location} is not encrypted, and stays so: it has no keys. Make one with \`init --passphrase\``
    )

    /** The sealing, the slot that the passphrase in use opens, and all slots. */
    const opened = Effect.gen(function*() {
      const { sealing, slot } = yield* log.marker
      if (sealing.suite === "plain") return yield* notEncrypted
      const slots = yield* log.slots(sealing)
      const own = slots.find((each) => each._tag === "Slot" && each.id === slot)
      if (own?._tag !== "Slot") {
        return yield* refuse("the slot of the passphrase was just removed by another; try again")
      }
      return { sealing, slots, own: own.slot }
    })

    const opens = (sealing: Encrypted, slot: KeySlot.KeySlot, passphrase: Passphrase) =>
      Effect.map(
        passphrase.stretch(slot.salt, slot.cost),
        (key) => KeySlot.open(sealing, slot, key)?.equals(sealing.key) === true
      )

    const put = Effect.fnUntraced(function*(
      sealing: Encrypted,
      slots: ReadonlyArray<Slot>,
      fresh: Passphrase,
      label: string
    ) {
      const id = Buffer.from(yield* random.randomBytes(16)).toString("hex")
      const about = {
        id,
        label,
        host: hostname().slice(0, 255),
        created: KeySlot.nextCreated(slots, yield* store.now),
        cost: fresh.cost,
        salt: yield* random.randomBytes(KeySlot.saltLength)
      }
      const stretched = yield* fresh.stretch(about.salt, about.cost)
      const key = ObjectKey.key(id)
      yield* store.put(key, [KeySlot.seal(sealing, about, stretched, sealing.key)])
      const bytes = yield* Effect.catchTags(store.get(key), {
        ObjectNotFound: () => Effect.undefined,
        ObjectUnreadable: unreadable
      })
      const back = bytes === undefined ? undefined : Result.getOrUndefined(KeySlot.decode(sealing, id, bytes))
      if (back === undefined || !(yield* opens(sealing, back, fresh))) {
        return yield* new RepositoryCorrupt({ key, reason: "it was written, and it does not read back" })
      }
      return back
    })

    const room = (slots: ReadonlyArray<Slot>) =>
      slots.length < mostSlots
        ? Effect.void
        : refuse(`there are ${slots.length} keys, and each opening tries them all; remove one first`)

    const list = Effect.gen(function*() {
      const marker = yield* log.claim
      if (marker === undefined) return yield* new RepositoryAbsent({ location: store.location })
      if (marker.suite === "plain") return yield* notEncrypted
      const own = passphrase === undefined
        ? undefined
        : yield* Effect.map(log.marker, ({ slot }) => slot ?? null).pipe(
          Effect.catchTag("PassphraseWrong", () => Effect.succeed(null))
        )
      return { slots: yield* log.slots(marker), own }
    })

    const add = Effect.fn("Keys.add")(function*(fresh: Passphrase, label: string) {
      const { sealing, slots } = yield* opened
      yield* room(slots)
      // Two keys of one passphrase: who removes one of them would take the passphrase for void.
      for (const slot of slots) {
        if (slot._tag !== "Slot" || !(yield* opens(sealing, slot.slot, fresh))) continue
        const about = slot.slot.label === "" ? "" : ` (${slot.slot.label})`
        return yield* refuse(`the new passphrase opens the key ${slot.id}${about} already; nothing was added`)
      }
      return yield* put(sealing, slots, fresh, label)
    })

    const remove = Effect.fn("Keys.remove")(function*(id: string) {
      const { own, sealing, slots } = yield* opened
      const target = slots.find((slot) => slot.id === id)
      if (target === undefined) return yield* refuse(`there is no key ${id}; \`bepository key list\` shows them`)
      if (target._tag === "Newer") {
        return yield* refuse(`the key ${id} is of a newer bepository (${target.reason}); remove it with that one`)
      }
      if (id === own.id) {
        const others = slots.some((slot) => slot._tag === "Slot" && slot.id !== id)
        return yield* refuse(
          others
            ? `the key ${id} is the one in use; remove it with the passphrase of another, or use \`key change\``
            : `the key ${id} is the last one: without it the repository could never be read again`
        )
      }
      if (target._tag !== "Slot") return yield* store.remove([ObjectKey.key(id)])
      const newer = slots.some((slot) => slot._tag === "Slot" && KeySlot.isNewer(slot.slot, target.slot))
      if (newer || passphrase === undefined) return yield* store.remove([ObjectKey.key(id)])
      // The newest: ours is made anew first, and then is the newest.
      yield* put(sealing, slots, passphrase, own.label)
      yield* store.remove([ObjectKey.key(id)])
      yield* store.remove([ObjectKey.key(own.id)])
    })

    const change = Effect.fn("Keys.change")(function*(fresh: Passphrase, label: string | undefined) {
      const { own, sealing, slots } = yield* opened
      if (yield* opens(sealing, own, fresh)) return yield* refuse("the new passphrase is the one in use")
      const old: Array<KeySlot.KeySlot> = []
      let made: KeySlot.KeySlot | undefined
      for (const slot of slots) {
        if (slot._tag !== "Slot" || passphrase === undefined) continue
        if (slot.id === own.id || (yield* opens(sealing, slot.slot, passphrase))) old.push(slot.slot)
        // A change that broke off had come so far.
        else if (yield* opens(sealing, slot.slot, fresh)) made = slot.slot
      }
      if (made === undefined || old.some((slot) => KeySlot.isNewer(slot, made!))) {
        yield* room(slots)
        made = yield* put(sealing, slots, fresh, label ?? own.label)
      }
      yield* store.remove(old.map((slot) => ObjectKey.key(slot.id)))
      return made
    })

    return Keys.of({ check: Effect.asVoid(opened), list: Effect.withSpan(list, "Keys.list"), add, remove, change })
  })
)
