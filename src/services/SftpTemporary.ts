/**
 * Temporary files in `tmp/` of a store on an SFTP server: what a put writes before it has a name, and what the server's clock
 * and disk are asked with. Each is gone with its scope; what a process that ended left there is removed after a day.
 */
import { Effect, Exit, Random, type Scope } from "effect"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import type { StoreError } from "./ObjectStore.ts"
import type { Handle, SftpError, SftpSession, SftpStatus } from "./Sftp.ts"
import * as SftpDirectory from "./SftpDirectory.ts"
import * as SftpFile from "./SftpFile.ts"

/** Process, seed and number of a temporary file, and of a link to try links with; what else lies in `tmp/` has another owner. */
const temporaryName = /^\d+-[0-9a-z]+-\d+(-link)?$/
/** Milliseconds after which a temporary file is nobody's. */
const abandonedAfter = 24 * 60 * 60 * 1000

export interface Temporary {
  readonly handle: Handle
  readonly path: string
}

export interface SftpTemporary {
  /** A new file in `tmp/`, which is made again if somebody removed it while it was empty. */
  readonly file: (
    session: SftpSession,
    operation: string,
    key: string
  ) => Effect.Effect<Temporary, StoreError, Scope.Scope>
  /** The server's clock, the time it gives a new file: Unix milliseconds, in whole seconds. */
  readonly now: (session: SftpSession) => Effect.Effect<number, StoreError>
  /**
   * Whether the server's disk is there and works: what is written is safe. Else a file that cannot be read says nothing about
   * itself. One that is full or may not be written to has answered.
   */
  readonly works: (
    session: SftpSession,
    operation: string,
    key: string,
    status: SftpStatus
  ) => Effect.Effect<void, StoreError>
  /** Removes what is abandoned. */
  readonly clean: (session: SftpSession) => Effect.Effect<void>
}

/** `processId`: keeps the names of two processes of one host apart. */
export const make = Effect.fnUntraced(function*(directory: SftpDirectory.SftpDirectory, processId: number) {
  const { failed, tmp, vanished } = directory
  const seed = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  let temporaries = 0

  /** Fails, as if by chance, should another have taken the name: the next try takes another one. */
  const open = (session: SftpSession): Effect.Effect<Temporary, SftpError, Scope.Scope> =>
    Effect.suspend(() => {
      const path = `${tmp}/${processId}-${seed.toString(36)}-${++temporaries}`
      return Effect.acquireRelease(
        session.open(path, "create").pipe(
          Effect.map((handle) => ({ handle, path })),
          Effect.onInterrupt(() => Effect.sync(() => session.unlinkLater(path)))
        ),
        (temporary, exit) => discard(session, temporary, exit),
        SftpFile.waitsForNobody
      )
    })

  const file: SftpTemporary["file"] = (session, operation, key) =>
    open(session).pipe(
      Effect.catchIf(
        SftpFile.isAbsence,
        () => Effect.andThen(directory.remake(session, operation, key), open(session))
      ),
      Effect.catchTags({
        SftpStatus: (error) => vanished(session, operation, key, error),
        SftpLost: (error) => vanished(session, operation, key, error)
      })
    )

  const now: SftpTemporary["now"] = Effect.fnUntraced(function*(session) {
    yield* directory.ensureHome(session, "now", "")
    const { handle } = yield* file(session, "now", "")
    const { modified } = yield* session.fstat(handle).pipe(Effect.catch((error) => failed(session, "now", "", error)))
    return modified * 1000
  }, Effect.scoped)

  const works: SftpTemporary["works"] = (session, operation, key, status) =>
    Effect.gen(function*() {
      const { handle } = yield* file(session, operation, key)
      yield* session.write(handle, [Uint8Array.of(1)]).pipe(
        Effect.andThen(session.fsync(handle)),
        Effect.catch((error) => failed(session, operation, key, error, 1))
      )
    }).pipe(
      Effect.scoped,
      Effect.catchTags({ StoreFull: () => Effect.void, StoreRefused: () => Effect.void }),
      Effect.catchTag(
        "StoreUnavailable",
        () => SftpDirectory.away(operation, key, SftpFailure.wordsOf(status))
      )
    )

  const clean: SftpTemporary["clean"] = Effect.fnUntraced(function*(session) {
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

  const temporary: SftpTemporary = { file, now, works, clean }
  return temporary
})

const discard = (session: SftpSession, temporary: Temporary, exit: Exit.Exit<unknown, unknown>) =>
  Effect.suspend(() => {
    session.closeLater(temporary.handle)
    if (Exit.isSuccess(exit)) return Effect.ignore(session.unlink(temporary.path))
    session.unlinkLater(temporary.path)
    return Effect.void
  })
