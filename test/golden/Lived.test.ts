/** What earlier programs left in people's stores: opened, read to the last byte, checked, and written on. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, References } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as OpWire from "../../src/domain/repository/OpWire.ts"
import * as BlockReaderPacks from "../../src/layers/BlockReaderPacks.ts"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as PassphraseScrypt from "../../src/layers/PassphraseScrypt.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as ReplicaMemory from "../../src/layers/ReplicaMemory.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { Passphrase } from "../../src/services/Passphrase.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Process from "../harness/Process.ts"
import * as ReplicaPlace from "../harness/ReplicaPlace.ts"
import { census, run } from "../programs/fixture.ts"
import * as Lived from "./Lived.ts"
import * as LivedHost from "./LivedHost.ts"

const hostOf = (objects: Map<string, Uint8Array>, suite: Lived.Suite): LivedHost.Options => ({
  objects,
  seed: 7,
  name: "today",
  memory: new Map(),
  passphrase: suite === "plain" ? undefined : Lived.passphrases[0]
})

/** The bucket as any command opens it. */
const opened = (objects: Map<string, Uint8Array>, suite: Lived.Suite, passphrase: string = Lived.passphrases[0]) =>
  BlockReaderPacks.layer.pipe(
    Layer.provideMerge(SegmentReaderRanges.layer),
    Layer.provideMerge(RepositoryLog.layerAs("today")),
    Layer.provide(LogObjectsSealed.layer),
    Layer.provideMerge(
      Layer.merge(
        LivedHost.ground({ ...hostOf(objects, suite), passphrase: undefined }),
        suite === "plain" ? Layer.empty : Layer.succeed(Passphrase, PassphraseScrypt.make(Redacted.make(passphrase)))
      )
    ),
    Layer.fresh
  )

/** The bucket in a directory, and commands on it. */
const onDisk = Effect.fnUntraced(function*(objects: ReadonlyMap<string, Uint8Array>, suite: Lived.Suite) {
  const directory = yield* Process.tempDirectory("lived")
  const cache = yield* Process.tempDirectory("lived-cache")
  Fs.mkdirSync(Path.join(directory, "tmp"))
  for (const [key, bytes] of objects) {
    Fs.mkdirSync(Path.join(directory, Path.dirname(key)), { recursive: true })
    Fs.writeFileSync(Path.join(directory, key), bytes)
  }
  const secret: Record<string, string> = suite === "plain" ? {} : { BEPOSITORY_PASSPHRASE: Lived.passphrases[1] }
  const command = (...args: ReadonlyArray<string>) =>
    run([...args, "--storage-uri", directory, "--cache-dir", cache, "--json"], {
      BEPOSITORY_ENV_FILE: "/dev/null",
      ...secret
    }).pipe(
      Effect.map(({ code, line, stderr, stdout }) => {
        assert.strictEqual(code, 0, `${args.join(" ")}: ${line} ${stdout.slice(0, 1000)}`)
        assert.strictEqual(stderr, "", args.join(" "))
        return JSON.parse(stdout) as { readonly [key: string]: unknown }
      })
    )
  return { directory, command }
})

/** What the writer of these repositories could write, but for what no writer writes yet. */
const later: ReadonlySet<string> = new Set(["FeatureRequired", "IndexRenewed"])
const shapes = [
  ...OpWire.tags.filter((tag) => !later.has(tag)),
  "SegmentsMerged files, rows dropped",
  "SegmentsMerged, tombstones dropped",
  "SegmentsMerged packs, rows dropped",
  "CheckpointCreated manual",
  "CheckpointCreated manual, without counts",
  "CheckpointCreated schedule",
  "CheckpointPinned by the operator",
  "CheckpointPinned by a reader",
  "ObjectsCondemned pack",
  "ObjectsCondemned segment",
  "ObjectsDeleted pack",
  "ObjectsDeleted segment"
]

for (const suite of Lived.suites) {
  describe(`a golden repository of format 1 that has lived, ${suite}`, () => {
    it("is whole", () => {
      const { found, manifest, objects, whole } = Lived.load(suite)
      assert.isTrue(whole)
      assert.deepStrictEqual(found, manifest)
      const kinds = new Set([...objects.keys()].map((name) => ObjectKey.parse(name)?._tag))
      const keys = suite === "plain" ? [] : ["Key"]
      assert.sameMembers([...kinds], ["Base", "Lease", "Log", "Marker", "Pack", "Segment", ...keys])
      assert.isFalse(objects.has(ObjectKey.log(1)), "the log was trimmed")
    })

    it.live("has every operation in its log, and something of everything in its state", () =>
      Effect.gen(function*() {
        const { objects } = Lived.load(suite)
        const { sealing } = yield* Effect.scoped(Effect.provide(Repository, opened(objects, suite)))
        const had = new Set(Lived.logged(sealing, objects).flatMap(({ ops }) => ops).flatMap(Lived.shapesOf))
        assert.deepStrictEqual(
          shapes.filter((shape) => !had.has(shape)),
          [],
          "a new operation, or a new shape of one, needs a golden repository that has it"
        )
        const { state } = Lived.expected(suite)
        assert.sameMembers([...new Set(state.condemned.map(({ kind }) => kind))], ["pack", "segment"])
        assert.isNotEmpty(state.redirects)
        assert.isNotEmpty(state.removed)
        for (const packs of Object.values(state.packs)) assert.isNotEmpty(packs)
        assert.isTrue(state.folders.some(({ inline }) => inline.length > 0))
        assert.isTrue(state.folders.some(({ remotes }) => remotes.length > 0))
        assert.sameMembers(
          [...new Set(state.checkpoints.flatMap(({ pins }) => pins.map(({ holder }) => holder === "")))],
          [true, false]
        )
      }))

    it.live("is read as it was written, block by block", () =>
      Effect.gen(function*() {
        const { objects } = Lived.load(suite)
        const before = new Map(objects)
        const found = yield* Effect.scoped(Effect.provide(Lived.look, opened(objects, suite)))
        assert.deepStrictEqual(JSON.parse(JSON.stringify(found)), Lived.expected(suite))
        assert.deepStrictEqual([...objects], [...before])
      }))

    if (suite !== "plain") {
      it.live("opens by each of its passphrases, and not by the one that was taken away", () =>
        Effect.gen(function*() {
          const { objects } = Lived.load(suite)
          const tried = (passphrase: string) =>
            Effect.scoped(Effect.provide(Repository, opened(objects, suite, passphrase)))
          const [first, second, gone] = Lived.passphrases
          for (const passphrase of [first, second]) yield* tried(passphrase)
          assert.strictEqual((yield* Effect.flip(tried(gone)))._tag, "PassphraseWrong")
        }))
    }

    it.live("makes replicas that hold its records", () =>
      Effect.gen(function*() {
        const { objects } = Lived.load(suite)
        const { folders, rows } = Lived.expected(suite)
        const file = ReplicaPlace.fileAt(yield* ReplicaPlace.directory)
        const layers = {
          memory: Layer.provide(ReplicaMemory.layer, opened(objects, suite)),
          LMDB: ReplicaLmdb.layer.pipe(Layer.provide(Layer.merge(opened(objects, suite), file)))
        }
        for (const [name, layer] of Object.entries(layers)) {
          yield* Effect.gen(function*() {
            const replica = yield* Replica
            yield* replica.catchUp()
            for (const [folder, sequences] of Object.entries(folders)) {
              const { records } = replica.recordsAfterUnsafe(folder, 0, { records: 1000, bytes: 1e9 })
              assert.deepStrictEqual(
                records.map(({ name, sequence }) => [name, sequence]),
                sequences.map((sequence) => [rows[folder]![sequence]!.name, sequence]),
                `${name} ${folder}`
              )
            }
          }).pipe(
            Effect.provide(Layer.fresh(layer)),
            Effect.scoped,
            Effect.provideService(References.MinimumLogLevel, "Warn")
          )
        }
      }))

    it.live(
      "has nothing that a full check complains of, and commands that look change nothing",
      () =>
        Effect.gen(function*() {
          const { objects } = Lived.load(suite)
          const { state } = Lived.expected(suite)
          const { command, directory } = yield* onDisk(objects, suite)
          const before = census(directory)
          assert.deepInclude(yield* command("fsck", "--check", "full"), { healthy: true, position: state.position })
          assert.deepInclude(yield* command("status"), { encrypted: suite !== "plain" })
          const { checkpoints, schedules } = yield* command("checkpoint", "list")
          assert.lengthOf(checkpoints as ReadonlyArray<unknown>, state.checkpoints.length)
          assert.lengthOf(schedules as ReadonlyArray<unknown>, state.schedules.length)
          yield* command("list-folders")
          if (suite !== "plain") {
            assert.lengthOf((yield* command("key", "list")).keys as ReadonlyArray<unknown>, 2)
          }
          assert.deepStrictEqual(census(directory), before)
        }).pipe(Effect.scoped),
      120_000
    )

    it.live("is written on, merged, collected and trimmed by the writers of today", () =>
      Effect.gen(function*() {
        const { objects } = Lived.load(suite)
        const expected = Lived.expected(suite)
        yield* Effect.scoped(Effect.gen(function*() {
          const host = yield* LivedHost.open(hostOf(objects, suite))
          const known: LivedHost.Known = new Map()
          for (let at = 0; at < 4; at++) {
            const bytes = Buffer.from(`of today ${at}`)
            yield* LivedHost.write({ host, folder: "photos", things: { "of today": { bytes } }, known, segment: true })
          }
          yield* host.checkpoints.create(undefined, "manual")
          assert.isNotEmpty(yield* host.compactor.round)
          const { deleted } = yield* host.collector.run({ maxRewrite: 1e9, full: true })
          assert.strictEqual(deleted.count, expected.state.condemned.length)
          assert.isAbove((yield* host.trimmer.round).entries, 0)
        })).pipe(Effect.provideService(References.MinimumLogLevel, "Warn"))
        const found = yield* Effect.scoped(Effect.provide(Lived.look, opened(objects, suite)))
        for (const [folder, sequences] of Object.entries(expected.folders)) {
          const there = Lived.treeOf(found.rows[folder], found.folders[folder] ?? [])
          const { "of today": today, ...others } = there
          assert.strictEqual(today !== undefined, folder === "photos")
          assert.deepStrictEqual(others, Lived.treeOf(expected.rows[folder], sequences), folder)
        }
        for (const { folder, id } of expected.state.checkpoints) {
          assert.deepStrictEqual(
            Lived.treeOf(found.rows[folder], found.checkpoints[id] ?? []),
            Lived.treeOf(expected.rows[folder], expected.checkpoints[id] ?? []),
            `checkpoint ${id}`
          )
        }
        const { command } = yield* onDisk(objects, suite)
        assert.deepInclude(yield* command("fsck", "--check", "full"), { healthy: true })
        yield* command("fsck", "--compact")
        assert.lengthOf((yield* command("checkpoint", "now", "photos")).checkpoints as ReadonlyArray<unknown>, 0)
        assert.deepInclude(yield* command("fsck", "--check", "full"), { healthy: true })
      }).pipe(Effect.scoped), 120_000)
  })
}
