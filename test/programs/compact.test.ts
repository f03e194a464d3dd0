/** `fsck --compact` where it cannot do all that there is to do: a job that runs it at night has to hear of it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { Op } from "../../src/domain/repository/Commit.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Compacting from "../harness/Compacting.ts"
import * as FileStore from "../harness/FileStore.ts"
import * as World from "../harness/FsckWorld.ts"
import * as Process from "../harness/Process.ts"
import * as SeedRepository from "../harness/SeedRepository.ts"
import { make, run } from "./fixture.ts"

const place = Effect.fnUntraced(function*() {
  const directory = yield* Process.tempDirectory("compact")
  const repository = Path.join(directory, "repository")
  const env = {
    HOME: "/dev/null/home",
    BEPOSITORY_ENV_FILE: "/dev/null",
    BEPOSITORY_STORAGE_URI: repository,
    BEPOSITORY_CACHE_DIRECTORY: Path.join(directory, "cache")
  }
  const fsck = (...args: ReadonlyArray<string>) => run(["fsck", ...args], env)
  return { directory, repository, env, fsck }
})

const opened = (repository: string) => SeedRepository.opened(FileStore.layer(repository).pipe(Layer.orDie))

const commit = (repository: string, op: Op) =>
  Effect.flatMap(Repository, ({ commit }) => commit(() => Effect.succeed([op]))).pipe(
    Effect.provide(opened(repository)),
    Effect.orDie
  )

describe("fsck --compact", () => {
  it.live("while deletion is stopped: 3, with the reason and what mends it", () =>
    Effect.gen(function*() {
      const { directory, fsck, repository } = yield* place()
      yield* make(repository, Path.join(directory, "cache"))
      yield* commit(repository, { _tag: "DeletionStopped", reason: "pack/x is condemned and in use" })
      const { code, line, stdout } = yield* fsck("--compact")
      assert.strictEqual(code, 3)
      assert.match(stdout, /^stopped {5}deletion: pack\/x is condemned and in use$/m)
      assert.match(stdout, /^deleted {5}0 objects, 0 B$/m)
      assert.match(
        line!,
        /^deletion is stopped \(pack\/x is condemned and in use\): `bepository fsck --repair` saves .* goes on$/
      )
      const json = yield* fsck("--compact", "--json")
      assert.strictEqual(json.code, 3)
      assert.deepInclude(JSON.parse(json.stdout) as object, { stopped: "pack/x is condemned and in use" })
      // What it says is what helps.
      assert.strictEqual((yield* fsck("--repair", "--yes")).code, 0)
      const after = yield* fsck("--compact", "--json")
      assert.strictEqual(after.code, 0, after.line)
      assert.notProperty(JSON.parse(after.stdout) as object, "stopped")
    }).pipe(Effect.scoped))

  it.live("over a table that is damaged: the rest is done, and then 3", () =>
    Effect.gen(function*() {
      const { directory, fsck, repository } = yield* place()
      yield* make(repository, Path.join(directory, "cache"))
      yield* Compacting.supersede("photos").pipe(Effect.provide(opened(repository)))
      const segments = Path.join(repository, "segment")
      const read = (name: string) => Fs.readFileSync(Path.join(segments, name))
      const [name = ""] = Fs.readdirSync(segments).toSorted((a, b) => read(b).length - read(a).length)
      const bytes = read(name)
      // A page of rows: what the footer tells is good.
      bytes[1000]! ^= 1
      Fs.writeFileSync(Path.join(segments, name), bytes)
      const { code, line, stdout } = yield* fsck("--compact")
      assert.strictEqual(code, 3)
      assert.match(stdout, /^deleted {5}0 objects, 0 B$/m)
      assert.match(line!, new RegExp(`^segment/${name} is damaged \\(.*\\): .*\`bepository fsck\``))
      const json = yield* fsck("--compact", "--json")
      assert.strictEqual(json.code, 3)
      const facts = JSON.parse(json.stdout) as { readonly swept: unknown; readonly damage: ReadonlyArray<string> }
      assert.isNull(facts.swept)
      assert.lengthOf(facts.damage, 1)
      assert.include(facts.damage[0], `segment/${name}`)
    }).pipe(Effect.scoped))

  it.live("over a pack with a block that cannot be read: it stays, and that is 3", () =>
    Effect.gen(function*() {
      const { fsck, repository } = yield* place()
      const objects = new Map<string, Uint8Array>()
      yield* Effect.orDie(World.on(
        objects,
        "plain",
        Effect.gen(function*() {
          yield* World.write("a", { one: World.noise(3, 1), two: World.noise(1, 2) })
          yield* World.write("a", { one: World.noise(1, 3) })
          yield* World.flush
        })
      ))
      for (const [key, whole] of objects) {
        const bytes = Uint8Array.from(whole)
        if (key.startsWith("pack/")) { for (let at = 1000; at < bytes.length - 4096; at += 50_000) bytes[at]! ^= 1 }
        Fs.mkdirSync(Path.join(repository, Path.dirname(key)), { recursive: true })
        Fs.writeFileSync(Path.join(repository, key), bytes)
      }
      const json = yield* fsck("--compact", "--json")
      assert.strictEqual(json.code, 3, json.line)
      const facts = JSON.parse(json.stdout) as { readonly rewritten: object }
      assert.deepInclude(facts.rewritten, { count: 0, damaged: 1 })
      assert.match(json.line!, /^1 pack worth rewriting cannot be.*`bepository fsck --check full --repair`/)
    }).pipe(Effect.scoped))
})
