import { assert, describe, it } from "@effect/vitest"
import type * as Envelope from "../../../src/domain/repository/Envelope.ts"
import * as MultisetHash from "../../../src/domain/repository/MultisetHash.ts"
import { compareNames } from "../../../src/domain/repository/Order.ts"
import * as RecordModule from "../../../src/domain/repository/Record.ts"
import type { FileRecord } from "../../../src/domain/repository/Record.ts"
import type { PackRef, SegmentRef } from "../../../src/domain/repository/Refs.ts"
import * as Segment from "../../../src/domain/repository/Segment.ts"
import * as SegmentMerge from "../../../src/domain/repository/SegmentMerge.ts"
import * as Seeded from "../../harness/Seeded.ts"
import { buildSegment, ok, packId, plain, record, sealings, seeded, segmentId } from "./fixtures.ts"
import { pack, run } from "./ledger.ts"

const builderOf = (sealing: Envelope.Sealing, table: "files" | "packs" = "files") =>
  new Segment.SegmentBuilder(sealing, segmentId("merged"), seeded("salt"), table, table === "files" ? "f" : "")

/** Merges, handing out the rows in pieces of random length. */
const merged = <Row>(
  kind: SegmentMerge.Kind<Row>,
  inputs: ReadonlyArray<{ readonly ref: SegmentRef; readonly rows: ReadonlyArray<Row> }>,
  into: Segment.SegmentBuilder,
  random: Seeded.Seeded,
  /** The last of them. */
  witnesses = 0
) => {
  const refs = inputs.map(({ ref }) => ref)
  const own = refs.length - witnesses
  const merging = new SegmentMerge.SegmentMerge(kind, refs.slice(0, own), refs.slice(own))
  const given = inputs.map(() => 0)
  for (let left = 1_000_000; left > 0; left--) {
    const progress = merging.step(into)
    if (progress._tag === "done" || progress._tag === "broken") return { merging, progress }
    if (progress._tag === "paused") continue
    const { input } = progress
    const { rows } = inputs[input]!
    const from = given[input]!
    const count = 1 + random.int(5)
    if (from >= rows.length) merging.end(input)
    else merging.feed(input, rows.slice(from, from + count))
    given[input] = from + count
  }
  throw new Error("the merge does not end")
}

const names = ["a", "b", "é", "\u{1F600}", "\uFFFD", "a/b", "a/c", "a.b", "a/b/c", "z", "z/", "Z"]
const table = (random: Seeded.Seeded, count: number): ReadonlyArray<ReadonlyArray<FileRecord>> => {
  const sequences = Array.from({ length: 400 }, (_, at) => at + 1)
  return Array.from({ length: count }, (_, input) => {
    const rows = new Map<string, FileRecord>()
    for (let left = 1 + random.int(20); left > 0; left--) {
      const name = `${names[random.int(names.length)]!}${random.int(3)}`
      const [sequence] = sequences.splice(random.int(sequences.length), 1)
      rows.set(
        name,
        record(name, sequence!, random.chance(0.5) ? run(`p${random.int(4)}`) : [], {
          deleted: random.chance(0.3),
          version: [{
            id: BigInt(input + 1),
            value: 1n
          }]
        })
      )
    }
    return [...rows.values()].toSorted((a, b) => compareNames(a.name, b.name))
  })
}

const shown = ({ info, name, runs, sequence }: FileRecord) => ({
  name,
  sequence,
  runs,
  info: Buffer.from(info).toString("hex")
})

const inputsOf = (tables: ReadonlyArray<ReadonlyArray<FileRecord>>) =>
  tables.map((rows, at) => ({
    rows,
    ref: buildSegment(plain, segmentId(`input ${at}`), { table: "files", folder: "f", records: rows }).ref
  }))

describe("a merge", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => ({ seed })))(
    "leaves out what witnesses supersede, and nothing else, and passes on nothing of theirs (seed $seed)",
    ({ seed }) => {
      const random = Seeded.make(seed + 1000)
      const sealing = sealings[seed % 2]!
      const tables = table(random, 2 + random.int(5))
      const witnesses = 1 + random.int(tables.length - 1)
      const own = tables.slice(0, tables.length - witnesses).flat()
      const into = builderOf(sealing)
      const { merging, progress } = merged(SegmentMerge.filesKind(0), inputsOf(tables), into, random, witnesses)
      assert.strictEqual(progress._tag, "done")
      const best = new Map<string, FileRecord>()
      for (const one of tables.flat()) if ((best.get(one.name)?.sequence ?? 0) < one.sequence) best.set(one.name, one)
      const kept = own.filter((one) => best.get(one.name) === one).toSorted((a, b) => compareNames(a.name, b.name))
      const gone = own.filter((one) => best.get(one.name) !== one)
      const outcome = merging.outcome(into.soFar())
      assert.isTrue(outcome.whole)
      assert.strictEqual(outcome.dropped.records, gone.length)
      assert.deepStrictEqual(outcome.dropped.digest, MultisetHash.ofRecords(gone))
      if (kept.length === 0) return assert.isUndefined(into.soFar())
      const { body, ref } = into.finish()
      const { content } = ok(Segment.readAll(sealing, ref.id, Buffer.concat(body)))
      assert.deepStrictEqual(content.table === "files" ? content.records.map(shown) : [], kept.map(shown))
    }
  )

  it.each(Array.from({ length: 40 }, (_, seed) => ({ seed })))(
    "keeps of each name the highest sequence, and accounts for the others (seed $seed)",
    ({ seed }) => {
      const random = Seeded.make(seed)
      const sealing = sealings[seed % 2]!
      const tables = table(random, 1 + random.int(6))
      const forgettable = random.int(300)
      const into = builderOf(sealing)
      const { merging, progress } = merged(SegmentMerge.filesKind(forgettable), inputsOf(tables), into, random)
      assert.strictEqual(progress._tag, "done")
      // The naive model.
      const best = new Map<string, FileRecord>()
      for (const one of tables.flat()) if ((best.get(one.name)?.sequence ?? 0) < one.sequence) best.set(one.name, one)
      const goes = (one: FileRecord) => one.sequence <= forgettable && RecordModule.inspect(one.info)!.deleted
      const kept = [...best.values()].filter((one) => !goes(one)).toSorted((a, b) => compareNames(a.name, b.name))
      const gone = [...best.values()].filter(goes)
      const dropped = tables.flat().filter((one) => best.get(one.name) !== one)
      const { whole, ...outcome } = merging.outcome(into.soFar())
      assert.isTrue(whole)
      assert.deepStrictEqual(outcome, {
        data: dropped.reduce((sum, { info }) => sum + RecordModule.inspect(info)!.size, 0),
        dropped: { records: dropped.length, digest: MultisetHash.ofRecords(dropped) },
        tombstones: {
          records: gone.length,
          digest: MultisetHash.ofRecords(gone),
          maxSequence: Math.max(0, ...gone.map(({ sequence }) => sequence))
        }
      })
      if (kept.length === 0) assert.isUndefined(into.soFar())
      else {
        const { body, ref } = into.finish()
        const { content } = ok(Segment.readAll(sealing, ref.id, Buffer.concat(body)))
        assert.deepStrictEqual(
          content.table === "files" ? content.records.map(shown) : [],
          kept.map(shown)
        )
      }
    }
  )

  it.each(Array.from({ length: 20 }, (_, seed) => ({ seed })))(
    "gives rows other names of packs, and accounts for each (seed $seed)",
    ({ seed }) => {
      const random = Seeded.make(seed)
      const sealing = sealings[seed % 2]!
      const tables = table(random, 1 + random.int(6))
      const old = packId("p1")
      const rename = (one: FileRecord): FileRecord =>
        one.runs.some(({ pack }) => pack === old) ? { ...one, runs: run("new") } : one
      const into = builderOf(sealing)
      const { merging } = merged(SegmentMerge.filesKind(0, rename), inputsOf(tables), into, random)
      const output = into.soFar()!
      const { dropped, renamed, tombstones, whole } = merging.outcome(output)
      assert.isTrue(whole)
      const best = new Map<string, FileRecord>()
      for (const one of tables.flat()) if ((best.get(one.name)?.sequence ?? 0) < one.sequence) best.set(one.name, one)
      const changed = [...best.values()].filter((one) => rename(one) !== one)
      assert.deepStrictEqual(
        renamed,
        changed.length === 0 ? undefined : {
          records: changed.length,
          before: MultisetHash.ofRecords(changed),
          after: MultisetHash.ofRecords(changed.map(rename))
        }
      )
      // in - before + after = out + dropped + tombstones
      const left = new MultisetHash.MultisetHash().add(MultisetHash.ofRecords(tables.flat()))
      const right = new MultisetHash.MultisetHash().add(output.digest).add(dropped.digest).add(tombstones.digest)
      if (renamed !== undefined) left.add(renamed.after)
      if (renamed !== undefined) right.add(renamed.before)
      assert.deepStrictEqual(left.digest(), right.digest())
      const { body, ref } = into.finish()
      const { content } = ok(Segment.readAll(sealing, ref.id, Buffer.concat(body)))
      assert.deepStrictEqual(
        content.table === "files" ? content.records.map(shown) : [],
        [...best.values()].map(rename).toSorted((a, b) => compareNames(a.name, b.name)).map(shown)
      )
    }
  )

  it("is not whole if more of a row was changed than its names", () => {
    const random = Seeded.make(4)
    const strays: ReadonlyArray<(one: FileRecord) => FileRecord> = [
      (one) => ({ ...one, sequence: one.sequence + 1 }),
      (one) => ({ ...one, info: record(one.name, one.sequence, [], { permissions: 0 }).info }),
      (one) => ({ ...one, runs: [...one.runs, ...run("more")] }),
      (one) => ({ ...one, runs: run("p0", 7) })
    ]
    for (const rename of [(one: FileRecord) => ({ ...one, runs: one.runs.map((each) => ({ ...each })) }), ...strays]) {
      const into = builderOf(plain)
      const { merging } = merged(SegmentMerge.filesKind(0, rename), inputsOf(table(random, 2)), into, random)
      assert.strictEqual(merging.outcome(into.soFar()).whole, !strays.includes(rename))
    }
  })

  it("sees a row too many, one too few, another row, and rows in another order", () => {
    const random = Seeded.make(1)
    const [good, other] = inputsOf(table(random, 2))
    const broken = (rows: ReadonlyArray<FileRecord>, ref = other!.ref) => {
      const { progress } = merged(SegmentMerge.filesKind(0), [good!, { ref, rows }], builderOf(plain), random)
      if (progress._tag !== "broken") return assert.fail("nothing was seen")
      assert.strictEqual(progress.segment, other!.ref.id)
      return progress.reason
    }
    const { rows } = other!
    assert.match(broken(rows.slice(1)), /counts/)
    assert.match(broken([]), /counts/)
    const more = record("\u{10FFFF}/last", other!.ref.maxSequence)
    assert.match(broken([...rows, more]), /counts/)
    assert.match(broken([...rows.slice(0, -1), { ...more, sequence: rows.at(-1)!.sequence }]), /digest/)
    assert.match(broken(rows.toReversed()), /order/)
    assert.match(broken([rows[0]!, ...rows]), /order/)
    assert.match(broken(rows, { ...other!.ref, maxSequence: other!.ref.maxSequence - 1 }), /range/)
    assert.match(broken(rows, { ...other!.ref, digest: good!.ref.digest }), /digest/)
  })

  it("is not whole if its output is not what was passed on", () => {
    const random = Seeded.make(2)
    const inputs = inputsOf(table(random, 3))
    const into = builderOf(plain)
    const { merging } = merged(SegmentMerge.filesKind(0), inputs, into, random)
    const good = into.soFar()!
    assert.isTrue(merging.outcome(good).whole)
    assert.isFalse(merging.outcome(undefined).whole)
    assert.isFalse(merging.outcome({ ...good, records: good.records - 1 }).whole)
    assert.isFalse(merging.outcome({ ...good, digest: seeded("another") }).whole)
  })

  it("of a pack table leaves out the packs that live no more", () => {
    const random = Seeded.make(3)
    const all = Array.from({ length: 500 }, (_, at) => pack(`p${at}`, 1 + at % 3))
    const parts: ReadonlyArray<ReadonlyArray<PackRef>> = [all.slice(0, 100), all.slice(100, 450), all.slice(450)]
    const inputs = parts.map((packs, at) => ({
      rows: packs.toSorted((a, b) => a.id < b.id ? -1 : 1),
      ref: buildSegment(plain, segmentId(`packs ${at}`), { table: "packs", packs }).ref
    }))
    const dropped = new Map(all.filter((_, at) => at % 7 === 0).map((ref) => [ref.id, ref]))
    const into = builderOf(plain, "packs")
    const { merging } = merged(SegmentMerge.packsKind(dropped), inputs, into, random)
    const outcome = merging.outcome(into.soFar())
    assert.isTrue(outcome.whole)
    assert.deepStrictEqual(outcome.dropped, {
      records: dropped.size,
      digest: MultisetHash.ofPacks(dropped.values())
    })
    const { body, ref } = into.finish()
    const { content } = ok(Segment.readAll(plain, ref.id, Buffer.concat(body)))
    assert.deepStrictEqual(
      content.table === "packs" ? content.packs : [],
      all.filter(({ id }) => !dropped.has(id)).toSorted((a, b) => a.id < b.id ? -1 : 1)
    )
  })

  it("pauses after some hundred rows, and after some of them that are large", () => {
    const pauses = (count: number, size: number, atOnce = count) => {
      const rows = Array.from(
        { length: count },
        (_, at) => record(`f${String(at).padStart(5, "0")}`, at + 1, [], { symlinkTarget: new Uint8Array(size) })
      )
      const [input] = inputsOf([rows])
      const merging = new SegmentMerge.SegmentMerge(SegmentMerge.filesKind(0), [input!.ref])
      const into = builderOf(plain)
      let pauses = 0
      let from = 0
      for (let left = 10_000; left > 0; left--) {
        const { _tag } = merging.step(into)
        if (_tag === "done") return pauses
        if (_tag === "paused") pauses++
        else if (from >= count) merging.end(0)
        else {
          merging.feed(0, rows.slice(from, from + atOnce))
          from += atOnce
        }
      }
      return assert.fail("the merge does not end")
    }
    // However few rows it is fed at once: what is fed may be at hand, so that nobody else would get a turn.
    assert.strictEqual(pauses(2001, 1, 10), 8)
    assert.strictEqual(pauses(2001, 1), 8)
    assert.strictEqual(pauses(100, 20_000), 14)
  })
})
