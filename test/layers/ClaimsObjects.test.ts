/** What people are told of claims, and what is taken away of them. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as LeaseClaim from "../../src/domain/repository/LeaseClaim.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ClaimsObjects from "../../src/layers/ClaimsObjects.ts"
import { Claims } from "../../src/services/Claims.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as Hosts from "../harness/Hosts.ts"

const scene = Effect.gen(function*() {
  const { objects, store } = yield* Hosts.bucket
  const { repository } = yield* Hosts.open({ store })
  const context = yield* Layer.build(
    ClaimsObjects.layer("1.0").pipe(Layer.provide([
      Layer.succeed(ObjectStore, store),
      Layer.succeed(Repository, repository),
      Hosts.randomLayer(3)
    ]))
  )
  const now = yield* store.now
  const claim = (number: number, who: string, what: Partial<LeaseClaim.LeaseClaim>) => {
    const text: LeaseClaim.LeaseClaim = {
      holder: who.repeat(32),
      nonce: who.repeat(32),
      label: `host ${who}`,
      version: "0.9",
      process: 1,
      priority: 100,
      duration: 180_000,
      time: now - 1000,
      queued: 0,
      term: 0,
      since: 0,
      progress: LeaseClaim.noProgress,
      ...what
    }
    objects.set(ObjectKey.lease(number), LeaseClaim.encode(repository.sealing, number, new Uint8Array(32), text))
  }
  const numbers = () =>
    Array.from(objects.keys(), ObjectKey.parse).flatMap((key) => key?._tag === "Lease" ? [key.epoch] : [])
      .toSorted((a, b) => a - b)
  return { objects, claims: Context.get(context, Claims), claim, now, numbers }
})

const virtual = <A, E>(effect: Effect.Effect<A, E, never>) => Hosts.inVirtualTime(effect)

describe("ClaimsObjects", () => {
  it.effect("one row for each host, by its newest claim", () =>
    virtual(
      Effect.gen(function*() {
        const { claim, claims, now } = yield* scene
        claim(3, "a", { term: 3, since: now - 9000, time: now - 9000 })
        claim(7, "a", { term: 3, since: now - 9000, progress: { waiting: 5, files: 6, bytes: 7, rate: 8 } })
        claim(4, "b", { duration: 0, time: now - 5000 })
        claim(5, "c", { queued: 5, time: now - 2000 })
        claim(6, "d", { term: 2, time: now - 200_000 })
        const rows = yield* claims.hosts
        assert.deepStrictEqual(rows.map(({ label, role }) => `${label} ${role}`), [
          "host a active",
          "host c queued",
          "host b standby",
          "host d vanished"
        ])
        assert.deepStrictEqual(rows[0]?.progress, { waiting: 5, files: 6, bytes: 7, rate: 8 })
        assert.deepStrictEqual(rows.map(({ since }) => since), [now - 9000, undefined, undefined, undefined])
      }).pipe(Effect.scoped)
    ))

  it.effect("what stands no more goes, what stands stays, and no number comes again", () =>
    virtual(
      Effect.gen(function*() {
        const { claim, claims, now, numbers, objects } = yield* scene
        claim(3, "a", { term: 3 })
        claim(4, "b", { duration: 0 })
        claim(5, "c", { queued: 5 })
        claim(6, "d", { term: 6, time: now - 200_000 })
        objects.set(ObjectKey.lease(7), Buffer.from("nonsense"))
        objects.set("lease/note", Buffer.from("not ours"))
        const { kept, removed } = yield* claims.clear
        assert.strictEqual(removed, 3)
        assert.deepStrictEqual(kept.map(({ label }) => label).toSorted(), ["host a", "host c"])
        assert.deepStrictEqual(numbers(), [3, 5, 8])
        assert.isTrue(objects.has("lease/note"))
      }).pipe(Effect.scoped)
    ))

  it.effect("without anything to take away it puts nothing", () =>
    virtual(
      Effect.gen(function*() {
        const { claim, claims, numbers } = yield* scene
        assert.strictEqual((yield* claims.clear).removed, 0)
        claim(3, "a", { term: 3 })
        assert.strictEqual((yield* claims.clear).removed, 0)
        assert.deepStrictEqual(numbers(), [3])
      }).pipe(Effect.scoped)
    ))
})
