import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Pack from "../../../src/domain/repository/Pack.ts"
import * as Trailer from "../../../src/domain/repository/Trailer.ts"
import { putVarint } from "../../../src/domain/Wire.ts"
import { int } from "../bep/arbitraries.ts"
import { aes, buildPack, noise, ok, packId, plain, prose, sealings, seeded, sha } from "./fixtures.ts"

const MiB = 1024 * 1024
const id = packId("tested")

/** Reads each block as a reader does: trailer from the end, one frame by its range, the block by its hash. */
const readBack = (
  sealing: Envelope.Sealing,
  bytes: Uint8Array,
  ref: { readonly trailerLength: number },
  hash: Uint8Array
) => {
  const trailer = ok(Trailer.parse(sealing, id, bytes.length, bytes.subarray(bytes.length - ref.trailerLength)))
  const place = trailer.find(hash)
  if (place === undefined) return undefined
  const frame = trailer.frames[place.frame]!
  const decoded = ok(Pack.decodeFrame(trailer, place.frame, bytes.subarray(frame.start, frame.start + frame.stored)))
  return ok(Pack.blockOf(decoded, place, hash))
}

/** Every block comes back, and the pack alone gives the same index. */
const proves = (sealing: Envelope.Sealing, blocks: ReadonlyArray<Uint8Array>, target?: number) => {
  const pack = buildPack(sealing, id, blocks, target)
  for (const block of blocks) {
    assert.isTrue(Buffer.compare(readBack(sealing, pack.bytes, pack.ref, sha(block)) ?? noise(0), block) === 0)
  }
  assert.isUndefined(readBack(sealing, pack.bytes, pack.ref, seeded("absent")))
  const alone = ok(Pack.readAll(sealing, id, pack.bytes))
  assert.deepEqual(alone.ref, pack.ref)
  assert.isTrue(Buffer.compare(alone.contents.hashes, pack.contents.hashes) === 0)
  assert.strictEqual(pack.ref.blocks, blocks.length)
  assert.strictEqual(pack.ref.bytes, blocks.reduce((sum, block) => sum + block.length, 0))
  assert.strictEqual(pack.ref.size, pack.bytes.length)
  const hashes = new Set(
    Array.from(
      { length: blocks.length },
      (_, i) => Buffer.from(pack.contents.hashes.subarray(i * 32, i * 32 + 32)).toString("hex")
    )
  )
  assert.deepStrictEqual(hashes, new Set(blocks.map((block) => Buffer.from(sha(block)).toString("hex"))))
  return pack
}

const block = Arbitrary.map(
  Arbitrary.all([int(0, 3), int(1, 3000), int(60_000, 140_000), int(0, 1_000_000)]),
  ([kind, small, large, n]) => (kind % 2 === 0 ? noise : prose)(kind < 2 ? small : large, `block ${n}`)
)

for (const sealing of sealings) {
  describe(`Pack, ${sealing.suite}`, () => {
    it.prop(
      "gives every block back by its hash",
      [Arbitrary.array(block, { minLength: 1, maxLength: 12 })],
      ([blocks]) => {
        proves(sealing, blocks)
      },
      { arbitrary: { runs: 25 } }
    )

    it("of one byte", () => {
      const pack = proves(sealing, [noise(1)])
      assert.strictEqual(pack.trailer.frames.length, 1)
    })

    it("compressible blocks are smaller, incompressible ones are as they are", () => {
      const text = proves(sealing, [prose(131_072, "x"), prose(131_072, "y")])
      assert.deepStrictEqual(text.trailer.frames.map((frame) => frame.codec), [1, 1])
      assert.isBelow(text.ref.size, 131_072)
      const raw = proves(sealing, [noise(131_072, "x"), noise(131_072, "y")])
      assert.deepStrictEqual(raw.trailer.frames.map((frame) => frame.codec), [0, 0])
      const mixed = proves(sealing, [noise(131_072, "x"), prose(131_072, "y"), noise(70_000, "z")])
      assert.deepStrictEqual(mixed.trailer.frames.map((frame) => frame.codec), [0, 1, 0])
    })

    it("small blocks share frames of about 256 KiB, big ones between them do not disturb that", () => {
      const blocks = Array.from(
        { length: 300 },
        (_, i) => i % 10 === 9 ? noise(65_536, `big ${i}`) : noise(4096, `${i}`)
      )
      const { trailer } = proves(sealing, blocks, 4 * MiB)
      const shared = trailer.frames.filter((frame) => frame.blocks > 1)
      assert.strictEqual(trailer.frames.length - shared.length, 30)
      assert.strictEqual(shared.length, 5)
      for (const frame of shared.slice(0, -1)) assert.strictEqual(frame.raw, Pack.groupTarget)
    })

    it("blocks just below and at 64 KiB go to different kinds of frames", () => {
      const { trailer } = proves(sealing, [noise(65_535, "a"), noise(65_536, "b"), noise(65_535, "c")])
      assert.deepStrictEqual(trailer.frames.map((frame) => frame.blocks), [1, 2])
    })

    it("a block of 16 MiB after an almost full pack still fits", () => {
      const pack = proves(sealing, [noise(MiB - 1, "almost"), noise(16 * MiB, "largest")], MiB)
      assert.isAbove(pack.ref.size, 17 * MiB - 1)
    })

    it("a GiB of 128 KiB or of 1 MiB blocks is 32 packs", () => {
      for (const size of [131_072, MiB]) {
        const buffer = new Uint8Array(Pack.bufferLength())
        const writer = new Pack.PackWriter({ sealing, id, salt: seeded("salt"), buffer })
        const block = noise(size)
        let count = 0
        while (!writer.full()) {
          writer.add(seeded(`${count++}`), block)
        }
        assert.strictEqual(count * size, 32 * MiB)
        const { ref } = writer.finish()
        assert.isBelow(ref.size, 32 * MiB * 1.001)
      }
    })

    it("4 KiB blocks that nothing compresses cost at most 2 % more", () => {
      const blocks = Array.from({ length: 8192 }, (_, i) => noise(4096, `small ${i}`))
      const pack = buildPack(sealing, id, blocks, 32 * MiB)
      assert.strictEqual(pack.ref.bytes, 32 * MiB)
      assert.isAtMost(pack.ref.size / pack.ref.bytes, 1.02)
      assert.isBelow(pack.trailer.frames.length, 130)
    })

    it("the buffer serves the next pack, and two packs of one buffer are right", () => {
      const buffer = new Uint8Array(Pack.bufferLength(MiB))
      const build = (name: string, fill: (size: number, name: string) => Uint8Array) => {
        const writer = new Pack.PackWriter({ sealing, id: packId(name), salt: seeded(name), buffer, target: MiB })
        for (let i = 0; i < 5; i++) {
          const bytes = fill(100_000 - i * 23_000, `${name} ${i}`)
          writer.add(sha(bytes), bytes)
        }
        return Buffer.concat(writer.finish().body)
      }
      const first = build("first", noise)
      const second = build("second", prose)
      assert.isTrue(Result.isSuccess(Pack.readAll(sealing, packId("first"), first)))
      assert.isTrue(Result.isSuccess(Pack.readAll(sealing, packId("second"), second)))
      assert.deepStrictEqual(build("first", noise), first)
    })

    it("slabs of any length make the same object as one buffer, each asked for only when it is needed", () => {
      const blocks = [noise(70_000, "own"), noise(3000, "small"), prose(200_000, "prose"), noise(131_072, "last")]
      const whole = buildPack(sealing, id, blocks).bytes
      for (const length of [1, 1000, 65_536, 131_072 + 16, MiB]) {
        let slabs = 0
        const buffer = () => {
          slabs++
          return new Uint8Array(length)
        }
        const writer = new Pack.PackWriter({ sealing, id, salt: seeded(`salt ${id}`), buffer, target: MiB })
        for (const block of blocks) writer.add(sha(block), block)
        const { body } = writer.finish()
        assert.deepStrictEqual(Buffer.concat(body), whole)
        const frames = body.slice(0, -1).reduce((sum, part) => sum + part.length, 0)
        assert.strictEqual(slabs, Math.ceil(frames / length))
      }
    })

    it("a block given with the wrong hash does not pass", () => {
      const buffer = new Uint8Array(Pack.bufferLength(MiB))
      const writer = new Pack.PackWriter({ sealing, id, salt: seeded("salt"), buffer, target: MiB })
      writer.add(seeded("not its hash"), noise(1000))
      const read = Pack.readAll(sealing, id, Buffer.concat(writer.finish().body))
      assert.isTrue(Result.isFailure(read) && read.failure.reason.includes("hash"))
    })

    it("tiny blocks fill a pack by their number", () => {
      const buffer = new Uint8Array(Pack.bufferLength(MiB))
      const writer = new Pack.PackWriter({ sealing, id, salt: seeded("salt"), buffer, target: MiB })
      const one = noise(1)
      let added = 0
      while (!writer.full()) {
        writer.add(seeded("tiny"), one)
        added++
      }
      assert.strictEqual(added, Trailer.maxBlocks)
      assert.throws(() => writer.add(seeded("tiny"), one), RangeError)
      assert.strictEqual(writer.finish().ref.blocks, Trailer.maxBlocks)
    })
  })
}

describe("PackWriter", () => {
  const writer = () =>
    new Pack.PackWriter({
      sealing: plain,
      id,
      salt: seeded("s"),
      buffer: new Uint8Array(Pack.bufferLength(MiB)),
      target: MiB
    })

  it("takes no block that is none, and ends no empty pack", () => {
    assert.throws(() => writer().add(seeded("x"), new Uint8Array(0)), RangeError)
    assert.throws(() => writer().add(seeded("x"), new Uint8Array(16 * MiB + 1)), RangeError)
    assert.throws(() => writer().add(seeded("x").subarray(1), noise(5)), RangeError)
    assert.throws(() => writer().finish(), RangeError)
    assert.throws(
      () => new Pack.PackWriter({ sealing: plain, id, salt: seeded("s"), buffer: new Uint8Array(MiB), target: MiB }),
      RangeError
    )
  })

  it("copies: the caller's bytes may change after add", () => {
    const open = writer()
    const small = noise(500, "small")
    const large = noise(70_000, "large")
    const hashes = [sha(small), sha(large)]
    open.add(hashes[0]!, small)
    open.add(hashes[1]!, large)
    small.fill(0)
    large.fill(0)
    assert.isTrue(Result.isSuccess(Pack.readAll(plain, id, Buffer.concat(open.finish().body))))
  })

  it("counts what was added", () => {
    const open = writer()
    open.add(seeded("a"), noise(500))
    open.add(seeded("b"), noise(70_000))
    assert.strictEqual(open.blocks, 2)
    assert.strictEqual(open.bytes, 70_500)
    assert.isFalse(open.full())
  })
})

describe("Trailer", () => {
  const body = noise(300, "frames")

  /** A pack of one frame whose trailer says what it likes. */
  const forged = (payload: Uint8Array, frame = body): Uint8Array => {
    const parts = new Envelope.Parts(plain, ObjectKey.pack(id), seeded("forged"))
    const sealed = new Uint8Array(payload.length + parts.overhead)
    parts.sealInto(sealed, 0, 1, 2, payload)
    return Buffer.concat([parts.header, frame, sealed, Envelope.tail(parts, 2, sealed.length)])
  }

  const refusal = (bytes: Uint8Array): Envelope.EnvelopeError => {
    const parsed = Trailer.parse(plain, id, bytes.length, bytes)
    return Result.isFailure(parsed) ? parsed.failure : assert.fail("accepted")
  }

  const numbers = (...values: ReadonlyArray<number>): Uint8Array => {
    const out = new Uint8Array(values.length * 8)
    let at = 0
    for (const value of values) at = putVarint(out, at, value)
    return out.subarray(0, at)
  }

  it("is believed if everything adds up", () => {
    const good = Buffer.concat([numbers(1, 1, 1, 300, 0, 300), sha(body)])
    const bytes = forged(good)
    assert.strictEqual(ok(Trailer.parse(plain, id, bytes.length, bytes)).lengths[0], 300)
    assert.isTrue(Result.isSuccess(Pack.readAll(plain, id, bytes)))
  })

  it.each([
    ["more blocks than hashes", numbers(1, 2, 2, 300, 0, 150, 150), 1],
    ["fewer blocks than hashes", numbers(1, 1, 1, 300, 0, 300), 2],
    ["a million blocks", numbers(1, 1_000_000, 1_000_000, 300, 0), 1],
    ["four billion blocks", numbers(1, 0xFFFF_FFFF, 1, 300, 0), 1],
    ["no blocks", numbers(1, 0, 0, 300, 0), 0],
    ["another number of frames", numbers(2, 2, 1, 150, 0, 1, 150, 0, 150, 150), 2],
    ["a frame without blocks", numbers(1, 1, 0, 300, 0, 300), 1],
    ["a frame of more blocks than there are", numbers(1, 1, 2, 300, 0, 300), 1],
    ["a frame of fewer blocks than there are", numbers(1, 2, 1, 300, 0, 300, 300), 2],
    ["a frame shorter than its place", numbers(1, 1, 1, 299, 0, 299), 1],
    ["a frame longer than its place", numbers(1, 1, 1, 301, 0, 301), 1],
    ["a raw frame of another length", numbers(1, 1, 1, 300, 0, 299), 1],
    ["a compressed frame that is not smaller", numbers(1, 1, 1, 300, 1, 300), 1],
    ["a block of no bytes", numbers(1, 2, 2, 300, 0, 0, 300), 2],
    ["a block above 16 MiB", numbers(1, 1, 1, 300, 1, 16 * MiB + 1), 1],
    ["a frame above 16 MiB", numbers(1, 2, 2, 300, 1, 16 * MiB, 16 * MiB), 2],
    ["nothing", numbers(), 0]
  ])("with %s is corrupt", (_, payload, hashes) => {
    assert.strictEqual(refusal(forged(Buffer.concat([payload, noise(hashes * 32)]))).kind, "corrupt")
  })

  it("with more blocks than a pack may have is corrupt, with as many it is not", () => {
    const of = (count: number) =>
      forged(
        Buffer.concat([numbers(1, count, count, count, 0, ...Array<number>(count).fill(1)), noise(count * 32)]),
        noise(count)
      )
    const most = of(Trailer.maxBlocks)
    assert.strictEqual(ok(Trailer.parse(plain, id, most.length, most)).lengths.length, Trailer.maxBlocks)
    assert.include(refusal(of(Trailer.maxBlocks + 1)).reason, "more blocks")
  })

  it("with another codec is newer", () => {
    assert.strictEqual(refusal(forged(Buffer.concat([numbers(1, 1, 1, 300, 2, 300), sha(body)]))).kind, "newer")
  })

  it("whose object has another size is corrupt", () => {
    const bytes = forged(Buffer.concat([numbers(1, 1, 1, 300, 0, 300), sha(body)]))
    for (const size of [bytes.length - 1, bytes.length + 1, bytes.length + 300]) {
      assert.isTrue(Result.isFailure(Trailer.parse(plain, id, size, bytes.subarray(100))), `${size}`)
    }
  })

  it("opens from any range that ends with the object, and no shorter one", () => {
    const pack = buildPack(aes, id, [noise(70_000), prose(70_000)])
    for (const from of [0, 1, 1000, pack.bytes.length - pack.ref.trailerLength]) {
      assert.strictEqual(ok(Trailer.parse(aes, id, pack.bytes.length, pack.bytes.subarray(from))).frames.length, 2)
    }
    for (const length of [0, 3, 43, 44, pack.ref.trailerLength - 1]) {
      const short = Trailer.parse(aes, id, pack.bytes.length, pack.bytes.subarray(pack.bytes.length - length))
      assert.isTrue(Result.isFailure(short), `${length}`)
    }
  })
})
