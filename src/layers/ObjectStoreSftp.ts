/**
 * A store in a directory of an SFTP server, laid out as `ObjectStoreFile` lays it out: the two may be used on one directory.
 * An object is written to `tmp/`, made durable, and then linked to its name: only the hard link creates whole or not at all,
 * so what a server without it holds can be read, and a put to it is refused, never worked around.
 */
import { Effect, Layer, Option, Semaphore, Stream } from "effect"
import * as DirectoryListing from "../domain/DirectoryListing.ts"
import * as ObjectName from "../domain/ObjectName.ts"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import * as SftpWalk from "../domain/store/SftpWalk.ts"
import * as StorePath from "../domain/store/StorePath.ts"
import * as UriSftp from "../domain/store/UriSftp.ts"
import {
  type ObjectEntry,
  ObjectNotFound,
  ObjectStore,
  ObjectUnreadable,
  type StoreError
} from "../services/ObjectStore.ts"
import { Sftp, type SftpSession } from "../services/Sftp.ts"
import * as SftpDirectory from "../services/SftpDirectory.ts"
import * as SftpFile from "../services/SftpFile.ts"
import * as SftpPut from "../services/SftpPut.ts"
import * as SftpTemporary from "../services/SftpTemporary.ts"

export interface Options {
  readonly host: string
  readonly port: number
  /** Absolute, or relative to the directory in which the login ends. The first put creates it. */
  readonly path: string
}

/** Entries that one step of a listing yields. */
const pageSize = 1000
/** Operations at a time: what is under way of each is bounded by the session. */
const concurrency = 16

export const layer = (options: Options): Layer.Layer<ObjectStore, StoreError, Sftp> =>
  Layer.effect(ObjectStore, open(options))

const open = Effect.fnUntraced(function*(options: Options) {
  const sftp = yield* Sftp
  const location = UriSftp.location({ _tag: "Sftp", ...options })
  const directory = yield* SftpDirectory.make(options.path, location)
  const temporary = yield* SftpTemporary.make(directory, process.pid)
  const { create } = SftpPut.make(directory, temporary)
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
  if (exists) yield* Effect.forkScoped(Effect.ignore(using(temporary.clean)))

  const put = Effect.fnUntraced(function*(key: string, body: ReadonlyArray<Uint8Array>) {
    yield* checkKey(key)
    return yield* using((session) => create(session, key, body))
  })

  const get: ObjectStore["Service"]["get"] = Effect.fnUntraced(function*(key, range, into) {
    yield* checkKey(key)
    return yield* using(Effect.fnUntraced(function*(session) {
      const bytes = yield* SftpFile.object(session, pathOf(key), range, into).pipe(
        Effect.catchTag("Unread", ({ status }) =>
          Effect.andThen(
            temporary.works(session, "get", key, status),
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

  const unlink = Effect.fnUntraced(function*(session: SftpSession, keys: ReadonlyArray<string>) {
    yield* same(session, "remove", keys[0] ?? "", landmarks.ensure(session))
    const parents = new Set<string>()
    let absent: string | undefined
    const one = (key: string) => {
      const path = pathOf(key)
      return session.unlink(path).pipe(
        Effect.andThen(Effect.sync(() => void parents.add(StorePath.parentOf(path)))),
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
    if (absent !== undefined) yield* directory.present(session, "remove", absent)
    // A deletion that is undone by a crash is harmless, so one that cannot be made durable is no failure.
    for (const parent of parents) yield* directory.synced(session, "remove", keys[0] ?? "", parent)
  })

  const remove = Effect.fnUntraced(function*(keys: ReadonlyArray<string>) {
    for (const key of keys) yield* checkKey(key)
    if (keys.length > 0) yield* using((session) => unlink(session, keys))
  })

  return ObjectStore.of({
    location,
    readAhead: 1024 * 1024,
    put,
    get,
    list,
    remove,
    now: using(temporary.now)
  })
})

const checkKey = (key: string): Effect.Effect<void> => {
  const problem = ObjectName.problem(key)
  return problem === undefined ? Effect.void : Effect.die(new Error(`object name ${JSON.stringify(key)} ${problem}`))
}
