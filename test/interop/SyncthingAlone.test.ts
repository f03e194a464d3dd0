/** The harness itself, without us: one real Syncthing to another, so that a difference seen elsewhere is ours. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Process from "../harness/Process.ts"
import { suite } from "../harness/Suite.ts"
import * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"

suite("Syncthing to Syncthing", ["syncthing", "syncthing-1.29"], () => {
  for (const [from, to] of [["1.19", "1.29"], ["1.29", "1.19"]] as const) {
    it.live(`${from} to ${to}: the whole tree arrives as it was`, () =>
      Effect.gen(function*() {
        const directory = yield* Process.tempDirectory("alone")
        const [source, sink] = [Path.join(directory, "source"), Path.join(directory, "sink")]
        yield* Tree.make(source)
        Fs.mkdirSync(sink)
        const a = yield* Syncthing.start({ version: from, name: "A", home: Path.join(directory, "A") })
        const b = yield* Syncthing.start({ version: to, name: "B", home: Path.join(directory, "B") })
        yield* Syncthing.meet(a, b)
        yield* a.share({ id: "tree", path: source, devices: [b.id] })
        yield* b.share({ id: "tree", path: sink, devices: [a.id] })
        yield* a.rescan("tree")
        yield* a.untilComplete(b.id, "tree", 120)
        const { globalFiles, globalDirectories, globalSymlinks, globalBytes } = yield* a.status("tree")
        yield* b.untilInSync("tree", { globalFiles, globalDirectories, globalSymlinks, globalBytes })
        expect(yield* b.folderErrors("tree")).toEqual([])
        yield* Tree.assertSame(Tree.read(source), Tree.read(sink))
        expect(globalFiles).toBeGreaterThan(300)
      }).pipe(Effect.scoped))
  }
})
