/**
 * Repairs as commits under the current term. First a checkpoint of what is marked, then packs (so that nobody finds a lost
 * block any more), then segments and files, then a base.
 */
import { Effect, Layer, Stream } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as FileInfo from "../domain/FileInfo.ts"
import * as MultisetHash from "../domain/repository/MultisetHash.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { Op } from "../domain/repository/Op.ts"
import * as Order from "../domain/repository/Order.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { Marked } from "../domain/repository/RepairPlan.ts"
import * as Retention from "../domain/repository/Retention.ts"
import type * as State from "../domain/repository/State.ts"
import { Checkpoints } from "../services/Checkpoints.ts"
import { during, Lease, type WriteFence } from "../services/Lease.ts"
import { LogObjects } from "../services/LogObjects.ts"
import { ObjectProof } from "../services/ObjectProof.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { PackSalvage } from "../services/PackSalvage.ts"
import { Repair, type RepairOutcome } from "../services/Repair.ts"
import { Repository } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"

/** How long the state before a repair is kept. */
const kept = 30 * Retention.day
/** Bytes of records above which they get a segment of their own. */
const mostInline = 1024 * 1024

type Needs =
  | Checkpoints
  | Lease
  | LogObjects
  | ObjectProof
  | ObjectStore
  | PackSalvage
  | Repository
  | SecureRandom.SecureRandom
  | SegmentReader

export const layer: Layer.Layer<Repair, never, Needs> = Layer.effect(
  Repair,
  Effect.gen(function*() {
    const checkpoints = yield* Checkpoints
    const lease = yield* Lease
    const log = yield* LogObjects
    const proof = yield* ObjectProof
    const repository = yield* Repository
    const salvage = yield* PackSalvage
    const segments = yield* SegmentReader
    const store = yield* ObjectStore
    const random = yield* SecureRandom.SecureRandom

    /**
     * The folders as they are now, pinned. The newest checkpoint stands for them where nothing changed since. Those made here
     * are as if the schedules had asked for them, so that they go when the pin has ended.
     */
    const keep = Effect.fnUntraced(function*(folders: ReadonlyArray<string>) {
      yield* checkpoints.create(folders, "schedule")
      const ids: Array<number> = []
      yield* repository.commit((state) =>
        Effect.sync(() => {
          ids.length = 0
          const ops: Array<Op> = []
          for (const folder of folders) {
            const id = state.checkpoints.findLast((checkpoint) => checkpoint.folder === folder)?.id
            if (id === undefined) continue
            ids.push(id)
            const until = state.time + kept
            ops.push({ _tag: "CheckpointPinned", id, holder: Retention.repair, reason: "before a repair", until })
          }
          return ops
        })
      )
      return ids
    })

    /** Names that changed in commits after the position, up to the state's; undefined: all of the folder did. */
    const changedSince = Effect.fnUntraced(function*(state: State.State, folder: string, position: number) {
      const names = new Set<string>()
      let whole = false
      yield* repository.commitsAfter(position).pipe(
        Stream.takeWhile(({ commit }) => commit.position <= state.position),
        Stream.runForEach(Effect.fnUntraced(function*({ commit }) {
          for (const op of commit.ops) {
            if (op._tag === "FolderRemoved" && op.folder === folder) whole = true
            if (op._tag === "FilesChanged" && op.folder === folder) {
              for (const { name } of op.records) names.add(name)
            }
            if (op._tag !== "SegmentAdded" || op.folder !== folder) continue
            yield* Stream.runForEach(segments.records(op.segment), (records) =>
              Effect.sync(() => {
                for (const { name } of records) names.add(name)
              }))
          }
        }))
      )
      return whole ? undefined : names
    })

    const recordOp = (folder: string, records: ReadonlyArray<FileRecord>, fence: WriteFence) =>
      records.reduce((sum, { info }) => sum + info.length + 16, 0) <= mostInline
        ? Effect.succeed<Op>({ _tag: "FilesChanged", folder, records })
        : Effect.map(
          repository.putSegment({ table: "files", folder, records }, fence),
          (segment): Op => ({ _tag: "SegmentAdded", folder, segment })
        )

    /** Marks the files, and asks every device for its index again: who has them is asked for their blocks. */
    const marked = Effect.fnUntraced(function*(
      folder: string,
      files: ReadonlyArray<Marked>,
      position: number,
      fence: WriteFence
    ) {
      let count = 0
      yield* repository.commit((state) =>
        Effect.gen(function*() {
          count = 0
          const at = state.folders.get(folder)
          const changed = at === undefined ? undefined : yield* changedSince(state, folder, position)
          if (at === undefined || changed === undefined) return []
          const records = files.filter(({ name }) => !changed.has(name)).map(({ info, name }, place): FileRecord => ({
            name,
            sequence: at.sequence + 1 + place,
            info: FileInfo.unavailable(info),
            runs: []
          }))
          count = records.length
          if (count === 0) return []
          return [yield* recordOp(folder, records, fence), { _tag: "RemoteIndexesForgotten", folder }] as ReadonlyArray<
            Op
          >
        }), fence)
      return count
    })

    /** What the log still says of the rows of a lost segment: of each name the newest. */
    const inLog = Effect.fnUntraced(function*({ folder, maxSequence, minSequence }: State.SegmentRef) {
      const read = Effect.gen(function*() {
        const found: Array<FileRecord> = []
        yield* Stream.runForEach(repository.commitsAfter(0), ({ commit }) =>
          Effect.sync(() => {
            for (const op of commit.ops) {
              if (op._tag !== "FilesChanged" || op.folder !== folder) continue
              for (const record of op.records) {
                if (record.sequence >= minSequence && record.sequence <= maxSequence) found.push(record)
              }
            }
          }))
        return Order.newest(found).records
      })
      return yield* read.pipe(
        // Once more, for what was damaged on the way.
        Effect.catchTag("RepositoryCorrupt", () => read),
        // Trimmed: then nothing is known.
        Effect.catchTag("RepositoryCorrupt", () => Effect.succeed([]))
      )
    })

    /** Not 0, and not the one that peers know other entries under. */
    const indexIdBut = (old: bigint) =>
      Effect.map(random.randomBytes(8), (bytes) => {
        const id = Buffer.from(bytes).readBigUInt64BE()
        return id === 0n || id === old ? old ^ 1n || 2n : id
      })

    /**
     * A lost segment is written again where the log proves every row, else with the rows that are still read of it. The others
     * are given up: every device is asked for its index again, what it has comes back with it, and what was told of them counts
     * no more, to peers and to replicas. Answers how many; undefined if the segment is there again.
     */
    const rebuilt = Effect.fnUntraced(function*(lost: State.SegmentRef, fence: WriteFence) {
      if ((yield* proof.segment(lost, () => () => {}))._tag === "Good") return undefined
      const isWhole = (records: ReadonlyArray<FileRecord>) =>
        records.length === lost.records && Buffer.compare(MultisetHash.ofRecords(records), lost.digest) === 0
      const logged = yield* inLog(lost)
      const records = isWhole(logged) ? logged : yield* proof.remains(lost)
      const { folder } = lost
      const missing = lost.records - records.length
      const digest = new MultisetHash.MultisetHash().add(lost.digest).subtract(MultisetHash.ofRecords(records)).digest()
      const content = { table: "files", folder, records } as const
      yield* repository.commit((state) =>
        Effect.gen(function*() {
          const at = state.folders.get(folder)
          if (at?.segments.includes(lost.id) !== true) return []
          const ops: Array<Op> = [{
            _tag: "SegmentsMerged",
            table: "files",
            folder,
            inputs: [lost.id],
            ...(records.length === 0 ? {} : { output: yield* repository.putSegment(content, fence) }),
            dropped: { records: missing, digest },
            tombstones: { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
          }]
          if (missing === 0) return ops
          ops.push({ _tag: "RemoteIndexesForgotten", folder })
          const indexId = yield* indexIdBut(at.indexId)
          ops.push({ _tag: "IndexRenewed", folder, indexId, sequence: at.sequence + 1 })
          return ops
        }), fence)
      return missing
    })

    /** Deletion goes on when all of them are saved. */
    const resumed = (condemned: ReadonlyArray<string>) =>
      repository.commit((state) =>
        Effect.succeed<ReadonlyArray<Op>>(
          state.deletionStopped === undefined || !condemned.every((id) => state.redirects.has(id))
            ? []
            : [{ _tag: "DeletionResumed" }]
        )
      )

    /** They must not be deleted before others took their place; what was condemned goes all the same. */
    const saved = Effect.fnUntraced(function*(
      condemned: ReadonlyArray<string>,
      fence: WriteFence,
      leave: (pack: string) => void
    ) {
      let blocks = 0
      const stop: Op = { _tag: "DeletionStopped", reason: `records name the condemned pack ${condemned[0]}` }
      yield* repository.commit((state) => Effect.succeed(state.deletionStopped === undefined ? [stop] : []))
      for (const old of condemned) {
        const copied = yield* salvage.save(old, fence)
        if (copied === undefined) leave(old)
        else blocks += copied
      }
      yield* resumed(condemned)
      return blocks
    })

    /** The state itself says what the whole pack table holds. */
    const packTable = (fence: WriteFence) =>
      repository.commit(({ packs }) =>
        Effect.gen(function*() {
          const dropped = [...packs.dropped.values()]
          const rows = [...packs.flushed.values()]
          const output = rows.length === 0
            ? undefined
            : yield* repository.putSegment({ table: "packs", packs: rows }, fence)
          const op: Op = {
            _tag: "SegmentsMerged",
            table: "packs",
            folder: "",
            inputs: packs.segments,
            ...(output === undefined ? {} : { output }),
            dropped: { records: dropped.length, digest: MultisetHash.ofPacks(dropped) },
            tombstones: { records: 0, digest: new Uint8Array(32), maxSequence: 0 }
          }
          return packs.segments.length === 0 ? [] : [op]
        }), fence)

    /** Bases only repeat the log. A wrong one goes when a newer one was written and read back, as trimming would take it. */
    const rebased = Effect.fnUntraced(function*(wrong: ReadonlyArray<number>, fence: WriteFence) {
      yield* repository.flush(fence)
      const state = yield* repository.head
      const newest = yield* log.base(repository.sealing, state.basePosition)
      if (newest === undefined || wrong.includes(state.basePosition)) return
      yield* log.withPackTable(repository.sealing, newest)
      const older = wrong.filter((position) => position < state.basePosition)
      yield* store.remove(older.map(ObjectKey.base))
    })

    return Repair.of({
      apply: Effect.fn("Repair.apply")(function*(plan) {
        const fence = yield* lease.fence
        const outcome = { packs: 0, blocks: 0, files: 0, rebuilt: 0, dropped: 0, entries: 0 }
        const left = new Set<string>()
        const before = plan.files.size === 0 ? [] : yield* keep([...plan.files.keys()])
        if (plan.condemned.length > 0) outcome.blocks += yield* saved(plan.condemned, fence, (pack) => left.add(pack))
        else if (plan.resume) yield* resumed([])
        for (const replacement of plan.packs) {
          const blocks = yield* salvage.replace(replacement, fence)
          if (blocks === undefined) {
            left.add(replacement.old)
            continue
          }
          outcome.blocks += blocks
          outcome.packs++
        }
        if (plan.segments.some(({ table }) => table === "packs")) {
          yield* packTable(fence)
          outcome.rebuilt++
        }
        for (const segment of plan.segments) {
          if (segment.table === "packs") continue
          const missing = yield* rebuilt(segment, fence)
          if (missing === undefined) continue
          if (missing === 0) outcome.rebuilt++
          else outcome.dropped++
          outcome.entries += missing
        }
        for (const [folder, files] of plan.files) {
          // What comes again would be found in the pack that was left.
          const sure = files.filter(({ packs }) => !packs.some((pack) => left.has(pack)))
          outcome.files += yield* marked(folder, sure, plan.position, fence)
        }
        if (plan.bases.length > 0) yield* rebased(plan.bases, fence)
        return { ...outcome, before, left: [...left] } satisfies RepairOutcome
      }, (work) => during(lease, work))
    })
  })
)
