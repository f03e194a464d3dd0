/**
 * Blocks out of packs, by ranges of neighbouring frames: each is fetched once for all who wait for it, kept while there is
 * room, and the next one is fetched ahead of a sequential reader. No block leaves here unless it has its hash. Of a pack
 * that was replaced the blocks are looked for, by hash, in the packs that took its place.
 * Memory is filled again and again: what is lent must not be looked at later.
 */
import { Cause, Effect, Exit, FiberSet, Latch, Layer, Option, Result, Semaphore } from "effect"
import { BufferPool } from "../domain/BufferPool.ts"
import { BlockSearch } from "../domain/repository/BlockSearch.ts"
import { beginning, type EnvelopeError, explained } from "../domain/repository/Envelope.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Pack from "../domain/repository/Pack.ts"
import * as PackCache from "../domain/repository/PackCache.ts"
import * as PackWindows from "../domain/repository/PackWindows.ts"
import * as Trailer from "../domain/repository/Trailer.ts"
import { type BlockError, BlockMissing, BlockReader } from "../services/BlockReader.ts"
import { type ObjectNotFound, ObjectStore } from "../services/ObjectStore.ts"
import * as PackLookup from "../services/PackLookup.ts"
import {
  Repository,
  RepositoryCorrupt,
  type RepositoryError,
  RepositoryNewer,
  unreadable
} from "../services/Repository.ts"

const mebibyte = 1024 * 1024
const limits: PackCache.Limits = { chunks: 64 * mebibyte, trailers: 32 * mebibyte, coming: 16 * mebibyte }
/** Bytes of buffers that wait to be filled. */
const spareBuffers = 8 * mebibyte
/** Bytes decoded or handed out between two chances for other fibers. */
const slice = 2 * mebibyte

/** SHA-256 of no bytes: the block of an empty file, which lies in no pack. */
const emptyHash = Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex")
const empty = new Uint8Array(0)

/** One block that is to be found. */
class Asked extends BlockSearch<BlockError> {
  readonly hash: Uint8Array
  /** The answer is looked at after the call. */
  readonly keeps: boolean
  /** Called once. */
  readonly answer: (exit: Exit.Exit<Uint8Array, BlockError>) => void

  constructor(pack: string, hash: Uint8Array, keeps: boolean, answer: Asked["answer"]) {
    super(pack)
    this.hash = hash
    this.keeps = keeps
    this.answer = answer
  }
}

type Extent = PackCache.Extent<Asked>

export const layer: Layer.Layer<BlockReader, never, ObjectStore | Repository> = Layer.effect(
  BlockReader,
  Effect.gen(function*() {
    const store = yield* ObjectStore
    const repository = yield* Repository
    const run = yield* FiberSet.makeRuntime<never>()
    const policy = PackWindows.policyOf(store.readAhead)
    const permits = yield* Semaphore.make(policy.gets)
    const pool = new BufferPool(spareBuffers)
    const cache = new PackCache.PackCache<Asked>(policy, limits, pool)
    const lookup = yield* PackLookup.make(repository)
    const opening = new Map<string, Array<Asked>>()
    /** Who waits until the log was read again for a pack that the store does not have. */
    const doubted = new Map<string, Array<Asked>>()
    const wake = Latch.makeUnsafe()
    /** Whether the store puts bytes where it is told to. */
    let fills = true

    const get = (id: string, start: number, end: number, into?: Uint8Array) =>
      permits.withPermit(store.get(ObjectKey.pack(id), { start, end }, into)).pipe(
        Effect.catchTag("ObjectUnreadable", unreadable)
      )

    const failed = (pack: string, error: EnvelopeError): RepositoryError =>
      error.kind === "newer"
        ? new RepositoryNewer({ location: store.location, what: `${ObjectKey.pack(pack)}: ${error.reason}` })
        : new RepositoryCorrupt({ key: ObjectKey.pack(pack), reason: error.reason })

    /** Answers at once what lies in memory; who asks for something else is answered when that has come. */
    const ask = (asked: Asked): void => {
      if (isEmpty(asked.hash)) return asked.answer(Exit.succeed(empty))
      const pack = cache.pack(asked.pack)
      if (pack === undefined) {
        const moved = lookup.movedTo(asked.pack)
        if (moved === undefined) return open(asked)
        asked.moved(moved)
        return elsewhere(asked)
      }
      const place = pack.trailer.find(asked.hash)
      if (place === undefined) return elsewhere(asked)
      if (cache.follow(pack, place.frame)) wake.openUnsafe()
      const held = cache.at(pack, place.frame)
      if (held?._tag === "Extent") deliver(held, place, asked)
      else if (cache.want(pack, place.frame, asked)) wake.openUnsafe()
    }

    /** It is not in this pack: one of the others may hold it. */
    const elsewhere = (asked: Asked): void => {
      if (!asked.next()) return asked.answer(Exit.fail(asked.failure ?? missing(asked)))
      ask(asked)
    }

    /** This pack should hold it, and does not give it: another in the same place may hold it too. */
    const giveUp = (asked: Asked, error: BlockError): void => {
      asked.givenUp(error)
      if (asked.goesOn) run(Effect.logWarning("a block is looked for in another pack", error.message))
      elsewhere(asked)
    }

    const deliver = (extent: Extent, place: Trailer.Place, asked: Asked): void => {
      const block = blockOf(extent, place, asked.hash)
      if (Result.isSuccess(block)) {
        if (asked.keeps) extent.shown = true
        // Whoever is answered may ask for more, and that may put this out.
        extent.lent++
        asked.answer(Exit.succeed(block.success))
        extent.lent--
        return
      }
      cache.forget(extent)
      refuse(asked, failed(asked.pack, block.failure))
    }

    /** What went wrong with it is tried again if that may help, else it is the answer. */
    const refuse = (asked: Asked, error: BlockError | ObjectNotFound): void => {
      switch (asked.failed(error, lookup.movedTo(asked.pack) !== undefined)) {
        case "Ask":
          return ask(asked)
        case "Moved":
          for (const each of [asked, ...cache.close(asked.pack)]) ask(each)
          return
        case "Doubt":
          return doubt(asked.pack, [asked])
        case "GiveUp":
          return giveUp(asked, told(asked, error))
        case "Answer":
          return asked.answer(Exit.fail(told(asked, error)))
      }
    }

    /** Reads the log again, and tries the pack once more, once for all who ask for it meanwhile. */
    const doubt = (id: string, waiting: ReadonlyArray<Asked>): void => {
      const others = doubted.get(id)
      const left = cache.close(id)
      if (others !== undefined) return void others.push(...waiting, ...left)
      const all = [...waiting, ...left]
      doubted.set(id, all)
      run(
        lookup.refresh.pipe(
          Effect.andThen(openOnce(id, true)),
          Effect.exit,
          Effect.flatMap(Effect.fnUntraced(function*(exit) {
            doubted.delete(id)
            for (const asked of all) asked.doubted()
            yield* answerAll(all, exit)
          }))
        )
      )
    }

    const answerAll = Effect.fnUntraced(function*(
      waiting: ReadonlyArray<Asked>,
      exit: Exit.Exit<void, BlockError | ObjectNotFound>
    ) {
      if (Exit.isFailure(exit)) return refuseAll(waiting, exit.cause)
      for (const [at, asked] of waiting.entries()) {
        ask(asked)
        if (at % 64 === 63) yield* Effect.yieldNow
      }
    })

    const refuseAll = (waiting: ReadonlyArray<Asked>, cause: Cause.Cause<BlockError | ObjectNotFound>): void => {
      const error = Option.getOrUndefined(Cause.findErrorOption(cause))
      for (const asked of waiting) {
        if (error === undefined) asked.answer(Exit.failCause(cause as Cause.Cause<never>))
        else refuse(asked, error._tag === "BlockMissing" ? missing(asked) : error)
      }
    }

    /** Opens its pack, once for all who ask for it meanwhile. */
    const open = (asked: Asked): void => {
      const others = doubted.get(asked.pack) ?? opening.get(asked.pack)
      if (others !== undefined) return void others.push(asked)
      const waiting = [asked]
      opening.set(asked.pack, waiting)
      run(
        openOnce(asked.pack, false).pipe(
          Effect.exit,
          Effect.flatMap((exit) => {
            opening.delete(asked.pack)
            return answerAll(waiting, exit)
          })
        )
      )
    }

    /** One request: the trailer, and of a small pack everything. `again`: the log was read just before, for its sake. */
    const openOnce = Effect.fn("BlockReader.open")(function*(id: string, again: boolean) {
      const found = yield* lookup.find(id, again)
      if (found === undefined) return
      const { position, ref } = found
      const start = ref.size <= policy.window ? 0 : ref.size - ref.trailerLength
      const bytes = yield* get(id, start, ref.size).pipe(
        Effect.tapErrorTag("ObjectNotFound", () => Effect.sync(() => again ? lookup.remember(id, position) : undefined))
      )
      const trailer = Trailer.parse(repository.sealing, id, ref.size, bytes)
      if (Result.isFailure(trailer)) {
        const key = ObjectKey.pack(id)
        const head = yield* get(id, 0, beginning)
        return yield* failed(id, explained(key, trailer.failure, head))
      }
      const pack = cache.opened(id, trailer.success)
      if (start > 0) return
      const whole = { pack, first: 0, end: pack.chunks.length }
      cache.keep(whole, yield* decode(whole, 0, bytes), undefined, bytes.length + PackWindows.decodedBytes(whole))
    })

    const decode = Effect.fnUntraced(function*(
      chunks: PackWindows.Stretch,
      start: number,
      bytes: Uint8Array
    ) {
      const { trailer } = chunks.pack
      const frames: Array<Result.Result<Uint8Array, EnvelopeError>> = []
      let work = 0
      const [from, to] = PackWindows.framesOf(chunks)
      for (let frame = from; frame < to; frame++) {
        frames.push(PackWindows.decodeFrame(trailer, start, bytes, frame))
        if (!PackWindows.isView(trailer, frame)) work += trailer.frames[frame]!.raw
        if (work < slice) continue
        work = 0
        yield* Effect.yieldNow
      }
      return frames
    })

    const fetch = Effect.fn("BlockReader.fetch")(function*(fetch: PackCache.Fetch<Asked>) {
      const { pack, start, stop } = fetch
      yield* Effect.annotateCurrentSpan({ pack: pack.id, bytes: stop - start })
      const into = fills ? pool.take(stop - start) : undefined
      const got = yield* Effect.exit(get(pack.id, start, stop, into))
      // Whatever is still on its way lands in a buffer that nobody uses: it is not given back.
      if (Exit.isFailure(got)) return refuseAll(cache.failed(fetch), got.cause)
      const bytes = got.value
      const filled = into !== undefined && bytes.buffer === into.buffer
      if (!filled) fills = false
      const frames = yield* decode(fetch, start, bytes)
      const views = PackWindows.hasViews(fetch)
      if (into !== undefined && !(filled && views)) pool.give(into)
      const { extent, waiting } = cache.arrived(
        fetch,
        frames,
        filled && views ? into : undefined,
        (views ? filled ? into.length : bytes.length : 0) + PackWindows.decodedBytes(fetch)
      )
      extent.lent++
      let work = 0
      for (const asked of waiting) {
        const place = pack.trailer.find(asked.hash)!
        deliver(extent, place, asked)
        work += place.length
        if (work < slice) continue
        work = 0
        yield* Effect.yieldNow
      }
      extent.lent--
    })

    const fetching = Effect.gen(function*() {
      while (true) {
        wake.closeUnsafe()
        const next = cache.fetch()
        if (next === undefined) yield* wake.await
        else {
          yield* Effect.catchCauseIf(fetch(next), (cause) => !Cause.hasInterruptsOnly(cause), (cause) => {
            // A bug, or a store's: those who wait must hear of it, and others can still be served.
            refuseAll(cache.failed(next), cause)
            return Effect.logError("cannot read a pack").pipe(Effect.annotateLogs({ error: Cause.pretty(cause) }))
          })
          // Less is on its way: there may be room for what had to wait.
          wake.openUnsafe()
        }
      }
    })
    for (let i = 0; i < policy.gets; i++) yield* Effect.forkScoped(fetching)

    return BlockReader.of({
      read: (pack, hash) => Effect.callback((resume) => ask(new Asked(pack, hash, true, resume))),
      readCachedUnsafe: (id, hash) => {
        if (isEmpty(hash)) return empty
        let pack = cache.pack(id)
        let place = pack?.trailer.find(hash)
        if (pack === undefined) {
          for (const other of lookup.movedTo(id) ?? []) {
            pack = cache.pack(other)
            place = pack?.trailer.find(hash)
            if (place !== undefined) break
          }
        }
        if (pack === undefined || place === undefined) return undefined
        const held = cache.at(pack, place.frame)
        if (held?._tag !== "Extent") return undefined
        const block = blockOf(held, place, hash)
        if (Result.isFailure(block)) return undefined
        held.shown = true
        if (cache.follow(pack, place.frame)) wake.openUnsafe()
        return block.success
      },
      lendUnsafe: (pack, hash, answer) => ask(new Asked(pack, hash, false, answer))
    })
  })
)

const blockOf = (extent: Extent, place: Trailer.Place, hash: Uint8Array): Result.Result<Uint8Array, EnvelopeError> => {
  const frame = extent.frames[place.frame - extent.pack.chunks[extent.first]!.first]!
  return Result.isFailure(frame) ? frame : Pack.blockOf(frame.success, place, hash)
}

const missing = ({ hash, named }: Asked): BlockMissing => new BlockMissing({ pack: named, hash: hexOf(hash) })

/** The failure as who asked is told it. */
const told = (asked: Asked, error: BlockError | ObjectNotFound): BlockError =>
  error._tag === "ObjectNotFound" ? missing(asked) : error

const isEmpty = (hash: Uint8Array): boolean => hash[0] === emptyHash[0] && Buffer.compare(hash, emptyHash) === 0

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
