import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import * as Record from "../../../src/domain/repository/Record.ts"
import { Reader, Writer } from "../../../src/domain/Wire.ts"
import { damage, dice, int, text } from "../bep/arbitraries.ts"
import { noise, packId, record } from "./fixtures.ts"

const encoded = (row: Record.FileRecord) => {
  const writer = new Writer()
  const packs = new Record.PackIndex()
  Record.write(writer, row, packs)
  return { bytes: writer.finish(), ids: packs.ids }
}

describe("Record", () => {
  const row = Arbitrary.map(
    Arbitrary.all([
      text,
      int(1, Number.MAX_SAFE_INTEGER),
      Arbitrary.array(Arbitrary.all([int(0, 5), int(1, 40)]), { maxLength: 6 })
    ]),
    ([name, sequence, runs]) =>
      record(name || "x", sequence, runs.map(([pack, count]) => ({ pack: packId(`${pack}`), count })))
  )

  it.prop("is the same after writing and reading", [row], ([row]) => {
    const { bytes, ids } = encoded(row)
    const reader = new Reader(bytes)
    const back = Record.read(reader, ids)
    assert.isUndefined(reader.problem)
    assert.strictEqual(reader.pos, bytes.length)
    assert.deepEqual(back, { ...row, info: Buffer.from(row.info) })
  })

  it.prop("finds the pack of each block", [row], ([row]) => {
    const expected = row.runs.flatMap((run) => Array.from({ length: run.count }, () => run.pack))
    for (const [index, pack] of expected.entries()) assert.strictEqual(Record.packOf(row, index), pack)
    assert.isUndefined(Record.packOf(row, expected.length))
  })

  it("damaged bytes give a record or a problem, never a crash", () => {
    const { bytes, ids } = encoded(
      record("some/name", 77, [{ pack: packId("a"), count: 3 }, { pack: packId("b"), count: 1 }])
    )
    let refused = 0
    for (let seed = 0; seed < 3000; seed++) {
      const reader = new Reader(damage(bytes, dice(seed)))
      if (Record.read(reader, ids) === undefined) {
        assert.isDefined(reader.problem)
        refused++
      }
    }
    assert.isAbove(refused, 500)
  })

  it.each([
    ["a pack that is not in the table", [1, 3, 10, 1, 97, 1, 9, 1]],
    ["a run of no blocks", [1, 3, 10, 1, 97, 1, 0, 0]],
    ["sequence 0", [0, 3, 10, 1, 97, 0]],
    ["no name", [1, 2, 24, 5, 0]],
    ["more runs than fit", [1, 3, 10, 1, 97, 255, 255, 255, 255, 15]],
    ["a sequence beyond 2^53", [255, 255, 255, 255, 255, 255, 255, 255, 127, 3, 10, 1, 97, 0]],
    ["a name that is not UTF-8", [1, 3, 10, 1, 200, 0]]
  ])("with %s is refused", (_, bytes) => {
    const reader = new Reader(Uint8Array.from(bytes))
    assert.isUndefined(Record.read(reader, [packId("a")]))
    assert.isDefined(reader.problem)
    assert.isDefined(Record.read(new Reader(Uint8Array.from([1, 3, 10, 1, 97, 1, 0, 1])), [packId("a")]))
  })

  it.prop("inspects what FileInfo decodes", [text, int(0, 2 ** 40)], ([name, size]) => {
    const info = FileInfo.encode({
      name: name || "x",
      type: "file",
      version: [],
      size,
      deleted: size % 2 === 0,
      hashes: noise(64)
    })
    const decoded = FileInfo.decode(info)
    assert.deepStrictEqual(Record.inspect(info), {
      name: name || "x",
      size,
      blockSize: decoded._tag === "Success" ? decoded.success.blockSize : 0,
      deleted: size % 2 === 0
    })
  })
})
