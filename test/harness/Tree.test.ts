import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "./Process.ts"
import * as Tree from "./Tree.ts"

/** Two copies of one small tree. */
const pair = Effect.gen(function*() {
  const directory = yield* Process.tempDirectory("tree")
  const [a, b] = [Path.join(directory, "a"), Path.join(directory, "b")]
  yield* Tree.make(a, { sparse: false })
  yield* Process.run("cp", ["-a", a, b])
  return { a, b }
})

const touch = (path: string) => Fs.writeFileSync(path, "")

/** Files and directories get other names, 2,000 times each. */
const renames = `const { renameSync } = require("node:fs")
for (let n = 0; n < 2000; n++) for (let at = 0; at < 10; at++) {
  renameSync(at + (n % 2 ? ".b" : ".a"), at + (n % 2 ? ".a" : ".b"))
}`

describe("Tree", () => {
  it.live("a copy is the same; the long path has 3,000 bytes", () =>
    Effect.gen(function*() {
      const { a, b } = yield* pair
      const tree = Tree.read(a)
      expect(Tree.differences(tree, Tree.read(b))).toEqual([])
      expect(Buffer.byteLength(Tree.longPath)).toBe(3000)
      expect([...tree.keys()]).toEqual(expect.arrayContaining([Tree.longPath, "empty directory", "dangling link"]))
      expect(tree.get("times/old")?.mtime).toBe(981_173_106_123_456_789n)
    }).pipe(Effect.scoped))

  it.live("is read while entries of it go and come", () =>
    Effect.gen(function*() {
      const root = yield* Process.tempDirectory("tree")
      for (let at = 0; at < 10; at++) (at % 2 === 0 ? Fs.mkdirSync : touch)(Path.join(root, `${at}.a`))
      Fs.writeFileSync(Path.join(root, "stays"), "here")
      const renaming = yield* Process.run(process.execPath, ["-e", renames], { cwd: root }).pipe(Effect.forkScoped)
      for (let reads = 0; renaming.pollUnsafe() === undefined; reads++) {
        expect(Tree.read(root).get("stays")?.size).toBe(4)
        yield* Effect.sleep("1 millis")
      }
      yield* Fiber.join(renaming)
      expect(Tree.read(root).size).toBe(11)
    }).pipe(Effect.scoped))

  const damages: ReadonlyArray<readonly [string, (root: string) => void, string]> = [
    [
      "content",
      (root) => Fs.writeFileSync(Path.join(root, "target.txt"), "tarGet\n"),
      `differs: "target.txt": content`
    ],
    ["mode", (root) => Fs.chmodSync(Path.join(root, "modes/script.sh"), 0o644), "mode 755 is 644"],
    ["mtime", (root) => Fs.utimesSync(Path.join(root, "times/old"), 0, 1), `differs: "times/old": mtime`],
    ["an absent file", (root) => Fs.rmSync(Path.join(root, "empty")), `missing: file "empty"`],
    ["an extra directory", (root) => Fs.mkdirSync(Path.join(root, "x")), `too much: directory "x"`],
    ["a link's target", (root) => {
      Fs.rmSync(Path.join(root, "dangling link"))
      Fs.symlinkSync("elsewhere", Path.join(root, "dangling link"))
    }, "content no such file is elsewhere"]
  ]
  for (const [what, damage, said] of damages) {
    it.live(`sees ${what}`, () =>
      Effect.gen(function*() {
        const { a, b } = yield* pair
        damage(b)
        const lines = Tree.differences(Tree.read(a), Tree.read(b))
        expect(lines).toHaveLength(1)
        expect(lines[0]).toContain(said)
      }).pipe(Effect.scoped))
  }
})
