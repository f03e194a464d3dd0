/**
 * The replica's tables in LMDB. Transactions run on LMDB's own thread up to the body, which runs on ours; committing and
 * syncing happen there again. The file grows by itself, the mapping with it.
 */
import { Effect, Layer, Semaphore } from "effect"
import * as Lmdb from "lmdb"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Fault from "../domain/replica/Fault.ts"
import * as Place from "../domain/replica/Place.ts"
import type { Table, Tables } from "../domain/replica/Tables.ts"
import { ReplicaUnusable } from "../services/Replica.ts"
import { ReplicaFile } from "../services/ReplicaFile.ts"
import { Settings } from "../services/Settings.ts"

export const layer: Layer.Layer<ReplicaFile, ReplicaUnusable, Settings> = Layer.effect(
  ReplicaFile,
  Effect.gen(function*() {
    const directory = Path.resolve((yield* Settings).cacheDirectory)
    const path = Path.join(directory, Place.directory)
    const failed = (cause: unknown): ReplicaUnusable =>
      new ReplicaUnusable({ directory, ...Fault.of(described(cause), path, roomAt(directory)) })
    const attempt = <A>(evaluate: () => A) => Effect.try({ try: evaluate, catch: failed })

    yield* attempt(() => Fs.mkdirSync(path, { recursive: true, mode: 0o700 }))
    if ((roomAt(path) ?? Infinity) < Fault.leastRoom) {
      return yield* new ReplicaUnusable({ directory, ...Fault.noRoom })
    }
    const damage = yield* attempt(() => headProblem(Path.join(path, "data.mdb")))
    if (damage !== undefined) return yield* new ReplicaUnusable({ directory, ...Fault.broken(damage, path) })
    const root = yield* Effect.acquireRelease(
      attempt(() => Lmdb.open<Uint8Array, Uint8Array>({ path, ...format, maxDbs: 16, ...manner })),
      (root) => Effect.promise(() => root.close())
    )
    yield* attempt(() => lengthen(root, Path.join(path, "data.mdb")))
    const table = (name: keyof Tables): Table => tableOf(root.openDB<Uint8Array, Uint8Array>(name, format))
    const tables = yield* attempt((): Tables => ({
      files: table("files"),
      sequences: table("sequences"),
      packs: table("packs"),
      blocks: table("blocks"),
      inbox: table("inbox"),
      waiting: table("waiting"),
      state: table("state")
    }))

    // What is left of removals first: their names are needed.
    const names = (yield* attempt(() => Fs.readdirSync(directory))).toSorted().toReversed()
    yield* Effect.forEach(names.filter((name) => Place.isOutdated(name, [])), (name) => removal(directory, name), {
      discard: true
    })

    /** What tells of the file is an error; anything else is a bug. */
    const raise = ({ cause }: Thrown) => Fault.isOurs(cause) ? Effect.fail(failed(cause)) : Effect.die(cause)
    const one = yield* Semaphore.make(1)
    const transact = <A>(body: (tables: Tables) => A): Effect.Effect<A, ReplicaUnusable> =>
      Effect.tryPromise({ try: () => root.childTransaction(() => body(tables)).catch(ofCommit), catch: thrown }).pipe(
        Effect.catch(raise),
        Effect.uninterruptible,
        one.withPermits(1)
      )
    const read = <A>(body: (tables: Tables) => A): Effect.Effect<A, ReplicaUnusable> =>
      Effect.try({ try: () => body(tables), catch: thrown }).pipe(Effect.catch(raise))

    return ReplicaFile.of({ directory, path, tables, read, transact })
  })
)

const format = { keyEncoding: "binary", encoding: "binary", cache: false } as const
/**
 * With batches by event turn, a failed commit also rejects a promise nobody holds, which ends the process. Memory is wiped
 * before it becomes a page: the unused rest of a page would else carry what this process had in it, keys too, to the disk.
 */
const manner = { eventTurnBatching: false, noMemInit: false } as const

const tableOf = (db: Lmdb.Database<Uint8Array, Uint8Array>): Table => ({
  get: (key) => {
    const bytes = db.getBinaryFast(key)
    // LMDB's buffer is reused and longer than it says.
    return bytes === undefined ? undefined : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  },
  put: (key, value) => void db.put(key, value),
  remove: (key) => void db.remove(key),
  entries: (start, end, limit = Infinity) => db.getRange({ start, end, limit }),
  clear: () => void db.clearAsync()
})

interface Thrown {
  readonly cause: unknown
}
const thrown = (cause: unknown): Thrown => ({ cause })

/** A failed commit says what happened in a second promise. */
const ofCommit = (cause: unknown): Promise<never> =>
  typeof cause === "object" && cause !== null && "commitError" in cause
    ? Promise.resolve(cause.commitError).then(() => Promise.reject(cause))
    : Promise.reject(cause)

const described = (cause: unknown): { readonly code: unknown; readonly message: string } =>
  cause instanceof Error
    ? { code: "code" in cause ? cause.code : undefined, message: cause.message }
    : { code: undefined, message: String(cause) }

/**
 * Removes the cache of an older format, at once, though a process of an older program may have it open: that one goes on with
 * its files, which have no name any more, and when it ends the work to build them again is lost, as with any cache. Nothing
 * tells that nobody will come back to them, so to wait for that would be to keep gigabytes for ever. An older program that
 * starts meanwhile must not find one file without the other, for then two processes could write the same data under two
 * locks: the directory loses its name before the files go.
 */
const removal = (directory: string, name: string): Effect.Effect<void> => {
  const [from, to] = [Path.join(directory, name), Path.join(directory, Place.gone(name))]
  return Effect.gen(function*() {
    const isDirectory = (yield* Effect.tryPromise(() => Fs.promises.lstat(from))).isDirectory()
    if (!isDirectory || !Place.isOutdated(name, yield* Effect.tryPromise(() => Fs.promises.readdir(from)))) return
    if (from !== to) yield* Effect.tryPromise(() => Fs.promises.rename(from, to))
    yield* Effect.tryPromise(() => Fs.promises.rm(to, { recursive: true, force: true }))
  }).pipe(
    Effect.catch(({ cause }) => {
      const { code, message } = described(cause)
      // Another process was first; else it takes up room, and harms nothing.
      return code === "ENOENT"
        ? Effect.void
        : Effect.logWarning("the cache of an older version cannot be removed", message)
    }),
    Effect.annotateLogs({ key: from })
  )
}

/** Bytes free for us on the disk of the directory, or of the nearest one above it that exists. */
const roomAt = (directory: string): number | undefined => {
  try {
    const { bavail, bsize } = Fs.statfsSync(directory)
    return bavail * bsize
  } catch {
    const parent = Path.dirname(directory)
    return parent === directory ? undefined : roomAt(parent)
  }
}

/** A file that is absent or empty is fine: LMDB makes it. */
const headProblem = (file: string): string | undefined => {
  if (!Fs.existsSync(file)) return undefined
  const handle = Fs.openSync(file, "r")
  try {
    const head = Buffer.alloc(Fault.headLength)
    const length = Fs.readSync(handle, head)
    return length === 0 ? undefined : Fault.headProblem(head.subarray(0, length))
  } finally {
    Fs.closeSync(handle)
  }
}

/**
 * Reading a mapped file behind its end kills the process. A file may rightly be shorter than its pages (those that were
 * given and taken back in one transaction are never written); if it was cut, LMDB now finds zeros and says so.
 */
const lengthen = (root: Lmdb.RootDatabase<Uint8Array, Uint8Array>, file: string): void => {
  const stats: { readonly lastPageNumber?: number; readonly root?: { readonly pageSize?: number } } = root.getStats()
  const length = ((stats.lastPageNumber ?? 0) + 1) * (stats.root?.pageSize ?? 0)
  if (Fs.statSync(file).size < length) Fs.truncateSync(file, length)
}
