/**
 * Serves requests from the replica's records and the block reader, each when its block is there: no request waits for
 * another's. Blocks are copied out while they are lent; no byte is held beyond the bound, whatever the peer asks for.
 */
import { Cause, Clock, Effect, Exit, FiberSet, Latch, Layer, Option, Result, type Scope } from "effect"
import * as Frames from "../domain/bep/Frames.ts"
import type { Request } from "../domain/bep/Messages.ts"
import * as Serving from "../domain/bep/Serving.ts"
import { ByteLru } from "../domain/ByteLru.ts"
import * as FileInfo from "../domain/FileInfo.ts"
import type { Outbox } from "../services/BepConnection.ts"
import { type BlockError, BlockReader } from "../services/BlockReader.ts"
import { BlockServing } from "../services/BlockServing.ts"
import { Replica } from "../services/Replica.ts"

/** Bytes of blocks being read or waiting to be written, unless two blocks are more. One always fits. */
const enoughHeld = 12 * 1024 * 1024
/** The largest block. */
const largest = 16 * 1024 * 1024
/** Blocks being read: what waits for one costs a little too. */
const maxReading = 8192
/** Bytes of answers waiting to be written above which no more requests are looked at: they cost less than blocks do. */
const enoughToWrite = 1024 * 1024
/** Bytes of requests not looked at. Syncthing leaves up to 32 MiB of blocks unanswered per folder, however small they are. */
const maxQueued = 32 * 1024 * 1024
/** Requests looked at before others get a turn. */
const slice = 128
/** Bytes of decoded entries kept for the next request of the same file. */
const maxDecoded = 16 * 1024 * 1024
/** Milliseconds between two reports of the same trouble. */
const reportEvery = 60_000

export const layer: Layer.Layer<BlockServing, never, Replica | BlockReader> = Layer.effect(
  BlockServing,
  Effect.gen(function*() {
    const replica = yield* Replica
    const reader = yield* BlockReader
    return BlockServing.of({ serve: (outbox, shared) => serve(replica, reader, outbox, shared) })
  })
)

const serve = Effect.fnUntraced(function*(
  replica: Replica["Service"],
  reader: BlockReader["Service"],
  outbox: Outbox,
  shared: (folder: string) => boolean
): Effect.fn.Return<(requests: ReadonlyArray<Request>) => boolean, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const run = yield* FiberSet.makeRuntime<never>()
  const entries = makeEntries(replica)
  const arrived = Latch.makeUnsafe()
  let queue: Array<Request> = []
  let next = 0
  let queuedBytes = 0
  let reading = 0
  let readingBytes = 0
  let reportedAt = Number.NEGATIVE_INFINITY

  const offer = (requests: ReadonlyArray<Request>): boolean => {
    let bytes = 0
    for (const request of requests) bytes += weight(request)
    if (queuedBytes + bytes > maxQueued) return false
    queuedBytes += bytes
    for (const request of requests) queue.push(request)
    arrived.openUnsafe()
    return true
  }

  const hasRoom = (bytes: number): boolean => {
    const waiting = outbox.size("response")
    const held = readingBytes + waiting
    return reading < maxReading && waiting < enoughToWrite &&
      (held === 0 || held + bytes <= Math.max(enoughHeld, 2 * bytes))
  }

  const answer = (request: Request, code: 0 | 1 | 2 | 3, data?: Uint8Array): void => {
    // Always fits: `hasRoom` stays below the outbox's own bound.
    outbox.pushCopy("response", Frames.encodeResponse(request.id, code, data))
  }

  const trouble = (request: Request, cause: Cause.Cause<{ readonly message: string }>): void => {
    answer(request, 1)
    const now = clock.currentTimeMillisUnsafe()
    if (now - reportedAt < reportEvery) return
    reportedAt = now
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))?.message ?? Cause.pretty(cause)
    run(Effect.logWarning("cannot serve a block").pipe(Effect.annotateLogs({ folder: request.folder, error })))
  }

  /** `others`: where else it may lie. */
  const read = (request: Request, pack: string, hash: Uint8Array, others: ReadonlyArray<string>): void => {
    let answered = false
    let waited = false
    reader.lendUnsafe(pack, hash, (exit) => {
      answered = true
      settle(request, pack, hash, others, exit)
      if (!waited) return
      reading--
      readingBytes -= boundOf(request)
      // Last, for it may run the loop at once.
      arrived.openUnsafe()
    })
    if (answered) return
    waited = true
    reading++
    readingBytes += boundOf(request)
  }

  const settle = (
    request: Request,
    pack: string,
    hash: Uint8Array,
    [next, ...others]: ReadonlyArray<string>,
    exit: Exit.Exit<Uint8Array, BlockError>
  ): void => {
    if (Exit.isSuccess(exit)) {
      const block = exit.value
      return block.length === request.size ? answer(request, 0, block) : answer(request, 2)
    }
    const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
    // What is damaged in one place is perhaps not in another.
    if (error?._tag === "RepositoryCorrupt" && next !== undefined) return read(request, next, hash, others)
    if (error?._tag !== "BlockMissing") return trouble(request, exit.cause)
    // The record names a pack that has gone; the block may have moved.
    const other = next ?? replica.findBlockUnsafe(hash)
    return other === undefined || other === pack ? answer(request, 2) : read(request, other, hash, others)
  }

  const look = (request: Request): void => {
    const decision = Serving.refusal(request, shared(request.folder)) ??
      Serving.decide(request, entries(request.folder, request.name))
    if (decision._tag === "Answer") return answer(request, decision.code)
    const { hash } = decision
    const [moved, ...others] = decision.pack === undefined ? [] : replica.movedUnsafe(decision.pack)
    const pack = moved ?? decision.pack ?? replica.findBlockUnsafe(hash)
    return pack === undefined ? answer(request, 2) : read(request, pack, hash, others)
  }

  const loop = Effect.gen(function*() {
    while (true) {
      arrived.closeUnsafe()
      if (next === queue.length) {
        queue = []
        next = 0
        yield* arrived.await
        continue
      }
      let done = 0
      while (next < queue.length && done < slice && hasRoom(boundOf(queue[next]!))) {
        const request = queue[next++]!
        queuedBytes -= weight(request)
        done++
        look(request)
      }
      if (done === 0) {
        const wanted = boundOf(queue[next]!)
        yield* Effect.raceFirst(arrived.await, outbox.until(() => hasRoom(wanted)))
      } else yield* Effect.yieldNow
      if (next > 1024 && next * 2 > queue.length) {
        queue = queue.slice(next)
        next = 0
      }
    }
  })
  yield* Effect.forkScoped(loop, { startImmediately: true })
  return offer
})

/** About what a waiting request costs in memory. */
const weight = (request: Request): number => 256 + request.name.length * 2 + request.folder.length * 2

/** Bytes its answer can have: a nonsensical size is answered without data. */
const boundOf = (request: Request): number => Math.min(Math.max(request.size, 0), largest) + 64

/** Decoded entries by name, for as long as the replica does not move. */
const makeEntries = (replica: Replica["Service"]) => {
  let cached = new ByteLru<string, Serving.Entry | null>(maxDecoded)
  let position = replica.positionUnsafe()
  return (folder: string, name: string): Serving.Entry | undefined => {
    const now = replica.positionUnsafe()
    if (now !== position) {
      cached = new ByteLru(maxDecoded)
      position = now
    }
    const key = `${folder}\0${name}`
    const known = cached.get(key)
    if (known !== undefined) return known ?? undefined
    const record = replica.recordUnsafe(folder, name)
    const info = record === undefined ? undefined : Result.getOrUndefined(FileInfo.decode(record.info))
    const entry = record === undefined || info === undefined ? undefined : { info, record }
    const bytes = entry === undefined ? 0 : entry.info.raw.length + entry.info.hashes.length
    cached.set(key, entry ?? null, 256 + key.length * 2 + bytes)
    return entry
  }
}
