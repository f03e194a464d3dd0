/** A folder is removed and taken up again while a real Syncthing shares it and `serve` runs. */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { expect } from "vitest"
import * as Bepository from "../harness/Bepository.ts"
import { suite } from "../harness/Suite.ts"
import * as Tree from "../harness/Tree.ts"
import { becomes, serve, share, stage, stored, syncthing } from "./scene.ts"

suite("RemoveFolder", ["syncthing"], () => {
  it.live("a folder goes while it is shared, others go on, and it comes back whole", () =>
    Effect.gen(function*() {
      const scene = yield* stage("remove-folder")
      const command = (...args: ReadonlyArray<string>) =>
        Effect.map(Bepository.json(scene.place, args), (value) => value as Record<string, unknown>)
      const ids = (folders: unknown) => (folders as ReadonlyArray<{ readonly id: string }>).map(({ id }) => id)
      const a = yield* syncthing(scene, "a", "1.19")
      const other = Path.join(scene.directory, "other")
      Tree.write(a.tree, "dir/photo.jpg", "a photo\n")
      Tree.write(a.tree, "second.txt", "a text\n")
      Tree.write(other, "note.txt", "a note\n")
      const bepository = yield* serve(scene, [a])
      yield* share(a, bepository, "photos")
      yield* a.share({ id: "other", path: other, devices: [bepository.id] })
      yield* stored(a, bepository, 60, "photos")
      yield* a.rescan("other")
      yield* a.untilComplete(bepository.id, "other")

      const gone = yield* command("remove-folder", "photos", "--yes")
      expect(gone).toMatchObject({ removed: true, folder: "photos", files: 2 })
      // The daemon learns of it with its next commit, here one that holds a change of the folder too.
      Tree.write(a.tree, "late.txt", "too late\n")
      yield* a.rescan("photos")
      Tree.write(other, "more.txt", "more\n")
      yield* a.rescan("other")
      yield* a.untilComplete(bepository.id, "other")
      const listed = yield* command("list-folders")
      expect(ids(listed.folders)).toEqual(["other"])
      expect(ids(listed.removed)).toEqual(["photos"])

      yield* command("add-folder", "photos")
      Tree.write(other, "last.txt", "last\n")
      yield* a.rescan("other")
      yield* a.untilComplete(bepository.id, "other")
      yield* a.rescan("photos")
      yield* a.untilComplete(bepository.id, "photos", 60)
      yield* a.process.stop()

      const b = yield* syncthing(scene, "b", "1.19")
      yield* bepository.process.stop()
      const again = yield* serve(scene, [b])
      Fs.mkdirSync(b.tree, { recursive: true })
      yield* b.pair(again)
      yield* b.share({ id: "photos", path: b.tree, devices: [again.id] })
      yield* becomes(b, Tree.read(a.tree), 60, "photos")
    }).pipe(Effect.scoped), 240_000)
})
