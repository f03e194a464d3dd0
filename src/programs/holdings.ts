/** What checkpoints and folders keep in the store, from footers alone: no record is read for it, whatever the size. */
import { Effect, Stream } from "effect"
import * as Holdings from "../domain/repository/Holdings.ts"
import { inlineSince, type State } from "../domain/repository/State.ts"
import { Repository, type RepositoryError } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"
import * as Text from "./text.ts"

/** Footers read at a time. */
const concurrency = 32

type Needs = Repository | SegmentReader

const inlinePacks = Effect.fnUntraced(function*(state: State) {
  const since = inlineSince(state)
  if (since === undefined) return new Map<string, ReadonlySet<string>>()
  const applied = yield* (yield* Repository).commitsAfter(since - 1).pipe(
    Stream.takeWhile(({ commit }) => commit.position <= state.position),
    Stream.runCollect
  )
  return Holdings.inlinePacks(state, applied.map(({ commit }) => commit))
})

export const of = Effect.fn("Holdings.of")(function*<Id>(
  state: State,
  roots: ReadonlyArray<Holdings.Root<Id>>
): Effect.fn.Return<ReadonlyMap<Id, Holdings.Held>, RepositoryError, Needs> {
  const reader = yield* SegmentReader
  const packs = new Map(
    yield* Effect.forEach(
      Holdings.refs(state, roots),
      (ref) => Effect.map(reader.footer(ref), (footer) => [ref.id, footer.packs] as const),
      { concurrency }
    )
  )
  return Holdings.tally(state, roots, (segment) => packs.get(segment) ?? [])
})

/** What each checkpoint holds, beside the others and what folders are now. */
export const ofCheckpoints = Effect.fnUntraced(function*(state: State) {
  if (state.checkpoints.length === 0) return new Map<number, Holdings.Held>()
  const inline = yield* inlinePacks(state)
  const now = {
    id: 0,
    segments: Array.from(state.folders.values(), ({ segments }) => segments).flat(),
    inline: Array.from(inline.values(), (packs) => [...packs]).flat()
  }
  return yield* of<number>(state, [now, ...state.checkpoints])
})

/** What only these checkpoints, and the folder if there is one, hold together. */
export const together = Effect.fnUntraced(function*(state: State, gone: ReadonlySet<number>, folder?: string) {
  const inline = yield* inlinePacks(state)
  const rest = { segments: new Array<string>(), inline: new Array<string>() }
  const going = { segments: new Array<string>(), inline: new Array<string>() }
  for (const { id, segments } of state.folders.values()) {
    const side = id === folder ? going : rest
    side.segments.push(...segments)
    side.inline.push(...inline.get(id) ?? [])
  }
  for (const { id, segments } of state.checkpoints) (gone.has(id) ? going : rest).segments.push(...segments)
  const held = yield* of(state, [{ id: "going", ...going }, { id: "rest", ...rest }])
  return held.get("going") ?? { alone: 0, shared: 0 }
})

/** What goes at once: whole packs and tables. What is needed of a pack is only known once it is looked into. */
export const least = ({ alone }: Holdings.Held): string =>
  alone === 0 ? "no whole pack or table" : `at least ${Text.bytes(alone)}`

export const later = ({ shared }: Holdings.Held): string =>
  shared === 0 ? "" : "; what only they needed of those that others need too goes when they are rewritten"
