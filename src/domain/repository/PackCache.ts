/**
 * What lies in memory of packs, who waits for more of them, and what to fetch next. It fetches nothing itself.
 * A buffer goes back to its pool when its chunks leave, unless views of it were shown to be kept or are lent just then: who
 * hands out a view says so first.
 */
import type * as Result from "effect/Result"
import type { BufferPool } from "../BufferPool.ts"
import { ByteLru } from "../ByteLru.ts"
import type { EnvelopeError } from "./Envelope.ts"
import * as PackWindows from "./PackWindows.ts"
import type { Trailer } from "./Trailer.ts"

export type Frames = ReadonlyArray<Result.Result<Uint8Array, EnvelopeError>>

export interface OpenPack<W> extends PackWindows.Plan {
  readonly id: string
  readonly followed: PackWindows.Followed
  /** By chunk; undefined: missing. */
  readonly held: Array<Extent<W> | Want<W> | undefined>
}

/** Chunks `[first, end)`, in memory. */
export interface Extent<W> {
  readonly _tag: "Extent"
  readonly pack: OpenPack<W>
  readonly first: number
  readonly end: number
  /** From the first chunk's first. */
  readonly frames: Frames
  /** Of the pool; frames are views of it. */
  readonly buffer: Uint8Array | undefined
  /** A view is out that may be looked at for ever: the buffer is never filled again. */
  shown: boolean
  /** How many are looking at views of it just now. */
  lent: number
}

/** A chunk that somebody waits for, or that comes along with one. */
export interface Want<W> {
  readonly _tag: "Want"
  readonly pack: OpenPack<W>
  readonly chunk: number
  readonly waiting: Array<W>
  coming: boolean
}

/** One request to the store: chunks `[first, end)`, bytes `[start, stop)`. All of them are on their way once it is made. */
export interface Fetch<W> {
  readonly pack: OpenPack<W>
  readonly first: number
  readonly end: number
  readonly start: number
  readonly stop: number
  over: boolean
}

export interface Limits {
  /** Bytes of chunks kept. */
  readonly chunks: number
  /** About the bytes of packs' indexes kept. */
  readonly trailers: number
  /** Bytes on their way at a time. One fetch always is. */
  readonly coming: number
}

/** Fetches ahead that are remembered: a reader that moved on does not need the old ones. */
const mostWishes = 4
/** Windows of bytes that a sequential reader finds ahead of itself. */
const windowsAhead = 2
/** Bytes an extent costs besides its blocks. */
const overhead = 1024

export class PackCache<W> {
  private readonly policy: PackWindows.Policy
  private readonly limits: Limits
  private readonly packs: ByteLru<string, OpenPack<W>>
  private readonly extents: ByteLru<Extent<W>, Extent<W>>
  private queue: Array<Want<W>> = []
  private next = 0
  private wishes: Array<{ readonly pack: OpenPack<W>; readonly chunk: number }> = []
  private coming = 0

  constructor(policy: PackWindows.Policy, limits: Limits, pool: BufferPool) {
    this.policy = policy
    this.limits = limits
    this.extents = new ByteLru(limits.chunks, (extent) => {
      for (let chunk = extent.first; chunk < extent.end; chunk++) {
        if (extent.pack.held[chunk] === extent) extent.pack.held[chunk] = undefined
      }
      if (extent.buffer !== undefined && !extent.shown && extent.lent === 0) pool.give(extent.buffer)
    })
    this.packs = new ByteLru(limits.trailers, (pack) => {
      for (const held of pack.held) if (held?._tag === "Extent") this.extents.delete(held)
    })
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.extents.bytes
  }

  opened(id: string, trailer: Trailer): OpenPack<W> {
    const plan = PackWindows.plan(trailer, this.policy.chunk)
    const pack = { id, ...plan, followed: new PackWindows.Followed(), held: plan.chunks.map(() => undefined) }
    this.packs.set(id, pack, plan.cost)
    return pack
  }

  pack(id: string): OpenPack<W> | undefined {
    return this.packs.get(id)
  }

  /**
   * Forgets the pack and what was read of it: who waited for what is not on its way and now never will be. Who waits for
   * what is still gets it.
   */
  close(id: string): ReadonlyArray<W> {
    const pack = this.packs.peek(id)
    if (pack === undefined) return []
    const left: Array<W> = []
    for (const [chunk, held] of pack.held.entries()) {
      if (held?._tag !== "Want" || held.coming) continue
      for (const who of held.waiting) left.push(who)
      // So that the queue passes over it.
      held.coming = true
      pack.held[chunk] = undefined
    }
    this.packs.delete(id)
    return left
  }

  /** What holds the frame's chunk. */
  at(pack: OpenPack<W>, frame: number): Extent<W> | Want<W> | undefined {
    const held = pack.held[pack.chunkOf[frame]!]
    if (held?._tag === "Extent") this.extents.get(held)
    return held
  }

  /** Takes note of where a reader is. True if there is something new to fetch ahead of it. */
  follow(pack: OpenPack<W>, frame: number): boolean {
    if (!pack.followed.step(frame)) return false
    const ahead = this.policy.window * windowsAhead
    const chunk = PackWindows.nextMissing(pack.chunks, pack.chunkOf[frame]!, (at) => pack.held[at] === undefined, ahead)
    if (chunk === undefined || this.wishes.some((wish) => wish.pack === pack && wish.chunk === chunk)) return false
    this.wishes.push({ pack, chunk })
    if (this.wishes.length > mostWishes) this.wishes.shift()
    return true
  }

  /** Waits for the frame's chunk, which is not in memory. True if that is to be fetched. */
  want(pack: OpenPack<W>, frame: number, who: W): boolean {
    const chunk = pack.chunkOf[frame]!
    const held = pack.held[chunk]
    if (held?._tag === "Extent") throw new Error("the chunk lies in memory")
    if (held !== undefined) {
      held.waiting.push(who)
      return false
    }
    const want: Want<W> = { _tag: "Want", pack, chunk, waiting: [who], coming: false }
    pack.held[chunk] = want
    this.queue.push(want)
    return true
  }

  /** What to fetch now, the longest wanted first; what nobody waits for last. */
  fetch(): Fetch<W> | undefined {
    while (this.next < this.queue.length) {
      const { chunk, coming, pack } = this.queue[this.next]!
      if (!coming) {
        const fetch = this.plan(pack, chunk)
        if (fetch === undefined) return undefined
        this.next++
        return this.begin(fetch)
      }
      this.next++
    }
    this.queue = []
    this.next = 0
    while (this.wishes.length > 0) {
      const { chunk, pack } = this.wishes.shift()!
      if (pack.held[chunk] !== undefined || this.packs.peek(pack.id) !== pack) continue
      const fetch = this.plan(pack, chunk, this.policy.window)
      return fetch === undefined ? undefined : this.begin(fetch)
    }
    return undefined
  }

  /** Undefined if too much is on its way already. */
  private plan(pack: OpenPack<W>, chunk: number, extra?: number): Fetch<W> | undefined {
    const { window } = this.policy
    const roomy = this.extents.bytes + this.coming + window <= this.limits.chunks
    const sequential = pack.followed.isSequential(pack.chunks[chunk]!.first)
    const [first, end] = PackWindows.span(pack.chunks, chunk, around(pack), {
      ...this.policy,
      extra: extra ?? (sequential ? window : roomy ? this.policy.spare : 0)
    })
    const { start } = pack.chunks[first]!
    const { stop } = pack.chunks[end - 1]!
    if (this.coming > 0 && this.coming + stop - start > this.limits.coming) return undefined
    return { pack, first, end, start, stop, over: false }
  }

  private begin(fetch: Fetch<W>): Fetch<W> {
    const { end, first, pack, start, stop } = fetch
    for (let chunk = first; chunk < end; chunk++) {
      const held = pack.held[chunk]
      if (held?._tag === "Want") held.coming = true
      else pack.held[chunk] = { _tag: "Want", pack, chunk, waiting: [], coming: true }
    }
    this.coming += stop - start
    // What is on its way takes memory already.
    this.extents.trim(this.limits.chunks - this.coming)
    return fetch
  }

  /** The fetch's frames are there: who waited for them. `bytes`: what they take in memory, the buffer included. */
  arrived(
    fetch: Fetch<W>,
    frames: Frames,
    buffer: Uint8Array | undefined,
    bytes: number
  ): { readonly extent: Extent<W>; readonly waiting: ReadonlyArray<W> } {
    const waiting = this.ended(fetch)
    return { extent: this.keep(fetch, frames, buffer, bytes), waiting }
  }

  /** Puts chunks into memory that came without a fetch. */
  keep(
    { end, first, pack }: Pick<Fetch<W>, "pack" | "first" | "end">,
    frames: Frames,
    buffer: Uint8Array | undefined,
    bytes: number
  ): Extent<W> {
    const extent: Extent<W> = { _tag: "Extent", pack, first, end, frames, buffer, shown: false, lent: 0 }
    // Of a pack that was forgotten meanwhile, nobody would find it.
    if (this.packs.peek(pack.id) !== pack) return extent
    for (let chunk = first; chunk < end; chunk++) pack.held[chunk] = extent
    this.extents.set(extent, extent, bytes + overhead)
    return extent
  }

  /** The fetch came to nothing: who waited for it. None if it is over already. */
  failed(fetch: Fetch<W>): ReadonlyArray<W> {
    return this.ended(fetch)
  }

  /** Lets the extent go, so that it is fetched again. */
  forget(extent: Extent<W>): void {
    this.extents.delete(extent)
  }

  private ended(fetch: Fetch<W>): ReadonlyArray<W> {
    if (fetch.over) return []
    fetch.over = true
    const { end, first, pack, start, stop } = fetch
    this.coming -= stop - start
    const waiting: Array<W> = []
    for (let chunk = first; chunk < end; chunk++) {
      const held = pack.held[chunk]
      if (held?._tag !== "Want") continue
      for (const who of held.waiting) waiting.push(who)
      pack.held[chunk] = undefined
    }
    return waiting
  }
}

const around = <W>({ held }: OpenPack<W>): PackWindows.Around => ({
  missing: (chunk) => {
    const here = held[chunk]
    return here === undefined || here._tag === "Want" && !here.coming
  },
  wanted: (chunk) => held[chunk]?._tag === "Want"
})
