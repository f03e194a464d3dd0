/**
 * A lease nobody competes for: the term is opened when it is first asked for, and again when another writer opened a newer
 * one. Safe even if two processes do this to one repository; they only take turns at fencing each other.
 */
import { Effect, Layer, Semaphore, Stream } from "effect"
import { fenceOf, Lease, type LeaseStanding, type WriteFence } from "../services/Lease.ts"
import { Repository } from "../services/Repository.ts"

/** How long the end of a term may take. */
const patience = "20 seconds"

export const layer: Layer.Layer<Lease, never, Repository> = Layer.effect(
  Lease,
  Effect.gen(function*() {
    const repository = yield* Repository
    const turn = yield* Semaphore.make(1)
    let current: WriteFence | undefined

    const fence = Effect.gen(function*() {
      const { epoch } = yield* repository.head
      if (current !== undefined && current.term === epoch) return current
      const applied = yield* repository.commit((state) =>
        Effect.succeed([{ _tag: "EpochOpened" as const, epoch: state.epoch + 1 }])
      ).pipe(
        // Without a fence nothing is fenced.
        Effect.catchTag("Fenced", Effect.die)
      )
      if (applied === undefined) return yield* Effect.die(new Error("a commit that opens an epoch was empty"))
      const opened = fenceOf(applied.commit.term)
      current = opened
      yield* Effect.logInfo("the term was opened").pipe(Effect.annotateLogs({ epoch: opened.term }))
      return opened
    })

    /** The end of the term: what lies in commits only moves to segments, so that the next opening is cheap. */
    const close = Effect.gen(function*() {
      const { epoch } = yield* repository.head
      if (current !== undefined && current.term === epoch) yield* repository.flush(current)
    }).pipe(
      Effect.timeout(patience),
      Effect.catch((error) =>
        Effect.logWarning("the log was not flushed at the end of the term; the next writer will").pipe(
          Effect.annotateLogs({ error: error.message })
        )
      )
    )
    yield* Effect.addFinalizer(() => close)

    const standing = Effect.map(
      repository.head,
      ({ epoch }): LeaseStanding => current?.term === epoch ? { _tag: "Active", term: epoch } : { _tag: "Standby" }
    )

    return Lease.of({
      fence: Effect.withSpan(turn.withPermits(1)(fence), "Lease.fence"),
      hold: () => () => {},
      tell: () => {},
      standing,
      changes: Stream.mapEffect(repository.changes, () => standing)
    })
  })
)
