/**
 * The flake, as far as it can be proved without nixpkgs: it parses, `nix flake check` accepts it over a stand-in that answers with
 * what it was asked, and every package with a checksum gets an address. That it builds is not proved here.
 */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "../harness/Process.ts"
import { suite } from "../harness/Suite.ts"

const root = Path.resolve(import.meta.dirname, "../..")

/** npm's own settings file, as nodejs ships it. */
const definitions = "lib/node_modules/npm/node_modules/@npmcli/config/lib/definitions/definitions.js"

const lay = Effect.gen(function*() {
  const directory = yield* Process.tempDirectory("flake")
  const at = (name: string) => Path.join(directory, name)
  for (const name of ["flake.nix", "nix", "package.json", "package-lock.json"]) {
    Fs.cpSync(Path.join(root, name), at(`flake/${name}`), { recursive: true })
  }
  Fs.cpSync(Path.join(root, "test/house/nix-stub"), at("stub"), { recursive: true })
  Fs.mkdirSync(Path.dirname(at(`stub/nodejs/${definitions}`)), { recursive: true })
  Fs.writeFileSync(
    at(`stub/nodejs/${definitions}`),
    `  'omit-lockfile-registry-resolved': new Definition('omit-lockfile-registry-resolved', {\n    default: false,\n  }),\n` +
      `  registry: new Definition('registry', {\n    default: 'https://packages.example/',\n    type: url,\n  }),\n`
  )
  const env = {
    NIX_STORE_DIR: at("store"),
    NIX_STATE_DIR: at("state"),
    NIX_LOG_DIR: at("log"),
    NIX_REMOTE: "local",
    HOME: at("home"),
    XDG_CACHE_HOME: at("cache")
  }
  const nix = (...args: ReadonlyArray<string>) =>
    Process.run("nix", ["--extra-experimental-features", "nix-command flakes", ...args], { env, cwd: directory })
  return { at, env, nix, override: ["--offline", "--override-input", "nixpkgs", `path:${at("stub")}`] }
})

suite("flake.nix", ["nix"], () => {
  it.live("every Nix file parses", () =>
    Effect.gen(function*() {
      for (const file of ["flake.nix", "nix/package.nix", "test/house/nix-stub/flake.nix"]) {
        const { env } = yield* lay
        const parsed = yield* Process.run("nix-instantiate", ["--parse", Path.join(root, file)], { env })
        expect(parsed, file).toMatchObject({ code: 0 })
      }
    }).pipe(Effect.scoped))

  it.live("passes `nix flake check` over the stand-in", () =>
    Effect.gen(function*() {
      const { at, nix, override } = yield* lay
      const checked = yield* nix("flake", "check", ...override, `path:${at("flake")}`)
      expect(checked.code, checked.stderr).toBe(0)
    }).pipe(Effect.scoped))

  it.live("the package is this version's, and every locked package with a checksum has an address", () =>
    Effect.gen(function*() {
      const { at, nix, override } = yield* lay
      const shown = yield* nix(
        "eval",
        "--json",
        ...override,
        `path:${at("flake")}#packages.x86_64-linux.default.arguments.npmDeps.packageLock.packages`
      )
      expect(shown.code, shown.stderr).toBe(0)
      const packages = JSON.parse(shown.stdout) as Record<
        string,
        { version: string; integrity?: string; resolved?: string }
      >
      const located = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined)
      expect(located.length).toBe(Object.values(packages).filter((entry) => entry.integrity !== undefined).length)
      expect(located.length).toBeGreaterThan(100)
      expect(packages["node_modules/effect"]?.resolved).toBe(
        `https://packages.example/effect/-/effect-${packages["node_modules/effect"]?.version}.tgz`
      )
      expect(packages["node_modules/@effect/vitest"]?.resolved).toMatch(
        /^https:\/\/packages\.example\/@effect\/vitest\/-\/vitest-[\d.]+\.tgz$/
      )
    }).pipe(Effect.scoped))
})
