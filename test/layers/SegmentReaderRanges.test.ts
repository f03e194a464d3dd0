import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { compareNames } from "../../src/domain/repository/Order.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import { begun } from "../harness/ReplicaAnswers.ts"
import { hashOf, infoOf, type ScriptedRepository } from "../harness/ScriptedRepository.ts"
import * as Seeded from "../harness/Seeded.ts"

const reading = <A, E>(script: ScriptedRepository, body: (reader: SegmentReader["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(SegmentReader, body).pipe(
    Effect.provide(SegmentReaderRanges.layer.pipe(Layer.provide(script.layer)))
  )

/** Records that do not compress: their names are random. */
const incompressible = (count: number): ReadonlyArray<FileRecord> => {
  const random = Seeded.make(3)
  return Array.from({ length: count }, (_, i) => {
    const name = `d${i % 10}/${Buffer.from(random.bytes(500)).toString("base64url")}`
    return { name, sequence: i + 1, info: infoOf({ name }), runs: [] }
  })
}

describe("SegmentReaderRanges", () => {
  it.effect("streams a large segment in order, by ranges", () => {
    const script = begun("f")
    const records = incompressible(4000)
    const ref = script.segment("f", records)
    return reading(script, (reader) =>
      Effect.gen(function*() {
        const lists = yield* Stream.runCollect(reader.records(ref))
        const read = lists.flat()
        assert.deepStrictEqual(
          read.map(({ name }) => name),
          records.map(({ name }) => name).toSorted(compareNames)
        )
        assert.isAbove(ref.size, 1_900_000)
        assert.isAtLeast(script.gets.length, 3)
        assert.isAtMost(script.gets.length, 2 + ref.size / (1024 * 1024 - 70_000))
        for (const list of lists) assert.isAtMost(list.length, 400)
      }))
  })

  it.effect("says which segment is missing, damaged, or another", () => {
    const script = begun("f")
    const ref = script.segment("f", incompressible(300))
    const other = script.segment("f", incompressible(200))
    const key = ObjectKey.segment(ref.id)
    const bytes = script.objects.get(key) ?? new Uint8Array(0)
    const failure = (reader: SegmentReader["Service"], of = ref) => Effect.flip(Stream.runDrain(reader.records(of)))
    return reading(script, (reader) =>
      Effect.gen(function*() {
        const swapped = yield* failure(reader, { ...ref, digest: other.digest })
        assert.include(swapped.message, "not the segment its commit names")
        const page = bytes.slice()
        page[2000]! ^= 1
        script.objects.set(key, page)
        assert.include((yield* failure(reader)).message, `${key} is damaged`)
        const footer = bytes.slice()
        footer[ref.size - ref.footerLength + 40]! ^= 1
        script.objects.set(key, footer)
        assert.include((yield* failure(reader)).message, `${key} is damaged`)
        script.objects.set(key, bytes.subarray(0, ref.size - 20))
        assert.strictEqual((yield* failure(reader))._tag, "RepositoryCorrupt")
        script.objects.delete(key)
        assert.include((yield* failure(reader)).message, "missing")
      }))
  })

  it.effect("reads a pack's hashes from its end, in one request", () => {
    const script = begun("f")
    const { contents, ref } = script.pack(["a", "b", "c"])
    return reading(script, (reader) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(Buffer.from((yield* reader.contents(ref)).hashes), Buffer.from(contents.hashes))
        assert.deepStrictEqual(script.gets, [ObjectKey.pack(ref.id)])
        const damaged = script.objects.get(ObjectKey.pack(ref.id))
        damaged![ref.size - ref.trailerLength + 5]! ^= 1
        assert.strictEqual((yield* Effect.flip(reader.contents(ref)))._tag, "RepositoryCorrupt")
        assert.strictEqual(Buffer.from(contents.hashes.subarray(0, 32)).equals(hashOf("a")), true)
      }))
  })
})
