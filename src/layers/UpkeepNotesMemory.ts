/** Notes that last as long as the process: for tests, and for commands that keep no local files. */
import { Effect, Layer } from "effect"
import * as UpkeepNotes from "../services/UpkeepNotes.ts"

/** Over the given map from repository id; two over one map are two runs of one host. */
export const make = (memory: Map<string, UpkeepNotes.Notes>): UpkeepNotes.UpkeepNotes["Service"] => {
  const noted = (repository: string) => memory.get(repository) ?? UpkeepNotes.none
  return UpkeepNotes.UpkeepNotes.of({
    read: (repository) => Effect.sync(() => noted(repository)),
    change: (repository, change) =>
      Effect.sync(() => {
        memory.set(repository, change(noted(repository)))
      })
  })
}

export const layer: Layer.Layer<UpkeepNotes.UpkeepNotes> = Layer.sync(
  UpkeepNotes.UpkeepNotes,
  () => make(new Map())
)
