/** The audit over the log's objects, some entries at a time. What cannot be read is a problem, and no reason to stop; what is newer than this program is. */
import { Effect, Layer } from "effect"
import { LogProof, type Problem } from "../domain/repository/LogProof.ts"
import * as State from "../domain/repository/State.ts"
import { LogAudit } from "../services/LogAudit.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { Repository, type RepositoryError } from "../services/Repository.ts"

/** Entries in memory, and of those read at once. */
const slice = 64
const concurrency = 8

export const layer: Layer.Layer<LogAudit, never, LogObjects | Repository> = Layer.effect(
  LogAudit,
  Effect.gen(function*() {
    const log = yield* LogObjects
    const { id, sealing } = yield* Repository

    return LogAudit.of({
      audit: Effect.fn("LogAudit.audit")(function*({ bases, packsOf, start, state }, each) {
        const problems: Array<Problem> = []
        /** Undefined, and a problem, if it cannot be read. */
        const readable = <A>(kind: Problem["kind"], position: number, read: Effect.Effect<A, RepositoryError>) => {
          const unreadable = (reason: string) =>
            Effect.sync(() => {
              problems.push({ kind, position, reason })
              return undefined
            })
          return Effect.catchTag(read, "RepositoryCorrupt", ({ reason }) => unreadable(reason))
        }
        /** Its pack table may have been merged since, and be gone: then the fold goes on from a later base. */
        const withPacks = (base: State.State) =>
          Effect.catchTag(log.withPackTable(sealing, base), "RepositoryCorrupt", () => Effect.undefined)
        const judge = (problem: Problem | undefined) => {
          if (problem !== undefined) problems.push(problem)
        }
        const proof = new LogProof({ packsOf }, start === 1 ? State.initial(id) : undefined)
        for (const position of bases) {
          if (position >= start) break
          const base = yield* readable("base", position, log.base(sealing, position))
          if (base !== undefined && position === start - 1) judge(proof.base(base, yield* withPacks(base)))
        }
        const based = new Set(bases)
        for (let from = start; from <= state.position; from += slice) {
          const positions = Array.from({ length: Math.min(slice, state.position - from + 1) }, (_, at) => from + at)
          const entries = yield* Effect.forEach(
            positions,
            (position) => readable("log", position, log.entry(sealing, position)),
            { concurrency }
          )
          for (const [at, position] of positions.entries()) {
            judge(proof.entry(position, entries[at]))
            each()
            const base = based.has(position)
              ? yield* readable("base", position, log.base(sealing, position))
              : undefined
            if (base !== undefined) {
              judge(proof.base(base, proof.knows === undefined ? yield* withPacks(base) : undefined))
            }
          }
          yield* Effect.yieldNow
        }
        return problems
      })
    })
  })
)
