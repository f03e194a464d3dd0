import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Layer } from "effect"
import { TestClock } from "effect/testing"
import { lasting } from "../../src/domain/repository/GonePacks.ts"
import * as State from "../../src/domain/repository/State.ts"
import * as PackLookup from "../../src/services/PackLookup.ts"
import { Repository, RepositoryCorrupt } from "../../src/services/Repository.ts"
import { plain } from "../harness/PackWorld.ts"

const ref: Omit<State.PackRef, "id"> = { size: 10, trailerLength: 5, blocks: 1, bytes: 4 }

/** A log, as far as this process has read it and as it is, and how often it was read. */
const logOf = () => {
  const log = {
    position: 1,
    packs: new Set<string>(),
    redirects: new Map<string, ReadonlyArray<string>>(),
    /** What the next reading brings. */
    news: () => {},
    reads: 0,
    gate: Effect.void as Effect.Effect<void, RepositoryCorrupt>
  }
  const head = () => ({ ...State.initial(plain.repository), position: log.position, redirects: new Map(log.redirects) })
  const lookup = Effect.flatMap(Repository, PackLookup.make).pipe(Effect.provide(Layer.mock(Repository, {
    id: plain.repository,
    sealing: plain,
    head: Effect.sync(head),
    refresh: Effect.suspend(() => {
      log.reads++
      return Effect.map(log.gate, () => {
        log.news()
        return head()
      })
    }),
    pack: (id: string) => Effect.sync(() => log.packs.has(id) ? { ...ref, id } : undefined)
  })))
  return { log, lookup }
}

describe("PackLookup", () => {
  it.effect("asks the log again for what it does not know, unless that was done", () =>
    Effect.gen(function*() {
      const { log, lookup: made } = logOf()
      const lookup = yield* made
      log.packs.add("a")
      assert.strictEqual((yield* lookup.find("a", false))?.position, 1)
      assert.strictEqual(log.reads, 0)
      log.news = () => {
        log.position = 2
        log.packs.add("b")
      }
      assert.deepStrictEqual(yield* lookup.find("b", false), { ref: { ...ref, id: "b" }, position: 2 })
      assert.strictEqual(log.reads, 1)
      assert.strictEqual((yield* Effect.flip(lookup.find("c", true)))._tag, "BlockMissing")
      assert.strictEqual(log.reads, 1)
    }))

  it.effect("knows where a pack moved, from the head or from reading it again", () =>
    Effect.gen(function*() {
      const { log, lookup: made } = logOf()
      const lookup = yield* made
      assert.isUndefined(lookup.movedTo("a"))
      log.news = () => log.redirects.set("a", ["b"])
      assert.isUndefined(yield* lookup.find("a", false))
      assert.deepStrictEqual(lookup.movedTo("a"), ["b"])
      log.redirects.set("c", ["d"])
      assert.isUndefined(yield* lookup.find("c", true))
      assert.deepStrictEqual(lookup.movedTo("c"), ["d"])
      assert.strictEqual(log.reads, 1)
    }))

  it.effect("does not ask again for what is gone, until the log goes on or a while has passed", () =>
    Effect.gen(function*() {
      const { log, lookup: made } = logOf()
      const lookup = yield* made
      const missing = Effect.map(
        Effect.flip(lookup.find("a", false)),
        ({ _tag }) => assert.strictEqual(_tag, "BlockMissing")
      )
      yield* missing
      yield* missing
      assert.strictEqual(log.reads, 1)
      log.position++
      yield* missing
      assert.strictEqual(log.reads, 2)
      yield* TestClock.adjust(lasting)
      yield* missing
      assert.strictEqual(log.reads, 3)
      // The log names it, and the store does not have it.
      log.packs.add("b")
      lookup.remember("b", log.position)
      assert.strictEqual((yield* Effect.flip(lookup.find("b", false)))._tag, "BlockMissing")
      assert.strictEqual(log.reads, 3)
    }))

  it.effect("reads the log once for all who wait, and never hands on a reading that began before it was asked for", () =>
    Effect.gen(function*() {
      const { log, lookup: made } = logOf()
      const lookup = yield* made
      const open = yield* Latch.make()
      log.gate = open.await
      const first = yield* Effect.forkChild(lookup.refresh)
      yield* Effect.yieldNow
      assert.strictEqual(log.reads, 1)
      log.news = () => log.position++
      const others = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 5 }, () => lookup.refresh), { concurrency: "unbounded" })
      )
      yield* Effect.yieldNow
      yield* open.open
      assert.strictEqual((yield* Fiber.join(first)).position, 2)
      assert.deepStrictEqual((yield* Fiber.join(others)).map(({ position }) => position), [3, 3, 3, 3, 3])
      assert.strictEqual(log.reads, 2)
    }))

  it.effect("a reading that failed is told to those who waited for it, and to no others", () =>
    Effect.gen(function*() {
      const { log, lookup: made } = logOf()
      const lookup = yield* made
      log.gate = Effect.fail(new RepositoryCorrupt({ key: "log/1", reason: "test" }))
      assert.strictEqual((yield* Effect.flip(lookup.find("a", false)))._tag, "RepositoryCorrupt")
      log.gate = Effect.void
      assert.strictEqual((yield* lookup.refresh).position, 1)
    }))
})
