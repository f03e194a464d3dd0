import { assert, describe, it } from "@effect/vitest"
import protobuf from "protobufjs/minimal.js"
import * as Wire from "../../src/domain/Wire.ts"
import { bytes, damage, dice, int, int32, safe, signedSafe, text, uint32, uint64 } from "./bep/arbitraries.ts"
import { big, hex, long, unhex } from "./bep/oracle.ts"

const of = (hexadecimal: string) => new Wire.Reader(unhex(hexadecimal))

describe("Wire", () => {
  it.prop("64-bit values of every size survive, as protobufjs writes them", [uint64, signedSafe], ([value, number]) => {
    const theirs = protobuf.Writer.create().uint32(8).uint64(long(value, true)).uint32(16).int64(long(number)).finish()
    const reader = new Wire.Reader(theirs)
    reader.tag()
    assert.strictEqual(reader.uint64(), value)
    reader.tag()
    assert.strictEqual(reader.int64Number(), number)
    assert.isUndefined(reader.problem)
    const ours = new Wire.Writer(1).bigint(1, value).signed(2, number).finish()
    const back = protobuf.Reader.create(ours)
    let read = 0n
    let readNumber = 0n
    while (back.pos < back.len) {
      if (back.uint32() === 8) read = big(back.uint64())
      else readNumber = big(back.int64())
    }
    assert.strictEqual(read, value)
    assert.strictEqual(readNumber, BigInt(number))
  }, { arbitrary: { runs: 500 } })

  it.prop("bigints are the same read twice and signed", [uint64], ([value]) => {
    const encoded = new Wire.Writer().bigint(1, value).bigint(2, value).bigint(3, -value).finish()
    const reader = new Wire.Reader(encoded)
    if (value !== 0n) {
      reader.tag()
      assert.strictEqual(reader.uint64(), value)
      reader.tag()
      assert.strictEqual(reader.uint64(), value)
      reader.tag()
      assert.strictEqual(reader.int64(), BigInt.asIntN(64, -value))
    }
    assert.strictEqual(reader.pos, reader.limit)
  })

  it.prop(
    "numbers, strings, bytes and nested messages survive",
    [safe, int32, uint32, text, bytes(0, 300)],
    ([n, i, u, s, b]) => {
      const encoded = new Wire.Writer(1)
        .number(1, n).signed(2, i).number(3, u).string(4, s)
        .message(5, (w) => w.data(1, b).message(2, (w) => w.string(1, s)))
        .element(6, "").bool(7, true)
        .finish()
      const reader = new Wire.Reader(encoded)
      const seen: Record<number, unknown> = {}
      while (reader.pos < reader.limit) {
        const tag = reader.tag()
        if (tag === 0x08) seen[1] = reader.int64Number()
        else if (tag === 0x10) seen[2] = reader.int32()
        else if (tag === 0x18) seen[3] = reader.uint32()
        else if (tag === 0x22) seen[4] = reader.string()
        else if (tag === 0x2A) {
          const end = reader.end()
          let data: Uint8Array = new Uint8Array(0)
          while (reader.pos < end) {
            if (reader.tag() === 0x0A) data = reader.view()
            else {
              const inner = reader.endWithin(end)
              while (reader.pos < inner) {
                reader.tag()
                assert.strictEqual(reader.string(), s)
              }
              reader.at(inner)
            }
          }
          reader.at(end)
          seen[5] = hex(data)
        } else if (tag === 0x32) seen[6] = reader.string()
        else if (tag === 0x38) seen[7] = reader.bool()
        else reader.skip(tag)
      }
      assert.isUndefined(reader.problem)
      assert.isFalse(reader.badText)
      assert.deepStrictEqual([seen[1] ?? 0, seen[2] ?? 0, seen[3] ?? 0, seen[4] ?? "", seen[5], seen[6], seen[7]], [
        n,
        i,
        u,
        s,
        hex(b),
        "",
        true
      ])
    }
  )

  it.prop("putVarint and varintSize agree", [safe], ([n]) => {
    const bytes = new Uint8Array(10)
    const end = Wire.putVarint(bytes, 0, n)
    assert.strictEqual(Wire.varintSize(n), end)
    assert.strictEqual(new Wire.Reader(bytes.subarray(0, end)).int64Number(), n)
  })

  it("passes over every kind of unknown field", () => {
    const reader = of(`
      08 ff01                 11 0102030405060708   1a 03 010203   25 01020304
      fb7c 08 01 13 1a 01 00 14 fc7c                28 07`)
    const tags: Array<number> = []
    while (reader.pos < reader.limit) {
      const tag = reader.tag()
      tags.push(tag)
      reader.skip(tag)
    }
    assert.isUndefined(reader.problem)
    assert.deepStrictEqual(tags, [0x08, 0x11, 0x1A, 0x25, 0x3E7B, 0x28])
  })

  it.each([
    ["a varint without end", "08 ffffff"],
    ["a varint of eleven bytes", "08 ffffffffffffffffffff01"],
    ["a varint above 64 bits", "08 ffffffffffffffffff02"],
    ["field number 0", "00 01"],
    ["field number 0, written long", "8000 01"],
    ["a tag above 32 bits", "888080808001 01"],
    ["a length past the end", "0a 05 0102"],
    ["a length near 2^32", "0a ffffffff0f 01"],
    ["a length near 2^63", "0a ffffffffffffffff7f 01"],
    ["a short fixed64", "09 01020304"],
    ["a short fixed32", "0d 0102"],
    ["wire type 6", "0e 00"],
    ["an end of a group that never began", "0c"],
    ["a group without end", "0b 08 01"],
    ["a group ended by another", "0b 14"],
    ["groups nested a thousand deep", "0b".repeat(1000) + "0c".repeat(1000)]
  ])("notices %s", (_, input) => {
    const reader = of(input)
    while (reader.pos < reader.limit) reader.skip(reader.tag())
    assert.isString(reader.problem)
  })

  it("answers nothing after a problem, and keeps the first", () => {
    const reader = of("0a 05 01")
    reader.tag()
    assert.strictEqual(reader.view().length, 0)
    const problem = reader.problem
    assert.isString(problem)
    assert.strictEqual(reader.uint64(), 0n)
    assert.strictEqual(reader.string(), "")
    assert.strictEqual(reader.tag(), 0)
    assert.strictEqual(reader.problem, problem)
  })

  it("tells text that is not UTF-8 from a replacement character that was sent", () => {
    for (
      const [input, bad] of [["03 efbfbd", false], ["01 ff", true], ["03 eda080", true], ["02 c3a4", false]] as const
    ) {
      const reader = of(input)
      reader.string()
      assert.strictEqual(reader.badText, bad, input)
    }
  })

  it("bounds the objects of one message", () => {
    const reader = of("08 01")
    for (let i = 0; i < Wire.maxObjects; i++) reader.object()
    assert.isUndefined(reader.problem)
    reader.object()
    assert.isString(reader.problem)
  })

  it.prop("skips what protobufjs skips, however damaged", [int(0, 1_000_000)], ([seed]) => {
    const roll = dice(seed)
    const original = new Wire.Writer().number(1, 5).string(2, "hello").message(3, (w) => w.data(4, unhex("00112233")))
      .bigint(5, 1n << 63n).finish()
    const reader = new Wire.Reader(damage(original, roll))
    let steps = 0
    while (reader.pos < reader.limit) {
      reader.skip(reader.tag())
      assert(++steps <= 100, "every step goes forward")
    }
  }, { arbitrary: { runs: 2000 } })
})
