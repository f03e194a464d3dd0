/** A directory for a replica on disk, and the layers of a process that uses it. */
import { Duration, Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as ReplicaFileLmdb from "../../src/layers/ReplicaFileLmdb.ts"
import * as ReplicaLmdb from "../../src/layers/ReplicaLmdb.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import type { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Replica, type ReplicaUnusable } from "../../src/services/Replica.ts"
import type { ReplicaFile } from "../../src/services/ReplicaFile.ts"
import type { Repository } from "../../src/services/Repository.ts"
import { aloneTurns, Settings } from "../../src/services/Settings.ts"
import type { ScriptedRepository } from "./ScriptedRepository.ts"

const settings = (cacheDirectory: string): Layer.Layer<Settings> =>
  Layer.succeed(Settings, {
    cacheDirectory,
    masters: [],
    listen: "127.0.0.1:0",
    masterAddress: undefined,
    deviceName: "test",
    turns: aloneTurns,
    davPassword: undefined,
    packSize: 32 * 1024 * 1024,
    commitInterval: Duration.seconds(2),
    commitBytes: 64 * 1024 * 1024
  })

/** One process's replica over the repository, kept in the directory; never shared with another that is open. */
export const layerAt = (
  directory: string,
  repository: Layer.Layer<Repository | ObjectStore>
): Layer.Layer<Replica, ReplicaUnusable> =>
  ReplicaLmdb.layer.pipe(
    Layer.provide(SegmentReaderRanges.layer),
    Layer.provide(ReplicaFileLmdb.layer),
    Layer.provide(settings(directory)),
    Layer.provide(repository),
    Layer.fresh
  )

/** One process's work on the replica in the directory. */
export const using = <A, E>(
  directory: string,
  script: ScriptedRepository,
  body: (replica: Replica["Service"]) => Effect.Effect<A, E>
) => Effect.flatMap(Replica, body).pipe(Effect.provide(layerAt(directory, script.layer)))

/** Its tables alone. */
export const fileAt = (directory: string): Layer.Layer<ReplicaFile, ReplicaUnusable> =>
  ReplicaFileLmdb.layer.pipe(Layer.provide(settings(directory)), Layer.fresh)

/** A directory that is deleted with the scope. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-replica-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)
