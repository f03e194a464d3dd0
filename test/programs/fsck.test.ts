/** `fsck` as a command: what it says, and how it ends. What it finds is tested with its layers. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as BadSectors from "../harness/BadSectors.ts"
import * as World from "../harness/FsckWorld.ts"
import * as Process from "../harness/Process.ts"
import * as Fixture from "./fixture.ts"

const two = World.write("a", { one: World.noise(2, 1), empty: new Uint8Array(0) })

/** A repository on disk with two files, of which one is in the pack, and with what happened after that. */
const placeOf = Effect.fnUntraced(function*<A, E>(after: Effect.Effect<A, E, World.All>) {
  const directory = yield* Process.tempDirectory("fsck")
  const objects = new Map<string, Uint8Array>()
  yield* Effect.orDie(World.on(objects, "plain", two))
  const key = [...objects.keys()].find((key) => key.startsWith("pack/"))!
  yield* Effect.orDie(World.on(objects, "plain", after))
  Fs.mkdirSync(Path.join(directory, "tmp"), { recursive: true })
  for (const [key, bytes] of objects) {
    Fs.mkdirSync(Path.join(directory, Path.dirname(key)), { recursive: true })
    Fs.writeFileSync(Path.join(directory, key), bytes)
  }
  const pack = Path.join(directory, key)
  const cache = yield* Process.tempDirectory("fsck-cache")
  const fsck = (...args: ReadonlyArray<string>) =>
    Fixture.run(["fsck", "--storage-uri", directory, "--cache-dir", cache, ...args])
  return { directory, fsck, pack }
})

const place = placeOf(Effect.void)

/** The file is gone, and a checkpoint has it. */
const past = Effect.andThen(World.checkpoint("a"), World.write("a", { one: undefined }))

describe("fsck", () => {
  it.live("a sound repository: 0, and what was looked at", () =>
    Effect.gen(function*() {
      const { directory, fsck } = yield* place
      const before = Fixture.census(directory)
      const { code, stdout } = yield* fsck("--check", "full")
      assert.strictEqual(code, 0)
      assert.match(stdout, /Checked \(full\) at commit 4: .* 1 pack, 2\d\d KiB of blocks in 1 pack\./)
      assert.match(stdout, /No damage was found\.$/)
      const quick = yield* fsck("--check", "quick")
      assert.strictEqual(quick.code, 0)
      assert.match(quick.stdout, /No damage was found; only a listing was looked at\.$/)
      const { stdout: json } = yield* fsck("--json")
      assert.deepInclude(JSON.parse(json), { healthy: true, check: "structural", position: 4 })
      assert.strictEqual((yield* fsck("--repair")).code, 0)
      assert.deepStrictEqual(Fixture.census(directory), before, "not a byte was changed, by --repair neither")
    }).pipe(Effect.scoped))

  it.live("damage: 3, with the file, the way to mend it, and a repair that has to be agreed to", () =>
    Effect.gen(function*() {
      const { directory, fsck, pack } = yield* place
      const bytes = Fs.readFileSync(pack)
      bytes[1000]! ^= 1
      Fs.writeFileSync(pack, bytes)
      const { code, line, stdout } = yield* fsck("--check", "full")
      assert.strictEqual(code, 3)
      assert.match(
        stdout,
        /DAMAGE {2}corrupt {2}pack\/.*: 1 of its 2 blocks: blocks do not have their hash\n {8}1 file/
      )
      assert.match(line!, /1 thing found damaged/)
      assert.match(stdout, / {10}a: one\n {8}mend: `bepository fsck --check full --repair` mends it/)
      const blind = yield* fsck("--repair", "--yes")
      assert.strictEqual(blind.code, 0)
      assert.match(
        blind.stdout,
        /No damage was found; blocks were not read \(--check full reads them\)\.\nNothing to repair\.$/
      )
      const before = Fixture.census(directory)
      const asked = yield* fsck("--check", "full", "--repair")
      assert.strictEqual(asked.code, 2)
      assert.match(
        asked.stdout,
        /Repair:\n {2}pack .* is replaced by new packs with its good blocks\n {2}1 file of a marked/
      )
      assert.match(asked.line!, /50\.0 % of all files would be marked; look at the plan, and say --yes/)
      const json = yield* fsck("--check", "full", "--repair", "--json")
      assert.strictEqual(json.code, 2)
      const asking = JSON.parse(json.stdout) as Record<string, unknown>
      assert.deepInclude(asking, { healthy: false, repaired: null })
      assert.deepInclude(asking.plan, {
        packs: [{ pack: Path.basename(pack), copy: true, elsewhere: [] }],
        files: [{ folder: "a", count: 1, examples: ["one"] }],
        share: 0.5
      })
      assert.deepStrictEqual(Fixture.census(directory), before)
      const done = yield* fsck("--check", "full", "--repair", "--yes")
      assert.strictEqual(done.code, 3)
      assert.match(done.stdout, /Repaired: 1 pack replaced, 1 block copied, 1 file marked/)
      assert.match(done.stdout, /DAMAGE {2}unavailable {2}a: files whose content is lost, and marked so/)
      const says = "1 file not here (fsck --repair marked them): connect a device that has them"
      for (const command of ["list-folders", "status"]) {
        const told = yield* Fixture.run([command, "--storage-uri", directory])
        assert.include(told.stdout, says)
        assert.match(told.stdout, /\nA +a +1 +0 B /)
        const { folders } = JSON.parse(
          (yield* Fixture.run([command, "--storage-uri", directory, "--json"])).stdout
        ) as { folders: ReadonlyArray<unknown> }
        assert.deepInclude(folders[0], { files: 1, bytes: 0, notHere: 1 })
      }
    }).pipe(Effect.scoped))

  it.live("what a check sees without reading blocks, a repair sees without", () =>
    Effect.gen(function*() {
      const { fsck, pack } = yield* place
      Fs.rmSync(pack)
      const { code, stdout } = yield* fsck()
      assert.strictEqual(code, 3)
      assert.match(stdout, / {8}mend: `bepository fsck --repair` mends it/)
    }).pipe(Effect.scoped))

  it.live("lost blocks that only checkpoints have: whose they are, and what ends it once nobody has them", () =>
    Effect.gen(function*() {
      const { fsck, pack } = yield* placeOf(past)
      Fs.rmSync(pack)
      const found = yield* fsck()
      assert.match(
        found.stdout,
        /missing {2}pack.*\n {8}1 file that only checkpoints have:\n {10}a: one\n {8}checkpoints: 1\n {8}mend: `bepository fsck --repair` /
      )
      const repaired = yield* fsck("--repair", "--yes")
      assert.strictEqual(repaired.code, 3)
      assert.match(
        repaired.stdout,
        /\nCheckpoint 1 stays damaged until the content comes again: then repair once more; `bepository checkpoint remove 1` /
      )
      const mend =
        "connect a device that still has the files, then `bepository fsck --repair`; or `bepository checkpoint remove 1`"
      assert.include(repaired.stdout, `        mend: ${mend}`)
      const again = yield* fsck("--repair")
      assert.strictEqual(again.code, 3)
      assert.match(again.stdout, /A repair can do nothing more: beside each finding stands what ends it\.$/)
      const { findings } = JSON.parse((yield* fsck("--json")).stdout) as { findings: ReadonlyArray<unknown> }
      assert.deepInclude(findings[0], {
        kind: "blocks",
        checkpointFiles: { count: 1, examples: [{ folder: "a", name: "one" }] },
        checkpoints: [1],
        mend
      })
    }).pipe(Effect.scoped))

  it.live("a lost table that only a checkpoint has goes with the checkpoint", () =>
    Effect.gen(function*() {
      const { directory, fsck } = yield* placeOf(Effect.andThen(past, World.merge("a")))
      const table = Path.join(directory, "segment")
      const tables = Fs.readdirSync(table, { recursive: true, encoding: "utf8" })
        .map((name) => Path.join(table, name)).filter((path) => Fs.statSync(path).isFile())
      const mends: Array<string> = []
      for (const path of tables) {
        const bytes = Fs.readFileSync(path)
        Fs.rmSync(path)
        const { findings } = JSON.parse((yield* fsck("--json")).stdout) as {
          findings: ReadonlyArray<{ kind: string; mend: string }>
        }
        mends.push(findings.find(({ kind }) => kind === "missing")?.mend ?? "")
        Fs.writeFileSync(path, bytes)
      }
      assert.deepStrictEqual([...new Set(mends)].toSorted((a, b) => a < b ? -1 : 1), [
        "`bepository checkpoint remove 1`",
        "`bepository fsck --repair` mends it"
      ])
    }).pipe(Effect.scoped))

  it.live("with --json a repair prints one value, with the plan and what was done", () =>
    Effect.gen(function*() {
      const { fsck, pack } = yield* place
      const nothing = yield* fsck("--repair", "--json")
      assert.strictEqual(nothing.code, 0)
      assert.deepInclude(JSON.parse(nothing.stdout), { healthy: true, plan: null, repaired: null })
      Fs.rmSync(pack)
      const done = yield* fsck("--repair", "--json", "--yes")
      assert.strictEqual(done.code, 3)
      const { plan, repaired } = JSON.parse(done.stdout) as Record<string, Record<string, unknown>>
      assert.deepInclude(plan, { packs: [{ pack: Path.basename(pack), copy: false, elsewhere: [] }] })
      assert.deepInclude(repaired, { packs: 1, files: 1 })
    }).pipe(Effect.scoped))

  it.live("of a store that was set back, the plan writes nothing; carried out it says so in the log first", () =>
    Effect.gen(function*() {
      const { directory, fsck, pack } = yield* place
      Fs.cpSync(directory, `${directory}.old`, { recursive: true })
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(`${directory}.old`, { recursive: true })))
      const known = Fs.readFileSync(pack)
      Fs.rmSync(pack)
      assert.strictEqual((yield* fsck("--repair", "--yes")).code, 3)
      Fs.rmSync(directory, { recursive: true })
      Fs.cpSync(`${directory}.old`, directory, { recursive: true, preserveTimestamps: true })
      known[1000]! ^= 1
      Fs.writeFileSync(pack, known)
      const before = Fixture.census(directory)
      assert.strictEqual((yield* fsck("--check", "full", "--repair")).code, 2)
      assert.deepStrictEqual(Fixture.census(directory), before)
      const done = yield* fsck("--check", "full", "--repair", "--yes")
      assert.match(done.stdout, /Repaired: 1 pack replaced, 1 block copied, 1 file marked/)
    }).pipe(Effect.scoped))

  it.live("so damaged that it cannot be opened: 14; not there: 10", () =>
    Effect.gen(function*() {
      const { directory, fsck } = yield* place
      Fs.rmSync(Path.join(directory, "base"), { recursive: true })
      assert.strictEqual((yield* fsck()).code, 0, "without its base, but with all of its log")
      Fs.writeFileSync(Path.join(directory, "log", "00000000000000000002"), "nonsense")
      assert.strictEqual((yield* fsck()).code, 14)
      Fs.rmSync(directory, { recursive: true })
      assert.strictEqual((yield* fsck()).code, 10)
    }).pipe(Effect.scoped))

  it.live("options that do not fit: 2", () =>
    Effect.gen(function*() {
      const { fsck } = yield* place
      for (
        const args of [
          ["--read-data-subset", "1/7"],
          ["--check", "full", "--read-data-subset", "8/7"],
          ["--check", "full", "--read-data-subset", "many"],
          ["--check", "some"],
          ["--repair", "--compact"],
          ["--repair", "--check", "quick"],
          ["--regenerate-id"]
        ]
      ) assert.strictEqual((yield* fsck(...args)).code, 2, args.join(" "))
      for (
        const [args, words] of [
          ["--compact --check full", /^--check with --compact: only a check and --repair look at it$/],
          ["--compact --check structural", /^--check with --compact: /],
          [
            "--compact --read-data-subset 1/7",
            /^--read-data-subset with --compact: only a check and --repair look at it$/
          ],
          ["--compact --yes", /^--yes with --compact: only --repair and --regenerate-id ask$/],
          ["--yes", /^--yes: only --repair and --regenerate-id ask$/],
          ["--regenerate-id --yes --check full", /^--check with --regenerate-id: /],
          ["--clear-lock --check quick", /^--check with --clear-lock: /],
          ["--clear-lock --yes", /^--yes with --clear-lock: /],
          ["--max-rewrite 1G", /^--max-rewrite: only --compact rewrites packs$/],
          ["--repair --max-rewrite 1G", /^--max-rewrite with --repair: only --compact rewrites packs$/]
        ] as const
      ) {
        const ran = yield* fsck(...args.split(" "))
        assert.strictEqual(ran.code, 2, args)
        assert.match(ran.line ?? "", words)
      }
      assert.strictEqual((yield* fsck("--check", "full", "--read-data-subset", "1/1")).code, 0)
      const some = yield* fsck("--check", "full", "--read-data-subset", "1K")
      assert.match(some.stdout, /^Checked \(full, --read-data-subset 1K\) at commit 4: .* of blocks in 1 of 1 pack\.$/m)
      const [part = "", other = ""] = (yield* Effect.forEach(["1/2", "2/2"], (part) =>
        Effect.map(fsck("--check", "full", "--read-data-subset", part), ({ stdout }) => stdout)))
        .toSorted((a, b) =>
          a.length - b.length
        )
      assert.match(part, / of blocks in 1 of 1 pack\.\nNo damage was found\.$/)
      assert.match(other, / 0 B of blocks in 0 of 1 pack\.\nNo damage was found; the blocks of 1 pack were not read\.$/)
      const { stdout } = yield* fsck("--check", "full", "--read-data-subset", "2.5%", "--json")
      assert.deepInclude(JSON.parse(stdout), { check: "full", subset: "2.5%" })
      assert.deepInclude(JSON.parse((yield* fsck("--check", "full", "--json")).stdout), { subset: null })
    }).pipe(Effect.scoped))

  it.live("another identity is another device, and nothing else changes", () =>
    Effect.gen(function*() {
      const { directory, fsck } = yield* place
      const id = Effect.map(Fixture.run(["get-id", "--storage-uri", directory]), ({ stdout }) => stdout.trim())
      const before = yield* id
      const { code, stdout } = yield* fsck("--regenerate-id", "--yes")
      assert.strictEqual(code, 0)
      assert.include(stdout, `Device id: ${yield* id}`)
      assert.notStrictEqual(yield* id, before)
      assert.strictEqual((yield* fsck("--check", "full")).code, 0)
    }).pipe(Effect.scoped))

  it.live("a pack that reads otherwise than in the check is left, and that is no success", () =>
    Effect.gen(function*() {
      const { directory, fsck, pack } = yield* place
      const disk = yield* BadSectors.make
      disk.bad.set(pack, 200)
      const commits = () => Fs.readdirSync(Path.join(directory, "log")).length
      let checked: number | undefined
      // The repair begins with a commit; from then on nothing of it can be read.
      disk.before = (path) => {
        if (path === pack && commits() > (checked ??= commits())) disk.bad.set(pack, Infinity)
      }
      const { code, line, stdout } = yield* fsck("--check", "full", "--repair", "--yes")
      assert.strictEqual(code, 3)
      assert.match(stdout, /Repaired: 0 packs replaced, 0 blocks copied, 0 files marked/)
      assert.match(stdout, new RegExp(`DAMAGE  blocks  pack/.*${Path.basename(pack)}: it was left as it is`))
      assert.match(stdout, /it was left as it is.*\n {8}mend: `bepository fsck --check full --repair` mends it/)
      assert.match(line!, /things? found damaged/)
      const again = yield* fsck("--check", "full", "--repair", "--yes")
      assert.match(again.stdout, /Repaired: 1 pack replaced, 0 blocks copied, 1 file marked/)
    }).pipe(Effect.scoped))
})
