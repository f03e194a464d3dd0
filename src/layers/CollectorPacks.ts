/**
 * Collection of packs and segments. Candidates are listed before the live set is read; each decision is a plan on the exact
 * state it is committed on; and only what a commit condemned a grace ago, by the store's clock, is deleted.
 */
import { Clock, Effect, Layer, Schema, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import { doubt } from "../domain/repository/Awake.ts"
import * as CollectionPlan from "../domain/repository/CollectionPlan.ts"
import type { LiveSet } from "../domain/repository/LiveSet.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { Condemned, Op } from "../domain/repository/Op.ts"
import type { CondemnedObject, State } from "../domain/repository/State.ts"
import * as States from "../domain/repository/State.ts"
import {
  type Amount,
  type Collected,
  CollectionVoid,
  Collector,
  type RunOptions,
  type Step
} from "../services/Collector.ts"
import { during, Lease, type WriteFence } from "../services/Lease.ts"
import { LiveSets } from "../services/LiveSets.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repacker } from "../services/Repacker.ts"
import { Repository } from "../services/Repository.ts"
import { type Reading, UpkeepClock } from "../services/UpkeepClock.ts"
import { UpkeepNotes } from "../services/UpkeepNotes.ts"

/** Objects deleted between two looks at the log. */
const batch = 500
/** Packs judged between two chances for other fibers. */
const slice = 2048
/** Runs that a sleep may interrupt. */
const beginnings = 3
/**
 * How long a pack must have been seen dead that no record ever named: it may hold a part of a file that is still on its way,
 * for days, over a slow line. Milliseconds of the store's clock.
 */
const unnamedFor = 14 * 86_400_000

class Slept extends Schema.TaggedError<Slept>()("Slept", {}) {}

export const layer: Layer.Layer<
  Collector,
  never,
  Lease | LiveSets | ObjectStore | Repacker | Repository | UpkeepClock | UpkeepNotes
> = Layer.effect(
  Collector,
  Effect.gen(function*() {
    const notes = yield* UpkeepNotes
    const lease = yield* Lease
    const lives = yield* LiveSets
    const repacker = yield* Repacker
    const repository = yield* Repository
    const store = yield* ObjectStore
    const clock = yield* Clock.Clock
    const upkeep = yield* UpkeepClock

    const listed = Effect.fn("Collector.list")(function*(before: State, tell: (done: Amount) => void) {
      const listing = new CollectionPlan.Listing(before)
      for (const prefix of [ObjectKey.packPrefix, ObjectKey.segmentPrefix]) {
        yield* Stream.runForEachArray(store.list(prefix), (entries) =>
          Effect.sync(() => {
            for (const entry of entries) listing.see(entry)
            tell(listing)
          }))
      }
      return listing
    })

    /**
     * Packs that nothing needs. Of those that no record ever named only the ones known for long, or all. `unnamed`: since
     * when each of them is known.
     */
    const deadIn = Effect.fnUntraced(function*(
      state: State,
      live: LiveSet,
      unnamed: Map<string, number>,
      { now, sure }: Reading,
      full: boolean
    ) {
      const dead: Array<Condemned> = []
      let looked = 0
      for (const { id, size } of States.packRefs(state)) {
        if (++looked % slice === 0) yield* Effect.yieldNow
        if (live.isNeeded(id)) unnamed.delete(id)
        else if (full || live.wasNamed(id)) dead.push({ kind: "pack", id, size })
        else {
          // By what the store says: a sure time that lags dates it back. The clock may have been ahead when it was noted.
          const since = Math.min(unnamed.get(id) ?? now, now)
          unnamed.set(id, since)
          if (sure - since >= unnamedFor) dead.push({ kind: "pack", id, size })
        }
      }
      for (const id of unnamed.keys()) if (!States.isLive(state, id)) unnamed.delete(id)
      return dead
    })

    /** Says in the log that something is wrong with what was condemned, and fails. */
    const stop = Effect.fnUntraced(function*(wrong: ReadonlyArray<CondemnedObject>, fence: WriteFence) {
      const [first] = wrong
      const reason = `${first === undefined ? "" : CollectionPlan.keyOf(first)} is condemned and in use`
      yield* Effect.logError("deletion is stopped: something that is in use was condemned").pipe(
        Effect.annotateLogs({ key: reason, count: wrong.length })
      )
      yield* repository.commit((state) =>
        Effect.succeed<ReadonlyArray<Op>>(
          state.deletionStopped === undefined ? [{ _tag: "DeletionStopped", reason }] : []
        ), fence)
      return yield* new CollectionVoid({ reason })
    })

    /** Since when this host knows what is condemned in the state, which was read before the moment. */
    const sighted = Effect.fnUntraced(function*(state: State, moment: CollectionPlan.Moment) {
      const noted = (yield* notes.read(repository.id)).condemned
      const seen = CollectionPlan.sightings(state, moment, noted)
      if (!isSame(seen, noted)) yield* notes.change(repository.id, (all) => ({ ...all, condemned: seen }))
      return seen
    })

    /** What may be deleted now; judged in a plan, so that nobody commits meanwhile. */
    const judged = Effect.fn("Collector.judge")(function*(
      moment: CollectionPlan.Moment,
      seen: ReadonlyMap<string, number>,
      fence: WriteFence
    ) {
      let due: ReadonlyArray<CondemnedObject> = []
      let wrong: ReadonlyArray<CondemnedObject> = []
      yield* repository.commit((state) =>
        Effect.gen(function*() {
          due = []
          wrong = []
          if (state.condemned.size === 0) return []
          wrong = CollectionPlan.contradicted(state, yield* lives.of(state))
          if (wrong.length === 0) due = CollectionPlan.due(state, moment, seen)
          return []
        }), fence)
      if (wrong.length > 0) return yield* stop(wrong, fence)
      return due
    })

    const remove = Effect.fn("Collector.delete")(function*(
      due: ReadonlyArray<CondemnedObject>,
      fence: WriteFence,
      awake: Effect.Effect<void, Slept>,
      tell: (done: Amount) => void
    ) {
      const sum = { count: 0, bytes: 0 }
      for (let at = 0; at < due.length; at += batch) {
        yield* awake
        // A log that was exchanged under this process knows nothing of what the old one condemned.
        const state = yield* repository.refresh
        if (state.deletionStopped !== undefined) break
        const doomed = due.slice(at, at + batch).filter((object) =>
          state.condemned.get(CollectionPlan.keyOf(object))?.position === object.position
        )
        if (doomed.length === 0) continue
        yield* awake
        yield* store.remove(doomed.map(CollectionPlan.keyOf))
        yield* repository.commit((state) => {
          const objects = doomed.filter((object) => state.condemned.has(CollectionPlan.keyOf(object)))
            .map(({ id, kind }) => ({ id, kind }))
          return Effect.succeed<ReadonlyArray<Op>>(
            objects.length === 0 || state.deletionStopped !== undefined ? [] : [{ _tag: "ObjectsDeleted", objects }]
          )
        }, fence)
        for (const { size } of doomed) add(sum, size)
        tell(sum)
      }
      return sum
    })

    const condemn = Effect.fn("Collector.condemn")(function*(
      strange: ReadonlyArray<Condemned>,
      moment: Reading,
      full: boolean,
      fence: WriteFence
    ) {
      let plan: CollectionPlan.Plan = { ops: [], condemned: [], orphans: 0, redirectsDropped: 0, more: false }
      let wrong: ReadonlyArray<CondemnedObject> = []
      const noted = (yield* notes.read(repository.id)).unnamed
      const unnamed = new Map(noted)
      yield* repository.commit((state) =>
        Effect.gen(function*() {
          const live = yield* lives.of(state)
          wrong = CollectionPlan.contradicted(state, live)
          if (wrong.length > 0) return []
          const dead = yield* deadIn(state, live, unnamed, moment, full)
          plan = CollectionPlan.condemn({ state, live, strange, dead })
          return plan.ops
        }), fence)
      if (!isSame(unnamed, noted)) yield* notes.change(repository.id, (all) => ({ ...all, unnamed }))
      if (wrong.length > 0) return yield* stop(wrong, fence)
      return plan
    })

    const once = Effect.fnUntraced(function*(options: RunOptions) {
      const full = options.full === true
      const tell = (step: Step) => (done: Amount, total?: Amount) =>
        options.progress?.({
          step,
          done: { count: done.count, bytes: done.bytes },
          ...(total === undefined ? {} : { total })
        })
      const awake = watch(clock)
      const before = yield* repository.refresh
      if (before.deletionStopped !== undefined) return nothing(before, before.deletionStopped.reason)
      const fence = yield* lease.fence
      const listing = yield* listed(before, tell("listing"))
      const after = yield* repository.refresh
      const problem = listing.verdict(after)
      if (problem !== undefined) return yield* new CollectionVoid({ reason: problem })
      yield* awake
      const moment = yield* upkeep.read
      const { doubtedUntil } = moment
      const seen = yield* sighted(after, moment)
      tell("reading")({ count: after.segments.size, bytes: 0 })
      const due = yield* judged(moment, seen, fence)
      const deleted = yield* remove(due, fence, awake, (done) => tell("deleting")(done, amountOf(due)))
      yield* awake
      const plan = yield* condemn(listing.strange, moment, full, fence)
      tell("condemning")(amountOf(plan.condemned))
      const rewritten = options.maxRewrite === 0 || (yield* repository.head).deletionStopped !== undefined
        ? { count: 0, bytes: 0, packs: 0, damaged: 0, more: false }
        : yield* repacker.run({ maxRewrite: options.maxRewrite, full, progress: tell("rewriting") }, fence)
      const head = yield* repository.head
      // A segment is only deleted under a base that does not need it.
      if (CollectionPlan.awaitsBase(head)) yield* repository.flush(fence)
      const end = yield* repository.head
      const { more, ...moved } = rewritten
      return {
        position: end.position,
        listed: { count: listing.count, bytes: listing.bytes },
        deleted,
        condemned: amountOf(plan.condemned),
        orphans: plan.orphans,
        waiting: amountOf(end.condemned.values()),
        rewritten: moved,
        redirectsDropped: plan.redirectsDropped,
        more: plan.more || more,
        ...(doubtedUntil === undefined ? {} : { doubtedUntil })
      } satisfies Collected
    })

    const run = Effect.fn("Collector.run")((options: RunOptions) =>
      during(lease, once(options)).pipe(
        Effect.tapErrorTag("Slept", () => Effect.logInfo("this host slept, or its clock was set; collecting anew")),
        Effect.retry({ while: (error) => error._tag === "Slept", times: beginnings - 1 }),
        Effect.catchTag("Slept", () => new CollectionVoid({ reason: "this host's clocks do not agree" }))
      )
    )

    return Collector.of({ run })
  })
)

/** Fails once this host slept since now, or its clock was set. */
const watch = (clock: Clock.Clock): Effect.Effect<void, Slept> => {
  const offset = () => clock.currentTimeMillisUnsafe() - Monotonic.millis(clock)
  const begun = offset()
  return Effect.suspend(() => Math.abs(offset() - begun) >= doubt ? Effect.fail(new Slept()) : Effect.void)
}

const isSame = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
  a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)

const add = (sum: { count: number; bytes: number }, size: number): void => {
  sum.count++
  sum.bytes += size
}

const amountOf = (objects: Iterable<{ readonly size: number }>): Amount => {
  const sum = { count: 0, bytes: 0 }
  for (const { size } of objects) add(sum, size)
  return sum
}

const none: Amount = { count: 0, bytes: 0 }

const nothing = (state: State, stopped: string): Collected => ({
  position: state.position,
  listed: none,
  deleted: none,
  condemned: none,
  orphans: 0,
  waiting: amountOf(state.condemned.values()),
  rewritten: { ...none, packs: 0, damaged: 0 },
  redirectsDropped: 0,
  more: false,
  stopped
})
