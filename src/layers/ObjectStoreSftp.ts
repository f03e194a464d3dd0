/**
 * A store in a directory of an SFTP server, laid out as `ObjectStoreFile` lays it out: the two may be used on one directory.
 * An object is written to `tmp/`, made durable, and then linked to its name: only the hard link creates whole or not at all,
 * so what a server without it holds can be read, and a put to it is refused, never worked around.
 */
import { Effect, Exit, Layer, Option, Random, Result, type Scope, Semaphore, Stream } from "effect"
import * as DirectoryListing from "../domain/DirectoryListing.ts"
import * as ObjectName from "../domain/ObjectName.ts"
import * as Parts from "../domain/Parts.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Landmarks from "../domain/store/Landmarks.ts"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import * as SftpPath from "../domain/store/SftpPath.ts"
import * as SftpWalk from "../domain/store/SftpWalk.ts"
import * as UriSftp from "../domain/store/UriSftp.ts"
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
import { type Handle, Sftp, type SftpError, type SftpSession, type SftpStatus } from "../services/Sftp.ts"
import * as SftpFile from "../services/SftpFile.ts"
import * as SftpLandmarks from "../services/SftpLandmarks.ts"

export interface Options {
  readonly host: string
  readonly port: number
  /** Absolute, or relative to the directory in which the login ends. The first put creates it. */
  readonly path: string
}

/** Entries that one step of a listing yields. */
const pageSize = 1000
/** Process, seed and number of a temporary file, and of a link to try links with; what else lies in `tmp/` has another owner. */
const temporaryName = /^\d+-[0-9a-z]+-\d+(-link)?$/
/** Milliseconds after which a temporary file is nobody's. */
const abandonedAfter = 24 * 60 * 60 * 1000
/** Operations at a time: what is under way of each is bounded by the session. */
const concurrency = 16

export const layer = (options: Options): Layer.Layer<ObjectStore, StoreError, Sftp> =>
  Layer.effect(ObjectStore, open(options))

const open = Effect.fnUntraced(function*(options: Options) {
  const sftp = yield* Sftp
  const location = UriSftp.location({ _tag: "Sftp", ...options })
  const directory = yield* makeDirectory(options.path, location)
  const { failed, landmarks, pathOf, same } = directory
  const slots = yield* Semaphore.make(concurrency)

  /** Runs with the session there is; what fails with it is transient, and the next operation gets another. */
  const using = <A, E>(use: (session: SftpSession) => Effect.Effect<A, E>): Effect.Effect<A, E | StoreError> =>
    slots.withPermit(Effect.flatMap(sftp.session, use))

  // A server that is away now may come back; one that cannot hold a store is refused at once.
  const exists = yield* using((session) => directory.present(session, "open", "")).pipe(
    Effect.catchTags({
      StoreUnavailable: (error) => Effect.as(Effect.logWarning(error.message), false),
      StoreFull: () => Effect.succeed(false)
    })
  )
  // Nobody waits for the tidying: far away it takes seconds.
  if (exists) yield* Effect.forkScoped(Effect.ignore(using(directory.cleanTemporary)))

  const put = Effect.fnUntraced(function*(key: string, body: ReadonlyArray<Uint8Array>) {
    yield* checkKey(key)
    return yield* using((session) => directory.create(session, key, body))
  })

  const get: ObjectStore["Service"]["get"] = Effect.fnUntraced(function*(key, range, into) {
    yield* checkKey(key)
    return yield* using(Effect.fnUntraced(function*(session) {
      const bytes = yield* SftpFile.object(session, pathOf(key), range, into).pipe(
        Effect.catchTag("Unread", ({ status }) =>
          Effect.andThen(
            directory.works(session, "get", key, status),
            SftpFile.object(session, pathOf(key), range, undefined)
          )),
        Effect.catchTags({
          Unread: ({ status }) =>
            Effect.fail(new ObjectUnreadable({ key, location, reason: SftpFailure.wordsOf(status) })),
          SftpLost: (error) => failed(session, "get", key, error),
          SftpStatus: (error) =>
            SftpFile.isAbsence(error) ? Effect.succeed("absent" as const) : failed(session, "get", key, error)
        })
      )
      if (bytes === "absent" || bytes === "directory") {
        yield* directory.present(session, "get", key)
        return yield* new ObjectNotFound({ key })
      }
      if (typeof bytes === "string") return yield* directory.means("get", key, SftpFailure.notAFile(bytes))
      if (range === undefined) yield* same(session, "get", key, landmarks.read(session, key, bytes))
      return bytes
    }))
  })

  const list = (prefix: string, startAfter?: string): Stream.Stream<ObjectEntry, StoreError> => {
    const enter = (session: SftpSession, key: string, above: SftpWalk.Place | undefined) =>
      session.list(pathOf(key)).pipe(
        // Only where the listing begins may a directory be missing; one that was seen above cannot vanish by our doing.
        Effect.catchIf((error) => above === undefined && SftpFile.isAbsence(error), () => Effect.succeed([])),
        Effect.catch((error) => directory.vanished(session, "list", prefix, error)),
        Effect.map((found) => SftpWalk.entered(key, found, prefix, startAfter, above))
      )

    const page = (from: SftpWalk.Place) =>
      using(Effect.fnUntraced(function*(session) {
        const entries: Array<ObjectEntry> = []
        let step = SftpWalk.advance(from, entries, pageSize)
        while (step.enter !== undefined) {
          step = SftpWalk.advance(yield* enter(session, step.enter, step.place), entries, pageSize)
        }
        // If the directory is away by now, what was read of it may be a part: a listing is whole or it fails.
        yield* directory.present(session, "list", prefix)
        return [entries, Option.fromUndefinedOr(step.place)] as const
      }))

    const top = DirectoryListing.directoryOf(prefix)
    return Stream.unwrap(
      (top === "" ? Effect.void : checkKey(top.slice(0, -1))).pipe(
        Effect.andThen(using((session) => enter(session, top, undefined))),
        Effect.map((place) => Stream.paginate(place, page))
      )
    )
  }

  const remove = Effect.fnUntraced(function*(keys: ReadonlyArray<string>) {
    for (const key of keys) yield* checkKey(key)
    if (keys.length > 0) yield* using((session) => directory.remove(session, keys))
  })

  return ObjectStore.of({
    location,
    readAhead: 1024 * 1024,
    put,
    get,
    list,
    remove,
    now: using((session) => directory.now(session))
  })
})

/** The directory itself: whether it is there, what is made in it and removed from it, its clock. */
const makeDirectory = Effect.fnUntraced(function*(root: string, location: string) {
  const seed = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  const pathOf = (key: string): string => SftpPath.pathOf(root, key)
  const tmp = pathOf("tmp")
  let temporaries = 0
  /** Whether the directory was ever seen with `tmp/` in it. */
  let home = false
  let namesAreSafe = true
  const landmarks = yield* SftpLandmarks.make(pathOf)
  /** Directories whose own name this process made durable. */
  const durable = new Set<string>()

  const means = (operation: string, key: string, meaning: SftpFailure.Meaning): Effect.Effect<never, StoreError> => {
    if (meaning._tag === "Full") return Effect.fail(new StoreFull({ key, location }))
    if (meaning._tag === "Unavailable") return away(operation, key, meaning.reason)
    const { mend, reason } = meaning
    return Effect.fail(new StoreRefused({ operation: `${operation} ${key}`.trim(), location, reason, mend }))
  }

  /** `need`: bytes that there must be room for. */
  const failed = Effect.fnUntraced(function*(
    session: SftpSession,
    operation: string,
    key: string,
    error: SftpError,
    need = 0
  ) {
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

  /** Fails if what was looked at shows that another directory stands in the place of ours. */
  const same = <A>(
    session: SftpSession,
    operation: string,
    key: string,
    look: Effect.Effect<A, SftpError | SftpLandmarks.Exchanged>
  ) =>
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

  /** Whether the directory exists. Fails when the one that was there is gone: an unmounted disk is never "empty". */
  const present = Effect.fnUntraced(function*(session: SftpSession, operation: string, key: string) {
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

  /** What is missing under a directory that is itself gone is not missing: the store is away. */
  const vanished = (session: SftpSession, operation: string, key: string, error: SftpError) => {
    if (!SftpFile.isAbsence(error)) return failed(session, operation, key, error)
    durable.clear()
    return Effect.andThen(present(session, operation, key), away(operation, key, "a directory vanished"))
  }

  /** Makes the names in a directory durable; false where the server does not let directories be synced. */
  const syncDirectory = Effect.fnUntraced(function*(session: SftpSession, path: string) {
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

  /**
   * An outcome is given only once the name is durable; before that every failure leaves it unknown. Where directories cannot
   * be synced the object is: journalling file systems then write its names too.
   */
  const settled = Effect.fnUntraced(function*(session: SftpSession, key: string, path: string, outcome: PutOutcome) {
    const synced = syncDirectory(session, SftpPath.parentOf(path)).pipe(Effect.flatMap((safe) => {
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

  /** Makes the directory, and every missing one above it, durably. */
  const ensure = (
    session: SftpSession,
    operation: string,
    key: string,
    path: string
  ): Effect.Effect<void, StoreError> =>
    Effect.gen(function*() {
      if (durable.has(path)) return
      const parent = SftpPath.parentOf(path)
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
      yield* syncDirectory(session, parent).pipe(Effect.catch((error) => unsynced(operation, key, error)))
      durable.add(path)
    })

  const ensureHome = Effect.fnUntraced(function*(session: SftpSession, operation: string, key: string) {
    const lacking = SftpFailure.lacking(session.offers)
    if (lacking !== undefined) return yield* means(operation, key, lacking)
    yield* same(session, operation, key, landmarks.ensure(session))
    if (durable.has(tmp)) return
    yield* present(session, operation, key)
    yield* ensure(session, operation, key, tmp)
    home = true
  })

  /** Fails, as if by chance, should another have taken the name: the next try takes another one. */
  const openTemporary = (session: SftpSession): Effect.Effect<Temporary, SftpError, Scope.Scope> =>
    Effect.suspend(() => {
      const path = `${tmp}/${process.pid}-${seed.toString(36)}-${++temporaries}`
      return Effect.acquireRelease(
        session.open(path, "create").pipe(
          Effect.map((handle) => ({ handle, path })),
          Effect.onInterrupt(() => Effect.sync(() => session.unlinkLater(path)))
        ),
        (temporary, exit) => discard(session, temporary, exit),
        SftpFile.waitsForNobody
      )
    })

  /** A new file in `tmp/`, which is made again if somebody removed it while it was empty. */
  const temporaryFile = (session: SftpSession, operation: string, key: string) =>
    openTemporary(session).pipe(
      Effect.catchIf(SftpFile.isAbsence, () => {
        durable.clear()
        return ensureHome(session, operation, key).pipe(Effect.andThen(openTemporary(session)))
      }),
      Effect.catchTags({
        SftpStatus: (error) => vanished(session, operation, key, error),
        SftpLost: (error) => vanished(session, operation, key, error)
      })
    )

  const discard = (session: SftpSession, temporary: Temporary, exit: Exit.Exit<unknown, unknown>) =>
    Effect.suspend(() => {
      session.closeLater(temporary.handle)
      if (Exit.isSuccess(exit)) return Effect.ignore(session.unlink(temporary.path))
      session.unlinkLater(temporary.path)
      return Effect.void
    })

  const create = Effect.fnUntraced(function*(session: SftpSession, key: string, body: ReadonlyArray<Uint8Array>) {
    yield* ensureHome(session, "put", key)
    const path = pathOf(key)
    const [existing, opened] = yield* Effect.all(
      [Effect.result(session.lstat(path)), Effect.result(temporaryFile(session, "put", key))],
      { concurrency: "unbounded" }
    )
    if (Result.isSuccess(existing)) {
      return existing.success.kind === "directory"
        ? yield* means("put", key, SftpFailure.notAFile("directory"))
        : yield* settled(session, key, path, "Exists")
    }
    if (!SftpFile.isAbsence(existing.failure)) return yield* failed(session, "put", key, existing.failure)
    const { handle, path: temporary } = yield* Effect.fromResult(opened)
    yield* session.write(handle, body).pipe(
      Effect.andThen(session.fsync(handle)),
      Effect.catch((error) => failed(session, "put", key, error, Parts.size(body)))
    )
    yield* ensure(session, "put", key, SftpPath.parentOf(path))
    const outcome = yield* settled(session, key, path, yield* linkTo(session, key, temporary, path))
    if (outcome === "Created") landmarks.created(key, body)
    return outcome
  }, Effect.scoped)

  /** "Failure" may mean that the name exists: whether it does is looked up. */
  const linkTo = (session: SftpSession, key: string, temporary: string, path: string) =>
    session.link(temporary, path).pipe(
      Effect.as<PutOutcome>("Created"),
      Effect.catch((error) =>
        SftpFile.isStatus(error)
          ? Effect.matchEffect(session.lstat(path), {
            onSuccess: (found) =>
              found.kind === "directory"
                ? means("put", key, SftpFailure.notAFile("directory"))
                : Effect.succeed<PutOutcome>("Exists"),
            onFailure: (missing) =>
              SftpFile.isAbsence(missing)
                ? unlinkable(session, key, temporary, path, error)
                : failed(session, "put", key, missing)
          })
          : failed(session, "put", key, error)
      )
    )

  /** Why a link could not be made although the name is free. */
  const unlinkable = Effect.fnUntraced(function*(
    session: SftpSession,
    key: string,
    temporary: string,
    path: string,
    error: SftpError
  ) {
    if (SftpFile.isAbsence(error)) return yield* vanished(session, "put", key, error)
    const probe = `${temporary}-link`
    const here = yield* Effect.result(Effect.andThen(session.link(temporary, probe), session.unlink(probe)))
    const spaces = yield* Effect.result(Effect.all([session.space(tmp), session.space(SftpPath.parentOf(path))]))
    const [near, far] = Result.isSuccess(spaces) ? spaces.success : []
    if (near !== undefined && far !== undefined && near.id !== far.id) {
      return yield* means("put", key, SftpFailure.otherFileSystem)
    }
    const hopeless = Result.isFailure(here) && SftpFile.isStatus(here.failure) && near?.readOnly !== true &&
      (near === undefined || near.files > 0)
    return yield* hopeless ? means("put", key, SftpFailure.linkless) : failed(session, "put", key, error)
  })

  const remove = Effect.fnUntraced(function*(session: SftpSession, keys: ReadonlyArray<string>) {
    yield* same(session, "remove", keys[0] ?? "", landmarks.ensure(session))
    const parents = new Set<string>()
    let absent: string | undefined
    const one = (key: string) => {
      const path = pathOf(key)
      return session.unlink(path).pipe(
        Effect.andThen(Effect.sync(() => void parents.add(SftpPath.parentOf(path)))),
        Effect.catch((error) =>
          Effect.flatMap(SftpFile.isNoFile(session, path, error), (absence) => {
            if (!absence) return failed(session, "remove", key, error)
            absent = key
            return Effect.void
          })
        )
      )
    }
    yield* Effect.forEach(keys, one, { concurrency, discard: true })
    if (absent !== undefined) yield* present(session, "remove", absent)
    for (const parent of parents) {
      // A deletion that is undone by a crash is harmless, so one that cannot be made durable is no failure.
      yield* syncDirectory(session, parent).pipe(Effect.catch((error) => unsynced("remove", keys[0] ?? "", error)))
    }
  })

  /** The server's clock: the time it gives a new file, in whole seconds. */
  const now = Effect.fnUntraced(function*(session: SftpSession) {
    yield* ensureHome(session, "now", "")
    const { handle } = yield* temporaryFile(session, "now", "")
    const { modified } = yield* session.fstat(handle).pipe(Effect.catch((error) => failed(session, "now", "", error)))
    return modified * 1000
  }, Effect.scoped)

  /**
   * Whether the server's disk is there and works: what is written is safe. Else a file that cannot be read says nothing about
   * itself. One that is full or may not be written to has answered.
   */
  const works = (session: SftpSession, operation: string, key: string, status: SftpStatus) =>
    Effect.gen(function*() {
      const { handle } = yield* temporaryFile(session, operation, key)
      yield* session.write(handle, [Uint8Array.of(1)]).pipe(
        Effect.andThen(session.fsync(handle)),
        Effect.catch((error) => failed(session, operation, key, error, 1))
      )
    }).pipe(
      Effect.scoped,
      Effect.catchTags({ StoreFull: () => Effect.void, StoreRefused: () => Effect.void }),
      Effect.catchTag("StoreUnavailable", () => away(operation, key, SftpFailure.wordsOf(status)))
    )

  const cleanTemporary = Effect.fnUntraced(function*(session: SftpSession) {
    yield* Effect.gen(function*() {
      const found = (yield* session.list(tmp)).filter(({ kind, name }) => kind === "file" && temporaryName.test(name))
      if (found.length === 0) return
      const limit = ((yield* now(session)) - abandonedAfter) / 1000
      for (const { modified, name } of found) {
        if (modified < limit) yield* session.unlink(`${tmp}/${name}`)
      }
    }).pipe(
      // A store that can only be read, or has no tmp/ yet, is still a store.
      Effect.catch((error) => Effect.logDebug("temporary files stay", error))
    )
  })

  return { pathOf, failed, means, present, same, landmarks, vanished, create, remove, works, now, cleanTemporary }
})

interface Temporary {
  readonly handle: Handle
  readonly path: string
}

const away = (operation: string, key: string, reason: string, mend?: string): Effect.Effect<never, StoreUnavailable> =>
  Effect.fail(new StoreUnavailable({ operation, key, reason, mend }))

const checkKey = (key: string): Effect.Effect<void> => {
  const problem = ObjectName.problem(key)
  return problem === undefined ? Effect.void : Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
}
