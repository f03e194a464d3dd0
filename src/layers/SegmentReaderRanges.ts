/** Reads segments by ranges of pages: few requests, one or two ranges in memory, whatever the segment's size. */
import { Effect, Layer, Result, Stream } from "effect"
import { ByteLru } from "../domain/ByteLru.ts"
import { pageRuns } from "../domain/replica/PageRuns.ts"
import { beginning, type EnvelopeError, explained } from "../domain/repository/Envelope.ts"
import * as Footer from "../domain/repository/Footer.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Segment from "../domain/repository/Segment.ts"
import type { PackRef, SegmentRef } from "../domain/repository/State.ts"
import * as Trailer from "../domain/repository/Trailer.ts"
import { ObjectStore } from "../services/ObjectStore.ts"
import { Repository, RepositoryCorrupt, RepositoryNewer, unreadable } from "../services/Repository.ts"
import { SegmentReader } from "../services/SegmentReader.ts"

/** About the bytes of memory that footers may take. */
const mostFooters = 16 * 1024 * 1024
/** Bytes of a range at least: about sixteen pages. */
const leastRange = 1024 * 1024

type Decode<Row> = (
  footer: Footer.Footer,
  index: number,
  bytes: Uint8Array
) => Result.Result<ReadonlyArray<Row>, EnvelopeError>

export const layer: Layer.Layer<SegmentReader, never, Repository | ObjectStore> = Layer.effect(
  SegmentReader,
  Effect.gen(function*() {
    const { sealing } = yield* Repository
    const objects = yield* ObjectStore
    const footers = new ByteLru<string, Footer.Footer>(mostFooters)

    const range = (key: string, start: number, end: number) =>
      objects.get(key, { start, end }).pipe(
        Effect.catchTags({
          ObjectNotFound: () => Effect.fail(new RepositoryCorrupt({ key, reason: "it is missing" })),
          ObjectUnreadable: unreadable
        })
      )
    const opened = <A>(key: string, result: Result.Result<A, EnvelopeError>) =>
      Result.isSuccess(result)
        ? Effect.succeed(result.success)
        : Effect.fail(
          result.failure.kind === "newer"
            ? new RepositoryNewer({ location: objects.location, what: `${key}: ${result.failure.reason}` })
            : new RepositoryCorrupt({ key, reason: result.failure.reason })
        )

    /** What an object's end says, or why it says nothing. */
    const ended = <A>(key: string, result: Result.Result<A, EnvelopeError>) =>
      Result.isSuccess(result)
        ? Effect.succeed(result.success)
        : Effect.flatMap(
          range(key, 0, beginning),
          (bytes) => opened<A>(key, Result.fail(explained(key, result.failure, bytes)))
        )

    const footerOf = Effect.fnUntraced(function*(key: string, ref: SegmentRef) {
      const end = yield* range(key, ref.size - ref.footerLength, ref.size)
      const footer = yield* ended(key, Footer.parse(sealing, ref.id, ref.size, end))
      if (Buffer.compare(footer.digest, ref.digest) === 0) return footer
      return yield* new RepositoryCorrupt({ key, reason: "it is not the segment its commit names" })
    })

    const footer = Effect.fnUntraced(function*(ref: SegmentRef) {
      const known = footers.get(ref.id)
      if (known !== undefined) return known
      const read = yield* footerOf(ObjectKey.segment(ref.id), ref)
      footers.set(ref.id, read, read.packs.length * 160 + read.pages.length * 200 + 500)
      return read
    })

    const rows = <Row>(decode: Decode<Row>) => (ref: SegmentRef, atOnce?: number) => {
      const key = ObjectKey.segment(ref.id)
      const bytes = atOnce ?? Math.max(leastRange, objects.readAhead)
      return Stream.unwrap(
        Effect.map(
          footer(ref),
          (footer) =>
            Stream.fromIterable(pageRuns(footer.pages, bytes)).pipe(
              Stream.mapEffect((run) => Effect.map(range(key, run.from, run.to), (bytes) => ({ run, bytes })), {
                concurrency: atOnce === undefined ? 2 : 1
              }),
              Stream.flatMap(({ bytes, run }) =>
                Stream.range(run.first, run.end - 1).pipe(
                  Stream.mapEffect((index) => {
                    const { start, stored } = footer.pages[index]!
                    const page = bytes.subarray(start - run.from, start - run.from + stored)
                    return opened(key, decode(footer, index, page))
                  })
                )
              )
            )
        )
      )
    }

    return SegmentReader.of({
      footer,
      records: rows(Segment.decodePage),
      packs: rows(Segment.decodePackPage),
      contents: Effect.fnUntraced(function*(ref: PackRef) {
        const key = ObjectKey.pack(ref.id)
        const end = yield* range(key, ref.size - ref.trailerLength, ref.size)
        return (yield* ended(key, Trailer.parse(sealing, ref.id, ref.size, end))).contents
      })
    })
  })
)
