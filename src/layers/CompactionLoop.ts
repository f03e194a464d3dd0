/**
 * Keeps tables compact while the daemon runs: after commits that made something due, with rests in between. Nothing waits
 * for it, and a round that fails is made up for by a later one.
 */
import { Clock, Effect, Layer, Option, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import { Compactor } from "../services/Compactor.ts"
import { FolderTotals } from "../services/FolderTotals.ts"
import { Repository } from "../services/Repository.ts"

/** Milliseconds between two rounds. */
const rest = 5000
/** After a round that failed. */
const longRest = 5 * 60_000
/** Between two looks for old tombstones, one folder each, and old names: they cost a few requests. */
const lookEvery = 3_600_000
/** Between two sweeps. Collection is daily, and checkpoints keep the old rows of what changes every hour for longer. */
const sweepEvery = 24 * lookEvery

export const layer: Layer.Layer<never, never, Compactor | FolderTotals | Repository> = Layer.effectDiscard(
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const compactor = yield* Compactor
    const repository = yield* Repository
    const totals = yield* FolderTotals

    /** How long to rest after it. */
    const settled = <A, E extends { readonly _tag: string; readonly message: string }>(work: Effect.Effect<A, E>) =>
      work.pipe(
        Effect.as(rest),
        Effect.catch((error) =>
          Effect.as(
            error._tag === "LeaseHeld" || error._tag === "Fenced"
              ? Effect.logDebug("another host writes; merging is left to it")
              : error._tag === "RepositoryCorrupt"
              ? Effect.logError("a table is not merged: a segment is damaged", error.message)
              : Effect.logWarning("segments were not merged; trying again later", error.message),
            longRest
          )
        ),
        // Without it the repository only grows slower to open. What is wrong must be seen, and nothing else may end for it.
        Effect.catchDefect((defect) => Effect.as(Effect.logError("merging segments went wrong", defect), longRest))
      )

    const loop = Effect.gen(function*() {
      let lookAt = Monotonic.millis(clock) + lookEvery
      let sweepAt = lookAt
      while (true) {
        const due = yield* repository.changes.pipe(
          Stream.filter(compactor.isDue),
          Stream.runHead,
          Effect.timeoutOption(Math.max(0, lookAt - Monotonic.millis(clock)))
        )
        if (Option.isSome(due)) yield* Effect.sleep(yield* settled(compactor.round))
        if (Monotonic.millis(clock) < lookAt) continue
        lookAt = Monotonic.millis(clock) + lookEvery
        yield* settled(compactor.forget)
        yield* settled(compactor.rename)
        if (Monotonic.millis(clock) < sweepAt) continue
        const rested = yield* settled(compactor.sweep(totals.at))
        // One that failed is made up for at the next look.
        if (rested === rest) sweepAt = Monotonic.millis(clock) + sweepEvery
      }
    })
    yield* Effect.forkScoped(loop)
  })
)
