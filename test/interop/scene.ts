/**
 * What most interop tests begin with: a Syncthing A with a folder, shared with bepository, all of it stored; and later a
 * Syncthing B that never met A and shares an empty folder with bepository.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bepository from "../harness/Bepository.ts"
import * as Ports from "../harness/Ports.ts"
import * as Process from "../harness/Process.ts"
import * as Syncthing from "../harness/Syncthing.ts"
import * as Tree from "../harness/Tree.ts"

export const folder = "tree"

/** Time for the whole tree, 270 MB sparse file included, on two busy cores. */
export const longEnough = 150

export interface Stage {
  readonly directory: string
  readonly place: Bepository.Place
  /** The same port through restarts: peers dial it. */
  readonly port: number
}

export const stage = Effect.fnUntraced(function*(name: string, remote?: Bepository.Remote) {
  const directory = yield* Process.tempDirectory(name)
  const port = yield* Ports.free
  return { directory, place: Bepository.place(directory, "bepository", remote), port } satisfies Stage
})

/** A Syncthing of this stage, with a directory of the same name for the folder. */
export const syncthing = Effect.fnUntraced(function*(stage: Stage, name: string, version: Syncthing.Version) {
  const tree = Path.join(stage.directory, name)
  Fs.mkdirSync(tree, { recursive: true })
  const driver = yield* Syncthing.start({ version, name, home: Path.join(stage.directory, `home-${name}`) })
  return { ...driver, tree }
})

export type Actor = Effect.Success<ReturnType<typeof syncthing>>

export const serve = (stage: Stage, masters: ReadonlyArray<Syncthing.Syncthing>) =>
  Bepository.serve({
    place: stage.place,
    port: stage.port,
    masters: masters.map((master) => master.id),
    ...(masters[0] === undefined ? {} : { masterAddress: masters[0].address })
  })

/** Shares the actor's directory with bepository; the scan of it is over when this returns. */
export const share = Effect.fnUntraced(function*(actor: Actor, bepository: Syncthing.Peer, id = folder) {
  yield* actor.pair(bepository)
  yield* actor.share({ id, path: actor.tree, devices: [bepository.id] })
  yield* actor.rescan(id)
  yield* actor.untilConnected(bepository.id, 30)
})

/** A's folder as it is now is in the repository, and A knows it. */
export const stored = (actor: Actor, bepository: Syncthing.Peer, seconds = longEnough, id = folder) =>
  Effect.andThen(actor.rescan(id), actor.untilComplete(bepository.id, id, seconds))

/** The actor's folder has become `like`: counts first, then every entry. Fails with the differences otherwise. */
export const becomes = Effect.fnUntraced(
  function*(actor: Actor, like: ReadonlyMap<string, Tree.Entry>, seconds = longEnough, id = folder) {
    const entries = [...like.values()]
    const count = (kind: Tree.Entry["kind"]) => entries.filter((entry) => entry.kind === kind).length
    yield* actor.untilInSync(id, {
      globalFiles: count("file"),
      globalDirectories: count("directory"),
      globalSymlinks: count("symlink")
    }, seconds).pipe(
      Effect.mapError((error) => {
        const lines = Tree.differences(like, Tree.read(actor.tree)).slice(0, 10)
        return new Process.HarnessError({ message: [error.message, ...lines].join("\n") })
      })
    )
    const errors = yield* actor.folderErrors(id)
    if (errors.length > 0) {
      return yield* new Process.HarnessError({ message: `${actor.name} has errors: ${JSON.stringify(errors)}` })
    }
    yield* Tree.assertSame(like, Tree.read(actor.tree))
  }
)

/** Each of these names is, at `follower`, in exactly the version that `leader` has: text for text. */
export const sameVersions = Effect.fnUntraced(
  function*(leader: Actor, follower: Actor, names: ReadonlyArray<string>, seconds = 60, id = folder) {
    for (const name of names) {
      const wanted = yield* leader.entry(id, name)
      if (wanted === undefined) return yield* new Process.HarnessError({ message: `${leader.name} has no ${name}` })
      yield* follower.until(
        `${JSON.stringify(name)} is not in the version ${wanted.local.version.join(",")}`,
        Effect.map(
          follower.entry(id, name),
          (entry) =>
            entry !== undefined && entry.local.version.join() === wanted.local.version.join() &&
              entry.local.deleted === wanted.local.deleted
              ? true
              : undefined
        ),
        seconds
      )
    }
  }
)
