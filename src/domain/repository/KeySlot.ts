/**
 * One `key/<id>`: the master key, sealed by a key that scrypt makes of one passphrase. All the slot says, its name, suite
 * and repository id are sealed with it. A salt is used once: the sealing key then is too, and needs no nonce. What a slot
 * says of itself is proved only to those who have its passphrase.
 */
import * as Result from "effect/Result"
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto"
import { Writer } from "../Wire.ts"
import { corrupt, type EnvelopeError, type Header, openObject, Parts, readHeader, sealObject } from "./Envelope.ts"
import * as ObjectKey from "./ObjectKey.ts"
import { Strict } from "./Strict.ts"

/** What scrypt is asked for: 128·N·r bytes of memory, N·r·p steps. */
export interface Cost {
  /** N is 2 to the power of this. */
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** 32 bytes that are never shown: Node keeps them. */
export type Key = KeyObject

export interface KeySlot {
  /** 32 hex digits. */
  readonly id: string
  /** For people. */
  readonly label: string
  /** For people: the host it was made on. */
  readonly host: string
  /** Store time, Unix milliseconds; above that of every slot its maker saw. */
  readonly created: number
  readonly cost: Cost
  /** 32 random bytes. */
  readonly salt: Uint8Array
  /** The master key, sealed. */
  readonly sealed: Uint8Array
}

/** For new slots: 128 MiB and, on a machine of 2025, a third of a second. */
export const usualCost: Cost = { logN: 17, r: 8, p: 1 }

export const saltLength = 32
export const masterLength = 32
/** Of label and host, each, in UTF-8. */
export const maxText = 1024
/** No slot is larger; what is listed as larger is not even fetched. */
export const maxObject = 4096

export const tooLarge = "it is too large for a key slot"

/** Whether this program would do it: a slot may not take more than 1 GiB, nor sixteen times the usual steps. */
export const affordable = ({ logN, p, r }: Cost): boolean => {
  if (logN < 10 || logN > 20 || r < 1 || r > 64 || p < 1 || p > 64) return false
  const work = 2 ** logN * r
  return work <= 2 ** 23 && work * p <= 2 ** 24
}

/** What a passphrase is to scrypt: the same however its letters were composed by the keyboard. */
export const passphraseBytes = (passphrase: string): Uint8Array => Buffer.from(passphrase.normalize("NFC"))

/** The whole object. `sealing`: what scrypt made, for this salt and cost, of the passphrase. */
export const seal = (
  header: Header,
  about: Omit<KeySlot, "sealed">,
  sealing: Key,
  master: Key
): Uint8Array => {
  if (!affordable(about.cost) || about.salt.length !== saltLength) throw new RangeError("no such key slot")
  const cipher = createCipheriv("aes-256-gcm", sealing, nonce)
  cipher.setAAD(context(header, about))
  const sealed = Buffer.concat([cipher.update(master.export()), cipher.final(), cipher.getAuthTag()])
  const payload = fields(about).data(8, sealed).finish()
  return sealObject(header, ObjectKey.key(about.id), new Uint8Array(0), payload)
}

/** What a slot of that repository says. Nothing of it is proved before `open` was. */
export const decode = (header: Header, id: string, bytes: Uint8Array): Result.Result<KeySlot, EnvelopeError> =>
  Result.gen(function*() {
    if (bytes.length > maxObject) return yield* Result.fail(corrupt(tooLarge))
    const payload = yield* openObject(header, ObjectKey.key(id), bytes, maxObject)
    const reader = new Strict(payload)
    const said = { created: 0, label: "", host: "", logN: 0, r: 0, p: 0 }
    let salt: Uint8Array = new Uint8Array(0)
    let sealed: Uint8Array = new Uint8Array(0)
    reader.all((tag) => {
      if (tag === 8) said.created = reader.safe()
      else if (tag === 18) said.label = reader.string()
      else if (tag === 26) said.host = reader.string()
      else if (tag === 32) said.logN = reader.safe()
      else if (tag === 40) said.r = reader.safe()
      else if (tag === 48) said.p = reader.safe()
      else if (tag === 58) salt = reader.copy()
      else if (tag === 66) sealed = reader.copy()
      else reader.unknown("KeySlot", tag)
    })
    const { created, host, label, logN, p, r } = said
    const slot = yield* reader.result({ id, label, host, created, cost: { logN, r, p }, salt, sealed })
    if (!affordable(slot.cost)) return yield* Result.fail(corrupt("it asks for more, or less, than scrypt may cost"))
    if (salt.length !== saltLength) return yield* Result.fail(corrupt("its salt has another length"))
    if (sealed.length !== masterLength + 16) return yield* Result.fail(corrupt("its key has another length"))
    if (Buffer.byteLength(label) > maxText || Buffer.byteLength(host) > maxText) {
      return yield* Result.fail(corrupt("its texts are too long"))
    }
    return slot
  })

/** The master key; undefined if the passphrase is another one, or the slot is not what was made. */
export const open = (header: Header, slot: KeySlot, sealing: Key): Key | undefined => {
  const decipher = createDecipheriv("aes-256-gcm", sealing, nonce, { authTagLength: 16 })
  decipher.setAAD(context(header, slot))
  decipher.setAuthTag(slot.sealed.subarray(masterLength))
  return Result.getOrUndefined(
    Result.try(() =>
      createSecretKey(Buffer.concat([decipher.update(slot.sealed.subarray(0, masterLength)), decipher.final()]))
    )
  )
}

/** Whether a was made after b, for everybody alike. */
export const isNewer = (a: Pick<KeySlot, "created" | "id">, b: Pick<KeySlot, "created" | "id">): boolean =>
  a.created > b.created || (a.created === b.created && a.id > b.id)

/** What an object under `key/` is to a repository. */
export type Found =
  | { readonly _tag: "Slot"; readonly id: string; readonly slot: KeySlot }
  /** Left by an `init` that lost a race or broke off: it opens nothing here. */
  | { readonly _tag: "Foreign"; readonly id: string; readonly reason: string }
  | { readonly _tag: "Damaged"; readonly id: string; readonly reason: string }
  | { readonly _tag: "Newer"; readonly id: string; readonly reason: string }

export const look = (header: Header, id: string, bytes: Uint8Array): Found =>
  Result.match(decode(header, id, bytes), {
    onSuccess: (slot): Found => ({ _tag: "Slot", id, slot }),
    onFailure: ({ kind, reason }): Found => {
      if (kind === "newer") return { _tag: "Newer", id, reason }
      const ofAnother = kind === "foreign" && Result.isSuccess(readHeader(ObjectKey.key(id), bytes))
      return { _tag: ofAnother ? "Foreign" : "Damaged", id, reason }
    }
  })

/** Oldest first; what has no age that could be believed comes before. */
export const byAge = (a: Found, b: Found): number => {
  if (a._tag === "Slot" && b._tag === "Slot") return isNewer(a.slot, b.slot) ? 1 : -1
  if (a._tag === "Slot" || b._tag === "Slot") return a._tag === "Slot" ? 1 : -1
  return a.id < b.id ? -1 : 1
}

/** Time for a slot made now by someone who sees these. */
export const nextCreated = (found: ReadonlyArray<Found>, now: number): number =>
  found.reduce((time, each) => each._tag === "Slot" ? Math.max(time, each.slot.created + 1) : time, Math.max(0, now))

/** All that is sealed with the master key: the object's header, its name, and the fields before the key. */
const context = (header: Header, about: Omit<KeySlot, "sealed">): Uint8Array => {
  const name = ObjectKey.key(about.id)
  const length = Uint8Array.of(0, Buffer.byteLength(name))
  const { header: prefix } = new Parts(header, name, new Uint8Array(0))
  return Buffer.concat([prefix, length, Buffer.from(name), fields(about).finish()])
}

const fields = ({ cost, created, host, label, salt }: Omit<KeySlot, "sealed">): Writer =>
  new Writer()
    .number(1, created)
    .string(2, label)
    .string(3, host)
    .number(4, cost.logN)
    .number(5, cost.r)
    .number(6, cost.p)
    .data(7, salt)

const nonce = new Uint8Array(12)
