/** `copy` in this process, from a directory to a directory. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "../harness/Process.ts"
import { census, make, run } from "./fixture.ts"

const place = Effect.fnUntraced(function*() {
  const directory = yield* Process.tempDirectory("copy")
  const repository = Path.join(directory, "repository")
  const device = yield* make(repository, Path.join(directory, "cache"), "base")
  const env = { HOME: "/dev/null/home", BEPOSITORY_ENV_FILE: "/dev/null", BEPOSITORY_STORAGE_URI: repository }
  return { directory, repository, device, env, to: Path.join(directory, "elsewhere", "copy") }
})

describe("copy", () => {
  it.live("makes the same repository elsewhere, says what comes next, and has nothing to do the second time", () =>
    Effect.gen(function*() {
      const { device, env, repository, to } = yield* place()
      const before = census(repository)
      const made = yield* run(["copy", to, "--json"], env)
      assert.strictEqual(made.code, 0, made.line)
      const facts = JSON.parse(made.stdout) as Record<string, unknown>
      assert.strictEqual(facts.to, `file://${to}`)
      assert.strictEqual(facts.copiedObjects, facts.objects)
      assert.deepStrictEqual(census(repository), before)
      const id = yield* run(["get-id"], { ...env, BEPOSITORY_STORAGE_URI: to })
      assert.strictEqual(id.stdout, device)
      const status = (at: string) =>
        Effect.map(run(["status", "--json"], { ...env, BEPOSITORY_STORAGE_URI: at }), ({ stdout }) => {
          const { hosts, location: _, requests: __, ...rest } = JSON.parse(stdout) as Record<string, unknown>
          return { hosts, rest }
        })
      const copy = yield* status(to)
      assert.deepStrictEqual(copy.rest, (yield* status(repository)).rest)
      assert.deepStrictEqual(copy.hosts, [], "claims on the term stay behind")
      const again = yield* run(["copy", to], env)
      assert.match(again.stdout, /^0 objects \(0 B\) copied to/)
      assert.match(again.stdout, /nobody may write to both/)
    }).pipe(Effect.scoped))

  it.live("refuses where something else lies, itself, and a bad URI", () =>
    Effect.gen(function*() {
      const { directory, env, repository } = yield* place()
      const full = Path.join(directory, "full")
      Fs.mkdirSync(full)
      Fs.writeFileSync(Path.join(full, "photo.jpg"), "x")
      const other = yield* run(["copy", full], env)
      assert.strictEqual(other.code, 15)
      assert.include(other.line ?? "", "photo.jpg")
      assert.deepStrictEqual(Fs.readdirSync(full).filter((name) => name !== "tmp"), ["photo.jpg"])
      const itself = yield* run(["copy", repository], env)
      assert.strictEqual(itself.code, 2)
      assert.include(itself.line ?? "", "it is where the repository is")
      const bad = yield* run(["copy", "ftp://somewhere/x"], env)
      assert.strictEqual(bad.code, 2)
      assert.include(bad.line ?? "", "TO_URI")
      const absent = yield* run(["copy", Path.join(directory, "new")], {
        ...env,
        BEPOSITORY_STORAGE_URI: Path.join(directory, "nothing")
      })
      assert.strictEqual(absent.code, 10)
    }).pipe(Effect.scoped))
})
