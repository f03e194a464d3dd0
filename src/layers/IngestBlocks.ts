/**
 * Ingest: admits inbox entries in the order they were announced, fetches their missing blocks over the peer's connection,
 * hands complete files to Staging. An entry leaves the inbox only when it is settled; everything in memory here may be lost.
 */
import { Cause, Clock, Effect, Layer, Queue, Result, type Scope, Stream } from "effect"
import type { Response } from "../domain/bep/Messages.ts"
import * as Conflict from "../domain/Conflict.ts"
import * as FileInfo from "../domain/FileInfo.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import type { Staged } from "../domain/sync/CommitDraft.ts"
import * as DownloadUpdates from "../domain/sync/DownloadUpdates.ts"
import * as Fetcher from "../domain/sync/Fetcher.ts"
import { FolderWork } from "../domain/sync/FolderWork.ts"
import { Fault } from "../services/Fault.ts"
import { FolderSync, type Wanted } from "../services/FolderSync.ts"
import { type Attachment, type BlockSource, Ingest, type IngestProgress } from "../services/Ingest.ts"
import { type InboxEntry, Replica } from "../services/Replica.ts"
import { Staging } from "../services/Staging.ts"

/** Entries admitted in one go, between which other work gets its turn. */
const slice = 256
/** Changed records looked at in one go. */
const changed = { records: slice, bytes: 256 * 1024 }
/** Entries in hand per connection: admitted, staged, not yet settled. */
const mostInHand = 16_000
/**
 * Milliseconds without any answer after which requests are given up: a peer may ping for ever and answer nothing. At 10 kB/s
 * the largest block takes less.
 */
const patience = 1_800_000
/** Milliseconds until a failed file is tried again, unless a new entry arrives first. */
const retryAfter: Record<Fetcher.Failure, number> = { retry: 10_000, changed: 60_000, refused: 300_000 }

interface Worker {
  readonly source: BlockSource
  readonly fetcher: Fetcher.Fetcher
  readonly folders: Map<string, FolderWork>
  readonly kick: Queue.Queue<void>
  inHand: number
  /** When an answer came last, or requests began to wait for one. */
  heardAt: number
  /** A fiber waits for room in the packs. */
  opening: boolean
  /** Found to need nothing at admission; settled by the worker's fiber. */
  moot: Array<{ readonly folder: string; readonly indexId: bigint; readonly sequence: number }>
}

export const layer: Layer.Layer<Ingest, never, Fault | FolderSync | Replica | Staging> = Layer.effect(
  Ingest,
  Effect.gen(function*() {
    const fault = yield* Fault
    const folderSync = yield* FolderSync
    const replica = yield* Replica
    const staging = yield* Staging
    const clock = yield* Clock.Clock
    const workers = new Set<Worker>()
    const totals = new Map<string, { files: number; received: number; reused: number }>()

    const crashed = (cause: Cause.Cause<never>) => Cause.hasInterruptsOnly(cause) ? Effect.void : fault.crashed(cause)

    const workOf = (worker: Worker, folder: string): FolderWork => {
      const known = worker.folders.get(folder)
      if (known !== undefined) return known
      const made = new FolderWork(replica.sequenceUnsafe(folder))
      worker.folders.set(folder, made)
      return made
    }

    const totalOf = (folder: string) => {
      const known = totals.get(folder)
      if (known !== undefined) return known
      const made = { files: 0, received: 0, reused: 0 }
      totals.set(folder, made)
      return made
    }

    const admit = (worker: Worker, folder: string, work: FolderWork, entry: InboxEntry, now: number): void => {
      const inHand = work.inHand.get(entry.name)
      if (inHand !== undefined) {
        if (inHand.sequence === entry.sequence) return
        drop(worker, work, inHand)
      }
      const failed = work.failed.get(entry.name)
      if (failed !== undefined) {
        if (failed.sequence === entry.sequence && failed.until > now) return
        work.failed.delete(entry.name)
      }
      const info = FileInfo.decode(entry.info)
      const record = replica.recordUnsafe(folder, entry.name)
      const held = record === undefined ? undefined : Result.getOrUndefined(FileInfo.decode(record.info))
      const decision = Result.map(info, (info) => Conflict.decide(info, held, folderSync.styleOf(folder)))
      if (Result.isFailure(info) || Result.isFailure(decision) || decision.success._tag === "Ignore") {
        worker.moot.push({ folder, indexId: work.indexId ?? 0n, sequence: entry.sequence })
        return
      }
      if (decision.success._tag === "Lose") {
        work.lost = true
        return
      }
      const reused = worker.fetcher.reused
      const job = worker.fetcher.admit(folder, entry.sequence, info.success)
      totalOf(folder).reused += worker.fetcher.reused - reused
      work.inHand.set(entry.name, job)
      worker.inHand++
    }

    const drop = (worker: Worker, work: FolderWork, job: Fetcher.Job): void => {
      worker.fetcher.abandon(job)
      if (work.inHand.get(job.name) === job) {
        work.inHand.delete(job.name)
        worker.inHand--
      }
    }

    /** Admits at most a slice, then moves results on and sends requests. True if more could be admitted at once. */
    const pump = (worker: Worker): boolean => {
      const { fetcher, source } = worker
      const now = Monotonic.millis(clock)
      let budget = slice
      for (const folder of source.folders()) {
        const work = workOf(worker, folder)
        if (work.exhausted || budget === 0 || isFull(worker)) continue
        const indexId = replica.markUnsafe(source.device, folder)?.indexId
        if (work.indexId !== undefined && work.indexId !== indexId) restart(worker, work)
        work.indexId = indexId
        while (!work.exhausted && budget > 0 && !isFull(worker)) {
          const page = replica.inboxUnsafe(source.device, folder, work.cursor, Math.min(budget, slice))
          for (const entry of page) admit(worker, folder, work, entry, now)
          budget -= page.length
          const last = page[page.length - 1]
          if (last === undefined) work.exhausted = true
          else work.cursor = last.sequence
        }
      }
      handOn(worker, now)
      if (fetcher.asked === 0) worker.heardAt = now
      const requests = fetcher.requests()
      if (requests.length > 0) source.request(requests)
      staging.activity(isDrained())
      return budget === 0 && !isFull(worker)
    }

    const handOn = (worker: Worker, now: number): void => {
      const ready = worker.fetcher.takeReady()
      if (ready.length > 0) {
        staging.stage(ready.map((job): Staged => ({
          device: worker.source.device,
          style: folderSync.styleOf(job.folder),
          folder: job.folder,
          indexId: workOf(worker, job.folder).indexId ?? 0n,
          sequence: job.sequence,
          info: job.info,
          runs: Fetcher.runsOf(job),
          at: now
        })))
      }
      for (const { failure, job } of worker.fetcher.takeFailed()) {
        const work = workOf(worker, job.folder)
        drop(worker, work, job)
        work.failed.set(job.name, { sequence: job.sequence, until: now + retryAfter[failure] })
        // The worker's fiber knows when to try again.
        Queue.offerUnsafe(worker.kick, undefined)
        if (job.told) worker.source.progress(DownloadUpdates.forgotten(job))
      }
    }

    const restart = (worker: Worker, work: FolderWork): void => {
      for (const job of work.inHand.values()) drop(worker, work, job)
      work.failed.clear()
      work.begin()
    }

    /** If the entry still waits and was looked at, it is looked at again. */
    const lookAgain = (worker: Worker, folder: string, work: FolderWork, name: string): void => {
      const sequence = replica.waitingUnsafe(worker.source.device, folder, name)
      if (sequence !== undefined && work.again(name, sequence)) Queue.offerUnsafe(worker.kick, undefined)
    }

    /** What lost to a record that has changed since is looked at again. */
    const reconsider = Effect.fnUntraced(function*(worker: Worker, folder: string, work: FolderWork) {
      while (work.lost) {
        const { last, records } = replica.recordsAfterUnsafe(folder, work.judged, changed)
        if (records.length === 0) return
        work.judged = last
        for (const { name } of records) lookAgain(worker, folder, work, name)
        yield* Effect.yieldNow
      }
      work.judged = replica.sequenceUnsafe(folder)
    })
    const onChanged = Effect.fnUntraced(function*(folders: ReadonlySet<string>) {
      for (const worker of workers) {
        for (const [folder, work] of worker.folders) if (folders.has(folder)) yield* reconsider(worker, folder, work)
      }
    })

    const isDrained = (): boolean => {
      for (const worker of workers) {
        if (!worker.fetcher.idle) return false
        // Only a commit makes room for more.
        if (isFull(worker)) continue
        for (const folder of worker.source.folders()) if (!workOf(worker, folder).exhausted) return false
      }
      return true
    }

    const nextRetry = (worker: Worker, now: number): number | undefined => {
      let next: number | undefined
      for (const work of worker.folders.values()) {
        const retry = work.nextRetry(now)
        if (retry !== undefined && (next === undefined || retry < next)) next = retry
      }
      return next
    }

    const settleMoot = Effect.fnUntraced(function*(worker: Worker) {
      const moot = worker.moot
      worker.moot = []
      const groups = Map.groupBy(moot, ({ folder, indexId }) => `${indexId} ${folder}`)
      for (const entries of groups.values()) {
        const { folder, indexId } = entries[0]!
        yield* replica.settle(worker.source.device, folder, indexId, entries.map((entry) => entry.sequence))
      }
    })

    /** What needs no blocks is admitted meanwhile: it can take as long as another host keeps the term. */
    const open = Effect.fnUntraced(function*(worker: Worker) {
      if (worker.fetcher.starved === 0 || worker.opening) return
      worker.opening = true
      yield* staging.open(worker.fetcher.starved).pipe(
        // Not when it was interrupted: the worker ends too, and would only ask again.
        Effect.andThen(Effect.sync(() => {
          worker.opening = false
          Queue.offerUnsafe(worker.kick, undefined)
        })),
        Effect.tapCause(crashed),
        Effect.forkChild
      )
    })

    const run = Effect.fnUntraced(function*(worker: Worker) {
      while (true) {
        const more = pump(worker)
        if (worker.moot.length > 0) yield* settleMoot(worker)
        yield* open(worker)
        if (more) {
          yield* Effect.yieldNow
          continue
        }
        const now = Monotonic.millis(clock)
        const retry = nextRetry(worker, now)
        if (retry === undefined) yield* Queue.take(worker.kick)
        else if (retry > now) yield* Effect.timeoutOption(Queue.take(worker.kick), retry - now)
      }
    })

    const tellProgress = (worker: Worker): void => {
      for (const [folder, work] of worker.folders) {
        const updates = DownloadUpdates.fresh(work.inHand.values())
        if (updates.length > 0) worker.source.progress({ _tag: "DownloadProgress", folder, updates })
      }
    }

    /** The files that wait fail, and are tried again like others that a peer cannot give now. */
    const giveUp = Effect.fnUntraced(function*(worker: Worker) {
      if (worker.fetcher.asked === 0 || Monotonic.millis(clock) - worker.heardAt < patience) return
      yield* Effect.logWarning("the peer leaves requests unanswered; asking again later").pipe(
        Effect.annotateLogs({ peer: worker.source.device, count: worker.fetcher.asked })
      )
      worker.fetcher.giveUp()
      Queue.offerUnsafe(worker.kick, undefined)
    })

    const attach = Effect.fn("Ingest.attach")(function*(
      source: BlockSource
    ): Effect.fn.Return<Attachment, never, Scope.Scope> {
      const worker: Worker = {
        source,
        fetcher: new Fetcher.Fetcher({ find: staging.find, add: staging.add, room: staging.room }),
        folders: new Map(),
        kick: yield* Queue.sliding<void>(1),
        inHand: 0,
        heardAt: 0,
        opening: false,
        moot: []
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => workers.add(worker)),
        () =>
          Effect.sync(() => {
            workers.delete(worker)
            for (const [folder, bytes] of worker.fetcher.receivedOf) totalOf(folder).received += bytes
            staging.activity(isDrained())
          })
      )
      yield* run(worker).pipe(
        Effect.catch(fault.raise),
        Effect.tapCause(crashed),
        Effect.forkScoped
      )
      yield* Effect.andThen(Effect.sync(() => tellProgress(worker)), giveUp(worker)).pipe(
        Effect.delay("5 seconds"),
        Effect.forever,
        Effect.tapCause(crashed),
        Effect.forkScoped
      )
      return {
        responses: (batch: ReadonlyArray<Response>) => {
          worker.heardAt = Monotonic.millis(clock)
          worker.fetcher.responses(batch)
          if (pump(worker) || worker.fetcher.starved > 0 || worker.moot.length > 0) {
            Queue.offerUnsafe(worker.kick, undefined)
          }
        },
        wake: () => {
          for (const work of worker.folders.values()) work.begin()
          Queue.offerUnsafe(worker.kick, undefined)
        }
      }
    })

    const onWanted = (wanted: Wanted) => {
      for (const worker of workers) {
        if (worker.source.device !== wanted.device) continue
        const work = workOf(worker, wanted.folder)
        if (wanted.restarted) restart(worker, work)
        work.exhausted = false
        Queue.offerUnsafe(worker.kick, undefined)
      }
    }

    const onSettled = (settled: ReadonlyArray<Staged>) => {
      for (const entry of settled) totalOf(entry.folder).files++
      for (const worker of workers) {
        for (const entry of settled) {
          if (entry.device !== worker.source.device) continue
          const work = worker.folders.get(entry.folder)
          const job = work?.inHand.get(entry.info.name)
          if (work?.indexId !== entry.indexId || job?.sequence !== entry.sequence) continue
          drop(worker, work, job)
          lookAgain(worker, entry.folder, work, entry.info.name)
        }
        Queue.offerUnsafe(worker.kick, undefined)
      }
    }

    const onInvalidated = () => {
      for (const worker of workers) {
        for (const work of worker.folders.values()) restart(worker, work)
        Queue.offerUnsafe(worker.kick, undefined)
      }
    }

    const listening = (work: Effect.Effect<void>) => Effect.forkScoped(Effect.tapCause(work, crashed))
    yield* listening(Stream.runForEach(folderSync.wanted, (wanted) => Effect.sync(() => onWanted(wanted))))
    yield* listening(Stream.runForEach(staging.settled, (settled) => Effect.sync(() => onSettled(settled))))
    yield* listening(Stream.runForEach(staging.invalidated, () => Effect.sync(onInvalidated)))
    yield* listening(Stream.runForEach(replica.changes, onChanged))

    const progress = Effect.sync(() => {
      const rows: Array<IngestProgress> = []
      for (const worker of workers) {
        for (const folder of worker.source.folders()) {
          const work = workOf(worker, folder)
          const total = totalOf(folder)
          rows.push({
            folder,
            device: worker.source.device,
            waiting: work.exhausted
              ? work.inHand.size + work.failed.size
              : replica.inboxSizeUnsafe(worker.source.device, folder),
            files: total.files,
            bytesReceived: total.received + (worker.fetcher.receivedOf.get(folder) ?? 0),
            bytesReused: total.reused,
            failed: work.failed.size
          })
        }
      }
      return rows
    })

    return Ingest.of({ attach, flush: staging.flush, progress })
  })
)

const isFull = (worker: Worker): boolean => worker.fetcher.full || worker.inHand >= mostInHand
