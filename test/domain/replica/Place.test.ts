import { assert, describe, it } from "@effect/vitest"
import * as Place from "../../../src/domain/replica/Place.ts"
import * as Rows from "../../../src/domain/replica/Rows.ts"

describe("places of caches", () => {
  const both = ["data.mdb", "lock.mdb"]
  const older = `replica-${Rows.format - 1}`
  const tables: ReadonlyArray<readonly [name: string, files: ReadonlyArray<string>, boolean]> = [
    [older, both, true],
    ["replica-1", both, true],
    [older, [], true],
    [older, ["lock.mdb"], true],
    [`${older}.gone`, both, true],
    [`${older}.gone`, ["data.mdb"], true],
    [older, [...both, "notes"], false],
    [Place.directory, both, false],
    [`${Place.directory}.gone`, both, false],
    [`replica-${Rows.format + 1}`, both, false],
    ["replica-10", both, false],
    ["replica-0", both, false],
    ["replica-01", both, false],
    ["replica-", both, false],
    ["replica-1x", both, false],
    ["replica-1.gone.gone", both, false],
    ["my replica-1", both, false],
    ["witness", both, false]
  ]
  for (const [name, files, outdated] of tables) {
    it(`${name} with ${files.join(", ") || "nothing"} is ${outdated ? "outdated" : "left alone"}`, () => {
      assert.strictEqual(Place.isOutdated(name, files), outdated)
    })
  }

  it("the name for removal is no name of a cache, and the same again for what has it", () => {
    assert.strictEqual(Place.gone("replica-1"), "replica-1.gone")
    assert.strictEqual(Place.gone("replica-1.gone"), "replica-1.gone")
  })
})
