/**
 * A second reader, written from docs/format.md alone with nothing of src/: what the document says is what lies in the
 * golden objects.
 */
import { assert, describe, it } from "@effect/vitest"
import { createDecipheriv, hash, hkdfSync, scryptSync } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { zstdDecompressSync } from "node:zlib"

const root = Path.join(import.meta.dirname, "../../golden/v1")
const masterKey = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
const repositoryId = "00112233445566778899aabbccddeeff"
const sha256 = (...bytes: ReadonlyArray<Uint8Array>): Buffer => hash("sha256", Buffer.concat(bytes), "buffer")

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const u32 = (value: number): Buffer => Buffer.from([value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255])
const u64 = (value: number): Buffer => Buffer.concat([u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)])

/** §3: opens the part with that number and count. */
const openPart = (object: Buffer, name: string, number: number, count: number, part: Buffer): Buffer => {
  const fixed = Buffer.concat([object.subarray(0, 24), u16(Buffer.byteLength(name)), Buffer.from(name)])
  const context = Buffer.concat([fixed, u32(number), u32(count)])
  if (object[6] === 1 || object[4]! <= 2) {
    const bytes = part.subarray(0, -32)
    assert.deepStrictEqual(sha256(context, bytes), part.subarray(-32))
    return bytes
  }
  const key = Buffer.from(hkdfSync("sha256", masterKey, object.subarray(24, 56), fixed, 32))
  const cipher = createDecipheriv("aes-256-gcm", key, Buffer.concat([Buffer.alloc(8), u32(number)]))
  cipher.setAAD(context).setAuthTag(part.subarray(-16))
  return Buffer.concat([cipher.update(part.subarray(0, -16)), cipher.final()])
}

/** §4 */
const unwrap = (bytes: Buffer): Buffer => {
  if (bytes[0] === 0) return bytes.subarray(1)
  assert.strictEqual(bytes[0], 1)
  const out = zstdDecompressSync(bytes.subarray(5))
  assert.strictEqual(out.length, bytes.readUInt32BE(1))
  return out
}

const headerLength = (object: Buffer): number => object[6] === 2 && object[4]! > 2 ? 56 : 24

const readOnePart = (object: Buffer, name: string): Buffer =>
  unwrap(openPart(object, name, 0, 1, object.subarray(headerLength(object))))

/** The last part, what lies before it, and how many parts there are. */
const readEnd = (object: Buffer, name: string) => {
  const saltLength = object[6] === 2 ? 32 : 0
  const tail = object.subarray(object.length - 12 - saltLength)
  assert.deepStrictEqual(tail.subarray(0, saltLength), object.subarray(24, 24 + saltLength))
  assert.deepStrictEqual(tail.subarray(-4), Buffer.from("opeb"))
  const count = tail.readUInt32BE(saltLength)
  const end = object.length - tail.length
  const start = end - tail.readUInt32BE(saltLength + 4)
  return { count, start, last: openPart(object, name, count - 1, count, object.subarray(start, end)) }
}

class Cursor {
  at = 0
  readonly bytes: Buffer
  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
  varint(): number {
    let value = 0
    for (let scale = 1;; scale *= 128) {
      const byte = this.bytes[this.at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  take(length: number): Buffer {
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
  text(): string {
    return this.take(this.varint()).toString()
  }
}

/** The value of a protobuf message's field, the first of that number. */
const field = (message: Buffer, number: number): Buffer | number | undefined => {
  const cursor = new Cursor(message)
  while (cursor.at < message.length) {
    const tag = cursor.varint()
    const value = tag % 8 === 0 ? cursor.varint() : cursor.take(cursor.varint())
    if (tag >>> 3 === number) return value
  }
  return undefined
}

for (const suite of ["plain", "aes-256-gcm"]) {
  const read = (name: string): Buffer => Fs.readFileSync(Path.join(root, suite, name))
  const namesIn = (directory: string): ReadonlyArray<string> =>
    Fs.readdirSync(Path.join(root, suite, directory)).map((name) => `${directory}/${name}`).toSorted()

  describe(`docs/format.md, ${suite}`, () => {
    it("§3: headers", () => {
      for (const [kind, name] of [[1, "repository"], [3, namesIn("log")[0]!], [4, namesIn("base")[0]!]] as const) {
        const header = read(name).subarray(0, 24)
        const expected = [...Buffer.from("bepo"), kind, 1, suite === "plain" ? 1 : 2, 0]
        assert.deepStrictEqual([...header.subarray(0, 8)], expected)
        assert.strictEqual(header.subarray(8).toString("hex"), repositoryId)
      }
      assert.strictEqual(field(readOnePart(read("repository"), "repository"), 1), 1)
    })

    it("§6: the chain of commits, which the base ends", () => {
      let previous = sha256(Buffer.from(`bepository ${repositoryId}`))
      for (const [i, name] of namesIn("log").entries()) {
        const payload = readOnePart(read(name), name)
        assert.strictEqual(field(payload, 1), i + 1)
        assert.deepStrictEqual(field(payload, 2), previous)
        previous = sha256(payload)
      }
      const [base = ""] = namesIn("base")
      assert.deepStrictEqual(field(readOnePart(read(base), base), 2), previous)
    })

    it("§8: every block of the pack", () => {
      const [directory = ""] = namesIn("pack")
      const [name = ""] = namesIn(directory)
      const object = read(name)
      const { count, last, start } = readEnd(object, name)
      const trailer = new Cursor(last)
      const frameCount = trailer.varint()
      const blockCount = trailer.varint()
      assert.strictEqual(frameCount, count - 1)
      const frames = Array.from(
        { length: frameCount },
        () => [trailer.varint(), trailer.varint(), trailer.varint()] as const
      )
      const lengths = Array.from({ length: blockCount }, () => trailer.varint())
      let at = headerLength(object)
      let block = 0
      for (const [number, [blocks, stored, codec]] of frames.entries()) {
        const part = object.subarray(at, at + stored)
        const body = suite === "plain" ? part : openPart(object, name, number, 0, part)
        const raw = new Cursor(codec === 0 ? body : zstdDecompressSync(body))
        for (let i = 0; i < blocks; i++) assert.deepStrictEqual(sha256(raw.take(lengths[block++]!)), trailer.take(32))
        assert.strictEqual(raw.at, raw.bytes.length)
        at += stored
      }
      assert.strictEqual(block, blockCount)
      assert.strictEqual(at, start)
      assert.strictEqual(trailer.at, last.length)
    })

    it("§9: every row of every segment, and the digest", () => {
      for (const name of namesIn("segment")) {
        const object = read(name)
        const { last, start } = readEnd(object, name)
        const footer = new Cursor(unwrap(last))
        const table = footer.varint()
        footer.text()
        const rows = footer.varint()
        for (let skipped = 0; skipped < 3; skipped++) footer.varint()
        const digest = BigInt(`0x${footer.take(32).toString("hex")}`)
        const packs = Array.from({ length: footer.varint() }, () => {
          const id = footer.take(24)
          footer.varint()
          footer.varint()
          return id
        })
        let at = headerLength(object)
        let sum = 0n
        let seen = 0
        for (let number = 0, pages = footer.varint(); number < pages; number++) {
          const [stored, codec, , count] = [footer.varint(), footer.varint(), footer.varint(), footer.varint()]
          footer.text()
          footer.text()
          const body = openPart(object, name, number, 0, object.subarray(at, at + stored))
          const page = new Cursor(codec === 0 ? body : zstdDecompressSync(body))
          for (let row = 0; row < count; row++) {
            sum += BigInt(`0x${sha256(table === 1 ? recordRow(page, packs) : packRow(page)).toString("hex")}`)
            seen++
          }
          assert.strictEqual(page.at, page.bytes.length)
          at += stored
        }
        assert.strictEqual(at, start)
        assert.strictEqual(seen, rows)
        assert.strictEqual(BigInt.asUintN(256, sum), digest)
      }
    })
  })
}

it("docs/format.md §12: the key slot gives the master key to whoever has the passphrase", () => {
  const name = "key/0123456789abcdef0123456789abcdef"
  const object = Fs.readFileSync(Path.join(root, "aes-256-gcm", name))
  const payload = readOnePart(object, name)
  const [n, r, p, salt, sealed] = [4, 5, 6, 7, 8].map((number) => field(payload, number)!) as [
    number,
    number,
    number,
    Buffer,
    Buffer
  ]
  const key = scryptSync("correct horse battery staple", salt, 32, { N: 2 ** n, r, p, maxmem: 2 ** 31 })
  const cipher = createDecipheriv("aes-256-gcm", key, Buffer.alloc(12))
  const place = Buffer.concat([object.subarray(0, 24), u16(name.length), Buffer.from(name)])
  cipher.setAAD(Buffer.concat([place, payload.subarray(0, -50)])).setAuthTag(sealed.subarray(32))
  assert.deepStrictEqual(Buffer.concat([cipher.update(sealed.subarray(0, 32)), cipher.final()]), masterKey)
})

const recordRow = (page: Cursor, packs: ReadonlyArray<Buffer>): Buffer => {
  const sequence = page.varint()
  const info = page.take(page.varint())
  assert.isString((field(info, 1) as Buffer).toString())
  const runs = Array.from({ length: page.varint() }, () => Buffer.concat([packs[page.varint()]!, u32(page.varint())]))
  return Buffer.concat([Buffer.from([1]), u64(sequence), u32(info.length), info, ...runs])
}

const packRow = (page: Cursor): Buffer => {
  const id = page.take(24)
  const [size, trailer, blocks, bytes] = [page.varint(), page.varint(), page.varint(), page.varint()]
  return Buffer.concat([Buffer.from([2]), id, u64(size), u32(trailer), u32(blocks), u64(bytes)])
}
