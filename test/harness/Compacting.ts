/** A compactor for a host of `Hosts`, folders whose every change is a segment of its own, and what a folder's view holds. */
import { Context, Effect, Layer, Result } from "effect"
import * as FileInfo from "../../src/domain/FileInfo.ts"
import * as ObjectKey from "../../src/domain/repository/ObjectKey.ts"
import { newest } from "../../src/domain/repository/Order.ts"
import * as Record from "../../src/domain/repository/Record.ts"
import type { FileRecord } from "../../src/domain/repository/Record.ts"
import * as Segment from "../../src/domain/repository/Segment.ts"
import * as CompactorMerging from "../../src/layers/CompactorMerging.ts"
import * as LiveSetsFooters from "../../src/layers/LiveSetsFooters.ts"
import * as SegmentReaderRanges from "../../src/layers/SegmentReaderRanges.ts"
import { Compactor } from "../../src/services/Compactor.ts"
import { Lease } from "../../src/services/Lease.ts"
import { ObjectStore } from "../../src/services/ObjectStore.ts"
import { Repository } from "../../src/services/Repository.ts"
import type { Host } from "./Hosts.ts"
import * as UpkeepClockTrusting from "./UpkeepClockTrusting.ts"

export const ground = (host: Host, store: ObjectStore["Service"]) =>
  Layer.mergeAll(
    Layer.succeed(Repository, host.repository),
    Layer.succeed(Lease, host.lease),
    Layer.succeed(ObjectStore, store)
  )

export const layer = (host: Host, store: ObjectStore["Service"]) =>
  CompactorMerging.layer.pipe(
    Layer.provide(LiveSetsFooters.layer),
    Layer.provide(Layer.merge(SegmentReaderRanges.layer, UpkeepClockTrusting.layer)),
    Layer.provide(ground(host, store)),
    Layer.fresh
  )

/** For the scope. */
export const compactor = (host: Host, store: ObjectStore["Service"]) =>
  Effect.map(Layer.build(layer(host, store)), (context) => Context.get(context, Compactor))

export interface Change {
  readonly name: string
  readonly deleted?: boolean
}

export const recordOf = ({ deleted = false, name }: Change, sequence: number): FileRecord => ({
  name,
  sequence,
  info: FileInfo.encode({ name, type: "file", deleted, version: [{ id: 1n, value: BigInt(sequence) }] }),
  runs: []
})

/** Commits the changes by a segment of their own. */
export const change = Effect.fnUntraced(function*(host: Host, folder: string, changes: ReadonlyArray<Change>) {
  const fence = yield* host.lease.fence
  return yield* host.repository.commit(
    Effect.fnUntraced(function*(state) {
      const after = state.folders.get(folder)!.sequence
      const records = changes.map((one, at) => recordOf(one, after + 1 + at))
      const segment = yield* host.repository.putSegment({ table: "files", folder, records }, fence)
      return [{ _tag: "SegmentAdded" as const, folder, segment }]
    }),
    fence
  )
})

/** As many segments of one name each. */
export const changes = (host: Host, folder: string, ...names: ReadonlyArray<string>) =>
  Effect.forEach(names, (name) => change(host, folder, [{ name }]), { discard: true })

/** `name sequence` of all that count and are not deleted, out of whole segments that are proved on the way. */
export const live = Effect.fnUntraced(function*(host: Host, store: ObjectStore["Service"], ids: ReadonlyArray<string>) {
  const records: Array<FileRecord> = []
  for (const id of ids) {
    const bytes = yield* store.get(ObjectKey.segment(id))
    const { content } = Result.getOrThrow(Segment.readAll(host.repository.sealing, id, bytes))
    if (content.table === "files") records.push(...content.records)
  }
  return newest(records).records
    .filter(({ info }) => Record.inspect(info)?.deleted !== true)
    .map(({ name, sequence }) => `${name} ${sequence}`)
})

/** Those of the folder's view. */
export const view = (host: Host, store: ObjectStore["Service"], folder: string) =>
  Effect.flatMap(host.repository.head, (state) => live(host, store, state.folders.get(folder)?.segments ?? []))

/** Puts 1,200 files into the folder, by a segment, and deletes them by another one: rows that a sweep takes out. */
export const supersede = Effect.fnUntraced(function*(folder: string) {
  const log = yield* Repository
  const fence = yield* (yield* Lease).fence
  for (const deleted of [false, true]) {
    const after = (yield* log.head).folders.get(folder)!.sequence
    const records = Array.from({ length: 1200 }, (_, at) => recordOf({ name: `old${at}`, deleted }, after + at + 1))
    const segment = yield* log.putSegment({ table: "files", folder, records }, fence)
    yield* log.commit(() => Effect.succeed([{ _tag: "SegmentAdded", folder, segment }]), fence)
  }
})
