/** An encrypted repository by its commands, in this process: made, opened by passphrases, and refused without. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "../harness/Process.ts"
import { census, run } from "./fixture.ts"

const json = (args: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.map(run([...args, "--json"], env), (ran) => {
    assert.strictEqual(ran.code, 0, ran.line)
    assert.strictEqual(ran.stderr, "")
    return JSON.parse(ran.stdout) as Record<string, unknown>
  })

interface Key {
  readonly id: string
  readonly label: string
  readonly inUse: boolean | null
}

const keys = (env: Record<string, string>) =>
  Effect.map(json(["key", "list"], env), (said) => said.keys as ReadonlyArray<Key>)

const first = { BEPOSITORY_PASSPHRASE: "the first one" }
const second = { BEPOSITORY_PASSPHRASE_COMMAND: "echo 'the second one'" }

describe("an encrypted repository", () => {
  it.live("by its commands", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("keys")
      const repository = Path.join(directory, "repository")
      const env = {
        HOME: "/dev/null/home",
        BEPOSITORY_ENV_FILE: "/dev/null",
        BEPOSITORY_STORAGE_URI: repository
      }
      const made = yield* run(["init"], { ...env, ...first })
      assert.match(made.stdout, /It is encrypted: keep the passphrase .* without it all of this is lost/)
      const before = census(repository)
      for (const args of [["status"], ["get-id"], ["checkpoint", "list"], ["list-folders"], ["key", "add"], ["init"]]) {
        const without = yield* run(args, env)
        assert.strictEqual(without.code, 12, args.join(" "))
        assert.match(without.line!, /is encrypted .* BEPOSITORY_PASSPHRASE_FILE, BEPOSITORY_PASSPHRASE_COMMAND or /)
      }
      const wrong = yield* run(["status"], { ...env, BEPOSITORY_PASSPHRASE: "another" })
      assert.strictEqual(wrong.code, 12)
      assert.match(wrong.line!, /opens none of the key slots \(1\)/)
      assert.notInclude(wrong.line! + wrong.stderr + wrong.stdout, "another")
      assert.deepInclude(yield* json(["init"], { ...env, ...first }), { created: false, encrypted: true })
      assert.deepInclude(yield* json(["status"], { ...env, ...first }), { encrypted: true })
      assert.deepStrictEqual(census(repository), before)

      const fresh = { BEPOSITORY_NEW_PASSPHRASE: "the second one" }
      const added = yield* json(["key", "add", "--label", "safe"], { ...env, ...first, ...fresh })
      assert.strictEqual(added.label, "safe")
      assert.deepStrictEqual((yield* keys({ ...env, ...second })).map((key) => key.inUse), [false, true])
      assert.deepStrictEqual((yield* keys(env)).map((key) => key.inUse), [null, null])
      const table = yield* run(["key", "list"], { ...env, ...second })
      assert.match(table.stdout, /^ID +LABEL +MADE +ON\n[0-9a-f]{32} .*\n[0-9a-f]{32} +safe .* in use$/)

      const [old, own] = yield* keys({ ...env, ...second })
      assert.match((yield* run(["key", "remove", own!.id], { ...env, ...second })).line!, /is the one in use/)
      assert.match((yield* run(["key", "remove", "00"], { ...env, ...second })).line!, /no such key|the whole id/)
      const removed = yield* run(["key", "remove", old!.id.slice(0, 8)], { ...env, ...second })
      assert.strictEqual(removed.stdout, `Key ${old!.id} was removed.`)
      assert.strictEqual((yield* run(["get-id"], { ...env, ...first })).code, 12)
      assert.match((yield* run(["key", "remove", own!.id], { ...env, ...second })).line!, /is the last one/)

      const third = Path.join(directory, "third")
      Fs.writeFileSync(third, "the third one\n")
      const changed = yield* run(["key", "change"], { ...env, ...second, BEPOSITORY_NEW_PASSPHRASE_FILE: third })
      assert.match(changed.stdout, /has taken the place of the old one/)
      assert.strictEqual((yield* run(["get-id"], { ...env, ...second })).code, 12)
      assert.strictEqual((yield* run(["get-id"], { ...env, BEPOSITORY_PASSPHRASE_FILE: third })).code, 0)
      assert.strictEqual(Fs.readdirSync(Path.join(repository, "key")).length, 1)

      // Whoever says a wrong passphrase may look at what there is.
      assert.deepStrictEqual((yield* keys({ ...env, BEPOSITORY_PASSPHRASE: "x" })).map((key) => key.inUse), [false])
      const open = { ...env, BEPOSITORY_PASSPHRASE_FILE: third }
      assert.strictEqual((yield* run(["fsck"], open)).code, 0)
      const junk = "a".repeat(32)
      Fs.writeFileSync(Path.join(repository, "key", junk), "junk")
      const checked = yield* run(["fsck", "--json"], open)
      assert.strictEqual(checked.code, 3)
      assert.include(checked.stdout, `"kind":"key","severity":"damage","key":"key/${junk}"`)
      assert.strictEqual((yield* run(["key", "remove", junk], open)).code, 0)
      assert.strictEqual((yield* run(["fsck"], open)).code, 0)
    }).pipe(Effect.scoped), 120_000)

  it.live("is not asked for where there is no terminal", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("keys")
      const env = { BEPOSITORY_ENV_FILE: "/dev/null", BEPOSITORY_STORAGE_URI: Path.join(directory, "repository") }
      const ran = yield* run(["init", "--passphrase"], env)
      assert.strictEqual(ran.code, 2)
      assert.match(ran.line!, /no terminal to ask at; set BEPOSITORY_PASSPHRASE_FILE/)
      assert.isFalse(Fs.existsSync(env.BEPOSITORY_STORAGE_URI))
    }).pipe(Effect.scoped))

  it.live("a passphrase for one in the clear is refused, and so are its keys", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("keys")
      const env = { BEPOSITORY_ENV_FILE: "/dev/null", BEPOSITORY_STORAGE_URI: Path.join(directory, "repository") }
      assert.strictEqual((yield* run(["init"], env)).code, 0)
      const status = yield* run(["status"], { ...env, ...first })
      assert.strictEqual(status.code, 12)
      assert.match(status.line!, /a passphrase is set, and the repository at .* is not encrypted/)
      const list = yield* run(["key", "list"], env)
      assert.strictEqual(list.code, 2)
      assert.match(list.line!, /is not encrypted, and stays so/)
    }).pipe(Effect.scoped))
})
