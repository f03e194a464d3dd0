/** What a replica remembers of packs that were replaced, after the log has forgotten them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type * as State from "../../src/domain/repository/State.ts"
import { begun, during, type Place } from "../harness/ReplicaAnswers.ts"

export const replicaMovedContract = (open: Effect.Effect<Place, never, Scope.Scope>) => {
  const withReplica = during(open)

  describe("what was moved", () => {
    it.effect("knows where the blocks of a pack are that the log has forgotten", () => {
      const script = begun("f")
      const old = script.pack(["x", "y"])
      const blocks = ["x", "y"].map((label) => ({ label, pack: old.ref.id }))
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          script.commit({ _tag: "PacksAdded", packs: [old.ref] }, script.filesChanged("f", [{ name: "a", blocks }]))
          yield* replica.catchUp()
          const replace = (old: string, ...packs: ReadonlyArray<State.PackRef>) =>
            script.commit(
              { _tag: "PacksAdded", packs },
              { _tag: "PackReplaced", old, packs: packs.map(({ id }) => id), scanned: script.head.position }
            )
          const [a, b, c] = [script.pack(["x"]).ref, script.pack(["y"]).ref, script.pack(["y", "z"]).ref]
          assert.deepStrictEqual(replica.movedUnsafe(old.ref.id), [])
          replace(old.ref.id, a, b)
          yield* replica.catchUp()
          assert.deepStrictEqual(replica.movedUnsafe(old.ref.id), [], "the log says it")
          // A merge gave the row new names.
          script.commit({ _tag: "RedirectsDropped", packs: [old.ref.id] })
          yield* replica.catchUp()
          assert.deepStrictEqual(replica.movedUnsafe(old.ref.id), [a.id, b.id])
          replace(b.id, c)
          script.commit({ _tag: "RedirectsDropped", packs: [b.id] })
          yield* replica.catchUp()
          assert.deepStrictEqual(replica.movedUnsafe(old.ref.id), [a.id, c.id])
          assert.deepStrictEqual(replica.movedUnsafe(b.id), [c.id])
          assert.deepStrictEqual(replica.movedUnsafe("1-never"), [])
        }))
    })

    it.effect("knows so of what was replaced before it was built", () => {
      const script = begun("f")
      const [old, next] = [script.pack(["x"]).ref, script.pack(["x"]).ref]
      script.commit(
        { _tag: "PacksAdded", packs: [old, next] },
        script.filesChanged("f", [{ name: "a", blocks: [{ label: "x", pack: old.id }] }])
      )
      script.commit({ _tag: "PackReplaced", old: old.id, packs: [next.id], scanned: script.head.position })
      script.flush("f")
      script.trim()
      return withReplica(script, (replica) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          script.commit({ _tag: "RedirectsDropped", packs: [old.id] })
          yield* replica.catchUp()
          assert.deepStrictEqual(replica.movedUnsafe(old.id), [next.id])
        }))
    })
  })
}
