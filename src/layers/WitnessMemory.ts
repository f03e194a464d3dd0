/** A witness that remembers as long as the process lives: for tests, and for commands that keep no local files. */
import { Effect, Layer } from "effect"
import { type Seen, Witness } from "../services/Witness.ts"

/** A witness over the given map from repository id; two over one map are two runs of one host. */
export const make = (memory: Map<string, Seen>): Witness["Service"] =>
  Witness.of({
    seen: (repository) => Effect.sync(() => memory.get(repository)),
    record: (repository, seen) =>
      Effect.sync(() => {
        const known = memory.get(repository)
        if (known === undefined || known.position <= seen.position) memory.set(repository, seen)
      }),
    reset: (repository, seen) =>
      Effect.sync(() => {
        memory.set(repository, seen)
      })
  })

export const layer: Layer.Layer<Witness> = Layer.sync(Witness, () => make(new Map()))
