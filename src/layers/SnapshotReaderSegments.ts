/**
 * A checkpoint's tree, merged from its segments as it is asked for: of each name the record with our highest sequence
 * counts, and a tombstone that counts hides the name. Only the pages of the directory asked for are read.
 */
import { Effect, Layer, Option, Result, Scope, Semaphore, Stream } from "effect"
import * as BlockSize from "../domain/BlockSize.ts"
import { ByteLru } from "../domain/ByteLru.ts"
import * as FileInfo from "../domain/FileInfo.ts"
import { beginning, type EnvelopeError, explained } from "../domain/repository/Envelope.ts"
import * as Footer from "../domain/repository/Footer.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Order from "../domain/repository/Order.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import * as Segment from "../domain/repository/Segment.ts"
import type { Checkpoint, SegmentRef } from "../domain/repository/State.ts"
import { BlockReader } from "../services/BlockReader.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import {
  Repository,
  RepositoryCorrupt,
  type RepositoryError,
  RepositoryNewer,
  unreadable
} from "../services/Repository.ts"
import { PathNotFound, type SnapshotEntry, SnapshotReader } from "../services/SnapshotReader.ts"

const mebibyte = 1024 * 1024
const footerBytes = 32 * mebibyte
const pageBytes = 32 * mebibyte
/** Requests to the store at a time. */
const concurrency = 4
/** Most bytes of pages in one request. */
const largestRead = 8 * mebibyte
/** A segment up to this size is read whole, footer and pages in one request. */
const small = 256 * 1024
/** Bytes of a file's content that one step of its stream gives. */
const step = mebibyte
/** The next pack of a file is opened when so many bytes of this one are left. */
const opensAhead = 8 * mebibyte

type Page = ReadonlyArray<FileRecord>

interface OpenSegment {
  readonly ref: SegmentRef
  readonly footer: Footer.Footer
}

export const layer: Layer.Layer<SnapshotReader, never, BlockReader | ObjectStore | Repository> = Layer.effect(
  SnapshotReader,
  Effect.gen(function*() {
    const blocks = yield* BlockReader
    const repository = yield* Repository
    const store = yield* ObjectStore
    const scope = yield* Scope.Scope
    const permits = yield* Semaphore.make(concurrency)
    const footers = new ByteLru<string, OpenSegment>(footerBytes)
    const pages = new ByteLru<string, Page>(pageBytes)

    const failed = (key: string, error: EnvelopeError): RepositoryError =>
      error.kind === "newer"
        ? new RepositoryNewer({ location: store.location, what: `${key}: ${error.reason}` })
        : new RepositoryCorrupt({ key, reason: error.reason })

    const get = (key: string, start: number, end: number) =>
      permits.withPermit(store.get(key, { start, end })).pipe(
        Effect.catchTags({
          ObjectNotFound: () =>
            Effect.fail(new RepositoryCorrupt({ key, reason: "the log names it, the store does not have it" })),
          ObjectUnreadable: unreadable
        })
      )

    const known = Effect.fnUntraced(function*(id: string) {
      const ref = (yield* repository.head).segments.get(id) ?? (yield* repository.refresh).segments.get(id)
      if (ref !== undefined) return ref
      return yield* new RepositoryCorrupt({ key: ObjectKey.segment(id), reason: "the log does not name it" })
    })

    /** What cannot be read of a checkpoint that went meanwhile is no damage: it is not there any more. */
    const unlessGone = <A, E>(checkpoint: Checkpoint, path: string, read: Effect.Effect<A, E | RepositoryError>) =>
      Effect.catchIf(read, isCorrupt, (error) =>
        repository.refresh.pipe(
          Effect.mapError(() => error),
          Effect.flatMap(({ checkpoints }) =>
            Effect.fail(checkpoints.some(({ id }) => id === checkpoint.id) ? error : new PathNotFound({ path }))
          )
        ))

    const keep = (footer: Footer.Footer, index: number, page: Page): void =>
      pages.set(`${footer.id}/${index}`, page, footer.pages[index]!.raw + page.length * 200)

    const decode = (footer: Footer.Footer, index: number, bytes: Uint8Array): Effect.Effect<Page, RepositoryError> =>
      Result.match(Segment.decodePage(footer, index, bytes), {
        onSuccess: (page) => {
          keep(footer, index, page)
          return Effect.succeed(page)
        },
        onFailure: (error) => Effect.fail(failed(ObjectKey.segment(footer.id), error))
      })

    const openOnce = Effect.fn("SnapshotReader.open")(function*(id: string) {
      yield* Effect.annotateCurrentSpan({ segment: id })
      const ref = yield* known(id)
      const start = ref.size <= Math.max(small, Math.min(store.readAhead, mebibyte)) ? 0 : ref.size - ref.footerLength
      const bytes = yield* get(ObjectKey.segment(id), start, ref.size)
      const footer = Footer.parse(repository.sealing, id, ref.size, bytes)
      if (Result.isFailure(footer)) {
        const key = ObjectKey.segment(id)
        return yield* failed(key, explained(key, footer.failure, yield* get(key, 0, beginning)))
      }
      const open: OpenSegment = { ref, footer: footer.success }
      footers.set(id, open, costOf(open.footer))
      if (start === 0) {
        for (const [index, page] of open.footer.pages.entries()) {
          yield* decode(open.footer, index, bytes.subarray(page.start, page.start + page.stored))
        }
      }
      return open
    })

    const open = (id: string): Effect.Effect<OpenSegment, RepositoryError> =>
      Effect.suspend(() => {
        const cached = footers.get(id)
        return cached === undefined ? twice(openOnce(id)) : Effect.succeed(cached)
      })

    /** Pages `[from, to)` of one request's size. */
    const readPages = Effect.fn("SnapshotReader.read")(function*(footer: Footer.Footer, from: number, to: number) {
      yield* Effect.annotateCurrentSpan({ segment: footer.id, count: to - from })
      const start = footer.pages[from]!.start
      const last = footer.pages[to - 1]!
      const bytes = yield* get(ObjectKey.segment(footer.id), start, last.start + last.stored)
      const read: Array<Page> = []
      for (let index = from; index < to; index++) {
        const page = footer.pages[index]!
        read.push(yield* decode(footer, index, bytes.subarray(page.start - start, page.start - start + page.stored)))
      }
      return read
    })

    /** The pages of a range: those at hand, the others in as few requests as they lie in. */
    const pagesOf = Effect.fnUntraced(function*(footer: Footer.Footer, range: Footer.PageRange) {
      const found: Array<Page> = []
      for (let index = range.from; index < range.to;) {
        const cached = pages.get(`${footer.id}/${index}`)
        if (cached !== undefined) {
          found.push(cached)
          index++
          continue
        }
        let to = index
        let bytes = 0
        while (
          to < range.to && pages.peek(`${footer.id}/${to}`) === undefined && (to === index || bytes < largestRead)
        ) {
          bytes += footer.pages[to++]!.stored
        }
        found.push(...yield* twice(readPages(footer, index, to)))
        index = to
      }
      return found
    })

    /** The newest record of the name among the segments, tombstones included. */
    const find = Effect.fnUntraced(function*(checkpoint: Checkpoint, path: string) {
      const parent = Order.parentOf(path)
      const base = Order.baseOf(path)
      const refs = yield* Effect.forEach(checkpoint.segments, known)
      let newest: FileRecord | undefined
      for (const ref of refs.toSorted((a, b) => b.maxSequence - a.maxSequence)) {
        if (newest !== undefined && ref.maxSequence <= newest.sequence) break
        const { footer } = yield* open(ref.id)
        const range = Footer.pageFor(footer, parent, base)
        if (range === undefined) continue
        for (const page of yield* pagesOf(footer, range)) {
          const record = page.find((record) => record.name === path)
          if (record !== undefined && (newest === undefined || record.sequence > newest.sequence)) newest = record
        }
      }
      return newest
    })

    const entryOf = (record: FileRecord): Effect.Effect<SnapshotEntry, RepositoryError> =>
      Result.match(FileInfo.decode(record.info), {
        onSuccess: (info) => Effect.succeed({ info, record }),
        onFailure: (reason) => Effect.fail(broken(`${record.name}: ${reason}`))
      })

    const stat = Effect.fn("SnapshotReader.stat")(function*(checkpoint: Checkpoint, path: string) {
      if (path === "") return root
      const record = yield* find(checkpoint, path)
      const entry = record === undefined ? undefined : yield* entryOf(record)
      if (entry === undefined || entry.info.deleted) return yield* new PathNotFound({ path })
      return entry
    })

    const list = Effect.fn("SnapshotReader.list")(function*(checkpoint: Checkpoint, directory: string) {
      yield* Effect.annotateCurrentSpan({ folder: checkpoint.folder })
      const tables = yield* Effect.forEach(
        checkpoint.segments,
        Effect.fnUntraced(function*(id) {
          const { footer } = yield* open(id)
          const range = Footer.pageFor(footer, directory)
          return range === undefined ? [] : yield* pagesOf(footer, range)
        }),
        { concurrency }
      )
      const newest = new Map<string, FileRecord>()
      for (const record of tables.flat(2)) {
        if (Order.parentOf(record.name) !== directory) continue
        const other = newest.get(record.name)
        if (other === undefined || other.sequence < record.sequence) newest.set(record.name, record)
      }
      const entries: Array<SnapshotEntry> = []
      for (const record of newest.values()) {
        const entry = yield* entryOf(record)
        if (!entry.info.deleted) entries.push(entry)
      }
      return entries.toSorted((a, b) => Order.compareText(a.record.name, b.record.name))
    })

    const content = (entry: SnapshotEntry, from: number, to: number) =>
      Stream.suspend(() => {
        const { info, record } = entry
        const start = Math.max(0, from)
        const end = Math.min(to, info.type === "file" ? info.size : 0)
        if (start >= end) return Stream.empty
        const packs = packsOf(record, info)
        if (packs === undefined) {
          const lost = info.invalid && record.runs.length === 0
          return Stream.fail(broken(`${info.name} ${lost ? "was lost, and marked so" : "does not list its blocks"}`))
        }
        const file: OpenFile = { info, packs, opened: undefined }
        const last = Math.floor((end - 1) / info.blockSize)
        return Stream.paginate(Math.floor(start / info.blockSize), (first) =>
          Effect.gen(function*() {
            const chunk: Array<Uint8Array> = []
            let index = first
            for (let bytes = 0; index <= last && bytes < step; index++) {
              const hash = FileInfo.blockHash(info, index)
              const cached = blocks.readCachedUnsafe(packs[index]!, hash)
              // What is at hand is given before anything is waited for.
              if (cached === undefined && chunk.length > 0) break
              const block = cached ?? (yield* blocks.read(packs[index]!, hash))
              if (block.length !== BlockSize.sizeAt(info.size, info.blockSize, index)) {
                return yield* broken(`block ${index} of ${info.name} has another length`)
              }
              const at = index * info.blockSize
              chunk.push(block.subarray(Math.max(0, start - at), Math.min(block.length, end - at)))
              bytes += block.length
            }
            yield* openNext(file, index, last)
            return [chunk, index > last ? Option.none() : Option.some(index)] as const
          }))
      })

    /** Opens the pack after this one while there is still something to send from this one. */
    const openNext = (file: OpenFile, index: number, last: number): Effect.Effect<void> => {
      const here = file.packs[index - 1]
      const ahead = Math.min(last, index + Math.ceil(opensAhead / file.info.blockSize))
      let next = index
      while (next < ahead && file.packs[next] === here) next++
      const pack = file.packs[next]
      if (pack === undefined || pack === here || pack === file.opened) return Effect.void
      file.opened = pack
      return blocks.read(pack, FileInfo.blockHash(file.info, next)).pipe(
        // Whoever needs the block meets the error again.
        Effect.exit,
        Effect.forkIn(scope),
        Effect.asVoid
      )
    }

    return SnapshotReader.of({
      stat: (checkpoint, path) => unlessGone(checkpoint, path, stat(checkpoint, path)),
      list: (checkpoint, directory) => unlessGone(checkpoint, directory, list(checkpoint, directory)),
      content
    })
  })
)

interface OpenFile {
  readonly info: FileInfo.FileInfo
  /** The pack of each block. */
  readonly packs: ReadonlyArray<string>
  /** The last pack that was opened ahead. */
  opened: string | undefined
}

/** The pack of each block; undefined if the record and its entry do not agree on how many there are. */
const packsOf = (record: FileRecord, info: FileInfo.FileInfo): ReadonlyArray<string> | undefined => {
  const count = BlockSize.count(info.size, info.blockSize)
  let listed = 0
  for (const run of record.runs) listed += run.count
  if (listed !== count || info.hashes.length !== count * 32) return undefined
  return record.runs.flatMap((run) => Array.from({ length: run.count }, () => run.pack))
}

/** An entry that says what cannot be. */
const broken = (reason: string): RepositoryCorrupt => new RepositoryCorrupt({ key: "segment", reason })

const isCorrupt = (error: unknown): error is RepositoryCorrupt => error instanceof RepositoryCorrupt

/** What was damaged on the way is whole the second time. */
const twice = <A>(read: Effect.Effect<A, RepositoryError>): Effect.Effect<A, RepositoryError> =>
  Effect.catchTag(read, "RepositoryCorrupt", () => read)

const costOf = (footer: Footer.Footer): number => {
  let bytes = 1024 + footer.packs.length * 200
  for (const page of footer.pages) bytes += 200 + (page.parent.length + page.base.length) * 2
  return bytes
}

const nothing = new Uint8Array(0)

/** The root is nobody's entry. */
const root: SnapshotEntry = {
  info: {
    name: "",
    type: "directory",
    size: 0,
    permissions: 0o755,
    noPermissions: true,
    modifiedS: 0,
    modifiedNs: 0,
    modifiedBy: 0n,
    deleted: false,
    invalid: false,
    version: [],
    sequence: 0,
    blockSize: BlockSize.minimum,
    hashes: nothing,
    symlinkTarget: nothing,
    raw: nothing
  },
  record: { name: "", sequence: 0, info: nothing, runs: [] }
}
