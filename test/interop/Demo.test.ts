/** The demo tells its whole story, checks every claim itself, ends with 0 and leaves nothing behind. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe, expect, it } from "vitest"
import * as Process from "../harness/Process.ts"
import { suite } from "../harness/Suite.ts"

const demo = Path.resolve(import.meta.dirname, "../../src/programs/demo.ts")

const tells = (args: ReadonlyArray<string>, actor: string) =>
  Effect.gen(function*() {
    const temporary = yield* Process.tempDirectory("demo")
    const ran = yield* Process.run(process.execPath, [demo, ...args], {
      env: { TMPDIR: temporary, BEPOSITORY_STORAGE_URI: "/nonexistent", BEPOSITORY_ENV_FILE: "/nonexistent" },
      seconds: 150
    })
    assert.strictEqual(ran.code, 0, ran.stderr + ran.stdout)
    assert.strictEqual(ran.stderr, "")
    for (let step = 1; step <= 9; step++) assert.match(ran.stdout, new RegExp(`^${step}\\. `, "m"))
    assert.include(ran.stdout, actor)
    assert.match(ran.stdout, /A says: bepository has everything/)
    assert.match(ran.stdout, /B has 218 files, .* contents, modes, times and links are what A had/)
    assert.match(ran.stdout, /"this is the letter that was deleted by mistake\."/)
    assert.match(ran.stdout, /C writes a file: B has it after .*, by way of the repository/)
    assert.match(ran.stdout, /host-of-B \(\w+\), host-of-C \(\w+\)/)
    assert.deepStrictEqual(Fs.readdirSync(temporary), [])
  }).pipe(Effect.scoped, Effect.runPromise)

describe("npm run demo", () => {
  it("with the scripted peer", () => expect(tells(["--scripted"], "scripted peer")).resolves.toBeUndefined(), 180_000)
})

suite("npm run demo with Syncthing", ["syncthing"], () => {
  it("three real ones", () => expect(tells([], "Syncthing v")).resolves.toBeUndefined(), 180_000)
})
