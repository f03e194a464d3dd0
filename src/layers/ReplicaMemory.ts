/**
 * A replica in maps, gone with the process. The same answers as the one on disk, by the plainest means: tests compare the
 * two, and simulated hosts use this one.
 */
import { Effect, Layer, Result, Semaphore, Stream } from "effect"
import type { DeviceId } from "../domain/DeviceId.ts"
import * as FileInfo from "../domain/FileInfo.ts"
import * as FileName from "../domain/FileName.ts"
import { ChangedFolders } from "../domain/replica/ChangedFolders.ts"
import * as CommitChanges from "../domain/replica/CommitChanges.ts"
import * as Moved from "../domain/replica/Moved.ts"
import type { Settlement } from "../domain/replica/Settlements.ts"
import { lostTrack, standing } from "../domain/replica/Standing.ts"
import type { EnvelopeError } from "../domain/repository/Envelope.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import { compareText } from "../domain/repository/Order.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import * as Segment from "../domain/repository/Segment.ts"
import * as State from "../domain/repository/State.ts"
import * as Trailer from "../domain/repository/Trailer.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { changesOf, type InboxEntry, type InboxMark, Replica } from "../services/Replica.ts"
import { type Applied, Repository, RepositoryCorrupt, RepositoryNewer, unreadable } from "../services/Repository.ts"

/** Packs whose trailers a catch-up may fetch. */
const mostTrailers = 32

interface Folder {
  readonly byName: Map<string, FileRecord>
  /** In order of sequences; undefined after a change. */
  ordered: ReadonlyArray<FileRecord> | undefined
}

interface Box {
  mark: InboxMark | undefined
  readonly bySequence: Map<number, InboxEntry>
  readonly byName: Map<string, number>
}

export const layer: Layer.Layer<Replica, never, Repository | ObjectStore> = Layer.effect(
  Replica,
  Effect.gen(function*() {
    const repository = yield* Repository
    const objects = yield* ObjectStore
    const one = yield* Semaphore.make(1)
    const changed = new ChangedFolders()
    let applied: { readonly position: number; readonly digest: Uint8Array } | undefined
    let current = yield* repository.head
    /** Of the applied state. */
    let shown: State.State["folders"] = new Map()
    let folders = new Map<string, Folder>()
    let boxes = new Map<string, Box>()
    /** Packs that hold a block, and blocks known of a pack. */
    let packsOf = new Map<string, ReadonlyArray<string>>()
    let known = new Map<string, number>()
    /** By pack that was replaced: those in its place. */
    let moved = new Map<string, ReadonlyArray<string>>()
    let incomplete: Array<State.PackRef> = []
    let own: ReadonlyMap<string, ReadonlyArray<FileRecord>> = new Map()
    let settlements: ReadonlyArray<Settlement> = []

    const folderOf = (id: string): Folder => {
      const folder = folders.get(id) ?? { byName: new Map(), ordered: [] }
      folders.set(id, folder)
      return folder
    }
    const find = (key: string): string | undefined => packsOf.get(key)?.find((pack) => State.isLive(current, pack))
    const learnBlock = (pack: string, hash: Uint8Array) => {
      const key = textOf(hash)
      if (find(key) !== undefined) return
      packsOf.set(key, [...packsOf.get(key) ?? [], pack])
      known.set(pack, (known.get(pack) ?? 0) + 1)
    }
    const tell = (pack: string, { hashes }: State.PackContents) => {
      for (let at = 0; at < hashes.length; at += 32) learnBlock(pack, hashes.subarray(at, at + 32))
    }
    const put = (folder: string, records: ReadonlyArray<FileRecord>) => {
      const into = folderOf(folder)
      for (const record of records) {
        if ((into.byName.get(record.name)?.sequence ?? 0) >= record.sequence) continue
        into.byName.set(record.name, { ...record, info: Uint8Array.from(record.info) })
        into.ordered = undefined
        const { hashes } = infoOf(record) ?? { hashes: new Uint8Array(0) }
        let at = 0
        for (const { count, pack } of record.runs) {
          for (const end = at + count * 32; at < end && at < hashes.length; at += 32) {
            learnBlock(pack, hashes.subarray(at, at + 32))
          }
        }
      }
    }

    const opened = <A>(key: string, result: Result.Result<A, EnvelopeError>) => {
      if (Result.isSuccess(result)) return Effect.succeed(result.success)
      const { kind, reason } = result.failure
      return Effect.fail(
        kind === "newer"
          ? new RepositoryNewer({ location: objects.location, what: `${key}: ${reason}` })
          : new RepositoryCorrupt({ key, reason })
      )
    }
    const get = (key: string, range?: { readonly start: number; readonly end: number }) =>
      objects.get(key, range).pipe(
        Effect.catchTags({
          ObjectNotFound: () => Effect.fail(new RepositoryCorrupt({ key, reason: "it is missing" })),
          ObjectUnreadable: unreadable
        })
      )
    const recordsOf = Effect.fnUntraced(function*({ id }: State.SegmentRef) {
      const key = ObjectKey.segment(id)
      const { content } = yield* opened(key, Segment.readAll(repository.sealing, id, yield* get(key)))
      return content.table === "files" ? content.records : []
    })

    const apply = Effect.fnUntraced(function*({ commit, state }: Applied) {
      const changes = CommitChanges.of(commit)
      if (applied === undefined || Buffer.compare(applied.digest, commit.previous) !== 0) return yield* rebuild
      if (changes.lost.size > 0) return yield* rebuild
      const inSegments = yield* Effect.forEach(changes.segments, (ref) => {
        const records = own.get(ref.id)
        return records === undefined ? recordsOf(ref) : Effect.succeed(records)
      })
      current = state
      for (const folder of changes.emptied) {
        folders.delete(folder)
        for (const key of boxes.keys()) if (key.slice(key.indexOf(" ") + 1) === folder) boxes.delete(key)
      }
      for (const folder of changes.added) folderOf(folder)
      for (const [index, { folder }] of changes.segments.entries()) put(folder, inSegments[index] ?? [])
      for (const [folder, records] of changes.records) put(folder, records)
      for (const folder of changes.forgotten) {
        for (const key of boxes.keys()) if (key.slice(key.indexOf(" ") + 1) === folder) boxes.delete(key)
      }
      incomplete.push(...changes.packs)
      for (const [old, packs] of changes.moved) moved.set(old, packs)
      shown = state.folders
      applied = { position: commit.position, digest: state.digest }
      changed.publish(changes.folders)
    })

    /** Everything from the head. The inbox is not in the repository: it begins empty. */
    const rebuild = Effect.gen(function*() {
      const head = yield* repository.head
      const loaded: Array<readonly [string, ReadonlyArray<FileRecord>]> = []
      for (const { id, segments } of head.folders.values()) {
        for (const ref of segments.flatMap((segment) => head.segments.get(segment) ?? [])) {
          loaded.push([id, yield* recordsOf(ref)])
        }
      }
      const since = State.inlineSince(head)
      if (since !== undefined) {
        yield* Stream.runForEach(repository.commitsAfter(since - 1), ({ commit }) =>
          Effect.sync(() => {
            if (commit.position <= head.position) loaded.push(...CommitChanges.unflushed(head, commit))
          }))
      }
      current = head
      folders = new Map()
      boxes = new Map()
      packsOf = new Map()
      known = new Map()
      moved = new Map(head.redirects)
      incomplete = []
      for (const id of head.folders.keys()) folderOf(id)
      for (const [folder, records] of loaded) put(folder, records)
      shown = head.folders
      applied = { position: head.position, digest: head.digest }
      changed.publish(head.folders.keys())
    })

    const follow = Effect.gen(function*() {
      const head = yield* repository.head
      current = head
      const stamp = { repository: repository.id, format: 0, applied }
      const where = standing(stamp, { repository: repository.id, format: 0 }, head)
      if (where._tag === "Useless" || where._tag === "Ahead") yield* rebuild
      if (where._tag !== "Behind") return
      const from = where.applied.position
      yield* Stream.runForEach(repository.commitsAfter(from), apply).pipe(
        Effect.catchTag(
          "RepositoryCorrupt",
          (error) =>
            Effect.flatMap(
              repository.head,
              (now) => lostTrack(error, from, now) === undefined ? Effect.fail(error) : rebuild
            )
        )
      )
    })

    const learn = Effect.gen(function*() {
      const packs = incomplete.filter(({ blocks, id }) => State.isLive(current, id) && (known.get(id) ?? 0) < blocks)
      incomplete = []
      if (packs.length > mostTrailers) return
      for (const { id, size, trailerLength } of packs) {
        const key = ObjectKey.pack(id)
        yield* Effect.flatMap(
          get(key, { start: size - trailerLength, end: size }),
          (bytes) => opened(key, Trailer.parse(repository.sealing, id, size, bytes))
        ).pipe(
          Effect.flatMap(({ contents }) => Effect.sync(() => tell(id, contents))),
          Effect.catchTags({
            StoreUnavailable: (error) => Effect.logWarning(error.message),
            RepositoryCorrupt: (error) => Effect.logWarning(error.message)
          })
        )
      }
    })

    const boxOf = (device: DeviceId, folder: string): Box => {
      const key = `${device} ${folder}`
      const box = boxes.get(key) ?? { mark: undefined, bySequence: new Map(), byName: new Map() }
      boxes.set(key, box)
      return box
    }
    const drop = (box: Box, sequence: number | undefined) => {
      const entry = sequence === undefined ? undefined : box.bySequence.get(sequence)
      if (entry === undefined) return
      box.bySequence.delete(entry.sequence)
      box.byName.delete(entry.name)
    }
    const settle = (device: DeviceId, folder: string, indexId: bigint, sequences: ReadonlyArray<number>) => {
      const box = boxOf(device, folder)
      if (box.mark?.indexId !== indexId) return
      for (const sequence of sequences) drop(box, sequence)
    }
    const waiting = (device: DeviceId, folder: string): ReadonlyArray<InboxEntry> =>
      [...boxOf(device, folder).bySequence.values()].toSorted((a, b) => a.sequence - b.sequence)

    return Replica.of({
      directory: "memory",
      catchUp: Effect.fn("Replica.catchUp")(function*(fresh, settled, put) {
        yield* Effect.gen(function*() {
          own = put ?? new Map()
          if (settled !== undefined) settlements = [...settlements, settled]
          yield* follow
          for (const [pack, contents] of fresh ?? []) tell(pack, contents)
          const isDue = ({ position }: Settlement) => position <= (applied?.position ?? 0)
          for (const { entries } of settlements.filter(isDue)) {
            for (const { device, folder, indexId, sequences } of entries) settle(device, folder, indexId, sequences)
          }
          settlements = settlements.filter((settlement) => !isDue(settlement))
          if (incomplete.length > 0) yield* learn
        }).pipe(one.withPermits(1))
      }),
      positionUnsafe: () => applied?.position ?? 0,
      changes: changesOf(changed),
      sequenceUnsafe: (folder) => shown.get(folder)?.sequence ?? 0,
      recordUnsafe: (folder, name) => folders.get(folder)?.byName.get(name),
      recordsAfterUnsafe: (folder, after, limit) => {
        const from = folders.get(folder)
        if (from === undefined) return { records: [], last: after }
        from.ordered ??= [...from.byName.values()].toSorted((a, b) => a.sequence - b.sequence)
        const records: Array<FileRecord> = []
        let bytes = 0
        for (const record of from.ordered) {
          if (record.sequence <= after) continue
          bytes += record.info.length
          if (records.length >= limit.records || (records.length > 0 && bytes > limit.bytes)) break
          records.push(record)
        }
        return { records, last: records.at(-1)?.sequence ?? after }
      },
      siblingsUnsafe: (folder, parent, basePrefix) => {
        const found: Array<FileRecord> = []
        for (const record of folders.get(folder)?.byName.values() ?? []) {
          const split = FileName.split(record.name)
          if (split.parent === parent && split.base.startsWith(basePrefix) && isLive(record)) found.push(record)
        }
        return found.toSorted((a, b) => compareText(a.name, b.name))
      },
      totalsUnsafe: (folder) => {
        const totals = { files: 0, directories: 0, bytes: 0 }
        for (const record of folders.get(folder)?.byName.values() ?? []) {
          const info = infoOf(record)
          if (info === undefined || info.deleted || info.invalid) continue
          if (info.type === "directory") totals.directories++
          else totals.files++
          totals.bytes += info.size
        }
        return totals
      },
      findBlockUnsafe: (hash) => find(textOf(hash)),
      movedUnsafe: (pack) =>
        Moved.isKnown(current, pack)
          ? []
          : Moved.follow(pack, (old) => moved.get(old) ?? [], (place) => State.isLive(current, place)),
      markUnsafe: (device, folder) => boxOf(device, folder).mark,
      receive: Effect.fn("Replica.receive")(({ device, entries, folder, mark, reset, settled }) =>
        Effect.sync(() => {
          if (reset) boxes.delete(`${device} ${folder}`)
          const box = boxOf(device, folder)
          for (const name of settled) drop(box, box.byName.get(name))
          for (const entry of entries) {
            const older = box.byName.get(entry.name)
            if (older !== undefined && older > entry.sequence) continue
            drop(box, older)
            drop(box, entry.sequence)
            box.bySequence.set(entry.sequence, { ...entry, info: Uint8Array.from(entry.info) })
            box.byName.set(entry.name, entry.sequence)
          }
          box.mark = mark
        })
      ),
      settle: Effect.fn("Replica.settle")((device, folder, indexId, sequences) =>
        Effect.sync(() => settle(device, folder, indexId, sequences))
      ),
      inboxUnsafe: (device, folder, after, limit) =>
        waiting(device, folder).filter((entry) => entry.sequence > after).slice(0, limit),
      inboxLowestUnsafe: (device, folder) => waiting(device, folder)[0]?.sequence,
      waitingUnsafe: (device, folder, name) => boxOf(device, folder).byName.get(name),
      inboxSizeUnsafe: (device, folder) => boxOf(device, folder).bySequence.size
    })
  })
)

const textOf = (hash: Uint8Array): string => Buffer.prototype.latin1Slice.call(hash, 0, 32)

const infoOf = (record: FileRecord): FileInfo.FileInfo | undefined =>
  Result.getOrUndefined(FileInfo.decode(record.info))

const isLive = (record: FileRecord): boolean => {
  const info = infoOf(record)
  return info !== undefined && !info.deleted && !info.invalid
}
