/** A slot gives the master key for its passphrase, in its place, and for nothing else. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { createSecretKey } from "node:crypto"
import * as Codec from "../../../src/domain/repository/Codec.ts"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as KeySlot from "../../../src/domain/repository/KeySlot.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import { Writer } from "../../../src/domain/Wire.ts"
import * as Seeded from "../../harness/Seeded.ts"
import { aes, keySlot, masterKey, noise, ok, passphrase, repository, stretched } from "./fixtures.ts"

const cheap: KeySlot.Cost = { logN: 10, r: 8, p: 1 }
const id = "00112233445566778899aabbccddeeff"
const about = { id, label: "Büro", host: "laptop", created: 12, cost: cheap, salt: noise(32, "salt") }
const sealing = stretched(passphrase, about.salt, cheap)
const bytes = KeySlot.seal(aes, about, sealing, masterKey)
const slot = ok(KeySlot.decode(aes, id, bytes))

const opens = (header: Envelope.Header, slot: KeySlot.KeySlot, key = sealing): boolean =>
  KeySlot.open(header, slot, key)?.equals(masterKey) === true

const kindOf = (result: Result.Result<unknown, Envelope.EnvelopeError>): string =>
  Result.isFailure(result) ? result.failure.kind : "accepted"

/** The object of a payload written by hand. */
const object = (write: (writer: Writer) => Writer): Uint8Array =>
  Envelope.sealObject(aes, ObjectKey.key(id), new Uint8Array(0), write(new Writer()).finish())

const fields = (change: Partial<Record<1 | 2 | 3 | 4 | 5 | 6, number | string>> = {}, salt = 32, sealed = 48) =>
  object((writer) => {
    for (const [number, usual] of [[1, 12], [2, "Büro"], [3, "laptop"], [4, 10], [5, 8], [6, 1]] as const) {
      const value = change[number] ?? usual
      if (typeof value === "number") writer.number(number, value)
      else writer.string(number, value)
    }
    return writer.data(7, new Uint8Array(salt).fill(1)).data(8, new Uint8Array(sealed).fill(2))
  })

describe("KeySlot", () => {
  it("says what it was made with, and opens with its passphrase", () => {
    const { sealed: _, ...said } = slot
    assert.deepEqual({ ...said, salt: Uint8Array.from(said.salt) }, about)
    assert.isTrue(opens(aes, slot))
    assert.isAtMost(bytes.length, KeySlot.maxObject)
    assert.isFalse(Buffer.from(bytes).includes(Buffer.from(masterKey.export())))
  })

  it("costs what everybody's slots cost, in the golden one too", () => {
    const golden = keySlot()
    const read = ok(KeySlot.decode(aes, golden.about.id, golden.object.bytes))
    assert.deepStrictEqual(read.cost, { logN: 17, r: 8, p: 1 })
    assert.isTrue(opens(aes, read, golden.sealing))
  })

  it("is the same passphrase however its letters were composed, and no other", () => {
    assert.deepStrictEqual(KeySlot.passphraseBytes("Bu\u0308ro"), KeySlot.passphraseBytes("B\u00FCro"))
    for (const other of ["", "correct horse battery stapl", `${passphrase} `, passphrase.toUpperCase()]) {
      assert.isFalse(opens(aes, slot, stretched(other, slot.salt, cheap)), other)
    }
  })

  it("does not open when anything of it was changed, though its checksum were right", () => {
    const other = noise(32, "other")
    const changes: ReadonlyArray<Partial<KeySlot.KeySlot>> = [
      { label: "Buro" },
      { host: "laptoq" },
      { label: "Bürol", host: "aptop" },
      { created: 13 },
      { id: id.replace(/^0/, "1") },
      { cost: { ...cheap, p: 2 } },
      { cost: { ...cheap, r: 7 } },
      { salt: other }
    ]
    for (const change of changes) assert.isFalse(opens(aes, { ...slot, ...change }), JSON.stringify(change))
    for (let at = 0; at < slot.sealed.length; at++) {
      const sealed = Uint8Array.from(slot.sealed)
      sealed[at] = sealed[at]! ^ 1
      assert.isFalse(opens(aes, { ...slot, sealed }), `byte ${at}`)
    }
    assert.isFalse(opens({ suite: "plain", repository }, slot), "another suite")
    assert.isFalse(opens({ ...aes, repository: "ff".repeat(16) }, slot), "another repository")
    assert.isFalse(opens(aes, slot, createSecretKey(noise(32, "key"))), "another key")
  })

  it("is foreign in another repository, and corrupt under another name", () => {
    assert.strictEqual(kindOf(KeySlot.decode({ ...aes, repository: "ff".repeat(16) }, id, bytes)), "foreign")
    assert.strictEqual(kindOf(KeySlot.decode({ suite: "plain", repository }, id, bytes)), "suite")
    assert.strictEqual(kindOf(KeySlot.decode(aes, id.replace(/^0/, "1"), bytes)), "corrupt")
  })

  it("that asks for too much, or is of other lengths, is refused before anything is computed", () => {
    assert.strictEqual(kindOf(KeySlot.decode(aes, id, fields())), "accepted")
    const refused: Record<string, Uint8Array> = {
      "2 GiB": fields({ 4: 20, 5: 16 }),
      "2^63": fields({ 4: 63 }),
      "N too small": fields({ 4: 9 }),
      "no N": fields({ 4: 0 }),
      "no r": fields({ 5: 0 }),
      "no p": fields({ 6: 0 }),
      "endless steps": fields({ 4: 20, 5: 8, 6: 3 }),
      "a huge p": fields({ 6: 2 ** 40 }),
      "a short salt": fields({}, 31),
      "no salt": fields({}, 0),
      "a short key": fields({}, 32, 47),
      "a long key": fields({}, 32, 49),
      "a long label": fields({ 2: "x".repeat(1025) }),
      "a long host": fields({ 3: "x".repeat(1025) }),
      "nothing": object((writer) => writer)
    }
    for (const [what, bytes] of Object.entries(refused)) {
      assert.strictEqual(kindOf(KeySlot.decode(aes, id, bytes)), "corrupt", what)
    }
    assert.strictEqual(kindOf(KeySlot.decode(aes, id, fields({ 4: 20, 5: 8, 6: 2 }))), "accepted")
    assert.strictEqual(kindOf(KeySlot.decode(aes, id, object((writer) => writer.number(9, 1)))), "newer")
    assert.throws(() => KeySlot.seal(aes, { ...about, cost: { ...cheap, logN: 21 } }, sealing, masterKey))
    assert.throws(() => KeySlot.seal(aes, { ...about, salt: noise(16) }, sealing, masterKey))
  })

  it("is never unpacked into more than a slot has, whatever it claims", () => {
    const bomb = Codec.wrap(new Uint8Array(60 * 1024 * 1024))
    assert.isBelow(bomb.length, KeySlot.maxObject)
    const name = ObjectKey.key(id)
    const parts = new Envelope.Parts(aes, name, new Uint8Array(0))
    const object = new Uint8Array(24 + bomb.length + parts.overhead)
    object.set(parts.header)
    parts.sealInto(object, 24, 0, 1, bomb)
    const before = process.memoryUsage().arrayBuffers
    const read = KeySlot.decode(aes, id, object)
    assert.strictEqual(Result.isFailure(read) ? read.failure.reason : "", "it is larger than 4096 bytes")
    assert.isBelow(process.memoryUsage().arrayBuffers - before, 1024 * 1024)
    assert.strictEqual(kindOf(KeySlot.decode(aes, id, new Uint8Array(10 * 1024 * 1024))), "corrupt")
  })

  it("of any bytes never crashes, and is never another one", () => {
    const random = Seeded.make(7)
    const payload = ok(Envelope.openObject(aes, ObjectKey.key(id), bytes))
    let accepted = 0
    for (let run = 0; run < 20_000; run++) {
      const broken = random.chance(0.1)
        ? random.bytes(random.int(200))
        : Uint8Array.from(payload.subarray(0, random.chance(0.3) ? random.int(payload.length) : payload.length))
      for (let flips = random.int(4); flips > 0 && broken.length > 0; flips--) {
        broken[random.int(broken.length)] = random.int(256)
      }
      const changed = Buffer.compare(broken, payload) !== 0
      // With a right checksum, as a forger would have it; and as it is.
      const read = KeySlot.decode(aes, id, Envelope.sealObject(aes, ObjectKey.key(id), new Uint8Array(0), broken))
      if (Result.isSuccess(read)) {
        assert.isTrue(KeySlot.affordable(read.success.cost))
        if (changed) assert.isFalse(opens(aes, read.success), Buffer.from(broken).toString("hex"))
        accepted++
      }
      assert.isTrue(Result.isFailure(KeySlot.decode(aes, id, broken)))
    }
    assert.isAbove(accepted, 1000)
  })

  it("slots are in one order for everybody", () => {
    assert.isTrue(KeySlot.isNewer({ created: 2, id: "a" }, { created: 1, id: "b" }))
    assert.isTrue(KeySlot.isNewer({ created: 1, id: "b" }, { created: 1, id: "a" }))
    assert.isFalse(KeySlot.isNewer({ created: 1, id: "a" }, { created: 1, id: "a" }))
  })
})
