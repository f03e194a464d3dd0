import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { createHash, createSecretKey } from "node:crypto"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Sealing } from "../../src/domain/repository/Envelope.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as Order from "../../src/domain/repository/Order.ts"
import type { BlockRun, FileRecord } from "../../src/domain/repository/Record.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import type { Checkpoint, SegmentRef, State } from "../../src/domain/repository/State.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as SnapshotReaderSegments from "../../src/layers/SnapshotReaderSegments.ts"
import { BlockMissing, BlockReader } from "../../src/services/BlockReader.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SnapshotReader } from "../../src/services/SnapshotReader.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as Tree from "../harness/Tree.ts"

const plain: Sealing = { suite: "plain", repository: "00112233445566778899aabbccddeeff" }
const sealed: Sealing = { ...plain, suite: "aes-256-gcm", key: createSecretKey(Buffer.alloc(32, 7)) }

const record = (
  name: string,
  sequence: number,
  fields: Partial<FileInfo.Fields> = {},
  runs: ReadonlyArray<BlockRun> = []
): FileRecord => ({
  name,
  sequence,
  info: FileInfo.encode({ name, type: "directory", version: [{ id: 1n, value: BigInt(sequence) }], ...fields }),
  runs
})

class World {
  readonly objects = new Map<string, Uint8Array>()
  readonly segments = new Map<string, SegmentRef>()
  readonly checkpoints: Array<Checkpoint> = []
  readonly blocks = new Map<string, Uint8Array>()
  readonly gets: Array<string> = []
  readonly reads: Array<string> = []
  readonly sealing: Sealing
  /** What BlockReader has at hand. */
  cached: (pack: string) => boolean = () => false

  constructor(sealing: Sealing = plain) {
    this.sealing = sealing
  }

  segment(records: ReadonlyArray<FileRecord>): string {
    const id = ObjectKey.makeId(1, Buffer.alloc(16, this.segments.size))
    const built = Segment.build(this.sealing, id, Buffer.alloc(32, 5), { table: "files", folder: "f", records })
    this.objects.set(ObjectKey.segment(id), Buffer.concat(built.body))
    this.segments.set(id, built.ref)
    return id
  }

  checkpoint(...segments: ReadonlyArray<string>): Checkpoint {
    const id = this.checkpoints.length + 1
    const made: Checkpoint = {
      id,
      folder: "f",
      label: "F",
      time: 0,
      position: 1,
      sequence: 0,
      reason: "manual",
      segments
    }
    this.checkpoints.push(made)
    return made
  }

  /** A file of those bytes whose blocks lie, `perPack` at a time, in packs "0", "1", … */
  file(name: string, sequence: number, bytes: Uint8Array, perPack = 3): FileRecord {
    const blockSize = 131_072
    const hashes: Array<Uint8Array> = []
    for (let at = 0; at === 0 || at < bytes.length; at += blockSize) {
      const block = bytes.subarray(at, at + blockSize)
      const hash = createHash("sha256").update(block).digest()
      hashes.push(hash)
      this.blocks.set(hash.toString("hex"), block)
    }
    const runs: Array<BlockRun> = []
    for (let i = 0; i < hashes.length && bytes.length > 0; i += perPack) {
      runs.push({
        pack: ObjectKey.makeId(1, Buffer.alloc(16, i / perPack)),
        count: Math.min(perPack, hashes.length - i)
      })
    }
    return record(name, sequence, { type: "file", size: bytes.length, blockSize, hashes: Buffer.concat(hashes) }, runs)
  }

  get layer(): Layer.Layer<SnapshotReader> {
    const below = ObjectStoreMemory.make(this.objects)
    const state = { segments: this.segments, checkpoints: this.checkpoints } as unknown as State
    const blockOf = (hash: Uint8Array) => this.blocks.get(Buffer.from(hash).toString("hex"))
    return SnapshotReaderSegments.layer.pipe(Layer.provide([
      Layer.succeed(
        ObjectStore,
        ObjectStore.of({
          ...below,
          get: (key, range) => {
            this.gets.push(`${key} ${range?.start}-${range?.end}`)
            return below.get(key, range)
          }
        })
      ),
      Layer.mock(Repository, {
        id: this.sealing.repository,
        sealing: this.sealing,
        head: Effect.succeed(state),
        refresh: Effect.succeed(state)
      }),
      Layer.mock(BlockReader, {
        readCachedUnsafe: (pack, hash) => this.cached(pack) ? blockOf(hash) : undefined,
        read: (pack, hash) => {
          this.reads.push(pack)
          const block = blockOf(hash)
          return block === undefined ? new BlockMissing({ pack, hash: "" }) : Effect.succeed(block)
        },
        lendUnsafe: () => assert.fail("a view that is read later is not lent")
      })
    ]))
  }
}

/** What a tree is after those records, newest sequence last. */
const model = (records: ReadonlyArray<FileRecord>): ReadonlyMap<string, FileRecord> => {
  const names = new Map<string, FileRecord>()
  for (const each of records.toSorted((a, b) => a.sequence - b.sequence)) names.set(each.name, each)
  return names
}

const isDeleted = (each: FileRecord) => FileInfo.outline(each.info).deleted

describe("SnapshotReaderSegments", () => {
  for (const sealing of [plain, sealed]) {
    it.effect(`shows what a model of random histories shows (${sealing.suite})`, () =>
      Effect.gen(function*() {
        for (let seed = 0; seed < 12; seed++) {
          const random = Seeded.make(seed)
          const world = new World(sealing)
          const parts = ["a", "a-b", "a b", "z", "é", "e\u0301", "\ue000", "😀", "-", "x".repeat(200)]
          const nameOf = () =>
            Array.from({ length: 1 + random.int(3) }, () => parts[random.int(parts.length)]).join("/")
          const all: Array<FileRecord> = []
          const tables = Array.from({ length: 1 + random.int(5) }, () => new Map<string, FileRecord>())
          for (let sequence = 1; sequence <= tables.length * random.int(500); sequence++) {
            const name = nameOf()
            const deleted = random.chance(0.3)
            const each = record(name, sequence, { deleted, previousBlocksHash: random.bytes(random.int(600)) })
            // Merged segments hold old and new: neither their place nor their highest sequence says which is newer.
            const table = tables[random.int(tables.length)]!
            if (table.has(name)) continue
            table.set(name, each)
            all.push(each)
          }
          const ids = tables.filter((table) => table.size > 0).map((table) => world.segment(Array.from(table.values())))
          const expected = model(all)
          const checkpoint = world.checkpoint(...ids)
          yield* Effect.gen(function*() {
            const reader = yield* SnapshotReader
            const directories = new Set([
              "",
              ...Array.from(expected.keys()),
              ...Array.from(expected.keys(), Order.parentOf)
            ])
            for (const directory of directories) {
              const want = Array.from(expected.values())
                .filter((each) => Order.parentOf(each.name) === directory && !isDeleted(each))
                .toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
              const got = yield* reader.list(checkpoint, directory)
              assert.deepStrictEqual(
                got.map(({ record }) => [record.name, record.sequence]),
                want.map(({ name, sequence }) => [name, sequence]),
                `seed ${seed}: ${directory}`
              )
            }
            for (const [name, each] of expected) {
              const found = yield* Effect.option(reader.stat(checkpoint, name))
              assert.strictEqual(
                found._tag === "Some" ? found.value.record.sequence : 0,
                isDeleted(each) ? 0 : each.sequence
              )
            }
            const missing = yield* Effect.flip(reader.stat(checkpoint, "no/such"))
            assert.strictEqual(missing._tag, "PathNotFound")
          }).pipe(Effect.provide(world.layer))
        }
      }))
  }

  it.effect("the root is a directory without a record", () => {
    const world = new World()
    const checkpoint = world.checkpoint(world.segment([record("a", 1)]))
    return Effect.gen(function*() {
      const root = yield* Effect.flatMap(SnapshotReader, (reader) => reader.stat(checkpoint, ""))
      assert.strictEqual(root.info.type, "directory")
      assert.deepStrictEqual(world.gets, [])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a directory costs its own pages, whatever the folder's size, and nothing the second time", () => {
    const world = new World()
    const records: Array<FileRecord> = []
    for (let d = 0; d < 200; d++) {
      for (let i = 0; i < 100; i++) {
        records.push(record(`d${d}/${i}`, records.length + 1, { previousBlocksHash: Tree.bytes(300, records.length) }))
      }
    }
    const id = world.segment(records)
    const size = world.segments.get(id)!.size
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      assert.isAbove(size, 5_000_000)
      assert.strictEqual((yield* reader.list(world.checkpoint(id), "d77")).length, 100)
      assert.strictEqual(world.gets.length, 2)
      const [start, end] = world.gets[1]!.split(" ")[1]!.split("-").map(Number)
      assert.isBelow(end! - start!, 250_000)
      assert.strictEqual((yield* reader.list(world.checkpoint(id), "d77")).length, 100)
      assert.strictEqual((yield* reader.stat(world.checkpoint(id), "d77/5")).record.name, "d77/5")
      assert.strictEqual(world.gets.length, 2)
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a small segment is one request, and segments too old to matter are not asked", () => {
    const world = new World()
    const old = world.segment([record("a", 1), record("b", 2)])
    const young = world.segment([record("a", 3)])
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      assert.strictEqual((yield* reader.stat(world.checkpoint(old, young), "a")).record.sequence, 3)
      assert.strictEqual(world.gets.length, 1)
      assert.strictEqual((yield* reader.list(world.checkpoint(old, young), "")).length, 2)
      assert.strictEqual(world.gets.length, 2)
    }).pipe(Effect.provide(world.layer))
  })

  for (const place of ["page", "footer"] as const) {
    it.effect(`a damaged ${place} is damage of its segment`, () => {
      const world = new World()
      const id = world.segment([record("a", 1)])
      const object = world.objects.get(ObjectKey.segment(id))!
      object[place === "page" ? 30 : object.length - 50]! ^= 1
      return Effect.gen(function*() {
        const reader = yield* SnapshotReader
        const error = yield* Effect.flip(reader.list(world.checkpoint(id), ""))
        assert.strictEqual(error._tag, "RepositoryCorrupt")
        assert.include(error.message, ObjectKey.segment(id))
      }).pipe(Effect.provide(world.layer))
    })
  }

  it.effect("a segment that is gone, or that the log does not name, is damage", () => {
    const world = new World()
    const id = world.segment([record("a", 1)])
    world.objects.clear()
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      for (const segment of [id, ObjectKey.makeId(9, Buffer.alloc(16, 9))]) {
        const error = yield* Effect.flip(reader.list(world.checkpoint(segment), ""))
        assert.strictEqual(error._tag, "RepositoryCorrupt")
      }
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("of a checkpoint that went while it was read, what cannot be read is not found", () => {
    const world = new World()
    const id = world.segment([record("a", 1)])
    const checkpoint = world.checkpoint(id)
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      world.checkpoints.length = 0
      // Its segment is still there: the read goes on.
      assert.lengthOf(yield* reader.list(checkpoint, ""), 1)
      const other = world.checkpoint(world.segment([record("b", 1)]))
      world.checkpoints.length = 0
      world.objects.clear()
      assert.strictEqual((yield* Effect.flip(reader.list(other, "")))._tag, "PathNotFound")
      world.segments.clear()
      assert.strictEqual((yield* Effect.flip(reader.stat(other, "b")))._tag, "PathNotFound")
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("gives any part of a file, however blocks and packs lie", () => {
    const world = new World()
    const bytes = Tree.bytes(131_072 * 9 + 77, 3)
    const id = world.segment([world.file("x", 1, bytes), world.file("empty", 2, new Uint8Array(0))])
    const random = Seeded.make(9)
    world.cached = () => random.chance(0.5)
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      const entry = yield* reader.stat(world.checkpoint(id), "x")
      const ranges: Array<readonly [number, number]> = [[0, bytes.length], [0, 1], [bytes.length - 1, bytes.length]]
      ranges.push([131_071, 131_073], [131_072, 262_144], [5, 5], [bytes.length, bytes.length + 5], [0, 2 ** 40])
      for (let i = 0; i < 30; i++) {
        const at = random.int(bytes.length)
        ranges.push([at, at + random.int(bytes.length - at + 1)])
      }
      for (const [start, end] of ranges) {
        const got = Buffer.concat(yield* Stream.runCollect(reader.content(entry, start, end)))
        assert.isTrue(got.equals(Buffer.from(bytes.subarray(start, end))), `${start}-${end}`)
      }
      const empty = yield* reader.stat(world.checkpoint(id), "empty")
      assert.deepStrictEqual(yield* Stream.runCollect(reader.content(empty, 0, 10)), [])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("opens the next pack before it is needed", () => {
    const world = new World()
    const id = world.segment([world.file("x", 1, Tree.bytes(131_072 * 6, 4), 2)])
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      const entry = yield* reader.stat(world.checkpoint(id), "x")
      world.cached = (pack) => pack === entry.record.runs[0]!.pack
      yield* reader.content(entry, 0, 131_072 * 6).pipe(Stream.take(2), Stream.runDrain)
      yield* Effect.yieldNow
      assert.deepStrictEqual(world.reads, [entry.record.runs[1]!.pack])
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("a missing block ends the content with that, after the bytes before it", () => {
    const world = new World()
    const bytes = Tree.bytes(131_072 * 4, 5)
    const id = world.segment([world.file("x", 1, bytes)])
    world.blocks.delete(createHash("sha256").update(bytes.subarray(131_072 * 2, 131_072 * 3)).digest("hex"))
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      const entry = yield* reader.stat(world.checkpoint(id), "x")
      const error = yield* Effect.flip(Stream.runDrain(reader.content(entry, 0, bytes.length)))
      assert.strictEqual(error._tag, "BlockMissing")
      const before = Buffer.concat(yield* Stream.runCollect(reader.content(entry, 0, 131_072 * 2)))
      assert.isTrue(before.equals(Buffer.from(bytes.subarray(0, 131_072 * 2))))
    }).pipe(Effect.provide(world.layer))
  })

  it.effect("an entry that does not list its blocks, or a block of another length, is damage and never zeros", () => {
    const world = new World()
    const bytes = Tree.bytes(131_072 * 2, 6)
    const whole = world.file("x", 1, bytes)
    const short = { ...whole, name: "short", info: infoOf("short", bytes.length + 1, whole) }
    const wrong = { ...whole, name: "wrong", info: infoOf("wrong", bytes.length - 1, whole), sequence: 2 }
    const runs = { ...whole, name: "runs", info: infoOf("runs", bytes.length, whole), sequence: 4, runs: [] }
    const lost = { ...runs, name: "lost", info: FileInfo.unavailable(infoOf("lost", bytes.length, whole)), sequence: 5 }
    const id = world.segment([whole, { ...short, sequence: 3 }, wrong, runs, lost])
    return Effect.gen(function*() {
      const reader = yield* SnapshotReader
      for (const name of ["short", "wrong", "runs", "lost"]) {
        const entry = yield* reader.stat(world.checkpoint(id), name)
        const error = yield* Effect.flip(Stream.runDrain(reader.content(entry, 0, bytes.length + 1)))
        assert.strictEqual(error._tag, "RepositoryCorrupt")
        assert.strictEqual(error.message.includes("was lost, and marked so"), name === "lost")
      }
    }).pipe(Effect.provide(world.layer))
  })
})

const infoOf = (name: string, size: number, like: FileRecord): Uint8Array => {
  const info = FileInfo.decode(like.info)
  const hashes = info._tag === "Success" ? info.success.hashes : new Uint8Array(0)
  return FileInfo.encode({ name, type: "file", size, blockSize: 131_072, hashes, version: [{ id: 1n, value: 1n }] })
}
