/**
 * Checkpoints as commits. Making one costs a segment (only where records lie in commits alone) and a commit, whatever the
 * folder's size. No local clock decides that a checkpoint goes: it only decides when the store's clock is asked.
 */
import { Clock, Effect, Layer, Semaphore, Stream } from "effect"
import * as CheckpointPlan from "../domain/repository/CheckpointPlan.ts"
import * as ClockDoubt from "../domain/repository/ClockDoubt.ts"
import type { Op } from "../domain/repository/Commit.ts"
import * as Flush from "../domain/repository/Flush.ts"
import type { Counts } from "../domain/repository/Refs.ts"
import type { Checkpoint, FolderState, SegmentRef, State } from "../domain/repository/State.ts"
import { Checkpoints, FolderUnknown } from "../services/Checkpoints.ts"
import { FolderTotals } from "../services/FolderTotals.ts"
import { during, Lease, type WriteFence } from "../services/Lease.ts"
import { type Applied, Repository, type RepositoryError } from "../services/Repository.ts"
import { type Reading, UpkeepClock } from "../services/UpkeepClock.ts"

/** The store's clock is asked at least this often, so that a wrong local clock is noticed. */
const trusted = 6 * 3_600_000

export const layer: Layer.Layer<Checkpoints, never, FolderTotals | Lease | Repository | UpkeepClock> = Layer.effect(
  Checkpoints,
  Effect.gen(function*() {
    const lease = yield* Lease
    const repository = yield* Repository
    const totals = yield* FolderTotals
    const upkeep = yield* UpkeepClock
    const one = yield* Semaphore.make(1)
    /** When each checkpoint was first found due, on the store's clock. */
    const dueSince = new Map<number, number>()
    let asked: { readonly local: number; readonly store: Reading } | undefined
    /** When this process made some by the schedules, on the store's clock. */
    let made: number | undefined

    /** Puts the records that lie in commits only into one segment per folder. */
    const flush = Effect.fn("Checkpoints.flush")(function*(
      state: State,
      wanted: ReadonlyArray<CheckpointPlan.Wanted>,
      fence: WriteFence
    ) {
      const segments = new Map<string, SegmentRef>()
      const waiting = wanted.filter(({ flush }) => flush.length > 0)
      if (waiting.length === 0) return segments
      const first = Math.min(...waiting.map(({ flush }) => flush[0]!))
      const applied = yield* Stream.runCollect(repository.commitsAfter(first - 1))
      for (const { folder } of waiting) {
        const records = Flush.records(state, folder, applied.map(({ commit }) => commit))
        if (records === undefined) return yield* Effect.die(new Error(`records of ${folder} are not in the log`))
        segments.set(folder, yield* repository.putSegment({ table: "files", folder, records }, fence))
      }
      return segments
    })

    /** By the folder as it is: the plan of a commit may run twice. */
    const known = new WeakMap<FolderState, Counts>()

    /** What the folder holds, if that is cheap to tell. */
    const counted = Effect.fnUntraced(function*(state: State, id: string) {
      const folder = state.folders.get(id)
      const before = folder && known.get(folder)
      if (folder === undefined || before !== undefined) return before
      const held = yield* totals.at(state, id).pipe(
        Effect.catchIf(isNoReasonToStop, (error) =>
          Effect.as(
            Effect.logWarning("a checkpoint is made without counts").pipe(
              Effect.annotateLogs({ folder: id, error: error.message })
            ),
            undefined
          ))
      )
      if (held !== undefined) known.set(folder, held)
      return held
    })

    /** Undefined: records have to be flushed first, and without a term nobody may. */
    const createOps = Effect.fnUntraced(function*(
      state: State,
      folders: Iterable<string>,
      reason: Checkpoint["reason"],
      fence: WriteFence | undefined
    ) {
      const wanted = CheckpointPlan.wanted(state, folders)
      // Before a term is opened: tables that are newer than this program are found here, and then nothing is to be changed.
      const counts = new Map<string, Counts>()
      for (const { folder } of wanted) {
        const held = yield* counted(state, folder)
        if (held !== undefined) counts.set(folder, held)
      }
      if (fence === undefined && wanted.some(({ flush }) => flush.length > 0)) return undefined
      const segments = fence === undefined ? new Map<string, SegmentRef>() : yield* flush(state, wanted, fence)
      return CheckpointPlan.create(state, wanted, segments, reason, counts)
    })

    /** Commits without a term where that is possible, and under one where the plan gives nothing without. */
    const commit = Effect.fnUntraced(function*(
      plan: (
        state: State,
        fence: WriteFence | undefined
      ) => Effect.Effect<ReadonlyArray<Op> | undefined, RepositoryError>
    ) {
      let refused = false
      const applied = yield* repository.commit((state) =>
        Effect.map(plan(state, undefined), (ops) => {
          refused = ops === undefined
          return ops ?? []
        })
      )
      if (!refused) return applied
      return yield* during(
        lease,
        Effect.flatMap(
          lease.fence,
          (fence) => repository.commit((state) => Effect.map(plan(state, fence), (ops) => ops ?? []), fence)
        )
      )
    })

    const create: Checkpoints["Service"]["create"] = Effect.fn("Checkpoints.create")(function*(folders, reason) {
      const ids = yield* resolve(yield* repository.head, folders).pipe(
        // Somebody may have shared it since the log was read.
        Effect.catchTag("FolderUnknown", () => Effect.flatMap(repository.refresh, (state) => resolve(state, folders)))
      )
      return createdBy(yield* commit((state, fence) => createOps(state, ids, reason, fence)))
    }, one.withPermits(1))

    /** The store's clock as far as we can tell without asking it. */
    const guess = Effect.gen(function*() {
      const local = yield* Clock.currentTimeMillis
      const time = (yield* repository.head).time
      if (asked === undefined || local < asked.local || local - asked.local >= trusted) return undefined
      const passed = local - asked.local
      const now = asked.store.now + passed
      return {
        now: ClockDoubt.behind({ time }, now) === undefined ? Math.max(time, now) : now,
        sure: asked.store.sure + passed
      } satisfies CheckpointPlan.Moment
    })

    const ask = Effect.gen(function*() {
      const reading = yield* upkeep.read
      asked = { local: yield* Clock.currentTimeMillis, store: reading }
      return reading
    })

    const round = Effect.fn("Checkpoints.round")(function*() {
      const guessed = yield* guess
      const before = yield* repository.head
      // Without anything to do, as far as we can tell, nothing is asked of the store.
      if (guessed !== undefined && !hasWork(CheckpointPlan.round(before, guessed, { dueSince, made }), dueSince)) {
        return { created: [], expired: [] }
      }
      const now = yield* ask
      const looked = CheckpointPlan.round(before, now, { dueSince, made })
      // Another host may have done it: what is flushed for a checkpoint that exists would be nobody's.
      const found = looked.create.length === 0
        ? looked
        : CheckpointPlan.round(yield* repository.refresh, now, { dueSince, made })
      for (const id of dueSince.keys()) if (!found.due.includes(id)) dueSince.delete(id)
      for (const id of found.due) if (!dueSince.has(id)) dueSince.set(id, now.sure)
      if (found.create.length === 0 && found.expire.length === 0) return { created: [], expired: [] }
      let expired: ReadonlyArray<Checkpoint> = []
      const applied = yield* commit((state, fence) =>
        Effect.gen(function*() {
          const planned = CheckpointPlan.round(state, now, { dueSince, made })
          const ops = yield* createOps(state, planned.create, "schedule", fence)
          if (ops === undefined) return undefined
          expired = state.checkpoints.filter((checkpoint) => planned.expire.includes(checkpoint.id))
          return expired.length === 0 ? ops : [...ops, { _tag: "CheckpointsExpired", ids: planned.expire } as const]
        })
      )
      if (applied === undefined) return { created: [], expired: [] }
      for (const { id } of expired) dueSince.delete(id)
      const created = createdBy(applied)
      if (created.length > 0) made = now.now
      return { created, expired }
    }, one.withPermits(1))

    return Checkpoints.of({
      create,
      list: Effect.map(repository.head, (state) => state.checkpoints),
      round: round()
    })
  })
)

/** Of what a newer program left nothing is made. */
const isNoReasonToStop = (error: RepositoryError): boolean => error._tag !== "RepositoryNewer"

/** Folder ids for ids and labels; of a label that several folders bear, all of them. */
const resolve = (
  state: State,
  folders: ReadonlyArray<string> | undefined
): Effect.Effect<ReadonlyArray<string>, FolderUnknown> => {
  if (folders === undefined) return Effect.succeed(Array.from(state.folders.keys()))
  const ids = new Set<string>()
  for (const name of folders) {
    const found = state.folders.has(name)
      ? [name]
      : Array.from(state.folders.values()).filter(({ label }) => label !== "" && label === name).map(({ id }) => id)
    if (found.length === 0) {
      const known = Array.from(state.folders.values(), ({ id, label }) => label === "" ? id : `${label} (${id})`)
      return Effect.fail(new FolderUnknown({ folder: name, known }))
    }
    for (const id of found) ids.add(id)
  }
  return Effect.succeed(Array.from(ids))
}

const createdBy = (applied: Applied | undefined): ReadonlyArray<Checkpoint> =>
  applied === undefined
    ? []
    : applied.state.checkpoints.filter((checkpoint) => checkpoint.position === applied.commit.position)

const hasWork = (round: CheckpointPlan.Round, dueSince: ReadonlyMap<number, number>): boolean =>
  round.create.length > 0 || round.expire.length > 0 || round.due.some((id) => !dueSince.has(id))
