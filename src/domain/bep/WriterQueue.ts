/**
 * What one connection still has to write, by urgency and bounded in bytes (BEP sheet §11). Within a kind the order is that
 * of `push`; a more urgent kind goes first, so what must not be overtaken has to be of the same kind.
 * A buffer counts until `written`, not until `take`: whoever fills up to `room` bounds what lies in memory.
 */
import { BufferPool } from "../BufferPool.ts"

/** From the most to the least urgent. `control` is Close, ClusterConfig and Ping. */
export type Kind = "control" | "response" | "request" | "index"

const kinds: ReadonlyArray<Kind> = ["control", "response", "request", "index"]

/** Bytes of each kind that may wait. One entry always fits, whatever its size. */
export type Limits = Readonly<Record<Kind, number>>

export const defaultLimits: Limits = {
  control: 64 * 1024 * 1024,
  response: 64 * 1024 * 1024,
  request: 32 * 1024 * 1024,
  index: 4 * 1024 * 1024
}

/** Bytes of the buffers that frames are copied into. */
const slab = 256 * 1024
/** Bytes of slabs kept for the next frames. */
const slabsKept = 4 * 1024 * 1024
/** Buffers from this size on are sent alone: of several in one write, TLS makes a copy. */
const sentAlone = 64 * 1024

interface Entry {
  readonly buffers: Array<Uint8Array>
  bytes: number
  /** What `drop` finds it by: the folder of an index message. */
  readonly tag: string
  /** The buffers are slabs of ours, all full but the last, of which so many bytes are used. */
  slabUsed: number | undefined
}

export class WriterQueue {
  private readonly limits: Limits
  private readonly waiting: Record<Kind, Array<Entry>> = { control: [], response: [], request: [], index: [] }
  private readonly bytes: Record<Kind, number> = { control: 0, response: 0, request: 0, index: 0 }
  private readonly taken: Record<Kind, number> = { control: 0, response: 0, request: 0, index: 0 }
  private readonly slabs = new BufferPool(slabsKept)
  private readonly takenSlabs: Array<Uint8Array> = []

  constructor(limits: Limits = defaultLimits) {
    this.limits = limits
  }

  /** False, and nothing is queued, if the kind's bound would be passed. */
  push(kind: Kind, buffers: ReadonlyArray<Uint8Array>, tag = ""): boolean {
    let bytes = 0
    for (const buffer of buffers) bytes += buffer.length
    if (bytes > this.room(kind)) return false
    this.waiting[kind].push({ buffers: [...buffers], bytes, tag, slabUsed: undefined })
    this.bytes[kind] += bytes
    return true
  }

  /**
   * Like `push`, of a copy: the buffers are the caller's again. What is pushed so lies together, frame after frame, so that
   * many small ones are written as one.
   */
  pushCopy(kind: Kind, buffers: ReadonlyArray<Uint8Array>, tag = ""): boolean {
    let bytes = 0
    for (const buffer of buffers) bytes += buffer.length
    if (bytes > this.room(kind)) return false
    const queue = this.waiting[kind]
    let entry = queue.at(-1)
    if (entry === undefined || entry.slabUsed === undefined || entry.tag !== tag || entry.bytes >= slab) {
      entry = { buffers: [], bytes: 0, tag, slabUsed: slab }
      queue.push(entry)
    }
    for (const buffer of buffers) this.copyInto(entry, buffer)
    this.bytes[kind] += bytes
    return true
  }

  private copyInto(entry: Entry, buffer: Uint8Array): void {
    for (let at = 0; at < buffer.length;) {
      let used = entry.slabUsed ?? slab
      if (used === slab) {
        entry.buffers.push(this.slabs.take(slab))
        used = 0
      }
      const part = Math.min(slab - used, buffer.length - at)
      entry.buffers.at(-1)?.set(part === buffer.length ? buffer : buffer.subarray(at, at + part), used)
      entry.slabUsed = used + part
      entry.bytes += part
      at += part
    }
  }

  /** Bytes that fit now. */
  room(kind: Kind): number {
    return this.bytes[kind] === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.limits[kind] - this.bytes[kind])
  }

  /** Bytes that wait or are being written. */
  size(kind: Kind): number {
    return this.bytes[kind]
  }

  /**
   * The next entries in order, whole, until they have at least `target` bytes; undefined if nothing waits. They count as
   * waiting until `written` is called, which must come before the next `take`.
   */
  take(target: number): Array<Uint8Array> | undefined {
    const batch: Array<Uint8Array> = []
    let total = 0
    for (const kind of kinds) {
      const queue = this.waiting[kind]
      let count = 0
      while (count < queue.length && total < target) {
        const entry = queue[count++]!
        if (entry.slabUsed === undefined) batch.push(...entry.buffers)
        else this.takeSlabs(entry, batch)
        total += entry.bytes
        this.taken[kind] += entry.bytes
      }
      if (count === queue.length) queue.length = 0
      else if (count > 0) queue.splice(0, count)
      if (total >= target) break
    }
    return batch.length === 0 ? undefined : batch
  }

  private takeSlabs(entry: Entry, batch: Array<Uint8Array>): void {
    const last = entry.buffers.length - 1
    for (const [at, buffer] of entry.buffers.entries()) {
      batch.push(at === last ? buffer.subarray(0, entry.slabUsed) : buffer)
      this.takenSlabs.push(buffer)
    }
  }

  /** What was taken is on its way; its buffers are free. Not before: copies of other frames come to lie in them. */
  written(): void {
    for (const buffer of this.takenSlabs) this.slabs.give(buffer)
    this.takenSlabs.length = 0
    for (const kind of kinds) {
      this.bytes[kind] -= this.taken[kind]
      this.taken[kind] = 0
    }
  }

  /** Forgets waiting entries with the tag, or all of the kind; not what was taken. */
  drop(kind: Kind, tag?: string): void {
    const kept = tag === undefined ? [] : this.waiting[kind].filter((entry) => entry.tag !== tag)
    let bytes = this.taken[kind]
    for (const entry of kept) bytes += entry.bytes
    for (const entry of this.waiting[kind]) {
      if (entry.slabUsed === undefined || tag !== undefined && entry.tag !== tag) continue
      for (const buffer of entry.buffers) this.slabs.give(buffer)
    }
    this.waiting[kind] = kept
    this.bytes[kind] = bytes
  }
}

/** What `take` answered, in order, as it is best handed to a link: large buffers each alone. */
export const writes = (batch: ReadonlyArray<Uint8Array>): ReadonlyArray<ReadonlyArray<Uint8Array>> => {
  const groups: Array<ReadonlyArray<Uint8Array>> = []
  let small: Array<Uint8Array> = []
  for (const buffer of batch) {
    if (buffer.length < sentAlone) {
      small.push(buffer)
      continue
    }
    if (small.length > 0) groups.push(small)
    groups.push([buffer])
    small = []
  }
  if (small.length > 0) groups.push(small)
  return groups
}
