/** A small repository on disk, made by the program's own layers, and looks at a directory that must not change. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ConfigProvider, Duration, Effect, Exit, Layer, Result } from "effect"
import { TestConsole } from "effect/testing"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import * as Cli from "../../src/programs/cli.ts"
import { ending } from "../../src/programs/failure.ts"
import * as Wiring from "../../src/programs/wiring.ts"
import { Lease } from "../../src/services/Lease.ts"
import { Repository } from "../../src/services/Repository.ts"
import { aloneTurns, type Settings } from "../../src/services/Settings.ts"

/** A command line in this process, in an environment of its own. */
export const run = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  Effect.gen(function*() {
    const exit = yield* Effect.exit(Cli.program(args))
    const text = (lines: ReadonlyArray<unknown>) => lines.map(String).join("\n")
    return {
      ...ending(exit, undefined),
      succeeded: Exit.isSuccess(exit),
      stdout: text(yield* TestConsole.logLines),
      stderr: text(yield* TestConsole.errorLines)
    }
  }).pipe(
    Effect.provide(
      Layer.mergeAll(TestConsole.layer, NodeServices.layer, ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))
    )
  )

const entry = (sequence: number, fields: Omit<FileInfo.Fields, "version">): FileRecord => ({
  name: fields.name,
  sequence,
  info: FileInfo.stored(
    Result.getOrThrow(FileInfo.decode(FileInfo.encode({ ...fields, version: [{ id: 1n, value: BigInt(sequence) }] })))
  ),
  runs: []
})

const emptyFile = createHash("sha256").update("").digest()

/** What the folder `photos` (label Photos) holds; empty files only, so that there are no packs. */
export const records: ReadonlyArray<FileRecord> = [
  entry(1, { name: "2025", type: "directory", permissions: 0o755 }),
  entry(2, { name: "2025/a.jpg", type: "file", permissions: 0o644, hashes: emptyFile }),
  entry(3, { name: "2025/b.jpg", type: "file", permissions: 0o644, hashes: emptyFile }),
  entry(4, { name: "link", type: "symlink", symlinkTarget: Buffer.from("2025/a.jpg") }),
  entry(5, { name: "2025/b.jpg", type: "file", deleted: true })
]

export const settings = (cacheDirectory: string): Settings["Service"] => ({
  cacheDirectory,
  masters: [],
  listen: "127.0.0.1:0",
  masterAddress: undefined,
  deviceName: "test",
  turns: aloneTurns,
  davPassword: undefined,
  packSize: 1 << 20,
  commitInterval: Duration.seconds(1),
  commitBytes: 1 << 20
})

/** Makes a repository at `path` with one folder of `records`, one commit each, and a base if asked for. Answers its device id. */
export const make = Effect.fnUntraced(function*(path: string, cache: string, base: "base" | "no base" = "no base") {
  const uri = { _tag: "File", path } as const
  const { device } = yield* Wiring.init(uri)
  yield* Effect.gen(function*() {
    const repository = yield* Repository
    yield* repository.commit(() =>
      Effect.succeed([{ _tag: "FolderAdded", folder: "photos", label: "Photos", indexId: 42n }])
    )
    for (const record of records) {
      yield* repository.commit(() => Effect.succeed([{ _tag: "FilesChanged", folder: "photos", records: [record] }]))
    }
    if (base === "base") yield* repository.flush(yield* (yield* Lease).fence)
  }).pipe(Effect.provide(Wiring.checkpoints(uri, settings(Path.join(cache, "fixture")))))
  return device
}, Effect.orDie)

/** Every entry under a path with its size, mode, time and content: equal before and after means untouched. */
export const census = (root: string): ReadonlyArray<string> => {
  if (!Fs.existsSync(root)) return ["(absent)"]
  if (!Fs.lstatSync(root).isDirectory()) return [look(root)]
  return ["", ...Fs.readdirSync(root, { recursive: true, encoding: "utf8" }).toSorted()]
    // Unfinished uploads are nobody's.
    .filter((name) => name !== "tmp" && !name.startsWith("tmp/"))
    .map((name) => `${name}: ${look(Path.join(root, name))}`)
}

const look = (path: string): string => {
  const stats = Fs.lstatSync(path)
  if (!stats.isFile()) return stats.isDirectory() ? "directory" : "other"
  return `${stats.size} ${stats.mode} ${stats.mtimeMs} ${
    createHash("sha256").update(Fs.readFileSync(path)).digest("hex")
  }`
}
