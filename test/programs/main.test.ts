/** How the executable bounds V8's heap: `serve` starts itself once more with a flag, unless the operator or the system minds. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Path from "node:path"
import * as Process from "../harness/Process.ts"

const main = Path.resolve(import.meta.dirname, "../../src/programs/main.ts")

/** Before the program begins. */
const preload = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
/** Says with which flags a process starts. */
const starts = preload(
  `console.log("start", process.execArgv.at(-1).startsWith("--max-semi") ? process.execArgv.at(-1) : "")`
)

const serveHelp = (flags: ReadonlyArray<string>, options?: string) =>
  Process.run(process.execPath, [...flags, main, "serve", "--help"], { env: { NODE_OPTIONS: options } })

const startsOf = (stdout: string) => stdout.split("\n").filter((line) => line.startsWith("start"))

describe("serve", () => {
  it.live("starts once more with a smaller young generation", () =>
    Effect.gen(function*() {
      const said = yield* serveHelp(["--import", starts])
      assert.deepStrictEqual([said.code, said.stderr], [0, ""])
      assert.deepStrictEqual(startsOf(said.stdout), ["start ", "start --max-semi-space-size=8"])
      assert.include(said.stdout, "--listen")
    }), 60_000)

  for (const flag of ["--max-semi-space-size=8", "--max_semi_space_size=8", "\"--max-semi-space-size=8\""]) {
    it.live(`leaves the operator's ${flag} in NODE_OPTIONS`, () =>
      Effect.gen(function*() {
        const said = yield* serveHelp(["--import", starts], `--no-deprecation ${flag}`)
        assert.deepStrictEqual([said.code, said.stderr], [0, ""])
        assert.deepStrictEqual(startsOf(said.stdout), ["start "])
      }), 60_000)
  }

  it.live("leaves the operator's flag in its other spelling", () =>
    Effect.gen(function*() {
      const said = yield* serveHelp(["--max_semi_space_size=8", "--import", starts])
      assert.deepStrictEqual([said.code, said.stderr], [0, ""])
      assert.deepStrictEqual(startsOf(said.stdout), ["start "])
    }), 60_000)

  const hindrances: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["there is no execve", ["--import", preload("delete process.execve")]],
    ["execve throws", [
      "--import",
      preload(
        `process.execve = () => { process.emitWarning("it is experimental", "ExperimentalWarning"); throw new Error("no") }`
      )
    ]],
    ["processes may not be started", ["--permission", "--allow-fs-read=*"]],
    ["its Node is gone", ["--import", preload(`process.execPath = "/nonexistent/node"`)]]
  ]
  for (const [name, flags] of hindrances) {
    it.live(`goes on, and warns of nothing, where ${name}`, () =>
      Effect.gen(function*() {
        const said = yield* serveHelp(flags)
        assert.deepStrictEqual([said.code, said.stderr], [0, ""])
        assert.include(said.stdout, "--listen")
      }), 60_000)
  }
})
