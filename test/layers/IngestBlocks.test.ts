import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Queue, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import * as DeviceId from "../../src/domain/DeviceId.ts"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as IngestBlocks from "../../src/layers/IngestBlocks.ts"
import { Fault } from "../../src/services/Fault.ts"
import { FolderSync, type Wanted } from "../../src/services/FolderSync.ts"
import { type BlockSource, Ingest } from "../../src/services/Ingest.ts"
import { type InboxEntry, Replica } from "../../src/services/Replica.ts"
import { Staging } from "../../src/services/Staging.ts"

const device = DeviceId.fromBytes(new Uint8Array(32).fill(1))

const entry = (sequence: number, fields: Partial<FileInfo.Fields>): InboxEntry => {
  const name = `e${sequence}`
  const info = FileInfo.encode({ name, type: "directory", version: [{ id: 1n, value: 1n }], sequence, ...fields })
  return { sequence, name, info }
}

const file = (sequence: number) =>
  entry(sequence, { type: "file", size: 10, hashes: new Uint8Array(32).fill(sequence) })

const source: BlockSource = {
  device,
  folders: () => new Set(["f"]),
  request: () => {},
  progress: () => {}
}

/** Ingest of that inbox over the given staging, and over more of the replica. */
const over = (
  inbox: ReadonlyArray<InboxEntry>,
  staging: Partial<Staging["Service"]>,
  replica: Partial<Replica["Service"]> = {},
  style: () => "1.x" | "2.x" = () => "2.x"
) =>
  IngestBlocks.layer.pipe(Layer.provide([
    Layer.mock(Fault, {}),
    Layer.mock(FolderSync, {
      styleOf: style,
      wanted: Stream.fromEffectRepeat(Effect.never as Effect.Effect<Wanted>)
    }),
    Layer.succeed(
      Replica,
      {
        recordUnsafe: () => undefined,
        markUnsafe: () => ({ indexId: 1n, sequence: inbox.length }),
        inboxUnsafe: (_device, _folder, after, limit) => inbox.slice(after, after + limit),
        settle: () => Effect.void,
        changes: Stream.never,
        sequenceUnsafe: () => 0,
        waitingUnsafe: () => undefined,
        ...replica
      } as Partial<Replica["Service"]> as Replica["Service"]
    ),
    Layer.succeed(
      Staging,
      {
        find: () => undefined,
        room: () => 0,
        settled: Stream.never,
        invalidated: Stream.never,
        ...staging
      } as Partial<Staging["Service"]> as Staging["Service"]
    )
  ]))

describe("IngestBlocks", () => {
  it.effect("what is in hand is all there can be: nothing more comes before a commit, which need not wait", () =>
    Effect.gen(function*() {
      let staged = 0
      const drained = yield* Deferred.make<number>()
      const layer = over(Array.from({ length: 20_000 }, (_, i) => entry(i + 1, {})), {
        stage: (files) => {
          staged += files.length
        },
        activity: (now) => {
          if (now) Deferred.doneUnsafe(drained, Effect.succeed(staged))
        }
      })
      yield* Effect.gen(function*() {
        yield* (yield* Ingest).attach(source)
        const files = yield* Deferred.await(drained)
        assert.isAbove(files, 8000)
        assert.isBelow(files, 20_000)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("asks for room at the first block, once, and goes on with what needs none", () =>
    Effect.gen(function*() {
      let staged = 0
      const events = yield* Queue.unbounded<string>()
      const layer = over([file(1), ...Array.from({ length: 999 }, (_, i) => entry(i + 2, {}))], {
        open: () => Effect.andThen(Queue.offer(events, `open after ${staged < 999 ? "some" : "all"}`), Effect.never),
        stage: (files) => {
          staged += files.length
          if (staged === 999) Queue.offerUnsafe(events, "all staged")
        },
        activity: () => {}
      })
      yield* Effect.gen(function*() {
        const attachment = yield* (yield* Ingest).attach(source)
        assert.strictEqual(yield* Queue.take(events), "open after some")
        assert.strictEqual(yield* Queue.take(events), "all staged")
        attachment.wake()
        for (let i = 0; i < 20; i++) yield* Effect.yieldNow
        assert.strictEqual(yield* Queue.size(events), 0)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("asks again when a peer that is there has not answered for half an hour", () =>
    Effect.gen(function*() {
      const asked: Array<number> = []
      const layer = over([file(1)], { room: () => 1000, open: () => Effect.void, stage: () => {}, activity: () => {} })
      yield* Effect.gen(function*() {
        yield* (yield* Ingest).attach({
          ...source,
          request: (requests) => {
            for (const request of requests) asked.push(request.id)
          }
        })
        yield* TestClock.adjust("29 minutes")
        assert.deepStrictEqual(asked, [0])
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(asked, [0, 1])
        // Each time it is given as long.
        yield* TestClock.adjust("29 minutes")
        assert.deepStrictEqual(asked, [0, 1])
      }).pipe(Effect.provide(layer))
    }))

  for (const [style, staged] of [["1.x", ["e1"]], ["2.x", []]] as const) {
    it.effect(`an older edit that meets a deletion is ${staged.length > 0 ? "" : "not "}taken by the rule of ${style}`, () =>
      Effect.gen(function*() {
        const edit = entry(1, { modifiedS: 50 })
        const deletion = entry(1, { modifiedS: 100, deleted: true, version: [{ id: 2n, value: 1n }] })
        const names: Array<string> = []
        const layer = over(
          [edit],
          { stage: (files) => void names.push(...files.map(({ info }) => info.name)), activity: () => {} },
          { recordUnsafe: () => ({ name: edit.name, sequence: 1, info: deletion.info, runs: [] }) },
          () => style
        )
        yield* Effect.gen(function*() {
          yield* (yield* Ingest).attach(source)
          yield* TestClock.adjust("1 minute")
          assert.deepStrictEqual(names, [...staged])
        }).pipe(Effect.provide(layer))
      }))
  }
})
