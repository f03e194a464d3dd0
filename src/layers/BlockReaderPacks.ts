/**
 * Blocks out of packs, by ranges of neighbouring frames: each is fetched once for all who wait for it, kept while there is
 * room, and the next one is fetched ahead of a sequential reader. No block leaves here unless it has its hash. Of a pack
 * that was replaced the blocks are looked for, by hash, in the packs that took its place.
 * Memory is filled again and again: what is lent must not be looked at later.
 */
import { Cause, Clock, Effect, Exit, FiberSet, Latch, Layer, Option, Result, Semaphore } from "effect"
import { BufferPool } from "../domain/BufferPool.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import { beginning, type EnvelopeError, explained } from "../domain/repository/Envelope.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Pack from "../domain/repository/Pack.ts"
import * as PackCache from "../domain/repository/PackCache.ts"
import * as PackWindows from "../domain/repository/PackWindows.ts"
import type { State } from "../domain/repository/State.ts"
import * as Trailer from "../domain/repository/Trailer.ts"
import { type BlockError, BlockMissing, BlockReader } from "../services/BlockReader.ts"
import { type ObjectNotFound, ObjectStore } from "../services/ObjectStore.ts"
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

/** Packs remembered to be gone. */
const mostGone = 4096
/** For at most so long, for a pack may be put back from a copy, which no commit tells. Milliseconds. */
const goneFor = 5 * 60_000

/** SHA-256 of no bytes: the block of an empty file, which lies in no pack. */
const emptyHash = Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex")
const empty = new Uint8Array(0)

/** One block that is to be found. */
interface Asked {
  /** What the record says. */
  readonly named: string
  /** Where it is looked for now, and after that. */
  pack: string
  others: ReadonlyArray<string>
  readonly hash: Uint8Array
  /** Called once. */
  readonly answer: (exit: Exit.Exit<Uint8Array, BlockError>) => void
  /** The answer is looked at after the call. */
  readonly keeps: boolean
  /** It was damaged once: on the way, perhaps. */
  damaged: boolean
  /** Its pack was gone once: by a log we had not read, perhaps. */
  gone: boolean
  /** It was looked for anew, from what the record says, since an older log had led astray. */
  again: boolean
  /** Why it could not be had from the first pack that should hold it: the answer, if no other has it. */
  failure: BlockError | undefined
}

const asking = (
  pack: string,
  hash: Uint8Array,
  keeps: boolean,
  answer: Asked["answer"]
): Asked => ({
  named: pack,
  pack,
  others: [],
  hash,
  answer,
  keeps,
  damaged: false,
  gone: false,
  again: false,
  failure: undefined
})

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
    const clock = yield* Clock.Clock
    const opening = new Map<string, Array<Asked>>()
    /** Who waits until the log was read again for a pack that the store does not have. */
    const doubted = new Map<string, Array<Asked>>()
    /** Packs that could not be read, by the log's position then, the longest known first. */
    const gone = new Map<string, { readonly position: number; readonly until: number }>()
    const wake = Latch.makeUnsafe()
    /** Whether the store puts bytes where it is told to. */
    let fills = true
    /** Of the newest state looked at: no older one is ever needed, since what was replaced stays so. */
    let redirects: State["redirects"] = new Map()

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
        const moved = redirects.get(asked.pack)
        if (moved === undefined) return open(asked)
        asked.others = [...moved, ...asked.others]
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
      const [next, ...others] = asked.others
      if (next === undefined) return asked.answer(Exit.fail(asked.failure ?? missing(asked)))
      asked.pack = next
      asked.others = others
      ask(asked)
    }

    /** This pack should hold it, and does not give it: another in the same place may hold it too. */
    const giveUp = (asked: Asked, error: BlockError): void => {
      asked.failure ??= error
      asked.damaged = false
      asked.gone = false
      if (asked.others.length > 0) {
        run(Effect.logWarning("a block is looked for in another pack", error.message))
      }
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
      if (error._tag === "RepositoryCorrupt" && !asked.damaged) {
        asked.damaged = true
        return ask(asked)
      }
      if (error._tag === "BlockMissing" && asked.pack !== asked.named && !asked.again) {
        // The pack that took another's place was replaced too, and forgotten: the log was read again for it.
        asked.again = true
        asked.pack = asked.named
        asked.others = []
        return ask(asked)
      }
      if (error._tag === "RepositoryCorrupt" || error._tag === "BlockMissing") return giveUp(asked, error)
      if (error._tag !== "ObjectNotFound") return asked.answer(Exit.fail(error))
      if (redirects.has(asked.pack)) {
        // Another who missed it has read the log meanwhile.
        for (const each of [asked, ...cache.close(asked.pack)]) ask(each)
        return
      }
      if (asked.gone) return giveUp(asked, missing(asked))
      asked.gone = true
      doubt(asked.pack, [asked])
    }

    /** Reads the log again, and tries the pack once more, once for all who ask for it meanwhile. */
    const doubt = (id: string, waiting: ReadonlyArray<Asked>): void => {
      const others = doubted.get(id)
      const left = cache.close(id)
      if (others !== undefined) return void others.push(...waiting, ...left)
      const all = [...waiting, ...left]
      doubted.set(id, all)
      run(
        refresh.pipe(
          Effect.andThen(openOnce(id, true)),
          Effect.exit,
          Effect.flatMap(Effect.fnUntraced(function*(exit) {
            doubted.delete(id)
            for (const asked of all) asked.gone = true
            yield* answerAll(all, exit)
          }))
        )
      )
    }

    let refreshes = 0
    let refreshed: Exit.Exit<State, RepositoryError> | undefined
    const refreshing = yield* Semaphore.make(1)
    /** One that began after it was asked for serves all who wait. */
    const refresh = Effect.suspend(() => {
      const before = refreshes
      return refreshing.withPermit(Effect.suspend(() => {
        if (refreshes > before && refreshed !== undefined) return refreshed
        refreshes++
        refreshed = undefined
        return Effect.tap(Effect.exit(repository.refresh), (exit) => Effect.sync(() => refreshed = exit)).pipe(
          Effect.flatten
        )
      }))
    })

    const remember = (id: string, position: number): void => {
      gone.delete(id)
      gone.set(id, { position, until: Monotonic.millis(clock) + goneFor })
      const [oldest] = gone.keys()
      if (gone.size > mostGone && oldest !== undefined) gone.delete(oldest)
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

    /**
     * What the log says of the pack; reads the log again before it gives up, unless that was done. Undefined if the pack was
     * replaced: `redirects` has it then.
     */
    const known = Effect.fnUntraced(function*(id: string, again: boolean) {
      const head = yield* repository.head
      redirects = head.redirects
      if (redirects.has(id)) return undefined
      const was = gone.get(id)
      const isGone = was !== undefined && was.position === head.position && Monotonic.millis(clock) < was.until
      const ref = isGone ? undefined : yield* repository.pack(id)
      if (ref !== undefined) return { ref, position: head.position }
      if (!isGone) {
        const newest = again ? head : yield* refresh
        const { position } = newest
        redirects = newest.redirects
        if (redirects.has(id)) return undefined
        const ref = yield* repository.pack(id)
        if (ref !== undefined) return { ref, position }
        remember(id, position)
      }
      return yield* new BlockMissing({ pack: id, hash: "" })
    })

    /** One request: the trailer, and of a small pack everything. `again`: the log was read just before, for its sake. */
    const openOnce = Effect.fn("BlockReader.open")(function*(id: string, again: boolean) {
      const found = yield* known(id, again)
      if (found === undefined) return
      const { position, ref } = found
      const start = ref.size <= policy.window ? 0 : ref.size - ref.trailerLength
      const bytes = yield* get(id, start, ref.size).pipe(
        Effect.tapErrorTag("ObjectNotFound", () => Effect.sync(() => again ? remember(id, position) : undefined))
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
      cache.keep(whole, yield* decode(whole, 0, bytes), undefined, bytes.length + decoded(whole))
    })

    const decode = Effect.fnUntraced(function*(
      { end, first, pack }: Pick<PackCache.Fetch<Asked>, "pack" | "first" | "end">,
      start: number,
      bytes: Uint8Array
    ) {
      const frames: Array<Result.Result<Uint8Array, EnvelopeError>> = []
      let work = 0
      const last = pack.chunks[end - 1]!.end
      for (let frame = pack.chunks[first]!.first; frame < last; frame++) {
        frames.push(PackWindows.decodeFrame(pack.trailer, start, bytes, frame))
        if (!PackWindows.isView(pack.trailer, frame)) work += pack.trailer.frames[frame]!.raw
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
      const views = viewed(fetch)
      if (into !== undefined && !(filled && views)) pool.give(into)
      const { extent, waiting } = cache.arrived(
        fetch,
        frames,
        filled && views ? into : undefined,
        (views ? filled ? into.length : bytes.length : 0) + decoded(fetch)
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
      read: (pack, hash) => Effect.callback((resume) => ask(asking(pack, hash, true, resume))),
      readCachedUnsafe: (id, hash) => {
        if (isEmpty(hash)) return empty
        let pack = cache.pack(id)
        let place = pack?.trailer.find(hash)
        if (pack === undefined) {
          for (const other of redirects.get(id) ?? []) {
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
      lendUnsafe: (pack, hash, answer) => ask(asking(pack, hash, false, answer))
    })
  })
)

const blockOf = (extent: Extent, place: Trailer.Place, hash: Uint8Array): Result.Result<Uint8Array, EnvelopeError> => {
  const frame = extent.frames[place.frame - extent.pack.chunks[extent.first]!.first]!
  return Result.isFailure(frame) ? frame : Pack.blockOf(frame.success, place, hash)
}

type Chunks = Pick<PackCache.Fetch<Asked>, "pack" | "first" | "end">

const framesOf = ({ end, first, pack }: Chunks): ReadonlyArray<number> => {
  const from = pack.chunks[first]!.first
  return Array.from({ length: pack.chunks[end - 1]!.end - from }, (_, i) => from + i)
}

/** Whether decoded frames are views of what was stored. */
const viewed = (chunks: Chunks): boolean =>
  framesOf(chunks).some((frame) => PackWindows.isView(chunks.pack.trailer, frame))

/** Bytes of the decoded frames that are not. */
const decoded = (chunks: Chunks): number => {
  const { trailer } = chunks.pack
  let bytes = 0
  for (const frame of framesOf(chunks)) if (!PackWindows.isView(trailer, frame)) bytes += trailer.frames[frame]!.raw
  return bytes
}

const missing = ({ hash, named }: Asked): BlockMissing => new BlockMissing({ pack: named, hash: hexOf(hash) })

const isEmpty = (hash: Uint8Array): boolean => hash[0] === emptyHash[0] && Buffer.compare(hash, emptyHash) === 0

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
