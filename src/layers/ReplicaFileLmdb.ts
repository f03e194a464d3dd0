/**
 * The replica's tables in LMDB. Transactions run on LMDB's own thread up to the body, which runs on ours; committing and
 * syncing happen there again. The file grows by itself, the mapping with it.
 */
import { Effect, Layer, Semaphore } from "effect"
import * as Lmdb from "lmdb"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Fault from "../domain/replica/Fault.ts"
import * as Rows from "../domain/replica/Rows.ts"
import type { Table, Tables } from "../domain/replica/Tables.ts"
import { ReplicaUnusable } from "../services/Replica.ts"
import { ReplicaFile } from "../services/ReplicaFile.ts"
import { Settings } from "../services/Settings.ts"

export const layer: Layer.Layer<ReplicaFile, ReplicaUnusable, Settings> = Layer.effect(
  ReplicaFile,
  Effect.gen(function*() {
    const directory = Path.resolve((yield* Settings).cacheDirectory)
    const path = Path.join(directory, `replica-${Rows.format}`)
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
