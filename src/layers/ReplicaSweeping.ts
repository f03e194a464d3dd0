/** Removes from the replica's tables what is nobody's any more, a little at a time, so that nobody waits for it. */
import { Effect, Layer, Stream } from "effect"
import * as Gone from "../domain/replica/Gone.ts"
import { Replica } from "../services/Replica.ts"
import { ReplicaFile } from "../services/ReplicaFile.ts"

export const layer: Layer.Layer<never, never, Replica | ReplicaFile> = Layer.effectDiscard(Effect.gen(function*() {
  const file = yield* ReplicaFile
  const replica = yield* Replica
  const sweep = Effect.gen(function*() {
    while (yield* file.read(Gone.isAny)) {
      yield* file.transact(Gone.sweep)
      yield* Effect.yieldNow
    }
  })
  yield* sweep.pipe(
    Effect.andThen(Stream.runForEach(replica.changes, () => sweep)),
    // Whoever needs the cache meets the same trouble, and ends the daemon for it.
    Effect.catch((error) => Effect.logWarning(error.message)),
    Effect.forkScoped
  )
}))
