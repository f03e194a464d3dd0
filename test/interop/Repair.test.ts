/** Damage on the disk of the repository: found, repaired, and healed by a Syncthing that still has the files. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import { suite } from "../harness/Suite.ts"
import * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { type Actor, becomes, folder, serve, share, type Stage, stage, stored, syncthing } from "./scene.ts"

interface Facts {
  readonly healthy: boolean
  readonly findings: ReadonlyArray<{
    readonly kind: string
    readonly files?: { readonly count: number; readonly examples: ReadonlyArray<{ readonly name: string }> }
  }>
}

const fsck = (stage: Stage, ...args: ReadonlyArray<string>) =>
  Effect.map(Bepository.run(stage.place, ["--json", "fsck", ...args]), ({ code, stdout }) => ({
    code,
    facts: JSON.parse(stdout) as Facts
  }))

/** Flips a byte in the middle of each of the packs. */
const harm = (stage: Stage, packs: number): void => {
  const files = Fs.readdirSync(Path.join(stage.place.repository, "pack"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => Path.join(entry.parentPath, entry.name)).toSorted()
  for (const file of files.slice(0, packs)) {
    const bytes = Fs.readFileSync(file)
    bytes[bytes.length >> 1]! ^= 1
    Fs.chmodSync(file, 0o644)
    Fs.writeFileSync(file, bytes)
  }
}

/** Nothing is marked any more. A's own view of us is no receipt: it may be of before the repair. */
const healed = (a: Actor, stage: Stage) =>
  a.until(
    "the lost file did not come again",
    Effect.map(
      fsck(stage),
      ({ facts }) => facts.findings.every(({ kind }) => kind !== "unavailable") ? true : undefined
    ),
    60
  )

suite("Repair", ["syncthing", "syncthing-1.29"], () => {
  for (const version of Syncthing.versions) {
    it.live(`${version}: a damaged pack is found, repaired, healed by the master, and all comes out at B`, () =>
      Effect.gen(function*() {
        const here = yield* stage("repair")
        const a = yield* syncthing(here, "A", version)
        for (let i = 0; i < 40; i++) Tree.write(a.tree, `d/${i}.bin`, Tree.bytes(400_000, i))
        const first = yield* serve(here, [a])
        yield* share(a, first)
        yield* stored(a, first)
        yield* first.process.stop("SIGTERM")
        expect(yield* fsck(here, "--check", "full")).toMatchObject({ code: 0, facts: { healthy: true } })

        harm(here, 1)
        const found = yield* fsck(here, "--check", "full")
        expect(found.code).toBe(3)
        const damage = found.facts.findings.find(({ kind }) => kind === "corrupt")
        expect(damage?.files?.count).toBe(1)
        const name = damage!.files!.examples[0]!.name
        expect((yield* fsck(here, "--check", "full", "--repair", "--yes")).code).toBe(3)

        // Nobody gets wrong bytes meanwhile: B gets all but that file.
        const tree = Tree.read(a.tree)
        const b = yield* syncthing(here, "B", version === "1.19" ? "1.29" : "1.19")
        yield* a.process.stop()
        const alone = yield* serve(here, [b])
        yield* share(b, alone)
        yield* b.until(
          "B has not what is left",
          Effect.sync(() => Tree.read(b.tree).size >= tree.size - 1 ? true : undefined)
        )
        expect(Fs.existsSync(Path.join(b.tree, name))).toBe(false)
        yield* b.process.stop()
        yield* alone.process.stop("SIGTERM")

        const again = yield* syncthing(here, "A", version)
        const healing = yield* serve(here, [again])
        yield* again.untilConnected(healing.id, 30)
        yield* healed(again, here)
        yield* healing.process.stop("SIGTERM")
        // The checkpoint of before finds the block again by a second repair.
        expect(yield* fsck(here, "--repair", "--yes")).toMatchObject({ code: 0, facts: { healthy: true } })
        expect(yield* fsck(here, "--check", "full")).toMatchObject({ code: 0, facts: { healthy: true } })

        yield* again.process.stop()
        const whole = yield* syncthing(here, "B", version === "1.19" ? "1.29" : "1.19")
        const last = yield* serve(here, [whole])
        yield* whole.untilConnected(last.id, 30)
        yield* becomes(whole, tree)
      }).pipe(Effect.scoped))

    it.live(`${version}: repaired beside a daemon, it heals on the connection it has`, () =>
      Effect.gen(function*() {
        const here = yield* stage("repair-beside")
        const a = yield* syncthing(here, "A", version)
        for (let i = 0; i < 20; i++) Tree.write(a.tree, `d/${i}.bin`, Tree.bytes(400_000, i))
        const daemon = yield* serve(here, [a])
        yield* share(a, daemon)
        yield* stored(a, daemon)
        harm(here, 1)
        expect((yield* fsck(here, "--check", "full", "--repair", "--yes")).code).toBe(3)
        // The daemon learns of the repair with its next commit.
        Tree.write(a.tree, "new.txt", "new")
        yield* a.rescan(folder)
        yield* healed(a, here)
        expect((yield* fsck(here, "--repair", "--yes")).code).toBe(0)
        expect(yield* fsck(here, "--check", "full")).toMatchObject({ code: 0, facts: { healthy: true } })
        yield* stored(a, daemon)
      }).pipe(Effect.scoped))
  }
})
