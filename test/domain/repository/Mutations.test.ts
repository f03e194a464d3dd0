/** No object is believed that is not exactly what was put under exactly that name. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { createSecretKey } from "node:crypto"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Pack from "../../../src/domain/repository/Pack.ts"
import * as Segment from "../../../src/domain/repository/Segment.ts"
import * as Trailer from "../../../src/domain/repository/Trailer.ts"
import { objects, suites } from "../../golden/make.ts"
import { aes, buildPack, buildSegment, noise, ok, openAny, packId, plain, record, segmentId } from "./fixtures.ts"

const kinds = ["corrupt", "newer", "foreign", "suite"]

/** Refused, with a kind and a reason. */
const refused = (result: Result.Result<unknown, Envelope.EnvelopeError>, what: string): Envelope.EnvelopeError => {
  if (Result.isSuccess(result)) return assert.fail(`accepted: ${what}`)
  assert.include(kinds, result.failure.kind, what)
  assert.isAbove(result.failure.reason.length, 0, what)
  return result.failure
}

/**
 * Whether the byte lies in a compressed frame of a plain pack. Only there a changed bit may be accepted, and only if every
 * block comes out with its hash all the same: such frames carry no other proof.
 */
const isLoose = (sealing: Envelope.Sealing, name: string, bytes: Uint8Array, at: number): boolean => {
  const key = ObjectKey.parse(name)
  if (key?._tag !== "Pack" || sealing.suite !== "plain") return false
  const { frames } = ok(Trailer.parse(sealing, key.id, bytes.length, bytes))
  return frames.some((frame) => frame.codec !== 0 && at >= frame.start && at < frame.start + frame.stored)
}

for (const sealing of suites) {
  const all = objects(sealing)
  describe(`damaged objects, ${sealing.suite}`, () => {
    it("one flipped bit anywhere is refused", () => {
      for (const { bytes, name } of all) {
        const whole = ok(openAny(sealing, name, bytes))
        let accepted = 0
        for (let at = 0; at < bytes.length; at++) {
          const broken = Uint8Array.from(bytes)
          broken[at] = broken[at]! ^ 1 << at % 8
          const opened = openAny(sealing, name, broken)
          const what = `${name} byte ${at}`
          if (Result.isSuccess(opened) && isLoose(sealing, name, bytes, at)) {
            assert.deepEqual(opened.success, whole, what)
            accepted++
          } else refused(opened, what)
        }
        assert.isBelow(accepted, 30, name)
      }
    })

    it("every other byte value in the header is refused", () => {
      const one = new Map(all.map((object) => [ObjectKey.parse(object.name)?._tag, object]))
      for (const { bytes, name } of one.values()) {
        for (let at = 0; at < 24; at++) {
          for (let value = 0; value < 256; value++) {
            if (value === bytes[at]) continue
            const broken = Uint8Array.from(bytes)
            broken[at] = value
            refused(openAny(sealing, name, broken), `${name} byte ${at} = ${value}`)
          }
        }
      }
    })

    it("a header says what is wrong with it", () => {
      const name = ObjectKey.log(1)
      const { bytes } = all.find((object) => object.name === name)!
      /** `body`: whether what follows the header is as it was. */
      const kindWith = (at: number, value: number, body = false): string => {
        const broken = Uint8Array.from(bytes)
        if (!body) broken[broken.length - 1]! ^= 1
        broken[at] = value
        return refused(openAny(sealing, name, broken), `${at}`).kind
      }
      assert.strictEqual(kindWith(0, 0), "foreign")
      assert.strictEqual(kindWith(4, 4), "corrupt")
      assert.strictEqual(kindWith(5, 2), "newer")
      assert.strictEqual(kindWith(5, 0), "corrupt")
      assert.strictEqual(kindWith(6, sealing.suite === "plain" ? 2 : 1), "suite")
      assert.strictEqual(kindWith(6, 3), "newer")
      assert.strictEqual(kindWith(6, 0), "corrupt")
      assert.strictEqual(kindWith(7, 1), "newer")
      assert.strictEqual(kindWith(8, 0xFF), "foreign")
      // What opens as an object of this format is one, whatever its header says.
      for (const [at, value] of [[5, 2], [6, 3], [7, 1]] as const) {
        assert.strictEqual(kindWith(at, value, true), "corrupt")
      }
    })

    it("whose end does not open, it says at its beginning that it is newer, or nothing", () => {
      for (const { bytes, name } of all) {
        const error = { kind: "corrupt", reason: "its end" } as const
        const explained = (at: number, value: number) => {
          const broken = Uint8Array.from(bytes.subarray(0, Envelope.beginning))
          broken[at] = value
          return Envelope.explained(name, error, broken)
        }
        assert.strictEqual(explained(5, 2).kind, "newer", name)
        assert.strictEqual(explained(6, 3).kind, "newer", name)
        for (const [at, value] of [[0, 0], [4, 0], [5, 0], [8, bytes[8]! ^ 1], [0, bytes[0]!]] as const) {
          assert.strictEqual(explained(at, value), error, `${name} ${at}`)
        }
        assert.strictEqual(Envelope.explained(name, error, undefined), error)
        assert.strictEqual(Envelope.explained(name, error, bytes.subarray(0, 23)), error)
      }
    })

    it("cut anywhere, or with something behind it, it is refused", () => {
      for (const { bytes, name } of all) {
        for (let length = 0; length < bytes.length; length++) {
          refused(openAny(sealing, name, bytes.subarray(0, length)), `${name} cut at ${length}`)
        }
        refused(openAny(sealing, name, Buffer.concat([bytes, Buffer.from([0])])), `${name} and a byte`)
        refused(openAny(sealing, name, Buffer.concat([bytes, bytes])), `${name} twice`)
        refused(openAny(sealing, name, bytes.subarray(1)), `${name} without its first byte`)
      }
    })

    it("moved under any other name it is refused", () => {
      for (const { bytes, name } of all) {
        const other = all.map((object) => object.name).filter((taken) => taken !== name)
        const near = name.replace(/.$/, (last) => last === "0" ? "1" : "0")
        const targets = ObjectKey.parse(near) === undefined ? other : [...other, near]
        for (const target of targets) refused(openAny(sealing, target, bytes), `${name} as ${target}`)
      }
    })

    it("of another repository it is foreign", () => {
      const elsewhere: Envelope.Sealing = { ...sealing, repository: "ff".repeat(16) }
      for (const { bytes, name } of all) {
        if (name === ObjectKey.marker) continue
        assert.strictEqual(refused(openAny(elsewhere, name, bytes), name).kind, "foreign")
      }
    })

    it("of the other suite it is refused before anything in it is read", () => {
      const other = sealing.suite === "plain" ? aes : plain
      for (const { bytes, name } of all) {
        if (name === ObjectKey.marker) continue
        assert.strictEqual(refused(openAny(other, name, bytes), name).kind, "suite")
      }
    })
  })

  describe(`swapped parts, ${sealing.suite}`, () => {
    it("of a segment are refused, each for itself", () => {
      const long = (n: number) => record(`directory/${n}`, n, [{ pack: packId("x"), count: 700 }])
      const id = segmentId("swapped")
      const built = buildSegment(sealing, id, {
        table: "files",
        folder: "f",
        records: Array.from({ length: 12 }, (_, i) => long(i + 10))
      })
      const { pages } = built.footer
      assert.isAbove(pages.length, 3)
      const at = (index: number) =>
        built.bytes.subarray(pages[index]!.start, pages[index]!.start + pages[index]!.stored)
      assert.isTrue(Result.isSuccess(Segment.decodePage(built.footer, 1, at(1))))
      const a = pages[1]!
      const b = pages.find((page, index) => index > 1 && page.stored === a.stored) ?? pages[2]!
      refused(Segment.decodePage(built.footer, 1, at(2)), "page 2 as page 1")
      const broken = Uint8Array.from(built.bytes)
      broken.set(built.bytes.subarray(b.start, b.start + Math.min(a.stored, b.stored)), a.start)
      refused(Segment.readAll(sealing, id, broken), "a page over another")
    })

    it("of a pack are refused", () => {
      const blocks = Array.from({ length: 6 }, (_, i) => noise(65_536, `block ${i}`))
      const pack = buildPack(sealing, packId("swapped"), blocks)
      const { frames } = pack.trailer
      const at = (index: number) =>
        pack.bytes.subarray(frames[index]!.start, frames[index]!.start + frames[index]!.stored)
      const swapped = Uint8Array.from(pack.bytes)
      swapped.set(at(1), frames[4]!.start)
      swapped.set(at(4), frames[1]!.start)
      refused(Pack.readAll(sealing, packId("swapped"), swapped), "two frames swapped")
      const frame = Pack.decodeFrame(pack.trailer, 1, at(4))
      if (sealing.suite === "aes-256-gcm") refused(frame, "another frame")
      else {refused(
          Pack.blockOf(ok(frame), pack.trailer.place(1), pack.trailer.hashes.subarray(32, 64)),
          "another block"
        )}
    })

    it("a last part does not reach into the header, nor is there one without a header", () => {
      const name = ObjectKey.segment(segmentId("parts"))
      const parts = new Envelope.Parts(sealing, name, noise(32, "salt"))
      const sealed = new Uint8Array(5 + parts.overhead)
      parts.sealInto(sealed, 0, 0, 1, noise(5))
      const end = Buffer.concat([sealed, Envelope.tail(parts, 1, sealed.length)])
      const size = parts.header.length + end.length
      assert.strictEqual(ok(Envelope.openEnding(sealing, name, size, end)).start, parts.header.length)
      refused(Envelope.openEnding(sealing, name, size - 1, end), "one byte short of a header")
      refused(Envelope.openEnding(sealing, name, end.length, end), "no header")
    })

    it("an inner part is not taken for the last one, nor the last for an inner one", () => {
      const parts = new Envelope.Parts(sealing, ObjectKey.segment(segmentId("parts")), noise(32, "salt"))
      const sealed = new Uint8Array(5 + parts.overhead)
      parts.sealInto(sealed, 0, 3, 0, noise(5))
      assert.isTrue(Result.isSuccess(parts.open(3, 0, sealed)))
      refused(parts.open(3, 4, sealed), "as the last")
      refused(parts.open(2, 0, sealed), "as another")
      parts.sealInto(sealed, 0, 3, 4, noise(5))
      refused(parts.open(3, 0, sealed), "as an inner one")
      refused(parts.open(3, 5, sealed), "of more parts")
    })
  })
}

describe("keys", () => {
  it("another key opens nothing that is sealed", () => {
    const other: Envelope.Sealing = { ...aes, suite: "aes-256-gcm", key: createSecretKey(noise(32, "another key")) }
    for (const { bytes, name } of objects(aes)) {
      const open = name === ObjectKey.marker || name.startsWith(ObjectKey.keyPrefix)
      if (open) assert.isTrue(Result.isSuccess(openAny(other, name, bytes)))
      else assert.strictEqual(refused(openAny(other, name, bytes), name).kind, "corrupt")
    }
  })

  it("nothing of a name, a path or a hash stands readable in a sealed object", () => {
    for (const { bytes, name } of objects(aes)) {
      if (name === ObjectKey.marker || name.startsWith(ObjectKey.keyPrefix)) continue
      const text = Buffer.from(bytes)
      for (const word of ["photos", "readme", "album", "laptop", "no play", "Documents"]) {
        assert.isFalse(text.includes(word), `${word} in ${name}`)
      }
    }
  })

  it("two builds of one object differ in all they hold", () => {
    const name = ObjectKey.log(7)
    const payload = noise(300)
    const a = Envelope.sealObject(aes, name, noise(32, "one"), payload)
    const b = Envelope.sealObject(aes, name, noise(32, "two"), payload)
    let same = 0
    for (let i = 24; i < a.length; i++) if (a[i] === b[i]) same++
    assert.isBelow(same, 20)
  })

  it("a salt of the wrong length, no key, and a name that is none are refused at once", () => {
    assert.throws(() => Envelope.sealObject(aes, ObjectKey.log(1), new Uint8Array(31), noise(1)), /32 bytes/)
    assert.throws(() => Envelope.sealObject(plain, "log/1", new Uint8Array(32), noise(1)), /not the name/)
    const keyless = { suite: "aes-256-gcm", repository: aes.repository } as const
    assert.throws(() => new Envelope.Parts(keyless, ObjectKey.log(1), noise(32)), /no key/)
  })
})
