import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as World from "../harness/FsckWorld.ts"

describe.each(World.suites)("a healthy repository, %s", (suite) => {
  for (const age of World.ages) {
    it.live(`${age}: nothing is found at any level`, () =>
      Effect.gen(function*() {
        const objects = yield* World.objectsOf(age, suite)
        const before = new Map(objects)
        for (const level of ["quick", "structural", "full"] as const) {
          const report = yield* World.on(objects, suite, World.check({ level }))
          assert.deepStrictEqual(World.complaints(report), [], level)
        }
        assert.deepStrictEqual(objects, before, "a check changes nothing")
      }))
  }
})
