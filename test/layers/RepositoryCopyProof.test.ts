/** What a copy takes the destination for: nothing that it has not seen. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer } from "effect"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as ObjectStoreMemory from "../../src/layers/ObjectStoreMemory.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import * as Copying from "../harness/Copying.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as S3Double from "../harness/S3Double.ts"
import * as S3Store from "../harness/S3Store.ts"

const { copy, seeded, text } = Copying

const s3 = Effect.fnUntraced(function*(conditional: "honoured" | "refused" | "ignored") {
  const double = yield* S3Double.make({ buckets: ["bucket"], conditional })
  const context = yield* Layer.build(
    S3Store.layer({ bucket: "bucket", prefix: "p/", endpoint: double.url, ambient: false })
  ).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({
    AWS_ACCESS_KEY_ID: S3Double.defaults.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3Double.defaults.secretAccessKey
  }))))
  return { double, store: Context.get(context, ObjectStore) }
})

describe("a copy to a store that does not create only if absent", () => {
  it.live("is refused before anything is there, and leaves nothing", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      const source = ObjectStoreMemory.make(objects)
      const [ignoring, refusing] = [yield* s3("ignored"), yield* s3("refused")]
      const ignored = yield* Effect.flip(copy(source, ignoring.store))
      assert.strictEqual(ignored._tag, "StoreRefused")
      assert.match(ignored.message, /^copy refused at s3:\/\/bucket\/p: it overwrites objects.*Backblaze B2/)
      assert.strictEqual(ignoring.double.objects("bucket").size, 0)
      const refused = yield* Effect.flip(copy(source, refusing.store))
      assert.strictEqual(refused._tag, "StoreRefused")
      assert.match(refused.message, /501 NotImplemented.*If-None-Match/)
      assert.strictEqual(refusing.double.objects("bucket").size, 0)
    }).pipe(Effect.scoped))

  it.live("is refused too where one was begun, and one that was whole", () =>
    Effect.gen(function*() {
      const { change, objects } = yield* seeded()
      const source = ObjectStoreMemory.make(objects)
      const { double, store } = yield* s3("honoured")
      const dying = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "put" && key.startsWith("log/") ? "crash before" : undefined
      })
      yield* Effect.exit(copy(source, dying.store))
      const names = () => [...double.objects("bucket").keys()].toSorted()
      const begun = names()
      assert.isTrue(begun.some((key) => key.startsWith("p/pack/")))
      double.conditional = "ignored"
      assert.strictEqual((yield* Effect.flip(copy(source, store)))._tag, "StoreRefused")
      assert.deepStrictEqual(names(), begun)
      double.conditional = "honoured"
      yield* copy(source, store)
      const whole = names()
      assert.include(whole, `p/${ObjectKey.marker}`)
      assert.isUndefined(whole.find((key) => key.includes("tmp/")), "nothing of a proof is left")
      yield* change("new.bin")
      double.conditional = "ignored"
      assert.strictEqual((yield* Effect.flip(copy(source, store)))._tag, "StoreRefused")
      assert.deepStrictEqual(names(), whole)
    }).pipe(Effect.scoped))

  it.live("goes on where the proof cannot be taken away", () =>
    Effect.gen(function*() {
      const { objects } = yield* seeded()
      const to: Copying.Objects = new Map()
      const store = ObjectStoreMemory.make(to)
      const keeping = FaultyStore.make(store, {
        decide: ({ key, operation }) => operation === "remove" && key.startsWith("tmp/probe-") ? "fail" : undefined
      })
      yield* copy(ObjectStoreMemory.make(objects), keeping.store)
      assert.deepStrictEqual(text(to), text(objects))
      assert.lengthOf([...to.keys()].filter((key) => key.startsWith("tmp/")), 2)
    }).pipe(Effect.scoped))
})
