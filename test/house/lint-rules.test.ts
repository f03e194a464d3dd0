/** Every rule of the house, broken once on purpose in a throw-away copy of its settings: a rule that does not fire is no rule. */
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { stripVTControlCharacters } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const root = Path.resolve(import.meta.dirname, "../..")

/** File of the offender, its text, and the rule (oxlint's, or a part of its message after `:`) that must speak about it. */
type Sin = readonly [file: string, text: string, rule: string]

const imports = "eslint(no-restricted-imports)"
const bound = Array.from({ length: 401 }, (_, line) => `export const line${line} = ${line}`).join("\n")

const oxlintSins: ReadonlyArray<Sin> = [
  ["src/domain/A.ts", `import { Effect } from "effect"\nexport const a = Effect.void\n`, imports],
  ["src/domain/bep/B.ts", `import * as Stream from "effect/Stream"\nexport const b = Stream.empty\n`, imports],
  ["src/domain/repository/C.ts", `import * as Fs from "node:fs"\nexport const c = Fs.constants\n`, imports],
  ["src/domain/dav/D.ts", `import { s } from "../../services/S.ts"\nexport const d = s\n`, imports],
  ["src/domain/E.ts", `import * as N from "@effect/platform-node/NodeRuntime"\nexport const e = N\n`, imports],
  ["src/services/F.ts", `import { Layer } from "effect"\nexport const f = Layer.empty\n`, imports],
  ["src/services/G.ts", `import * as Net from "node:net"\nexport const g = Net.isIP\n`, imports],
  ["src/services/H.ts", `import { l } from "../layers/L.ts"\nexport const h = l\n`, imports],
  ["src/layers/I.ts", `import { l } from "./L.ts"\nexport const i = l\n`, imports],
  ["src/layers/nested/J.ts", `import { l } from "../L.ts"\nexport const j = l\n`, imports],
  ["src/layers/K.ts", `import { main } from "../programs/main.ts"\nexport const k = main\n`, imports],
  ["src/programs/M.ts", `import { l } from "../layers/L.ts"\nexport const m = l\n`, imports],
  ["src/programs/N.ts", `import { NodeRuntime } from "@effect/platform-node"\nexport const n = NodeRuntime\n`, imports],
  ["src/programs/O.ts", `import * as Fs from "fs"\nexport const o = Fs\n`, "unicorn(prefer-node-protocol)"],
  ["src/domain/P.ts", `import { q } from "./Q.ts"\nexport const p = (): number => q()\n`, "import(no-cycle)"],
  ["src/domain/Q.ts", `import { p } from "./P.ts"\nexport const q = (): number => p()\n`, "import(no-cycle)"],
  ["src/domain/R.ts", `const r = 1\nexport default r\n`, "import(no-default-export)"],
  [
    "src/domain/T.ts",
    `import { s } from "../domain/S.ts"\nexport const t = (): typeof s => 1\n`,
    "typescript(consistent-type-imports)"
  ],
  ["src/layers/U.ts", `const u = () => Promise.resolve(1)\nu()\n`, "typescript(no-floating-promises)"],
  ["src/layers/V.ts", `export const v = (x: any): number => x\n`, "typescript(no-explicit-any)"],
  ["src/layers/W.ts", `console.log("hello")\nexport const w = 1\n`, "eslint(no-console)"],
  ["src/layers/X.ts", bound, "eslint(max-lines)"]
]

/** What stands in the same places and is right: no rule may speak about these. */
const righteous: ReadonlyArray<readonly [file: string, text: string]> = [
  [
    "src/domain/S.ts",
    `import { Result } from "effect"\nimport { createHash } from "node:crypto"
export const s = 1\nexport const hash = () => Result.succeed(createHash("sha256"))\n`
  ],
  [
    "src/services/S.ts",
    `import type { Effect } from "effect"\nimport { s as one } from "../domain/S.ts"
export const s = one\nexport type X = Effect.Effect<void>\n`
  ],
  [
    "src/layers/L.ts",
    `import { s } from "../services/S.ts"\nimport * as Net from "node:net"\nexport const l = [s, Net.isIP]\n`
  ],
  ["src/programs/main.ts", `import { wired } from "./wiring.ts"\nexport const main = wired\n`],
  ["src/programs/wiring.ts", `import { l } from "../layers/L.ts"\nexport const wired = l\n`],
  ["src/programs/wiring-store.ts", `import { l } from "../layers/L.ts"\nexport const stored = l\n`],
  ["vite.config.ts", `const config = {}\nexport default config\n`]
]

const effectSins: ReadonlyArray<Sin> = [
  ["src/layers/a.ts", `import { Effect } from "effect"\nEffect.log("x")\n`, "floatingEffect"],
  ["src/layers/b.ts", `export const b = () => Date.now()\n`, "globalDate"],
  ["src/layers/c.ts", `export const c = () => setTimeout(() => undefined, 1)\n`, "globalTimers"],
  ["src/layers/d.ts", `export const d = () => Math.random()\n`, "globalRandom"],
  ["src/layers/e.ts", `export const e = () => process.env.HOME\n`, "processEnv"],
  ["src/layers/f.ts", `export const f = async () => 1\n`, "asyncFunction"],
  ["src/layers/g.ts", `export const g = () => new Promise<void>((done) => done())\n`, "newPromise"],
  ["src/layers/h.ts", `export class Bad extends Error {}\n`, "extendsNativeError"],
  ["src/layers/i.ts", `console.log("x")\nexport const i = 1\n`, "globalConsole"],
  [
    "src/layers/j.ts",
    `import { Effect } from "effect"
export const j = Effect.gen(function*() {
  try {
    yield* Effect.void
  } catch {
    return 1
  }
  return 2
})
`,
    "tryCatchInEffectGen"
  ],
  [
    "src/services/k.ts",
    `import { Context, Effect } from "effect"
export class K extends Context.Service<K, { readonly k: Effect.Effect<void> }>()("elsewhere/K") {}
`,
    "deterministicKeys"
  ],
  [
    "src/layers/l.ts",
    `import { Context, Effect, Layer } from "effect"
class L extends Context.Service<L, { readonly l: number }>()("bepository/layers/l") {}
const layer = Layer.succeed(L, { l: 1 })
export const l = Effect.provide(Effect.map(L, (one) => one.l), layer)
`,
    "strictEffectProvide"
  ],
  [
    "src/layers/m.ts",
    `import { Effect } from "effect"
export const m = Effect.gen(function*() {
  return [new Date(), setTimeout(() => undefined, 1), Math.random(), process.env.HOME, yield* Effect.void]
})
`,
    "globalDateInEffect"
  ],
  [
    "src/layers/n.ts",
    `import { Context } from "effect"
export const N = Context.Service<{ readonly n: number }>("bepository/layers/n")
`,
    "serviceNotAsClass"
  ],
  [
    "src/layers/o.ts",
    `import { Context, Effect } from "effect"
class Below extends Context.Service<Below, { readonly l: number }>()("bepository/layers/o/Below") {}
export class O extends Context.Service<O, {
  readonly one: () => Effect.Effect<number, never, Below>
  readonly two: () => Effect.Effect<number, never, Below>
}>()("bepository/layers/o/O") {}
`,
    "leakingRequirements"
  ],
  [
    "src/layers/p.ts",
    `import { Effect } from "effect"
export const p = Effect.fail("no") as Effect.Effect<never>
`,
    "unsafeEffectTypeAssertion"
  ],
  [
    "src/layers/q.ts",
    `import { Effect } from "effect"
export const q = Effect.fail(JSON.parse("1"))
`,
    "anyUnknownInErrorContext"
  ]
]

const run = (program: string, args: ReadonlyArray<string>, cwd: string) =>
  new Promise<string>((resolve) =>
    execFile(
      process.execPath,
      [Path.join(root, "node_modules", program), ...args],
      { cwd, maxBuffer: 1 << 26 },
      (_, out, err) => resolve(out + err)
    )
  )

const lay = (files: ReadonlyArray<readonly [string, string, ...Array<string>]>): string => {
  const house = Fs.mkdtempSync(Path.join(Os.tmpdir(), "bepository-lint-"))
  for (const name of [".oxlintrc.json", "tsconfig.json", "package.json"]) {
    Fs.copyFileSync(Path.join(root, name), Path.join(house, name))
  }
  Fs.symlinkSync(Path.join(root, "node_modules"), Path.join(house, "node_modules"))
  for (const [file, text] of files) {
    Fs.mkdirSync(Path.dirname(Path.join(house, file)), { recursive: true })
    Fs.writeFileSync(Path.join(house, file), text)
  }
  return house
}

const houses: Array<string> = []
afterAll(() => {
  for (const house of houses) Fs.rmSync(house, { recursive: true })
})

interface Report {
  readonly diagnostics: ReadonlyArray<{ readonly code: string; readonly filename: string; readonly message: string }>
}

describe("oxlint", () => {
  let report: Report = { diagnostics: [] }
  beforeAll(async () => {
    const house = lay([...oxlintSins, ...righteous])
    houses.push(house)
    report = JSON.parse(await run("oxlint/bin/oxlint", ["--format", "json", "src", "vite.config.ts"], house)) as Report
  })

  for (const [file, , rule] of oxlintSins) {
    it(`${rule} fires on ${file}`, () => {
      expect(report.diagnostics.filter((found) => found.filename === file).map((found) => found.code)).toContain(rule)
    })
  }

  for (const [file] of righteous) {
    it(`${file} may stand`, () => {
      expect(report.diagnostics.filter((found) => found.filename === file)).toEqual([])
    })
  }
})

describe("effect diagnostics", () => {
  let lines: ReadonlyArray<string> = []
  beforeAll(async () => {
    const house = lay(effectSins)
    houses.push(house)
    const out = await run("@effect/tsgo/dist/effect-tsgo.cjs", [
      "diagnostics",
      "--project",
      "tsconfig.json",
      "--strict"
    ], house)
    lines = stripVTControlCharacters(out).split("\n")
  })

  for (const [file, , rule] of effectSins) {
    it(`${rule} fires on ${file}`, () => {
      expect(lines.filter((line) => line.includes(file)).join("\n")).toContain(`effect(${rule})`)
    })
  }

  it("every rule named in tsconfig.json is broken here or is the in-Effect twin of one that is", () => {
    const text = Fs.readFileSync(Path.join(root, "tsconfig.json"), "utf8")
    const named = [...text.matchAll(/"(\w+)": "error"/g)].map((match) => match[1] ?? "")
    const broken = new Set(effectSins.map(([, , rule]) => rule))
    expect(named.filter((rule) => !broken.has(rule) && !broken.has(rule.replace(/InEffect$/, "")))).toEqual([])
  })
})
