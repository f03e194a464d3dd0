/** Copies a repository, object by object, to another store, while daemons may be writing to it. */
import { Context, Schema, type Stream } from "effect"
import * as Runtime from "effect/Runtime"
import type { Damage } from "./CopySource.ts"
import type { KeyError } from "./Keys.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type { LocationNotEmpty, RepositoryAbsent, RepositoryError } from "./Repository.ts"

/**
 * The destination holds commits of this repository that the source does not have: both were written to, or it is so far behind
 * that the source's log no longer reaches back to it, which is the same for who must not guess. Nothing was copied.
 */
export class CopyDiverged extends Schema.TaggedError<CopyDiverged>()("CopyDiverged", {
  location: Schema.String,
  position: Schema.Int,
  behind: Schema.Boolean
}) {
  override readonly [Runtime.errorExitCode] = 15
  override get message() {
    if (this.behind) {
      return `${this.location} is a copy that ends at commit ${this.position}, and the log after that was trimmed meanwhile: ` +
        "it cannot be proved to be only behind; nothing was copied, choose an empty location"
    }
    return `${this.location} is a copy that has gone on by itself since commit ${this.position}; nothing was copied, choose an empty location`
  }
}

/** What is read at the destination is not what the source holds. The copy stays unfinished. */
export class CopyDamaged extends Schema.TaggedError<CopyDamaged>()("CopyDamaged", {
  key: Schema.String,
  location: Schema.String,
  /** It was written by this run, and is gone again. Else it is still there. */
  removed: Schema.Boolean
}) {
  override readonly [Runtime.errorExitCode] = 14
  override get message() {
    if (this.removed) {
      return `${this.key} reads back from ${this.location} as something else than was written, and was removed again; ` +
        "the copy is not finished, look at that store before you try again"
    }
    // Which of both is damaged nobody knows yet: the good one must not be removed.
    return `${this.key} at ${this.location} is not what this repository holds; the copy is not finished: ` +
      "if `bepository fsck --check full` finds nothing wrong here, remove that object there and run this again"
  }
}

/** How far it is. Totals grow while the source is written to. */
export interface CopyProgress {
  /** Objects that are at the destination: found there, or copied. */
  readonly objects: number
  readonly bytes: number
  readonly totalObjects: number
  readonly totalBytes: number
  /** Of those, copied by this run. */
  readonly copiedObjects: number
  readonly copiedBytes: number
  /** Of all that are there, read back by this run and the same as at the source. */
  readonly verifiedObjects: number
  readonly verifiedBytes: number
  /** Of what an unfinished copy left there, what this run has yet to read back before it goes on. */
  readonly unprovedObjects: number
  readonly unprovedBytes: number
  /** The last commit of the copy; undefined until it is finished. */
  readonly position: number | undefined
  /** Objects of the source that are none of a repository's, and were left. */
  readonly strange: ReadonlyArray<string>
  /** Objects that are damaged at the source, by key: of those that this run looked at. */
  readonly damage: ReadonlyMap<string, Damage>
  /** What an earlier run left, which did not come to its end or found damage, was not compared: that was not asked for. */
  readonly uncompared: boolean
}

export type CopyError = CopyDamaged | CopyDiverged | KeyError | LocationNotEmpty | RepositoryAbsent | RepositoryError

export class RepositoryCopy extends Context.Service<RepositoryCopy, {
  /**
   * To a store that is empty or holds an earlier copy of the same repository, which is completed. Each object is proved by
   * itself before it is put. If `verify`, it is read back and compared then, and so is what a copy left that did not come to its
   * end, or had damage in it. The last element has a position; an interrupted copy is no repository and can be gone on with.
   */
  readonly copyTo: (
    destination: ObjectStore["Service"],
    options: { readonly verify: boolean }
  ) => Stream.Stream<CopyProgress, CopyError>
}>()("bepository/services/RepositoryCopy") {}
