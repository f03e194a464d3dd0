/**
 * Builds what a merge makes of segments: their rows, in slices, into a new one. The object is put here; the commit that names
 * it is the caller's.
 */
import { Effect, Pull, Stream } from "effect"
import * as CompactionPlan from "../domain/repository/CompactionPlan.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { Merge } from "../domain/repository/Op.ts"
import * as Renaming from "../domain/repository/Renaming.ts"
import * as RepackPlan from "../domain/repository/RepackPlan.ts"
import type { SegmentBuilder } from "../domain/repository/Segment.ts"
import * as SegmentMerge from "../domain/repository/SegmentMerge.ts"
import type { SegmentRef, State } from "../domain/repository/State.ts"
import type { WriteFence } from "./Lease.ts"
import { type Repository, RepositoryCorrupt, type RepositoryError } from "./Repository.ts"
import type { SegmentReader } from "./SegmentReader.ts"

/** Bytes of inputs in memory at a time, all together. */
const inputBytes = 16 * 1024 * 1024
/** Indexes of packs fetched at once. */
const concurrency = 4

/** What became of the rows of a merge. */
export type Outcome = ReturnType<SegmentMerge.SegmentMerge<unknown>["outcome"]>

export const witnessesOf = (task: CompactionPlan.Task): ReadonlyArray<SegmentRef> =>
  task.table === "files" ? task.witnesses ?? [] : []

/** The merge would not be worth its bytes. Nobody outside of compaction sees it. */
export const fruitless = { _tag: "Fruitless" } as const

export const make = (repository: Repository["Service"], reader: SegmentReader["Service"]) => {
  /** Takes all rows of the inputs, in slices. */
  const drive = Effect.fnUntraced(function*<Row>(
    merging: SegmentMerge.SegmentMerge<Row>,
    inputs: ReadonlyArray<SegmentRef>,
    rows: (ref: SegmentRef, atOnce: number) => Stream.Stream<ReadonlyArray<Row>, RepositoryError>,
    into: SegmentBuilder
  ) {
    const atOnce = Math.floor(inputBytes / inputs.length)
    const pulls = yield* Effect.forEach(inputs, (ref) => Stream.toPull(rows(ref, atOnce)))
    while (true) {
      const progress = merging.step(into)
      if (progress._tag === "done") return
      if (progress._tag === "broken") {
        return yield* new RepositoryCorrupt({
          key: ObjectKey.segment(progress.segment),
          reason: progress.reason
        })
      }
      if (progress._tag === "paused") {
        yield* Effect.yieldNow
        continue
      }
      const lists = yield* Pull.catchDone(pulls[progress.input]!, () => Effect.undefined)
      if (lists === undefined) merging.end(progress.input)
      else merging.feed(progress.input, lists.length === 1 ? lists[0] : lists.flat())
    }
  }, Effect.scoped)

  /** By what names the rows of a merge go on: as the redirects of the state say. What cannot be read keeps its old ones. */
  const renamingOf = Effect.fnUntraced(function*(state: State, inputs: ReadonlyArray<SegmentRef>) {
    const named = new Set<string>()
    if (state.redirects.size > 0) {
      for (const ref of inputs) for (const { id } of (yield* reader.footer(ref)).packs) named.add(id)
    }
    const { old, packs } = Renaming.wanted(state, named)
    const opened = yield* Effect.forEach(
      packs.values(),
      (ref) =>
        reader.contents(ref).pipe(
          Effect.map(({ hashes }) => new RepackPlan.Blocks(ref, hashes)),
          Effect.catchTag("RepositoryCorrupt", (error) => Effect.as(Effect.logError(error.message), undefined))
        ),
      { concurrency }
    )
    const blocks = new Map(opened.flatMap((each) => each === undefined ? [] : [[each.ref.id, each] as const]))
    const names = [...old].flatMap(([id, places]) => {
      const known = places.flatMap((place) => blocks.get(place) ?? [])
      return known.length === places.length ? [[id, known] as const] : []
    })
    return new Renaming.Renaming(new Map(names))
  })

  /** Puts the merged segment, if what became of the rows is worth it. */
  const build = <Row>(
    kind: SegmentMerge.Kind<Row>,
    task: CompactionPlan.Task,
    rows: (ref: SegmentRef, atOnce: number) => Stream.Stream<ReadonlyArray<Row>, RepositoryError>,
    fence: WriteFence,
    isWorth: (outcome: Outcome) => boolean
  ) => {
    const witnesses = witnessesOf(task)
    const merging = new SegmentMerge.SegmentMerge(kind, task.inputs, witnesses)
    const folder = CompactionPlan.tableOf(task)
    return Effect.map(
      repository.buildSegment(
        task.table,
        folder,
        Effect.fnUntraced(function*(into) {
          yield* drive(merging, [...task.inputs, ...witnesses], rows, into)
          const outcome = merging.outcome(into.soFar())
          if (!outcome.whole) return yield* Effect.die(new Error(`a merge of "${folder}" lost rows or made some`))
          if (!isWorth(outcome)) return yield* Effect.fail(fruitless)
        }),
        fence
      ),
      (output): Merge => {
        const { dropped, renamed, tombstones } = merging.outcome(output)
        return {
          _tag: "SegmentsMerged",
          table: task.table,
          folder,
          inputs: task.inputs.map(({ id }) => id),
          ...(output === undefined ? {} : { output }),
          dropped,
          tombstones,
          ...(renamed === undefined ? {} : { renamed })
        }
      }
    )
  }

  return { build, renamingOf }
}
