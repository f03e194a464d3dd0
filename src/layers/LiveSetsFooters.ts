/** Live sets from the footers of segments: each is read once, and kept as numbers for as long as the state has the segment. */
import { Effect, Layer, Stream } from "effect"
import { LiveSet, type Named, namedBy, Names, type Root } from "../domain/repository/LiveSet.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { SegmentRef } from "../domain/repository/Refs.ts"
import * as State from "../domain/repository/State.ts"
import { type InlineRecords, LiveSets } from "../services/LiveSets.ts"
import { Repository, RepositoryCorrupt } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"

/** Footers fetched at once, and names taken in between two chances for other fibers. */
const concurrency = 4
const slice = 2048
/** Names of packs that are gone are forgotten, all together, when they are so many more than those there are. */
const mostForgotten = 100_000

interface Memory {
  readonly names: Names
  readonly known: Map<string, Named>
}

export const layer: Layer.Layer<LiveSets, never, Repository | SegmentReader> = Layer.effect(
  LiveSets,
  Effect.gen(function*() {
    const repository = yield* Repository
    const segments = yield* SegmentReader
    let memory: Memory = { names: new Names(), known: new Map() }

    const read = Effect.fnUntraced(function*({ known, names }: Memory, ref: SegmentRef) {
      const kept = known.get(ref.id)
      if (kept !== undefined) return kept
      const { packs } = yield* segments.footer(ref)
      const places = new Uint32Array(packs.length)
      const bytes = new Float64Array(packs.length)
      for (const [i, pack] of packs.entries()) {
        places[i] = names.place(pack.id)
        bytes[i] = pack.bytes
        if (i % slice === slice - 1) yield* Effect.yieldNow
      }
      const named = { places, bytes }
      known.set(ref.id, named)
      return named
    })

    /** Places mean something in the memory they are of only: who begins with one stays with it. */
    const recall = (state: State.State): Memory => {
      const packs = state.packs.flushed.size + state.packs.inline.size
      if (memory.names.size > packs * 2 + mostForgotten) memory = { names: new Names(), known: new Map() }
      for (const id of memory.known.keys()) if (!state.segments.has(id)) memory.known.delete(id)
      return memory
    }

    /** The segments of folders' tables. That a root is none of the state's segments would make what it names look dead. */
    const tables = Effect.fnUntraced(function*(state: State.State) {
      for (const id of State.referencedSegments(state)) {
        if (state.segments.has(id)) continue
        return yield* new RepositoryCorrupt({ key: ObjectKey.segment(id), reason: "the log does not know it" })
      }
      return [...state.segments.values()].filter(({ table }) => table === "files")
    })

    const inline = Effect.fnUntraced(function*(state: State.State) {
      const since = State.inlineSince(state)
      const found: Array<InlineRecords> = []
      if (since === undefined) return found
      const wanted = new Map(Array.from(state.folders.values(), ({ id, inline }) => [id, new Set(inline)]))
      yield* repository.commitsAfter(since - 1).pipe(
        Stream.takeWhile(({ commit }) => commit.position <= state.position),
        Stream.runForEach(({ commit: { ops, position } }) =>
          Effect.sync(() => {
            for (const op of ops) {
              if (op._tag !== "FilesChanged" || wanted.get(op.folder)?.has(position) !== true) continue
              found.push({ folder: op.folder, position, records: op.records })
            }
          })
        )
      )
      const seen = new Set(found.map(({ folder, position }) => `${position} ${folder}`))
      for (const [folder, positions] of wanted) {
        for (const position of positions) {
          if (seen.has(`${position} ${folder}`)) continue
          // Else what only they name would be taken for dead.
          return yield* new RepositoryCorrupt({
            key: ObjectKey.log(position),
            reason: `it has no records of ${folder}`
          })
        }
      }
      return found
    })

    /** What a segment is a part of. */
    const roots = (state: State.State): (segment: string) => Root => {
      const head = new Set<string>()
      for (const folder of state.folders.values()) for (const id of folder.segments) head.add(id)
      const checkpoints = new Set<string>()
      for (const checkpoint of state.checkpoints) for (const id of checkpoint.segments) checkpoints.add(id)
      return (segment) => head.has(segment) ? "head" : checkpoints.has(segment) ? "checkpoint" : "none"
    }

    const of = Effect.fn("LiveSets.of")(function*(state: State.State) {
      const memory = recall(state)
      const { names } = memory
      const refs = yield* tables(state)
      const rootOf = roots(state)
      const all = yield* Effect.forEach(
        refs,
        (ref) =>
          rootOf(ref.id) === "none"
            // It only tells more about what is dead.
            ? Effect.catchTag(read(memory, ref), "RepositoryCorrupt", () => Effect.undefined)
            : read(memory, ref),
        { concurrency }
      )
      const live = new LiveSet(state, names)
      for (const [i, ref] of refs.entries()) {
        const named = all[i]
        if (named !== undefined) live.add(named, rootOf(ref.id))
        yield* Effect.yieldNow
      }
      for (const { records } of yield* inline(state)) {
        live.add(namedBy(records, names), "head")
        yield* Effect.yieldNow
      }
      return live.finish()
    })

    return LiveSets.of({
      of,
      inline,
      naming: Effect.fnUntraced(function*(state, packs) {
        const memory = recall(state)
        const rootOf = roots(state)
        const refs = (yield* tables(state)).filter(({ id }) => rootOf(id) !== "none")
        const all = yield* Effect.forEach(refs, (ref) => read(memory, ref), { concurrency })
        const wanted = new Set([...packs].map((pack) => memory.names.place(pack)))
        return refs.filter((_, i) => all[i]!.places.some((place) => wanted.has(place)))
      }),
      replaced: Effect.fnUntraced(function*(state) {
        const memory = recall(state)
        const rootOf = roots(state)
        const refs = (yield* tables(state)).filter(({ id }) => rootOf(id) === "head")
        const all = yield* Effect.forEach(refs, (ref) => read(memory, ref), { concurrency })
        const old = new Set([...state.redirects.keys()].map((pack) => memory.names.place(pack)))
        return new Map(refs.map(({ id }, i) => [id, all[i]!.places.reduce((sum, place) => sum + +old.has(place), 0)]))
      })
    })
  })
)
