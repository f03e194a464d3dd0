/** Schedules, pins and removals as commits. Each is judged on the newest state, and again after a lost race. */
import { Effect, Layer } from "effect"
import type { Op } from "../domain/repository/Op.ts"
import type { Checkpoint } from "../domain/repository/Refs.ts"
import * as Retention from "../domain/repository/Retention.ts"
import type { State } from "../domain/repository/State.ts"
import * as Timespan from "../domain/Timespan.ts"
import { CheckpointKeeping, CheckpointRefused } from "../services/CheckpointKeeping.ts"
import { Repository } from "../services/Repository.ts"

export const layer: Layer.Layer<CheckpointKeeping, never, Repository> = Layer.effect(
  CheckpointKeeping,
  Effect.map(Repository, (repository) => {
    /** A refusal is an answer too, so the log is read first. Answers the state after what was planned, if anything was. */
    const commit = (plan: (state: State) => Effect.Effect<ReadonlyArray<Op>, CheckpointRefused>) =>
      Effect.andThen(repository.refresh, repository.commit(plan)).pipe(
        // Operations without objects carry no term, so no newer term can refuse them.
        Effect.catchTag("Fenced", (error) => Effect.die(error)),
        Effect.flatMap((applied) => applied === undefined ? repository.head : Effect.succeed(applied.state))
      )

    const setSchedule: CheckpointKeeping["Service"]["setSchedule"] = Effect.fn("CheckpointKeeping.setSchedule")(
      function*(rule) {
        const problem = Retention.problem(rule)
        if (problem !== undefined) return yield* new CheckpointRefused({ problem })
        return yield* commit(({ schedules }) =>
          Effect.succeed(
            schedules.some(({ every, keep }) => every === rule.every && keep === rule.keep)
              ? []
              : [{ _tag: "ScheduleSet", ...rule }]
          )
        )
      }
    )

    const removeSchedule: CheckpointKeeping["Service"]["removeSchedule"] = Effect.fn(
      "CheckpointKeeping.removeSchedule"
    )(
      (every) =>
        commit(({ schedules }) => {
          if (schedules.some((rule) => rule.every === every)) {
            return Effect.succeed([{ _tag: "ScheduleRemoved", every }])
          }
          const known = schedules.map((rule) => Timespan.format(rule.every)).join(", ")
          return new CheckpointRefused({
            problem: `there is no schedule of every ${Timespan.format(every)}; there are: ${known || "none"}`
          })
        })
    )

    const pin: CheckpointKeeping["Service"]["pin"] = Effect.fn("CheckpointKeeping.pin")((id, pin) =>
      commit((state) =>
        Effect.map(find(state, id), (): ReadonlyArray<Op> => [{ _tag: "CheckpointPinned", id, ...pin }])
      ).pipe(Effect.flatMap((state) => find(state, id)))
    )

    const unpin: CheckpointKeeping["Service"]["unpin"] = Effect.fn("CheckpointKeeping.unpin")((id, holder) =>
      commit((state) =>
        Effect.flatMap(
          find(state, id),
          (checkpoint): Effect.Effect<ReadonlyArray<Op>, CheckpointRefused> => {
            const meant = checkpoint.pins?.filter((pin) =>
              holder === "" ? Retention.isOperators(pin) : pin.holder === holder
            ) ?? []
            if (meant.length > 0) {
              return Effect.succeed(meant.map(({ holder }) => ({ _tag: "CheckpointUnpinned", id, holder })))
            }
            const is = Retention.isPinned(checkpoint, state.time)
              ? "being read, and not pinned: that ends by itself"
              : "not pinned"
            return new CheckpointRefused({ problem: `checkpoint ${id} is ${is}; nothing was changed` })
          }
        )
      ).pipe(Effect.flatMap((state) => find(state, id)))
    )

    const remove: CheckpointKeeping["Service"]["remove"] = Effect.fn("CheckpointKeeping.remove")(function*(ids) {
      let gone: ReadonlyArray<Checkpoint> = []
      const unique = [...new Set(ids)]
      yield* commit(Effect.fnUntraced(function*(state: State) {
        gone = yield* Effect.forEach(unique, (id) => find(state, id))
        for (const checkpoint of gone) {
          const problem = Retention.pinnedProblem(checkpoint, state.time)
          if (problem !== undefined) return yield* new CheckpointRefused({ problem })
        }
        return [{ _tag: "CheckpointsRemoved", ids: unique }] as const
      }))
      return gone
    })

    return CheckpointKeeping.of({ setSchedule, removeSchedule, pin, unpin, remove })
  })
)

const find = (state: State, id: number): Effect.Effect<Checkpoint, CheckpointRefused> => {
  const checkpoint = state.checkpoints.find((other) => other.id === id)
  return checkpoint === undefined
    ? Effect.fail(new CheckpointRefused({ problem: `checkpoint ${id} is gone; nothing was changed` }))
    : Effect.succeed(checkpoint)
}
