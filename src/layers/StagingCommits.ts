/**
 * Staging as group commits under the current term. Order is the whole point: packs durable, then the commit, then the
 * replica (from where entries are announced), then the inbox is settled. A crash between any two only repeats work.
 */
import {
  Cause,
  Clock,
  DateTime,
  Duration,
  Effect,
  Fiber,
  Layer,
  Option,
  Queue,
  Schedule,
  Semaphore,
  Stream
} from "effect"
import * as DeviceId from "../domain/DeviceId.ts"
import type { Op } from "../domain/repository/Commit.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import { type PackContents, packRef, type State } from "../domain/repository/State.ts"
import * as CommitDraft from "../domain/sync/CommitDraft.ts"
import * as CommitTiming from "../domain/sync/CommitTiming.ts"
import { BlockStore, type PackBuilderHandle, type SealedPack } from "../services/BlockStore.ts"
import { Fault } from "../services/Fault.ts"
import { Identity } from "../services/Identity.ts"
import { Lease, type WriteFence } from "../services/Lease.ts"
import type { StoreFull, StoreUnavailable } from "../services/ObjectStore.ts"
import { Replica, type Settlement } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"
import { Settings } from "../services/Settings.ts"
import { NotCommitted, Staging } from "../services/Staging.ts"

/** Records of one folder beyond this go into a segment instead of the commit. Bytes. */
const mostInline = 256 * 1024
/** Pauses between tries while the store cannot take a commit. Milliseconds. */
const firstPause = 500
const longestPause = 30_000
const leasePause = 10_000
/** How long shutdown and a flush wait for the commit, and the longest pause between their tries. */
const lastCommit = Duration.seconds(20)
const lastPause = 1000

export const layer: Layer.Layer<
  Staging,
  never,
  BlockStore | Fault | Identity | Lease | Replica | Repository | Settings
> = Layer.effect(
  Staging,
  Effect.gen(function*() {
    const blockStore = yield* BlockStore
    const fault = yield* Fault
    const identity = yield* Identity
    const lease = yield* Lease
    const replica = yield* Replica
    const repository = yield* Repository
    const settings = yield* Settings
    const clock = yield* Clock.Clock
    const self = DeviceId.short(identity.device)
    const limits: CommitTiming.Limits = {
      interval: Duration.toMillis(settings.commitInterval),
      bytes: settings.commitBytes
    }

    let builder: PackBuilderHandle | undefined
    /** Durable packs that no commit names yet. */
    let sealed: Array<SealedPack> = []
    let staged: Array<CommitDraft.Staged> = []
    let stagedBytes = 0
    /** What the commit that is being made is to settle. */
    let committing: ReadonlyArray<CommitDraft.Staged> = []
    /** Files that were staged and are no more, without a commit. */
    const dropped = new WeakSet<CommitDraft.Staged>()
    // Monotonic, as the files' own times: a wall clock that is set back would put them all into the future.
    let since: number | undefined
    let activeAt = 0
    let committedAt = 0
    let drained = true
    const kick = yield* Queue.sliding<void>(1)
    // One element per commit, of at most the files one group holds; its only reader is Ingest.
    const settled = yield* Queue.unbounded<ReadonlyArray<CommitDraft.Staged>>()
    const invalidated = yield* Queue.sliding<void>(1)
    const one = yield* Semaphore.make(1)
    const opening = yield* Semaphore.make(1)

    const sealedBytes = () => sealed.reduce((sum, pack) => sum + pack.ref.bytes, 0)
    const uncommitted = () => (builder?.pending() ?? 0) + sealedBytes()

    const situation = (): CommitTiming.Situation => ({
      stagedFiles: staged.length,
      stagedBytes,
      packedBytes: (builder?.durable() ?? 0) + sealedBytes(),
      since,
      activeAt,
      drained,
      committedAt
    })

    const touch = () => {
      activeAt = monotonic(clock)
      if (since === undefined) {
        since = staged.reduce((oldest, file) => Math.min(oldest, file.at), activeAt)
        Queue.offerUnsafe(kick, undefined)
      } else if (CommitTiming.dueAt(situation(), limits) === 0) Queue.offerUnsafe(kick, undefined)
    }

    const stage = (files: ReadonlyArray<CommitDraft.Staged>) => {
      if (files.length === 0) return
      for (const file of files) {
        staged.push(file)
        stagedBytes += CommitDraft.weight({ info: file.info.raw, runs: file.runs })
      }
      touch()
    }

    /** A term is over: what was built under it may not be named, so everything unsettled is fetched again. */
    const invalidate = () => {
      for (const file of staged) dropped.add(file)
      builder = undefined
      sealed = []
      staged = []
      stagedBytes = 0
      since = undefined
      Queue.offerUnsafe(invalidated, undefined)
    }

    /** Files whose packs are all durable, and the others. */
    const sorted = (files: ReadonlyArray<CommitDraft.Staged>, state: State) => {
      const { live } = surroundings(state)
      const ready: Array<CommitDraft.Staged> = []
      const early: Array<CommitDraft.Staged> = []
      for (const file of files) (file.runs.every((run) => live(run.pack)) ? ready : early).push(file)
      return { early, ready }
    }

    const surroundings = (state: State): CommitDraft.Surroundings => {
      const now = clock.currentTimeMillisUnsafe()
      const fresh = new Set(sealed.map((pack) => pack.ref.id))
      const at = DateTime.toParts(DateTime.makeZonedUnsafe(now, { timeZone: DateTime.zoneMakeLocal() }))
      return {
        current: replica.recordUnsafe,
        siblings: replica.siblingsUnsafe,
        live: (pack) => fresh.has(pack) || state.packs.flushed.has(pack) || state.packs.inline.has(pack),
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
      for (const { device, folder, indexId, sequences } of settlements(decided)) {
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

    /** With `all`, files whose packs are still open too. */
    const commitGroup = Effect.fn("Staging.commit")(function*(all: boolean) {
      const fence = yield* lease.fence
      if (builder !== undefined && builder.term !== fence.term) return invalidate()
      let group = staged
      const began = since ?? activeAt
      const now = situation()
      const crowded = CommitTiming.crowded(now)
      const pressed = !drained || CommitTiming.pressing(now, limits)
      staged = []
      stagedBytes = 0
      since = undefined
      committing = group
      const back = () => {
        stage(group)
        since = began
      }
      yield* Effect.gen(function*() {
        if (builder !== undefined) {
          if (all || drained) sealed.push(...yield* builder.seal)
          else {
            // While blocks keep coming the open pack is left to fill, unless a file has waited too long for it, or most do.
            sealed.push(...yield* (crowded ? builder.drain : builder.take))
            const { early, ready } = sorted(group, yield* repository.head)
            const patient = monotonic(clock) - limits.interval
            if (
              (crowded && early.length > ready.length) ||
              early.some((file) => file.at <= patient)
            ) sealed.push(...yield* builder.seal)
            else {
              group = ready
              stage(early)
            }
          }
        }
        if (group.length === 0 && sealed.length === 0) return
        let draft: CommitDraft.Draft | undefined
        const naming = [...sealed]
        const put = new Map<string, ReadonlyArray<FileRecord>>()
        const applied = yield* repository.commit((state) =>
          Effect.gen(function*() {
            yield* replica.catchUp()
            draft = CommitDraft.draft(state, group, surroundings(state))
            const ops: Array<Op> = []
            // An interrupted commit may have named them already.
            const packs = naming.map((pack) => pack.ref).filter(({ id }) => packRef(state, id) === undefined)
            if (packs.length > 0) ops.push({ _tag: "PacksAdded", packs })
            for (const [folder, records] of draft.records) {
              const op = yield* recordOps(folder, records, fence)
              if (op._tag === "SegmentAdded") put.set(op.segment.id, records)
              ops.push(op)
            }
            if (draft.records.size > 0) ops.push(...markOps(state, draft.decided))
            return ops
          }), fence)
        if (draft === undefined) return
        sealed = sealed.slice(naming.length)
        const entries = settlements(draft.decided)
        if (applied !== undefined) {
          yield* replica.catchUp(contentsOf(naming), { position: applied.commit.position, entries }, put)
        } else {
          for (const { device, folder, indexId, sequences } of entries) {
            yield* replica.settle(device, folder, indexId, sequences)
          }
        }
        builder?.forget(naming.map((pack) => pack.ref.id))
        yield* Queue.offer(settled, draft.decided)
        if (draft.later.length > 0) stage(draft.later)
        if (draft.refetch.length > 0) {
          for (const file of draft.refetch) dropped.add(file)
          Queue.offerUnsafe(invalidated, undefined)
        }
        if (applied !== undefined) yield* report(applied.state.position, draft, naming)
      }).pipe(Effect.onExit((exit) =>
        Effect.sync(() => {
          const ended = monotonic(clock)
          committing = []
          if (exit._tag === "Failure") back()
          if (exit._tag === "Failure" || !pressed) committedAt = ended
          if (since === undefined && uncommitted() > 0) since = ended
        })
      ))
    })

    let outages = 0
    let trouble = "the store did not answer"
    const waitForStore = (error: StoreUnavailable | StoreFull) =>
      Effect.suspend(() => {
        trouble = error.message
        const pause = Math.min(longestPause, firstPause * 2 ** outages++)
        return Effect.as(outages === 1 ? Effect.logWarning(error.message) : Effect.logDebug(error.message), pause)
      })

    /** A lost term, a held lease or an outage is no failure of the daemon: the pause before the next try, 0 if none is due. */
    const commit = (all: boolean) =>
      commitGroup(all).pipe(
        Effect.andThen(Effect.suspend(() => {
          const had = outages
          outages = 0
          return Effect.as(had > 0 ? Effect.logInfo("the store takes commits again") : Effect.void, 0)
        })),
        Effect.catchTags({
          StoreUnavailable: waitForStore,
          StoreFull: waitForStore,
          Fenced: (fenced) =>
            Effect.logWarning("a newer term was opened; fetching again what was not committed").pipe(
              Effect.annotateLogs({ epoch: fenced.epoch }),
              Effect.andThen(Effect.sync(invalidate)),
              Effect.as(0)
            ),
          LeaseHeld: (held) =>
            Effect.suspend(() => {
              trouble = held.message
              return Effect.as(Effect.logInfo(held.message), leasePause)
            })
        }),
        one.withPermits(1)
      )

    /** Tries again and again until nothing of what was staged at first is left. */
    const commitAll = Effect.fnUntraced(function*(wanted: ReadonlySet<CommitDraft.Staged>) {
      while (true) {
        const pause = yield* commit(true)
        if (pause > 0) yield* Effect.sleep(Math.min(pause, lastPause))
        else if (!staged.some((file) => wanted.has(file))) return
      }
    })

    /** The outcome of an object under way must become known, which may take for ever: who asks hears of the time-out before. */
    const flush = Effect.suspend(() => {
      const wanted = new Set([...committing, ...staged])
      const failed = (reason: string, files = wanted.size) => new NotCommitted({ files, reason })
      return Effect.acquireUseRelease(
        Effect.forkDetach(Effect.interruptible(commitAll(wanted))),
        (work) =>
          Effect.timeoutOption(Fiber.await(work), lastCommit).pipe(
            Effect.flatMap((ended) =>
              Option.isNone(ended)
                ? Effect.fail(failed(trouble))
                : ended.value.pipe(
                  Effect.catch((error) => Effect.andThen(fault.raise(error), Effect.fail(failed(error.message))))
                )
            ),
            Effect.andThen(Effect.suspend(() => {
              const lost = [...wanted].filter((file) => dropped.has(file)).length
              return lost === 0 ? Effect.void : Effect.fail(failed("what they were built on is gone", lost))
            }))
          ),
        (work) => Effect.sync(() => work.interruptUnsafe())
      )
    })

    const loop = Effect.gen(function*() {
      while (true) {
        const due = CommitTiming.dueAt(situation(), limits)
        const now = monotonic(clock)
        if (due === undefined) yield* Queue.take(kick)
        else if (due > now) yield* Effect.timeoutOption(Queue.take(kick), due - now)
        else {
          const pause = yield* commit(false)
          if (pause > 0) yield* Effect.sleep(pause)
        }
      }
    })

    yield* Effect.addFinalizer(() =>
      staged.length + committing.length === 0
        ? Effect.void
        : Effect.interruptible(flush).pipe(Effect.catch((error) => Effect.logWarning(error.message)))
    )
    yield* loop.pipe(
      Effect.catch(fault.raise),
      Effect.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : fault.crashed(cause)),
      Effect.forkScoped
    )

    const openOnce = Effect.fnUntraced(function*(bytes: number) {
      yield* opening.withPermits(1)(Effect.gen(function*() {
        builder ??= yield* blockStore.builder
      }))
      yield* builder?.awaitRoom(bytes) ?? Effect.void
    })

    const open = (bytes: number) =>
      openOnce(bytes).pipe(
        Effect.retry({
          while: (error) =>
            error._tag === "LeaseHeld" || error._tag === "StoreUnavailable" || error._tag === "StoreFull",
          schedule: Schedule.spaced("10 seconds")
        }),
        Effect.catch((error) =>
          error._tag === "LeaseHeld" ? Effect.never : Effect.andThen(fault.raise(error), Effect.never)
        )
      )

    return Staging.of({
      find: (hash) => builder?.find(hash) ?? replica.findBlockUnsafe(hash),
      add: (hash, bytes) => {
        if (builder === undefined) throw new Error("Staging.add before Staging.open")
        const pack = builder.add(hash, bytes)
        touch()
        return pack
      },
      room: () => builder?.room() ?? 0,
      open,
      stage,
      activity: (now) => {
        if (!now || !drained) activeAt = monotonic(clock)
        if (now && !drained) Queue.offerUnsafe(kick, undefined)
        drained = now
      },
      settled: Stream.fromQueue(settled),
      invalidated: Stream.fromQueue(invalidated),
      flush
    })
  })
)

/** What was decided, by (device, folder, numbering). */
const settlements = (decided: ReadonlyArray<CommitDraft.Staged>) => {
  const groups = new Map<string, Settlement["entries"][number] & { readonly sequences: Array<number> }>()
  for (const { device, folder, indexId, sequence } of decided) {
    const key = `${device}\0${folder}\0${indexId}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { device, folder, indexId, sequences: [sequence] })
    else group.sequences.push(sequence)
  }
  return [...groups.values()]
}

/** Milliseconds. */
const monotonic = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

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
