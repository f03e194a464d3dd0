import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Rows from "../../../src/domain/replica/Rows.ts"

const whole = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
const number = whole(2 ** 32 - 1)
const given = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 32 - 1 }))
const safe = whole(Number.MAX_SAFE_INTEGER)

const File = Schema.Struct({
  sequence: safe,
  facts: Schema.Struct({ type: Schema.Literals(["file", "directory", "symlink"]), live: Schema.Boolean, size: safe }),
  name: Schema.UndefinedOr(Schema.String.check(Schema.makeFilter((text) => text.isWellFormed()))),
  runs: Schema.Array(Schema.Struct({ pack: number, count: number })),
  info: Schema.Uint8Array
})

const copied = (bytes: Uint8Array) => Buffer.from(bytes)

describe("Rows", () => {
  it.prop("read files as they were written, as copies", { file: File }, ({ file }) => {
    const bytes = copied(Rows.encodeFile(file))
    const read = Rows.decodeFile(bytes)
    const { facts, sequence } = Rows.decodeHead(bytes)
    bytes.fill(0)
    assert.deepStrictEqual(read, { ...file, info: Uint8Array.from(file.info) })
    assert.deepStrictEqual({ facts, sequence }, { facts: file.facts, sequence: file.sequence })
  })

  it.prop(
    "read waiting entries as they were written",
    { name: Schema.String.check(Schema.makeFilter((text) => text.isWellFormed())), info: Schema.Uint8Array },
    (entry) => {
      const bytes = copied(Rows.encodeWaiting(entry))
      assert.strictEqual(Rows.decodeWaitingName(bytes), entry.name)
      const read = Rows.decodeWaiting(bytes)
      assert.deepStrictEqual({ ...read, info: Uint8Array.from(read.info) }, {
        ...entry,
        info: Uint8Array.from(entry.info)
      })
    }
  )

  it.prop(
    "read the rest as it was written",
    {
      pack: Schema.Struct({ id: Schema.Literals(["1-00", "12-ab"]), known: number, round: number }),
      totals: Schema.Struct({ files: safe, directories: safe, bytes: safe, visible: safe }),
      box: Schema.Struct({
        number,
        count: safe,
        mark: Schema.UndefinedOr(Schema.Struct({
          indexId: Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum: 2n ** 64n - 1n })),
          sequence: safe
        }))
      }),
      stamp: Schema.Struct({
        format: number,
        repository: Schema.Literals(["", "00ff"]),
        applied: Schema.UndefinedOr(Schema.Struct({ position: safe, digest: Schema.Uint8Array })),
        begun: Schema.UndefinedOr(Schema.Uint8Array),
        builder: Schema.Literals(["", "12 34"]),
        progress: safe,
        nextFolder: given,
        nextPack: given,
        nextRow: given,
        nextBox: given,
        hashes: safe,
        round: number
      })
    },
    ({ box, pack, stamp, totals }) => {
      assert.deepStrictEqual(Rows.decodePack(Rows.encodePack(pack)), pack)
      assert.deepStrictEqual(Rows.decodeTotals(Rows.encodeTotals(totals)), totals)
      assert.deepStrictEqual(Rows.decodeBox(Rows.encodeBox(box)), box)
      assert.deepStrictEqual(Rows.decodeNumber(Rows.encodeNumber(totals.bytes)), totals.bytes)
      const bytes = copied(Rows.encodeStamp(stamp))
      const read = Rows.decodeStamp(bytes)
      bytes.fill(0)
      assert.deepStrictEqual(read, stamp)
    }
  )

  it("find a hash in a row, and only there", () => {
    const hashes = Uint8Array.from({ length: 32 * 5 }, (_, i) => i * 37 & 255)
    const row = Rows.encodeBlocks(0xFFFF_FFFE, hashes)
    assert.strictEqual(Rows.packOfBlocks(row), 0xFFFF_FFFE)
    for (let i = 0; i < 5; i++) assert.isTrue(Rows.holdsHash(row, 4, row.length, hashes, i * 32))
    assert.isFalse(Rows.holdsHash(row, 4, row.length - 32, hashes, 4 * 32))
    assert.isFalse(Rows.holdsHash(row, 4, row.length - 1, hashes, 4 * 32))
    for (let i = 0; i < 32; i++) {
      const changed = hashes.slice()
      changed[64 + i]! ^= 1
      assert.isFalse(Rows.holdsHash(row, 4, row.length, changed, 64), `byte ${i}`)
    }
    assert.isFalse(Rows.holdsHash(row, 4, row.length, hashes, 16), "not at another place")
  })

  it("a full row takes two pages of LMDB", () => {
    const row = Rows.encodeBlocks(1, new Uint8Array(32 * Rows.hashesPerRow))
    assert.isAtMost(row.length + 24, 8192)
    assert.isAbove(row.length + 32 + 24, 8192)
  })

  it("throw damage on bytes nobody wrote", () => {
    const bad = Uint8Array.of(0x80)
    for (
      const decode of [
        Rows.decodeFile,
        Rows.decodeHead,
        Rows.decodePack,
        Rows.decodeNumber,
        Rows.decodeWaiting,
        Rows.decodeWaitingName,
        Rows.decodeTotals,
        Rows.decodeBox
      ]
    ) {
      try {
        decode(bad)
        assert.fail(`${decode.name} did not throw`)
      } catch (error) {
        assert.strictEqual(error instanceof Error && "code" in error && error.code, "DAMAGED", String(error))
      }
    }
    assert.isUndefined(Rows.decodeStamp(bad))
    assert.isUndefined(Rows.decodeStamp(new Uint8Array(0)))
    const long = Rows.encodeFile({
      sequence: 1,
      facts: { type: "file", live: true, size: 0 },
      name: undefined,
      runs: [{ pack: 1, count: 1 }],
      info: new Uint8Array(0)
    })
    long[3] = 200
    assert.throws(() => Rows.decodeFile(long))
  })
})
