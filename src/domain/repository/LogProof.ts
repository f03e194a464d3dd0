/**
 * Folds the log again, entry by entry, from wherever a state is known: every commit must follow its predecessor and obey
 * the rules, and every base must be, byte for byte, what the fold comes to.
 */
import * as Result from "effect/Result"
import * as Base from "./Base.ts"
import type { Entry } from "./LogEntry.ts"
import * as State from "./State.ts"

export interface Problem {
  readonly kind: "log" | "base"
  readonly position: number
  readonly reason: string
}

export class LogProof {
  /** The state at the last entry; undefined while none is known. */
  private state: State.State | undefined
  private digest: Uint8Array | undefined
  private readonly facts: State.Facts

  /** `from`: the state before the first entry, if it is known. */
  constructor(facts: State.Facts, from?: State.State) {
    this.facts = facts
    this.state = from
    this.digest = from?.digest
  }

  get knows(): State.State | undefined {
    return this.state
  }

  /** The next entry, in order; undefined: it could not be read, and what comes after follows nothing. */
  entry(position: number, entry: Entry | undefined): Problem | undefined {
    if (entry === undefined) {
      this.state = undefined
      this.digest = undefined
      return undefined
    }
    const { commit } = entry
    const broken = this.digest !== undefined && Buffer.compare(commit.previous, this.digest) !== 0
    this.digest = entry.digest
    if (broken) {
      this.state = undefined
      return { kind: "log", position, reason: "it follows another commit than the one before it" }
    }
    if (this.state === undefined) return undefined
    const next = State.next(this.state, commit, entry.digest, this.facts)
    this.state = Result.getOrUndefined(next)
    return Result.isFailure(next) ? { kind: "log", position, reason: next.failure } : undefined
  }

  /** The base at the position of the last entry. With its pack table it is gone on from, if no state is known. */
  base(base: State.State, withPacks: State.State | undefined): Problem | undefined {
    const { position } = base
    const { digest, state } = this
    if (digest !== undefined && Buffer.compare(digest, base.digest) !== 0) {
      return { kind: "base", position, reason: "it stands on another commit than the log has there" }
    }
    if (state === undefined) {
      this.state = withPacks
      this.digest = base.digest
      return undefined
    }
    const [folded, told] = [Base.encode(state), Base.encode(base)]
    const same = Result.isSuccess(folded) && Result.isSuccess(told) &&
      Buffer.compare(folded.success, told.success) === 0
    return same ? undefined : { kind: "base", position, reason: "it is not what the log comes to" }
  }
}
