/**
 * Blocks out of packs, by windows of neighbouring frames: each window is fetched once for all who wait for it, kept while
 * there is room, and the next one is fetched ahead of a sequential reader. No block leaves here unless it has its hash.
 */
import { Deferred, Effect, Exit, Layer, Queue, Result, Scope, Semaphore } from "effect"
import { ByteLru } from "../domain/ByteLru.ts"
import type { EnvelopeError } from "../domain/repository/Envelope.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Pack from "../domain/repository/Pack.ts"
import * as PackWindows from "../domain/repository/PackWindows.ts"
import * as Trailer from "../domain/repository/Trailer.ts"
import { BlockMissing, BlockReader } from "../services/BlockReader.ts"
import { type ObjectNotFound, ObjectStore, type StoreError } from "../services/ObjectStore.ts"
import { Repository, RepositoryCorrupt, type RepositoryError, RepositoryNewer } from "../services/Repository.ts"

const mebibyte = 1024 * 1024
const trailerBytes = 32 * mebibyte
const windowBytes = 64 * mebibyte
const largestWindow = 8 * mebibyte
const smallestWindow = mebibyte
/** Requests to the store at a time. */
const concurrency = 4
/** Windows that are fetched ahead of a sequential reader. */
const ahead = 2
/** Frames read in a row before a reader counts as sequential. */
const inARow = 2
/** Bytes decoded between two chances for other fibers. */
const slice = 2 * mebibyte

/** SHA-256 of no bytes: the block of an empty file, which lies in no pack. */
const emptyHash = Buffer.from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hex")
const empty = new Uint8Array(0)

type Frames = ReadonlyArray<Result.Result<Uint8Array, EnvelopeError>>

interface OpenPack extends PackWindows.PackWindows {
  readonly id: string
  /** Where the last reader was, to know a sequential one. */
  lastFrame: number
  streak: number
}

type Opening = Deferred.Deferred<OpenPack, BlockMissing | ObjectNotFound | RepositoryError>

interface CachedWindow {
  readonly ready: Deferred.Deferred<Frames, ObjectNotFound | StoreError>
  /** Set once ready. */
  frames: Frames | undefined
}

export const layer: Layer.Layer<BlockReader, never, ObjectStore | Repository> = Layer.effect(
  BlockReader,
  Effect.gen(function*() {
    const store = yield* ObjectStore
    const repository = yield* Repository
    const scope = yield* Scope.Scope
    const permits = yield* Semaphore.make(concurrency)
    const windowSize = Math.min(largestWindow, Math.max(smallestWindow, store.readAhead))
    const packs = new ByteLru<string, OpenPack>(trailerBytes)
    const opening = new Map<string, Opening>()
    const windows = new ByteLru<string, CachedWindow>(windowBytes)
    // The newest wishes only: a reader that moved on does not need the old ones.
    const wishes = yield* Queue.sliding<{ readonly pack: OpenPack; readonly index: number }>(concurrency)

    const failed = (key: string, error: EnvelopeError): RepositoryError =>
      error.kind === "newer"
        ? new RepositoryNewer({ location: store.location, what: `${key}: ${error.reason}` })
        : new RepositoryCorrupt({ key, reason: error.reason })

    /** What the log says of the pack; reads the log again before it gives up. */
    const known = Effect.fnUntraced(function*(id: string, hash: string) {
      const ref = yield* repository.pack(id)
      if (ref !== undefined) return ref
      yield* repository.refresh
      return (yield* repository.pack(id)) ?? (yield* new BlockMissing({ pack: id, hash }))
    })

    /** One request: the trailer, and of a small pack everything. */
    const openOnce = Effect.fn("BlockReader.open")(function*(id: string, hash: string) {
      const ref = yield* known(id, hash)
      const key = ObjectKey.pack(id)
      const start = ref.size <= windowSize ? 0 : ref.size - ref.trailerLength
      const bytes = yield* permits.withPermit(store.get(key, { start, end: ref.size }))
      const trailer = Trailer.parse(repository.sealing, id, ref.size, bytes)
      if (Result.isFailure(trailer)) return yield* failed(key, trailer.failure)
      const pack: OpenPack = { id, ...PackWindows.plan(trailer.success, windowSize), lastFrame: -1, streak: 0 }
      packs.set(id, pack, pack.cost)
      if (start > 0) return pack
      for (const [index, window] of pack.windows.entries()) {
        const frames = yield* decode(pack, index, bytes.subarray(window.start, window.stop))
        windows.set(windowKey(id, index), { ready: Deferred.makeUnsafe(), frames }, window.cost)
      }
      return pack
    })

    /** The pack, opened at most once at a time. */
    const open = (id: string, hash: string): Effect.Effect<OpenPack, BlockMissing | ObjectNotFound | RepositoryError> =>
      shared((restore) => {
        const pack = packs.get(id)
        if (pack !== undefined) return Effect.succeed(pack)
        const already = opening.get(id)
        if (already !== undefined) return restore(Deferred.await(already))
        const deferred: Opening = Deferred.makeUnsafe()
        opening.set(id, deferred)
        return openOnce(id, hash).pipe(
          Effect.onExit((exit) => {
            opening.delete(id)
            return Deferred.done(deferred, exit)
          }),
          Effect.exit,
          Effect.forkIn(scope),
          Effect.andThen(restore(Deferred.await(deferred)))
        )
      })

    const decode = Effect.fnUntraced(function*(pack: OpenPack, index: number, bytes: Uint8Array) {
      const window = pack.windows[index]!
      const frames: Array<Result.Result<Uint8Array, EnvelopeError>> = []
      let work = 0
      for (let frame = window.first; frame < window.end; frame++) {
        frames.push(PackWindows.decodeFrame(pack.trailer, window, bytes, frame))
        work += pack.trailer.frames[frame]!.raw
        if (work >= slice) {
          work = 0
          yield* Effect.yieldNow
        }
      }
      return frames
    })

    const fetch = Effect.fn("BlockReader.fetch")(function*(pack: OpenPack, index: number) {
      const { start, stop } = pack.windows[index]!
      yield* Effect.annotateCurrentSpan({ pack: pack.id, bytes: stop - start })
      return yield* permits.withPermit(Effect.gen(function*() {
        const bytes = yield* store.get(ObjectKey.pack(pack.id), { start, end: stop })
        return yield* decode(pack, index, bytes)
      }))
    })

    /** The window, ready or on its way; it is on its way at most once. */
    const window = (pack: OpenPack, index: number): Effect.Effect<CachedWindow> =>
      shared(() => {
        const key = windowKey(pack.id, index)
        const cached = windows.get(key)
        if (cached !== undefined) return Effect.succeed(cached)
        const loading: CachedWindow = { ready: Deferred.makeUnsafe(), frames: undefined }
        windows.set(key, loading, pack.windows[index]!.cost)
        return fetch(pack, index).pipe(
          Effect.onExit((exit) => {
            if (Exit.isSuccess(exit)) loading.frames = exit.value
            else if (windows.peek(key) === loading) windows.delete(key)
            return Deferred.done(loading.ready, exit)
          }),
          Effect.exit,
          Effect.forkIn(scope),
          Effect.as(loading)
        )
      })

    /** Looks where the reader goes, and wishes for what comes next. Synchronous. */
    const follow = (pack: OpenPack, frame: number): void => {
      if (frame === pack.lastFrame) return
      pack.streak = frame === pack.lastFrame + 1 ? pack.streak + 1 : 0
      pack.lastFrame = frame
      if (pack.streak < inARow) return
      const index = pack.windowOf[frame]!
      for (let next = index + 1; next <= index + ahead && next < pack.windows.length; next++) {
        if (windows.peek(windowKey(pack.id, next)) === undefined) Queue.offerUnsafe(wishes, { pack, index: next })
      }
    }

    const granter = Effect.gen(function*() {
      while (true) {
        const { index, pack } = yield* Queue.take(wishes)
        // A failure is met again by whoever needs the window.
        const coming = yield* window(pack, index)
        if (coming.frames === undefined) yield* Effect.exit(Deferred.await(coming.ready))
      }
    })
    for (let i = 0; i < ahead; i++) yield* Effect.forkScoped(granter)

    const blockOf = (
      pack: OpenPack,
      place: Trailer.Place,
      frames: Frames,
      hash: Uint8Array
    ): Result.Result<Uint8Array, EnvelopeError> => {
      const frame = frames[place.frame - pack.windows[pack.windowOf[place.frame]!]!.first]!
      return Result.isFailure(frame) ? frame : Pack.blockOf(frame.success, place, hash)
    }

    const readCachedUnsafe = (id: string, hash: Uint8Array): Uint8Array | undefined => {
      if (isEmpty(hash)) return empty
      const pack = packs.get(id)
      const place = pack?.trailer.find(hash)
      if (pack === undefined || place === undefined) return undefined
      const frames = windows.get(windowKey(id, pack.windowOf[place.frame]!))?.frames
      if (frames === undefined) return undefined
      const block = blockOf(pack, place, frames, hash)
      if (Result.isFailure(block)) return undefined
      follow(pack, place.frame)
      return block.success
    }

    const readOnce = Effect.fnUntraced(function*(id: string, hash: Uint8Array) {
      const pack = yield* open(id, hexOf(hash))
      const place = pack.trailer.find(hash)
      if (place === undefined) return yield* new BlockMissing({ pack: id, hash: hexOf(hash) })
      const index = pack.windowOf[place.frame]!
      const cached = yield* window(pack, index)
      const frames = cached.frames ?? (yield* Deferred.await(cached.ready))
      const block = blockOf(pack, place, frames, hash)
      if (Result.isFailure(block)) {
        if (windows.peek(windowKey(id, index)) === cached) windows.delete(windowKey(id, index))
        return yield* failed(ObjectKey.pack(id), block.failure)
      }
      follow(pack, place.frame)
      return block.success
    })

    const gone = (id: string, hash: Uint8Array) =>
      Effect.suspend(() => {
        packs.delete(id)
        return Effect.andThen(repository.refresh, readOnce(id, hash))
      })

    return BlockReader.of({
      read: (id, hash) =>
        Effect.suspend(() => {
          const cached = readCachedUnsafe(id, hash)
          if (cached !== undefined) return Effect.succeed(cached)
          return readOnce(id, hash).pipe(
            // What was damaged on the way is whole the second time.
            Effect.catchTag("RepositoryCorrupt", () => readOnce(id, hash)),
            Effect.catchTag("ObjectNotFound", () => gone(id, hash)),
            Effect.catchTag("ObjectNotFound", () => Effect.fail(new BlockMissing({ pack: id, hash: hexOf(hash) })))
          )
        }),
      readCachedUnsafe
    })
  })
)

/**
 * What is begun for all who wait is begun whole, and in a fiber that outlives the one who asked first; only the waiting can
 * be interrupted.
 */
const shared = <A, E>(
  begin: (restore: <B, F>(waiting: Effect.Effect<B, F>) => Effect.Effect<B, F>) => Effect.Effect<A, E>
) => Effect.uninterruptibleMask((restore) => Effect.suspend(() => begin(restore)))

const windowKey = (pack: string, index: number): string => `${pack}/${index}`

const isEmpty = (hash: Uint8Array): boolean => hash[0] === emptyHash[0] && Buffer.compare(hash, emptyHash) === 0

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
