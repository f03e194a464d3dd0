import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Result from "effect/Result"
import * as Fs from "node:fs"
import protobuf from "protobufjs"
import * as DeviceId from "../../../src/domain/DeviceId.ts"
import * as Base from "../../../src/domain/repository/Base.ts"
import * as Commit from "../../../src/domain/repository/Commit.ts"
import type { PackRef, SegmentRef } from "../../../src/domain/repository/Refs.ts"
import { Writer } from "../../../src/domain/Wire.ts"
import { bytes, damage, dice, int, safe, text, uint64 } from "../bep/arbitraries.ts"
import { history, ok, packId, plain, record, segmentId, sha } from "./fixtures.ts"

const name = Arbitrary.map(text, (value) => value || "x")
const id = Arbitrary.map(int(0, 1000), (n) => packId(`${n}`, n))

const packRef: Arbitrary.Arbitrary<PackRef> = Arbitrary.map(
  Arbitrary.all([id, safe, safe, safe, safe]),
  ([id, size, trailerLength, blocks, bytes]) => ({ id, size, trailerLength, blocks, bytes })
)

const segmentRef: Arbitrary.Arbitrary<SegmentRef> = Arbitrary.map(
  Arbitrary.all([int(0, 1000), int(0, 1), text, safe, safe, safe, bytes(32, 32)]),
  ([n, table, folder, records, minSequence, size, digest]) => ({
    id: segmentId(`${n}`, n),
    table: table === 0 ? "files" as const : "packs" as const,
    folder,
    records,
    minSequence,
    maxSequence: records,
    size,
    footerLength: minSequence,
    digest
  })
)

const fileRecord = Arbitrary.map(
  Arbitrary.all([name, int(1, 2 ** 40), Arbitrary.array(Arbitrary.all([id, int(1, 20)]), { maxLength: 4 })]),
  ([name, sequence, runs]) => {
    const made = record(name, sequence, runs.map(([pack, count]) => ({ pack, count })))
    return { ...made, info: Uint8Array.from(made.info) }
  }
)

const list = <A>(element: Arbitrary.Arbitrary<A>) => Arbitrary.array(element, { maxLength: 6 })
const device = Arbitrary.map(bytes(32, 32), DeviceId.fromBytes)
const reason = Arbitrary.map(int(0, 1), (n) => n === 0 ? "manual" as const : "schedule" as const)

/** One of each operation, whatever its fields. */
const ops: Arbitrary.Arbitrary<ReadonlyArray<Commit.Op>> = Arbitrary.map(
  Arbitrary.all([
    safe,
    bytes(0, 40),
    text,
    text,
    uint64,
    list(fileRecord),
    segmentRef,
    list(packRef),
    device,
    reason,
    list(safe),
    list(Arbitrary.all([text, uint64, safe])),
    list(id),
    list(Arbitrary.all([int(0, 1), id, safe])),
    bytes(32, 32)
  ]),
  ([n, der, folder, label, indexId, records, segment, packs, device, reason, ids, forks, many, doomed, digest]) => [
    { _tag: "EpochOpened", epoch: n },
    { _tag: "IdentitySet", certificate: der, privateKey: der },
    { _tag: "FolderAdded", folder, label, indexId },
    { _tag: "FolderRelabelled", folder, label },
    { _tag: "FilesChanged", folder, records },
    { _tag: "SegmentAdded", folder, segment },
    { _tag: "PacksAdded", packs },
    { _tag: "RemoteIndexAdvanced", folder, device, indexId, sequence: n },
    { _tag: "InlineFlushed", folder, through: n, segment },
    { _tag: "PacksFlushed", through: n, segment },
    { _tag: "CheckpointCreated", id: n, folder, reason },
    { _tag: "CheckpointsExpired", ids },
    {
      _tag: "TimelineForked",
      epoch: n,
      folders: forks.map(([folder, indexId, sequence]) => ({ folder, indexId, sequence }))
    },
    { _tag: "FolderRemoved", folder },
    { _tag: "RemoteIndexesForgotten", folder },
    { _tag: "IndexRenewed", folder, indexId, sequence: n },
    {
      _tag: "SegmentsMerged",
      folder,
      table: segment.table,
      inputs: many,
      ...(n % 2 === 0 ? { output: segment } : {}),
      dropped: n === 0 ? { records: 0, digest: new Uint8Array(32) } : { records: n, digest },
      tombstones: n === 0
        ? { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
        : { records: n, digest, maxSequence: n },
      ...(n % 3 === 0 ? {} : { renamed: { records: n, before: digest, after: new Uint8Array(32).fill(n) } })
    },
    { _tag: "PackReplaced", old: packId("old"), packs: many, scanned: n },
    { _tag: "RedirectsDropped", packs: many },
    { _tag: "ObjectsCondemned", objects: doomedOf(doomed) },
    { _tag: "ObjectsDeleted", objects: doomedOf(doomed).map(({ id, kind }) => ({ kind, id })) },
    { _tag: "DeletionStopped", reason: label },
    { _tag: "DeletionResumed" },
    { _tag: "ScheduleSet", every: n, keep: n },
    { _tag: "ScheduleRemoved", every: n },
    { _tag: "CheckpointPinned", id: n, holder: folder, reason: label, ...(n === 0 ? {} : { until: n }) },
    { _tag: "CheckpointUnpinned", id: n, holder: folder },
    { _tag: "CheckpointsRemoved", ids },
    { _tag: "CheckpointCreated", id: n, folder, reason, counts: { files: n, directories: 1, bytes: n } }
  ]
)

/** Packs first, as they lie in the bytes. */
const doomedOf = (objects: ReadonlyArray<readonly [number, string, number]>) =>
  objects.map(([kind, id, size]) => ({ kind: kind === 0 ? "pack" as const : "segment" as const, id, size }))
    .toSorted((a, b) => a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0)

const commit = Arbitrary.map(
  Arbitrary.all([int(1, 2 ** 50), bytes(32, 32), safe, bytes(16, 16), text, safe, ops, int(0, 29)]),
  ([position, previous, term, nonce, host, time, ops, first]): Commit.Commit => ({
    position,
    previous,
    term,
    nonce,
    host,
    time,
    ops: [...ops.slice(first), ...ops.slice(0, first)]
  })
)

const schema = protobuf.parse(
  Fs.readFileSync(new URL("../../../proto/repository.proto", import.meta.url), "utf8"),
  { keepCase: true }
).root

const failure = (result: Result.Result<unknown, { readonly kind: string }>): string =>
  Result.isFailure(result) ? result.failure.kind : "accepted"

describe("Commit", () => {
  it.prop("is the same after encoding and decoding, every operation", [commit], ([commit]) => {
    const encoded = Commit.encode(commit)
    assert.deepEqual(ok(Commit.decode(encoded)), commit)
    assert.deepStrictEqual(Commit.encode(ok(Commit.decode(encoded))), encoded)
  }, { arbitrary: { runs: 150 } })

  it.prop("is read by protobufjs with the schema in proto/, and nothing is left over", [commit], ([commit]) => {
    const type = schema.lookupType("bepository.Commit")
    const theirs = type.toObject(type.decode(Commit.encode(commit)), { longs: String, bytes: Array })
    assert.strictEqual(theirs["position"], String(commit.position))
    assert.strictEqual(theirs["ops"]?.length, commit.ops.length)
    const snake = (tag: string) => tag.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).slice(1)
    for (const [i, op] of commit.ops.entries()) assert.property(theirs["ops"][i], snake(op._tag))
    const again = type.encode(type.fromObject(theirs)).finish()
    assert.deepEqual(ok(Commit.decode(again)), commit)
  }, { arbitrary: { runs: 60 } })

  it("a base is read by protobufjs too", () => {
    const { states } = history(plain)
    const type = schema.lookupType("bepository.Base")
    const encoded = ok(Base.encode(states.at(-1)!))
    const theirs = type.toObject(type.decode(encoded), { longs: String, bytes: Array })
    assert.deepStrictEqual(theirs["folders"].map((folder: { readonly id: string }) => folder.id), ["docs", "photos"])
    assert.deepEqual(
      ok(Base.decode(type.encode(type.fromObject(theirs)).finish())),
      ok(Base.decode(encoded))
    )
  })

  it("digests are over exactly its bytes", () => {
    const encoded = Commit.encode(history(plain).commits[2]!)
    assert.deepStrictEqual(Commit.digest(encoded), sha(encoded))
  })

  describe("never skips what it does not know", () => {
    const base = Commit.encode(history(plain).commits[0]!)
    const withOp = (number: number) =>
      Buffer.concat([base, new Writer().message(16, (w) => w.message(number, (w) => w.number(1, 5))).finish()])

    it.each([23, 29, 1000])("operation %d is newer", (number) => {
      assert.strictEqual(failure(Commit.decode(withOp(number))), "newer")
    })

    it("fields, reasons and tables to come are newer", () => {
      const op = (write: (writer: Writer) => void) => Buffer.concat([base, new Writer().message(16, write).finish()])
      const segment = (write: (writer: Writer) => Writer) =>
        op((w) =>
          w.message(
            7,
            (w) => w.string(1, "f").message(2, (w) => write(w.data(1, new Uint8Array(24)).data(9, new Uint8Array(32))))
          )
        )
      for (
        const [what, encoded] of [
          ["a field of the commit", Buffer.concat([base, new Writer().number(7, 1).finish()])],
          ["a field of another type", Buffer.concat([base, new Writer().string(1, "1").finish()])],
          ["a field of an operation", op((w) => w.message(1, (w) => w.number(1, 2).number(2, 1)))],
          ["a field beside an operation", op((w) => w.message(1, (w) => w.number(1, 2)).number(30, 1))],
          ["a reason", op((w) => w.message(14, (w) => w.number(1, 2).string(2, "f").number(3, 3)))],
          ["a table", segment((w) => w.number(2, 3))],
          ["a field of a segment", segment((w) => w.number(2, 1).number(10, 1))]
        ] as const
      ) assert.strictEqual(failure(Commit.decode(encoded)), "newer", what)
    })

    it("what is not complete is corrupt", () => {
      const op = (write: (writer: Writer) => void) => Buffer.concat([base, new Writer().message(16, write).finish()])
      const merge = (write: (writer: Writer) => void) =>
        op((w) => w.message(12, (w) => write(w.string(1, "f").number(2, 1))))
      assert.isTrue(Result.isSuccess(Commit.decode(merge(() => undefined))))
      for (
        const [what, encoded] of [
          ["nothing", new Uint8Array(0)],
          ["no nonce", new Writer().number(1, 1).data(2, new Uint8Array(32)).finish()],
          ["a short nonce", new Writer().number(1, 1).data(2, new Uint8Array(32)).data(4, new Uint8Array(15)).finish()],
          ["position 0", new Writer().data(2, new Uint8Array(32)).data(4, new Uint8Array(16)).finish()],
          ["an empty operation", op(() => undefined)],
          ["two operations in one", op((w) => w.message(1, (w) => w.number(1, 2)).message(1, (w) => w.number(1, 3)))],
          ["a segment without an id", op((w) => w.message(7, (w) => w.message(2, (w) => w.number(2, 1))))],
          ["no segment", op((w) => w.message(7, (w) => w.string(1, "f")))],
          ["half a renaming", merge((w) => w.number(10, 1).data(11, new Uint8Array(32)))],
          ["a renaming of nothing", merge((w) => w.data(11, new Uint8Array(32)).data(12, new Uint8Array(32)))],
          [
            "a renaming by a short digest",
            merge((w) => w.number(10, 1).data(11, new Uint8Array(32)).data(12, new Uint8Array(31)))
          ],
          ["a short device id", op((w) => w.message(9, (w) => w.data(2, new Uint8Array(31))))],
          ["a checkpoint without a reason", op((w) => w.message(14, (w) => w.number(1, 2)))],
          ["part of a pack id", op((w) => w.message(6, (w) => w.data(2, new Uint8Array(25))))],
          ["part of a pack row", op((w) => w.message(8, (w) => w.data(1, new Uint8Array(25))))],
          ["a number beyond 2^53", op((w) => w.message(1, (w) => w.bigint(1, 1n << 53n)))],
          ["a text that is not UTF-8", op((w) => w.message(4, (w) => w.data(1, Uint8Array.of(0xFF))))]
        ] as const
      ) assert.strictEqual(failure(Commit.decode(encoded)), "corrupt", what)
    })
  })

  it("damaged bytes are refused or read, never a crash, and never an endless loop", () => {
    const { commits, states } = history(plain)
    const originals = commits.map(Commit.encode)
    const base = ok(Base.encode(states.at(-1)!))
    let refused = 0
    for (let seed = 0; seed < 4000; seed++) {
      const roll = dice(seed)
      const decoded: Result.Result<unknown, { readonly kind: string }> = seed % 4 === 0
        ? Base.decode(damage(base, roll))
        : Commit.decode(damage(originals[roll(originals.length)]!, roll))
      if (Result.isFailure(decoded)) {
        assert.include(["corrupt", "newer"], decoded.failure.kind)
        refused++
      }
    }
    assert.isAbove(refused, 2000)
  })
})
