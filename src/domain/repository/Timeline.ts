/**
 * Whether what lies in the store continues what this host once verified there, and how a broken timeline goes on: under
 * new index ids, with counters so far up that nothing given out in the lost part is ever given out again.
 */
import type { Op } from "./Commit.ts"
import type { State } from "./State.ts"

/** A verified place in the log. */
export interface Place {
  readonly position: number
  /** Of the commit there, 32 bytes. */
  readonly digest: Uint8Array
}

/**
 * How far a fork moves the epoch. Every lease claim takes one number: claims once a second would take a century.
 * 2^53 leaves room for two million forks.
 */
export const epochStride = 2 ** 32

/** How far a fork moves each folder's sequence: more entries than any folder was ever given. Room for eight thousand forks. */
export const sequenceStride = 2 ** 40

/**
 * Whether the log, as a run of verified places ascending to its head, contradicts what was seen; undefined: cannot be told
 * from it. A run that ends before is no contradiction yet: it may be behind the log.
 */
export const contradicts = (run: ReadonlyArray<Place>, seen: Place): boolean | undefined => {
  const first = run[0]
  const same = first && run[seen.position - first.position]
  return same && Buffer.compare(same.digest, seen.digest) !== 0
}

/** The operation that records a fork on this state. `indexIds`: fresh random ones, not 0, one for each folder in order. */
export const fork = (state: State, indexIds: ReadonlyArray<bigint>): Op => ({
  _tag: "TimelineForked",
  epoch: state.epoch + epochStride,
  folders: Array.from(state.folders.values(), (folder, at) => ({
    folder: folder.id,
    indexId: indexIds[at] ?? 0n,
    sequence: folder.sequence + sequenceStride
  }))
})
