/**
 * Merges by the plans of `CompactionPlan`. The output is put before its commit is planned: whatever happens in between
 * leaves an object nobody names, never a commit that names an object nobody put.
 */
import { Clock, Effect, Layer, Semaphore, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as CompactionPlan from "../domain/repository/CompactionPlan.ts"
import * as Flush from "../domain/repository/Flush.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { Merge, Op } from "../domain/repository/Op.ts"
import type { Counts } from "../domain/repository/Refs.ts"
import * as SegmentMerge from "../domain/repository/SegmentMerge.ts"
import type { FolderState, SegmentRef, State } from "../domain/repository/State.ts"
import * as SweepPlan from "../domain/repository/SweepPlan.ts"
import { type Compacted, Compactor, type CompactorError, type CountsOf } from "../services/Compactor.ts"
import { during, Lease, type WriteFence } from "../services/Lease.ts"
import { LiveSets } from "../services/LiveSets.ts"
import * as Merging from "../services/Merging.ts"
import { Repository, type RepositoryCorrupt } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"
import { UpkeepClock } from "../services/UpkeepClock.ts"

/** Merges of one round: more are left to the next one. */
const mostMerges = 64
/** Milliseconds for which a table is left alone that could not be read. */
const asideFor = 6 * 3_600_000
/** A merge for tombstones alone is given up before it puts anything, if fewer than one row in so many goes. */
const worthwhile = 8

/** Whether all that it reads is in use. */
const isThere = (state: State, task: CompactionPlan.Task): boolean => {
  const view = task.table === "packs" ? state.packs.segments : state.folders.get(task.folder)?.segments ?? []
  return [...task.inputs, ...Merging.witnessesOf(task)].every(({ id }) => view.includes(id))
}

/** `smallTable`: up to which size a table is swept as a whole, bytes. */
export const layerWith = (
  { smallTable }: { readonly smallTable: number }
): Layer.Layer<Compactor, never, Lease | LiveSets | Repository | SegmentReader | UpkeepClock> =>
  Layer.effect(
    Compactor,
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const lease = yield* Lease
      const lives = yield* LiveSets
      const reader = yield* SegmentReader
      const repository = yield* Repository
      const upkeep = yield* UpkeepClock
      const { build, renamingOf } = Merging.make(repository, reader)
      const one = yield* Semaphore.make(1)
      /** By table: until when it is left alone. */
      const aside = new Map<string, number>()
      /** Segments in which no name could be changed. */
      const stuck = new Set<string>()
      /** By segment: when it was looked through for rows that are superseded. */
      const swept = new Map<string, SweepPlan.Look>()
      /** By segment: what its footer tells. */
      const weights = new Map<string, SweepPlan.Weight>()
      /** By folder: the sequence up to which tombstones were old enough when it was looked through last. */
      const looked = new Map<string, number>()

      /** The state, as old as it surely is: no tombstone goes by a clock in doubt. The store is asked only if one could. */
      const aged = Effect.fnUntraced(function*(state: State) {
        const matters = [...state.folders.values()].some((folder) => CompactionPlan.mayForget(state, folder))
        return matters ? { ...state, time: Math.min(state.time, (yield* upkeep.read).sure) } : state
      })

      const isAside = (table: string): boolean => (aside.get(table) ?? -Infinity) > Monotonic.millis(clock)

      /** In turn, while the work goes on. Where a segment is damaged the other folders have their turn all the same, then it fails. */
      const eachFolder = Effect.fnUntraced(function*(
        state: State,
        work: (folder: FolderState) => Effect.Effect<boolean, CompactorError>
      ) {
        let damage: RepositoryCorrupt | undefined
        /** Whether to go on: damage of the log is everybody's, and what others merged meanwhile may have gone. */
        const setAside = Effect.fnUntraced(function*(folder: string, found: RepositoryCorrupt) {
          const key = ObjectKey.parse(found.key)
          if (key?._tag !== "Segment") return yield* found
          const state = yield* Effect.tapError(repository.refresh, () => Effect.logError(found.message))
          if (!state.segments.has(key.id)) return true
          damage ??= found
          looked.delete(folder)
          aside.set(folder, Monotonic.millis(clock) + asideFor)
          return true
        })
        for (const folder of state.folders.values()) {
          const goesOn = yield* work(folder).pipe(
            Effect.catchTag("RepositoryCorrupt", (found) => setAside(folder.id, found)),
            Effect.tapError(() => damage === undefined ? Effect.void : Effect.logError(damage.message))
          )
          if (!goesOn) break
        }
        if (damage !== undefined) return yield* damage
      })

      /** Records that lie in commits only go into a segment first: a tombstone may only go if that holds nothing older. */
      const flush = Effect.fnUntraced(function*(state: State, folder: FolderState, fence: WriteFence) {
        const applied = yield* Stream.runCollect(repository.commitsAfter(folder.inline[0]! - 1))
        const records = Flush.records(state, folder.id, applied.map(({ commit }) => commit))
        if (records === undefined) return yield* Effect.die(new Error(`records of ${folder.id} are not in the log`))
        const segment = yield* repository.putSegment({ table: "files", folder: folder.id, records }, fence)
        return { _tag: "InlineFlushed", folder: folder.id, through: state.position, segment } as const
      })

      /** Undefined if others were there first. */
      const commit = Effect.fnUntraced(function*(
        merge: Merge,
        given: ReadonlySet<string>,
        witnesses: ReadonlyArray<SegmentRef>,
        fence: WriteFence
      ) {
        let misfit: string | undefined
        const applied = yield* repository.commit(
          Effect.fnUntraced(function*(state) {
            misfit = CompactionPlan.misfit(state, merge, given, witnesses)
            if (misfit !== undefined) return []
            const folder = state.folders.get(merge.folder)
            if (merge.tombstones.records === 0 || folder === undefined || folder.inline.length === 0) return [merge]
            const flushed = yield* flush(state, folder, fence)
            if (flushed.segment.minSequence > merge.tombstones.maxSequence) return [flushed, merge] satisfies Array<Op>
            misfit = "a record that lies in a commit is older than a tombstone"
            return []
          }),
          fence
        )
        if (applied === undefined) {
          yield* Effect.logDebug("a merge came too late").pipe(
            Effect.annotateLogs({ folder: merge.folder, segment: merge.output?.id, reason: misfit })
          )
          return undefined
        }
        const compacted: Compacted = {
          table: merge.table,
          folder: merge.folder,
          inputs: merge.inputs.length,
          output: merge.output,
          dropped: merge.dropped.records,
          tombstones: merge.tombstones.records,
          renamed: merge.renamed?.records ?? 0
        }
        yield* Effect.logInfo("segments merged").pipe(
          Effect.annotateLogs({
            ...(merge.table === "packs" ? { table: "packs" } : { folder: merge.folder }),
            commit: applied.commit.position,
            count: merge.inputs.length,
            records: merge.output?.records ?? 0,
            dropped: merge.dropped.records,
            tombstones: merge.tombstones.records,
            renamed: merge.renamed?.records ?? 0
          })
        )
        return compacted
      })

      /** What cannot be read may have been merged and deleted by another host: then it is none of our business any more. */
      const stillThere = (task: CompactionPlan.Task) => Effect.map(repository.refresh, (state) => isThere(state, task))

      /** Undefined if others were there first; fails if it is not worth it. */
      const mergeIf = Effect.fn("Compactor.merge")(function*(
        task: CompactionPlan.Task,
        isWorth: (outcome: Merging.Outcome) => boolean
      ) {
        yield* Effect.annotateCurrentSpan({ table: task.table, count: task.inputs.length })
        const fence = yield* lease.fence
        // Who wrote before may have done it: then nothing is read.
        if (!isThere(yield* repository.head, task)) return undefined
        const given = new Set<string>()
        const files = Effect.fnUntraced(function*(task: CompactionPlan.FilesTask) {
          const renaming = yield* renamingOf(yield* repository.head, task.inputs)
          const kind = SegmentMerge.filesKind(task.forgettable, (row) => renaming.of(row))
          const built = yield* build(kind, task, reader.records, fence, isWorth)
          for (const id of renaming.given) given.add(id)
          return built
        })
        const built = yield* (task.table === "packs"
          ? build(SegmentMerge.packsKind(task.dropped), task, reader.packs, fence, isWorth)
          : files(task)).pipe(
            Effect.catchTag("RepositoryCorrupt", (damage) =>
              Effect.flatMap(stillThere(task), (still) => {
                if (!still) return Effect.undefined
                aside.set(CompactionPlan.tableOf(task), Monotonic.millis(clock) + asideFor)
                return Effect.fail(damage)
              }))
          )
        return built === undefined ? undefined : yield* commit(built, given, Merging.witnessesOf(task), fence)
      }, (work) => during(lease, work))

      const merge = (task: CompactionPlan.Task, isWorth: (outcome: Merging.Outcome) => boolean = () => true) =>
        Effect.catchTag(mergeIf(task, isWorth), "Fruitless", () => Effect.undefined)

      const round = Effect.gen(function*() {
        const done: Array<Compacted> = []
        while (done.length < mostMerges) {
          const task = CompactionPlan.next(yield* aged(yield* repository.head), isAside)
          if (task === undefined) break
          const compacted = yield* merge(task)
          // Others are at work: not in a hurry, not against them.
          if (compacted === undefined) break
          done.push(compacted)
        }
        return done
      })

      /** What became of the folder's old tombstones; "nothing" if none of its footers had to be read. */
      const forgetIn = Effect.fnUntraced(function*(state: State, folder: FolderState) {
        const until = CompactionPlan.oldEnough(state, folder)
        if (looked.get(folder.id) === until || isAside(folder.id)) return "nothing"
        const tombstones = new Map<string, number>()
        if (CompactionPlan.mayForget(state, folder)) {
          for (const id of folder.segments) {
            const ref = state.segments.get(id)
            if (ref !== undefined) tombstones.set(id, (yield* reader.footer(ref)).tombstones)
          }
        }
        looked.set(folder.id, until)
        const task = CompactionPlan.forgetting(state, folder, ({ id }) => tombstones.get(id) ?? 0)
        if (task === undefined) return tombstones.size > 0 ? undefined : "nothing"
        const rows = task.inputs.reduce((sum, { records }) => sum + records, 0)
        return yield* merge(
          task,
          ({ dropped, tombstones }) => dropped.records + tombstones.records >= rows / worthwhile
        )
      })

      const forget = Effect.gen(function*() {
        const state = yield* aged(yield* repository.head)
        let compacted: Compacted | undefined
        yield* eachFolder(state, (folder) =>
          Effect.map(forgetIn(state, folder), (done) => {
            // Footers were read: enough for now.
            if (done === "nothing") return true
            compacted = done
            return false
          }))
        return compacted
      })

      const rename = Effect.gen(function*() {
        const state = yield* repository.head
        if (state.redirects.size < CompactionPlan.fewRedirects) return undefined
        for (const id of stuck) if (!state.segments.has(id)) stuck.delete(id)
        const replaced = yield* lives.replaced(state)
        const task = CompactionPlan.renaming(
          yield* aged(state),
          (ref) => stuck.has(ref.id) || isAside(ref.folder) ? 0 : replaced.get(ref.id) ?? 0
        )
        if (task === undefined) return undefined
        return yield* mergeIf(task, ({ renamed }) => renamed !== undefined).pipe(
          Effect.catchTag("Fruitless", () => {
            // It is left alone for as long as this process lives.
            for (const { id } of task.inputs) stuck.add(id)
            return Effect.undefined
          })
        )
      })

      /** The folder's next task, if what is superseded is worth it. Footers are read once for as long as the state has them. */
      const sweeping = Effect.fnUntraced(function*(state: State, folder: FolderState, counts: Counts | undefined) {
        if (counts === undefined || CompactionPlan.segmentsOf(state, folder).length < 2) return undefined
        for (const ref of CompactionPlan.segmentsOf(state, folder)) {
          if (weights.has(ref.id)) continue
          const { packs, tombstones } = yield* reader.footer(ref)
          weights.set(ref.id, { tombstones, bytes: packs.reduce((sum, { bytes }) => sum + bytes, 0) })
        }
        const weigh = ({ id }: SegmentRef) => weights.get(id) ?? { tombstones: 0, bytes: 0 }
        const stale = SweepPlan.stale(state, folder, counts, weigh)
        for (const { id } of CompactionPlan.segmentsOf(state, folder)) {
          const look = swept.get(id)
          if (look !== undefined && look.bytes > stale.bytes) swept.set(id, { ...look, bytes: stale.bytes })
        }
        if (!SweepPlan.isWorth(state, folder, stale, weigh)) return undefined
        const task = SweepPlan.next(state, folder, stale, weigh, ({ id }) => swept.get(id), smallTable)
        return task === undefined ? undefined : { task, look: { sequence: folder.sequence, bytes: stale.bytes } }
      })

      const flushed = Effect.flatMap(lease.fence, repository.flush).pipe((work) => during(lease, work))

      const sweepFolder = Effect.fnUntraced(function*(id: string, countsOf: CountsOf, done: Array<Compacted>) {
        let isFlushed = false
        while (done.length < mostMerges && !isAside(id)) {
          const state = yield* aged(yield* repository.head)
          for (const known of [swept, weights]) {
            for (const segment of known.keys()) if (!state.segments.has(segment)) known.delete(segment)
          }
          const folder = state.folders.get(id)
          if (folder === undefined) return
          const next = yield* sweeping(state, folder, yield* countsOf(state, id))
          if (next === undefined) return
          if (folder.inline.length > 0 && !isFlushed) {
            // What supersedes a row may lie in a commit: no merge would see it, and the row would count as looked at.
            isFlushed = true
            yield* flushed
            continue
          }
          const { look, task } = next
          const compacted = yield* mergeIf(
            task,
            ({ data, dropped }) => SweepPlan.isFruitful(task.inputs, { records: dropped.records, bytes: data })
          ).pipe(Effect.catchTag("Fruitless", () => Effect.succeed(Merging.fruitless)))
          if (compacted === undefined) return
          if ("_tag" in compacted) {
            for (const input of task.inputs) swept.set(input.id, look)
            continue
          }
          if (compacted.output !== undefined) swept.set(compacted.output.id, look)
          done.push(compacted)
        }
      })

      const sweep = Effect.fnUntraced(function*(countsOf: CountsOf) {
        const done: Array<Compacted> = []
        yield* eachFolder(yield* repository.head, ({ id }) => Effect.as(sweepFolder(id, countsOf, done), true))
        return done
      })

      return Compactor.of({
        isDue: (state) => CompactionPlan.next(state, isAside) !== undefined,
        round: round.pipe(one.withPermits(1), Effect.withSpan("Compactor.round")),
        sweep: (countsOf) => sweep(countsOf).pipe(one.withPermits(1), Effect.withSpan("Compactor.sweep")),
        rename: rename.pipe(one.withPermits(1), Effect.withSpan("Compactor.rename")),
        forget: forget.pipe(one.withPermits(1), Effect.withSpan("Compactor.forget"))
      })
    })
  )

export const layer = layerWith({ smallTable: SweepPlan.smallTable })
