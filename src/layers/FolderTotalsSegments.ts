/** Totals counted from the folder's metadata, where that is little. */
import { Effect, Layer, Stream } from "effect"
import { Counting } from "../domain/replica/Counting.ts"
import { FolderTotals } from "../services/FolderTotals.ts"
import { Repository } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"

/** Bytes of segments read for a count. */
const cheap = 8 * 1024 * 1024
/** Segments read for a count: each is a request or two. */
const few = 12

export const layer: Layer.Layer<FolderTotals, never, Repository | SegmentReader> = Layer.effect(
  FolderTotals,
  Effect.gen(function*() {
    const repository = yield* Repository
    const segments = yield* SegmentReader
    return FolderTotals.of({
      at: Effect.fn("FolderTotals.at")(function*(state, id) {
        const folder = state.folders.get(id)
        if (folder === undefined) return undefined
        const refs = folder.segments.flatMap((segment) => state.segments.get(segment) ?? [])
        if (refs.length > few || refs.reduce((sum, { size }) => sum + size, 0) > cheap) return undefined
        const counting = new Counting()
        const take = (records: Parameters<Counting["take"]>[0]) => Effect.sync(() => counting.take(records))
        yield* Effect.forEach(refs, (ref) => Stream.runForEach(segments.records(ref), take), {
          concurrency: 4,
          discard: true
        })
        const [first] = folder.inline
        if (first !== undefined) {
          yield* repository.commitsAfter(first - 1).pipe(
            Stream.takeWhile(({ commit }) => commit.position <= state.position),
            Stream.runForEach(({ commit }) =>
              Effect.sync(() => {
                for (const op of commit.ops) {
                  if (op._tag === "FilesChanged" && op.folder === id) counting.take(op.records)
                }
              })
            )
          )
        }
        return counting.counts
      })
    })
  })
)
