/**
 * Group commits on the repository and the replica. Order is the whole point: the commit is durable before the replica has
 * it, and the inbox is settled with that. A crash between any two only repeats work.
 */
import { Clock, DateTime, Effect, Layer } from "effect"
import * as DeviceId from "../domain/DeviceId.ts"
import type { Op } from "../domain/repository/Commit.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import { isNamed, type PackContents, packRef, type State } from "../domain/repository/State.ts"
import * as CommitDraft from "../domain/sync/CommitDraft.ts"
import type { SealedPack } from "../services/BlockStore.ts"
import { GroupCommit } from "../services/GroupCommit.ts"
import { Identity } from "../services/Identity.ts"
import type { WriteFence } from "../services/Lease.ts"
import { Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"

/** Records of one folder beyond this go into a segment instead of the commit. Bytes. */
const mostInline = 256 * 1024

export const layer: Layer.Layer<GroupCommit, never, Identity | Replica | Repository | SegmentReader> = Layer.effect(
  GroupCommit,
  Effect.gen(function*() {
    const identity = yield* Identity
    const replica = yield* Replica
    const repository = yield* Repository
    const segments = yield* SegmentReader
    const clock = yield* Clock.Clock
    const self = DeviceId.short(identity.device)

    /**
     * Where blocks of losers lie whose packs were replaced: the replica may know, else the new packs' own indexes say. An
     * index that cannot be read leaves its blocks unknown, and then their file has no copy.
     */
    const located = Effect.fnUntraced(function*(
      state: State,
      files: ReadonlyArray<CommitDraft.Staged>,
      live: CommitDraft.Surroundings["live"]
    ) {
      const known = new Map<string, string>()
      const looked = new Set<string>()
      const stranded = CommitDraft.stranded(files, { current: replica.recordUnsafe, live })
      for (const [pack, hashes] of stranded) {
        let left = 0
        for (const hash of hashes) {
          const found = replica.findBlockUnsafe(hash)
          if (found !== undefined && live(found)) known.set(keyOf(hash), found)
          else left++
        }
        // While the state knows what took its place that is it; else the replica remembers.
        const places = state.redirects.get(pack) ?? replica.movedUnsafe(pack)
        for (const id of left === 0 ? [] : places) {
          const ref = packRef(state, id)
          if (ref === undefined || looked.has(id)) continue
          looked.add(id)
          const contents = yield* segments.contents(ref).pipe(
            Effect.catchTag("RepositoryCorrupt", (error) => Effect.as(Effect.logError(error.message), undefined))
          )
          for (let at = 0; at < (contents?.hashes.length ?? 0); at += 32) {
            known.set(keyOf(contents!.hashes.subarray(at, at + 32)), id)
          }
        }
      }
      return (hash: Uint8Array) => known.get(keyOf(hash))
    })

    const surroundings = (
      live: CommitDraft.Surroundings["live"],
      moved: CommitDraft.Surroundings["moved"]
    ): CommitDraft.Surroundings => {
      const now = clock.currentTimeMillisUnsafe()
      const at = DateTime.toParts(DateTime.makeZonedUnsafe(now, { timeZone: DateTime.zoneMakeLocal() }))
      return {
        current: replica.recordUnsafe,
        siblings: replica.siblingsUnsafe,
        live,
        moved,
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
      let draft: CommitDraft.Draft = CommitDraft.empty
      const put = new Map<string, ReadonlyArray<FileRecord>>()
      const applied = yield* repository.commit((state) =>
        Effect.gen(function*() {
          yield* replica.catchUp()
          // An interrupted commit may have named them already; then they may even be gone again.
          const added = packs.map((pack) => pack.ref).filter(({ id }) => !isNamed(state, id))
          const live = CommitDraft.liveIn(state, added.map(({ id }) => id))
          draft = CommitDraft.draft(state, files, surroundings(live, yield* located(state, files, live)))
          const ops: Array<Op> = []
          if (added.length > 0) ops.push({ _tag: "PacksAdded", packs: added })
          for (const [folder, records] of draft.records) {
            const op = yield* recordOps(folder, records, fence)
            if (op._tag === "SegmentAdded") put.set(op.segment.id, records)
            ops.push(op)
          }
          if (draft.records.size > 0) ops.push(...markOps(state, draft.decided))
          return ops
        }), fence)
      for (const name of draft.lost) {
        yield* Effect.logError("the older of two versions has no conflict copy: its content is in no pack").pipe(
          Effect.annotateLogs({ key: name })
        )
      }
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

/** One character a byte. */
const keyOf = (hash: Uint8Array): string => Buffer.prototype.latin1Slice.call(hash, 0, hash.length)

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
