/**
 * Staging as group commits under the current term. Order is the whole point: packs durable, then the commit, then the
 * replica (from where entries are announced), then the inbox is settled. A crash between any two only repeats work.
 */
import { Cause, Clock, Duration, Effect, Fiber, Layer, Option, Queue, Semaphore, Stream } from "effect"
import * as Monotonic from "../domain/Monotonic.ts"
import * as CommitDraft from "../domain/sync/CommitDraft.ts"
import * as CommitTiming from "../domain/sync/CommitTiming.ts"
import { BlockStore, type PackBuilderHandle, type SealedPack } from "../services/BlockStore.ts"
import { Fault } from "../services/Fault.ts"
import { GroupCommit } from "../services/GroupCommit.ts"
import { Lease } from "../services/Lease.ts"
import type { StoreFull, StoreRefused, StoreUnavailable } from "../services/ObjectStore.ts"
import { Replica } from "../services/Replica.ts"
import { Repository } from "../services/Repository.ts"
import { Settings } from "../services/Settings.ts"
import { NotCommitted, Staging } from "../services/Staging.ts"

/** Pauses between tries while the store cannot take a commit. Milliseconds. */
const firstPause = 500
const longestPause = 30_000
const leasePause = 10_000
/** While the store lets this host write nothing, and between two words about it. */
const refusedPause = 60_000
const refusedNews = 3_600_000
/** How long shutdown and a flush wait for the commit, and the longest pause between their tries. */
const lastCommit = Duration.seconds(20)
const lastPause = 1000

export const layer: Layer.Layer<
  Staging,
  never,
  BlockStore | Fault | GroupCommit | Lease | Replica | Repository | Settings
> = Layer.effect(
  Staging,
  Effect.gen(function*() {
    const blockStore = yield* BlockStore
    const fault = yield* Fault
    const groups = yield* GroupCommit
    const lease = yield* Lease
    const replica = yield* Replica
    const repository = yield* Repository
    const settings = yield* Settings
    const clock = yield* Clock.Clock
    const limits: CommitTiming.Limits = {
      interval: Duration.toMillis(settings.commitInterval),
      bytes: settings.commitBytes
    }

    let builder: PackBuilderHandle | undefined
    /** Keeps the term while there is something to do under it. */
    let release: (() => void) | undefined
    /** Others are to have their turn: nothing new is begun. */
    let yielding = false
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
      activeAt = Monotonic.millis(clock)
      if (since === undefined) {
        since = staged.reduce((oldest, file) => Math.min(oldest, file.at), activeAt)
        Queue.offerUnsafe(kick, undefined)
      } else if (CommitTiming.dueAt(situation(), limits) === 0) Queue.offerUnsafe(kick, undefined)
    }

    /** The term is kept while something is under way, and no longer: what the next file needs, the next opening makes. */
    const keep = () => {
      if (drained && staged.length + committing.length + uncommitted() === 0) {
        builder = undefined
        release?.()
        release = undefined
      } else release ??= lease.hold()
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
      release?.()
      release = undefined
      Queue.offerUnsafe(invalidated, undefined)
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
            const live = CommitDraft.liveIn(yield* repository.head, sealed.map((pack) => pack.ref.id))
            const { early, ready } = CommitDraft.sorted(group, live)
            const patient = Monotonic.millis(clock) - limits.interval
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
        const naming = [...sealed]
        const draft = yield* groups.make(group, naming, fence)
        sealed = sealed.slice(naming.length)
        builder?.forget(naming.map((pack) => pack.ref.id))
        yield* Queue.offer(settled, [...draft.decided, ...draft.kept])
        if (draft.later.length > 0) stage(draft.later)
        if (draft.refetch.length > 0) {
          for (const file of draft.refetch) dropped.add(file)
          Queue.offerUnsafe(invalidated, undefined)
        }
      }).pipe(Effect.onExit((exit) =>
        Effect.sync(() => {
          const ended = Monotonic.millis(clock)
          committing = []
          if (exit._tag === "Failure") back()
          if (exit._tag === "Failure" || !pressed) committedAt = ended
          if (since === undefined && uncommitted() > 0) since = ended
          keep()
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

    let refusedAt: number | undefined
    /** Who may only read is a standby: what it has is served, and what it was given is asked for again once it may write. */
    const standBy = (error: StoreRefused) =>
      Effect.suspend(() => {
        trouble = error.message
        invalidate()
        const now = Monotonic.millis(clock)
        const isNews = refusedAt === undefined || now - refusedAt >= refusedNews
        if (isNews) refusedAt = now
        const message = `this host stores nothing, and goes on serving what is stored: ${error.message}`
        return Effect.as(isNews ? Effect.logError(message) : Effect.logDebug(message), refusedPause)
      })

    /** A lost term, a held lease, a store that refuses or an outage is no failure of the daemon: the pause before the next try, 0 if none is due. */
    const commit = (all: boolean) =>
      commitGroup(all).pipe(
        Effect.andThen(Effect.suspend(() => {
          const had = outages > 0 || refusedAt !== undefined
          outages = 0
          refusedAt = undefined
          return Effect.as(had ? Effect.logInfo("the store takes commits again") : Effect.void, 0)
        })),
        Effect.catchTags({
          StoreUnavailable: waitForStore,
          StoreFull: waitForStore,
          StoreRefused: standBy,
          Fenced: (fenced) =>
            // It only ran out: who asks again may have the same one.
            fenced.epoch <= fenced.term ?
              Effect.succeed(firstPause) :
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
        const now = Monotonic.millis(clock)
        if (due === undefined) yield* Queue.take(kick)
        else if (due > now) yield* Effect.timeoutOption(Queue.take(kick), due - now)
        else {
          const pause = yield* commit(false)
          if (pause > 0) yield* Effect.raceFirst(Effect.sleep(pause), pause === leasePause ? turn : Effect.never)
        }
      }
    })

    /** This host may write, or soon could. */
    const turn = Stream.runDrain(Stream.takeUntil(lease.changes, ({ _tag }) => _tag === "Active"))

    /** What was stored until now is committed; the rest is asked for again when it is this host's turn once more. */
    const giveWay = Effect.gen(function*() {
      yielding = true
      yield* commit(true)
      if (yielding) invalidate()
    })
    const follow = lease.changes.pipe(
      Stream.runForEach(({ _tag }) =>
        Effect.suspend(() => {
          if (_tag === "Yielding" && release !== undefined) return giveWay
          yielding = _tag === "Yielding"
          return Effect.void
        })
      )
    )

    /** While another host writes nothing can be committed, and what is staged is still in the inbox. */
    const last = Effect.gen(function*() {
      if (staged.length + committing.length === 0 || (yield* lease.standing)._tag === "Queued") return
      yield* Effect.interruptible(flush)
    })
    yield* Effect.addFinalizer(() =>
      last.pipe(
        Effect.catch((error) => Effect.logWarning(error.message)),
        Effect.andThen(Effect.sync(() => release?.()))
      )
    )
    yield* follow.pipe(
      Effect.catch(fault.raise),
      Effect.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : fault.crashed(cause)),
      Effect.forkScoped
    )
    yield* loop.pipe(
      Effect.catch(fault.raise),
      Effect.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : fault.crashed(cause)),
      Effect.forkScoped
    )

    const openOnce = Effect.fnUntraced(function*(bytes: number) {
      yield* opening.withPermits(1)(Effect.gen(function*() {
        if (yielding) yield* turn
        release ??= lease.hold()
        builder ??= yield* blockStore.builder
      }))
      yield* builder?.awaitRoom(bytes) ?? Effect.void
    })

    const open = (bytes: number): Effect.Effect<void> =>
      openOnce(bytes).pipe(
        Effect.tapError(() => Effect.sync(keep)),
        Effect.catchTags({
          LeaseHeld: () => Effect.andThen(Effect.raceFirst(Effect.sleep(leasePause), turn), open(bytes)),
          StoreUnavailable: () => Effect.andThen(Effect.sleep(leasePause), open(bytes)),
          StoreFull: () => Effect.andThen(Effect.sleep(leasePause), open(bytes)),
          StoreRefused: (error) => Effect.andThen(Effect.flatMap(standBy(error), Effect.sleep), open(bytes))
        }),
        Effect.catch((error) => Effect.andThen(fault.raise(error), Effect.never))
      )

    return Staging.of({
      find: (hash) => builder?.find(hash) ?? replica.findBlockUnsafe(hash),
      add: (hash, bytes) => {
        if (builder === undefined) throw new Error("Staging.add before Staging.open")
        const pack = builder.add(hash, bytes)
        touch()
        return pack
      },
      room: () => yielding ? 0 : builder?.room() ?? 0,
      open,
      stage,
      activity: (now) => {
        if (!now || !drained) activeAt = Monotonic.millis(clock)
        if (now && !drained) Queue.offerUnsafe(kick, undefined)
        drained = now
        keep()
      },
      settled: Stream.fromQueue(settled),
      invalidated: Stream.fromQueue(invalidated),
      flush
    })
  })
)
