/** Following the log cheaply, and when that is not enough. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as FaultyStore from "../harness/FaultyStore.ts"
import * as HostClock from "../harness/HostClock.ts"
import * as Hosts from "../harness/Hosts.ts"

const minute = 60_000

const pair = Effect.gen(function*() {
  const { objects, store } = yield* Hosts.bucketD
  const counting = FaultyStore.make(store)
  const sky: HostClock.Sky = { offset: 0 }
  const clock = HostClock.make(yield* Clock.Clock, sky)
  const reader = yield* Hosts.open({ store: counting.store, seed: 70 }).pipe(
    Effect.provideService(Clock.Clock, clock.clock)
  )
  const writer = yield* Hosts.open({ store, seed: 71 })
  const asked = Effect.fnUntraced(function*<A, E>(work: Effect.Effect<A, E>) {
    const before = counting.requests.length
    yield* work
    return counting.requests.slice(before).map(({ key, operation }) => `${operation} ${key}`)
  })
  return { objects, clock, sky, reader, writer, asked }
})

describe("Repository.follow", () => {
  it.effect("asks for the next entry alone, and takes in what came", () =>
    Effect.scoped(Effect.gen(function*() {
      const { asked, reader, writer } = yield* pair
      const { follow, head } = reader.repository
      const { position } = yield* head
      assert.deepStrictEqual(yield* asked(follow), [`get ${ObjectKey.log(position + 1)}`])
      for (const name of ["a", "b"]) yield* writer.repository.commit(Hosts.adding("d", name))
      yield* TestClock.adjust(10 * minute)
      assert.deepStrictEqual(yield* asked(follow), [
        `get ${ObjectKey.log(position + 1)}`,
        `get ${ObjectKey.log(position + 2)}`,
        `get ${ObjectKey.log(position + 3)}`,
        `list ${ObjectKey.basePrefix}`
      ])
      assert.strictEqual((yield* head).position, position + 2)
      assert.deepStrictEqual((yield* head).digest, (yield* writer.repository.head).digest)
    })))

  type Doubts = { readonly sky: HostClock.Sky; readonly clock: HostClock.HostClock }
  const distrusted: ReadonlyArray<readonly [string, (doubts: Doubts) => Effect.Effect<void>]> = [
    ["an hour after the last whole look", () => TestClock.adjust(60 * minute)],
    ["after the host slept", ({ sky }) =>
      Effect.sync(() => {
        sky.offset += 11_000
      })],
    ["after its clock was set back", ({ clock }) =>
      Effect.sync(() => {
        clock.error = -11_000
      })]
  ]
  for (const [when, happens] of distrusted) {
    it.effect(`looks whether its own newest entry is still there ${when}`, () =>
      Effect.scoped(Effect.gen(function*() {
        const world = yield* pair
        yield* happens(world)
        assert.deepStrictEqual(yield* world.asked(world.reader.repository.follow), [`list ${ObjectKey.logPrefix}`])
        assert.deepStrictEqual(
          (yield* world.asked(world.reader.repository.follow)).map((request) => request.slice(0, 7)),
          ["get log"]
        )
      })))
  }

  it.effect("an entry that does not follow is damage", () =>
    Effect.scoped(Effect.gen(function*() {
      const { objects, reader, writer } = yield* pair
      yield* writer.repository.commit(Hosts.adding("d", "a"))
      yield* writer.repository.commit(Hosts.adding("d", "b"))
      const { position } = yield* writer.repository.head
      objects.set(ObjectKey.log(position - 1), objects.get(ObjectKey.log(position))!)
      const outcome = yield* Effect.result(reader.repository.follow)
      assert.strictEqual(outcome._tag === "Failure" ? outcome.failure._tag : "read", "RepositoryCorrupt")
    })))
})
