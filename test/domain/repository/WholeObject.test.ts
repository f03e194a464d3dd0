import { assert, describe, it } from "@effect/vitest"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as Steps from "../../../src/domain/repository/Steps.ts"
import * as WholeObject from "../../../src/domain/repository/WholeObject.ts"
import { objects, suites } from "../../golden/make.ts"
import { repository } from "./fixtures.ts"

const problem = (...[sealing, key, bytes]: Parameters<typeof WholeObject.problem>) =>
  Steps.run(WholeObject.problem(sealing, key, bytes))
const kindOf = (name: string) => ObjectKey.parse(name)?._tag

for (const sealing of suites) {
  describe(`WholeObject, ${sealing.suite}`, () => {
    const made = objects(sealing).filter(({ name }) => kindOf(name) !== "Lease")

    it("finds nothing wrong with what is whole", () => {
      for (const { bytes, name } of made) assert.isUndefined(problem(sealing, name, bytes), name)
    })

    it("finds every byte that is another, of every kind", () => {
      let same = 0
      for (const { bytes, name } of made) {
        const step = Math.max(1, Math.floor(bytes.length / 500))
        for (let at = 0; at < bytes.length; at += at < 64 ? 1 : step) {
          const broken = Uint8Array.from(bytes)
          broken[at]! ^= 1 << at % 8
          const found = problem(sealing, name, broken)
          // A frame of the plain suite is proved by its blocks: where zstd makes the same of it, nothing is lost.
          if (found === undefined && kindOf(name) === "Pack" && sealing.suite === "plain" && at >= 24) {
            same++
            continue
          }
          // Whatever its header says now: it was one of ours.
          assert.isDefined(found, `${name} at ${at}`)
          // But a marker is believed: it is how a newer program keeps older ones away.
          if (kindOf(name) !== "Marker") assert.notStrictEqual(found?.kind, "newer", `${name} at ${at}`)
        }
      }
      assert.isBelow(same, 3)
    })

    it("finds what is shorter, longer, another's, and empty", () => {
      for (const { bytes, name } of made) {
        if (kindOf(name) === "Marker") continue
        for (const wrong of [bytes.subarray(0, -1), Buffer.concat([bytes, Uint8Array.of(0)]), new Uint8Array(0)]) {
          assert.isDefined(problem(sealing, name, wrong), `${name}, ${wrong.length} of ${bytes.length}`)
        }
        const other = made.find((each) => each.name !== name && kindOf(each.name) === kindOf(name))
        if (other !== undefined) assert.isDefined(problem(sealing, name, other.bytes), name)
      }
    })

    it("does not call damaged what a newer program wrote", () => {
      for (const { bytes, name } of made) {
        const newer = Uint8Array.from(bytes)
        newer[5] = 2
        // Nothing of a format to come opens as one of today.
        newer[newer.length - 1]! ^= 1
        newer[30]! ^= 1
        const found = problem(sealing, name, newer)
        // A newer slot opens nothing here, and need not.
        if (kindOf(name) === "Key") assert.isUndefined(found)
        else assert.strictEqual(found?.kind, "newer", name)
      }
    })

    it("does not believe another repository's", () => {
      const stranger = { ...sealing, repository: repository.split("").toReversed().join("") }
      for (const { bytes, name } of made) {
        if (kindOf(name) === "Key" || kindOf(name) === "Marker") continue
        assert.isDefined(problem(stranger, name, bytes), name)
      }
    })

    it("says nothing of what is none of a repository's", () => {
      assert.isUndefined(problem(sealing, "photo.jpg", Uint8Array.of(1)))
      assert.isUndefined(problem(sealing, ObjectKey.lease(1), Uint8Array.of(1)))
    })
  })
}
