import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Zlib from "node:zlib"
import * as Codec from "../../../src/domain/repository/Codec.ts"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import { bytes } from "../bep/arbitraries.ts"
import { aes, noise, ok, plain, prose, sealings } from "./fixtures.ts"

/** A payload that says it is a zstd stream of `length` bytes. */
const stating = (length: number, stream: Uint8Array): Uint8Array => {
  const out = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), stream])
  out.writeUInt32BE(length, 1)
  return out
}

const reason = (result: Result.Result<unknown, string>): string =>
  Result.isFailure(result) ? result.failure : assert.fail("accepted")

describe("Codec", () => {
  it.prop("what is wrapped is unwrapped", [bytes(0, 2000)], ([original]) => {
    assert.deepStrictEqual(Uint8Array.from(ok(Codec.unwrap(Codec.wrap(original), 2000))), original)
  })

  it("compresses what is worth it, and only that", () => {
    for (const length of [64, 1000, 131_072]) {
      assert.isUndefined(Codec.compress(noise(length)))
      const text = prose(length)
      const packed = Codec.compress(text)
      if (length > 64) assert.isBelow(packed?.length ?? length, length - length / 16)
    }
    assert.isUndefined(Codec.compress(new Uint8Array(63)))
  })

  it("keeps raw what compression makes less than a sixteenth smaller", () => {
    const mostlyNoise = Buffer.concat([noise(100_000), new Uint8Array(6000)])
    assert.isUndefined(Codec.compress(mostlyNoise))
    const lessNoise = Buffer.concat([noise(100_000), new Uint8Array(8000)])
    assert.isDefined(Codec.compress(lessNoise))
  })

  it("tells noise from text at a glance, also in the middle of a block", () => {
    assert.isFalse(Codec.looksCompressible(noise(131_072)))
    assert.isFalse(Codec.looksCompressible(noise(1_000_000)))
    assert.isTrue(Codec.looksCompressible(prose(131_072)))
    assert.isTrue(Codec.looksCompressible(noise(4096)))
    assert.isTrue(Codec.looksCompressible(Buffer.concat([noise(65_536), prose(65_536)])))
    assert.isTrue(Codec.looksCompressible(Buffer.concat([prose(30_000), noise(100_000)])))
  })

  it("states a length or fails, whatever the stream holds", () => {
    const text = prose(10_000)
    const stream = Zlib.zstdCompressSync(text)
    assert.deepStrictEqual(Uint8Array.from(ok(Codec.unwrap(stating(10_000, stream), 10_000))), text)
    assert.include(reason(Codec.unwrap(stating(10_001, stream), 20_000)), "shorter")
    assert.include(reason(Codec.unwrap(stating(9999, stream), 20_000)), "broken")
    assert.include(reason(Codec.unwrap(stating(0, stream), 20_000)), "broken")
    assert.include(reason(Codec.unwrap(stating(10_000, stream.subarray(0, -1)), 20_000)), "broken")
    assert.include(reason(Codec.unwrap(Buffer.of(2, 0, 0, 0, 0), 20_000)), "not known")
    assert.include(reason(Codec.unwrap(new Uint8Array(0), 20_000)), "not known")
    assert.include(reason(Codec.unwrap(Buffer.of(1, 0, 0), 20_000)), "not known")
  })

  it("a stream never makes us allocate more than was stated, nor a statement more than the limit", () => {
    const bomb = Zlib.zstdCompressSync(new Uint8Array(256 * 1024 * 1024))
    assert.isBelow(bomb.length, 50_000)
    const before = process.memoryUsage().rss
    assert.include(reason(Codec.unwrap(stating(1000, bomb), Envelope.maxPayload)), "broken")
    assert.include(reason(Codec.unwrap(stating(256 * 1024 * 1024, bomb), Envelope.maxPayload)), "larger")
    assert.include(reason(Codec.unwrap(stating(0xFFFF_FFFF, bomb), Envelope.maxPayload)), "larger")
    assert.isBelow(process.memoryUsage().rss - before, 100 * 1024 * 1024)
  })

  it.each([[24, true], [26, false]])(
    "of a stream with a window of 2^%d bytes, accepted is %s",
    async (log, accepted) => {
      const stream = Zlib.createZstdCompress({ params: { [Zlib.constants.ZSTD_c_windowLog]: log } })
      const text = prose(50_000)
      const chunks: Array<Uint8Array> = []
      stream.on("data", (chunk: Uint8Array) => chunks.push(chunk))
      stream.write(text.subarray(0, 20_000))
      await new Promise<void>((resolve) => stream.flush(() => resolve()))
      stream.end(text.subarray(20_000))
      await new Promise<void>((resolve) => stream.on("end", () => resolve()))
      const back = Codec.decompress(Buffer.concat(chunks), 50_000)
      assert.strictEqual(Result.isSuccess(back), accepted)
    }
  )
})

describe("objects of one part", () => {
  for (const sealing of sealings) {
    it.prop(`come back as they were put (${sealing.suite})`, [bytes(0, 3000), bytes(32, 32)], ([payload, salt]) => {
      const name = ObjectKey.log(12)
      const sealed = Envelope.sealObject(sealing, name, salt, payload)
      assert.deepStrictEqual(Uint8Array.from(ok(Envelope.openObject(sealing, name, sealed))), payload)
      assert.deepStrictEqual(Envelope.sealObject(sealing, name, salt, payload), sealed)
    })

    it(`are compressed before they are sealed (${sealing.suite})`, () => {
      const sealed = Envelope.sealObject(sealing, ObjectKey.log(12), noise(32), prose(100_000))
      assert.isBelow(sealed.length, 30_000)
      assert.deepStrictEqual(
        Uint8Array.from(ok(Envelope.openObject(sealing, ObjectKey.log(12), sealed))),
        prose(100_000)
      )
    })
  }

  it("cost 57 bytes more in the plain suite, 73 in the other", () => {
    assert.strictEqual(Envelope.sealObject(plain, ObjectKey.log(1), noise(32), noise(100)).length, 157)
    assert.strictEqual(Envelope.sealObject(aes, ObjectKey.log(1), noise(32), noise(100)).length, 173)
  })
})
