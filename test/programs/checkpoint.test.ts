/** `checkpoint every | schedules | pin | unpin | remove` in this process, on a real directory. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Path from "node:path"
import * as Wiring from "../../src/programs/wiring.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Process from "../harness/Process.ts"
import { census, make, run } from "./fixture.ts"

const place = Effect.fnUntraced(function*() {
  const directory = yield* Process.tempDirectory("checkpoint")
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
  return { repository, env }
})

const checkpoint = (env: Record<string, string>) => (line: string) => run(["checkpoint", ...line.split(" ")], env)

describe("checkpoint", () => {
  it.live("every sets, replaces and removes schedules; all hosts see them", () =>
    Effect.gen(function*() {
      const { env } = yield* place()
      const go = checkpoint(env)
      assert.strictEqual(
        (yield* go("every 2h ttl 3d")).stdout,
        "Schedules: every 1h kept 1d, every 2h kept 3d, every 1d kept 1w"
      )
      assert.match((yield* go("every 1h remove")).stdout, /^Schedules: every 2h kept 3d, every 1d kept 1w$/)
      yield* go("every 2h ttl 1w")
      const { stdout } = yield* go("schedules --json")
      assert.deepStrictEqual(JSON.parse(stdout), {
        schedules: [
          { every: "2h", everySeconds: 7200, ttl: "1w", ttlSeconds: 604_800 },
          { every: "1d", everySeconds: 86_400, ttl: "1w", ttlSeconds: 604_800 }
        ]
      })
      assert.match((yield* go("schedules")).stdout, /^EVERY {2}KEPT FOR\n2h {5}1w\n1d {5}1w$/)
      yield* go("every 2h remove")
      assert.match((yield* go("every 1d remove")).stdout, /^There are no schedules: only `checkpoint now`/)
      assert.match((yield* go("schedules")).stdout, /^There are no schedules/)
    }).pipe(Effect.scoped))

  it.live.each([
    ["every 5m ttl 2d", /every 5m ttl 2d: ten minutes \(10m\) is the shortest interval/],
    ["every 2d ttl 1h", /ttl must be at least as long as the interval/],
    ["every 1h", /give `every 1h ttl TIME` .* or `every 1h remove`/],
    ["every -1h ttl 2d", /^-1h: it is no option, and no length of time is negative$/],
    ["every 1h ttl -2h", /^-2h: it is no option, and no length of time is negative$/],
    ["pin 1 --for -1h", /^-1h: it is no option, and no length of time is negative$/],
    ["every 1h keep 2d", /give `every 1h ttl TIME`/],
    ["every 1h ttl", /give `every 1h ttl TIME`/],
    ["every 1h ttl 2d more", /give `every 1h ttl TIME`/],
    ["every soon ttl 2d", /INTERVAL "soon": it must be a length of time like 10m/],
    ["every 1h ttl 2months", /ttl "2months": months and years differ in length/],
    ["every 3h remove", /there is no schedule of every 3h; there are: 1h, 1d/],
    ["pin Photos/yesterday", /there is no checkpoint "Photos\/yesterday"; `checkpoint list` shows/],
    ["pin 7 --for long", /--for "long": it must be a length of time/],
    ["unpin 1", /checkpoint 1 is not pinned/],
    ["remove 1", /--yes: it is needed where nobody can be asked; 1 checkpoint goes for good: 1 \(\/Photos\//],
    ["remove 1 99 --yes", /there is no checkpoint "99"/]
  ])("%s is a usage error and changes nothing", ([line, problem]) =>
    Effect.gen(function*() {
      const { env, repository } = yield* place()
      const before = census(repository)
      const ran = yield* checkpoint(env)(line as string)
      assert.strictEqual(ran.code, 2)
      assert.match(ran.line ?? "", problem as RegExp)
      assert.deepStrictEqual(census(repository), before)
    }).pipe(Effect.scoped))

  it.live("pin keeps, lists say why, unpin lets go, remove says what it frees", () =>
    Effect.gen(function*() {
      const { env } = yield* place()
      const go = checkpoint(env)
      const pinned = yield* run(["checkpoint", "pin", "Photos/latest", "--reason", "before the clean-up"], env)
      assert.match(pinned.stdout, /^Pinned checkpoint 1 \(\/Photos\/.*\): it stays until it is unpinned\.$/)
      assert.match((yield* go("list")).stdout, / pinned: before the clean-up /)
      const refused = yield* go("remove 1 --yes")
      assert.strictEqual(refused.code, 2)
      assert.strictEqual(
        refused.line,
        "checkpoint 1 is pinned (before the clean-up); `checkpoint unpin 1` lets it go"
      )
      assert.match((yield* go("pin 1 --for 4w")).stdout, /it stays until \d{4}-\d\d-\d\dT/)
      assert.match((yield* go("unpin 1")).stdout, /^Unpinned checkpoint 1/)
      const removed = yield* go("remove Photos/latest --yes")
      assert.strictEqual(
        removed.stdout,
        "Removed 1; no whole pack or table can be collected; what only they needed of those that others need too goes when " +
          "they are rewritten."
      )
      const { checkpoints } = JSON.parse((yield* go("list --json")).stdout) as { checkpoints: ReadonlyArray<unknown> }
      assert.deepStrictEqual(checkpoints, [])
    }).pipe(Effect.scoped))

  it.live("what a repair and a reader hold is shown with its time, until it has ended", () =>
    Effect.gen(function*() {
      const { env, repository } = yield* place()
      const go = checkpoint(env)
      const pin = (holder: string, reason: string, left: number) =>
        Effect.flatMap(Repository, ({ commit }) =>
          commit((state) =>
            Effect.succeed([{ _tag: "CheckpointPinned", id: 1, holder, reason, until: state.time + left }])
          )).pipe(Effect.provide(Wiring.administration({ _tag: "File", path: repository })), Effect.orDie)
      const day = 86_400_000
      yield* pin("repair", "before a repair", 30 * day)
      yield* pin("reader 1", "it is being read", day / 24)
      assert.match(
        (yield* go("list")).stdout,
        / pinned for (30 d|29 d 23 h): before a repair; being read, for (1 h|\d+ min) /
      )
      const folder = yield* run(["remove-folder", "Photos", "--yes"], env)
      assert.match(folder.line ?? "", /^its checkpoint 1 \(\/Photos\/.*\/\) is pinned; `checkpoint unpin 1` first$/)
      assert.match((yield* go("remove 1 --yes")).line ?? "", /is pinned \(before a repair\); `checkpoint unpin 1` lets/)
      assert.match((yield* go("unpin 1")).stdout, /^Unpinned checkpoint 1/)
      assert.match((yield* go("remove 1 --yes")).line ?? "", /is being read; try again later/)
      const read = yield* run(["remove-folder", "Photos", "--yes"], env)
      assert.match(read.line ?? "", /^its checkpoint 1 \(\/Photos\/.*\/\) is being read; try again later$/)
      yield* pin("reader 1", "it is being read", 1)
      yield* pin("", "over", 1)
      yield* Effect.sleep(5)
      assert.match((yield* go("list")).stdout, / manual {2}never /)
      const listed = JSON.parse((yield* go("list --json")).stdout) as {
        readonly checkpoints: ReadonlyArray<{ readonly pins: ReadonlyArray<unknown> }>
      }
      assert.deepStrictEqual(listed.checkpoints[0]?.pins, [])
    }).pipe(Effect.scoped))

  it.live("a name that fits several is an error that lists them", () =>
    Effect.gen(function*() {
      const { env, repository } = yield* place()
      yield* Effect.gen(function*() {
        const { commit } = yield* Repository
        yield* commit((state) =>
          Effect.succeed([
            { _tag: "FolderAdded", folder: "docs", label: "Docs", indexId: 7n },
            { _tag: "CheckpointCreated", id: state.nextCheckpoint, folder: "docs", reason: "manual" },
            { _tag: "CheckpointCreated", id: state.nextCheckpoint + 1, folder: "photos", reason: "manual" }
          ])
        )
      }).pipe(Effect.provide(Wiring.administration({ _tag: "File", path: repository })), Effect.orDie)
      const { checkpoints } = JSON.parse((yield* checkpoint(env)("list --json")).stdout) as {
        checkpoints: ReadonlyArray<{ readonly id: number; readonly path: string }>
      }
      const docs = checkpoints[1]
      const moment = docs?.path.split("/")[2] ?? ""
      const { code, line } = yield* checkpoint(env)(`pin ${moment}`)
      assert.strictEqual(code, 2)
      // The one of the folder before it may be of the same second.
      assert.match(line ?? "", /"2.*Z" names several checkpoints: .*2 \(\/Docs\/.*; give a number$/)
      assert.strictEqual((yield* checkpoint(env)(`pin ${docs?.path}`)).code, 0)
    }).pipe(Effect.scoped))

  it.live.each(["every", "schedules", "pin", "unpin", "remove", "list", "now"])(
    "%s --help teaches",
    (command) =>
      Effect.gen(function*() {
        const { code, stdout } = yield* run(["checkpoint", command, "--help"], {})
        assert.strictEqual(code, 0)
        assert.include(stdout, `bepository checkpoint ${command}`)
        assert.isAbove(stdout.length, 300)
      })
  )
})
