/**
 * Whoever can write to the store cannot make anybody read something else: of objects that were changed, cut, moved, swapped or
 * brought from elsewhere, every reader sees what was stored, or an error that says which object it is.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, References, Stream } from "effect"
import { createHash } from "node:crypto"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import { SnapshotReader } from "../../src/services/SnapshotReader.ts"
import * as Process from "../harness/Process.ts"
import * as Seeded from "../harness/Seeded.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import * as Tree from "../harness/Tree.ts"

type Objects = ReadonlyMap<string, Uint8Array>

/** Log before and after a base, packs of large and of small blocks, segments, a checkpoint. `seed`: of what is in the files. */
const made = Effect.fnUntraced(function*(sort: SeedRepository.Sort, seed: number) {
  const objects = new Map<string, Uint8Array>()
  const directory = yield* Process.tempDirectory("tampering")
  const folder = { id: "photos", label: "Photos" }
  yield* Effect.scoped(Effect.gen(function*() {
    const context = yield* Layer.build(SeedRepository.inMemory(objects, { packSize: 256 * 1024, ...sort }))
    yield* Effect.gen(function*() {
      const seeder = yield* SeedRepository.make
      for (let at = 0; at < 4; at++) Tree.write(directory, `d/${at}.bin`, Tree.bytes(150_000, seed + at))
      for (let at = 0; at < 6; at++) {
        Tree.write(directory, `e/${at}.txt`, Buffer.from(`${seed} text ${at} `.repeat(400)))
      }
      yield* seeder.commit(folder, directory)
      yield* seeder.checkpoint("photos")
      Tree.write(directory, "d/0.bin", Tree.bytes(90_000, seed + 50))
      yield* seeder.commit(folder, directory)
      const repository = yield* Repository
      yield* repository.flush(yield* Effect.flatMap(Lease, (lease) => lease.fence))
      Tree.write(directory, "f", Buffer.from(`${seed} last`))
      yield* seeder.commit(folder, directory)
      yield* seeder.checkpoint("photos")
    }).pipe(Effect.provideContext(context), Effect.orDie)
  }))
  // Only the newest base is ever read.
  const bases = [...objects.keys()].filter((key) => key.startsWith(ObjectKey.basePrefix)).toSorted()
  for (const base of bases.slice(0, -1)) objects.delete(base)
  return objects
})

/** Everything a repository tells anybody, in one digest: its log, every record, every byte of every file. */
const everything = Effect.fnUntraced(function*(objects: Objects, sort: SeedRepository.Sort) {
  const store = Layer.succeed(ObjectStore, ObjectStoreMemory.make(new Map(objects)))
  return yield* Effect.scoped(Effect.gen(function*() {
    const opened = SeedRepository.opened(store, sort)
    const context = yield* Layer.build(SegmentReaderRanges.layer.pipe(Layer.provideMerge(opened)))
    return yield* Effect.gen(function*() {
      const digest = createHash("sha256")
      const repository = yield* Repository
      const state = yield* repository.head
      digest.update(`${state.position} `).update(state.digest)
      for (const { commit } of yield* Stream.runCollect(repository.commitsAfter(0))) digest.update(commit.nonce)
      const segments = yield* SegmentReader
      for (const ref of state.segments.values()) {
        for (const record of (yield* Stream.runCollect(segments.records(ref))).flat()) digest.update(record.info)
      }
      const snapshots = yield* SnapshotReader
      for (const checkpoint of state.checkpoints) {
        for (const directory of ["", "d", "e"]) {
          for (const entry of yield* snapshots.list(checkpoint, directory)) {
            digest.update(entry.record.info)
            if (entry.info.type !== "file") continue
            yield* Stream.runForEach(
              snapshots.content(entry, 0, entry.info.size),
              (bytes) => Effect.sync(() => digest.update(bytes))
            )
          }
        }
      }
      return digest.digest("hex")
    }).pipe(Effect.provideContext(context))
  })).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
})

const told = new Set([
  "RepositoryCorrupt",
  "RepositoryNewer",
  "RepositoryAbsent",
  "BlockMissing",
  "NotEncrypted",
  "PassphraseMissing"
])

/** Undefined if nothing was noticed. */
const noticed = Effect.fnUntraced(function*(objects: Objects, sort: SeedRepository.Sort, whole: string, what: string) {
  const exit = yield* Effect.exit(everything(objects, sort))
  if (Exit.isSuccess(exit)) {
    assert.strictEqual(exit.value, whole, `${what}: something else was read`)
    return undefined
  }
  const error = Cause.squash(exit.cause) as { readonly _tag?: string; readonly message?: string }
  assert.include([...told], error._tag, `${what}: ${error.message}`)
  return error._tag
})

const kindOf = (key: string): string => ObjectKey.parse(key)?._tag ?? assert.fail(key)

for (const sort of [{}, { passphrase: "correct horse" }] satisfies ReadonlyArray<SeedRepository.Sort>) {
  const encrypted = "passphrase" in sort
  describe(encrypted ? "an encrypted repository" : "a plain repository", () => {
    it.live("is read as it was stored, or not at all", () =>
      Effect.gen(function*() {
        const objects = yield* made(sort, 1)
        const elsewhere = yield* made(sort, 500)
        const whole = yield* everything(objects, sort)
        assert.notStrictEqual(yield* everything(elsewhere, sort), whole)
        const kinds = new Set([...objects.keys()].map(kindOf))
        assert.sameMembers([...kinds], [
          ...(encrypted ? ["Key"] : []),
          "Base",
          "Log",
          "Marker",
          "Pack",
          "Segment"
        ])
        const random = Seeded.make(11)
        const counts = new Map<string, { tried: number; noticed: number }>()
        const attempt = Effect.fnUntraced(function*(how: string, key: string, bytes: Uint8Array | undefined) {
          const changed = new Map(objects)
          if (bytes === undefined) changed.delete(key)
          else changed.set(key, bytes)
          const tag = yield* noticed(changed, sort, whole, `${key} ${how}`)
          const count = counts.get(`${kindOf(key)} ${how}`) ?? { tried: 0, noticed: 0 }
          counts.set(`${kindOf(key)} ${how}`, { tried: count.tried + 1, noticed: count.noticed + (tag ? 1 : 0) })
        })
        for (const [key, bytes] of objects) {
          for (let flips = 0; flips < 6; flips++) {
            const broken = Uint8Array.from(bytes)
            const at = random.int(broken.length)
            broken[at] = broken[at]! ^ 1 << random.int(8)
            yield* attempt("flipped", key, broken)
          }
          for (const length of [0, 10, random.int(bytes.length), bytes.length - 1]) {
            yield* attempt("cut", key, bytes.subarray(0, length))
          }
          yield* attempt("longer", key, Buffer.concat([bytes, Buffer.from([0])]))
          const alike = [...objects].filter(([other]) => other !== key && kindOf(other) === kindOf(key))
          for (const [, other] of alike.slice(0, 3)) yield* attempt("swapped", key, other)
          const another = [...objects].find(([other]) => kindOf(other) !== kindOf(key))
          yield* attempt("of another kind", key, another![1])
          // What the same operator, with the same passphrase, stored elsewhere: under the same name where there is one.
          const foreign = elsewhere.get(key) ?? [...elsewhere].find(([other]) => kindOf(other) === kindOf(key))![1]
          yield* attempt("from elsewhere", key, foreign)
        }
        // Packs and segments are read by ranges whose places are known: a header, what lies behind the end, or a frame that no
        // file needs, is not looked at, and does not matter. Nothing else goes unnoticed.
        const unread = new Set(["Pack flipped", "Pack longer", "Segment flipped", "Segment longer"])
        assert.isAtLeast(counts.size, 25)
        for (const [what, { noticed, tried }] of counts) {
          if (what.endsWith("flipped")) assert.isAbove(noticed, 0, what)
          if (!unread.has(what)) assert.strictEqual(noticed, tried, what)
        }
      }).pipe(Effect.scoped), 300_000)
  })
}

describe("an encrypted repository in the clear", () => {
  it.live("no object of the plain suite is read in it, and none of it in a plain one", () =>
    Effect.gen(function*() {
      const sort = { passphrase: "correct horse" }
      const sealed = yield* made(sort, 1)
      const plain = yield* made({}, 1)
      const whole = yield* everything(sealed, sort)
      for (const [key, bytes] of plain) {
        const target = sealed.has(key) ? key : [...sealed.keys()].find((other) => kindOf(other) === kindOf(key))!
        const tag = yield* noticed(new Map(sealed).set(target, bytes), sort, whole, `${key} in the clear`)
        assert.isDefined(tag, target)
      }
    }).pipe(Effect.scoped), 120_000)

  it.live("shows no name, path, label, content or certificate", () =>
    Effect.gen(function*() {
      const sealed = yield* made({ passphrase: "correct horse" }, 1)
      const plain = yield* made({}, 1)
      const words = ["photos", "Photos", "e/1.txt", "text 3", "seed"]
      const seen = (objects: Objects, word: string) =>
        [...objects.values()].some((bytes) => Buffer.from(bytes).includes(word))
      for (const word of words) assert.isFalse(seen(sealed, word), word)
      assert.isTrue(words.some((word) => seen(plain, word)))
      for (const name of sealed.keys()) assert.notMatch(name, /photos/i)
    }).pipe(Effect.scoped))
})
