/** What every witness must keep. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { Witness } from "../../src/services/Witness.ts"

const digest = (fill: number) => new Uint8Array(32).fill(fill)

export const witnessContract = <E>(name: string, layer: Layer.Layer<Witness, E>) =>
  describe(`Witness (${name})`, () => {
    it.layer(layer, { excludeTestServices: true })((it) => {
      it.effect("remembers the highest position of each repository", () =>
        Effect.gen(function*() {
          const witness = yield* Witness
          assert.isUndefined(yield* witness.seen("a"))
          yield* witness.record("a", { position: 3, digest: digest(3) })
          yield* witness.record("b", { position: 1, digest: digest(9) })
          yield* witness.record("a", { position: 2, digest: digest(2) })
          assert.deepStrictEqual(yield* witness.seen("a"), { position: 3, digest: digest(3) })
          yield* witness.record("a", { position: 4, digest: digest(4) })
          assert.deepStrictEqual(yield* witness.seen("a"), { position: 4, digest: digest(4) })
          assert.deepStrictEqual(yield* witness.seen("b"), { position: 1, digest: digest(9) })
        }))

      it.effect("goes back only when told to", () =>
        Effect.gen(function*() {
          const witness = yield* Witness
          yield* witness.record("c", { position: 9, digest: digest(9) })
          yield* witness.reset("c", { position: 5, digest: digest(5) })
          assert.deepStrictEqual(yield* witness.seen("c"), { position: 5, digest: digest(5) })
          yield* witness.record("c", { position: 6, digest: digest(6) })
          assert.deepStrictEqual(yield* witness.seen("c"), { position: 6, digest: digest(6) })
        }))

      it.effect("keeps the highest of many at once", () =>
        Effect.gen(function*() {
          const witness = yield* Witness
          const positions = Array.from({ length: 32 }, (_, at) => (at * 7) % 32)
          yield* Effect.forEach(positions, (position) => witness.record("d", { position, digest: digest(position) }), {
            concurrency: "unbounded",
            discard: true
          })
          assert.deepStrictEqual(yield* witness.seen("d"), { position: 31, digest: digest(31) })
        }))
    })
  })
