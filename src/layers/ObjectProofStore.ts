/**
 * Proofs by ranges: a few megabytes in memory for each object, whatever its size. Only what could not be reached, or is newer
 * than this program, fails; what does not prove is an answer.
 */
import { Effect, Layer, Result, Stream } from "effect"
import { pageRuns } from "../domain/replica/PageRuns.ts"
import { beginning, type EnvelopeError, explained, headerLength, openHeader } from "../domain/repository/Envelope.ts"
import * as Footer from "../domain/repository/Footer.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Pack from "../domain/repository/Pack.ts"
import type { FileRecord } from "../domain/repository/Record.ts"
import type { PackRef, SegmentRef } from "../domain/repository/Refs.ts"
import * as Segment from "../domain/repository/Segment.ts"
import { SegmentProof } from "../domain/repository/SegmentProof.ts"
import * as Trailer from "../domain/repository/Trailer.ts"
import { ObjectProof, type PackData, type Proved } from "../services/ObjectProof.ts"
import { ObjectStore, ObjectUnreadable } from "../services/ObjectStore.ts"
import { Repository, type RepositoryError, RepositoryNewer, unreadable } from "../services/Repository.ts"

/** Bytes of one range at least, of a segment and of a pack. */
const leastPages = 1024 * 1024
const leastFrames = 4 * 1024 * 1024
/** More than any trailer has. */
const longestTrailer = 2 * 1024 * 1024

const gone = { _tag: "Gone" } as const
const bad = (reason: string) => ({ _tag: "Bad", reason }) as const
const good = <A>(value: A) => ({ _tag: "Good", value }) as const

export const layer: Layer.Layer<ObjectProof, never, ObjectStore | Repository> = Layer.effect(
  ObjectProof,
  Effect.gen(function*() {
    const store = yield* ObjectStore
    const { sealing } = yield* Repository

    const range = (key: string, start: number, end: number) =>
      Effect.catchTag(store.get(key, { start, end }), "ObjectNotFound", () => Effect.undefined)

    /** What the object's end says; what is newer than this program is not bad, and nobody may mend it. */
    const proved = Effect.fnUntraced(function*<A>(
      key: string,
      result: Result.Result<A, EnvelopeError>
    ): Effect.fn.Return<Proved<A>, Unproved> {
      if (Result.isSuccess(result)) return good(result.success)
      const why = Effect.map(range(key, 0, beginning), (bytes) => explained(key, result.failure, bytes))
      const { kind, reason } = yield* why
      // What is damaged on the way does not say the same again.
      if (kind !== "newer" || (yield* why).reason !== reason) return bad(result.failure.reason)
      return yield* new RepositoryNewer({ location: store.location, what: `${key}: ${reason}` })
    })

    /** Once more if it is bad: it may have been damaged on the way. What cannot be read is bad, and was tried twice. */
    const twice = <A, E>(attempt: Effect.Effect<Proved<A>, E | ObjectUnreadable>): Effect.Effect<Proved<A>, E> =>
      Effect.flatMap(attempt, (first) => first._tag === "Bad" ? attempt : Effect.succeed(first)).pipe(
        Effect.catchIf(isUnreadable, (error) => Effect.succeed(bad(unreadable(error).reason)))
      )

    const trailerOf = Effect.fnUntraced(function*(ref: PackRef): Effect.fn.Return<Proved<Trailer.Trailer>, Unproved> {
      const end = yield* range(ObjectKey.pack(ref.id), ref.size - ref.trailerLength, ref.size)
      if (end === undefined) return gone
      const parsed = yield* proved(ObjectKey.pack(ref.id), Trailer.parse(sealing, ref.id, ref.size, end))
      if (parsed._tag !== "Good") return parsed
      const { blocks, bytes, trailerLength } = parsed.value.ref
      const same = blocks === ref.blocks && bytes === ref.bytes && trailerLength === ref.trailerLength
      return same ? parsed : bad("it is not the pack its commit names")
    })

    const endingOf = Effect.fnUntraced(
      function*(id: string, size: number): Effect.fn.Return<Proved<Trailer.Trailer>, Unproved> {
        const end = yield* range(ObjectKey.pack(id), Math.max(0, size - longestTrailer), size)
        return end === undefined ? gone : yield* proved(ObjectKey.pack(id), Trailer.parse(sealing, id, size, end))
      }
    )

    const data = Effect.fn("ObjectProof.data")(function*(
      trailer: Trailer.Trailer,
      each: (bytes: number) => void
    ): Effect.fn.Return<Proved<PackData>, Failure> {
      const key = ObjectKey.pack(trailer.pack)
      const head = headerLength(sealing, key)
      const least = Math.max(leastFrames, store.readAhead)
      const wrong = new Set<number>()
      let reason: string | undefined
      let unread: string | undefined
      let first = 0
      while (first < trailer.frames.length) {
        const from = first === 0 ? 0 : trailer.frames[first]!.start
        let end = first + 1
        let to = trailer.frames[first]!.start + trailer.frames[first]!.stored
        for (; end < trailer.frames.length && to - from < least; end++) to += trailer.frames[end]!.stored
        const frames = Array.from({ length: end - first }, (_, at) => first + at)
        /** The range; if a part of it cannot be read, with nothing in that frame's place. */
        const read = range(key, from, to).pipe(
          Effect.catchTag("ObjectUnreadable", (error) => {
            unread = unreadable(error).reason
            return piecewise(key, from, to, [
              ...(first === 0 ? [{ start: 0, stored: head }] : []),
              ...frames.map((index) => trailer.frames[index]!)
            ])
          })
        )
        /** What is wrong with these frames, as they lie in bytes that begin at `from`. */
        const prove = Effect.fnUntraced(function*(bytes: Uint8Array, indexes: ReadonlyArray<number>) {
          const found = new Set<number>()
          for (const index of indexes) {
            const { start, stored } = trailer.frames[index]!
            for (const block of Pack.badBlocks(trailer, index, bytes.subarray(start - from, start - from + stored))) {
              found.add(block)
            }
            yield* Effect.yieldNow
          }
          return found
        })
        const bytes = yield* read
        if (bytes === undefined) return gone
        let found = yield* prove(bytes, frames)
        let header = first === 0 ? headerProblem(key, bytes.subarray(0, head), trailer) : undefined
        if (found.size > 0 || header !== undefined) {
          const again = yield* read
          if (again === undefined) return gone
          found = yield* prove(again, frames)
          header = first === 0 ? headerProblem(key, again.subarray(0, head), trailer) : undefined
        }
        reason ??= header ?? (found.size > 0 ? unread ?? "blocks do not have their hash" : undefined)
        for (const block of found) wrong.add(block)
        each(to - from)
        first = end
      }
      return good(reason === undefined ? { bad: wrong } : { bad: wrong, reason })
    })

    /** Bytes `[from, to)` by the pieces they are made of; what cannot be read of them is zero. */
    const piecewise = Effect.fnUntraced(function*(
      key: string,
      from: number,
      to: number,
      pieces: ReadonlyArray<{ readonly start: number; readonly stored: number }>
    ) {
      const bytes = new Uint8Array(to - from)
      for (const { start, stored } of pieces) {
        const piece = yield* Effect.catchTag(
          range(key, start, start + stored),
          "ObjectUnreadable",
          () => Effect.succeed(new Uint8Array(0))
        )
        if (piece === undefined) return undefined
        bytes.set(piece, start - from)
      }
      return bytes
    })

    const headerProblem = (key: string, bytes: Uint8Array, { parts }: Pick<Trailer.Trailer, "parts">) => {
      const header = openHeader(sealing, key, bytes)
      if (Result.isFailure(header)) return header.failure.reason
      return Buffer.compare(header.success.header, parts.header) === 0
        ? undefined
        : "its header and its tail have different salts"
    }

    const footerOf = Effect.fnUntraced(function*(ref: SegmentRef): Effect.fn.Return<Proved<Footer.Footer>, Unproved> {
      const key = ObjectKey.segment(ref.id)
      const end = yield* range(key, ref.size - ref.footerLength, ref.size)
      if (end === undefined) return gone
      const parsed = yield* proved(key, Footer.parse(sealing, ref.id, ref.size, end))
      if (parsed._tag !== "Good") return parsed
      return isNamed(ref, parsed.value) ? parsed : bad("it is not the segment its commit names")
    })

    const segmentOf = Effect.fnUntraced(function*(
      ref: SegmentRef,
      begin: () => (records: ReadonlyArray<FileRecord>) => void
    ): Effect.fn.Return<Proved<Footer.Footer>, Unproved> {
      const key = ObjectKey.segment(ref.id)
      const parsed = yield* footerOf(ref)
      if (parsed._tag !== "Good") return parsed
      const footer = parsed.value
      const head = yield* range(key, 0, headerLength(sealing, key))
      if (head === undefined) return gone
      const header = headerProblem(key, head, footer)
      if (header !== undefined) return bad(header)
      const proof = new SegmentProof(footer)
      const each = begin()
      const page = (index: number, bytes: Uint8Array): string | undefined => {
        if (footer.table === "packs") {
          const rows = Segment.decodePackPage(footer, index, bytes)
          return Result.isFailure(rows) ? rows.failure.reason : proof.packs(rows.success)
        }
        const rows = Segment.decodePage(footer, index, bytes)
        if (Result.isFailure(rows)) return rows.failure.reason
        const problem = proof.files(rows.success)
        if (problem === undefined) each(rows.success)
        return problem
      }
      const run = Effect.fnUntraced(function*(run: ReturnType<typeof pageRuns>[number], bytes: Uint8Array | undefined) {
        if (bytes === undefined) return gone
        for (let index = run.first; index < run.end; index++) {
          const { start, stored } = footer.pages[index]!
          const problem = page(index, bytes.subarray(start - run.from, start - run.from + stored))
          if (problem !== undefined) return bad(problem)
          yield* Effect.yieldNow
        }
        return undefined
      })
      const failed = yield* Stream.fromIterable(pageRuns(footer.pages, Math.max(leastPages, store.readAhead))).pipe(
        Stream.mapEffect((one) => Effect.map(range(key, one.from, one.to), (bytes) => ({ one, bytes })), {
          concurrency: 2
        }),
        Stream.mapEffect(({ bytes, one }) => run(one, bytes)),
        Stream.filter((problem) => problem !== undefined),
        Stream.take(1),
        Stream.runCollect
      )
      if (failed[0] !== undefined) return failed[0]
      const problem = proof.finish()
      return problem === undefined ? parsed : bad(problem)
    })

    const remains = Effect.fn("ObjectProof.remains")(function*(ref: SegmentRef) {
      const found: Array<FileRecord> = []
      const parsed = yield* twice(footerOf(ref))
      if (parsed._tag !== "Good") return found
      const key = ObjectKey.segment(ref.id)
      const footer = parsed.value
      for (const [index, { start, stored }] of footer.pages.entries()) {
        const read = Effect.map(range(key, start, start + stored), (bytes) => {
          if (bytes === undefined) return gone
          const rows = Segment.decodePage(footer, index, bytes)
          return Result.isSuccess(rows) ? good(rows.success) : bad(rows.failure.reason)
        })
        const page = yield* twice(read)
        if (page._tag === "Good") { for (const record of page.value) found.push(record) }
      }
      return found
    })

    return ObjectProof.of({
      remains,
      trailer: (ref) => twice(trailerOf(ref)),
      ending: (id, size) => twice(endingOf(id, size)),
      data,
      segment: Effect.fn("ObjectProof.segment")((ref, begin) => twice(segmentOf(ref, begin)))
    })
  })
)

type Failure = RepositoryError
type Unproved = Failure | ObjectUnreadable

const isUnreadable = (error: unknown): error is ObjectUnreadable => error instanceof ObjectUnreadable

const isNamed = (ref: SegmentRef, footer: Footer.Footer): boolean => {
  const { digest, ...stated } = Footer.refOf(footer)
  return Buffer.compare(digest, ref.digest) === 0 && stated.table === ref.table && stated.folder === ref.folder &&
    stated.records === ref.records && stated.minSequence === ref.minSequence &&
    stated.maxSequence === ref.maxSequence && stated.footerLength === ref.footerLength
}
