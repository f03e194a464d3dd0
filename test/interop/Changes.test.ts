/**
 * Every kind of change a person makes, made at A (or at B) while bepository stands between the two: the other side gets it in
 * exactly the version that was made, and no block travels or is stored that was there before.
 */
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import * as Process from "../harness/Process.ts"
import { suite } from "../harness/Suite.ts"
import type * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"
import {
  type Actor,
  becomes,
  folder,
  sameVersions,
  serve,
  share,
  type Stage,
  stage,
  stored,
  syncthing
} from "./scene.ts"

class Scene extends Context.Service<Scene, {
  readonly stage: Stage
  readonly a: Actor
  readonly b: Actor
  readonly bepository: Bepository.Bepository
}>()("bepository/test/interop/Changes/Scene") {}

const big = 5_000_000

const seed = (root: string) => {
  Tree.write(root, "big.bin", Tree.bytes(big, 1))
  Tree.write(root, "grows.bin", Tree.bytes(1_000_000, 2))
  Tree.write(root, "shrinks.bin", Tree.bytes(3_000_000, 3))
  Tree.write(root, "moves.bin", Tree.bytes(2_000_000, 4))
  Tree.write(root, "mode.sh", "#!/bin/sh\n")
  Tree.write(root, "touched.txt", "touched\n")
  Tree.write(root, "file to directory", "file\n")
  Tree.write(root, "directory to file/inside.txt", "inside\n")
  Tree.write(root, "file to link", "file\n")
  Tree.write(root, "case.txt", "case\n")
  Tree.write(root, "ignored/one.txt", "one\n")
  Tree.write(root, "edited by b.txt", "first\n")
  Tree.write(root, "both.txt", "common\n")
  for (let i = 0; i < 40; i++) {
    Tree.write(root, `tree/${i % 4}/${i}.bin`, Tree.bytes(10_000 + i * 5000, 100 + i))
    Tree.write(root, `doomed/${i % 4}/${i}.txt`, `${i}\n`)
  }
}

const build = (versions: readonly [Syncthing.Version, Syncthing.Version]) =>
  Layer.effect(
    Scene,
    Effect.gen(function*() {
      const here = yield* stage("changes")
      return yield* Process.keepingLogs(here.directory)(Effect.gen(function*() {
        const a = yield* syncthing(here, "A", versions[0])
        const b = yield* syncthing(here, "B", versions[1])
        seed(a.tree)
        const bepository = yield* serve(here, [a, b])
        yield* share(a, bepository)
        yield* share(b, bepository)
        yield* stored(a, bepository)
        yield* becomes(b, Tree.read(a.tree))
        return { stage: here, a, b, bepository }
      }))
    })
  )

const packed = ({ stage }: Scene["Service"]) => Bepository.objects(stage.place).pack?.bytes ?? 0

/** A changes, bepository stores it, B ends up with A's tree; `names` in the very versions A made. Answers the pack bytes added. */
const mirrored = Effect.fnUntraced(function*(scene: Scene["Service"], names: ReadonlyArray<string>) {
  const before = packed(scene)
  yield* stored(scene.a, scene.bepository)
  yield* sameVersions(scene.a, scene.b, names)
  yield* becomes(scene.b, Tree.read(scene.a.tree))
  return packed(scene) - before
})

interface Change {
  readonly title: string
  readonly names: ReadonlyArray<string>
  readonly make: (root: string) => void
  /** Upper bound of new bytes in packs; trailers and frames count. */
  readonly bytes: number
}

const overhead = 4096
const oneBlock = 131_072 + overhead

const within = (root: string, name: string, at: number, data: Uint8Array) => {
  const file = Fs.openSync(Path.join(root, name), "r+")
  Fs.writeSync(file, data, 0, data.length, at)
  Fs.closeSync(file)
}

const changes: ReadonlyArray<Change> = [
  {
    title: "chmod only",
    names: ["mode.sh"],
    make: (root) => Fs.chmodSync(Path.join(root, "mode.sh"), 0o755),
    bytes: 0
  },
  {
    title: "touch only",
    names: ["touched.txt"],
    make: (root) => Fs.utimesSync(Path.join(root, "touched.txt"), 1_600_000_000, 1_600_000_000),
    bytes: 0
  },
  {
    title: "edit in the middle",
    names: ["big.bin"],
    make: (root) => within(root, "big.bin", 2_500_000, Tree.bytes(64, 9)),
    bytes: oneBlock
  },
  {
    title: "truncate",
    names: ["shrinks.bin"],
    make: (root) => Fs.truncateSync(Path.join(root, "shrinks.bin"), 1_000_001),
    bytes: oneBlock
  },
  {
    title: "append",
    names: ["grows.bin"],
    make: (root) => Fs.appendFileSync(Path.join(root, "grows.bin"), Tree.bytes(100_000, 10)),
    bytes: 2 * oneBlock
  },
  {
    title: "rename of a file",
    names: ["moves.bin", "moved/there.bin"],
    make: (root) => {
      Fs.mkdirSync(Path.join(root, "moved"))
      Fs.renameSync(Path.join(root, "moves.bin"), Path.join(root, "moved/there.bin"))
    },
    bytes: 0
  },
  {
    title: "rename of a tree",
    names: ["tree", "renamed/3/39.bin"],
    make: (root) => Fs.renameSync(Path.join(root, "tree"), Path.join(root, "renamed")),
    bytes: 0
  },
  {
    title: "copy of a tree",
    names: ["copied/3/39.bin"],
    make: (root) =>
      Fs.cpSync(Path.join(root, "renamed"), Path.join(root, "copied"), { recursive: true, preserveTimestamps: true }),
    bytes: 0
  },
  {
    title: "rename that changes only the case",
    names: ["case.txt", "CASE.txt"],
    make: (root) => Fs.renameSync(Path.join(root, "case.txt"), Path.join(root, "CASE.txt")),
    bytes: 0
  },
  {
    title: "file becomes a directory",
    names: ["file to directory", "file to directory/now inside.txt"],
    make: (root) => {
      Fs.rmSync(Path.join(root, "file to directory"))
      Tree.write(root, "file to directory/now inside.txt", "inside\n")
    },
    bytes: oneBlock
  },
  {
    title: "directory becomes a file",
    names: ["directory to file", "directory to file/inside.txt"],
    make: (root) => {
      Fs.rmSync(Path.join(root, "directory to file"), { recursive: true })
      Tree.write(root, "directory to file", "a file now\n")
    },
    bytes: oneBlock
  },
  {
    title: "file becomes a link",
    names: ["file to link"],
    make: (root) => {
      Fs.rmSync(Path.join(root, "file to link"))
      Fs.symlinkSync("big.bin", Path.join(root, "file to link"))
    },
    bytes: 0
  },
  {
    title: "delete of a tree",
    names: ["doomed", "doomed/0/0.txt"],
    make: (root) => Fs.rmSync(Path.join(root, "doomed"), { recursive: true }),
    bytes: 0
  },
  {
    title: "a file becomes empty",
    names: ["touched.txt"],
    make: (root) => Fs.truncateSync(Path.join(root, "touched.txt"), 0),
    bytes: 0
  }
]

/** Looks at trees that a Syncthing may be changing: what vanishes meanwhile is looked at again later. */
const glance = (seen: () => boolean): true | undefined => {
  try {
    return seen() ? true : undefined
  } catch {
    return undefined
  }
}

type Step = (scene: Scene["Service"]) => Effect.Effect<void, Process.HarnessError, Scope.Scope>

/** What takes more than one change at A. */
const stories: ReadonlyArray<readonly [title: string, step: Step]> = [
  ["an edit at B comes to A", (scene) =>
    Effect.gen(function*() {
      Tree.write(scene.b.tree, "edited by b.txt", "second\n")
      yield* stored(scene.b, scene.bepository)
      yield* sameVersions(scene.b, scene.a, ["edited by b.txt"])
      yield* becomes(scene.a, Tree.read(scene.b.tree))
    })],
  ["what A ignores stays as it was, and comes back when un-ignored", (scene) =>
    Effect.gen(function*() {
      const before = Tree.read(scene.b.tree)
      yield* scene.a.ignore(folder, ["ignored"])
      yield* stored(scene.a, scene.bepository)
      Tree.write(scene.a.tree, "ignored/one.txt", "changed while ignored\n")
      Tree.write(scene.a.tree, "marker.txt", "after the ignored\n")
      yield* stored(scene.a, scene.bepository)
      yield* sameVersions(scene.a, scene.b, ["marker.txt"])
      expect(Tree.read(scene.b.tree).get("ignored/one.txt")).toEqual(before.get("ignored/one.txt"))
      yield* scene.a.ignore(folder, [])
      yield* stored(scene.a, scene.bepository)
      yield* sameVersions(scene.a, scene.b, ["ignored/one.txt"])
      yield* becomes(scene.b, Tree.read(scene.a.tree))
      expect(Fs.readFileSync(Path.join(scene.b.tree, "ignored/one.txt"), "utf8")).toBe("changed while ignored\n")
    })],
  ["a paused folder catches up", (scene) =>
    Effect.gen(function*() {
      yield* scene.a.patchFolder(folder, { paused: true })
      Tree.write(scene.a.tree, "while the folder was paused.txt", "1\n")
      yield* scene.a.patchFolder(folder, { paused: false })
      yield* mirrored(scene, ["while the folder was paused.txt"])
    })],
  ["a paused device catches up", (scene) =>
    Effect.gen(function*() {
      yield* scene.a.patchDevice(scene.bepository.id, { paused: true })
      Tree.write(scene.a.tree, "while the device was paused.txt", "2\n")
      yield* scene.a.rescan(folder)
      yield* scene.a.patchDevice(scene.bepository.id, { paused: false })
      yield* scene.a.untilConnected(scene.bepository.id)
      yield* mirrored(scene, ["while the device was paused.txt"])
    })],
  ["a second folder is added, kept when A removes it, and given to B", (scene) =>
    Effect.gen(function*() {
      const [from, to] = ["second-a", "second-b"].map((name) => Path.join(scene.stage.directory, name)) as [
        string,
        string
      ]
      Tree.write(from, "in the second.txt", "second folder\n")
      Fs.mkdirSync(to)
      yield* scene.a.share({ id: "second", label: "Second / folder", path: from, devices: [scene.bepository.id] })
      yield* scene.a.rescan("second")
      yield* scene.a.untilComplete(scene.bepository.id, "second")
      const tree = Tree.read(from)
      yield* scene.a.removeFolder("second")
      yield* mirrored(scene, [])
      yield* scene.b.share({ id: "second", path: to, devices: [scene.bepository.id] })
      yield* becomes({ ...scene.b, tree: to }, tree, 60, "second")
    })],
  ["two edits that knew nothing of each other: both survive everywhere", (scene) =>
    Effect.gen(function*() {
      yield* scene.b.patchDevice(scene.bepository.id, { paused: true })
      Tree.write(scene.a.tree, "both.txt", "written at A\n")
      Tree.write(scene.b.tree, "both.txt", "written at B\n")
      yield* stored(scene.a, scene.bepository)
      yield* scene.b.rescan(folder)
      yield* scene.b.patchDevice(scene.bepository.id, { paused: false })
      yield* scene.b.untilConnected(scene.bepository.id)
      const edits = (root: string) =>
        [...Tree.read(root).keys()].filter((name) => name.startsWith("both"))
          .map((name) => [name, Fs.readFileSync(Path.join(root, name), "utf8")] as const)
      const texts = (root: string) => new Set(edits(root).map(([, text]) => text))
      for (const actor of [scene.a, scene.b]) {
        yield* actor.until(
          "does not have both edits",
          Effect.map(actor.rescan(folder), () =>
            glance(() => texts(actor.tree).has("written at A\n") && texts(actor.tree).has("written at B\n"))),
          60
        ).pipe(
          Effect.mapError((error) =>
            new Process.HarnessError({
              message: `${error.message}: A ${JSON.stringify(edits(scene.a.tree))}, B ${
                JSON.stringify(edits(scene.b.tree))
              }`
            })
          )
        )
      }
      // Each holder of the losing text may make a copy of its own; in the end all have the same ones.
      yield* scene.b.until(
        "the two trees do not become the same",
        Effect.map(
          Effect.all([scene.a.rescan(folder), scene.b.rescan(folder)]),
          () =>
            glance(() => Tree.differences(Tree.read(scene.a.tree), Tree.read(scene.b.tree)).length === 0)
        ),
        90
      )
      yield* scene.a.untilComplete(scene.bepository.id, folder)
      yield* scene.b.untilComplete(scene.bepository.id, folder)
    })]
]

const inScene = (step: Step) =>
  Effect.flatMap(Scene, (scene) => Process.keepingLogs(scene.stage.directory)(step(scene)))

suite("Changes", ["syncthing", "syncthing-1.29"], () => {
  for (const versions of [["1.19", "1.29"], ["1.29", "1.19"]] as const) {
    it.layer(build(versions), { timeout: 120_000, excludeTestServices: true })(
      `A ${versions[0]}, B ${versions[1]}`,
      (it) => {
        for (const change of changes) {
          it.effect(change.title, () =>
            inScene((scene) =>
              Effect.gen(function*() {
                change.make(scene.a.tree)
                expect(yield* mirrored(scene, change.names)).toBeLessThanOrEqual(change.bytes)
              })
            ))
        }
        for (const [title, step] of stories) {
          it.effect(title, () => inScene(step))
        }
      }
    )
  }
})
