/** The main job: A's folder flows into a repository, A goes away for good, B never met A and gets all of it, and back in time. */
import { expect } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import * as Programs from "../harness/Programs.ts"
import type * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import { becomes, folder, longEnough, serve, share, stage, stored, syncthing } from "./scene.ts"

const lost = "nested/letter, lost.txt"
export const letter = "Dear all,\nthis was deleted by mistake.\n"

/** Two lives of one repository: A's, ended with its scope, then B's. In a directory, unless `remote` says where. */
export const play = Effect.fnUntraced(function*(
  from: Syncthing.Version,
  to: Syncthing.Version,
  remote?: Bepository.Remote
) {
  const scene = yield* stage("main-job", remote)
  const first = yield* Effect.gen(function*() {
    const a = yield* syncthing(scene, "A", from)
    yield* Tree.make(a.tree)
    Tree.write(a.tree, lost, letter)
    const bepository = yield* serve(scene, [a])
    yield* share(a, bepository)
    const complete = yield* stored(a, bepository)
    expect(complete).toMatchObject({ completion: 100, needItems: 0, needDeletes: 0, needBytes: 0 })
    // `serve` may have made one of this very state already; then `now` makes no second.
    yield* Bepository.json(scene.place, ["checkpoint", "now", folder])
    const { checkpoints } = yield* Bepository.json<{ readonly checkpoints: ReadonlyArray<{ readonly path: string }> }>(
      scene.place,
      ["checkpoint", "list"]
    )
    expect(checkpoints.length).toBeGreaterThan(0)
    Fs.rmSync(Path.join(a.tree, lost))
    expect(yield* stored(a, bepository)).toMatchObject({ completion: 100, needItems: 0, needDeletes: 0 })
    expect(yield* bepository.process.stop("SIGTERM")).toEqual({ code: 0, signal: null })
    return {
      id: bepository.id,
      tree: Tree.read(a.tree),
      checkpoint: checkpoints.at(-1)!.path,
      directory: a.tree,
      home: a.home
    }
  }).pipe(Effect.scoped)
  for (const gone of [first.directory, first.home, scene.place.cache]) Fs.rmSync(gone, { recursive: true })

  const b = yield* syncthing(scene, "B", to)
  const bepository = yield* serve(scene, [b])
  expect(bepository.id).toBe(first.id)
  yield* share(b, bepository)
  yield* becomes(b, first.tree)
  expect(yield* b.untilComplete(bepository.id, folder, longEnough)).toMatchObject({
    completion: 100,
    needItems: 0,
    needDeletes: 0
  })
  expect([...Tree.read(b.tree).keys()].filter((name) => name.includes("sync-conflict"))).toEqual([])

  const dav = yield* Bepository.dav(scene.place)
  const url = new URL(first.checkpoint + lost.split("/").map(encodeURIComponent).join("/"), dav.url).href
  const fetched = yield* Process.run(Programs.path("curl"), ["-sS", "--fail", "-u", `any:${dav.password}`, url])
  expect(fetched).toMatchObject({ code: 0, stdout: letter })
  const refused = yield* Process.run(Programs.path("curl"), [
    "-sS",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code}",
    "-u",
    "any:wrong",
    url
  ])
  expect(refused.stdout).toBe("401")
  expect(yield* dav.process.stop("SIGTERM")).toEqual({ code: 0, signal: null })
  return scene.place
})
