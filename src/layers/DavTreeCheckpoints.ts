/** The WebDAV tree out of the repository's checkpoints. The log is read again after a few seconds, not at each request. */
import { Effect, Layer, Option } from "effect"
import * as Mime from "effect/http/Mime"
import * as ContentType from "../domain/dav/ContentType.ts"
import * as DavPath from "../domain/dav/DavPath.ts"
import * as HttpDate from "../domain/dav/HttpDate.ts"
import * as Resource from "../domain/dav/Resource.ts"
import type { FileInfo } from "../domain/FileInfo.ts"
import { baseOf } from "../domain/repository/Order.ts"
import type { Checkpoint } from "../domain/repository/State.ts"
import { type Child, DavTree, type Place } from "../services/DavTree.ts"
import { Repository } from "../services/Repository.ts"
import { type SnapshotEntry, SnapshotReader } from "../services/SnapshotReader.ts"

/** For so long a new checkpoint may stay unseen. */
const stale = "2 seconds"

type Folders = ReadonlyMap<string, DavPath.Folder>

export const layer: Layer.Layer<DavTree, never, Repository | SnapshotReader> = Layer.effect(
  DavTree,
  Effect.gen(function*() {
    const repository = yield* Repository
    const snapshots = yield* SnapshotReader

    const folders = yield* repository.refresh.pipe(
      // What was read before can be shown while the store is away.
      Effect.catchTag("StoreUnavailable", () => repository.head),
      Effect.map((state) => DavPath.folderNames(DavPath.folders(state.folders.values(), state.checkpoints))),
      Effect.cachedWithTTL(stale)
    )

    const listed = (checkpoint: Checkpoint, segments: ReadonlyArray<string>, directory: string) =>
      Effect.map(snapshots.list(checkpoint, directory), (entries) => entries.map((entry) => childOf(segments, entry)))

    const below = Effect.fnUntraced(function*(
      checkpoint: Checkpoint,
      segments: ReadonlyArray<string>,
      path: string
    ) {
      const entry = yield* snapshots.stat(checkpoint, path).pipe(
        Effect.catchTag("PathNotFound", () => Effect.undefined)
      )
      if (entry === undefined) {
        // A directory that nobody announced, but something in it was.
        const children = yield* listed(checkpoint, segments, path)
        return children.length === 0
          ? undefined
          : directory(Resource.virtual(segments, undefined), emptyPage, Effect.succeed(children))
      }
      const resource = Resource.fromInfo(segments, entry.info, contentType)
      if (resource === undefined) return undefined
      return resource.directory
        ? directory(resource, emptyPage, listed(checkpoint, segments, path))
        : { resource, entry, checkpoint: checkpoint.id, page: emptyPage, children: Effect.succeed([]) }
    }, Effect.catchTag("PathNotFound", () => Effect.undefined))

    const find = Effect.fn("DavTree.find")(function*(segments: ReadonlyArray<string>) {
      const all = yield* folders
      const [folderName, moment, ...path] = segments
      if (folderName === undefined) return rootOf(all)
      const folder = all.get(folderName)
      if (folder === undefined) return undefined
      if (moment === undefined) return folderOf(segments, folder)
      const checkpoint = DavPath.findMoment(folder.checkpoints, moment)
      if (checkpoint === undefined) return undefined
      if (path.length > 0) return yield* below(checkpoint, segments, path.join("/"))
      return directory(
        Resource.virtual(segments, checkpoint.time),
        { ...emptyPage, lead: `The folder as it was on ${HttpDate.formatReadable(checkpoint.time)}.` },
        listed(checkpoint, segments, "")
      )
    })

    return DavTree.of({ find })
  })
)

const emptyPage: Place["page"] = { order: "by-name", lead: undefined, empty: "This folder is empty." }

const directory = (resource: Resource.Resource, page: Place["page"], children: Place["children"]): Place => ({
  resource,
  entry: undefined,
  page,
  children
})

const newestTime = (folder: DavPath.Folder): number | undefined => folder.checkpoints.at(-1)?.time

const rootOf = (folders: Folders): Place => {
  const times = Array.from(folders.values(), (folder) => newestTime(folder) ?? 0)
  const children = Array.from(folders, ([name, folder]): Child => {
    const count = folder.checkpoints.length
    return {
      name,
      resource: Resource.virtual([name], newestTime(folder)),
      modified: newestTime(folder),
      note: count === 0 ? "no checkpoints yet" : count === 1 ? "1 checkpoint" : `${count} checkpoints`
    }
  })
  return directory(
    Resource.virtual([], Math.max(0, ...times) || undefined),
    {
      order: "by-name",
      lead: undefined,
      empty: "There are no folders yet: share one with this device in Syncthing."
    },
    Effect.succeed(children)
  )
}

const folderOf = (segments: ReadonlyArray<string>, folder: DavPath.Folder): Place => {
  const newest = folder.checkpoints.at(-1)
  const moments = Array.from(DavPath.momentNames(folder.checkpoints)).toReversed()
  const children = moments.map(([name, checkpoint]): Child => ({
    name,
    resource: Resource.virtual([...segments, name], checkpoint.time),
    modified: checkpoint.time,
    note: checkpoint.reason === "manual" ? "made by hand" : undefined
  }))
  if (newest !== undefined) {
    children.unshift({
      name: DavPath.latest,
      resource: Resource.virtual([...segments, DavPath.latest], newest.time),
      modified: newest.time,
      note: "always the newest"
    })
  }
  return directory(
    Resource.virtual(segments, newestTime(folder)),
    {
      order: "given",
      lead: `Folder ${folder.id}. Each entry is the whole folder as it was at that moment.`,
      empty: "There are no checkpoints of this folder yet."
    },
    Effect.succeed(children)
  )
}

const childOf = (segments: ReadonlyArray<string>, { info, record }: SnapshotEntry): Child => {
  const name = baseOf(record.name)
  return {
    name,
    resource: Resource.fromInfo([...segments, name], info, contentType),
    modified: Resource.modified(info),
    note: info.type === "symlink" ? targetOf(info) : undefined
  }
}

const targetOf = (info: FileInfo): string => Buffer.from(info.symlinkTarget).toString("utf8")

const contentType = (name: string): string => ContentType.of(name, (name) => Option.getOrUndefined(Mime.getType(name)))
