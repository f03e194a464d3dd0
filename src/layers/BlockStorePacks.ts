/**
 * Blocks into packs of about `Settings.packSize`, uploaded behind the caller's back, two at a time. A pack's bytes are
 * final once it is closed: whatever an upload ends like, the same bytes are put under the same name again, until the store
 * has them or refuses for good.
 */
import { type Cause, Clock, Effect, Exit, Latch, Layer, Queue } from "effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import { createHash } from "node:crypto"
import { maximum as maxBlock } from "../domain/BlockSize.ts"
import * as ObjectKey from "../domain/repository/ObjectKey.ts"
import * as Pack from "../domain/repository/Pack.ts"
import { BlockStore, type PackBuilderHandle, type SealedPack } from "../services/BlockStore.ts"
import { Lease } from "../services/Lease.ts"
import { ObjectStore, StoreRefused } from "../services/ObjectStore.ts"
import * as OwnObject from "../services/OwnObject.ts"
import { Repository, type RepositoryError } from "../services/Repository.ts"
import { Settings } from "../services/Settings.ts"

/** Packs that may lie in memory at once: one open, two on their way. */
const buffers = 3
const uploaders = 2
/** Bytes that an open pack grows by: it takes no more memory than it has blocks. */
const slabLength = 4 * 1024 * 1024
const firstPause = 500
const longestPause = 30_000

interface Upload {
  readonly builder: Builder
  /** Of the builder's closed packs, this is the how manieth. */
  readonly number: number
  readonly pack: Pack.FinishedPack
  readonly slabs: ReadonlyArray<Uint8Array>
}

export const layer: Layer.Layer<
  BlockStore,
  never,
  Lease | ObjectStore | Repository | SecureRandom.SecureRandom | Settings
> = Layer.effect(
  BlockStore,
  Effect.gen(function*() {
    const lease = yield* Lease
    const store = yield* ObjectStore
    const repository = yield* Repository
    const random = yield* SecureRandom.SecureRandom
    const target = (yield* Settings).packSize
    const pool = new SlabPool(Math.ceil(buffers * target / slabLength))
    // Bounded by the room of each builder: an element is a closed pack.
    const uploads = yield* Queue.unbounded<Upload>()

    /** When the store stopped answering, until it answers again: one warning for all packs that wait for it. */
    let outageSince: number | undefined

    const put = Effect.fn("BlockStore.upload")(function*({ builder, pack }: Upload) {
      yield* Effect.annotateCurrentSpan({ pack: pack.ref.id, bytes: pack.ref.size, count: pack.ref.blocks })
      for (let pause = firstPause;; pause = Math.min(longestPause, pause * 2)) {
        const key = ObjectKey.pack(pack.ref.id)
        const exit = yield* Effect.exit(OwnObject.put(store, key, pack.body))
        if (Exit.isSuccess(exit)) {
          if (exit.value) break
          // Records name the pack already: whoever holds them lets go of the builder, and fills another.
          const { location } = store
          return yield* new StoreRefused({ operation: `put ${key}`, location, ...OwnObject.taken })
        }
        const error = Exit.findErrorOption(exit)
        if (error._tag === "None" || error.value._tag === "StoreRefused") return yield* Effect.failCause(exit.cause)
        // Nobody may name this pack any more: it need not be stored.
        if ((yield* repository.head).epoch > builder.term) return
        if (outageSince === undefined) {
          outageSince = yield* Clock.currentTimeMillis
          yield* Effect.logWarning("packs cannot be stored now; trying again until they are").pipe(
            Effect.annotateLogs({ pack: pack.ref.id, error: error.value.message })
          )
        }
        yield* Effect.sleep(pause)
      }
      builder.stored({ ref: pack.ref, contents: pack.contents })
      if (outageSince !== undefined) {
        const seconds = Math.round(((yield* Clock.currentTimeMillis) - outageSince) / 1000)
        outageSince = undefined
        yield* Effect.logInfo("packs are stored again").pipe(Effect.annotateLogs({ seconds }))
      }
    })

    const uploader = Effect.gen(function*() {
      while (true) {
        const upload = yield* Queue.take(uploads)
        const exit = yield* Effect.exit(put(upload))
        pool.give(upload.slabs)
        upload.builder.uploaded(upload.number, Exit.isFailure(exit) ? exit.cause : undefined)
      }
    })
    for (let i = 0; i < uploaders; i++) yield* Effect.forkScoped(uploader)

    return BlockStore.of({
      builder: Effect.gen(function*() {
        const { term } = yield* lease.fence
        const seed = yield* random.randomBytes(32)
        return new Builder({ term, target, pool, names: new Names(term, seed), sealing: repository.sealing, uploads })
      }).pipe(Effect.withSpan("BlockStore.builder"))
    })
  })
)

/** Memory of packs. The operating system clears new memory: what was used is kept, and the last used is used first. */
class SlabPool {
  readonly #free: Array<Uint8Array> = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(slabLength)
  }

  give(slabs: ReadonlyArray<Uint8Array>): void {
    this.#free.push(...slabs.slice(0, Math.max(0, this.#most - this.#free.length)))
  }
}

/** Names and salts of one builder's packs, drawn from its own random seed so that `add` need not wait for randomness. */
class Names {
  readonly #term: number
  readonly #seed: Uint8Array
  #drawn = 0

  constructor(term: number, seed: Uint8Array) {
    this.#term = term
    this.#seed = seed
  }

  draw(): { readonly id: string; readonly salt: Uint8Array } {
    const bytes = createHash("sha512").update(this.#seed).update(String(this.#drawn++)).digest()
    return { id: ObjectKey.makeId(this.#term, bytes.subarray(0, 16)), salt: bytes.subarray(16, 48) }
  }
}

interface BuilderOptions {
  readonly term: number
  readonly target: number
  readonly pool: SlabPool
  readonly names: Names
  readonly sealing: Repository["Service"]["sealing"]
  readonly uploads: Queue.Enqueue<Upload>
}

class Builder implements PackBuilderHandle {
  readonly term: number
  readonly #options: BuilderOptions
  /** Opened at each end of an upload, closed by whoever waits. */
  readonly #progress = Latch.makeUnsafe()
  readonly #packOf = new Map<string, string>()
  /** The keys of `#packOf` by pack, to forget them by. */
  readonly #keysOf = new Map<string, Array<string>>()
  #open:
    | { readonly writer: Pack.PackWriter; readonly slabs: Array<Uint8Array>; readonly keys: Array<string> }
    | undefined
  #closed = 0
  /** Numbers of the packs on their way, ascending. */
  readonly #uploading = new Set<number>()
  #payload = 0
  #done: Array<SealedPack> = []
  #failure: Cause.Cause<RepositoryError> | undefined

  constructor(options: BuilderOptions) {
    this.#options = options
    this.term = options.term
  }

  readonly add = (hash: Uint8Array, bytes: Uint8Array): string => {
    const open = this.#open ??= this.#begin()
    const id = open.writer.id
    const key = keyOf(hash)
    open.writer.add(hash, bytes)
    this.#payload += bytes.length
    this.#packOf.set(key, id)
    open.keys.push(key)
    if (open.writer.full()) this.#close()
    return id
  }

  readonly find = (hash: Uint8Array): string | undefined => this.#packOf.get(keyOf(hash))

  readonly room = (): number => {
    const { target } = this.#options
    const held = this.#uploading.size + (this.#open === undefined ? 0 : 1)
    const open = this.#open === undefined ? 0 : Math.max(0, target - this.#open.writer.bytes)
    const room = open + Math.max(0, buffers - held) * target
    // A pack that is not full takes any one block, so a lone builder is never stuck, however small its packs are.
    return this.#uploading.size === 0 ? Math.max(room, maxBlock) : room
  }

  readonly awaitRoom = (bytes: number): Effect.Effect<void, RepositoryError> =>
    this.#until(() => this.room() >= bytes || this.#uploading.size === 0)

  readonly seal: Effect.Effect<ReadonlyArray<SealedPack>, RepositoryError> = Effect.suspend(() => {
    this.#close()
    return this.drain
  })

  readonly drain: Effect.Effect<ReadonlyArray<SealedPack>, RepositoryError> = Effect.suspend(() => {
    const last = this.#closed
    // Not for packs that were closed since: under load there would always be one more.
    return Effect.andThen(this.#until(() => this.#oldest() > last), this.take)
  })

  readonly take: Effect.Effect<ReadonlyArray<SealedPack>> = Effect.sync(() => {
    const done = this.#done
    this.#done = []
    for (const pack of done) this.#payload -= pack.ref.bytes
    return done
  })

  readonly forget = (packs: ReadonlyArray<string>): void => {
    for (const pack of packs) {
      for (const key of this.#keysOf.get(pack) ?? []) {
        if (this.#packOf.get(key) === pack) this.#packOf.delete(key)
      }
      this.#keysOf.delete(pack)
    }
  }

  readonly pending = (): number => this.#payload

  readonly durable = (): number => this.#done.reduce((sum, pack) => sum + pack.ref.bytes, 0)

  /** The pack is durable. */
  stored(pack: SealedPack): void {
    this.#done.push(pack)
  }

  /** An upload ended; with a cause, for good. */
  uploaded(number: number, failure: Cause.Cause<RepositoryError> | undefined): void {
    this.#uploading.delete(number)
    this.#failure ??= failure
    this.#progress.openUnsafe()
  }

  #begin() {
    const { names, pool, sealing, target } = this.#options
    const slabs: Array<Uint8Array> = []
    const buffer = () => {
      const slab = pool.take()
      slabs.push(slab)
      return slab
    }
    const writer = new Pack.PackWriter({ sealing, ...names.draw(), buffer, target })
    const keys: Array<string> = []
    this.#keysOf.set(writer.id, keys)
    return { writer, slabs, keys }
  }

  #close(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const number = ++this.#closed
    this.#uploading.add(number)
    Queue.offerUnsafe(this.#options.uploads, {
      builder: this,
      number,
      pack: open.writer.finish(),
      slabs: open.slabs
    })
  }

  /** Number of the pack that has been on its way longest. */
  #oldest(): number {
    for (const number of this.#uploading) return number
    return Infinity
  }

  #until(ready: () => boolean): Effect.Effect<void, RepositoryError> {
    const check: Effect.Effect<void, RepositoryError> = Effect.suspend(() => {
      if (this.#failure !== undefined) return Effect.failCause(this.#failure)
      if (ready()) return Effect.void
      this.#progress.closeUnsafe()
      return Effect.andThen(this.#progress.await, check)
    })
    return check
  }
}

/** One character a byte: short-lived strings hash faster than anything made of the bytes by hand. */
const keyOf = (hash: Uint8Array): string => Buffer.prototype.latin1Slice.call(hash, 0, hash.length)
