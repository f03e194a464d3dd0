import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Parts from "../../src/domain/Parts.ts"

it.prop(
  "dropping bytes leaves the rest of the same body",
  {
    body: Schema.Array(Schema.Uint8Array).check(Schema.isMaxLength(5)),
    at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))
  },
  ({ at, body }) => {
    const whole = Buffer.concat(body)
    const count = Math.min(at, whole.length)
    assert.strictEqual(Parts.size(body), whole.length)
    assert.isTrue(whole.equals(Parts.concatenate(body)))
    assert.isTrue(whole.subarray(count).equals(Parts.concatenate(Parts.drop(body, count))))
    assert.isTrue(whole.subarray(0, at).equals(Parts.concatenate(Parts.take(body, at))))
    const pieces = [...Parts.pieces(body, at + 1)]
    assert.isTrue(whole.equals(Parts.concatenate(pieces)))
    assert.isTrue(pieces.every(({ length }) => length > 0 && length <= at + 1))
  }
)

it("drops part by part, over empty ones", () => {
  const parts = [Uint8Array.of(), Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)]
  const rest = [0, 1, 2, 3].map((count) => Array.from(Parts.concatenate(Parts.drop(parts, count))))
  assert.deepStrictEqual(rest, [[1, 2, 3], [2, 3], [3], []])
})
