/**
 * Fails a test that leaves sockets, servers, timers or other handles of Node behind. Wrap it outermost, around every
 * scope and layer: `.pipe(Effect.scoped, Effect.provide(layer), noLeaks)`. Not for tests that run at the same time.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

/** Handles that come and go with the test runner itself. */
const ignored = new Set([
  "Immediate",
  "MessagePort",
  "PipeWrap",
  "FSReqCallback",
  "FSReqPromise",
  "CloseReq",
  "FILEHANDLE"
])

const census = (): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (!ignored.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

const grown = (before: Map<string, number>): ReadonlyArray<string> =>
  [...census()].flatMap(([kind, count]) => {
    const extra = count - (before.get(kind) ?? 0)
    return extra > 0 ? [`${extra} × ${kind}`] : []
  })

/** Handles close a few turns of the event loop after they were told to. */
const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

export const noLeaks = <A, E, R>(test: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const before = census()
    return Effect.ensuring(
      test,
      Effect.gen(function*() {
        for (let turns = 0; turns < 20_000 && grown(before).length > 0; turns++) yield* turn
        assert.deepStrictEqual(grown(before), [], "handles left open")
      })
    )
  })
