/** What users get: `npm pack`, installed globally beside the Node it needs, works, starts quickly, and says so when Node is too old. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, beforeAll, describe } from "vitest"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"

const root = Path.resolve(import.meta.dirname, "../..")
const { devDependencies, version } = JSON.parse(Fs.readFileSync(Path.join(root, "package.json"), "utf8")) as {
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
}

/** A `node` on this machine that is older than what we need. */
const oldNode = (process.env.PATH ?? "").split(":")
  .filter((directory) => !directory.includes("node_modules"))
  .map((directory) => Path.join(directory, "node"))
  .find((file) =>
    Fs.existsSync(file) && Number(/^v(\d+)/.exec(execFileSync(file, ["--version"], { encoding: "utf8" }))?.[1]) < 22
  )

const prefix = Fs.mkdtempSync("/tmp/bepository-package-")
const bin = Path.join(prefix, "bin")
const program = Path.join(bin, "bepository")
const entry = Path.join(prefix, "lib/node_modules/bepository/dist/main.js")
const installed = { PATH: `${bin}:/usr/bin:/bin` }
const somebody = DeviceId.fromBytes(new Uint8Array(32).fill(7))

const ok = Effect.fnUntraced(function*(command: string, args: ReadonlyArray<string>, cwd: string) {
  const ended = yield* Process.run(command, args, { cwd, seconds: 100 })
  if (ended.code !== 0) {
    return yield* new Process.HarnessError({ message: `${command} ${args.join(" ")}: ${ended.stderr}` })
  }
  return ended.stdout
})

afterAll(() => Fs.rmSync(prefix, { recursive: true }))

describe("the package", () => {
  beforeAll(() =>
    Effect.runPromise(Effect.gen(function*() {
      yield* ok("npm", ["pack", "--pack-destination", prefix], root)
      const tarball = Path.join(prefix, `bepository-${version}.tgz`)
      yield* ok(
        "npm",
        ["install", "--global", "--prefix", prefix, "--prefer-offline", tarball, `node@${devDependencies.node}`],
        prefix
      )
    })), 120_000)

  it.live("says its version, through the Node beside it", () =>
    Effect.gen(function*() {
      const said = yield* Process.run(program, ["--version"], { env: installed })
      expect(said).toEqual({ code: 0, stdout: `bepository ${version}\n`, stderr: "" })
    }))

  it.live("starts within 250 ms", () =>
    Effect.gen(function*() {
      let best = Infinity
      // The best of many: others may be using the machine.
      for (let round = 0; round < 40 && best > 250; round++) {
        const began = performance.now()
        yield* Process.run(program, ["--version"], { env: installed })
        best = Math.min(best, performance.now() - began)
      }
      expect(best).toBeLessThanOrEqual(250)
    }))

  it.live("makes a repository, serves it and ends with 0 on SIGTERM", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("package")
      const place = Bepository.place(directory)
      const ours = yield* Bepository.serve({ place, masters: [somebody], program: entry, node: Path.join(bin, "node") })
      const shown = yield* Process.run(program, ["get-id", "--storage-uri", `file://${place.repository}`], {
        env: installed
      })
      expect(shown).toMatchObject({ code: 0, stdout: `${ours.id}\n` })
      expect(yield* ours.process.stop("SIGTERM")).toEqual({ code: 0, signal: null })
    }).pipe(Effect.scoped))

  it("holds the program, its papers and nothing else", () => {
    const directory = Path.join(prefix, "lib/node_modules/bepository")
    expect(Fs.readdirSync(directory).toSorted()).toEqual(
      ["INSTALL.md", "LICENSE", "README.md", "dist", "node_modules", "package.json"]
    )
  })

  it.live("under an older Node says in one line which Node is needed", () =>
    Effect.gen(function*() {
      const pretend =
        `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})`
      const said = yield* oldNode === undefined
        ? Process.run(process.execPath, ["--import", pretend, entry, "--version"])
        : Process.run(oldNode, [entry, "--version"])
      expect(said.code).toBe(1)
      expect(said.stdout).toBe("")
      expect(said.stderr).toMatch(/^bepository: Node 22\.19 or newer is needed, this is Node \d+\.\d+\.\d+\n$/)
    }))
})
