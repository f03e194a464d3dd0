/**
 * A store in a directory. An object is written to a temporary file, made durable, and then linked to its name: the hard
 * link is what creates only if absent, so a file system without hard links is refused, never worked around.
 * Nobody may rename, truncate or write to a file in the directory; `tmp/` is not part of the namespace.
 */
import { Array as Arr, Effect, Layer, Option, Stream } from "effect"
import * as Path from "node:path"
import * as DirectoryListing from "../domain/DirectoryListing.ts"
import * as ObjectName from "../domain/ObjectName.ts"
import * as StorePath from "../domain/store/StorePath.ts"
import { Disk, type Errno, errno, isAbsence, isBadRead } from "../services/Disk.ts"
import {
  type ObjectEntry,
  ObjectNotFound,
  ObjectStore,
  ObjectUnreadable,
  type PutOutcome,
  type StoreError,
  StoreUnavailable
} from "../services/ObjectStore.ts"
import * as StoreDirectory from "../services/StoreDirectory.ts"

/** Entries that one step of a listing yields. */
const pageSize = 1000

/** The store in the directory, which the first put creates. Call once, where the program is wired. */
export const layer = (path: string): Layer.Layer<ObjectStore, StoreError, Disk> => Layer.effect(ObjectStore, open(path))

const open = Effect.fnUntraced(function*(path: string) {
  const disk = yield* Disk
  const root = Path.resolve(path)
  const directory = yield* StoreDirectory.make(root, process.pid)
  const { pathOf } = directory
  if (yield* directory.present("open", "")) yield* directory.cleanTemporary
  const failureOf = (operation: string, key: string, error: Errno) =>
    StoreDirectory.failureOf(operation, key, root, error)

  const put = Effect.fnUntraced(function*(key: string, body: ReadonlyArray<Uint8Array>) {
    yield* checkKey(key)
    yield* directory.ensureHome("put", key)
    const path = pathOf(key)
    const parent = StorePath.parentOf(path)
    const existing = yield* Effect.option(disk.lstat(path))
    if (Option.isSome(existing)) {
      if (existing.value.kind === "directory") return yield* failureOf("put", key, errno("EISDIR"))
      return yield* settled(key, parent, "Exists")
    }
    return yield* directory.withTemporary("put", key, (file, temporary) =>
      file.write(body).pipe(
        Effect.andThen(file.sync),
        Effect.andThen(directory.ensure(parent)),
        Effect.andThen(linkTo(temporary, path)),
        Effect.catch((error) => vanished(error, "put", key)),
        Effect.flatMap((outcome) => settled(key, parent, outcome)),
        Effect.tap((outcome) => outcome === "Created" ? directory.created(key, body) : Effect.void)
      ))
  }, Effect.uninterruptible)

  const linkTo = (temporary: string, path: string): Effect.Effect<PutOutcome, Errno> =>
    disk.link(temporary, path).pipe(
      Effect.as<PutOutcome>("Created"),
      Effect.catchIf((error) => error.code === "EEXIST", () => Effect.succeed<PutOutcome>("Exists"))
    )

  /** An outcome is given only once the name is durable; before that every failure leaves it unknown. */
  const settled = (key: string, parent: string, outcome: PutOutcome): Effect.Effect<PutOutcome, StoreError> =>
    disk.syncDirectory(parent).pipe(
      Effect.mapError((error) => new StoreUnavailable({ operation: "put", key, reason: `fsync: ${error.code}` })),
      Effect.as(outcome)
    )

  /** What is missing under a directory that is itself gone is not missing: the store is away. */
  const vanished = (error: Errno, operation: string, key: string): Effect.Effect<never, StoreError> =>
    error.code !== "ENOENT"
      ? Effect.fail(failureOf(operation, key, error))
      : Effect.andThen(
        directory.present(operation, key),
        Effect.suspend(() => {
          // The next attempt makes it again.
          directory.forget()
          return Effect.fail(new StoreUnavailable({ operation, key, reason: "a directory vanished" }))
        })
      )

  const get: ObjectStore["Service"]["get"] = Effect.fnUntraced(function*(key, range, into) {
    yield* checkKey(key)
    const bytes = yield* disk.read(pathOf(key), range, into).pipe(
      Effect.catchIf(
        isBadRead,
        (error) => Effect.andThen(directory.works("get", key, error), disk.read(pathOf(key), range))
      ),
      Effect.catch((error) => {
        if (error._tag !== "Errno") return Effect.fail(error)
        if (isAbsence(error)) return Effect.void
        return Effect.fail(
          isBadRead(error)
            ? new ObjectUnreadable({ key, location: root, reason: error.code })
            : failureOf("get", key, error)
        )
      })
    )
    if (bytes !== undefined) {
      if (range === undefined) yield* directory.read(key, bytes)
      return bytes
    }
    yield* directory.present("get", key)
    return yield* new ObjectNotFound({ key })
  })

  const list = (prefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> => {
    const enter = (key: string, below: Cursor | undefined): Effect.Effect<Cursor, StoreError> =>
      disk.list(pathOf(key)).pipe(
        // Only where the listing begins may a directory be missing; one that was seen above cannot vanish by our doing.
        Effect.catch((error) =>
          below === undefined && isAbsence(error) ? Effect.succeed([]) : vanished(error, "list", prefix)
        ),
        Effect.map((found) => ({ nodes: DirectoryListing.nodes(key, found, prefix, startAfter), at: 0, below }))
      )

    /** None if it was deleted meanwhile. */
    const sizeOf = (key: string): Effect.Effect<Option.Option<ObjectEntry>, StoreError> =>
      disk.lstat(pathOf(key)).pipe(
        Effect.map((stats) => Option.some({ key, size: stats.size })),
        Effect.catchIf(isAbsence, () => Effect.succeedNone),
        Effect.mapError((error) => failureOf("list", prefix, error))
      )

    const page = Effect.fnUntraced(function*(from: Cursor) {
      const files: Array<string> = []
      let cursor: Cursor | undefined = from
      while (cursor !== undefined && files.length < pageSize) {
        const node: DirectoryListing.Node | undefined = cursor.nodes[cursor.at]
        if (node === undefined) {
          cursor = cursor.below
          continue
        }
        const next: Cursor = { ...cursor, at: cursor.at + 1 }
        if (!node.directory) files.push(node.key)
        cursor = node.directory ? yield* enter(node.key, next) : next
      }
      const entries = yield* Effect.forEach(files, sizeOf, { concurrency: 16 })
      // If the directory is away by now, what was read of it may be a part: a listing is whole or it fails.
      yield* directory.present("list", prefix)
      return [Arr.getSomes(entries), Option.fromUndefinedOr(cursor)] as const
    })

    const top = DirectoryListing.directoryOf(prefix)
    return Stream.unwrap(
      (top === "" ? Effect.void : checkKey(top.slice(0, -1))).pipe(
        Effect.andThen(enter(top, undefined)),
        Effect.map((cursor) => Stream.paginate(cursor, page))
      )
    )
  }

  const remove = Effect.fnUntraced(function*(keys: ReadonlyArray<string>) {
    const parents = new Set<string>()
    for (const key of keys) {
      yield* checkKey(key)
      const path = pathOf(key)
      yield* disk.unlink(path).pipe(
        Effect.andThen(Effect.sync(() => {
          parents.add(StorePath.parentOf(path))
        })),
        Effect.catch((error) =>
          isAbsence(error) || error.code === "EISDIR"
            ? directory.present("remove", key)
            : Effect.fail(failureOf("remove", key, error))
        )
      )
    }
    for (const parent of parents) {
      yield* Effect.mapError(disk.syncDirectory(parent), (error) => failureOf("remove", keys[0] ?? "", error))
    }
  })

  const now = Effect.andThen(directory.ensureHome("now", ""), Effect.suspend(() => directory.now))

  return ObjectStore.of({ location: root, readAhead: 256 * 1024, put, get, list, remove, now })
})

/** The place in a listing: what is left of a directory, and of those it lies in. */
interface Cursor {
  readonly nodes: ReadonlyArray<DirectoryListing.Node>
  readonly at: number
  readonly below: Cursor | undefined
}

const checkKey = (key: string): Effect.Effect<void> => {
  const problem = ObjectName.problem(key)
  return problem === undefined ? Effect.void : Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
}
