/** Reading a file of an SFTP server: only of a regular file, and only as much of it as there was when it was looked at. */
import { Effect, type Scope } from "effect"
import * as SftpFailure from "../domain/store/SftpFailure.ts"
import type { Handle, SftpError, SftpSession, SftpStatus } from "./Sftp.ts"

/** Whoever acquires may be interrupted before the answer comes: what comes too late, the session closes. */
export const waitsForNobody = { interruptible: true }

/** For as long as the scope. */
export const opened = (session: SftpSession, path: string): Effect.Effect<Handle, SftpError, Scope.Scope> =>
  Effect.acquireRelease(
    session.open(path, "read"),
    (handle) => Effect.sync(() => session.closeLater(handle)),
    waitsForNobody
  )

/** The file was there and opened, and the server's disk could not read a part of it. */
export interface Unread {
  readonly _tag: "Unread"
  readonly status: SftpStatus
}

const unread = (error: SftpError): SftpError | Unread =>
  error._tag === "SftpStatus" && error.code === SftpFailure.code.failure ? { _tag: "Unread", status: error } : error

/** The bytes `[start, end)` of a regular file, cut at its end, in `into` if they fit; else what is there instead. */
export const object: (
  session: SftpSession,
  path: string,
  range: { readonly start: number; readonly end: number } | undefined,
  into: Uint8Array | undefined
) => Effect.Effect<Uint8Array | "directory" | "link" | "other", SftpError | Unread> = Effect.fnUntraced(
  function*(session, path, range, into) {
    const [found, file] = yield* Effect.all(
      [Effect.result(session.lstat(path)), Effect.result(opened(session, path))],
      { concurrency: "unbounded" }
    )
    const { kind, size } = yield* Effect.fromResult(found)
    if (kind !== undefined && kind !== "file") return kind
    const handle = yield* Effect.fromResult(file)
    const start = Math.min(range?.start ?? 0, size)
    const end = Math.max(start, Math.min(range?.end ?? size, size))
    const length = end - start
    const bytes = into !== undefined && into.length >= length
      ? into.subarray(0, length)
      : new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
    if (length > 0 && (yield* Effect.mapError(session.read(handle, start, bytes), unread)) < length) {
      return yield* Effect.fail<SftpError>({ _tag: "SftpLost", reason: "the file shrank while it was read" })
    }
    return bytes
  },
  Effect.scoped
)

export const isStatus = (error: SftpError): error is SftpStatus => error._tag === "SftpStatus"

export const isAbsence = (error: SftpError): boolean => isStatus(error) && error.code === SftpFailure.code.noSuchFile

/** Whether there is nothing to unlink: no such name, or a directory. */
export const isNoFile = (session: SftpSession, path: string, error: SftpError): Effect.Effect<boolean> =>
  isAbsence(error) ? Effect.succeed(true) : Effect.match(session.lstat(path), {
    onSuccess: (found) => found.kind === "directory",
    onFailure: isAbsence
  })
