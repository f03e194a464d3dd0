/**
 * A store in a directory. An object is written to a temporary file, made durable, and then linked to its name: the hard
 * link is what creates only if absent, so a file system without hard links is refused, never worked around.
 * Nobody may rename, truncate or write to a file in the directory; `tmp/` is not part of the namespace.
 */
import { Array as Arr, Effect, Layer, Option, Random, Result, Stream } from "effect"
import * as CallbackFs from "node:fs"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as DirectoryListing from "../domain/DirectoryListing.ts"
import * as ObjectName from "../domain/ObjectName.ts"
import * as Parts from "../domain/Parts.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as FileFailure from "../domain/store/FileFailure.ts"
import * as Landmarks from "../domain/store/Landmarks.ts"
import {
  type ObjectEntry,
  ObjectNotFound,
  ObjectStore,
  ObjectUnreadable,
  type PutOutcome,
  type StoreError,
  StoreFull,
  StoreRefused,
  StoreUnavailable
} from "../services/ObjectStore.ts"

/** Entries that one step of a listing yields. */
const pageSize = 1000
/** Bytes of one write. Of large ones Linux makes large pages, which cost a virtual machine ten times the CPU of small ones. */
const writeAtOnce = 256 * 1024
/** Process, seed and number of a temporary file; what else lies in `tmp/` has another owner. */
const temporaryName = /^\d+-[0-9a-z]+-\d+$/
/** Milliseconds after which a temporary file is nobody's. */
const abandonedAfter = 24 * 60 * 60 * 1000

/** The store in the directory, which the first put creates. Call once, where the program is wired. */
export const layer = (path: string): Layer.Layer<ObjectStore, StoreError> => Layer.effect(ObjectStore, open(path))

const open = Effect.fnUntraced(function*(path: string) {
  const directory = yield* makeDirectory(Path.resolve(path))
  const { root } = directory
  if (yield* directory.present("open", "")) yield* directory.cleanTemporary
  const pathOf = (key: string): string => Path.join(root, ...key.split("/"))

  const put = Effect.fnUntraced(function*(key: string, body: ReadonlyArray<Uint8Array>) {
    yield* checkKey(key)
    yield* directory.ensureHome("put", key)
    const path = pathOf(key)
    const parent = Path.dirname(path)
    const existing = yield* Effect.option(io(() => Fs.lstat(path)))
    if (Option.isSome(existing)) {
      if (existing.value.isDirectory()) return yield* failureOf("put", key, root, errno("EISDIR"))
      return yield* settled(key, parent, "Exists")
    }
    return yield* directory.withTemporary("put", key, (handle, temporary) =>
      writeAll(handle, body).pipe(
        Effect.andThen(io(() => handle.sync())),
        Effect.andThen(directory.ensure(parent)),
        Effect.andThen(linkTo(temporary, path)),
        Effect.catch((error) => vanished(error, "put", key)),
        Effect.flatMap((outcome) => settled(key, parent, outcome)),
        Effect.tap((outcome) => outcome === "Created" ? directory.created(key, body) : Effect.void)
      ))
  }, Effect.uninterruptible)

  /** An outcome is given only once the name is durable; before that every failure leaves it unknown. */
  const settled = (key: string, parent: string, outcome: PutOutcome): Effect.Effect<PutOutcome, StoreError> =>
    syncDirectory(parent).pipe(
      Effect.mapError((error) => new StoreUnavailable({ operation: "put", key, reason: `fsync: ${error.code}` })),
      Effect.as(outcome)
    )

  /** What is missing under a directory that is itself gone is not missing: the store is away. */
  const vanished = (error: Errno, operation: string, key: string): Effect.Effect<never, StoreError> =>
    error.code !== "ENOENT"
      ? Effect.fail(failureOf(operation, key, root, error))
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
    const bytes = yield* readFile(pathOf(key), range, into).pipe(
      Effect.catchIf(
        isBadRead,
        (error) => Effect.andThen(directory.works("get", key, error), readFile(pathOf(key), range, undefined))
      ),
      Effect.catch((error) => {
        if (error._tag !== "Errno") return Effect.fail(error)
        if (isAbsence(error)) return Effect.void
        return Effect.fail(
          isBadRead(error)
            ? new ObjectUnreadable({ key, location: root, reason: error.code })
            : failureOf("get", key, root, error)
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
      io(() => Fs.readdir(Path.join(root, key), { withFileTypes: true })).pipe(
        // Only where the listing begins may a directory be missing; one that was seen above cannot vanish by our doing.
        Effect.catch((error) =>
          below === undefined && isAbsence(error) ? Effect.succeed([]) : vanished(error, "list", prefix)
        ),
        Effect.map((found) => {
          const entries = found.map((entry) => ({ name: entry.name, directory: entry.isDirectory() }))
          return { nodes: DirectoryListing.nodes(key, entries, prefix, startAfter), at: 0, below }
        })
      )

    /** None if it was deleted meanwhile. */
    const sizeOf = (key: string): Effect.Effect<Option.Option<ObjectEntry>, StoreError> =>
      io(() => Fs.lstat(pathOf(key))).pipe(
        Effect.map((stats) => Option.some({ key, size: stats.size })),
        Effect.catchIf(isAbsence, () => Effect.succeedNone),
        Effect.mapError((error) => failureOf("list", prefix, root, error))
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
      yield* io(() => Fs.unlink(path)).pipe(
        Effect.andThen(Effect.sync(() => {
          parents.add(Path.dirname(path))
        })),
        Effect.catch((error) =>
          isAbsence(error) || error.code === "EISDIR"
            ? directory.present("remove", key)
            : Effect.fail(failureOf("remove", key, root, error))
        )
      )
    }
    for (const parent of parents) {
      yield* Effect.mapError(syncDirectory(parent), (error) => failureOf("remove", keys[0] ?? "", root, error))
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

/** The directory itself: whether it is there, its clock, its temporary files. */
const makeDirectory = Effect.fnUntraced(function*(root: string) {
  const tmp = Path.join(root, "tmp")
  const seed = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  let temporaries = 0
  /**
   * The directory we took for ours; undefined until it was seen. Of two disks mounted at one path the devices and the numbers
   * of their uppermost directories may be equal, but not when they were made.
   */
  let home: Pick<CallbackFs.Stats, "dev" | "ino" | "birthtimeMs"> | undefined
  let landmarks = Landmarks.none
  /** Directories whose own name this process made durable. */
  const durable = new Set<string>()

  /** Undefined if there is none. */
  const ifThere = <A>(operation: string, key: string, look: Effect.Effect<A, Errno>) =>
    look.pipe(
      Effect.catch((error) => isAbsence(error) ? Effect.undefined : Effect.fail(failureOf(operation, key, root, error)))
    )

  /**
   * Fails if another directory stands in the place of ours: without `tmp/`, as under an unmounted disk, or without the
   * landmarks. Where no time is kept of when a directory was made, its last change may be told instead: then it is not `elsewhere`.
   */
  const known = Effect.fnUntraced(function*(operation: string, key: string, elsewhere: boolean) {
    const fail = (reason: string, mend?: string) =>
      new StoreUnavailable({ operation, key, reason, ...(mend === undefined ? {} : { mend }) })
    if (elsewhere && (yield* ifThere(operation, key, io(() => Fs.stat(tmp)))) === undefined) {
      return yield* fail(`${root} is another directory now; is the disk mounted?`)
    }
    const at = (name: string) => ifThere(operation, key, readFile(Path.join(root, name), undefined, undefined))
    const marker = yield* at(ObjectKey.marker)
    const newest = landmarks.newest === undefined ? undefined : yield* at(landmarks.newest.key)
    const log = newest === undefined
      ? yield* ifThere(operation, key, io(() => Fs.readdir(Path.join(root, ObjectKey.logPrefix))))
      : undefined
    const other = elsewhere && landmarks.marker === undefined && marker !== undefined
    const problem = Landmarks.problem(landmarks, { marker, newest, log: log ?? [] }) ??
      (other ? "a repository is there that was not" : undefined)
    if (problem !== undefined) return yield* fail(`${root} is another directory now: ${problem}`, Landmarks.mend)
  })

  /**
   * Whether the directory exists. Fails when the one that was there is gone, or another one stands in its place: that is
   * never "empty".
   */
  const present = Effect.fnUntraced(function*(operation: string, key: string) {
    const found = yield* ifThere(operation, key, io(() => Fs.stat(root)))
    if (found === undefined) {
      if (home === undefined) return false
      return yield* new StoreUnavailable({ operation, key, reason: `${root} is gone; is the disk mounted?` })
    }
    if (!found.isDirectory()) return yield* failureOf(operation, key, root, errno("ENOTDIR"))
    const elsewhere = home !== undefined && (home.dev !== found.dev || home.ino !== found.ino)
    if (elsewhere || (home !== undefined && home.birthtimeMs !== found.birthtimeMs)) {
      yield* known(operation, key, elsewhere)
      durable.clear()
    }
    const { birthtimeMs, dev, ino } = found
    home = { dev, ino, birthtimeMs }
    return true
  })

  /** A landmark only counts if the directory it was read in is ours. */
  const read = (key: string, bytes: Uint8Array) =>
    Landmarks.isNew(landmarks, "read", key)
      ? Effect.map(present("get", key), () => {
        landmarks = Landmarks.noted(landmarks, "read", key, [bytes])
      })
      : Effect.void

  const created = (key: string, body: Landmarks.Body) =>
    Effect.sync(() => {
      landmarks = Landmarks.noted(landmarks, "created", key, body)
    })

  /** Makes the directory, and every missing one above it, durably. */
  const ensure = (directory: string): Effect.Effect<void, Errno> =>
    Effect.suspend(() => {
      if (durable.has(directory)) return Effect.void
      const parent = Path.dirname(directory)
      const make = io(() => Fs.mkdir(directory, 0o700))
      return make.pipe(
        Effect.catchIf((error) => error.code === "ENOENT", () => Effect.andThen(ensure(parent), make)),
        Effect.catchIf((error) => error.code === "EEXIST", () => Effect.void),
        Effect.andThen(syncDirectory(parent)),
        Effect.andThen(Effect.sync(() => {
          durable.add(directory)
        }))
      )
    })

  const ensureHome = Effect.fnUntraced(function*(operation: string, key: string) {
    const there = yield* present(operation, key)
    if (durable.has(tmp)) return
    yield* Effect.mapError(ensure(tmp), (error) => failureOf(operation, key, root, error))
    if (!there) yield* present(operation, key)
  })

  const createTemporary = (attempts: number): Effect.Effect<Temporary, Errno> =>
    Effect.suspend(() => {
      const path = Path.join(tmp, `${process.pid}-${seed.toString(36)}-${++temporaries}`)
      return io(() => Fs.open(path, "wx", 0o600)).pipe(
        Effect.map((handle) => ({ handle, path })),
        Effect.catchIf((error) => error.code === "EEXIST" && attempts > 1, () => createTemporary(attempts - 1))
      )
    })

  /** Somebody removed directories of ours while they were empty. The directory itself is the same one: `present` sees to it. */
  const madeAgain = (operation: string, key: string) =>
    Effect.andThen(
      present(operation, key),
      Effect.suspend(() => {
        durable.clear()
        return Effect.mapError(Effect.andThen(ensure(tmp), createTemporary(100)), (error) => ({ error }))
      })
    )

  /** A new file in `tmp/`, for as long as it is used. */
  const withTemporary = <A>(
    operation: string,
    key: string,
    use: (handle: Fs.FileHandle, path: string) => Effect.Effect<A, StoreError>
  ): Effect.Effect<A, StoreError> =>
    Effect.acquireUseRelease(
      createTemporary(100).pipe(
        Effect.mapError((error) => ({ error })),
        Effect.catchIf(({ error }) => error.code === "ENOENT", () => madeAgain(operation, key)),
        Effect.mapError((failed) => "error" in failed ? failureOf(operation, key, root, failed.error) : failed)
      ),
      ({ handle, path }) => use(handle, path),
      // One left behind counts for nothing, and goes when the store is opened a day later.
      ({ handle, path }) =>
        Effect.andThen(Effect.ignore(io(() => handle.close())), Effect.ignore(io(() => Fs.unlink(path))))
    )

  /** The file system's clock: the time it gives a new file. */
  const now = withTemporary("now", "", (handle) =>
    io(() => handle.stat()).pipe(
      Effect.map((stats) => Math.floor(stats.mtimeMs)),
      Effect.mapError((error) => failureOf("now", "", root, error))
    ))

  /**
   * Whether the disk is there and works: what is written is safe. Else a file that cannot be read says nothing about itself,
   * for every one fails on a disk that was pulled out. One that is full or may not be written to has answered.
   */
  const works = (operation: string, key: string, error: Errno): Effect.Effect<void, StoreError> =>
    withTemporary(operation, key, (handle) =>
      Effect.mapError(
        Effect.andThen(writeAll(handle, [Uint8Array.of(1)]), io(() => handle.sync())),
        (error) => failureOf(operation, key, root, error)
      )).pipe(
        Effect.catchTags({ StoreFull: () => Effect.void, StoreRefused: () => Effect.void }),
        Effect.mapError(() => failureOf(operation, key, root, error))
      )

  const cleanTemporary = Effect.gen(function*() {
    const names = (yield* io(() => Fs.readdir(tmp))).filter((name) => temporaryName.test(name))
    if (names.length === 0) return
    const time = yield* now
    for (const name of names) {
      const path = Path.join(tmp, name)
      const stats = yield* Effect.option(io(() => Fs.lstat(path)))
      const abandoned = Option.exists(stats, (stats) => stats.isFile() && stats.mtimeMs < time - abandonedAfter)
      if (abandoned) yield* io(() => Fs.unlink(path))
    }
  }).pipe(
    // A store that can only be read, or has no tmp/ yet, is still a store.
    Effect.catch((error) => Effect.logDebug("temporary files stay", error))
  )

  return {
    root,
    present,
    read,
    created,
    ensure,
    ensureHome,
    withTemporary,
    works,
    now,
    cleanTemporary,
    forget: () => durable.clear()
  }
})

interface Temporary {
  readonly handle: Fs.FileHandle
  readonly path: string
}

const checkKey = (key: string): Effect.Effect<void> => {
  const problem = ObjectName.problem(key)
  return problem === undefined ? Effect.void : Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
}

const linkTo = (temporary: string, path: string): Effect.Effect<PutOutcome, Errno> =>
  io(() => Fs.link(temporary, path)).pipe(
    Effect.as<PutOutcome>("Created"),
    Effect.catch((error) => {
      if (error.code === "EEXIST") return Effect.succeed<PutOutcome>("Exists")
      return Effect.fail(errno(error.code === "EPERM" ? "ENOTSUP" : error.code))
    })
  )

const syncDirectory = (directory: string): Effect.Effect<void, Errno> =>
  Effect.acquireUseRelease(
    io(() => Fs.open(directory, CallbackFs.constants.O_RDONLY | CallbackFs.constants.O_DIRECTORY)),
    (handle) => io(() => handle.sync()),
    (handle) => Effect.ignore(io(() => handle.close()))
  )

/** Writes every byte. */
const writeAll = Effect.fnUntraced(function*(handle: Fs.FileHandle, body: ReadonlyArray<Uint8Array>) {
  let left: ReadonlyArray<Uint8Array> = body.filter((part) => part.length > 0)
  while (left.length > 0) {
    const parts = Parts.take(left, writeAtOnce)
    const { bytesWritten } = yield* io(() => handle.writev(parts))
    if (bytesWritten === 0) return yield* Effect.fail(errno("EIO"))
    left = Parts.drop(left, bytesWritten)
  }
})

/**
 * The bytes `[start, end)` of a regular file, cut at its end, in `into` if they fit; undefined if the path is a directory.
 * Only what may wait for the disk goes through the thread pool, where each trip costs more than a small read. If interrupted,
 * the read goes on to its end by itself.
 */
const readFile = (
  path: string,
  range: { readonly start: number; readonly end: number } | undefined,
  into: Uint8Array | undefined
): Effect.Effect<Uint8Array | undefined, Errno> =>
  Effect.callback((resume) => {
    const fail = (error: unknown) => resume(Effect.fail(errnoOf(error)))
    // A link is not an object, and opening a pipe must not wait for its other end.
    CallbackFs.open(
      path,
      CallbackFs.constants.O_RDONLY | CallbackFs.constants.O_NOFOLLOW | CallbackFs.constants.O_NONBLOCK,
      (error, file) => {
        if (error !== null) return fail(error)
        const end = (answer: () => void) => {
          Result.try(() => CallbackFs.closeSync(file))
          answer()
        }
        const stats = Result.try(() => CallbackFs.fstatSync(file))
        if (Result.isFailure(stats)) return end(() => fail(stats.failure))
        if (stats.success.isDirectory()) return end(() => resume(Effect.undefined))
        if (!stats.success.isFile()) return end(() => resume(Effect.fail(errno("ENXIO"))))
        const { size } = stats.success
        const start = Math.min(range?.start ?? 0, size)
        const length = Math.max(start, Math.min(range?.end ?? size, size)) - start
        const bytes = into !== undefined && into.length >= length
          ? into.subarray(0, length)
          : new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
        const readFrom = (filled: number): void => {
          if (filled === length) return end(() => resume(Effect.succeed(bytes)))
          CallbackFs.read(file, bytes, filled, length - filled, start + filled, (error, count) => {
            if (error !== null) end(() => resume(Effect.fail({ ...errnoOf(error), reading: true })))
            else if (count === 0) end(() => resume(Effect.fail(errno("the file shrank while it was read"))))
            else readFrom(filled + count)
          })
        }
        readFrom(0)
      }
    )
  })

/** A failed system call. */
interface Errno {
  readonly _tag: "Errno"
  readonly code: string
  /** The file was there and opened. */
  readonly reading?: boolean
}

const errno = (code: string): Errno => ({ _tag: "Errno", code })

const errnoOf = (cause: unknown): Errno => errno((cause as NodeJS.ErrnoException).code ?? String(cause))

const io = <A>(run: () => Promise<A>): Effect.Effect<A, Errno> => Effect.tryPromise({ try: run, catch: errnoOf })

/** The disk could not read a part of the file. */
const isBadRead = (error: { readonly _tag: string; readonly code?: string; readonly reading?: boolean }): boolean =>
  error.reading === true && error.code === "EIO"

const isAbsence = (error: Errno): boolean => error.code === "ENOENT" || error.code === "ENOTDIR"

const failureOf = (operation: string, key: string, location: string, error: Errno): StoreError => {
  if (FileFailure.isFull(error.code)) return new StoreFull({ key, location })
  const refusal = FileFailure.refusal(error.code)
  return refusal === undefined
    ? new StoreUnavailable({ operation, key, reason: error.code })
    : new StoreRefused({ operation: `${operation} ${key}`.trim(), location, ...refusal })
}
