/** Folders removed and taken up again by commits. Each is judged on the newest state, and again after a lost race. */
import { Effect, Layer } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as CheckpointNames from "../domain/dav/CheckpointNames.ts"
import type { Op } from "../domain/repository/Op.ts"
import type { FolderState, RemovedFolder, State } from "../domain/repository/State.ts"
import { CheckpointRefused } from "../services/CheckpointKeeping.ts"
import { FolderUnknown } from "../services/Checkpoints.ts"
import { Folders } from "../services/Folders.ts"
import { Repository } from "../services/Repository.ts"

export const layer: Layer.Layer<Folders, never, Repository | SecureRandom.SecureRandom> = Layer.effect(
  Folders,
  Effect.gen(function*() {
    const repository = yield* Repository
    const random = yield* SecureRandom.SecureRandom

    /** A refusal is an answer too, so the log is read first. */
    const commit = <E>(plan: (state: State) => Effect.Effect<ReadonlyArray<Op>, E>) =>
      Effect.andThen(repository.refresh, repository.commit(plan)).pipe(
        // Operations without objects carry no term, so no newer term can refuse them.
        Effect.catchTag("Fenced", (error) => Effect.die(error))
      )

    const remove: Folders["Service"]["remove"] = Effect.fn("Folders.remove")(function*(id) {
      let was: FolderState | undefined
      yield* commit(Effect.fnUntraced(function*(state: State) {
        was = state.folders.get(id)
        if (was === undefined) return yield* new FolderUnknown({ folder: id, known: [...state.folders.keys()] })
        const problem = CheckpointNames.pinnedProblem(state, id)
        if (problem !== undefined) return yield* new CheckpointRefused({ problem })
        return [{ _tag: "FolderRemoved", folder: id }] as const
      }))
      return was ?? (yield* Effect.die(new Error("a commit without a plan")))
    })

    const add: Folders["Service"]["add"] = Effect.fn("Folders.add")(function*(id) {
      let was: RemovedFolder | undefined
      yield* commit(Effect.fnUntraced(function*(state: State) {
        was = state.removed.get(id)
        if (was === undefined) return yield* new FolderUnknown({ folder: id, known: [...state.removed.keys()] })
        const bytes = Buffer.from(yield* random.randomBytes(8)).readBigUInt64BE()
        // Not 0, and not the one it had: peers know other entries under that.
        const indexId = bytes === 0n || bytes === was.indexId ? was.indexId ^ 1n || 2n : bytes
        return [{ _tag: "FolderAdded", folder: id, label: was.label, indexId }] as const
      }))
      return was ?? (yield* Effect.die(new Error("a commit without a plan")))
    })

    return Folders.of({ remove, add })
  })
)
