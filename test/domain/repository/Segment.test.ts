import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as Footer from "../../../src/domain/repository/Footer.ts"
import * as MultisetHash from "../../../src/domain/repository/MultisetHash.ts"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Order from "../../../src/domain/repository/Order.ts"
import type { FileRecord } from "../../../src/domain/repository/Record.ts"
import type { PackRef } from "../../../src/domain/repository/Refs.ts"
import * as Segment from "../../../src/domain/repository/Segment.ts"
import { int } from "../bep/arbitraries.ts"
import { aes, buildSegment, noise, ok, packId, plain, record, sealings, seeded, segmentId } from "./fixtures.ts"

const id = segmentId("tested")

const bare = (records: ReadonlyArray<FileRecord>) =>
  records.map((row) => ({ ...row, info: Buffer.from(row.info).toString("hex") }))

const packRef = (name: string): PackRef => ({
  id: packId(name),
  size: 33_000_000,
  trailerLength: 9000,
  blocks: 256,
  bytes: 33_554_432
})

/** A tree with many directories, deep paths, tombstones and files of several packs. */
const tree = (files: number, directories: number): ReadonlyArray<FileRecord> =>
  Array.from({ length: files }, (_, i) => {
    const directory = i % directories
    const parent = directory === 0 ? "" : `${directory % 3 === 0 ? "top/" : ""}dir-${directory}/`
    const name = `${parent}file ${i}.txt`
    if (i % 17 === 0) return record(name, i + 1, [], { deleted: true })
    return record(name, i + 1, [{ pack: packId(`${i % 5}`), count: 1 + i % 3 }, { pack: packId(`${i % 7}`), count: 1 }])
  })

/** All rows of a range, read as a reader does: footer from the end, pages of one range. */
const rowsIn = (bytes: Uint8Array, footer: Footer.Footer, range: Footer.PageRange | undefined) => {
  if (range === undefined) return []
  const piece = bytes.subarray(range.start, range.end)
  const rows: Array<FileRecord> = []
  for (let index = range.from; index < range.to; index++) {
    const page = footer.pages[index]!
    const at = page.start - range.start
    rows.push(...ok(Segment.decodePage(footer, index, piece.subarray(at, at + page.stored))))
  }
  return rows
}

const footerOf = (sealing: Envelope.Sealing, bytes: Uint8Array, length: number): Footer.Footer =>
  ok(Footer.parse(sealing, id, bytes.length, bytes.subarray(bytes.length - length)))

for (const sealing of sealings) {
  describe(`Segment, ${sealing.suite}`, () => {
    const shuffled = Arbitrary.map(
      Arbitrary.all([int(1, 300), int(1, 40), int(0, 1000)]),
      ([files, directories, seed]) =>
        [...tree(files, directories)].toSorted((a, b) =>
          Buffer.compare(seeded(`${seed} ${a.name}`), seeded(`${seed} ${b.name}`))
        )
    )

    it.prop("gives back every record, in order, however it was given them", [shuffled], ([records]) => {
      const { bytes, ref } = buildSegment(sealing, id, { table: "files", folder: "f", records })
      const { content, footer } = ok(Segment.readAll(sealing, id, bytes))
      if (content.table !== "files") return assert.fail("another table")
      const expected = records.toSorted((a, b) => Order.compareNames(a.name, b.name))
      assert.deepStrictEqual(bare(content.records), bare(expected))
      assert.deepEqual(Footer.refOf(footer), ref)
      assert.deepEqual(Footer.refOf(footerOf(sealing, bytes, ref.footerLength)), ref)
      assert.strictEqual(ref.records, records.length)
      assert.strictEqual(ref.minSequence, 1)
      assert.strictEqual(ref.maxSequence, records.length)
      assert.strictEqual(footer.tombstones, records.filter((_, i) => i % 17 === 0).length)
    }, { arbitrary: { runs: 20 } })

    it("is the same bytes for the same rows in any order", () => {
      const records = tree(200, 9)
      const content = { table: "files", folder: "f", records } as const
      const reversed = { ...content, records: records.toReversed() }
      assert.deepStrictEqual(buildSegment(sealing, id, content).bytes, buildSegment(sealing, id, reversed).bytes)
    })

    it("a directory is one range, a name is one page", () => {
      const records = tree(4000, 23)
      const { bytes, ref } = buildSegment(sealing, id, { table: "files", folder: "f", records })
      const footer = footerOf(sealing, bytes, ref.footerLength)
      assert.isAbove(footer.pages.length, 5)
      const parents = new Set(records.map((row) => Order.parentOf(row.name)))
      for (const parent of parents) {
        const found = rowsIn(bytes, footer, Footer.pageFor(footer, parent)).filter((row) =>
          Order.parentOf(row.name) === parent
        )
        const expected = records.filter((row) => Order.parentOf(row.name) === parent)
        assert.deepStrictEqual(found.map((row) => row.name).toSorted(), expected.map((row) => row.name).toSorted())
      }
      for (const row of records.filter((_, i) => i % 13 === 0)) {
        const range = Footer.pageFor(footer, Order.parentOf(row.name), Order.baseOf(row.name))
        assert.strictEqual(range === undefined ? 0 : range.to - range.from, 1)
        assert.include(rowsIn(bytes, footer, range).map((found) => found.name), row.name)
      }
      for (const absent of ["", "dir-2", "dir-2/x", "zzz", "top"]) {
        const rows = rowsIn(bytes, footer, Footer.pageFor(footer, absent, "absent"))
        assert.notInclude(rows.map((row) => row.name), `${absent}/absent`)
      }
      assert.isUndefined(Footer.pageFor(footer, "", " before all"))
      const wholeRange = Footer.pageFor(footer, "")
      assert.isBelow(wholeRange?.to ?? 99, footer.pages.length)
    })

    it("names its packs with the blocks and bytes of each", () => {
      const a = packId("a")
      const b = packId("b")
      const records = [
        record("one", 1, [{ pack: a, count: 2 }, { pack: b, count: 1 }], { size: 131_072 * 2 + 5 }),
        record("two", 2, [{ pack: a, count: 1 }], { size: 700, blockSize: 1_048_576 })
      ]
      const { footer } = buildSegment(sealing, id, { table: "files", folder: "f", records })
      assert.deepStrictEqual(footer.packs, [
        { id: a, blocks: 3, bytes: 262_144 + 700 },
        { id: b, blocks: 1, bytes: 5 }
      ])
    })

    it("of packs gives back every pack", () => {
      const packs = Array.from({ length: 3000 }, (_, i) => packRef(`${i}`))
      const { bytes, ref } = buildSegment(sealing, id, { table: "packs", packs })
      const { content } = ok(Segment.readAll(sealing, id, bytes))
      if (content.table !== "packs") return assert.fail("another table")
      assert.deepStrictEqual(content.packs, packs.toSorted((x, y) => x.id < y.id ? -1 : 1))
      assert.strictEqual(ref.records, 3000)
      assert.strictEqual(ref.folder, "")
      assert.isBelow(ref.size / 3000, 45)
    })

    it("keeps a record's bytes as they came, unknown fields and all, also one of a megabyte", () => {
      const large = record("large", 1, [{ pack: packId("a"), count: 20_000 }])
      assert.isAbove(large.info.length, 800_000)
      const { bytes } = buildSegment(sealing, id, { table: "files", folder: "f", records: [large, record("small", 2)] })
      const { content } = ok(Segment.readAll(sealing, id, bytes))
      if (content.table !== "files") return assert.fail("another table")
      assert.isTrue(Buffer.compare(content.records[0]!.info, large.info) === 0)
    })
  })
}

describe("SegmentBuilder", () => {
  const builder = () => new Segment.SegmentBuilder(plain, id, seeded("s"), "files", "f")

  it("refuses rows out of order, a name twice, a record of another entry, and no rows at all", () => {
    const open = builder()
    open.record(record("b", 1))
    assert.throws(() => open.record(record("a", 2)), /not in order/)
    const twice = [record("b", 1), record("b", 2)]
    assert.throws(() => buildSegment(plain, id, { table: "files", folder: "f", records: twice }), /not in order/)
    assert.throws(() => builder().record({ ...record("a", 1), name: "b" }), /not the entry/)
    assert.throws(() => builder().record({ ...record("a", 1), info: noise(50) }), /not the entry/)
    assert.throws(() => builder().finish(), RangeError)
  })
})

describe("a segment whose footer lies", () => {
  const records = [record("a", 1, [{ pack: packId("x"), count: 1 }]), record("b", 2, [{ pack: packId("y"), count: 2 }])]
  const honest = buildSegment(plain, id, { table: "files", folder: "f", records })

  /** The same pages under another footer. */
  const forged = (
    contents: Partial<Footer.Contents>,
    pages: Partial<Footer.Page> = {},
    extra: ReadonlyArray<Footer.Page> = []
  ) => {
    const { footer } = honest
    const all = footer.pages.map((page) => ({ ...page, ...pages })).concat(extra)
    const payload = Footer.encode({ ...footer, ...contents }, all)
    return sealed(payload, honest.bytes.subarray(0, footer.size - footer.length))
  }

  const sealed = (payload: Uint8Array, before: Uint8Array): Uint8Array => {
    const parts = new Envelope.Parts(plain, ObjectKey.segment(id), seeded("s"))
    const last = new Uint8Array(payload.length + parts.overhead)
    const count = honest.footer.pages.length + 1
    parts.sealInto(last, 0, count - 1, count, payload)
    return Buffer.concat([before, last, Envelope.tail(parts, count, last.length)])
  }

  it("is believed if it does not", () => {
    assert.isTrue(Result.isSuccess(Segment.readAll(plain, id, forged({}))))
  })

  it.each<[string, Partial<Footer.Contents>, Partial<Footer.Page>]>([
    ["the number of records", { records: 3 }, {}],
    ["records per page", {}, { records: 3 }],
    ["both", { records: 3 }, { records: 3 }],
    ["no records", { records: 0 }, { records: 0 }],
    ["tombstones", { tombstones: 1 }, {}],
    ["the lowest sequence", { minSequence: 2 }, {}],
    ["the highest sequence", { maxSequence: 1 }, {}],
    ["the digest", { digest: seeded("x") }, {}],
    ["a pack too many", { packs: [...honest.footer.packs, { id: packId("z"), blocks: 1, bytes: 1 }] }, {}],
    ["a pack too few", { packs: honest.footer.packs.slice(0, 1) }, {}],
    ["another pack", { packs: honest.footer.packs.with(0, { id: packId("z"), blocks: 1, bytes: 1 }) }, {}],
    ["blocks of a pack", { packs: honest.footer.packs.with(0, { id: packId("x"), blocks: 2, bytes: 1 }) }, {}],
    ["the first name", {}, { base: "aa" }],
    ["the first directory", {}, { parent: "a" }],
    ["a page's length", {}, { stored: honest.footer.pages[0]!.stored - 1 }],
    ["a page's raw length", {}, { raw: honest.footer.pages[0]!.raw + 1 }],
    ["a page of 4 GiB", {}, { raw: 0xFFFF_FFFF, codec: 1 }],
    ["a page above the limit", {}, { raw: Footer.maxPage + 1, codec: 1 }],
    ["the codec", {}, { codec: honest.footer.pages[0]!.codec === 0 ? 1 : 0 }]
  ])("about %s is corrupt", (_, contents, page) => {
    const read = Segment.readAll(plain, id, forged(contents, page))
    assert.strictEqual(Result.isFailure(read) ? read.failure.kind : "accepted", "corrupt")
  })

  it("about its rows or a page's length is refused with the footer alone", () => {
    const parsed = (contents: Partial<Footer.Contents>, page: Partial<Footer.Page>): string => {
      const bytes = forged(contents, page)
      const footer = Footer.parse(plain, id, bytes.length, bytes)
      return Result.isFailure(footer) ? footer.failure.reason : "accepted"
    }
    assert.include(parsed({ records: 3 }, {}), "do not hold its rows")
    assert.include(parsed({}, { raw: Footer.maxPage + 1, codec: 1 }), "impossible length")
    assert.strictEqual(parsed({}, { raw: Footer.maxPage, codec: 1 }), "accepted")
  })

  it("about how its rows are spread over pages is corrupt", () => {
    const many = buildSegment(plain, id, {
      table: "files",
      folder: "f",
      records: Array.from({ length: 6 }, (_, i) => record(`${i}`, i + 1, [{ pack: packId("x"), count: 900 }]))
    })
    assert.isAbove(many.footer.pages.length, 2)
    const moved = many.footer.pages.map((page, i) => ({
      ...page,
      records: page.records + (i === 0 ? 1 : i === 1 ? -1 : 0)
    }))
    const parts = new Envelope.Parts(plain, ObjectKey.segment(id), seeded("s"))
    for (const [pages, accepted] of [[many.footer.pages, true], [moved, false]] as const) {
      const payload = Footer.encode(many.footer, pages)
      const last = new Uint8Array(payload.length + parts.overhead)
      parts.sealInto(last, 0, pages.length, pages.length + 1, payload)
      const before = many.bytes.subarray(0, many.footer.size - many.footer.length)
      const bytes = Buffer.concat([before, last, Envelope.tail(parts, pages.length + 1, last.length)])
      assert.strictEqual(Result.isSuccess(Segment.readAll(plain, id, bytes)), accepted)
    }
  })

  it("with one sequence twice is corrupt", () => {
    const twice = [record("a", 1), record("b", 1)]
    const { bytes } = buildSegment(plain, id, { table: "files", folder: "f", records: twice })
    const read = Segment.readAll(plain, id, bytes)
    assert.strictEqual(Result.isFailure(read) ? read.failure.reason : "accepted", "two rows have one sequence")
  })

  it("about its table is corrupt, and one of a table to come is newer", () => {
    const read = Segment.readAll(plain, id, forged({ table: "packs" }))
    assert.strictEqual(Result.isFailure(read) ? read.failure.kind : "accepted", "corrupt")
    const payload = Uint8Array.from(Footer.encode(honest.footer, honest.footer.pages))
    assert.strictEqual(payload[0], 0)
    payload[1] = 3
    const before = honest.bytes.subarray(0, honest.footer.size - honest.footer.length)
    const newer = Segment.readAll(plain, id, sealed(payload, before))
    assert.strictEqual(Result.isFailure(newer) ? newer.failure.kind : "accepted", "newer")
    const page = { ...honest.footer.pages[0]!, codec: 2 as 1 }
    const codec = Footer.parse(plain, id, 0, sealed(Footer.encode(honest.footer, [page]), before))
    assert.isTrue(Result.isFailure(codec))
    const bytes = sealed(Footer.encode(honest.footer, [page]), before)
    const parsed = Footer.parse(plain, id, bytes.length, bytes)
    assert.strictEqual(Result.isFailure(parsed) ? parsed.failure.kind : "accepted", "newer")
  })

  it("that states four billion packs or pages is refused before anything is allocated", () => {
    const payload = Buffer.from(Footer.encode({ ...honest.footer, packs: [] }, []))
    const huge = Buffer.from([0xFF, 0xFF, 0xFF, 0xFF, 0x0F])
    const before = honest.bytes.subarray(0, honest.footer.size - honest.footer.length)
    for (const tail of [Buffer.concat([huge, Buffer.from([0])]), Buffer.concat([Buffer.from([0]), huge])]) {
      const bytes = sealed(Buffer.concat([payload.subarray(0, -2), tail]), before)
      const parsed = Footer.parse(plain, id, bytes.length, bytes)
      assert.strictEqual(Result.isFailure(parsed) ? parsed.failure.kind : "accepted", "corrupt")
    }
  })

  it("cannot be read as the other table", () => {
    const at = honest.footer.pages[0]!
    const page = honest.bytes.subarray(at.start, at.start + at.stored)
    assert.isTrue(Result.isFailure(Segment.decodePackPage(honest.footer, 0, page)))
    assert.isTrue(Result.isFailure(Segment.decodePage(honest.footer, 0, page.subarray(1))))
    const packs = buildSegment(plain, id, { table: "packs", packs: [packRef("a")] })
    assert.isTrue(Result.isFailure(Segment.decodePage(packs.footer, 0, page)))
  })
})

describe("MultisetHash", () => {
  const rows = tree(60, 5)

  it("does not depend on order, adds up, and proves a merge", () => {
    const all = MultisetHash.ofRecords(rows)
    assert.deepStrictEqual(MultisetHash.ofRecords(rows.toReversed()), all)
    const a = MultisetHash.ofRecords(rows.slice(0, 20))
    const b = MultisetHash.ofRecords(rows.slice(20))
    assert.deepStrictEqual(new MultisetHash.MultisetHash().add(a).add(b).digest(), all)
    assert.deepStrictEqual(new MultisetHash.MultisetHash().digest(), new Uint8Array(32))
    const older = rows.map((row) => ({ ...row, sequence: row.sequence + 1000 }))
    const { dropped, records } = Order.newest([...rows, ...older])
    assert.strictEqual(dropped.length, 60)
    const inputs = new MultisetHash.MultisetHash().add(all).add(MultisetHash.ofRecords(older)).digest()
    const outputs = new MultisetHash.MultisetHash()
      .add(MultisetHash.ofRecords(records)).add(MultisetHash.ofRecords(dropped)).digest()
    assert.deepStrictEqual(outputs, inputs)
  })

  it("carries from the lowest byte to the highest", () => {
    const one = new Uint8Array(32)
    one[31] = 1
    const ones = new Uint8Array(32).fill(0xFF)
    assert.deepStrictEqual(new MultisetHash.MultisetHash().add(ones).add(one).digest(), new Uint8Array(32))
    const expected = BigInt(`0x${Buffer.from(seeded("a")).toString("hex")}`) +
      BigInt(`0x${Buffer.from(seeded("b")).toString("hex")}`)
    const sum = new MultisetHash.MultisetHash().add(seeded("a")).add(seeded("b")).digest()
    assert.strictEqual(BigInt(`0x${Buffer.from(sum).toString("hex")}`), BigInt.asUintN(256, expected))
  })

  it("sees every field of a row, and a row that is there twice", () => {
    const row = record("a", 5, [{ pack: packId("x"), count: 2 }])
    const digests = [
      [],
      [row],
      [row, row],
      [{ ...row, sequence: 6 }],
      [{ ...row, sequence: 5 + 2 ** 32 }],
      [{ ...row, info: Buffer.concat([row.info, Buffer.from([0])]) }],
      [{ ...row, runs: [] }],
      [{ ...row, runs: [{ pack: packId("y"), count: 2 }] }],
      [{ ...row, runs: [{ pack: packId("x"), count: 3 }] }]
    ].map((rows) => Buffer.from(MultisetHash.ofRecords(rows)).toString("hex"))
    const ref = packRef("a")
    const packs = [
      ref,
      { ...ref, id: packId("b") },
      { ...ref, size: 1 },
      { ...ref, trailerLength: 1 },
      { ...ref, blocks: 1 },
      { ...ref, bytes: 1 }
    ].map((ref) => Buffer.from(MultisetHash.ofPacks([ref])).toString("hex"))
    assert.strictEqual(new Set([...digests, ...packs]).size, digests.length + packs.length)
  })
})

describe("a large segment", () => {
  it("is built and read in little more memory than its rows take", () => {
    const packs = Array.from({ length: 40 }, (_, i) => packId(`p${i}`))
    const info = record("x".repeat(50), 1, [{ pack: packs[0]!, count: 8 }]).info
    const records = Array.from({ length: 60_000 }, (_, i): FileRecord => {
      const name = `directory ${String(i % 600).padStart(4, "0")}/file ${String(i).padStart(26, "0")}.bin`
      const bytes = Buffer.from(info)
      bytes.set(Buffer.from(name).subarray(0, 50), 2)
      return { name: name.slice(0, 50), sequence: i + 1, info: bytes, runs: [{ pack: packs[i % 40]!, count: 8 }] }
    })
    const input = records.reduce((sum, row) => sum + row.info.length + 150, 0)
    const before = process.memoryUsage()
    const { bytes, ref } = buildSegment(aes, id, { table: "files", folder: "f", records })
    const grown = process.memoryUsage()
    assert.isBelow(grown.arrayBuffers - before.arrayBuffers, input * 3)
    assert.isBelow(ref.size, input)
    assert.strictEqual(ok(Segment.readAll(aes, id, bytes)).footer.records, 60_000)
  })
})
