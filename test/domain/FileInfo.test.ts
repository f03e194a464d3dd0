import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result } from "effect"
import * as BlockSize from "../../src/domain/BlockSize.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as Wire from "../../src/domain/Wire.ts"
import {
  byte,
  bytes,
  damage,
  dice,
  int,
  int32,
  safe,
  signedSafe,
  text,
  uint32,
  uint64,
  version
} from "./bep/arbitraries.ts"
import { bep, big, encoded, hex, long, unhex } from "./bep/oracle.ts"

const decode = (raw: Uint8Array): FileInfo.FileInfo => Result.getOrThrow(FileInfo.decode(raw))

const hash = new Uint8Array(32).fill(0xAB)
const block = (size: number, offset = 0, of = hash) => ({ offset: long(offset), size, hash: of })

/** The fields of the schema, with enums as the numbers on the wire. */
type Properties = Omit<bep.FileInfo.$Properties, "type"> & { readonly type?: number }
const entry = (fields: Properties) => {
  const version = { counters: [{ id: long(1, true), value: long(1, true) }] }
  return decode(encoded(bep.FileInfo, { name: "x", version, ...fields }))
}

const KiB128 = 131072

describe("FileInfo.problem", () => {
  const good: ReadonlyArray<readonly [string, Properties]> = [
    ["an empty file: one block of size 0", { blocks: [block(0)] }],
    ["a file of one byte", { size: long(1), blocks: [block(1)] }],
    ["a file of one whole block", { size: long(KiB128), blocks: [block(KiB128)] }],
    ["a file of two blocks", { size: long(KiB128 + 1), blocks: [block(KiB128), block(1, KiB128)] }],
    ["a stated block size", {
      size: long(300_000),
      blockSize: 2 * KiB128,
      blocks: [block(262_144), block(37_856, 262_144)]
    }],
    ["a block size below the minimum, which means the minimum", { size: long(1), blockSize: 7, blocks: [block(1)] }],
    ["a block with a weak hash", { size: long(1), blocks: [{ ...block(1), weakHash: 7 }] }],
    ["an invalid file without blocks", { invalid: true, size: long(5) }],
    ["an invalid file with a broken block list", { invalid: true, size: long(5), blocks: [block(7)] }],
    ["a receive-only change: invalid, empty version, with blocks", {
      invalid: true,
      version: {},
      size: long(1),
      blocks: [block(1)]
    }],
    ["a deleted file with leftovers", {
      deleted: true,
      permissions: 0o644,
      blockSize: KiB128,
      modifiedNs: 5,
      platform: {}
    }],
    ["a directory", { type: 1, permissions: 0o755 }],
    ["a directory of size 128", { type: 1, size: long(128) }],
    ["a deleted directory", { type: 1, deleted: true }],
    ["a symlink", { type: 4, symlinkTarget: unhex("ff00"), noPermissions: true }],
    ["an ancient symlink", { type: 2, symlinkTarget: unhex("61") }]
  ]
  it.each(good)("accepts %s", (_, fields) => assert.isUndefined(FileInfo.problem(entry(fields))))

  const bad: ReadonlyArray<readonly [string, Properties]> = [
    ["a deleted file with blocks", { deleted: true, blocks: [block(0)] }],
    ["a directory with blocks", { type: 1, blocks: [block(0)] }],
    ["a symlink with blocks", { type: 4, blocks: [block(0)] }],
    ["a directory with broken blocks", { type: 1, blocks: [{}] }],
    ["a directory with a size", { type: 1, size: long(4096) }],
    ["a symlink with a size", { type: 4, size: long(128) }],
    ["a file without blocks", { size: long(5) }],
    ["an empty file without blocks", {}],
    ["a bad name", { name: "../x", blocks: [block(0)] }],
    ["no name", { name: "", blocks: [block(0)] }],
    ["a block without a hash", { size: long(1), blocks: [{ size: 1 }] }],
    ["a hash of 31 bytes", { size: long(1), blocks: [block(1, 0, hash.subarray(1))] }],
    ["a hash of 48 bytes, as in encrypted folders", { size: long(1), blocks: [block(1, 0, new Uint8Array(48))] }],
    ["an empty block of a file with content", { size: long(1), blocks: [block(0)] }],
    ["a block of size 0 after the content", { size: long(KiB128), blocks: [block(KiB128), block(0, KiB128)] }],
    ["a first block that is short", { size: long(KiB128 + 1), blocks: [block(1), block(KiB128, 1)] }],
    ["blocks that exceed the size", { size: long(5), blocks: [block(6)] }],
    ["blocks that fall short of the size", { size: long(KiB128 * 2), blocks: [block(KiB128)] }],
    ["a negative block size", { size: long(5), blocks: [block(-5)] }],
    ["a wrong offset", { size: long(KiB128 + 1), blocks: [block(KiB128), block(1, 1)] }],
    ["a first offset that is not 0", { size: long(1), blocks: [block(1, 1)] }],
    ["a block size that is no power of two", { size: long(1), blockSize: KiB128 + 1, blocks: [block(1)] }],
    ["a block size above 16 MiB", { size: long(1), blockSize: 32 * 1024 * 1024, blocks: [block(1)] }],
    ["a negative size", { size: long(-1), blocks: [block(0)] }],
    ["a size above 2^53", { size: long(1n << 60n), blocks: [block(0)] }],
    ["a time above 2^53", { modifiedS: long(1n << 60n), blocks: [block(0)] }],
    ["a negative sequence", { sequence: long(-1), blocks: [block(0)] }],
    ["an unknown type", { type: 5, blocks: [block(0)] }]
  ]
  it.each(bad)("refuses %s", (_, fields) => assert.isString(FileInfo.problem(entry(fields))))

  it("refuses a name that is not UTF-8, and only the name counts", () => {
    const rest = new Wire.Writer().message(16, (w) => w.data(3, hash)).finish()
    assert.isString(FileInfo.problem(decode(new Uint8Array([...unhex("0a02ff61"), ...rest]))))
    assert.isUndefined(FileInfo.problem(decode(new Uint8Array([...unhex("0a03efbfbd"), ...rest]))))
  })
})

/** Entries in the shapes that occur, and values of every range. */
const fields = Arbitrary.map(
  Arbitrary.all({
    name: text,
    type: int(0, 2),
    permissions: uint32,
    modifiedS: signedSafe,
    modifiedNs: int32,
    modifiedBy: uint64,
    flags: int(0, 7),
    version,
    sequence: safe,
    shift: int(0, 7),
    blocks: int(0, 12),
    last: int(1, KiB128),
    seed: byte,
    target: bytes(0, 20)
  }),
  (all) => {
    const blockSize = KiB128 << all.shift
    const blocks = all.type === 0 ? all.blocks : 0
    const size = blocks === 0 ? 0 : (blocks - 1) * blockSize + all.last
    const hashes = new Uint8Array((all.type === 0 ? Math.max(blocks, 1) : 0) * 32)
    for (let i = 0; i < hashes.length; i++) hashes[i] = i * 7 + all.seed
    return {
      ...all,
      blockSize,
      size,
      hashes,
      noPermissions: (all.flags & 1) !== 0,
      deleted: (all.flags & 2) !== 0,
      invalid: (all.flags & 4) !== 0,
      typeName: (["file", "directory", "symlink"] as const)[all.type]!
    }
  }
)
type Fields = typeof fields extends Arbitrary.Arbitrary<infer A> ? A : never

/** The same entry by protobufjs, with fields ours does not write. */
const theirs = (f: Fields): Uint8Array =>
  encoded(bep.FileInfo, {
    name: f.name,
    type: f.type === 2 ? 4 : f.type,
    size: long(f.size),
    permissions: f.permissions,
    modifiedS: long(f.modifiedS),
    modifiedNs: f.modifiedNs,
    deleted: f.deleted,
    invalid: f.invalid,
    noPermissions: f.noPermissions,
    version: { counters: f.version.map(({ id, value }) => ({ id: long(id, true), value: long(value, true) })) },
    sequence: long(f.sequence),
    modifiedBy: long(f.modifiedBy, true),
    blockSize: f.blockSize,
    platform: { unix: { ownerName: "root", uid: -1 }, linux: { xattrs: [{ name: "user.x", value: f.target }] } },
    blocks: Array.from({ length: f.hashes.length / 32 }, (_, i) => ({
      offset: long(i * f.blockSize),
      size: BlockSize.sizeAt(f.size, f.blockSize, i),
      hash: f.hashes.subarray(i * 32, i * 32 + 32),
      weakHash: f.seed * 1000
    })),
    symlinkTarget: f.target,
    blocksHash: f.target,
    localFlags: f.seed,
    versionHash: f.target,
    inodeChangeNs: long(f.modifiedS),
    encryptionTrailerSize: f.modifiedNs
  })

const check = (info: FileInfo.FileInfo, f: Fields): void => {
  assert.strictEqual(info.name, f.name)
  assert.strictEqual(info.type, f.typeName)
  assert.strictEqual(info.size, f.size)
  assert.strictEqual(info.permissions, f.permissions & 0o777)
  assert.strictEqual(info.modifiedS, f.modifiedS)
  assert.strictEqual(info.modifiedNs, f.modifiedNs)
  assert.strictEqual(info.modifiedBy, f.modifiedBy)
  assert.strictEqual(info.noPermissions, f.noPermissions)
  assert.strictEqual(info.deleted, f.deleted)
  assert.strictEqual(info.invalid, f.invalid)
  assert.deepStrictEqual(info.version, f.version)
  assert.isUndefined(info.blocksProblem)
  assert.isUndefined(info.fieldProblem)
  assert.strictEqual(hex(info.hashes), hex(f.hashes))
  assert.strictEqual(FileInfo.blockCount(info), f.hashes.length / 32)
  assert.strictEqual(hex(info.symlinkTarget), hex(f.target))
}

describe("FileInfo codec", () => {
  it.prop("reads what protobufjs writes", [fields], ([f]) => {
    const raw = theirs(f)
    const info = decode(raw)
    check(info, f)
    assert.strictEqual(info.sequence, f.sequence)
    assert.strictEqual(info.blockSize, f.blockSize)
    assert.strictEqual(info.raw.buffer, raw.buffer, "raw is a view")
    const outline = FileInfo.outline(raw)
    assert.deepStrictEqual(outline, { deleted: f.deleted, blocks: f.hashes.length / 32 })
  }, { arbitrary: { runs: 400 } })

  it.prop("writes what protobufjs reads", [fields], ([f]) => {
    const raw = FileInfo.encode({ ...f, type: f.typeName, symlinkTarget: f.target })
    check(decode(raw), f)
    const read = bep.FileInfo.decode(raw)
    assert.strictEqual(read.name, f.name)
    assert.strictEqual(big(read.size), BigInt(f.size))
    assert.strictEqual(big(read.modifiedS), BigInt(f.modifiedS))
    assert.strictEqual(read.modifiedNs, f.modifiedNs)
    assert.strictEqual(big(read.modifiedBy), f.modifiedBy)
    assert.strictEqual(big(read.sequence), BigInt(f.sequence))
    assert.strictEqual(read.deleted, f.deleted)
    assert.deepStrictEqual(
      (read.version?.counters ?? []).map((c) => ({ id: big(c.id), value: big(c.value) })),
      f.version.slice()
    )
    assert.deepStrictEqual(
      read.blocks.map((b, i) => [big(b.offset), b.size, hex(b.hash), i]),
      Array.from({ length: f.hashes.length / 32 }, (_, i) => [
        BigInt(i * f.blockSize),
        BlockSize.sizeAt(f.size, f.blockSize, i),
        hex(f.hashes.subarray(i * 32, i * 32 + 32)),
        i
      ])
    )
    assert.strictEqual(hex(read.blocksHash), f.hashes.length === 0 ? "" : hex(FileInfo.blocksHash(f.hashes)))
  }, { arbitrary: { runs: 400 } })

  it.prop(
    "stores everything but the sequence and local fields, and announces with our sequence",
    [fields, safe],
    ([f, sequence]) => {
      const raw = theirs(f)
      const info = decode(raw)
      const stored = FileInfo.stored(info)
      assert.notStrictEqual(stored.buffer, raw.buffer, "a copy")
      check(decode(stored), f)
      assert.strictEqual(decode(stored).sequence, 0)
      const announced = bep.FileInfo.decode(FileInfo.announce(stored, sequence))
      assert.strictEqual(big(announced.sequence), BigInt(sequence))
      const local = new Set(["localFlags", "versionHash", "inodeChangeNs", "encryptionTrailerSize"])
      const kept = Object.entries(bep.FileInfo.decode(raw).toJSON()).filter(([field]) => !local.has(field))
      assert.deepStrictEqual({ ...announced.toJSON(), sequence: "" }, { ...Object.fromEntries(kept), sequence: "" })
      assert.strictEqual(hex(FileInfo.stored(decode(FileInfo.announce(stored, sequence)))), hex(stored))
      const counters = [{ id: 0xFFFF_FFFF_FFFF_FFFFn, value: 1n }, { id: 3n, value: 0xFFFF_FFFF_FFFF_FFFFn }]
      const other = FileInfo.withVersion(stored, counters)
      assert.deepStrictEqual(decode(other).version, counters)
      check(decode(FileInfo.withVersion(other, decode(stored).version)), f)
    },
    { arbitrary: { runs: 400 } }
  )

  it("keeps unknown fields byte for byte and drops fields 1000 to 1003 wherever they stand", () => {
    const local = "c03e01 ca3e020102 d03e05 d83e07"
    const unknown = "92 8902 05 68656c6c6f"
    const raw = unhex(`${local} 0a0161 ${unknown} 5007 ${local} 82 01 22 1a20 ${"ab".repeat(32)} ${unknown} 5008`)
    const stored = FileInfo.stored(decode(raw))
    assert.strictEqual(hex(stored), hex(unhex(`0a0161 ${unknown} 820122 1a20 ${"ab".repeat(32)} ${unknown}`)))
    assert.strictEqual(decode(raw).sequence, 8, "the last value counts")
  })

  it("turns the ancient kinds of symlink into the present one", () => {
    for (const kind of [2, 3]) {
      const stored = FileInfo.stored(entry({ type: kind, symlinkTarget: unhex("61") }))
      assert.strictEqual(bep.FileInfo.decode(stored).type, 4)
      assert.strictEqual(decode(stored).type, "symlink")
      assert.strictEqual(decode(stored).name, "x")
    }
  })

  it("reads blocks between other fields and before the size", () => {
    const raw = unhex(`82 01 28 08 00 10 808008 1a20 ${"01".repeat(32)} 22 06 000000000000
      0a0161 82 01 28 08 808008 10 01 1a20 ${"02".repeat(32)} 18 818008`)
    const info = decode(raw)
    assert.isUndefined(FileInfo.problem(info))
    assert.strictEqual(hex(FileInfo.blockHash(info, 0)), "01".repeat(32))
    assert.strictEqual(hex(FileInfo.blockHash(info, 1)), "02".repeat(32))
  })

  it("merges a version that comes in two parts, as protobuf does", () => {
    const info = decode(unhex("0a0161 4a 06 0a 04 0801 1002 4a 06 0a 04 0803 1004"))
    assert.deepStrictEqual(info.version, [{ id: 1n, value: 2n }, { id: 3n, value: 4n }])
  })

  it("keeps index and counter ids of the whole 64-bit range", () => {
    const id = (1n << 63n) + 5n
    const info = entry({
      modifiedBy: long(0xFFFF_FFFF_FFFF_FFFFn, true),
      version: { counters: [{ id: long(id, true), value: long(id + 1n, true) }] }
    })
    assert.strictEqual(info.modifiedBy, 0xFFFF_FFFF_FFFF_FFFFn)
    assert.deepStrictEqual(info.version, [{ id, value: id + 1n }])
    const back = decode(
      FileInfo.encode({ name: "x", type: "file", version: info.version, modifiedBy: info.modifiedBy })
    )
    assert.deepStrictEqual(back.version, info.version)
    assert.strictEqual(back.modifiedBy, info.modifiedBy)
  })

  it("survives damage: a failure or an entry, never an exception, and nothing larger than the input", () => {
    const originals = Array.from({ length: 20 }, (_, i) =>
      entry({
        name: "photos/ünï.jpg",
        size: long(3 * KiB128),
        blocks: [block(KiB128), block(KiB128, KiB128), block(KiB128, 2 * KiB128)],
        modifiedBy: long(i * 1e15, true),
        platform: { unix: { uid: i } }
      }).raw)
    let failures = 0
    for (let seed = 0; seed < 20_000; seed++) {
      const raw = damage(originals[seed % originals.length]!, dice(seed))
      const result = FileInfo.decode(raw)
      if (Result.isFailure(result)) {
        failures++
        continue
      }
      const info = result.success
      assert(info.hashes.length <= raw.length && info.version.length <= raw.length && info.name.length <= raw.length)
      FileInfo.problem(info)
      const stored = FileInfo.stored(info)
      assert(stored.length <= raw.length)
      const again = decode(stored)
      assert.strictEqual(FileInfo.problem(again), FileInfo.problem({ ...info, raw: stored }), `seed ${seed}`)
    }
    assert(failures > 1000 && failures < 19_000, `${failures} failures`)
  })

  it("does not allocate hashes for blocks that hold none", () => {
    const raw = new Uint8Array(3 * 2_000_000)
    for (let at = 0; at < raw.length; at += 3) raw.set([0x82, 0x01, 0x00], at)
    const info = decode(raw)
    assert.strictEqual(info.hashes.length, 0)
    assert.isString(info.blocksProblem)
  })

  it("refuses a vector of a million counters", () => {
    const counters = new Uint8Array(2 * (Wire.maxObjects + 1)).fill(0x0A)
    for (let at = 1; at < counters.length; at += 2) counters[at] = 0
    const result = FileInfo.decode(new Wire.Writer().data(9, counters).finish())
    assert(Result.isFailure(result))
  })
})

it("FileInfo.blocksHash is Syncthing 2's", () => {
  const of = (hashes: string) => hex(FileInfo.blocksHash(unhex(hashes)))
  assert.strictEqual(
    of("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"
  )
  assert.strictEqual(
    of("a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447"),
    "f83e4b6bba3efac41f1ff56ee97adf7454680fee778924cb5ba06311d136ad1c"
  )
})

it("FileInfo.sameContent looks at kind, blocks and link target only", () => {
  const file = entry({ size: long(1), blocks: [block(1)], permissions: 0o600 })
  assert.isTrue(FileInfo.sameContent(file, entry({ name: "y", size: long(1), blocks: [block(1)], modifiedS: long(5) })))
  assert.isFalse(FileInfo.sameContent(file, entry({ size: long(1), blocks: [block(1, 0, new Uint8Array(32))] })))
  assert.isFalse(FileInfo.sameContent(file, entry({ deleted: true })))
  assert.isFalse(FileInfo.sameContent(entry({ type: 1 }), entry({ type: 4 })))
  assert.isFalse(
    FileInfo.sameContent(entry({ type: 4, symlinkTarget: unhex("61") }), entry({ type: 4, symlinkTarget: unhex("62") }))
  )
  assert.isTrue(FileInfo.sameContent(entry({ type: 1 }), entry({ type: 1, permissions: 0o700 })))
})
