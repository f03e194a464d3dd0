import { assert, describe, it } from "@effect/vitest"
import * as Serving from "../../../src/domain/bep/Serving.ts"
import * as FileInfo from "../../../src/domain/FileInfo.ts"
import { blocksOf, fileOf, sha256 } from "../../harness/FakeEngine.ts"
import { request } from "../../harness/Rig.ts"

const size = 131_072
const content = new Uint8Array(2 * size + 100).map((_, i) => i % 251)
const blocks = blocksOf(content, size)
const pack = "7-0123456789abcdef0123456789abcdef"
const other = sha256(Uint8Array.of(9))

const entry = (info: Uint8Array, blocks: number): Serving.Entry => {
  const decoded = FileInfo.decode(info)
  assert(decoded._tag === "Success")
  return {
    info: decoded.success,
    record: { name: decoded.success.name, sequence: 1, info, runs: blocks === 0 ? [] : [{ pack, count: blocks }] }
  }
}
const file = entry(fileOf("a.txt", content), 3)
const empty = entry(fileOf("a.txt", new Uint8Array(0)), 0)
const read = (index: number) => ({ _tag: "Read" as const, hash: Buffer.from(sha256(blocks[index]!)), pack })
const plain = (decision: Serving.Decision) =>
  decision._tag === "Read" ? { ...decision, hash: Buffer.from(decision.hash) } : decision
const decide = (fields: Parameters<typeof request>[0], of: Serving.Entry | undefined = file) =>
  plain(Serving.decide(request(fields), of))

describe("Serving.refusal", () => {
  const cases: ReadonlyArray<[string, Parameters<typeof request>[0], boolean, Serving.Decision | undefined]> = [
    ["a shared folder", { size: 1 }, true, undefined],
    ["a folder not shared", { size: 1 }, false, Serving.generic],
    ["a negative size", { size: -1 }, true, Serving.invalidFile],
    ["a negative offset", { size: 1, offset: -1 }, true, Serving.invalidFile],
    ["an internal name", { name: ".stfolder/x" }, true, Serving.invalidFile],
    ["a temporary name", { name: "d/.syncthing.x.tmp" }, true, Serving.invalidFile],
    ["a name out of the folder", { name: "../x" }, true, Serving.invalidFile],
    ["a name with NUL", { name: "a\0b" }, true, Serving.invalidFile],
    ["no name", { name: "" }, true, Serving.invalidFile]
  ]
  it.each(cases)("%s", (_, fields, shared, expected) => {
    assert.deepStrictEqual(Serving.refusal(request(fields), shared), expected)
  })
})

describe("Serving.decide", () => {
  it("serves each block by name and offset, with the right hash or none", () => {
    for (let index = 0; index < 3; index++) {
      const at = { offset: index * size, size: blocks[index]!.length }
      assert.deepStrictEqual(decide({ ...at, hash: sha256(blocks[index]!) }), read(index))
      assert.deepStrictEqual(decide(at), read(index))
      assert.deepStrictEqual(decide({ ...at, fromTemporary: true, blockNo: 99 }), read(index))
    }
  })

  it("looks another hash up, whatever lies at the offset", () => {
    const wanted = { _tag: "Read" as const, hash: Buffer.from(other), pack: undefined }
    assert.deepStrictEqual(decide({ offset: 0, size, hash: other }), wanted)
    assert.deepStrictEqual(decide({ offset: 5, size: 10, hash: other }), wanted)
  })

  const missing: ReadonlyArray<[string, Parameters<typeof request>[0], Serving.Entry | undefined]> = [
    ["no such name", { size: 1 }, undefined],
    [
      "a deleted file",
      { size: 1 },
      entry(fileOf("a.txt", new Uint8Array(0), { deleted: true, hashes: new Uint8Array(0) }), 0)
    ],
    ["an invalid file", { size, hash: sha256(blocks[0]!) }, entry(fileOf("a.txt", content, { invalid: true }), 3)],
    ["a directory", { size: 0 }, entry(FileInfo.encode({ name: "a.txt", type: "directory", version: [] }), 0)],
    ["a symlink", { size: 0 }, entry(FileInfo.encode({ name: "a.txt", type: "symlink", version: [] }), 0)],
    ["beyond the end", { offset: 3 * size, size }, file],
    ["over the end", { offset: 2 * size, size: 101 }, file],
    ["over the end, with a hash", { offset: 2 * size, size, hash: other }, file],
    ["a part of a block without hash", { offset: 0, size: 100 }, file],
    ["two blocks at once without hash", { offset: 0, size: 2 * size }, file],
    ["no bytes under another hash", { offset: 0, size: 0, hash: other }, empty],
    ["a hash of a wrong length", { offset: 0, size, hash: other.subarray(0, 20) }, file]
  ]
  it.each(missing)("answers code 2 to %s", (_, fields, of) => {
    assert.deepStrictEqual(Serving.decide(request(fields), of), Serving.noSuchFile)
  })

  it("answers no bytes with no bytes", () => {
    assert.deepStrictEqual(decide({ size: 0 }, empty), { _tag: "Answer", code: 0 })
    assert.deepStrictEqual(decide({ size: 0, hash: sha256(new Uint8Array(0)) }, empty), { _tag: "Answer", code: 0 })
    assert.deepStrictEqual(decide({ size: 0, offset: size }, file), { _tag: "Answer", code: 0 })
  })
})
