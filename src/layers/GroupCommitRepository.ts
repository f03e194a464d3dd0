/**
 * Group commits on the repository and the replica. Order is the whole point: the commit is durable before the replica has
 * it, and the inbox is settled with that. A crash between any two only repeats work.
 */
import { Clock, DateTime, Effect, Layer } from "effect"
import * as DeviceId from "../domain/DeviceId.ts"
import type { Op } from "../domain/repository/Commit.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import { type PackContents, packRef, type State } from "../domain/repository/State.ts"
import * as CommitDraft from "../domain/sync/CommitDraft.ts"
import type { SealedPack } from "../services/BlockStore.ts"
import { GroupCommit } from "../services/GroupCommit.ts"
import { Identity } from "../services/Identity.ts"
import type { WriteFence } from "../services/Lease.ts"
import { Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"

/** Records of one folder beyond this go into a segment instead of the commit. Bytes. */
const mostInline = 256 * 1024

export const layer: Layer.Layer<GroupCommit, never, Identity | Replica | Repository> = Layer.effect(
  GroupCommit,
  Effect.gen(function*() {
    const identity = yield* Identity
    const replica = yield* Replica
    const repository = yield* Repository
    const clock = yield* Clock.Clock
    const self = DeviceId.short(identity.device)

    const surroundings = (state: State, packs: ReadonlyArray<SealedPack>): CommitDraft.Surroundings => {
      const now = clock.currentTimeMillisUnsafe()
      const at = DateTime.toParts(DateTime.makeZonedUnsafe(now, { timeZone: DateTime.zoneMakeLocal() }))
      return {
        current: replica.recordUnsafe,
        siblings: replica.siblingsUnsafe,
        live: CommitDraft.liveIn(state, packs.map((pack) => pack.ref.id)),
        self,
        now: Math.floor(now / 1000),
        local: { year: at.year, month: at.month, day: at.day, hour: at.hour, minute: at.minute, second: at.second }
      }
    }

    const recordOps = (folder: string, records: ReadonlyArray<FileRecord>, fence: WriteFence) =>
      records.reduce((sum, record) => sum + CommitDraft.weight(record), 0) <= mostInline
        ? Effect.succeed<Op>({ _tag: "FilesChanged", folder, records })
        : Effect.map(
          repository.putSegment({ table: "files", folder, records }, fence),
          (segment): Op => ({ _tag: "SegmentAdded", folder, segment })
        )

    /** The committed marks: everything a device announced up to them is in the state or needed nothing. */
    const markOps = (state: State, decided: ReadonlyArray<CommitDraft.Staged>): ReadonlyArray<Op> => {
      const ops: Array<Op> = []
      for (const { device, folder, indexId, sequences } of CommitDraft.settlements(decided)) {
        const mark = replica.markUnsafe(device, folder)
        if (mark?.indexId !== indexId) continue
        // A folder that was removed meanwhile has no marks any more.
        const at = state.folders.get(folder)
        if (at === undefined) continue
        const sequence = lowestLeft(replica, device, folder, new Set(sequences), mark.sequence + 1) - 1
        const known = at.remotes.get(device)
        if (known === undefined || known.indexId !== mark.indexId || known.sequence < sequence) {
          ops.push({ _tag: "RemoteIndexAdvanced", folder, device, indexId: mark.indexId, sequence })
        }
      }
      return ops
    }

    const make: GroupCommit["Service"]["make"] = Effect.fn("GroupCommit.make")(function*(files, packs, fence) {
      let draft: CommitDraft.Draft = { records: new Map(), decided: [], later: [], refetch: [], conflicts: 0 }
      const put = new Map<string, ReadonlyArray<FileRecord>>()
      const applied = yield* repository.commit((state) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          draft = CommitDraft.draft(state, files, surroundings(state, packs))
          const ops: Array<Op> = []
          // An interrupted commit may have named them already.
          const added = packs.map((pack) => pack.ref).filter(({ id }) => packRef(state, id) === undefined)
          if (added.length > 0) ops.push({ _tag: "PacksAdded", packs: added })
          for (const [folder, records] of draft.records) {
            const op = yield* recordOps(folder, records, fence)
            if (op._tag === "SegmentAdded") put.set(op.segment.id, records)
            ops.push(op)
          }
          if (draft.records.size > 0) ops.push(...markOps(state, draft.decided))
          return ops
        }), fence)
      const entries = CommitDraft.settlements(draft.decided)
      if (applied !== undefined) {
        yield* replica.catchUp(contentsOf(packs), { position: applied.commit.position, entries }, put)
        yield* report(applied.state.position, draft, packs)
      } else {
        for (const { device, folder, indexId, sequences } of entries) {
          yield* replica.settle(device, folder, indexId, sequences)
        }
      }
      return draft
    })

    return GroupCommit.of({ make })
  })
)

const contentsOf = (packs: ReadonlyArray<SealedPack>): ReadonlyMap<string, PackContents> =>
  new Map(packs.map((pack) => [pack.ref.id, pack.contents]))

const report = (position: number, draft: CommitDraft.Draft, packs: ReadonlyArray<SealedPack>) => {
  let files = 0
  for (const records of draft.records.values()) files += records.length
  return Effect.logInfo("committed").pipe(
    Effect.annotateLogs({
      commit: position,
      count: files,
      bytes: packs.reduce((sum, pack) => sum + pack.ref.bytes, 0),
      ...(draft.conflicts > 0 ? { conflicts: draft.conflicts } : {})
    })
  )
}

/** The lowest sequence that still waits once `gone` is settled, or `end`. */
const lowestLeft = (
  replica: Replica["Service"],
  device: DeviceId.DeviceId,
  folder: string,
  gone: ReadonlySet<number>,
  end: number
): number => {
  for (let after = 0;;) {
    const page = replica.inboxUnsafe(device, folder, after, 1000)
    for (const entry of page) if (!gone.has(entry.sequence)) return Math.min(entry.sequence, end)
    const last = page[page.length - 1]
    if (last === undefined) return end
    after = last.sequence
  }
}
