/**
 * Parts of `million.ts`: half of the files are deleted, nothing holds them any more, and a collection runs to its end; the hours between
 * condemning and deleting go by on a clock of its own. And what a checkpoint costs.
 */
import { Clock, Effect, Layer } from "effect"
import * as FileInfo from "../src/domain/FileInfo.ts"
import type { Op } from "../src/domain/repository/Commit.ts"
import type { FileRecord } from "../src/domain/repository/Record.ts"
import * as BlockReaderPacks from "../src/layers/BlockReaderPacks.ts"
import * as BlockStorePacks from "../src/layers/BlockStorePacks.ts"
import * as CollectorPacks from "../src/layers/CollectorPacks.ts"
import * as CompactorMerging from "../src/layers/CompactorMerging.ts"
import * as LiveSetsFooters from "../src/layers/LiveSetsFooters.ts"
import * as RepackerPacks from "../src/layers/RepackerPacks.ts"
import * as SegmentReaderRanges from "../src/layers/SegmentReaderRanges.ts"
import * as UpkeepNotesMemory from "../src/layers/UpkeepNotesMemory.ts"
import { Collector } from "../src/services/Collector.ts"
import { Compactor } from "../src/services/Compactor.ts"
import { Lease } from "../src/services/Lease.ts"
import { ObjectStore } from "../src/services/ObjectStore.ts"
import { Repository } from "../src/services/Repository.ts"
import { UpkeepNotes } from "../src/services/UpkeepNotes.ts"
import * as SeedRepository from "../test/harness/SeedRepository.ts"
import * as UpkeepClockTrusting from "../test/harness/UpkeepClockTrusting.ts"

const hour = 3_600_000
/** Runs after which a collection is not believed to end. */
const mostRuns = 12

interface Plan {
  readonly folder: string
  readonly files: number
  readonly filesPerCommit: number
  readonly bytesPerFile: number
  readonly nameOf: (file: number) => string
}

/** The first half: whole directories, as people delete. */
const deleteHalf = Effect.fnUntraced(function*({ files, filesPerCommit, folder, nameOf }: Plan) {
  const repository = yield* Repository
  const fence = yield* (yield* Lease).fence
  for (let from = 0; from < files / 2; from += filesPerCommit) {
    const sequence = (yield* repository.head).folders.get(folder)?.sequence ?? 0
    const count = Math.min(filesPerCommit, files / 2 - from)
    const records = Array.from({ length: count }, (_, at): FileRecord => {
      const file = from + at
      const name = nameOf(file)
      const info = FileInfo.encode({
        name,
        type: "file",
        deleted: true,
        modifiedS: 1_800_000_000,
        modifiedBy: 77n,
        version: [{ id: 77n, value: BigInt(file + 2) }]
      })
      return { name, sequence: sequence + at + 1, info, runs: [] }
    })
    const segment = yield* repository.putSegment({ table: "files", folder, records }, fence)
    yield* repository.commit(
      () => Effect.succeed<ReadonlyArray<Op>>([{ _tag: "SegmentAdded", folder, segment }]),
      fence
    )
  }
  yield* repository.commit((state) =>
    Effect.succeed<ReadonlyArray<Op>>(
      state.checkpoints.length === 0
        ? []
        : [{ _tag: "CheckpointsRemoved", ids: state.checkpoints.map(({ id }) => id) }]
    ), fence)
  yield* repository.flush(fence)
})

/** Until nothing is left to do. */
const collect = (plan: Plan, pass: (milliseconds: number) => void) =>
  Effect.gen(function*() {
    const collector = yield* Collector
    const compactor = yield* Compactor
    const repository = yield* Repository
    yield* deleteHalf(plan)
    let merges = 0
    for (let done = 1; done > 0;) {
      done = (yield* compactor.round).length
      merges += done
    }
    const swept = yield* compactor.sweep(() =>
      Effect.succeed({
        files: plan.files / 2,
        directories: 0,
        bytes: plan.files / 2 * plan.bytesPerFile
      })
    )
    yield* repository.flush(yield* (yield* Lease).fence)
    let freed = 0
    let rewritten = 0
    let runs = 0
    for (let isMore = true; isMore; runs++) {
      if (runs === mostRuns) return yield* Effect.die(new Error("the collection does not come to an end"))
      const run = yield* collector.run({ maxRewrite: 1e12, full: true })
      freed += run.deleted.bytes
      rewritten += run.rewritten.bytes
      isMore = run.more || run.waiting.count > 0
      pass(2 * hour)
    }
    const state = yield* repository.head
    return {
      merges,
      sweeps: swept.length,
      "old rows": swept.reduce((sum, { dropped }) => sum + dropped, 0),
      runs,
      "GB freed": Math.round(freed / 1e9),
      "GB rewritten": Math.round(rewritten / 1e9),
      "rewritten / freed": rewritten / freed,
      packs: state.packs.flushed.size + state.packs.inline.size
    }
  })

export const halved = (store: Layer.Layer<ObjectStore>, plan: Plan) =>
  Effect.gen(function*() {
    const base = yield* Clock.Clock
    let offset = 0
    const millis = () => base.currentTimeMillisUnsafe() + offset
    const clock: Clock.Clock = {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: () => BigInt(Math.round(millis())) * 1_000_000n,
      currentTimeNanos: Effect.sync(() => BigInt(Math.round(millis())) * 1_000_000n),
      monotonicTimeNanosUnsafe: () => base.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: base.monotonicTimeNanos,
      sleep: (duration) => base.sleep(duration)
    }
    const later = Layer.effect(
      ObjectStore,
      Effect.map(ObjectStore, (below) => ({ ...below, now: Effect.map(below.now, (now) => now + offset) }))
    ).pipe(Layer.provide(store))
    return yield* collect(plan, (milliseconds) => {
      offset += milliseconds
    }).pipe(
      Effect.provide(
        Layer.mergeAll(CollectorPacks.layer, CompactorMerging.layer).pipe(
          Layer.provide(RepackerPacks.layer),
          Layer.provide(LiveSetsFooters.layer),
          Layer.provide(Layer.merge(BlockReaderPacks.layer, BlockStorePacks.layer)),
          Layer.provide(Layer.mergeAll(
            SegmentReaderRanges.layer,
            UpkeepClockTrusting.layer,
            Layer.succeed(UpkeepNotes, UpkeepNotesMemory.make(new Map()))
          )),
          Layer.provideMerge(SeedRepository.opened(later))
        )
      ),
      Effect.provideService(Clock.Clock, clock)
    )
  })
