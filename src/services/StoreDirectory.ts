/**
 * The directory of a store, over `Disk`: whether it is still the one that was known, its clock, its temporary files, and its
 * directories' names made durable. `tmp/` is not part of the namespace.
 */
import { Effect, Option, Random } from "effect"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as FileFailure from "../domain/store/FileFailure.ts"
import * as Landmarks from "../domain/store/Landmarks.ts"
import * as StorePath from "../domain/store/StorePath.ts"
import { Disk, type Errno, errno, isAbsence, type OpenFile, type Stats } from "./Disk.ts"
import { type StoreError, StoreFull, StoreRefused, StoreUnavailable } from "./ObjectStore.ts"

/** Process, seed and number of a temporary file; what else lies in `tmp/` has another owner. */
const temporaryName = /^\d+-[0-9a-z]+-\d+$/
/** Milliseconds after which a temporary file is nobody's. */
const abandonedAfter = 24 * 60 * 60 * 1000

interface Temporary {
  readonly file: OpenFile
  readonly path: string
}

/** What a failed call means to the store; `location` is for messages. */
export const failureOf = (operation: string, key: string, location: string, error: Errno): StoreError => {
  if (FileFailure.isFull(error.code)) return new StoreFull({ key, location })
  const refusal = FileFailure.refusal(error.code)
  return refusal === undefined
    ? new StoreUnavailable({ operation, key, reason: error.code })
    : new StoreRefused({ operation: `${operation} ${key}`.trim(), location, ...refusal })
}

/** `root`: absolute; the first put makes it. `process`: a number that no other process of the machine has. */
export const make = Effect.fnUntraced(function*(root: string, process: number) {
  const disk = yield* Disk
  const pathOf = (key: string): string => StorePath.pathOf(root, key)
  const tmp = pathOf("tmp")
  const seed = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  let temporaries = 0
  /**
   * The directory we took for ours; undefined until it was seen. Of two disks mounted at one path the devices and the numbers
   * of their uppermost directories may be equal, but not when they were made.
   */
  let home: Pick<Stats, "device" | "inode" | "born"> | undefined
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
    if (elsewhere && (yield* ifThere(operation, key, disk.stat(tmp))) === undefined) {
      return yield* fail(`${root} is another directory now; is the disk mounted?`)
    }
    const at = (name: string) => ifThere(operation, key, disk.read(pathOf(name)))
    const marker = yield* at(ObjectKey.marker)
    const newest = landmarks.newest === undefined ? undefined : yield* at(landmarks.newest.key)
    const log = newest === undefined
      ? yield* ifThere(operation, key, disk.list(pathOf(ObjectKey.logPrefix)))
      : undefined
    const other = elsewhere && landmarks.marker === undefined && marker !== undefined
    const problem = Landmarks.problem(landmarks, { marker, newest, log: (log ?? []).map(({ name }) => name) }) ??
      (other ? "a repository is there that was not" : undefined)
    if (problem !== undefined) return yield* fail(`${root} is another directory now: ${problem}`, Landmarks.mend)
  })

  /**
   * Whether the directory exists. Fails when the one that was there is gone, or another one stands in its place: that is
   * never "empty".
   */
  const present = Effect.fnUntraced(function*(operation: string, key: string) {
    const found = yield* ifThere(operation, key, disk.stat(root))
    if (found === undefined) {
      if (home === undefined) return false
      return yield* new StoreUnavailable({ operation, key, reason: `${root} is gone; is the disk mounted?` })
    }
    if (found.kind !== "directory") return yield* failureOf(operation, key, root, errno("ENOTDIR"))
    const elsewhere = home !== undefined && (home.device !== found.device || home.inode !== found.inode)
    if (elsewhere || (home !== undefined && home.born !== found.born)) {
      yield* known(operation, key, elsewhere)
      durable.clear()
    }
    home = found
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
      const parent = StorePath.parentOf(directory)
      const make = disk.mkdir(directory)
      return make.pipe(
        Effect.catchIf((error) => error.code === "ENOENT", () => Effect.andThen(ensure(parent), make)),
        Effect.catchIf((error) => error.code === "EEXIST", () => Effect.void),
        Effect.andThen(disk.syncDirectory(parent)),
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
      const path = `${tmp}/${process}-${seed.toString(36)}-${++temporaries}`
      return disk.create(path).pipe(
        Effect.map((file) => ({ file, path })),
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
    use: (file: OpenFile, path: string) => Effect.Effect<A, StoreError>
  ): Effect.Effect<A, StoreError> =>
    Effect.acquireUseRelease(
      createTemporary(100).pipe(
        Effect.mapError((error) => ({ error })),
        Effect.catchIf(({ error }) => error.code === "ENOENT", () => madeAgain(operation, key)),
        Effect.mapError((failed) => "error" in failed ? failureOf(operation, key, root, failed.error) : failed)
      ),
      ({ file, path }) => use(file, path),
      // One left behind counts for nothing, and goes when the store is opened a day later.
      ({ file, path }) => Effect.andThen(Effect.ignore(file.close), Effect.ignore(disk.unlink(path)))
    )

  /** The file system's clock: the time it gives a new file. */
  const now = withTemporary("now", "", (file) =>
    file.stat.pipe(
      Effect.map((stats) => Math.floor(stats.modified)),
      Effect.mapError((error) => failureOf("now", "", root, error))
    ))

  /**
   * Whether the disk is there and works: what is written is safe. Else a file that cannot be read says nothing about itself,
   * for every one fails on a disk that was pulled out. One that is full or may not be written to has answered.
   */
  const works = (operation: string, key: string, error: Errno): Effect.Effect<void, StoreError> =>
    withTemporary(operation, key, (file) =>
      Effect.mapError(
        Effect.andThen(file.write([Uint8Array.of(1)]), file.sync),
        (error) => failureOf(operation, key, root, error)
      )).pipe(
        Effect.catchTags({ StoreFull: () => Effect.void, StoreRefused: () => Effect.void }),
        Effect.mapError(() => failureOf(operation, key, root, error))
      )

  const cleanTemporary = Effect.gen(function*() {
    const found = (yield* disk.list(tmp)).filter(({ name }) => temporaryName.test(name))
    if (found.length === 0) return
    const time = yield* now
    for (const { name } of found) {
      const path = `${tmp}/${name}`
      const stats = yield* Effect.option(disk.lstat(path))
      const abandoned = Option.exists(stats, (stats) => stats.kind === "file" && stats.modified < time - abandonedAfter)
      if (abandoned) yield* disk.unlink(path)
    }
  }).pipe(
    // A store that can only be read, or has no tmp/ yet, is still a store.
    Effect.catch((error) => Effect.logDebug("temporary files stay", error))
  )

  return {
    pathOf,
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
