/**
 * The directory of a store on an SFTP server: whether it is there and still ours, which of its names are durable, and what it
 * means that the server would not. A directory that was there and is gone is away, never empty.
 */
import { Effect, Result } from "effect"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Landmarks from "../domain/store/Landmarks.ts"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import * as StorePath from "../domain/store/StorePath.ts"
import { type PutOutcome, type StoreError, StoreFull, StoreRefused, StoreUnavailable } from "./ObjectStore.ts"
import type { SftpError, SftpSession } from "./Sftp.ts"
import * as SftpFile from "./SftpFile.ts"
import * as SftpLandmarks from "./SftpLandmarks.ts"

/** `operation` and `key` are for messages, and say for whom it is done. */
export interface SftpDirectory {
  readonly pathOf: (key: string) => string
  /** The path of the directory of temporary files, by which the whole is known to be there. */
  readonly tmp: string
  readonly landmarks: SftpLandmarks.SftpLandmarks
  readonly means: (
    operation: string,
    key: string,
    meaning: SftpFailure.Meaning
  ) => Effect.Effect<never, StoreError>
  /** `need`: bytes that there must be room for. */
  readonly failed: (
    session: SftpSession,
    operation: string,
    key: string,
    error: SftpError,
    need?: number
  ) => Effect.Effect<never, StoreError>
  /** What is missing under a directory that is itself gone is not missing: the store is away. */
  readonly vanished: (
    session: SftpSession,
    operation: string,
    key: string,
    error: SftpError
  ) => Effect.Effect<never, StoreError>
  /** Fails if what was looked at shows that another directory stands in the place of ours. */
  readonly same: <A>(
    session: SftpSession,
    operation: string,
    key: string,
    look: Effect.Effect<A, SftpError | SftpLandmarks.Exchanged>
  ) => Effect.Effect<A, StoreError>
  /** Whether the directory exists. Fails when the one that was there is gone: an unmounted disk is never "empty". */
  readonly present: (session: SftpSession, operation: string, key: string) => Effect.Effect<boolean, StoreError>
  /** Makes the directory at a path, and every missing one above it, durably. */
  readonly ensure: (
    session: SftpSession,
    operation: string,
    key: string,
    path: string
  ) => Effect.Effect<void, StoreError>
  /** Before anything is put: the server can hold a store, the directory is ours, and `tmp/` is in it. */
  readonly ensureHome: (session: SftpSession, operation: string, key: string) => Effect.Effect<void, StoreError>
  /** The same where `tmp/` is known to be missing. */
  readonly remake: (session: SftpSession, operation: string, key: string) => Effect.Effect<void, StoreError>
  /** Makes the names in the directory at a path durable; false where the server does not let directories be synced. */
  readonly synced: (
    session: SftpSession,
    operation: string,
    key: string,
    path: string
  ) => Effect.Effect<boolean, StoreError>
  /** The outcome of a put to a path, once the name is durable; before that every failure leaves it unknown. */
  readonly settled: (
    session: SftpSession,
    key: string,
    path: string,
    outcome: PutOutcome
  ) => Effect.Effect<PutOutcome, StoreError>
}

/** `root`: absolute, or relative to the directory in which the login ends. `location`: for messages. */
export const make = Effect.fnUntraced(function*(root: string, location: string) {
  const pathOf = (key: string): string => StorePath.pathOf(root, key)
  const tmp = pathOf("tmp")
  /** Whether the directory was ever seen with `tmp/` in it. */
  let home = false
  let namesAreSafe = true
  const landmarks = yield* SftpLandmarks.make(pathOf)
  /** Directories whose own name this process made durable. */
  const durable = new Set<string>()

  const means: SftpDirectory["means"] = (operation, key, meaning) => {
    if (meaning._tag === "Full") return Effect.fail(new StoreFull({ key, location }))
    if (meaning._tag === "Unavailable") return away(operation, key, meaning.reason)
    const { mend, reason } = meaning
    return Effect.fail(new StoreRefused({ operation: `${operation} ${key}`.trim(), location, reason, mend }))
  }

  const failed: SftpDirectory["failed"] = Effect.fnUntraced(function*(session, operation, key, error, need = 0) {
    if (error._tag === "SftpLost") return yield* away(operation, key, error.reason)
    const space = yield* session.space(pathOf("")).pipe(Effect.orElseSucceed(() => undefined))
    return yield* means(operation, key, SftpFailure.meaning(error, need, space))
  })

  const kindAt = (session: SftpSession, operation: string, key: string, path: string) =>
    session.stat(path).pipe(
      Effect.map((found) => found.kind ?? "directory"),
      Effect.catchIf(SftpFile.isAbsence, () => Effect.succeed("absent" as const)),
      Effect.catch((error) => failed(session, operation, key, error))
    )

  const same: SftpDirectory["same"] = (session, operation, key, look) =>
    look.pipe(Effect.catch((error) =>
      error._tag === "Exchanged"
        ? away(operation, key, `${location} is another directory now: ${error.problem}`, Landmarks.mend)
        : failed(session, operation, key, error)
    ))

  /** Whether a repository lies in the directory, so that it is the one we knew and only its empty `tmp/` was tidied away. */
  const holdsRepository = Effect.fnUntraced(function*(session: SftpSession, operation: string, key: string) {
    return (yield* kindAt(session, operation, key, pathOf(ObjectKey.marker))) === "file" ||
      (yield* kindAt(session, operation, key, pathOf("log"))) === "directory"
  })

  const present: SftpDirectory["present"] = Effect.fnUntraced(function*(session, operation, key) {
    if ((yield* kindAt(session, operation, key, tmp)) === "directory") {
      home = true
      return true
    }
    if (home) {
      durable.clear()
      if (yield* holdsRepository(session, operation, key)) return true
      return yield* away(operation, key, `${tmp} is gone from the server; is its disk mounted?`)
    }
    const found = yield* kindAt(session, operation, key, pathOf(""))
    if (found === "absent") return false
    return found === "directory" ? true : yield* means(operation, key, SftpFailure.notADirectory)
  })

  const vanished: SftpDirectory["vanished"] = (session, operation, key, error) => {
    if (!SftpFile.isAbsence(error)) return failed(session, operation, key, error)
    durable.clear()
    return Effect.andThen(present(session, operation, key), away(operation, key, "a directory vanished"))
  }

  const synced: SftpDirectory["synced"] = (session, operation, key, path) =>
    sync(session, path).pipe(Effect.catch((error) => unsynced(operation, key, error)))

  // Where directories cannot be synced the object is: journalling file systems then write its names too.
  const settled: SftpDirectory["settled"] = Effect.fnUntraced(function*(session, key, path, outcome) {
    const synced = sync(session, StorePath.parentOf(path)).pipe(Effect.flatMap((safe) => {
      if (safe) return Effect.void
      const warning = namesAreSafe
        ? Effect.logWarning("the server cannot make names durable; a crash of it may take the newest with it")
        : Effect.void
      namesAreSafe = false
      return Effect.andThen(
        warning,
        Effect.scoped(Effect.flatMap(SftpFile.opened(session, path), session.fsync))
      )
    }))
    yield* synced.pipe(Effect.catch((error) => unsynced("put", key, error)))
    return outcome
  })

  const ensure: SftpDirectory["ensure"] = (session, operation, key, path) =>
    Effect.gen(function*() {
      if (durable.has(path)) return
      const parent = StorePath.parentOf(path)
      let made = yield* Effect.result(session.mkdir(path))
      if (Result.isFailure(made) && SftpFile.isAbsence(made.failure) && parent !== path) {
        yield* ensure(session, operation, key, parent)
        made = yield* Effect.result(session.mkdir(path))
      }
      if (Result.isFailure(made)) {
        const found = SftpFile.isStatus(made.failure) ? yield* kindAt(session, operation, key, path) : "absent"
        if (found === "absent") return yield* vanished(session, operation, key, made.failure)
        if (found !== "directory") return yield* means(operation, key, SftpFailure.notADirectory)
      }
      yield* synced(session, operation, key, parent)
      durable.add(path)
    })

  const ensureHome: SftpDirectory["ensureHome"] = Effect.fnUntraced(function*(session, operation, key) {
    const lacking = SftpFailure.lacking(session.offers)
    if (lacking !== undefined) return yield* means(operation, key, lacking)
    yield* same(session, operation, key, landmarks.ensure(session))
    if (durable.has(tmp)) return
    yield* present(session, operation, key)
    yield* ensure(session, operation, key, tmp)
    home = true
  })

  const remake: SftpDirectory["remake"] = (session, operation, key) =>
    Effect.suspend(() => {
      durable.clear()
      return ensureHome(session, operation, key)
    })

  const directory: SftpDirectory = {
    pathOf,
    tmp,
    landmarks,
    means,
    failed,
    vanished,
    same,
    present,
    ensure,
    ensureHome,
    remake,
    synced,
    settled
  }
  return directory
})

/** Fails as a store that may come back. */
export const away = (
  operation: string,
  key: string,
  reason: string,
  mend?: string
): Effect.Effect<never, StoreUnavailable> => Effect.fail(new StoreUnavailable({ operation, key, reason, mend }))

const sync = Effect.fnUntraced(function*(session: SftpSession, path: string) {
  const opened = yield* Effect.result(SftpFile.opened(session, path))
  if (Result.isFailure(opened)) return opened.failure._tag === "SftpLost" ? yield* Effect.fail(opened.failure) : false
  const synced = yield* Effect.result(session.fsync(opened.success))
  if (Result.isSuccess(synced)) return true
  // A disk that fails says "Failure"; a server or system that cannot do this says something else.
  return synced.failure._tag === "SftpLost" || synced.failure.code === SftpFailure.code.failure
    ? yield* Effect.fail(synced.failure)
    : false
}, Effect.scoped)

const unsynced = (operation: string, key: string, error: SftpError) =>
  away(operation, key, `fsync: ${error._tag === "SftpLost" ? error.reason : error.text}`)
