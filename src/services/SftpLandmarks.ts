/**
 * Whether a directory of an SFTP server is still the one that was known, as after a restart of the server with another disk:
 * looked at once a session, before anything is changed in it. What a server mounts while a session lasts is not noticed.
 */
import { Effect, Semaphore } from "effect"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Landmarks from "../domain/store/Landmarks.ts"
import type { SftpError, SftpSession } from "./Sftp.ts"
import * as SftpFile from "./SftpFile.ts"

/** Another directory stands in its place; the problem says which. */
export interface Exchanged {
  readonly _tag: "Exchanged"
  readonly problem: string
}

export interface SftpLandmarks {
  readonly ensure: (session: SftpSession) => Effect.Effect<void, SftpError | Exchanged>
  /** A whole object was read: a landmark only counts if the directory it was read in is ours. */
  readonly read: (session: SftpSession, key: string, bytes: Uint8Array) => Effect.Effect<void, SftpError | Exchanged>
  /** An object was created, after `ensure`. */
  readonly created: (key: string, body: Landmarks.Body) => void
}

export const make = Effect.fnUntraced(function*(pathOf: (key: string) => string) {
  let landmarks = Landmarks.none
  let known: SftpSession | undefined
  const turn = yield* Semaphore.make(1)

  const content = (session: SftpSession, key: string) =>
    SftpFile.object(session, pathOf(key), undefined, undefined).pipe(
      Effect.map((found) => typeof found === "string" ? undefined : found),
      Effect.mapError((error) => error._tag === "Unread" ? error.status : error),
      Effect.catchIf(SftpFile.isAbsence, () => Effect.undefined)
    )

  const compare = Effect.fnUntraced(function*(session: SftpSession) {
    if (known === session) return
    const seen = landmarks
    const marker = seen.marker === undefined ? undefined : yield* content(session, ObjectKey.marker)
    const newest = seen.newest === undefined ? undefined : yield* content(session, seen.newest.key)
    const log = seen.newest === undefined || newest !== undefined
      ? []
      : yield* Effect.catchIf(session.list(pathOf("log")), SftpFile.isAbsence, () => Effect.succeed([]))
    const problem = Landmarks.problem(seen, { marker, newest, log: log.map(({ name }) => name) })
    if (problem !== undefined) return yield* Effect.fail<Exchanged>({ _tag: "Exchanged", problem })
    known = session
  })

  const ensure = (session: SftpSession) =>
    Effect.suspend(() => known === session ? Effect.void : turn.withPermit(compare(session)))

  const landmarksOf: SftpLandmarks = {
    ensure,
    read: (session, key, bytes) =>
      Landmarks.isNew(landmarks, "read", key)
        ? Effect.map(ensure(session), () => {
          landmarks = Landmarks.noted(landmarks, "read", key, [bytes])
        })
        : Effect.void,
    created: (key, body) => {
      landmarks = Landmarks.noted(landmarks, "created", key, body)
    }
  }
  return landmarksOf
})
