/**
 * The replica in the tables of a `ReplicaFile`. The file may be ahead of what this process applied, because others write
 * it too: what is kept in memory (numbers, fingerprints) follows the file and is never believed over it.
 */
import { Array as Arr, Effect, Layer, Random, Semaphore, Stream } from "effect"
import * as Advance from "../domain/replica/Advance.ts"
import { Blocks, rowsAtOnce } from "../domain/replica/Blocks.ts"
import { Catalogue, type Draft } from "../domain/replica/Catalogue.ts"
import { ChangedFolders } from "../domain/replica/ChangedFolders.ts"
import * as CommitChanges from "../domain/replica/CommitChanges.ts"
import * as Fault from "../domain/replica/Fault.ts"
import * as Inbox from "../domain/replica/Inbox.ts"
import * as Keys from "../domain/replica/Keys.ts"
import * as Moved from "../domain/replica/Moved.ts"
import * as Records from "../domain/replica/Records.ts"
import * as Rows from "../domain/replica/Rows.ts"
import { Settlements } from "../domain/replica/Settlements.ts"
import { type Applied as Stamped, lostTrack, sameDigest, stampIn, standing } from "../domain/replica/Standing.ts"
import type { Tables } from "../domain/replica/Tables.ts"
import * as Commit from "../domain/repository/Commit.ts"
import * as Envelope from "../domain/repository/Envelope.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import * as State from "../domain/repository/State.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { changesOf, Replica, ReplicaUnusable } from "../services/Replica.ts"
import * as ReplicaBuilding from "../services/ReplicaBuilding.ts"
import { ReplicaFile } from "../services/ReplicaFile.ts"
import { type Applied, Repository, RepositoryCorrupt, unreadable } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"

const missing = { ObjectNotFound: () => Effect.void, ObjectUnreadable: unreadable }

/** Bytes of hashes a bulk load collects before it writes rows that are not full. */
const mostOpen = 32 * 1024 * 1024
/** Packs whose trailers a catch-up may fetch; when the tables were built anew, of packs that took the place of others. */
const trailers = { usual: 32, replacing: 512 }
/** Hashes told in one transaction. */
const mostTold = 10_000
/** Attempts to find a log that stands still long enough. */
const attempts = 5

/** The tables no longer stand where this process thought, by another history or another builder. Never leaves this file. */
const diverged = "diverged" as const

/** A commit says that rows are lost which the tables have: they cannot follow it. Never leaves this file either. */
const outlived = "outlived" as const

/** Who builds tables in this process. */
const builders = new Set<string>()

export const layer: Layer.Layer<
  Replica,
  ReplicaUnusable,
  Repository | ObjectStore | ReplicaFile | SegmentReader
> = Layer.effect(
  Replica,
  Effect.gen(function*() {
    const repository = yield* Repository
    const objects = yield* ObjectStore
    const segments = yield* SegmentReader
    const file = yield* ReplicaFile
    const { directory, tables } = file
    const me = `${process.pid} ${yield* Random.nextInt}`
    const blocks = new Blocks([yield* Random.nextInt, yield* Random.nextInt])
    const catalogue = new Catalogue()
    const changed = new ChangedFolders()
    const boxes = new Inbox.BoxKeys()
    const settlements = new Settlements(boxes)
    const one = yield* Semaphore.make(1)
    /** The newest state seen: it says what is live. */
    let current = yield* repository.head
    /** The last commit this process knows to be in the tables. */
    let position = 0
    let fresh: ReadonlyMap<string, State.PackContents> = new Map()
    /** Those of `fresh` that the tables have by now. */
    const told = new Set<string>()
    let own: ReadonlyMap<string, ReadonlyArray<FileRecord>> = new Map()
    /** Packs of applied commits whose blocks were only told by records. */
    let incomplete: Array<State.PackRef> = []

    const live = (pack: number): boolean => State.isLive(current, catalogue.pack(tables, pack))
    const foreign = (id: string) => new ReplicaUnusable({ directory, ...Fault.foreign(id) })

    /** Runs the body on the stamp, which must be ours and of our format. */
    const change = <A>(body: (tables: Tables, draft: Draft) => A): Effect.Effect<A, ReplicaUnusable> =>
      file.transact((tables) => {
        const stamp = stampIn(tables)
        if (stamp?.repository !== repository.id || stamp.format !== Rows.format) {
          throw Fault.damaged("another program took it over")
        }
        const draft = { ...stamp }
        const answer = body(tables, draft)
        tables.state.put(Keys.stamp, Rows.encodeStamp(draft))
        return answer
      })

    /** The same for records and blocks. Rows of hashes that are not full stay in memory if `keepOpen`. */
    const work: ReplicaBuilding.Transact = (body, keepOpen = false) =>
      change((tables, draft) => {
        blocks.begin(tables, draft)
        const answer = body({ tables, draft, catalogue, blocks, live, told: fresh })
        if (!keepOpen || blocks.open > mostOpen) blocks.flush(tables, draft, catalogue)
        return answer
      }).pipe(Effect.onError(() => Effect.sync(forget)))
    const forget = () => {
      catalogue.forget()
      blocks.abandon()
    }

    const begun = yield* file.read(stampIn)
    if (begun !== undefined && begun.repository !== repository.id) return yield* foreign(begun.repository)
    if (begun === undefined) {
      const stamp = Rows.encodeStamp(Rows.newStamp(repository.id))
      yield* file.transact(({ state }) => state.get(Keys.stamp) ?? state.put(Keys.stamp, stamp))
    }
    position = begun?.applied?.position ?? 0

    /** Rows for the pack's blocks that no row tells of yet. */
    const tell = Effect.fnUntraced(function*(pack: string, { hashes }: State.PackContents) {
      let from = 0
      while (from < hashes.length) {
        const end = Math.min(hashes.length, from + mostTold * 32)
        yield* work((work) => Records.tell(work, pack, hashes.subarray(from, end)))
        from = end
      }
    })

    /** Applies a commit in one transaction, the records of a large one before it: they are listed only then. */
    const apply = Effect.fnUntraced(function*({ commit, state }: Applied) {
      const changes = CommitChanges.of(commit)
      if (changes.lost.size > 0) return yield* Effect.fail(outlived)
      current = state
      const step = { commit, state, changes }
      const putAhead = (folder: string, records: ReadonlyArray<FileRecord>) =>
        Effect.forEach(
          Arr.chunksOf(records, Records.batch),
          (chunk) => work((work) => Advance.putAhead(work, step, folder, chunk)),
          { discard: true }
        )
      if (changes.emptied.size > 0) yield* work((work) => Advance.empty(work, step))
      for (const ref of changes.segments) {
        const records = own.get(ref.id)
        if (records !== undefined) yield* putAhead(ref.folder, records)
        else yield* Stream.runForEach(segments.records(ref), (records) => putAhead(ref.folder, records))
      }
      for (const [folder, records] of changes.records) {
        if (records.length > Records.batch) yield* putAhead(folder, records)
      }
      for (const { id } of changes.packs) {
        const contents = fresh.get(id)
        if (contents === undefined) continue
        yield* tell(id, contents)
        told.add(id)
      }
      const outcome = yield* work((work) => {
        const outcome = Advance.finish(work, step)
        return outcome === "Applied" ? settlements.settle(work.tables, commit.position) : outcome
      })
      if (outcome === "Diverged") return yield* Effect.fail(diverged)
      // Another process applied it, and may have given folders other numbers.
      if (outcome === "Past") return catalogue.forget()
      settlements.done(outcome)
      for (const pack of changes.packs) if (!fresh.has(pack.id)) incomplete.push(pack)
      // Where another process applied commits between, nobody here was told of their folders.
      changed.publish(position === commit.position - 1 ? changes.folders : state.folders.keys())
      position = commit.position
    })

    /** Whether the log holds exactly the commit that the tables applied. */
    const isLogged = Effect.fnUntraced(function*(applied: Stamped) {
      const key = ObjectKey.log(applied.position)
      const bytes = yield* Effect.catchTags(objects.get(key), missing)
      const opened = bytes && Envelope.openObject(repository.sealing, key, bytes)
      return opened?._tag === "Success" && sameDigest(Commit.digest(opened.success), applied.digest)
    })

    /** Applies what the log holds beyond the tables; answers why that cannot be, if it cannot. */
    const follow = Effect.fnUntraced(function*(stamp: Rows.Stamp | undefined) {
      const head = yield* repository.head
      current = head
      const where = standing(stamp, { repository: repository.id, format: Rows.format }, head)
      if (where._tag === "Foreign") return yield* foreign(where.repository)
      if (where._tag === "Useless") return where.reason
      if (where._tag === "Level") {
        if (stamp?.begun === undefined) return undefined
        const whole = yield* isLogged({ position: head.position + 1, digest: stamp.begun })
        return whole ? undefined : `the log does not hold commit ${head.position + 1}, which was begun`
      }
      if (where._tag === "Ahead") {
        return (yield* isLogged(where.applied)) ? undefined : `the log does not hold commit ${where.applied.position}`
      }
      const from = where.applied.position
      return yield* Stream.runForEach(repository.commitsAfter(from), apply).pipe(
        Effect.as(undefined),
        Effect.catch(Effect.fnUntraced(function*(error) {
          if (error === diverged) return `the log goes on from another commit than ${from}`
          if (error === outlived) return "records of the repository were lost, and it goes on without them"
          return lostTrack(error, from, yield* repository.head) ?? (yield* Effect.fail(error))
        }))
      )
    })

    const building = ReplicaBuilding.make({
      name: me,
      isAlive,
      repository,
      segments,
      file,
      work,
      catalogue,
      blocks
    })

    /** Builds the tables anew, if nobody else has or does. */
    const rebuild = Effect.fn("Replica.rebuild")(function*(reason: string, judged: Rows.Stamp | undefined) {
      if (!(yield* building.claim(judged))) return
      const head = yield* repository.head
      current = head
      yield* Effect.logInfo("building the replica").pipe(Effect.annotateLogs({ reason, commit: head.position }))
      if (!(yield* building.fill(head))) return
      // Records name what was replaced: of what took its place they tell nothing.
      incomplete = State.replacing(head).slice(0, trailers.replacing)
      position = head.position
      changed.publish(head.folders.keys())
    }, Effect.onExit(() => Effect.sync(() => builders.delete(me))))

    /** Fetches the trailers of a few packs that hold more blocks than records told. That they stay unknown costs only space. */
    const learn = Effect.fnUntraced(function*(most: number) {
      const packs = yield* work(({ draft, tables }) =>
        incomplete.filter(({ blocks, id }) =>
          State.isLive(current, id) &&
          catalogue.known(tables, draft, catalogue.addPack(tables, draft, id)) < blocks
        )
      )
      incomplete = []
      if (packs.length > most) return
      yield* Effect.forEach(
        packs,
        (ref) =>
          Effect.flatMap(segments.contents(ref), (contents) => tell(ref.id, contents)).pipe(
            Effect.catchTag(["StoreUnavailable", "RepositoryCorrupt"], (error) => Effect.logWarning(error.message)),
            Effect.annotateLogs({ pack: ref.id })
          ),
        { concurrency: 4, discard: true }
      )
    })

    /** Reads the rows of hashes that the stamp covers into memory. */
    const load = Effect.fnUntraced(function*(stamp: Rows.Stamp | undefined) {
      blocks.reserve(stamp?.hashes ?? 0)
      const end = stamp?.nextRow ?? 0
      while (yield* file.read((tables) => blocks.follow(tables, end, rowsAtOnce))) yield* Effect.yieldNow
    })

    const run = Effect.gen(function*() {
      const given = fresh
      const put = own
      let most = trailers.usual
      for (let attempt = 0;; attempt++) {
        const stamp = yield* file.read(stampIn)
        if (stamp?.applied?.position !== position) catalogue.forget()
        yield* load(stamp)
        const reason = yield* follow(stamp)
        if (reason === undefined) break
        if (attempt === attempts) {
          return yield* new RepositoryCorrupt({ key: ObjectKey.log(current.position), reason })
        }
        most = trailers.replacing
        builders.add(me)
        yield* rebuild(reason, stamp)
      }
      const reached = (yield* file.read(stampIn))?.applied?.position ?? 0
      for (const [id, contents] of given) {
        if (State.isLive(current, id) && !told.has(id)) yield* tell(id, contents)
      }
      told.clear()
      fresh = new Map([...fresh].filter(([id]) => !given.has(id)))
      own = new Map([...own].filter(([id]) => !put.has(id)))
      if (settlements.isDue(reached)) {
        settlements.done(yield* change((tables) => settlements.settle(tables, reached)))
      }
      if (incomplete.length > 0) yield* learn(most)
      if (reached === position) return
      position = reached
      changed.publish(current.folders.keys())
    })

    /** What is known of a folder, or `none` while it has no number. */
    const inFolder = <A>(folder: string, none: A, look: (number: number) => A): A => {
      const number = catalogue.folder(tables, folder)
      return number === undefined ? none : look(number)
    }

    return Replica.of({
      directory,
      catchUp: Effect.fn("Replica.catchUp")(function*(given, settled, put) {
        if (given !== undefined && given.size > 0) fresh = new Map([...fresh, ...given])
        if (put !== undefined && put.size > 0) own = new Map([...own, ...put])
        if (settled !== undefined) settlements.add(settled)
        yield* one.withPermits(1)(run)
      }),
      positionUnsafe: () => position,
      changes: changesOf(changed),
      sequenceUnsafe: (folder) => inFolder(folder, 0, (number) => Records.totals(tables, number).visible),
      recordUnsafe: (folder, name) =>
        inFolder(folder, undefined, (number) => Records.get(tables, catalogue, number, name)),
      recordsAfterUnsafe: (folder, after, limit) => {
        const records = inFolder(folder, [], (number) => Records.after(tables, catalogue, number, after, limit))
        return { records, last: records.at(-1)?.sequence ?? after }
      },
      siblingsUnsafe: (folder, parent, basePrefix) =>
        inFolder(folder, [], (number) => Records.siblings(tables, catalogue, number, parent, basePrefix)),
      totalsUnsafe: (folder) => inFolder(folder, Rows.noTotals, (number) => Records.totals(tables, number)),
      findBlockUnsafe: (hash) => {
        const pack = blocks.find(tables, live, hash)
        return pack === 0 ? undefined : catalogue.pack(tables, pack)
      },
      movedUnsafe: (pack) => Moved.places(tables, catalogue, current, pack),
      markUnsafe: (device, folder) => Inbox.box(tables, boxes.of(device, folder))?.mark,
      receive: Effect.fn("Replica.receive")(({ device, folder, ...received }) =>
        change((tables, draft) => Inbox.receive(tables, draft, boxes.of(device, folder), received))
      ),
      settle: Effect.fn("Replica.settle")((device, folder, indexId, sequences) =>
        change((tables) => Inbox.settle(tables, boxes.of(device, folder), indexId, sequences))
      ),
      inboxUnsafe: (device, folder, after, limit) => Inbox.page(tables, boxes.of(device, folder), after, limit),
      inboxLowestUnsafe: (device, folder) => Inbox.lowest(tables, boxes.of(device, folder)),
      waitingUnsafe: (device, folder, name) => Inbox.sequenceOf(tables, boxes.of(device, folder), name),
      inboxSizeUnsafe: (device, folder) => Inbox.box(tables, boxes.of(device, folder))?.count ?? 0
    })
  })
)

/** A builder names itself by its process, which may have died without a word. */
const isAlive = (builder: string): boolean => {
  const pid = Number.parseInt(builder, 10)
  if (pid === process.pid) return builders.has(builder)
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
