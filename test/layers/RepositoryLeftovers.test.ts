/**
 * Entries that were put into holes that trimming made, as they meet hosts that were away: valid in themselves, following
 * what those hosts knew, and no part of the log. None may be believed.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import * as Base from "../../src/domain/repository/Base.ts"
import { openObject, type Sealing, sealObject } from "../../src/domain/repository/Envelope.ts"
import * as LogEntry from "../../src/domain/repository/LogEntry.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import * as State from "../../src/domain/repository/State.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { bucketD, inVirtualTime, open } from "../harness/Hosts.ts"
import { grown } from "../harness/Trimming.ts"

/** A commit nobody made, on a state of the log. */
const forged = (sealing: Sealing, state: State.State, label: string) =>
  Result.getOrThrow(LogEntry.draft(sealing, state, [{ _tag: "FolderRelabelled", folder: "d", label }], {
    term: 0,
    nonce: new Uint8Array(16).fill(label.length),
    salt: new Uint8Array(32),
    host: "sleeper",
    time: state.time
  }, State.noFacts))

/** A log of six commits without records, and the states after each. */
const six = Effect.gen(function*() {
  const { objects, store } = yield* bucketD
  const host = yield* open({ store, seed: 20 })
  for (let at = 3; at <= 6; at++) {
    yield* host.repository.commit(() => Effect.succeed([{ _tag: "FolderRelabelled", folder: "d", label: `${at}` }]))
  }
  const applied = yield* Stream.runCollect(host.repository.commitsAfter(0))
  const { sealing } = host.repository
  const putBase = (position: number) => {
    const key = ObjectKey.base(position)
    const payload = Result.getOrThrow(Base.encode(applied[position - 1]!.state))
    objects.set(key, sealObject(sealing, key, new Uint8Array(32), payload))
  }
  const stateAt = (position: number) =>
    position === 0 ? State.initial(sealing.repository) : applied[position - 1]!.state
  return { objects, store, sealing, stateAt, putBase }
})

/** The store with a listing of the log that can be made to show what was there a while ago, once. */
const remembering = (store: ObjectStore["Service"]) => {
  let once: ReadonlyArray<number> | undefined
  const remembers = ObjectStore.of({
    ...store,
    list: (prefix, after) =>
      Stream.suspend(() => {
        const shown = prefix === ObjectKey.logPrefix ? once : undefined
        if (shown === undefined) return store.list(prefix, after)
        once = undefined
        return Stream.fromIterable(shown.map((position) => ({ key: ObjectKey.log(position), size: 1 })))
      })
  })
  return {
    store: remembers,
    show: (...positions: ReadonlyArray<number>) => {
      once = positions
    }
  }
}

describe("a leftover", () => {
  const ends = [["below the newest base", [5, 6], 6], ["at the newest base", [5], 5]] as const
  for (const [where, bases, head] of ends) {
    it.effect(`that ends ${where} misleads no follower`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { objects, putBase, sealing, stateAt, store } = yield* six
        objects.delete(ObjectKey.log(6))
        objects.delete(ObjectKey.log(5))
        const slow = remembering(store)
        const { repository } = yield* open({ store: slow.store, seed: 21 })
        assert.strictEqual((yield* repository.head).position, 4)
        for (const base of bases) putBase(base)
        for (let at = 1; at <= 4; at++) if (at !== 4) objects.delete(ObjectKey.log(at))
        objects.set(ObjectKey.log(5), forged(sealing, stateAt(4), "leftover").body)
        slow.show(4, 5)
        const state = yield* repository.refresh
        assert.strictEqual(state.position, head)
        assert.deepStrictEqual(state.digest, stateAt(head).digest)
      })))
  }

  /** The log but for its end is gone, and forged commits lie where it was. */
  const replaced = Effect.fnUntraced(function*(from: number, to: number, oldest = from) {
    const { objects, putBase, sealing, stateAt, store } = yield* six
    putBase(5)
    for (let at = 1; at < oldest; at++) objects.delete(ObjectKey.log(at))
    let state = stateAt(from - 1)
    for (let at = from; at <= to; at++) {
      const draft = forged(sealing, state, `forged ${at}`)
      objects.set(ObjectKey.log(at), draft.body)
      state = draft.state
    }
    return { store, stateAt, sealing }
  })

  for (
    const [title, to] of [["and the log goes on beside it", 3], [
      "up to the base, which is another commit's",
      5
    ]] as const
  ) {
    it.effect(`where this host last looked, ${title}, is no fork`, () =>
      inVirtualTime(Effect.gen(function*() {
        const { sealing, stateAt, store } = yield* replaced(3, to)
        const memory = new Map([[sealing.repository, { position: 3, digest: stateAt(3).digest }]])
        const { repository } = yield* open({ store, seed: 22, memory })
        const head = yield* repository.head
        assert.strictEqual(head.position, 6)
        assert.deepStrictEqual(head.digest, stateAt(6).digest)
      })))
  }

  it.effect("is not handed out as history", () =>
    inVirtualTime(Effect.gen(function*() {
      const { stateAt, store } = yield* replaced(4, 5, 1)
      const { repository } = yield* open({ store, seed: 23 })
      assert.deepStrictEqual((yield* repository.head).digest, stateAt(6).digest)
      const error = yield* Effect.flip(Stream.runCollect(repository.commitsAfter(0)))
      assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, ObjectKey.log(5))
    })))

  it.effect(
    "is not handed out as history, though all before it is the log's and long",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { host, objects, store } = yield* grown([20, 80, 120])
        const fresh = yield* open({ store, seed: 23 })
        const whole = yield* Stream.runCollect(fresh.repository.commitsAfter(20))
        assert.deepStrictEqual(
          whole.map(({ commit }) => commit.position),
          Array.from({ length: 100 }, (_, at) => 21 + at)
        )
        // A round of trimming died in the middle of one request, whose names go in any order.
        for (let hole = 21; hole <= 80; hole++) {
          const key = ObjectKey.log(hole)
          const bytes = objects.get(key)!
          const before = hole === 21
            ? Result.getOrThrow(
              Result.flatMap(
                openObject(host.repository.sealing, ObjectKey.base(20), objects.get(ObjectKey.base(20))!),
                Base.decode
              )
            )
            : whole[hole - 22]!.state
          objects.set(key, forged(host.repository.sealing, before, "leftover").body)
          const told: Array<number> = []
          const error = yield* Effect.flip(
            Stream.runForEach(fresh.repository.commitsAfter(20), ({ commit }) =>
              Effect.sync(() => {
                told.push(commit.position)
              }))
          )
          assert.strictEqual(error._tag === "RepositoryCorrupt" && error.key, ObjectKey.log(Math.min(hole + 1, 80)))
          assert.deepStrictEqual(told, [], `a leftover at ${hole}`)
          objects.set(key, bytes)
        }
        // Above the next base nothing depends on it.
        objects.delete(ObjectKey.log(30))
        assert.strictEqual((yield* Stream.runCollect(fresh.repository.commitsAfter(80))).length, 40)
      })),
    60_000
  )

  it.effect("a base that is listed and not found is looked for now and then for two minutes, then it is damage", () =>
    inVirtualTime(Effect.gen(function*() {
      const { store } = yield* six
      let listings = 0
      const ghost = ObjectStore.of({
        ...store,
        list: (prefix, after) =>
          Stream.suspend(() => {
            if (prefix !== ObjectKey.basePrefix) return store.list(prefix, after)
            listings++
            return Stream.make({ key: ObjectKey.base(4), size: 1 })
          })
      })
      const now = Effect.clockWith((clock) => clock.currentTimeMillis)
      const began = yield* now
      const error = yield* Effect.flip(open({ store: ghost, seed: 24 }))
      assert.strictEqual(error._tag, "RepositoryCorrupt")
      assert.isAtLeast((yield* now) - began, 120_000)
      assert.isAtMost((yield* now) - began, 130_000)
      assert.isBelow(listings, 30)
    })))
})
