/** What the papers say is checked against the program: scripts, settings, exit codes, links, and the unit file by systemd itself. */
import { expect, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe } from "vitest"
import * as EnvFile from "../../src/domain/EnvFile.ts"
import * as Process from "../harness/Process.ts"
import { suite } from "../harness/Suite.ts"

const root = Path.resolve(import.meta.dirname, "../..")
const read = (name: string) => Fs.readFileSync(Path.join(root, name), "utf8")
const install = read("INSTALL.md")

/** The fenced block that contains the text. */
const block = (text: string): string =>
  install.split("```").find((part) => part.includes(text))?.replace(/^\w+\n/, "") ?? ""

const variables = (text: string) => new Set(text.match(/BEPOSITORY_[A-Z_]+/g))

describe("the papers", () => {
  it("README's two commands and CONTRIBUTING's scripts are in package.json", () => {
    const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> }
    const named = [...(read("README.md") + read("CONTRIBUTING.md")).matchAll(/`?npm run ([a-z]+)|^\| `npm (test)`/gm)]
      .map((match) => match[1] ?? match[2] ?? "")
    expect(named).toContain("demo")
    for (const name of named) expect(Object.keys(scripts)).toContain(name)
    for (const name of Object.keys(scripts).filter((script) => script !== "prepack")) expect(named).toContain(name)
  })

  it("every file they link to or name in backticks is there", () => {
    for (const paper of ["README.md", "CONTRIBUTING.md", "INSTALL.md"]) {
      const text = read(paper)
      const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "")
      const named = [...text.matchAll(/`((?:src|test|docs|\.ci|proto)\/[\w./-]*)`/g)].map((match) => match[1] ?? "")
      for (const path of [...links, ...named]) {
        expect(Fs.existsSync(Path.join(root, path)), `${paper}: ${path}`).toBe(true)
      }
    }
  })

  it("INSTALL has every exit code that an error carries", () => {
    const sources = Fs.readdirSync(Path.join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts")
    )
    const carried = sources.flatMap((name) =>
      [...read(Path.join("src", name)).matchAll(/errorExitCode\] = (\d+)/g)].map((match) => match[1])
    )
    const listed = [...install.matchAll(/^\| (\d+)(?:, (\d+))? \|/gm)].flatMap((match) => [match[1], match[2]])
    expect(carried.length).toBeGreaterThan(5)
    for (const code of carried) expect(listed).toContain(code)
  })

  it("the environment file parses, and names what --help names", () => {
    const file = block("# /etc/bepository/env")
    expect(Result.isSuccess(EnvFile.parse(file))).toBe(true)
    const help = variables(read("src/programs/cli.ts"))
    help.delete("BEPOSITORY_ENV_FILE")
    expect(variables(file)).toEqual(help)
  })

  it("--help names every variable that a source does", () => {
    const sources = Fs.readdirSync(Path.join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => read(Path.join("src", name)))
    const help = variables(read("src/programs/cli.ts"))
    const named = [...variables(sources.join("\n"))]
    // A name that is cut short stands for several. What only tests set is no operator's.
    const told = named.filter((name) => !name.endsWith("_") && !name.startsWith("BEPOSITORY_TEST_"))
    for (const name of told) expect(help).toContain(name)
  })
})

suite("the unit file in INSTALL.md", ["systemd-analyze"], () => {
  it.live("is accepted by systemd", () =>
    Effect.gen(function*() {
      const directory = yield* Process.tempDirectory("unit")
      const unit = Path.join(directory, "bepository.service")
      // The program and its user are not on this machine.
      const text = block("[Unit]").replace("/usr/local/bin/bepository", "/bin/true").replace(
        "User=bepository",
        "User=games"
      )
      Fs.writeFileSync(unit, text)
      const verified = yield* Process.run("systemd-analyze", ["verify", "--man=no", unit])
      expect(verified).toMatchObject({ code: 0, stderr: "" })
      Fs.writeFileSync(unit, text.replace("TimeoutStopSec=120", "TimeoutStopSeconds=soon"))
      expect((yield* Process.run("systemd-analyze", ["verify", "--man=no", unit])).stderr).toContain(
        "TimeoutStopSeconds"
      )
    }).pipe(Effect.scoped))
})
