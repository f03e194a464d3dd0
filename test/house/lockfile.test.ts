/** What `npm ci` needs of the lock file on every platform, and what must not stand in it. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { describe, expect, it } from "vitest"

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const root = Path.resolve(import.meta.dirname, "../..")
const read = (name: string) =>
  JSON.parse(Fs.readFileSync(Path.join(root, name), "utf8")) as Readonly<Record<string, unknown>>
const packages = read("package-lock.json").packages as Readonly<Record<string, Entry>>

describe("package-lock.json", () => {
  it("names no registry", () => {
    expect(Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([])
    expect(Fs.existsSync(Path.join(root, ".npmrc"))).toBe(false)
  })

  it("has every platform's optional packages (else run .ci/complete-lockfile.mjs)", () => {
    const absent = Object.entries(packages).flatMap(([key, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter((name) =>
        packages[`node_modules/${name}`] === undefined && packages[`${key}/node_modules/${name}`] === undefined
      )
    )
    expect(absent).toEqual([])
  })

  it("package.json gives exact versions only, and the lock file agrees", () => {
    const { dependencies, devDependencies } = read("package.json") as Record<string, Record<string, string>>
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
      expect(packages[`node_modules/${name}`]?.version, name).toBe(version)
    }
  })
})
