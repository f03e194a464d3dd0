import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Gone from "../../src/domain/replica/Gone.ts"
import * as ReplicaFileLmdb from "../../src/layers/ReplicaFileLmdb.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as ReplicaSweeping from "../../src/layers/ReplicaSweeping.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { Replica } from "../../src/services/Replica.ts"
import { ReplicaFile } from "../../src/services/ReplicaFile.ts"
import { Settings } from "../../src/services/Settings.ts"
import { begun } from "../harness/ReplicaAnswers.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"

describe("ReplicaSweeping", () => {
  it.live("removes the rows of a removed folder, also those that another process left", () =>
    Effect.gen(function*() {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-sweeping-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
      )
      const script = begun("f", "g")
      const files = ReplicaLmdb.layer.pipe(
        Layer.provide(SegmentReaderRanges.layer),
        Layer.provideMerge(ReplicaFileLmdb.layer),
        Layer.provide(Layer.succeed(Settings, SeedRepository.settings({ cacheDirectory: directory }))),
        Layer.provide(script.layer),
        Layer.fresh
      )
      const rows = Effect.flatMap(ReplicaFile, (file) =>
        file.read(({ files }) =>
          Array.from(files.entries(new Uint8Array(1), new Uint8Array(9).fill(0xff))).length
        ))
      const swept = Effect.gen(function*() {
        const file = yield* ReplicaFile
        for (let looks = 0; looks < 1000 && (yield* file.read(Gone.isAny)); looks++) yield* Effect.sleep("5 millis")
        return yield* rows
      })
      script.change("f", Array.from({ length: 3000 }, (_, i) => ({ name: `${i}` })))
      script.change("g", [{ name: "stays" }])
      yield* Effect.scoped(Effect.gen(function*() {
        const replica = yield* Replica
        yield* replica.catchUp()
        script.removeFolder("f")
        yield* replica.catchUp()
        assert.strictEqual(yield* rows, 3001)
      })).pipe(Effect.provide(files))
      yield* Effect.gen(function*() {
        const replica = yield* Replica
        assert.strictEqual(yield* swept, 1)
        script.addFolder("f")
        script.change("f", Array.from({ length: 2500 }, (_, i) => ({ name: `${i}` })))
        yield* replica.catchUp()
        script.removeFolder("f")
        yield* replica.catchUp()
        assert.strictEqual(yield* swept, 1)
      }).pipe(Effect.provide(ReplicaSweeping.layer.pipe(Layer.provideMerge(files))))
    }))
})
