import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Logger, Option, Result, Scope, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import type { Op } from "../../src/domain/repository/Op.ts"
import * as State from "../../src/domain/repository/State.ts"
import type { Staged } from "../../src/domain/sync/CommitDraft.ts"
import * as CommitTiming from "../../src/domain/sync/CommitTiming.ts"
import * as GroupCommitRepository from "../../src/layers/GroupCommitRepository.ts"
import * as StagingCommits from "../../src/layers/StagingCommits.ts"
import { BlockStore, type PackBuilderHandle } from "../../src/services/BlockStore.ts"
import { Fault } from "../../src/services/Fault.ts"
import { Identity } from "../../src/services/Identity.ts"
import { fenceOf, Lease } from "../../src/services/Lease.ts"
import { StoreRefused, StoreUnavailable } from "../../src/services/ObjectStore.ts"
import { Replica } from "../../src/services/Replica.ts"
import { Fenced, Repository } from "../../src/services/Repository.ts"
import { SegmentReader } from "../../src/services/SegmentReader.ts"
import { Settings } from "../../src/services/Settings.ts"
import { Staging } from "../../src/services/Staging.ts"
import * as Leases from "../harness/Leases.ts"

const pack = "1-00000000000000000000000000000000"

/** Staging over what the test says; whatever else is asked of a service is a bug. */
const over = (options: {
  readonly builder?: Partial<PackBuilderHandle>
  /** Before there is a builder. */
  readonly begin?: Effect.Effect<void, StoreRefused>
  readonly fence?: Lease["Service"]["fence"]
  readonly repository: Partial<Repository["Service"]>
  readonly replica?: Partial<Replica["Service"]>
}) => {
  const builder: PackBuilderHandle = {
    term: 1,
    add: () => pack,
    find: () => undefined,
    room: () => 1000,
    awaitRoom: () => Effect.void,
    seal: Effect.succeed([]),
    drain: Effect.succeed([]),
    take: Effect.succeed([]),
    forget: () => {},
    pending: () => 0,
    durable: () => 0,
    ...options.builder
  }
  return StagingCommits.layer.pipe(
    Layer.provide(GroupCommitRepository.layer),
    Layer.provide([
      Layer.succeed(BlockStore, BlockStore.of({ builder: Effect.as(options.begin ?? Effect.void, builder) })),
      Layer.mock(Fault, {}),
      Layer.succeed(Identity, { device: DeviceId.fromBytes(new Uint8Array(32).fill(1)) } as Identity["Service"]),
      Layer.succeed(Lease, Leases.answering(options.fence ?? Effect.succeed(fenceOf(1)))),
      Layer.succeed(Replica, (options.replica ?? {}) as Replica["Service"]),
      Layer.succeed(Repository, options.repository as Repository["Service"]),
      Layer.mock(SegmentReader, {}),
      Layer.succeed(Settings, { commitInterval: Duration.seconds(10), commitBytes: 1000 } as Settings["Service"])
    ])
  )
}

const initial = State.initial("00112233445566778899aabbccddeeff")
const withFolder: State.State = {
  ...initial,
  folders: new Map([[
    "f",
    {
      id: "f",
      label: "",
      indexId: 1n,
      sequence: 0,
      segments: [],
      inline: [],
      inlineSizes: [],
      remotes: new Map(),
      changedAt: 0,
      milestones: []
    }
  ]])
}
const noHashes = { hashes: new Uint8Array(32) }

/** A replica that holds nothing. */
const blank: Partial<Replica["Service"]> = {
  catchUp: () => Effect.void,
  settle: () => Effect.void,
  recordUnsafe: () => undefined,
  siblingsUnsafe: () => [],
  markUnsafe: () => undefined
}

/** A repository that takes every commit and tells the names in each. */
const grown = () => {
  const names: Array<ReadonlyArray<string>> = []
  const service: Partial<Repository["Service"]> = {
    head: Effect.succeed(withFolder),
    putSegment: (content) =>
      Effect.sync(() => {
        names.push(content.table === "files" ? content.records.map((record) => record.name) : [])
        return {
          id: "1-22222222222222222222222222222222",
          table: "files",
          folder: "f",
          records: 1,
          minSequence: 1,
          maxSequence: 1,
          size: 1,
          footerLength: 1,
          digest: new Uint8Array(32)
        }
      }),
    commit: (plan) =>
      Effect.map(plan(withFolder), (ops) => {
        for (const op of ops) if (op._tag === "FilesChanged") names.push(op.records.map((record) => record.name))
        return undefined
      })
  }
  return { ...service, names: () => names }
}

const file = (name: string, held?: string, at = 0): Staged => ({
  device: DeviceId.fromBytes(new Uint8Array(32).fill(2)),
  style: "2.x",
  folder: "f",
  indexId: 1n,
  sequence: 1,
  info: Result.getOrThrow(FileInfo.decode(FileInfo.encode({
    name,
    type: "file",
    version: [{ id: 2n, value: 1n }],
    size: 1,
    hashes: new Uint8Array(32)
  }))),
  runs: held === undefined ? [] : [{ pack: held, count: 1 }],
  at
})

/** Collects what is logged as warnings. */
const heard = (said: Array<string>) =>
  Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn") said.push(String(message))
  })

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

  describe("while the store lets this host write nothing", () => {
    const refused = new StoreRefused({ operation: "put", location: "s3:b", reason: "no permission", mend: "grant it" })
    /** Of errors in the log. */
    const errors = (said: Array<string>) =>
      Logger.layer([Logger.make(({ logLevel, message }) => {
        if (logLevel === "Error") said.push(String(message))
      })])

    it.effect("it stands by, says so hourly, and stores again once it may", () => {
      let may = false
      const repository = grown()
      const said: Array<string> = []
      const layer = over({
        fence: Effect.suspend(() => may ? Effect.succeed(fenceOf(1)) : Effect.fail(refused)),
        begin: Effect.suspend(() => may ? Effect.void : Effect.fail(refused)),
        repository,
        replica: blank
      })
      return Effect.gen(function*() {
        const staging = yield* Staging
        const opening = yield* Effect.forkChild(staging.open(1))
        yield* TestClock.adjust("30 minutes")
        assert.isUndefined(opening.pollUnsafe())
        assert.lengthOf(said, 1)
        assert.match(said[0]!, /goes on serving.*no permission; grant it/)
        yield* TestClock.adjust("31 minutes")
        assert.lengthOf(said, 2)
        may = true
        yield* TestClock.adjust("61 seconds")
        yield* Fiber.join(opening)
        staging.stage([file("at last")])
        yield* staging.flush
        assert.deepStrictEqual(repository.names(), [["at last"]])
      }).pipe(Effect.provide(layer), Effect.provide(errors(said)))
    })

    it.effect("what was staged for a commit that is refused is asked for again, and its packs are named by nobody", () => {
      let may = false
      const repository = grown()
      const layer = over({
        repository: {
          ...repository,
          commit: (plan, fence) => may ? repository.commit!(plan, fence) : Effect.fail(refused)
        },
        replica: blank
      })
      return Effect.gen(function*() {
        const staging = yield* Staging
        const again = yield* Effect.forkChild(Stream.runHead(staging.invalidated))
        staging.activity(true)
        staging.stage([file("early")])
        yield* TestClock.adjust("30 seconds")
        assert.isTrue(Option.isSome(yield* Fiber.join(again)))
        may = true
        staging.stage([file("early")])
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(repository.names(), [["early"]])
      }).pipe(Effect.provide(layer))
    })
  })

  describe("while the store cannot be reached", () => {
    const down = new StoreUnavailable({ operation: "put", key: "log", reason: "no route" })

    it.effect("shutdown tries again, and says nothing once it succeeded", () => {
      const repository = grown()
      let tries = 0
      const layer = over({
        repository: {
          ...repository,
          commit: (plan, fence) => ++tries < 4 ? Effect.fail(down) : repository.commit!(plan, fence)
        },
        replica: blank
      })
      const said: Array<string> = []
      return Effect.gen(function*() {
        const scope = yield* Scope.make()
        const staging = yield* Effect.map(Layer.buildWithScope(layer, scope), (built) => Context.get(built, Staging))
        staging.stage([file("last")])
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(closing)
        assert.deepStrictEqual(repository.names(), [["last"]])
        assert.isFalse(said.some((line) => line.includes("not committed")))
      }).pipe(Effect.provide(Logger.layer([heard(said)])))
    })

    it.effect("shutdown says what was not committed, though an object is still under way", () => {
      let tries = 0
      const layer = over({
        repository: {
          ...grown(),
          // The first tries fail; the last one does not let itself be interrupted until its outcome is known.
          commit: () =>
            Effect.suspend(() => ++tries < 3 ? Effect.fail(down) : Effect.uninterruptible(Effect.sleep("1 hour"))).pipe(
              Effect.as(undefined)
            )
        },
        replica: blank
      })
      const said: Array<string> = []
      return Effect.gen(function*() {
        const scope = yield* Scope.make()
        const staging = yield* Effect.map(Layer.buildWithScope(layer, scope), (built) => Context.get(built, Staging))
        staging.stage([file("one"), file("two")])
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("19 seconds")
        assert.isFalse(said.some((line) => line.includes("not committed")))
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(closing)
        assert.strictEqual(tries, 3)
        assert.strictEqual(said.filter((line) => /the last 2 files were not committed.*no route/.test(line)).length, 1)
      }).pipe(Effect.provide(Logger.layer([heard(said)])))
    })

    it.effect("a flush fails when its time is over, and succeeds when the store is back before", () => {
      const repository = grown()
      let up = false
      const layer = over({
        repository: {
          ...repository,
          commit: (plan, fence) => up ? repository.commit!(plan, fence) : Effect.fail(down)
        },
        replica: blank
      })
      return Effect.gen(function*() {
        const staging = yield* Staging
        staging.activity(false)
        staging.stage([file("kept")])
        const first = yield* Effect.forkChild(Effect.flip(staging.flush))
        yield* TestClock.adjust("20 seconds")
        const error = yield* Fiber.join(first)
        assert.deepStrictEqual([error._tag, error.files], ["NotCommitted", 1])
        const second = yield* Effect.forkChild(staging.flush)
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(repository.names(), [])
        up = true
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(second)
        assert.deepStrictEqual(repository.names(), [["kept"]])
      }).pipe(Effect.provide(layer))
    })
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
