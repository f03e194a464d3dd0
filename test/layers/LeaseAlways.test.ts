import { assert, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as IdentityRepository from "../../src/layers/IdentityRepository.ts"
import * as LeaseAlways from "../../src/layers/LeaseAlways.ts"
import { Identity } from "../../src/services/Identity.ts"
import { Lease } from "../../src/services/Lease.ts"
import { Repository } from "../../src/services/Repository.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import { addFolder, adding, bucket, bucketD, inVirtualTime, open, openDetached, opening } from "../harness/Hosts.ts"

it.effect("a term is opened once, however many ask at once, and costs nothing while it lasts", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucket
    const faulty = FaultyStore.make(store)
    const host = yield* open({ store: faulty.store })
    assert.strictEqual((yield* host.repository.head).epoch, 0)
    const fences = yield* Effect.all(Array.from({ length: 5 }, () => host.lease.fence), { concurrency: "unbounded" })
    assert.deepStrictEqual(fences.map((fence) => fence.term), [1, 1, 1, 1, 1])
    assert.strictEqual((yield* host.repository.head).position, 2)
    const requests = faulty.requests.length
    yield* host.lease.fence
    assert.strictEqual(faulty.requests.length, requests)
  })))

it.effect("two writers fence each other, and neither loses a commit", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucket
    const one = yield* open({ store, seed: 1 })
    const two = yield* open({ store, seed: 2 })
    const first = yield* one.lease.fence
    const second = yield* two.lease.fence
    assert.strictEqual(second.term, first.term + 1)
    // The first learns of it at its next commit: the race is lost, and the winner had opened a newer epoch.
    const fenced = yield* Effect.flip(one.repository.commit(() => Effect.succeed([addFolder("a")]), first))
    assert.strictEqual(fenced._tag === "Fenced" && fenced.epoch, second.term)
    const third = yield* one.lease.fence
    assert.strictEqual(third.term, second.term + 1)
    yield* one.repository.commit(() => Effect.succeed([addFolder("a")]), third)
    assert.strictEqual(
      (yield* Effect.flip(two.repository.commit(() => Effect.succeed([addFolder("b")]), second)))._tag,
      "Fenced"
    )
  })))

it.effect("a term that could not be opened is asked for again", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucket
    let down = false
    const faulty = FaultyStore.make(store, { decide: () => down ? "fail" : undefined })
    const host = yield* open({ store: faulty.store })
    down = true
    assert.strictEqual((yield* Effect.flip(host.lease.fence))._tag, "StoreUnavailable")
    down = false
    assert.strictEqual((yield* host.lease.fence).term, 1)
  })))

it.effect("the end of the term moves what lies in commits only to segments, and writes a base", () =>
  inVirtualTime(Effect.gen(function*() {
    const { objects, store } = yield* bucketD
    const host = yield* openDetached({ store, seed: 5 })
    yield* host.repository.commit(adding("d", "a"), yield* host.lease.fence)
    assert.isEmpty([...objects.keys()].filter((key) => key.startsWith("base/")))
    yield* host.close
    const state = yield* opening(store)
    assert.strictEqual(state.basePosition, state.position)
    assert.deepStrictEqual(state.folders.get("d")?.inline, [])
  })))

it.effect("a term that was lost flushes nothing, and one never opened neither", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucketD
    const host = yield* openDetached({ store, seed: 5 })
    const idle = yield* openDetached({ store, seed: 6 })
    yield* host.repository.commit(adding("d", "a"), yield* host.lease.fence)
    yield* idle.repository.commit(() => Effect.succeed([{ _tag: "EpochOpened", epoch: 9 }]))
    yield* host.repository.refresh
    const before = yield* idle.repository.refresh
    yield* host.close
    yield* idle.close
    assert.deepStrictEqual((yield* opening(store)).digest, before.digest)
  })))

for (const operation of ["now", "put"] as const) {
  it.effect(`a store that answers no ${operation} holds up the end of the term for a while only`, () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* bucketD
      let down = false
      const faulty = FaultyStore.make(store, {
        decide: (request) => down && request.operation === operation ? "fail" : undefined
      })
      const host = yield* openDetached({ store: faulty.store, seed: 5 })
      yield* host.repository.commit(adding("d", "a"), yield* host.lease.fence)
      down = true
      const began = yield* Clock.currentTimeMillis
      yield* host.close
      assert.isAtMost((yield* Clock.currentTimeMillis) - began, 60_000)
      assert.strictEqual((yield* opening(store)).folders.get("d")?.sequence, 1)
    })))
}

it.effect("a term whose last commit hangs ends all the same", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucketD
    let down = false
    const faulty = FaultyStore.make(store, {
      decide: ({ key, operation }) => down && operation === "put" && key.startsWith("log/") ? "fail" : undefined
    })
    const host = yield* openDetached({ store: faulty.store, seed: 5 })
    yield* host.repository.commit(adding("d", "a"), yield* host.lease.fence)
    down = true
    const began = yield* Clock.currentTimeMillis
    yield* host.close
    const took = (yield* Clock.currentTimeMillis) - began
    assert.isAtLeast(took, 20_000)
    assert.isAtMost(took, 60_000)
    assert.strictEqual((yield* opening(store)).folders.get("d")?.sequence, 1)
  })))

it.effect("the identity is the one of the first commit, on every host", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucket
    const host = yield* open({ store })
    const state = yield* host.repository.head
    const identity = yield* Effect.provide(
      Effect.flatMap(Identity, Effect.succeed),
      Layer.provide(IdentityRepository.layer, Layer.succeed(Repository, host.repository))
    )
    assert.strictEqual(identity.device, DeviceId.fromCertificate(state.identity!.certificate))
    assert.deepStrictEqual(identity.privateKey, state.identity!.privateKey)
  })))

it.effect("a repository without an identity is damaged", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucket
    const { repository } = yield* open({ store })
    const { identity: _, ...state } = yield* repository.head
    const nameless = Repository.of({ ...repository, head: Effect.succeed(state) })
    const error = yield* Effect.flip(Effect.scoped(
      Layer.build(Layer.provide(IdentityRepository.layer, Layer.succeed(Repository, nameless)))
    ))
    assert.strictEqual(error._tag, "RepositoryCorrupt")
  })))

it.effect("the layer needs nothing but the repository", () =>
  inVirtualTime(Effect.gen(function*() {
    const { store } = yield* bucket
    const { repository } = yield* open({ store })
    const fence = yield* Effect.provide(
      Effect.flatMap(Lease, (lease) => lease.fence),
      Layer.provide(LeaseAlways.layer, Layer.succeed(Repository, repository))
    )
    assert.strictEqual(fence._tag, "WriteFence")
  })))
