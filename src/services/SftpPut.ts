/**
 * Putting an object on an SFTP server: it is written to a temporary file, made durable, and then linked to its name. Only the
 * hard link creates whole or not at all; where there is none a put is refused, never worked around.
 */
import { Effect, Result } from "effect"
import * as Parts from "../domain/Parts.ts"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import * as StorePath from "../domain/store/StorePath.ts"
import type { PutOutcome } from "./ObjectStore.ts"
import type { SftpError, SftpSession } from "./Sftp.ts"
import type { SftpDirectory } from "./SftpDirectory.ts"
import * as SftpFile from "./SftpFile.ts"
import type { SftpTemporary } from "./SftpTemporary.ts"

export const make = (directory: SftpDirectory, temporary: SftpTemporary) => {
  const { failed, means } = directory

  /** Creates the object if there is none of that name; the outcome is durable. */
  const create = Effect.fnUntraced(function*(session: SftpSession, key: string, body: ReadonlyArray<Uint8Array>) {
    yield* directory.ensureHome(session, "put", key)
    const path = directory.pathOf(key)
    const [existing, opened] = yield* Effect.all(
      [Effect.result(session.lstat(path)), Effect.result(temporary.file(session, "put", key))],
      { concurrency: "unbounded" }
    )
    if (Result.isSuccess(existing)) {
      return existing.success.kind === "directory"
        ? yield* means("put", key, SftpFailure.notAFile("directory"))
        : yield* directory.settled(session, key, path, "Exists")
    }
    if (!SftpFile.isAbsence(existing.failure)) return yield* failed(session, "put", key, existing.failure)
    const { handle, path: from } = yield* Effect.fromResult(opened)
    yield* session.write(handle, body).pipe(
      Effect.andThen(session.fsync(handle)),
      Effect.catch((error) => failed(session, "put", key, error, Parts.size(body)))
    )
    yield* directory.ensure(session, "put", key, StorePath.parentOf(path))
    const outcome = yield* directory.settled(session, key, path, yield* linkTo(session, key, from, path))
    if (outcome === "Created") directory.landmarks.created(key, body)
    return outcome
  }, Effect.scoped)

  /** "Failure" may mean that the name exists: whether it does is looked up. */
  const linkTo = (session: SftpSession, key: string, from: string, path: string) =>
    session.link(from, path).pipe(
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
                ? unlinkable(session, key, from, path, error)
                : failed(session, "put", key, missing)
          })
          : failed(session, "put", key, error)
      )
    )

  /** Why a link could not be made although the name is free. */
  const unlinkable = Effect.fnUntraced(function*(
    session: SftpSession,
    key: string,
    from: string,
    path: string,
    error: SftpError
  ) {
    if (SftpFile.isAbsence(error)) return yield* directory.vanished(session, "put", key, error)
    const probe = `${from}-link`
    const here = yield* Effect.result(Effect.andThen(session.link(from, probe), session.unlink(probe)))
    const spaces = yield* Effect.result(
      Effect.all([session.space(directory.tmp), session.space(StorePath.parentOf(path))])
    )
    const [near, far] = Result.isSuccess(spaces) ? spaces.success : []
    if (near !== undefined && far !== undefined && near.id !== far.id) {
      return yield* means("put", key, SftpFailure.otherFileSystem)
    }
    const hopeless = Result.isFailure(here) && SftpFile.isStatus(here.failure) && near?.readOnly !== true &&
      (near === undefined || near.files > 0)
    return yield* hopeless ? means("put", key, SftpFailure.linkless) : failed(session, "put", key, error)
  })

  return { create }
}
