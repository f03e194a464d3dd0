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
      for (const file of ["flake.nix", "nix/package.nix", "nix/module.nix", "test/house/nix-stub/flake.nix"]) {
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

  it.live("the NixOS module hands the passphrase's file to systemd, and nothing secret to the Nix store", () =>
    Effect.gen(function*() {
      const { at, nix, override } = yield* lay
      const serviceWith = Effect.fnUntraced(function*(given: string) {
        // Options take their defaults unless they are given, as the module system has it.
        const apply = `module: let
            lib = (builtins.getFlake "path:${at("stub")}").lib;
            pkgs = (builtins.getFlake "path:${at("stub")}").legacyPackages.x86_64-linux;
            evaluated = module { inherit lib pkgs; config.services.bepository = cfg; };
            defaults = builtins.mapAttrs (_: option: option.default or null) evaluated.options.services.bepository;
            cfg = defaults // { enable = true; } // ${given};
          in builtins.removeAttrs evaluated.config.systemd.services.bepository [ "after" ]`
        const shown = yield* nix(
          "eval",
          "--impure",
          "--json",
          ...override,
          `path:${at("flake")}#nixosModules.default`,
          "--apply",
          apply
        )
        expect(shown.code, shown.stderr).toBe(0)
        return JSON.parse(shown.stdout) as {
          readonly environment: Record<string, string>
          readonly serviceConfig: Record<string, unknown>
        }
      })
      const bare = yield* serviceWith(`{ storageUri = "/srv/r"; masters = [ "A" "B" ]; }`)
      expect(bare.environment).toEqual({
        BEPOSITORY_STORAGE_URI: "/srv/r",
        BEPOSITORY_MASTER_DEVICE_ID: "A,B",
        BEPOSITORY_LISTEN: "127.0.0.1:22001"
      })
      expect(bare.serviceConfig["LoadCredential"]).toEqual([])
      expect(bare.serviceConfig).not.toHaveProperty("EnvironmentFile")
      const whole = yield* serviceWith(
        `{ storageUri = "/srv/r"; passphraseFile = "/run/keys/p"; environmentFile = "/run/keys/e"; settings = { X = "y"; }; }`
      )
      expect(whole.serviceConfig["LoadCredential"]).toEqual(["passphrase:/run/keys/p"])
      expect(whole.serviceConfig["EnvironmentFile"]).toBe("/run/keys/e")
      expect(whole.environment["X"]).toBe("y")
      expect(whole.environment).not.toHaveProperty("BEPOSITORY_PASSPHRASE_FILE")
      // The hardening is the unit's that INSTALL.md shows.
      const unit = Fs.readFileSync(Path.join(root, "INSTALL.md"), "utf8")
      for (const [name, value] of Object.entries(whole.serviceConfig)) {
        if (typeof value === "boolean") expect(unit).toContain(`${name}=${value ? "yes" : "no"}`)
      }
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
