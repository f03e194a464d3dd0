/** Totals that the replica keeps, while it stands at exactly that state. */
import { Effect, Layer } from "effect"
import { FolderTotals } from "../services/FolderTotals.ts"
import { Replica } from "../services/Replica.ts"

export const layer: Layer.Layer<FolderTotals, never, Replica> = Layer.effect(
  FolderTotals,
  Effect.map(Replica, (replica) =>
    FolderTotals.of({
      at: Effect.fnUntraced(function*(state, folder) {
        yield* replica.catchUp().pipe(
          // Whoever needs the cache ends the daemon for it; a checkpoint is made without.
          Effect.catchTag("ReplicaUnusable", (error) => Effect.logWarning(error.message))
        )
        if (replica.positionUnsafe() !== state.position) return undefined
        const { bytes, directories, files } = replica.totalsUnsafe(folder)
        return { files, directories, bytes }
      })
    }))
)
