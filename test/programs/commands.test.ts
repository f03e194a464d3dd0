/** Commands in this process, on a real directory: what they print, as text and as JSON. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as LogObjectsSealed from "../../src/layers/LogObjectsSealed.ts"
import * as RepositoryLog from "../../src/layers/RepositoryLog.ts"
import * as WitnessMemory from "../../src/layers/WitnessMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Compacting from "../harness/Compacting.ts"
import * as FileStore from "../harness/FileStore.ts"
import * as Process from "../harness/Process.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import { census, make, run } from "./fixture.ts"

interface Place {
  readonly repository: string
  readonly env: Record<string, string>
  readonly device: string
}

/** A directory with a repository of one folder. `cache` is a place no directory can be made in, unless asked for. */
const place = Effect.fnUntraced(function*(cache?: "usable"): Effect.fn.Return<Place, never, Scope.Scope> {
  const directory = yield* Process.tempDirectory("commands")
  const repository = Path.join(directory, "repository")
  const device = yield* make(repository, Path.join(directory, "cache"))
  return {
    repository,
    device,
    env: {
      HOME: "/dev/null/home",
      BEPOSITORY_ENV_FILE: "/dev/null",
      BEPOSITORY_STORAGE_URI: repository,
      BEPOSITORY_CACHE_DIRECTORY: cache === undefined ? "/dev/null/cache" : Path.join(directory, "cache")
    }
  }
})

const json = (args: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.map(run([...args, "--json"], env), (ran) => {
    assert.strictEqual(ran.code, 0, ran.line)
    assert.strictEqual(ran.stderr, "")
    return JSON.parse(ran.stdout) as Record<string, unknown>
  })

const folder = { id: "photos", label: "Photos", files: 1, directories: 1, bytes: 0 }

describe("commands", () => {
  it.live("init makes a repository once, get-id names its device", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("init")
      const repository = Path.join(directory, "deep", "repository")
      const env = {
        HOME: "/dev/null/home",
        BEPOSITORY_ENV_FILE: "/dev/null",
        BEPOSITORY_STORAGE_URI: `file://${repository}`
      }
      const made = yield* json(["init"], env)
      assert.strictEqual(made.created, true)
      assert.strictEqual(made.location, `file://${repository}`)
      assert.match(String(made.device), /^([A-Z2-7]{7}-){7}[A-Z2-7]{7}$/)
      const before = census(repository)
      const again = yield* json(["init"], env)
      assert.deepStrictEqual(again, { ...made, created: false })
      const text = yield* run(["init"], env)
      assert.match(text.stdout, /There is a repository at .* already; nothing was changed/)
      assert.deepStrictEqual(yield* json(["get-id"], env), { device: made.device })
      assert.strictEqual((yield* run(["get-id"], env)).stdout, made.device)
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live("init says that the repository is not encrypted, and what comes next", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("init")
      const { stdout } = yield* run(["init", "--storage-uri", Path.join(directory, "r")], {
        BEPOSITORY_ENV_FILE: "/dev/null"
      })
      assert.match(stdout, /not encrypted/)
      assert.match(stdout, /Device id: [A-Z2-7-]{63}\n/)
      assert.match(stdout, /bepository serve MASTER_DEVICE_ID/)
    }).pipe(Effect.scoped))

  it.live("status, list-folders, get-id and checkpoint list need no cache and change nothing", () =>
    Effect.gen(function*() {
      const { device, env, repository } = yield* place()
      const before = census(repository)
      const status = yield* json(["status"], env)
      assert.deepInclude(status, {
        device,
        location: repository,
        encrypted: false,
        files: 1,
        bytes: 0,
        checkpoints: 0,
        packs: { count: 0, bytes: 0, blockBytes: 0 },
        position: 7,
        epoch: 0
      })
      const [first] = status.folders as ReadonlyArray<Record<string, unknown>>
      assert.deepInclude(first, { ...folder, checkpoints: 0 })
      assert.match(String(first?.changed), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.match(String(status.lastCommit), /^\d{4}-\d\d-\d\dT/)
      assert.isNull(status.cost)
      const asked = status.requests as ReadonlyArray<{ readonly operation: string }>
      assert.deepStrictEqual([...new Set(asked.map((count) => count.operation))], ["get", "list"])
      const list = yield* json(["list-folders"], env)
      assert.deepStrictEqual(list.folders, status.folders)
      const none = yield* json(["checkpoint", "list"], env)
      assert.deepStrictEqual(none.checkpoints, [])
      assert.deepStrictEqual((none.schedules as ReadonlyArray<{ readonly every: string }>).map(({ every }) => every), [
        "1h",
        "1d"
      ])
      assert.deepStrictEqual(yield* json(["get-id"], env), { device })
      const text = yield* run(["status"], env)
      assert.match(text.stdout, /^last commit {5}.*, number 7$/m)
      assert.match(text.stdout, /^contents {8}1 folder, 1 file, 0 B$/m)
      assert.match(text.stdout, /^Photos +photos +1 +0 B +0 {2}(just now|\d+ s ago)$/m)
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live("status tells of a store's clock that leapt ahead, and of one that is behind the last commit", () =>
    Effect.gen(function*() {
      const { env, repository } = yield* place("usable")
      const sound = yield* json(["status"], env)
      assert.isNull(sound.clock)
      const now = Date.now()
      const notes = Path.join(env.BEPOSITORY_CACHE_DIRECTORY!, "witness", `upkeep-${String(sound.repository)}.json`)
      const day = 86_400_000
      Fs.writeFileSync(
        notes,
        JSON.stringify({ clock: { last: now, leap: { from: now - 40 * day, at: now - 3_600_000 } }, unnamed: {} })
      )
      const leapt = (yield* json(["status"], env)).clock as {
        readonly behindMs: unknown
        readonly doubtedUntil: string
      }
      assert.isNull(leapt.behindMs)
      assert.approximately(Date.parse(leapt.doubtedUntil), now + 23 * 3_600_000, 2000)
      assert.match(
        (yield* run(["status"], env)).stdout,
        /^clock {11}the store's leapt ahead by 39 d 23 h since .* before .*Z$/m
      )
      Fs.rmSync(notes)
      const ahead = Layer.effect(
        ObjectStore,
        Effect.map(ObjectStore, (store) => ({ ...store, now: Effect.map(store.now, (now) => now + 40 * day) }))
      ).pipe(Layer.provide(FileStore.layer(repository)))
      yield* Effect.flatMap(
        Repository,
        ({ commit }) => commit(() => Effect.succeed([{ _tag: "FolderRelabelled", folder: "photos", label: "P" }]))
      ).pipe(
        Effect.provide(
          RepositoryLog.layer.pipe(
            Layer.provide(LogObjectsSealed.layer),
            Layer.provide(Layer.mergeAll(ahead, WitnessMemory.layer, NodeCrypto.layer))
          )
        ),
        Effect.orDie
      )
      assert.match(
        (yield* run(["status"], env)).stdout,
        /^clock {11}the last commit is (40 d|39 d 23 h) in the future: /m
      )
    }).pipe(Effect.scoped))

  it.live("checkpoint now, of a folder by label or id, then list", () =>
    Effect.gen(function*() {
      const { env } = yield* place("usable")
      const made = yield* json(["checkpoint", "now", "Photos"], env)
      const [checkpoint] = made.checkpoints as ReadonlyArray<Record<string, unknown>>
      assert.deepInclude(checkpoint, { id: 1, folder: "photos", label: "Photos", reason: "manual", superseded: null })
      assert.match(String(checkpoint?.path), /^\/Photos\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\/$/)
      assert.deepStrictEqual(yield* json(["checkpoint", "now", "photos"], env), { checkpoints: [] })
      assert.match((yield* run(["checkpoint", "now"], env)).stdout, /Nothing changed/)
      const listed = (yield* json(["checkpoint", "list"], env)).checkpoints as ReadonlyArray<object>
      assert.deepInclude(listed[0], { ...checkpoint, files: 2, directories: 1, bytes: 0, alone: 0 })
      const text = yield* run(["checkpoint", "list"], env)
      assert.match(
        text.stdout,
        /^Schedules: every 1h kept 1d, every 1d kept 1w\nID {2}FOLDER {2}MADE .*\n 1 {2}Photos {2}/
      )
      assert.match(text.stdout, / manual {2}never .* 2 +1 +0 B +0 B .* {2}\/Photos\//)
      // The records lie in a segment now: counted from there, with the same answer.
      const status = yield* json(["status"], env)
      assert.deepInclude((status.folders as ReadonlyArray<object>)[0], { ...folder, checkpoints: 1 })
      assert.deepInclude(status.metadata as object, { segments: 1 })
    }).pipe(Effect.scoped))

  it.live("fsck --compact collects, and says what it did and what holds how much", () =>
    Effect.gen(function*() {
      const { env } = yield* place("usable")
      const done = yield* json(["fsck", "--compact", "--max-rewrite", "1G"], env)
      const nothing = { count: 0, bytes: 0 }
      assert.deepInclude(done, { deleted: nothing, condemned: nothing, orphans: 0, waiting: nothing, more: false })
      assert.deepInclude(done.holdings as object, {
        packs: { current: nothing, checkpoints: nothing, dead: nothing, deadShare: { least: 0, most: 0 } }
      })
      const text = yield* run(["fsck", "--compact"], env)
      assert.match(
        text.stdout,
        /^deleted {5}0 objects, 0 B\ncondemned .*\nrewritten .*\nwaiting {5}nothing\nneeded .*$/
      )
      assert.match((yield* run(["status"], env)).stdout, /^held by {9}current folders 0 B, checkpoints only 0 B$/m)
      const { code, line } = yield* run(["fsck", "--compact", "--max-rewrite", "lots"], env)
      assert.strictEqual(code, 2)
      assert.match(line!, /500M/)
    }).pipe(Effect.scoped))

  it.live("fsck --compact sweeps out what newer rows superseded", () =>
    Effect.gen(function*() {
      const { env, repository } = yield* place("usable")
      yield* Compacting.supersede("photos").pipe(
        Effect.provide(SeedRepository.opened(FileStore.layer(repository).pipe(Layer.orDie)))
      )
      const done = yield* json(["fsck", "--compact"], env)
      assert.deepStrictEqual(done.swept, { segments: 1, records: 1200 })
      const again = yield* json(["fsck", "--compact"], env)
      assert.deepStrictEqual(again.swept, { segments: 0, records: 0 })
    }).pipe(Effect.scoped))

  it.live("an unknown folder is a usage error that names those there are", () =>
    Effect.gen(function*() {
      const { env, repository } = yield* place("usable")
      const before = census(repository)
      const { code, line } = yield* run(["checkpoint", "now", "Fotos"], env)
      assert.strictEqual(code, 2)
      assert.strictEqual(line, "there is no folder \"Fotos\"; there are: Photos (photos)")
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live.each(["status", "list-folders", "get-id", "checkpoint list", "checkpoint now"])(
    "%s where there is no repository is 10, and makes nothing",
    (command) =>
      Effect.gen(function*() {
        const directory = yield* Process.tempDirectory("absent")
        const repository = Path.join(directory, "nothing")
        const { code, line } = yield* run(command.split(" "), {
          BEPOSITORY_ENV_FILE: "/dev/null",
          BEPOSITORY_STORAGE_URI: repository,
          BEPOSITORY_CACHE_DIRECTORY: Path.join(directory, "cache")
        })
        assert.strictEqual(code, 10)
        assert.include(line!, `there is no repository at ${repository}`)
        assert.isFalse(Fs.existsSync(repository))
      }).pipe(Effect.scoped)
  )
})
