import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TestClock from "effect/testing/TestClock"
import type { Op } from "../../src/domain/repository/Op.ts"
import type * as State from "../../src/domain/repository/State.ts"
import * as CommitTiming from "../../src/domain/sync/CommitTiming.ts"
import { fenceOf } from "../../src/services/Lease.ts"
import { Fenced } from "../../src/services/Repository.ts"
import { Staging } from "../../src/services/Staging.ts"
import { blank, file, grown, initial, noHashes, over, pack, withFolder } from "../harness/StagingRig.ts"

describe("StagingCommits", () => {
  it.effect("does not look at a pack again and again because much of it is not durable yet", () => {
    let looks = 0
    const layer = over({
      builder: { pending: () => 1_000_000 },
      fence: Effect.suspend(() => ++looks > 100 ? Effect.never : Effect.succeed(fenceOf(1))),
      repository: { head: Effect.succeed(initial) }
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      staging.activity(false)
      yield* staging.open(1)
      staging.add(new Uint8Array(32), new Uint8Array(1))
      yield* TestClock.adjust("25 seconds")
      assert.strictEqual(looks, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a flush commits files whose pack is still open, while more is being fetched", () => {
    const open: State.PackRef = { id: pack, size: 100, trailerLength: 10, blocks: 1, bytes: 50 }
    const repository = grown()
    const layer = over({
      builder: {
        seal: Effect.succeed([{ ref: open, contents: { hashes: new Uint8Array(32) } }]),
        take: Effect.succeed([])
      },
      repository,
      replica: blank
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      yield* staging.open(1)
      staging.activity(false)
      staging.stage([file("complete", pack)])
      yield* staging.flush
      assert.deepStrictEqual(repository.names(), [["complete"]])
    }).pipe(Effect.provide(layer))
  })

  it.effect("many staged files are committed as far as their packs are durable; the open pack is left to fill", () => {
    const other = "1-11111111111111111111111111111111"
    const sealed = { ref: { id: pack, size: 9, trailerLength: 1, blocks: 1, bytes: 5 }, contents: noHashes }
    const open = { ref: { ...sealed.ref, id: other }, contents: noHashes }
    let seals = 0
    const repository = grown()
    const layer = over({
      builder: {
        drain: Effect.sync(() => repository.names().length === 0 ? [sealed] : []),
        seal: Effect.sync(() => {
          seals++
          return [open]
        })
      },
      repository,
      replica: blank
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      yield* staging.open(1)
      staging.activity(false)
      staging.stage(Array.from({ length: 8000 }, (_, i) => file(`f${i}`, i < 5000 ? pack : other)))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(repository.names().map((names) => names.length), [5000])
      assert.strictEqual(seals, 0)
      // Once most of what waits lies in the open pack, that is closed after all.
      staging.stage(Array.from({ length: 5000 }, (_, i) => file(`g${i}`, other)))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(repository.names().map((names) => names.length), [5000, 8000])
      assert.strictEqual(seals, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("the rest of a burst does not wait for the distance of commits, a second change does", () => {
    const repository = grown()
    const layer = over({ repository, replica: blank })
    return Effect.gen(function*() {
      const staging = yield* Staging
      const now = 10 * CommitTiming.spacing
      yield* TestClock.adjust(now)
      staging.activity(false)
      staging.stage(Array.from({ length: 8000 }, (_, i) => file(`f${i}`, undefined, now)))
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(repository.names().map((names) => names.length), [8000])
      staging.stage([file("rest", undefined, now)])
      staging.activity(true)
      yield* TestClock.adjust(CommitTiming.quiet)
      assert.deepStrictEqual(repository.names().at(-1), ["rest"])
      staging.stage([file("change", undefined, now)])
      yield* TestClock.adjust(CommitTiming.quiet)
      assert.deepStrictEqual(repository.names().at(-1), ["rest"])
      yield* TestClock.adjust(CommitTiming.spacing - CommitTiming.quiet)
      assert.deepStrictEqual(repository.names().at(-1), ["change"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a wall clock that is set back delays no commit", () => {
    const repository = grown()
    return Effect.gen(function*() {
      const staging = yield* Staging
      yield* TestClock.adjust("3 hours")
      staging.stage([file("first", undefined, 3 * 3_600_000)])
      yield* TestClock.adjust(CommitTiming.spacing)
      assert.deepStrictEqual(repository.names(), [["first"]])
      staging.activity(false)
      staging.stage([file("second", undefined, 3 * 3_600_000)])
      yield* TestClock.adjust(1)
      yield* TestClock.setTime(3_600_000)
      staging.activity(true)
      yield* TestClock.adjust(CommitTiming.spacing)
      assert.deepStrictEqual(repository.names(), [["first"], ["second"]])
    }).pipe(Effect.provide(over({ repository, replica: blank })))
  })

  it.effect("states no mark in a folder that was removed", () => {
    const ops: Array<Op> = []
    const layer = over({
      repository: {
        head: Effect.succeed(withFolder),
        commit: (plan) =>
          Effect.map(plan(withFolder), (planned) => {
            ops.push(...planned)
            return undefined
          })
      },
      replica: { ...blank, markUnsafe: () => ({ indexId: 1n, sequence: 1 }), inboxUnsafe: () => [] }
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      staging.stage([{ ...file("late"), folder: "removed" }, file("file")])
      yield* staging.flush
      const marks = ops.filter((op) => op._tag === "RemoteIndexAdvanced").map((op) => op.folder)
      assert.deepStrictEqual(marks, ["f"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a flush whose term is over says that nothing was committed", () => {
    const layer = over({
      repository: { ...grown(), commit: () => Effect.fail(new Fenced({ term: 1, epoch: 2 })) },
      replica: blank
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      staging.stage([file("lost")])
      const error = yield* Effect.flip(staging.flush)
      assert.deepStrictEqual([error._tag, error.files], ["NotCommitted", 1])
    }).pipe(Effect.provide(layer))
  })

  it.effect("names no pack twice after a commit that was interrupted and made all the same", () => {
    const ref: State.PackRef = { id: pack, size: 100, trailerLength: 10, blocks: 1, bytes: 50 }
    const made: State.State = {
      ...initial,
      packs: { ...initial.packs, inline: new Map([[pack, { ref, position: 1 }]]) }
    }
    let planned: ReadonlyArray<unknown> | undefined
    const layer = over({
      builder: { seal: Effect.succeed([{ ref, contents: { hashes: new Uint8Array(32) } }]) },
      repository: {
        head: Effect.succeed(made),
        commit: (plan) =>
          Effect.map(plan(made), (ops) => {
            planned = ops
            return undefined
          })
      },
      replica: { catchUp: () => Effect.void }
    })
    return Effect.gen(function*() {
      const staging = yield* Staging
      yield* staging.open(1)
      yield* staging.flush
      assert.deepStrictEqual(planned, [])
    }).pipe(Effect.provide(layer))
  })
})
