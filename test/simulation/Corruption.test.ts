/**
 * Repositories that were used for a month: a check finds nothing wrong with them on any day, and everything that is done
 * to one of their objects; and whatever is done, nobody is ever served wrong bytes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Corruption from "./Corruption.ts"

/** `npm run simulate -- --corruptions N` for more. */
const cases = 120

describe("a repository that was used for a month", () => {
  let victim: Effect.Success<ReturnType<typeof Corruption.lived>> | undefined

  it.live("is in order on every day, by a full check", () =>
    Effect.gen(function*() {
      const alarms: Array<string> = []
      victim = yield* Corruption.lived((day, objects) =>
        Effect.map(Corruption.found(new Map(objects)), (keys) =>
          void alarms.push(...keys.map((key) => `day ${day}: ${key}`)))
      )
      assert.deepStrictEqual(victim.complaints, [])
      assert.deepStrictEqual(alarms, [])
      assert.isAbove(victim.removed, 100)
      assert.deepStrictEqual(yield* Corruption.servedWrong(new Map(victim.objects), victim.contents), [])
    }), 120_000)

  it.live(
    `whatever is done to one of its objects is found, and nothing wrong is served, ${cases} times`,
    () =>
      Effect.gen(function*() {
        const seen = new Set<string>()
        for (let damage = 1; damage <= cases; damage++) {
          const { complaints, kind, what } = yield* Corruption.strike(victim!, damage)
          assert.deepStrictEqual(complaints, [], what)
          seen.add(kind)
        }
        assert.isAbove(seen.size, 25)
      }),
    600_000
  )
})
