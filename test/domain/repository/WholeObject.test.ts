import { assert, describe, it } from "@effect/vitest"
import * as ObjectKey from "../../../src/domain/repository/ObjectKey.ts"
import * as WholeObject from "../../../src/domain/repository/WholeObject.ts"
import { objects, suites } from "../../golden/make.ts"
import { repository } from "./fixtures.ts"

const kindOf = (name: string) => ObjectKey.parse(name)?._tag

for (const sealing of suites) {
  describe(`WholeObject, ${sealing.suite}`, () => {
    const made = objects(sealing).filter(({ name }) => kindOf(name) !== "Lease")

    it("finds nothing wrong with what is whole", () => {
      for (const { bytes, name } of made) assert.isUndefined(WholeObject.problem(sealing, name, bytes), name)
    })

    it("finds every byte that is another, of every kind", () => {
      for (const { bytes, name } of made) {
        const step = Math.max(1, Math.floor(bytes.length / 500))
        for (let at = 0; at < bytes.length; at += step) {
          const broken = Uint8Array.from(bytes)
          broken[at]! ^= 1 << at % 8
          const problem = WholeObject.problem(sealing, name, broken)
          // A key slot that claims to be of another repository opens nothing, and harms nothing.
          if (kindOf(name) === "Key" && at >= 8 && at < 24) continue
          // The marker's own bytes are compared, not proved: it says what everything else is proved against.
          if (kindOf(name) === "Marker" && at >= 8) continue
          if (kindOf(name) === "Key" && problem === undefined) {
            assert.isBelow(at, 8, `${name} at ${at}: only a newer one is nobody's to judge`)
            continue
          }
          assert.isDefined(problem, `${name} at ${at}`)
        }
      }
    })

    it("finds what is shorter, longer, another's, and empty", () => {
      for (const { bytes, name } of made) {
        if (kindOf(name) === "Marker") continue
        for (const wrong of [bytes.subarray(0, -1), Buffer.concat([bytes, Uint8Array.of(0)]), new Uint8Array(0)]) {
          assert.isDefined(WholeObject.problem(sealing, name, wrong), `${name}, ${wrong.length} of ${bytes.length}`)
        }
        const other = made.find((each) => each.name !== name && kindOf(each.name) === kindOf(name))
        if (other !== undefined) assert.isDefined(WholeObject.problem(sealing, name, other.bytes), name)
      }
    })

    it("does not call damaged what a newer program wrote", () => {
      for (const { bytes, name } of made) {
        if (kindOf(name) === "Key") continue
        const newer = Uint8Array.from(bytes)
        newer[5] = 2
        assert.strictEqual(WholeObject.problem(sealing, name, newer)?.kind, "newer", name)
      }
    })

    it("does not believe another repository's", () => {
      const stranger = { ...sealing, repository: repository.split("").toReversed().join("") }
      for (const { bytes, name } of made) {
        if (kindOf(name) === "Key" || kindOf(name) === "Marker") continue
        assert.isDefined(WholeObject.problem(stranger, name, bytes), name)
      }
    })

    it("says nothing of what is none of a repository's", () => {
      assert.isUndefined(WholeObject.problem(sealing, "photo.jpg", Uint8Array.of(1)))
      assert.isUndefined(WholeObject.problem(sealing, ObjectKey.lease(1), Uint8Array.of(1)))
    })
  })
}
