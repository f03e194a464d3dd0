/** Packs that are mostly dead or small become few new ones, and every block that lives is found as before. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { createHash } from "node:crypto"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import type { PackRef } from "../../src/domain/repository/Refs.ts"
import * as RepackPlan from "../../src/domain/repository/RepackPlan.ts"
import * as State from "../../src/domain/repository/State.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { Repacker } from "../../src/services/Repacker.ts"
import * as World from "../harness/CollectionWorld.ts"
import { inVirtualTime } from "../harness/Hosts.ts"
import * as UpkeepClockTrusting from "../harness/UpkeepClockTrusting.ts"

const whole = { maxRewrite: 1 << 30, full: true }
const compactor = (host: World.Host) =>
  CompactorMerging.layer.pipe(
    Layer.provide(UpkeepClockTrusting.layer),
    Layer.provide(Layer.succeedContext(host.context)),
    Layer.fresh,
    Layer.build,
    Effect.map((context) => Context.get(context, Compactor))
  )
const settle = (host: World.Host) =>
  Effect.gen(function*() {
    for (let i = 0; i < 3; i++) {
      yield* host.collector.run(whole)
      yield* Effect.sleep("2 hours")
    }
  })

/** Files of one block each; only every eighth lives on. */
const thinned = Effect.fnUntraced(function*(host: World.Host, count: number) {
  const files = Object.fromEntries(World.labels("f", count).map((label) => [label, [label]]))
  yield* World.put(host, files)
  const left = Object.fromEntries(Object.entries(files).map(([name, labels], i) => [name, i % 8 === 0 ? labels : null]))
  yield* World.put(host, Object.fromEntries(Object.entries(left).filter(([, labels]) => labels === null)))
  yield* World.merge(host)
  return left
})

describe("RepackerPacks", () => {
  it.effect("packs that are mostly dead shrink to what lives in them", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 1, packSize: 1024 * 1024 })
      const left = yield* thinned(host, 64)
      const before = World.bytesIn(objects)
      const run = yield* host.collector.run(whole)
      assert.isAbove(run.rewritten.count, 1)
      assert.isBelow(run.rewritten.packs, run.rewritten.count)
      assert.isBelow(run.rewritten.bytes, before / 4)
      // The old ones are condemned, and read by nobody: the redirects lead on.
      const seen = yield* World.audit(store)
      assert.deepStrictEqual(seen.files, World.shown(left))
      yield* settle(host)
      assert.isBelow(World.bytesIn(objects), before / 4)
      const end = yield* World.audit(store)
      assert.deepStrictEqual(end.files, World.shown(left))
      assert.strictEqual(end.state.condemned.size, 0)
      assert.strictEqual(World.packsIn(objects).length, end.state.packs.inline.size + end.state.packs.flushed.size)
      const again = yield* host.collector.run(whole)
      assert.strictEqual(again.rewritten.count, 0, "what was rewritten is not rewritten again")
    })))

  it.effect("what only a checkpoint needs is moved too", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 2, packSize: 1024 * 1024 })
      yield* World.put(host, { kept: ["one"], gone: World.labels("x", 30), old: ["two"] })
      yield* World.put(host, { gone: null })
      yield* World.merge(host)
      const id = yield* World.checkpoint(host)
      yield* World.put(host, { old: null })
      yield* World.merge(host)
      yield* settle(host)
      const seen = yield* World.audit(store)
      assert.isAbove(seen.state.redirects.size, 0)
      assert.deepStrictEqual(seen.checkpoints.get(id), World.shown({ kept: ["one"], old: ["two"] }))
      assert.deepStrictEqual(seen.files, World.shown({ kept: ["one"] }))
    })))

  it.effect("replaced twice: no chains, and a redirect goes when nothing names the pack any more", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 3, packSize: 1024 * 1024 })
      const left = yield* thinned(host, 80)
      yield* settle(host)
      const first = (yield* host.repository.head).redirects
      assert.isAbove(first.size, 2)
      // Now all but one of the survivors die, and the new packs are mostly dead as well.
      const [survivor, ...others] = Object.keys(left).filter((name) => left[name] !== null)
      yield* World.put(host, Object.fromEntries(others.map((name) => [name, null])))
      yield* World.merge(host)
      yield* settle(host)
      const state = yield* host.repository.head
      for (const [old, packs] of state.redirects) {
        for (const id of packs) assert.deepStrictEqual(State.packsFor(state, id), [id], `${old} leads to a chain`)
      }
      assert.isBelow(state.redirects.size, first.size)
      assert.deepStrictEqual((yield* World.audit(store)).files, World.shown({ [survivor!]: left[survivor!]! }))
      yield* World.put(host, { [survivor!]: null, new: ["new"] })
      yield* World.merge(host)
      yield* settle(host)
      assert.strictEqual((yield* host.repository.head).redirects.size, 0)
      assert.deepStrictEqual((yield* World.audit(store)).files, World.shown({ new: ["new"] }))
    })))

  it.effect("many small packs are put together, and their number stays bounded", () =>
    inVirtualTime(
      Effect.gen(function*() {
        const { objects, store } = yield* World.bucket
        const host = yield* World.open({ store, seed: 4, packSize: 8 * 1024 * 1024 })
        const files: Record<string, ReadonlyArray<string>> = {}
        for (const label of World.labels("s", 20)) {
          files[label] = [label]
          yield* World.put(host, { [label]: [label] })
        }
        assert.strictEqual(World.packsIn(objects).length, 20)
        yield* settle(host)
        assert.strictEqual(World.packsIn(objects).length, 1)
        assert.deepStrictEqual((yield* World.audit(store)).files, World.shown(files))
      })
    ))

  it.effect("no more is rewritten than was allowed, and the next run goes on", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 5, packSize: 1024 * 1024 })
      const left = yield* thinned(host, 160)
      const bound = { maxRewrite: 300_000, full: true }
      const first = yield* host.collector.run(bound)
      assert.isAtMost(first.rewritten.bytes, 300_000)
      assert.isAbove(first.rewritten.count, 0)
      assert.isTrue(first.more)
      let runs = 1
      for (; (yield* host.collector.run(bound)).rewritten.count > 0; runs++) assert.isBelow(runs, 30)
      assert.isAbove(runs, 1)
      assert.deepStrictEqual((yield* World.audit(store)).files, World.shown(left))
    })))

  it.effect("a pack with a block that cannot be read stays as it is", () =>
    inVirtualTime(Effect.gen(function*() {
      const { objects, store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 6, packSize: 1024 * 1024 })
      yield* World.put(host, { kept: ["k"], gone: World.labels("x", 12) })
      yield* World.put(host, { gone: null })
      yield* World.merge(host)
      const { inline } = (yield* host.repository.head).packs
      const [first] = inline.keys()
      const bytes = objects.get(ObjectKey.pack(first!))!
      // The first frame, which is the block that lives.
      bytes[2000]! ^= 1
      const run = yield* host.collector.run(whole)
      assert.strictEqual(run.rewritten.count, 0)
      assert.isFalse((yield* host.repository.head).condemned.has(ObjectKey.pack(first!)))
      bytes[2000]! ^= 1
      assert.strictEqual((yield* host.collector.run(whole)).rewritten.count, 1)
      yield* World.audit(store)
    })))

  for (const [kind, labels] of [["sparse", World.labels("x", 12)], ["small", []]] as const) {
    it.effect(`a ${kind} pack that lacks a block of a record stays, and is not looked into again until less is found in it`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { store } = yield* World.bucket
        const gets: Array<string> = []
        const watched = World.watched(
          store,
          ({ key, operation }) => Effect.sync(() => void (operation === "get" && gets.push(key)))
        )
        const host = yield* World.open({ store: watched, seed: 8, packSize: 4 * 1024 * 1024 })
        const repacker = Context.get(host.context, Repacker)
        const run = Effect.gen(function*() {
          gets.length = 0
          return yield* repacker.run(whole, yield* host.lease.fence)
        })
        yield* World.put(host, { kept: ["k"], gone: labels })
        const [pack] = (yield* host.repository.head).packs.inline.keys()
        const key = ObjectKey.pack(pack!)
        yield* World.put(host, { gone: null, wrong: ["w"] }, new Map([["w", pack!]]))
        for (const label of World.labels("small", 7)) yield* World.put(host, { [label]: [label] })
        yield* World.merge(host)
        yield* run
        assert.include(gets, key)
        assert.isTrue(State.isLive(yield* host.repository.head, pack!))
        for (const label of World.labels("more", 9)) yield* World.put(host, { [label]: [label] })
        yield* host.repository.flush(yield* host.lease.fence)
        assert.isAbove((yield* run).count, 8)
        assert.notInclude(gets, key)
        yield* World.put(host, { wrong: null })
        yield* World.merge(host)
        for (const label of World.labels("again", 9)) yield* World.put(host, { [label]: [label] })
        yield* host.repository.flush(yield* host.lease.fence)
        yield* run
        assert.include(gets, key)
        assert.isFalse(State.isLive(yield* host.repository.head, pack!))
        yield* World.audit(store)
      })))
  }

  it.effect("another pack was replaced by it meanwhile, and a merge gave its name to rows: it is left alone", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      let happens: Effect.Effect<unknown> = Effect.void
      const meddled = World.watched(store, ({ key, operation }) =>
        Effect.suspend(() => {
          if (operation !== "put" || !key.startsWith("pack/")) return Effect.void
          const once = happens
          happens = Effect.void
          return Effect.asVoid(once)
        }))
      const host = yield* World.open({ store: meddled, seed: 9, packSize: 1024 * 1024 })
      const fence = yield* host.lease.fence
      // What lives of it is not what the other pack holds too.
      const [sparse] = yield* World.partly(host, ["k", "shared", ...World.labels("x", 4)], fence)
      const [other] = yield* World.partly(host, ["shared"], fence)
      yield* World.put(host, { kept: ["k"], file: ["shared"] }, new Map([["k", sparse!], ["shared", other!]]))
      yield* host.repository.flush(fence)
      for (const label of World.labels("more", 3)) {
        yield* World.put(host, { [label]: [label] })
        yield* host.repository.flush(fence)
      }
      let renamed = 0
      const meddling = Effect.gen(function*() {
        yield* host.repository.commit((state) =>
          Effect.succeed<ReadonlyArray<Op>>([
            { _tag: "PackReplaced", old: other!, packs: [sparse!], scanned: state.position }
          ]), fence)
        const merged = yield* Effect.scoped(Effect.flatMap(compactor(host), ({ round }) => round))
        for (const each of merged) renamed += each.renamed
        yield* host.repository.commit(
          () => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "RedirectsDropped", packs: [other!] }]),
          fence
        )
      })
      happens = Effect.orDie(meddling)
      const repacker = Context.get(host.context, Repacker)
      yield* repacker.run(whole, fence)
      assert.strictEqual(renamed, 1)
      const state = yield* host.repository.head
      assert.isTrue(State.isLive(state, sparse!))
      assert.isFalse(state.redirects.has(other!))
      const files = World.shown({
        kept: ["k"],
        file: ["shared"],
        ...Object.fromEntries(World.labels("more", 3).map((label) => [label, [label]]))
      })
      assert.deepStrictEqual((yield* World.audit(store)).files, files)
      yield* repacker.run(whole, fence)
      assert.isFalse(State.isLive(yield* host.repository.head, sparse!))
      assert.deepStrictEqual((yield* World.audit(store)).files, files)
    })))

  it.effect("small packs are not put together beyond the room that is theirs, and sparse ones not beyond all of it", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* World.bucket
      const host = yield* World.open({ store, seed: 10, packSize: 4 * 1024 * 1024 })
      const fence = yield* host.lease.fence
      const repacker = Context.get(host.context, Repacker)
      yield* World.put(host, { kept: World.labels("k", 12) })
      const [target] = (yield* host.repository.head).packs.inline.keys()
      let made = 0
      /** So many redirects more, of packs that nobody ever puts. */
      const crowd = Effect.fnUntraced(function*(count: number) {
        const packs = Array.from({ length: count }, (): PackRef => ({
          id: ObjectKey.makeId(fence.term, createHash("md5").update(`${made++}`).digest()),
          size: 1000,
          trailerLength: 100,
          blocks: 1,
          bytes: 800
        }))
        yield* host.repository.commit(() => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "PacksAdded", packs }]), fence)
        yield* host.repository.commit((state) =>
          Effect.succeed(
            packs.map(({ id }): Op => ({ _tag: "PackReplaced", old: id, packs: [target!], scanned: state.position }))
          ), fence)
      })
      yield* crowd(RepackPlan.mostForSmall - 3)
      for (const label of World.labels("small", 12)) yield* World.put(host, { [label]: [label] })
      const few = yield* repacker.run(whole, fence)
      assert.deepStrictEqual([few.count, few.more], [3, false])
      assert.strictEqual((yield* repacker.run(whole, fence)).count, 0)
      yield* crowd(RepackPlan.mostRedirects - RepackPlan.mostForSmall - 1)
      for (const name of ["one", "two"]) {
        yield* World.put(host, { [`${name} kept`]: [name], gone: World.labels(name, 12) })
        yield* World.put(host, { gone: null })
      }
      yield* World.merge(host)
      assert.strictEqual((yield* repacker.run(whole, fence)).count, 1)
      assert.strictEqual((yield* repacker.run(whole, fence)).count, 0)
      assert.strictEqual((yield* host.repository.head).redirects.size, RepackPlan.mostRedirects)
    })))

  for (const late of ["inline", "segment"] as const) {
    it.effect(`a file committed meanwhile (${late}) that needs a block not moved: its pack is left alone`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { store } = yield* World.bucket
        const known = new Map<string, string>()
        let happens: Effect.Effect<unknown> = Effect.void
        const meddled = World.watched(
          store,
          ({ key, operation }) => operation === "put" && key.startsWith("pack/") ? Effect.asVoid(happens) : Effect.void
        )
        const host = yield* World.open({ store: meddled, seed: 7, packSize: 1024 * 1024 })
        yield* World.put(host, { kept: ["k"], gone: World.labels("x", 12) }, known)
        yield* World.put(host, { gone: null })
        yield* World.merge(host)
        const fence = yield* host.lease.fence
        let done = false
        // Once its live blocks were judged, another file finds a dead one.
        happens = Effect.suspend(() => {
          if (done) return Effect.void
          done = true
          return Effect.orDie(World.put(host, { again: ["x 3"] }, known, late === "segment"))
        })
        const repacker = Context.get(host.context, Repacker)
        const result = yield* repacker.run({ maxRewrite: 1 << 30, full: true }, fence)
        assert.isTrue(done)
        const seen = yield* World.audit(store)
        assert.deepStrictEqual(seen.files, World.shown({ kept: ["k"], again: ["x 3"] }))
        assert.strictEqual(result.count, 0)
        assert.strictEqual(seen.state.redirects.size, 0)
        // The next run knows of it.
        happens = Effect.void
        yield* repacker.run({ maxRewrite: 1 << 30, full: true }, fence)
        assert.deepStrictEqual((yield* World.audit(store)).files, World.shown({ kept: ["k"], again: ["x 3"] }))
      })))
  }
})
