/** What segments name that was replaced: counted for the tables of folders, by footers that are read once. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import type { Op } from "../../src/domain/repository/Op.ts"
import { LiveSets } from "../../src/services/LiveSets.ts"
import * as World from "../harness/CollectionWorld.ts"
import { inVirtualTime } from "../harness/Hosts.ts"

describe("LiveSetsFooters", () => {
  it.effect("names that were replaced are counted by segment of a folder's view, not of checkpoints", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      const gets: Array<string> = []
      const watched = World.watched(
        store,
        ({ key, operation }) =>
          Effect.sync(() => void (operation === "get" && key.startsWith("segment/") && gets.push(key)))
      )
      const host = yield* World.open({ store: watched, seed: 1 })
      const fence = yield* host.lease.fence
      const lives = Context.get(host.context, LiveSets)
      const known = new Map<string, string>()
      const save = Effect.fnUntraced(function*(name: string, ...labels: ReadonlyArray<string>) {
        for (const label of labels) yield* World.put(host, { [`${name} ${label}`]: [label] }, known)
        yield* host.repository.flush(fence)
      })
      yield* save("one", "a", "b")
      yield* save("two", "c")
      yield* World.checkpoint(host)
      yield* World.merge(host)
      yield* save("three", "d")
      yield* save("four", "a", "e")
      const state = yield* host.repository.head
      const view = state.folders.get(World.folder)!.segments
      assert.strictEqual(view.length, 3)
      assert.strictEqual(state.checkpoints[0]!.segments.length, 2)
      gets.length = 0
      assert.deepStrictEqual(yield* lives.replaced(state), new Map(view.map((id) => [id, 0])))
      assert.sameMembers([...new Set(gets)].map((key) => key.slice("segment/".length)), [...view])

      const [target] = yield* World.partly(host, ["a", "b", "e"], fence)
      for (const label of ["a", "b", "e"]) {
        yield* host.repository.commit((state) =>
          Effect.succeed<ReadonlyArray<Op>>([
            { _tag: "PackReplaced", old: known.get(label)!, packs: [target!], scanned: state.position }
          ]), fence)
      }
      gets.length = 0
      assert.deepStrictEqual(
        [...yield* lives.replaced(yield* host.repository.head)],
        view.map((id, at) => [id, [2, 0, 2][at]!])
      )
      assert.deepStrictEqual(gets, [])
    })))
})
