/**
 * Removes the directories of a scratch place on an SFTP server when its scope closes: they outlive the objects in them.
 * Only empty directories go; of those above the scratch place only what was not there before.
 */
import { Effect, Layer } from "effect"
import * as StorePath from "../domain/store/StorePath.ts"
import type { StoreError } from "../services/ObjectStore.ts"
import { Sftp, type SftpError, type SftpSession } from "../services/Sftp.ts"

/** Deeper than any key of a repository. */
const deepest = 8

/** `root`: of the location; `scratch`: the place in it, relative. */
export const layer = (root: string, scratch: string): Layer.Layer<never, StoreError, Sftp> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const sftp = yield* Sftp
    const above = [StorePath.parentOf(StorePath.pathOf(root, scratch)), root, StorePath.parentOf(root)]
    const session = yield* sftp.session
    const made = yield* Effect.filter(
      above,
      (path) => Effect.match(session.stat(path), { onFailure: () => true, onSuccess: () => false })
    )
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(sftp.session, (session) =>
        sweep(session, StorePath.pathOf(root, scratch), deepest).pipe(
          Effect.andThen(Effect.forEach(made, (path) => Effect.ignore(session.rmdir(path)), { discard: true }))
        )).pipe(
          Effect.timeout("30 seconds"),
          Effect.catch((error) =>
            Effect.logWarning(`empty directories are left in ${scratch}`).pipe(
              Effect.annotateLogs({
                error: "text" in error ? error.text : "reason" in error ? error.reason : error._tag
              })
            )
          )
        )
    )
  }))

const sweep = (session: SftpSession, path: string, depth: number): Effect.Effect<void, SftpError> =>
  Effect.gen(function*() {
    const entries = yield* Effect.catchIf(
      session.list(path),
      (error) => error._tag === "SftpStatus" && error.code === 2,
      () => Effect.undefined
    )
    if (entries === undefined) return
    for (const { kind, name } of entries) {
      if (kind === "directory" && depth > 0) yield* sweep(session, `${path}/${name}`, depth - 1)
    }
    yield* session.rmdir(path)
  })
