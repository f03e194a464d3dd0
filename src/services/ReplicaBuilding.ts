/**
 * Replica tables built anew from the store, by one of the processes that share them. Nothing is listed before all of it is
 * there, and a builder that lost the tables to another writes no more to them.
 */
import { Array as Arr, Clock, Effect, Stream } from "effect"
import * as Advance from "../domain/replica/Advance.ts"
import type { Blocks } from "../domain/replica/Blocks.ts"
import type { Catalogue } from "../domain/replica/Catalogue.ts"
import * as Claim from "../domain/replica/Claim.ts"
import * as CommitChanges from "../domain/replica/CommitChanges.ts"
import * as Records from "../domain/replica/Records.ts"
import type * as Rows from "../domain/replica/Rows.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import * as State from "../domain/repository/State.ts"
import type { ReplicaUnusable } from "./Replica.ts"
import type { ReplicaFile } from "./ReplicaFile.ts"
import type { Repository } from "./Repository.ts"
import type { SegmentReader } from "./SegmentReader.ts"

/** Rows of `sequences` a bulk load collects before it writes them in order. */
const mostPending = 50_000
/** Milliseconds without progress after which another process that builds the tables is taken for dead. */
const patience = 10_000

/** Another builder has the tables. Never leaves this file. */
const takenOver = "takenOver" as const

const isTakenOver = (error: unknown): error is typeof takenOver => error === takenOver

/** Runs a transaction for records and blocks. Rows of hashes that are not full stay in memory if `keepOpen`. */
export type Transact = <A>(
  body: (work: Records.Work) => A,
  keepOpen?: boolean
) => Effect.Effect<A, ReplicaUnusable>

export interface Builder {
  /** As others know it. */
  readonly name: string
  /** Whether the process of another builder may still be at work. */
  readonly isAlive: (builder: string) => boolean
  readonly repository: Repository["Service"]
  readonly segments: SegmentReader["Service"]
  readonly file: ReplicaFile["Service"]
  readonly work: Transact
  /** What is kept in memory of the tables. */
  readonly catalogue: Catalogue
  readonly blocks: Blocks
}

export const make = ({ blocks, catalogue, file, isAlive, name, repository, segments, work }: Builder) => {
  /** Empties the tables and makes building them ours. False: another process has built them since they were judged. */
  const claim = Effect.fnUntraced(function*(judged: Rows.Stamp | undefined) {
    let seen = ""
    let since: number | undefined
    while (true) {
      const now = yield* Clock.currentTimeMillis
      const late = since !== undefined && now - since > patience
      const isDead = (builder: string) => late || !isAlive(builder)
      const other = yield* file.transact((tables) =>
        Claim.claim(tables, { repository: repository.id, name, judged, isDead })
      )
      if (other === undefined) break
      if (other.applied !== undefined || other.repository !== repository.id) return false
      const sign = `${other.builder} ${other.progress}`
      if (sign !== seen) since = now
      seen = sign
      yield* Effect.sleep("250 millis")
    }
    catalogue.forget()
    blocks.reset()
    return true
  })

  /** A transaction of the builder. */
  const ours = (body: (work: Records.Work) => void, keepOpen: boolean) =>
    work((work) => {
      if (work.draft.builder !== name) return false
      work.draft.progress++
      body(work)
      return true
    }, keepOpen).pipe(Effect.flatMap((still) => still ? Effect.void : Effect.fail(takenOver)))

  /** Fills claimed tables from the segments of the head and the records that only lie in the log. False: they were taken over. */
  const fill = Effect.fnUntraced(function*(head: State.State) {
    const pending: Records.Pending = []
    const writePending = Effect.suspend(() =>
      Effect.forEach(
        Arr.chunksOf(Records.takePending(pending), Records.batch * 5),
        (rows) => ours(({ tables }) => Records.writeSequences(tables, rows), true),
        { discard: true }
      )
    )
    const put = (folder: string, records: ReadonlyArray<FileRecord>) =>
      Effect.forEach(Arr.chunksOf(records, Records.batch), (chunk) =>
        ours((work) => {
          Records.put(work, catalogue.addFolder(work.tables, work.draft, folder), chunk, pending)
        }, true).pipe(
          Effect.andThen(Effect.suspend(() => pending.length > mostPending ? writePending : Effect.void))
        ), {
        discard: true
      })
    for (const folder of head.folders.values()) {
      // Newest first: most of what older ones hold of the same names is then passed over.
      const refs = folder.segments.flatMap((id) => head.segments.get(id) ?? [])
      for (const ref of refs.toSorted((a, b) => b.maxSequence - a.maxSequence)) {
        yield* Stream.runForEach(segments.records(ref), (records) => put(folder.id, records))
      }
    }
    const since = State.inlineSince(head)
    if (since !== undefined) {
      yield* repository.commitsAfter(since - 1).pipe(
        Stream.takeWhile(({ commit }) => commit.position <= head.position),
        Stream.runForEach(({ commit }) =>
          Effect.forEach(CommitChanges.unflushed(head, commit), ([folder, records]) => put(folder, records), {
            discard: true
          })
        )
      )
    }
    yield* writePending
    yield* ours((work) => {
      Advance.arrive(work, head, head.redirects, head.folders)
      work.draft.builder = ""
    }, false)
    return true
  }, Effect.catchIf(isTakenOver, () => Effect.succeed(false)))

  return { claim, fill }
}
