/** `remove-folder`, `add-folder` and what `list-folders` says of them, in this process, on a real directory. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Path from "node:path"
import * as Wiring from "../../src/programs/wiring.ts"
import { CheckpointKeeping } from "../../src/services/CheckpointKeeping.ts"
import { Folders } from "../../src/services/Folders.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Process from "../harness/Process.ts"
import { census, make, run } from "./fixture.ts"

const place = Effect.fnUntraced(function*() {
  const directory = yield* Process.tempDirectory("folders")
  const repository = Path.join(directory, "repository")
  yield* make(repository, Path.join(directory, "cache"))
  const env = {
    HOME: "/dev/null/home",
    BEPOSITORY_ENV_FILE: "/dev/null",
    BEPOSITORY_STORAGE_URI: repository,
    BEPOSITORY_CACHE_DIRECTORY: "/dev/null/cache"
  }
  const made = yield* run(["checkpoint", "now"], { ...env, BEPOSITORY_CACHE_DIRECTORY: Path.join(directory, "cache") })
  assert.strictEqual(made.code, 0, made.line)
  const go = (line: string) => run(line.split(" "), env)
  return { repository, env, go, uri: { _tag: "File", path: repository } as const }
})

describe("folders", () => {
  it.live("a dry run says what goes and changes nothing; without a terminal --yes is needed", () =>
    Effect.gen(function*() {
      const { go, repository } = yield* place()
      const before = census(repository)
      const dry = yield* go("remove-folder Photos --dry-run")
      assert.strictEqual(dry.code, 0)
      assert.match(
        dry.stdout,
        /^Photos \(photos\) goes from the repository, for good:\n {2}1 file, 0 B\n {2}1 checkpoint: /
      )
      assert.match(dry.stdout, /frees at least \d+ B of the store in the end\n/)
      assert.match(dry.stdout, /Nothing was changed\.$/)
      const refused = yield* go("remove-folder Photos")
      assert.strictEqual(refused.code, 2)
      assert.strictEqual(refused.line, "--yes: it is needed where nobody can be asked; `--dry-run` says what goes")
      const json = JSON.parse((yield* go("remove-folder photos --dry-run --json")).stdout) as Record<string, unknown>
      assert.deepInclude(json, {
        removed: false,
        folder: "photos",
        files: 1,
        directories: 1,
        bytes: 0,
        checkpoints: 1,
        shared: 0
      })
      assert.isAbove(json.frees as number, 0)
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live("removed with its checkpoints, listed as removed, taken up again under another index id", () =>
    Effect.gen(function*() {
      const { go, uri } = yield* place()
      const state = Effect.flatMap(Repository, ({ head }) => head).pipe(
        Effect.provide(Wiring.repository(uri)),
        Effect.orDie
      )
      const was = (yield* state).folders.get("photos")
      assert.match(
        (yield* go("remove-folder Photos --yes")).stdout,
        /^Removed Photos \(photos\); at least .* can be collected\./
      )
      assert.deepStrictEqual([...(yield* state).folders.keys()], [])
      assert.deepStrictEqual((yield* state).checkpoints, [])
      const listed = yield* go("list-folders")
      assert.match(
        listed.stdout,
        /^There are no folders yet.*\n\nRemoved \(`add-folder` takes one up again\):\nFOLDER {2}ID {6}REMOVED\nPhotos {2}photos {2}/
      )
      assert.strictEqual((yield* go("remove-folder Photos --yes")).code, 2)
      assert.match((yield* go("add-folder Photos")).stdout, /^Photos \(photos\) is taken up again, empty/)
      const again = (yield* state).folders.get("photos")
      assert.strictEqual(again?.sequence, was?.sequence)
      assert.notStrictEqual(again?.indexId, was?.indexId)
      assert.deepStrictEqual(
        (JSON.parse((yield* go("list-folders --json")).stdout) as Record<string, unknown>).removed,
        []
      )
    }).pipe(Effect.scoped))

  it.live("a pinned checkpoint forbids it, by name", () =>
    Effect.gen(function*() {
      const { go, repository } = yield* place()
      yield* go("checkpoint pin 1 --reason keep")
      const before = census(repository)
      for (const line of ["remove-folder Photos --yes", "remove-folder Photos --dry-run"]) {
        const { code, line: said } = yield* go(line)
        assert.strictEqual(code, 2)
        assert.match(said ?? "", /^its checkpoint 1 \(\/Photos\/.*\/\) is pinned; `checkpoint unpin 1` first$/)
      }
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live.each([
    ["remove-folder Fotos --yes", /there is no folder "Fotos"; there are: Photos \(photos\)/],
    ["add-folder Photos", /the folder "Photos": it is in the repository already; nothing was changed/],
    ["add-folder Fotos", /no folder of that name was removed; a new one comes by sharing it/]
  ])("%s is a usage error and changes nothing", ([line, problem]) =>
    Effect.gen(function*() {
      const { go, repository } = yield* place()
      const before = census(repository)
      const ran = yield* go(line as string)
      assert.strictEqual(ran.code, 2)
      assert.match(ran.line ?? "", problem as RegExp)
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live("what was decided on an older state is judged again on the newest", () =>
    Effect.gen(function*() {
      const { uri } = yield* place()
      yield* Effect.gen(function*() {
        const { head } = yield* Repository
        yield* head
        // Another host pins it, then removes the pin and the folder.
        const other = Effect.provide(
          Effect.flatMap(CheckpointKeeping, ({ pin }) => pin(1, { holder: "", reason: "" })),
          Wiring.administration(uri)
        )
        yield* other
        const folders = yield* Folders
        const refused = yield* Effect.flip(folders.remove("photos"))
        assert.include(refused.message, "is pinned")
        yield* (yield* CheckpointKeeping).unpin(1, "")
        yield* Effect.provide(Effect.flatMap(Folders, ({ remove }) => remove("photos")), Wiring.administration(uri))
        assert.strictEqual((yield* Effect.flip(folders.remove("photos")))._tag, "FolderUnknown")
        yield* folders.add("photos")
        const gone = yield* Effect.provide(
          Effect.flip(Effect.flatMap(Folders, ({ add }) => add("photos"))),
          Wiring.administration(uri)
        )
        assert.strictEqual(gone._tag, "FolderUnknown")
      }).pipe(Effect.provide(Wiring.administration(uri)), Effect.orDie)
    }).pipe(Effect.scoped))
})
