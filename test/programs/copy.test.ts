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

/** Turns one bit of an object of the kind. */
const damage = (repository: string, kind: "base" | "segment") => {
  const key = `${kind}/${Fs.readdirSync(Path.join(repository, kind))[0]!}`
  const file = Path.join(repository, key)
  const bytes = Fs.readFileSync(file)
  bytes[bytes.length >> 1]! ^= 1
  Fs.chmodSync(file, 0o644)
  Fs.writeFileSync(file, bytes)
  return { key, file, bytes }
}

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
      assert.deepInclude(facts, { verified: true, verifiedObjects: facts.objects, verifiedBytes: facts.copiedBytes })
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
      assert.match(
        again.stdout,
        /^Of these 0 were read back now, the others are of a copy that came to its end: .*fsck --check full/m
      )
      const unread = JSON.parse((yield* run(["copy", to, "--json"], env)).stdout) as Record<string, unknown>
      assert.deepInclude(unread, { verified: false, verifiedObjects: 0, verifiedBytes: 0, copiedObjects: 0 })
      const trusting = yield* run(["copy", `${to}-2`, "--no-verify", "--json"], env)
      assert.deepInclude(JSON.parse(trusting.stdout) as object, { verified: false, verifiedObjects: 0 })
    }).pipe(Effect.scoped))

  it.live("says which object of an unfinished copy is wrong, and goes on when that is gone", () =>
    Effect.gen(function*() {
      const { env, repository, to } = yield* place()
      const { repository: id } = JSON.parse((yield* run(["copy", to, "--json"], env)).stdout) as { repository: string }
      // As a copy that died leaves it.
      const marker = Path.join(to, "repository")
      Fs.rmSync(marker)
      Fs.mkdirSync(Path.join(to, "tmp"), { recursive: true })
      Fs.writeFileSync(Path.join(to, "tmp", `copy-of-${id}`), "unfinished")
      const name = `log/${Fs.readdirSync(Path.join(to, "log")).toSorted()[1]!}`
      const bytes = Fs.readFileSync(Path.join(to, name))
      bytes[20]! ^= 1
      Fs.chmodSync(Path.join(to, name), 0o644)
      Fs.writeFileSync(Path.join(to, name), bytes)
      const found = yield* run(["copy", to], env)
      assert.strictEqual(found.code, 14)
      assert.match(found.line!, new RegExp(`^${name} at .* remove that object there and run this again$`))
      assert.isFalse(Fs.existsSync(marker))
      Fs.rmSync(Path.join(to, name))
      const done = yield* run(["copy", to, "--json"], env)
      assert.strictEqual(done.code, 0, done.line)
      const facts = JSON.parse(done.stdout) as Record<string, unknown>
      assert.deepInclude(facts, { verified: true, verifiedObjects: facts.objects, copiedObjects: 2 })
      assert.deepStrictEqual(census(Path.join(to, "log")).length, census(Path.join(repository, "log")).length)
    }).pipe(Effect.scoped))

  it.live("names what is damaged here, copies it as it is, and ends with 3", () =>
    Effect.gen(function*() {
      const { env, repository, to } = yield* place()
      const { bytes, file, key } = damage(repository, "segment")
      const json = yield* run(["copy", to, "--json"], env)
      assert.strictEqual(json.code, 3)
      assert.match(json.line!, /^1 object found damaged here: `bepository fsck --check full` says/)
      const { damaged, ...facts } = JSON.parse(json.stdout) as {
        readonly objects: number
        readonly damaged: ReadonlyArray<{ readonly key: string; readonly reason: string }>
      }
      assert.deepInclude(facts as object, { verified: false, verifiedObjects: facts.objects - 1 })
      assert.deepStrictEqual(damaged.map(({ key }) => key), [key])
      assert.match(json.stderr, new RegExp(`an object is damaged here, and as it is in the copy.*${key}`))
      assert.deepStrictEqual(Fs.readFileSync(Path.join(to, key)), bytes)
      const told = yield* run(["copy", `${to}-2`, "--no-verify"], env)
      assert.strictEqual(told.code, 3)
      assert.match(told.stdout, /^They were not read back: /m)
      assert.notMatch(told.stdout, /start them again/)
      const again = yield* run(["copy", to], env)
      assert.strictEqual(again.code, 3, "as long as it is so")
      assert.match(again.stdout, /^0 objects .*\nAll others of them were read back and compared\.$/m)
      const trusting = yield* run(["copy", to, "--no-verify"], env)
      assert.match(
        trusting.stdout,
        /^They were not read back, nor was what an earlier run left there, .* found damage/m
      )
      bytes[bytes.length >> 1]! ^= 1
      Fs.writeFileSync(file, bytes)
      const mended = yield* run(["copy", to], env)
      assert.strictEqual(mended.code, 14, "the copy is not")
      Fs.rmSync(Path.join(to, key))
      const done = JSON.parse((yield* run(["copy", to, "--json"], env)).stdout) as Record<string, unknown>
      assert.deepInclude(done, { verified: true, damaged: [] })
    }).pipe(Effect.scoped))

  it.live("leaves a damaged base out: the copy opens by its log", () =>
    Effect.gen(function*() {
      const { env, repository, to } = yield* place()
      const { key } = damage(repository, "base")
      const json = yield* run(["copy", to, "--json"], env)
      assert.strictEqual(json.code, 3, json.line)
      const { damaged, repository: id } = JSON.parse(json.stdout) as {
        readonly repository?: string
        readonly damaged: ReadonlyArray<{ readonly key: string; readonly copy: string }>
      }
      assert.deepStrictEqual(damaged.map(({ copy, key }) => [key, copy]), [[key, "left out"]])
      assert.isString(id)
      assert.include(json.stderr, key)
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
