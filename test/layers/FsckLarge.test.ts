/** A check that finds more than one call can take as arguments. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as World from "../harness/FsckWorld.ts"

describe("a pack that very many files share", () => {
  it.live("is lost, and every one of them is told of", () =>
    Effect.gen(function*() {
      const made = new Map<string, Uint8Array>()
      const count = 130_000
      const shared = Buffer.from("the same in all")
      const objects = yield* World.on(
        made,
        "plain",
        Effect.gen(function*() {
          const files = Object.fromEntries(Array.from({ length: count }, (_, at) => [`many/${at}`, shared] as const))
          yield* World.write("a", files, { segment: true })
          return new Map(made)
        })
      )
      for (const key of objects.keys()) if (key.startsWith("pack/")) objects.delete(key)
      const { damage } = yield* World.on(objects, "plain", World.check({ level: "structural" }))
      assert.strictEqual(damage.rows.length, count)
    }), 120_000)
})
