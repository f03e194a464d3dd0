/** Reads the log again from where it begins, and proves every entry and every base against what came before. */
import { Context, type Effect } from "effect"
import type { Problem } from "../domain/repository/LogProof.ts"
import type { State } from "../domain/repository/State.ts"
import type { RepositoryError } from "./Repository.ts"

export class LogAudit extends Context.Service<LogAudit, {
  /**
   * The entries from `start` up to the state's, and the bases there. `packsOf`: packs named by segments, as far as known.
   * `each` is told of every entry.
   */
  readonly audit: (
    log: {
      readonly state: State
      readonly start: number
      readonly bases: ReadonlyArray<number>
      readonly packsOf: (segment: string) => ReadonlyArray<string> | undefined
    },
    each: () => void
  ) => Effect.Effect<ReadonlyArray<Problem>, RepositoryError>
}>()("bepository/services/LogAudit") {}
